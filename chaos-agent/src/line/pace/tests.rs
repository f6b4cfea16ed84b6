//! A thread that takes too much of a core in real time is one of many until it takes little again.

use super::{LITTLE, Pace, Schedule, TOO_MUCH, WINDOW, next, taken};

fn fair() -> Schedule {
    Schedule::Fair {
        short: true,
        why: "not permitted".into(),
    }
}

#[test]
fn it_is_demoted_above_the_one_share_and_comes_back_below_the_other() {
    assert_eq!(next(&Schedule::Fifo, TOO_MUCH), None);
    assert_eq!(next(&Schedule::Fifo, TOO_MUCH + 1), Some(Schedule::Demoted));
    assert_eq!(next(&Schedule::Fifo, 0), None);
    assert_eq!(next(&Schedule::Demoted, LITTLE), None, "or it would swing");
    assert_eq!(next(&Schedule::Demoted, LITTLE - 1), Some(Schedule::Fifo));
    assert_eq!(next(&Schedule::Demoted, 100), None);
}

#[test]
fn where_the_kernel_refuses_real_time_it_is_not_asked_again() {
    for share in [0, LITTLE, TOO_MUCH + 1, 100] {
        assert_eq!(next(&fair(), share), None);
    }
}

fn pace(schedule: Schedule) -> Pace {
    Pace {
        schedule,
        demoted: 0,
        begun: 1,
        taken: taken(),
    }
}

#[test]
fn it_looks_once_a_window() {
    let mut pace = pace(fair());
    pace.look(WINDOW);
    assert_eq!(pace.begun, 1, "the window is not over");
    pace.look(0);
    assert_eq!(pace.begun, 1, "no time has passed");
    pace.look(WINDOW + 1);
    assert_eq!(pace.begun, WINDOW + 1);
    assert_eq!((pace.demoted, pace.schedule), (0, fair()));
}
