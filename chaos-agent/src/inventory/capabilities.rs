//! The rights of this thread (capabilities(7)).

use std::fmt;
use std::fs;

use super::HostError;

const STATUS: &str = "/proc/thread-self/status";

/// A right that netfault uses. The numbers are those of linux/capability.h.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Capability {
    /// Attach programs to interfaces.
    NetAdmin = 12,
    /// Open the namespaces of other users' processes.
    SysPtrace = 19,
    /// Enter a namespace.
    SysAdmin = 21,
    /// Lock memory without limit; only kernels before 5.11 need it for maps.
    SysResource = 24,
    /// Have the verifier accept what tracing programs do.
    Perfmon = 38,
    /// Load programs and create maps.
    Bpf = 39,
}

impl Capability {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::NetAdmin,
        Self::SysPtrace,
        Self::SysAdmin,
        Self::SysResource,
        Self::Perfmon,
        Self::Bpf,
    ];

    /// The name as in capabilities(7).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NetAdmin => "CAP_NET_ADMIN",
            Self::SysPtrace => "CAP_SYS_PTRACE",
            Self::SysAdmin => "CAP_SYS_ADMIN",
            Self::SysResource => "CAP_SYS_RESOURCE",
            Self::Perfmon => "CAP_PERFMON",
            Self::Bpf => "CAP_BPF",
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A set of capabilities, one bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities(u64);

impl Capabilities {
    /// The effective set of the calling thread.
    pub fn effective() -> Result<Self, HostError> {
        let text = fs::read_to_string(STATUS).map_err(|source| HostError::Read {
            path: STATUS,
            source,
        })?;
        parse_effective(&text)
    }

    /// Whether the set holds `capability`.
    pub const fn has(self, capability: Capability) -> bool {
        self.0 & (1 << capability as u8) != 0
    }

    /// Those of `wanted` that the set does not hold.
    pub fn missing(self, wanted: &[Capability]) -> Vec<Capability> {
        wanted
            .iter()
            .copied()
            .filter(|&capability| !self.has(capability))
            .collect()
    }

    /// The set as the kernel writes it: bit n is capability n.
    pub const fn bits(self) -> u64 {
        self.0
    }
}

fn parse_effective(status: &str) -> Result<Capabilities, HostError> {
    let word = status
        .lines()
        .find_map(|line| line.strip_prefix("CapEff:"))
        .map(str::trim);
    word.and_then(|word| u64::from_str_radix(word, 16).ok())
        .map(Capabilities)
        .ok_or_else(|| HostError::Content {
            path: STATUS,
            field: "CapEff",
            found: word.unwrap_or_default().to_owned(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_effective_set_is_read_and_the_rest_is_missing() {
        let status = "Name:\tx\nCapPrm:\t000001ffffffffff\nCapEff:\t000001fffeffffff\n";
        let set = parse_effective(status).unwrap();
        assert!(set.has(Capability::Bpf) && set.has(Capability::SysPtrace));
        assert_eq!(set.missing(&Capability::ALL), [Capability::SysResource]);
    }

    #[test]
    fn a_status_without_the_line_is_an_error() {
        let error = parse_effective("Name:\tx\n").unwrap_err();
        assert_eq!(
            error.to_string(),
            r#"/proc/thread-self/status holds no usable CapEff: """#
        );
    }
}
