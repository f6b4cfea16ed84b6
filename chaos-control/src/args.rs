//! The words of the command line.

use std::net::SocketAddr;

use clap::{Parser, ValueEnum};

const ENVIRONMENT: &str = "\
The cluster is the one that KUBECONFIG or ~/.kube/config names, else the one that the process runs
in. RUST_LOG sets what is logged, as in info,kube=debug.";

/// Makes one plan per node of all `NetworkFaults`, and the faults' statuses of the nodes' reports.
///
/// Several may run; one leads.
#[derive(Clone, Debug, Parser)]
#[command(name = "netfault-controller", version, after_help = ENVIRONMENT)]
pub struct Args {
    /// netfault's own namespace: its settings and the lease are there, and it is never a target
    #[arg(long, env = "POD_NAMESPACE", default_value = "netfault-system")]
    pub namespace: String,
    /// The name under which this process leads, which no other may have; its host and process id
    /// where not given
    #[arg(long, env = "POD_NAME")]
    pub identity: Option<String>,
    /// Where /metrics, /healthz and /readyz are served
    #[arg(long, env = "NETFAULT_LISTEN", default_value = "[::]:9464")]
    pub listen: SocketAddr,
    /// How the log is written to stderr
    #[arg(long, env = "NETFAULT_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines to read.
    Text,
    /// One JSON object a line.
    Json,
}

impl Args {
    /// The name under which this process leads.
    pub(crate) fn identity(&self) -> String {
        let own = || {
            let host = rustix::system::uname();
            let host = host.nodename().to_string_lossy().into_owned();
            format!("{host}-{}", std::process::id())
        };
        self.identity.clone().unwrap_or_else(own)
    }
}
