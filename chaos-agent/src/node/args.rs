//! The flags of the agent.

use std::net::SocketAddr;

use clap::Parser;

/// netfault's agent on one node of a cluster.
#[derive(Clone, Debug, Parser)]
#[command(name = "netfault-agent", version, max_term_width = 100)]
pub struct Args {
    /// The node's name in the cluster.
    #[arg(long, env = "NODE_NAME", value_name = "NAME")]
    pub node: String,
    /// Where /metrics, /healthz and /readyz are served.
    #[arg(
        long,
        env = "NETFAULT_LISTEN",
        value_name = "ADDR",
        default_value = "[::]:9464"
    )]
    pub listen: SocketAddr,
}
