//! Programs that come with a Debian package and may stay installed.

use super::{
    Purpose::{self, Bench, Cluster, Demo, Fuzz, Image, Kernel, Netns, Vm},
    wanted,
};
use crate::workspace::find_program;

/// A program, the package that has it, and what it is needed for.
struct Tool {
    program: &'static str,
    package: &'static str,
    needed_for: &'static [Purpose],
}

const fn tool(
    program: &'static str,
    package: &'static str,
    needed_for: &'static [Purpose],
) -> Tool {
    Tool {
        program,
        package,
        needed_for,
    }
}

/// The programs that demo, suites and benches call.
const TOOLS: &[Tool] = &[
    tool("ip", "iproute2", &[Demo, Kernel, Netns, Bench, Cluster, Vm]),
    tool("nft", "nftables", &[Demo, Netns, Bench, Cluster, Image]),
    tool("iptables", "iptables", &[Cluster, Bench]),
    tool("conntrack", "conntrack", &[Cluster]),
    tool("unshare", "util-linux", &[Cluster, Netns]),
    tool("ethtool", "ethtool", &[Kernel, Netns, Bench, Vm]),
    tool("tcpdump", "tcpdump", &[Netns]),
    tool("bpftool", "bpftool", &[Kernel, Netns, Bench]),
    tool("curl", "curl", &[Image]),
    tool("redis-cli", "redis-tools", &[Netns, Bench, Image]),
    tool("qemu-system-x86_64", "qemu-system-x86", &[Vm]),
    tool("c++", "g++", &[Fuzz]),
    tool("busybox", "busybox-static", &[Vm, Image]),
    // Newer kernel packages compress their modules.
    tool("xz", "xz-utils", &[Vm]),
];

/// The packages of the programs that are missing.
pub(super) fn missing(purposes: &[Purpose]) -> Vec<String> {
    TOOLS
        .iter()
        .filter(|tool| wanted(purposes, tool.needed_for) && find_program(tool.program).is_none())
        .map(|tool| tool.package.to_owned())
        .collect()
}
