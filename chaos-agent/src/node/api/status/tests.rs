//! What a report's status says.

use chaos_api::{EndReason, PlanId};
use chaos_plan::{FaultId, PodReport, Preview};

use super::*;

fn account() -> Account {
    Account {
        acknowledged: PlanId {
            epoch: 3,
            sequence: 9,
            hash: "abc".into(),
        },
        ..Account::default()
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn pod(index: usize, state: ReportState) -> PodReport {
    PodReport {
        uid: format!("uid-{index}"),
        name: format!("orders-{index}"),
        namespace: "orders".into(),
        fault: FaultId {
            namespace: "orders".into(),
            name: "cut".into(),
            uid: "fault".into(),
        },
        state,
        receipt: None,
        preview: None,
    }
}

#[test]
fn it_acknowledges_and_says_what_it_reads() {
    let said = status(&account(), None, None, at(5));
    assert_eq!(said.acknowledged(), account().acknowledged);
    assert_eq!(said.encodings, [ENCODING]);
    assert_eq!(said.agent_version, env!("CARGO_PKG_VERSION"));
    let ready = said.ready().unwrap();
    assert_eq!(
        (ready.status.as_str(), ready.reason.as_str()),
        ("True", "Able")
    );
}

#[test]
fn the_condition_keeps_its_time_while_it_says_the_same() {
    let first = status(&account(), None, None, at(5));
    let again = status(&account(), None, first.ready(), at(9));
    assert_eq!(again, first);
    let problem = Problem {
        reason: "HooksMissing".into(),
        message: "hooks: Linux 5.15".into(),
    };
    let unable = status(&account(), Some(problem), again.ready(), at(12));
    let ready = unable.ready().unwrap();
    assert_eq!(
        (ready.status.as_str(), ready.reason.as_str()),
        ("False", "HooksMissing")
    );
    assert_eq!(ready.last_transition_time, Time(at(12)));
    let leaving = Account {
        leaving: true,
        ..account()
    };
    let left = status(&leaving, None, again.ready(), at(13));
    assert_eq!(left.ready().unwrap().reason, "Leaving");
}

#[test]
fn a_report_that_is_too_long_loses_what_matters_least() {
    let ended = ReportState::Ended {
        reason: EndReason::Expired,
    };
    let mut shown = pod(0, ReportState::Previewed);
    let connection = chaos_api::FlowInfo {
        protocol: chaos_api::Protocol::Tcp,
        family: chaos_api::Family::IPv4,
        local: "10.0.0.1:1".parse().unwrap(),
        peer: "10.0.0.2:2".parse().unwrap(),
        state: "ESTAB".into(),
        recv_queue: 0,
        send_queue: 0,
        inode: None,
    };
    shown.preview = Some(Preview {
        total: 90,
        connections: vec![connection; 50],
    });
    let report = Report {
        pods: vec![shown, pod(1, ended), pod(2, ReportState::Armed)],
    };
    let all = fitting(&report, MAX_BODY);
    assert_eq!(Report::from_text(&all).unwrap(), report);
    let cut = fitting(&report, 1_000);
    let cut_report = Report::from_text(&cut).unwrap();
    assert_eq!(cut_report.pods[0].preview.as_ref().unwrap().total, 90);
    assert_eq!(cut_report.pods.len(), 3);
    let least = fitting(&report, cut.len() - 1);
    assert_eq!(Report::from_text(&least).unwrap().pods.len(), 2);
    assert_eq!(fitting(&report, 10), "");
}
