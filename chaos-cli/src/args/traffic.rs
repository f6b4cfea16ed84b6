//! The words that name traffic.

use clap::{Args as Group, ValueEnum};

/// Which of the target's traffic; all of it where nothing is named.
#[derive(Debug, Group)]
pub(crate) struct Traffic {
    /// A peer: an address, a range or a host, with ports or without, such as 10.0.0.0/8,
    /// 10.0.3.7:4222,6222-6230 or `[fd00::7]:4222`; in a cluster also svc/NAME[.NAMESPACE] with
    /// ports of the Service by number or name, label:app=nats[,ns=NAMESPACE], and
    /// pod/NAME[.NAMESPACE]; repeatable
    #[arg(long, value_name = "PEER[:PORTS]", help_heading = "Traffic")]
    pub(crate) to: Vec<String>,
    /// Ports of the peers that have none in --to, such as 4222,6222-6230
    #[arg(long, value_name = "PORTS", help_heading = "Traffic")]
    pub(crate) port: Option<String>,
    /// The target's own ports
    #[arg(long, value_name = "PORTS", help_heading = "Traffic")]
    pub(crate) local_port: Option<String>,
    /// Which protocol
    #[arg(long, value_enum, default_value_t, help_heading = "Traffic")]
    pub(crate) proto: Proto,
    /// Which IP version
    #[arg(long, value_enum, default_value_t, help_heading = "Traffic")]
    pub(crate) family: Family,
    /// Which way, seen from the target; where absent both, for `loss` egress. `reset` takes none
    #[arg(long, value_enum, help_heading = "Traffic")]
    pub(crate) direction: Option<Direction>,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Proto {
    Tcp,
    Udp,
    Icmp,
    #[default]
    Any,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Family {
    Ipv4,
    Ipv6,
    #[default]
    Any,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Direction {
    Egress,
    Ingress,
    Both,
}
