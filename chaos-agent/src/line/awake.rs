//! How long before a packet is due the line's thread waits awake: for as long as waking has lately
//! taken, and never for much of the time.

/// The longest wait, in nanoseconds: about what waking a core takes that sleeps deeply.
const LONGEST: u64 = 60_000;

/// By how much a waking that was too late makes the wait longer, and one in time shorter, in
/// nanoseconds: of four, three are in time.
const LONGER: u64 = 300;
const SHORTER: u64 = 100;

/// Of so many nanoseconds, one may be waited awake: what that wastes is not what demotes the thread.
const SHARE: u64 = 20;

/// How much of it may be saved up, in nanoseconds: that of a second.
const SAVED: u64 = 1_000_000_000 / SHARE;

/// The wait, and how much of it may be had.
#[derive(Debug)]
pub(super) struct Awake {
    wait: u64,
    /// When all that may be saved up is, in boot-clock nanoseconds.
    full: u64,
    /// Whether more was had than that.
    is_short: bool,
}

impl Awake {
    /// Nothing is known yet, and all is saved up.
    pub(super) const fn new() -> Self {
        Self {
            wait: LONGEST,
            full: 0,
            is_short: false,
        }
    }

    /// How long before a packet is due to wait awake, in nanoseconds.
    pub(super) fn wait(&self) -> u64 {
        self.wait
    }

    /// Notes how long it waited awake, in nanoseconds: too much of it makes the wait shorter.
    pub(super) fn waited(&mut self, nanos: u64, now: u64) {
        self.full = self.full.max(now) + nanos * SHARE;
        self.is_short = self.full > now + SAVED * SHARE;
        if self.is_short {
            self.wait = self.wait.saturating_sub(LONGER);
        }
    }

    /// Notes how late the thread woke, in nanoseconds.
    pub(super) fn woke(&mut self, late: u64) {
        if late <= self.wait {
            self.wait = self.wait.saturating_sub(SHORTER);
        } else if !self.is_short {
            self.wait = (self.wait + LONGER).min(LONGEST);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_waits_for_as_long_as_waking_takes() {
        let mut awake = Awake::new();
        assert_eq!(awake.wait(), LONGEST, "nothing is known yet");
        for late in [0, 17_000, 30_000, 17_000] {
            // Of five wakings one is later by far.
            (0..5_000).for_each(|turn| awake.woke(if turn % 5 == 0 { u64::MAX } else { late }));
            let wait = awake.wait();
            assert!(wait.abs_diff(late) <= 3 * LONGER, "{wait} for {late}");
        }
        (0..2_000).for_each(|_| awake.woke(u64::MAX));
        assert_eq!(awake.wait(), LONGEST);
    }

    #[test]
    fn it_waits_awake_in_a_twentieth_of_the_time() {
        let (turns, step) = (1_000_000, 50_000);
        let mut awake = Awake::new();
        let waits = (0..turns).map(|turn| {
            // It always wakes late, and would like to wait longer.
            awake.woke(u64::MAX);
            let wait = awake.wait();
            awake.waited(wait, turn * step);
            wait
        });
        let (all, share) = (waits.sum::<u64>(), turns * step / SHARE);
        assert!(all <= share + 2 * SAVED, "{all} of {share}");
        assert!(all >= share, "{all} of {share}");
    }
}
