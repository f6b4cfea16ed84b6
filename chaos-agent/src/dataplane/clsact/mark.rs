//! What the name of a filter of netfault's says, so that it can be told what may go when its holder has
//! gone.

use std::process;

use super::filter::Side;
use crate::inventory::started;

/// What the names begin with.
const NAME: &str = "netfault:";

/// What stands in those of the filters for which the qdisc was made, too.
const WITH_QDISC: &str = "+qdisc";

/// The name is `netfault:SIDE:PID:STARTED`, with `+qdisc` behind the side where the qdisc is netfault's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// The qdisc was made for it.
    pub(super) made_qdisc: bool,
    /// The process that holds it, as [`started`] tells it from others.
    pid: u32,
    started: u64,
}

impl Mark {
    /// That of this process.
    pub(super) fn own(made_qdisc: bool) -> Self {
        let pid = process::id();
        Self {
            made_qdisc,
            pid,
            started: started(pid).unwrap_or_default(),
        }
    }

    /// The name of the filter on one side.
    pub(super) fn name(self, side: Side) -> String {
        let (pid, started) = (self.pid, self.started);
        let qdisc = if self.made_qdisc { WITH_QDISC } else { "" };
        format!("{NAME}{side}{qdisc}:{pid}:{started}")
    }

    /// `None` for a name that is not netfault's.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        let mut parts = name.strip_prefix(NAME)?.split(':');
        let place = parts.next()?;
        Some(Self {
            made_qdisc: place.ends_with(WITH_QDISC),
            pid: parts.next()?.parse().ok()?,
            started: parts.next()?.parse().ok()?,
        })
    }

    /// Whether no other process that lives has made it.
    pub(super) fn is_left(self) -> bool {
        self.pid == process::id() || started(self.pid) != Some(self.started)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_was_written_and_no_other_is() {
        for made_qdisc in [false, true] {
            let mark = Mark::own(made_qdisc);
            for side in Side::BOTH {
                assert_eq!(Mark::of_name(&mark.name(side)), Some(mark));
            }
        }
        for name in [
            "",
            "netfault",
            "netfault:ingress",
            "cil_from_container:1:2",
            "netfault:a:b:c",
        ] {
            assert_eq!(Mark::of_name(name), None, "{name}");
        }
    }

    #[test]
    fn who_lives_is_left_alone() {
        let of = |pid, started| Mark {
            made_qdisc: false,
            pid,
            started,
        };
        let first = started(1).expect("/proc is mounted");
        assert!(!of(1, first).is_left());
        assert!(
            of(1, first + 1).is_left(),
            "another process with its number"
        );
        assert!(
            Mark::own(false).is_left(),
            "what this process has let go of"
        );
    }
}
