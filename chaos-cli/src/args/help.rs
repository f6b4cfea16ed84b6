//! What `--help` shows after the words, and the name that a user calls us by.

use std::{env, path::Path};

use clap::{Command, CommandFactory};

use super::Args;

/// The name under which kubectl finds us as a plugin.
const PLUGIN: &str = "kubectl-netfault";

const EXAMPLES: &str = "\
Examples:
  netfault inject reset -n orders deploy/orders --to svc/nats.messaging:4222 --for 30s
      Reset the Deployment's connections to NATS, idle ones at once, and refuse new ones.
  netfault inject blackhole -n orders -l app=orders --mode one --for 10s
      Take the network from one replica, which stays Ready.
  netfault inject reject -n orders deploy/orders --to svc/nats.messaging --direction egress --for 30s
      Refuse new connections to NATS as a closed port does; those that stand go on.
  netfault run reset -n orders sts/db --for 2m -- go test ./...
      Run a test while the database is cut off; its exit code is this one's.
  netfault plan reset -n orders deploy/orders --to svc/nats.messaging --for 30s
      Show which connections that would hit; nothing is changed.
  netfault inject blackhole 50% --pid 4711 --port 5432 --for 1m --detach
      On this machine, without a cluster: every second connection to PostgreSQL.
  netfault inject loss 2% --pid 4711 --proto udp --port 53 --seed 7 --for 1m
      Every fiftieth packet to DNS; the same seed loses the same ones again.
  netfault inject delay 250ms apply payload --pid 4711 --port 5432 --for 1m
      PostgreSQL hears requests a quarter of a second late; connecting takes no longer.
  netfault inject rate 2mbit loss gemodel 2% 20% -n orders deploy/orders --for 5m
      A slow path with losses in bursts, for what the pods send.

Faults in netem's words (tc-netem(8)):
  delay TIME [JITTER [CORRELATION%]] [distribution uniform|normal|pareto|paretonormal|table FILE]
        [apply packet|payload] [stage any|syn] [probability SHARE%]
  loss SHARE% [CORRELATION%] | loss SHARE% per connection | loss nth N
  loss gemodel P% [R% [1-H% [1-K%]]]
  duplicate SHARE% [CORRELATION%]     corrupt SHARE% [CORRELATION%]
  reorder SHARE% [CORRELATION%] [gap N]     (with a delay)
  rate RATE [burst SIZE] [limit SIZE] [per pod|flow]     (20mbit; mbps is megabytes)

A target on this machine (--netns, --pid, --container, --cgroup) or --local means this machine;
otherwise a usable kubeconfig means its cluster; otherwise this machine.

-o json and -o yaml print the NetworkFault in a cluster (a List of them for several), and the
receipt on this machine.

Exit codes: 0 done, 1 error, 2 usage, 3 partly in force or not all have answered, 4 no pod is
selected; `run` returns the command's own, or 125 when the fault was not in force.";

/// The command line, under the name that it was called by.
pub(crate) fn command() -> Command {
    let called = env::args_os().next().unwrap_or_default();
    named(
        Path::new(&called)
            .file_name()
            .is_some_and(|name| name == PLUGIN),
    )
}

fn named(plugin: bool) -> Command {
    if plugin {
        let examples = EXAMPLES.replace("  netfault ", "  kubectl netfault ");
        Args::command()
            .bin_name("kubectl netfault")
            .after_help(examples)
    } else {
        Args::command().after_help(EXAMPLES)
    }
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn the_words_do_not_contradict_each_other() {
        named(false).debug_assert();
        named(true).debug_assert();
    }

    #[test]
    fn a_plugin_of_kubectl_says_so() {
        let help = named(true).render_help().to_string();
        assert!(help.contains("Usage: kubectl netfault"), "{help}");
        assert!(help.contains("\n  kubectl netfault inject"), "{help}");
        assert!(!help.contains("\n  netfault inject"), "{help}");
    }
}
