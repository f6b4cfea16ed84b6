//! The machine's clock and kernel.

use std::io;

use rustix::system::uname;
use rustix::time::{ClockId, clock_gettime};

/// A fact about this machine or process that could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// The file could not be read.
    #[error("cannot read {path}: mount /proc here")]
    Read {
        /// The file.
        path: &'static str,
        /// Why.
        source: io::Error,
    },
    /// The file holds something else than the kernel writes there.
    #[error("{path} holds no usable {field}: {found:?}")]
    Content {
        /// The file.
        path: &'static str,
        /// What was looked for.
        field: &'static str,
        /// What was there instead.
        found: String,
    },
}

/// Nanoseconds since the machine was started, time asleep included: the clock of deadlines and
/// leases, which the kernel side reads with `bpf_ktime_get_boot_ns`.
pub fn boot_clock() -> u64 {
    let now = clock_gettime(ClockId::Boottime);
    let seconds = u64::try_from(now.tv_sec).expect("the boot clock is never negative");
    let rest = u64::try_from(now.tv_nsec).expect("nanoseconds are never negative");
    seconds * 1_000_000_000 + rest
}

/// The running kernel's version: `(6, 18)` for `6.18.44-cloud`.
pub fn kernel_release() -> Result<(u32, u32), HostError> {
    let name = uname();
    let release = name.release().to_string_lossy();
    parse_release(&release).ok_or_else(|| HostError::Content {
        path: "uname",
        field: "kernel release",
        found: release.into_owned(),
    })
}

fn parse_release(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_of_all_distributions_are_read() {
        assert_eq!(parse_release("6.18.44-fc-v657"), Some((6, 18)));
        assert_eq!(parse_release("6.1.0-37-cloud-amd64"), Some((6, 1)));
        assert_eq!(
            parse_release("5.15.167.4-microsoft-standard"),
            Some((5, 15))
        );
        assert_eq!(parse_release("7.0-rc1"), Some((7, 0)));
        assert_eq!(parse_release("next"), None);
    }

    #[test]
    fn the_boot_clock_goes_forward() {
        let before = boot_clock();
        assert!(boot_clock() >= before);
    }
}
