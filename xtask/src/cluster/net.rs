//! The network between the machines: namespaces, a bridge in the control plane's, a port per node.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};

use super::layout::{MOST_NODES, Machine, Name, Role, pod_ranges};

/// The bridge that the nodes are plugged into.
const BRIDGE: &str = "nfk0";

/// A port's state, as `ip link set` says it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Port {
    /// Connected.
    Up,
    /// The node hears no one and no one hears it.
    Down,
}

impl Port {
    fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

/// Makes a machine's namespace and its connection; does nothing where they are.
pub(crate) fn connect(machine: Machine) -> Result<()> {
    if exists(machine) {
        return Ok(());
    }
    ip(&["netns", "add", &machine.netns()])?;
    match machine.role {
        Role::Control => batch(machine, &control_links(machine)),
        Role::Node(number) => {
            batch(machine.control(), &port_links(machine, number))?;
            batch(machine, &node_links(machine, number))
        }
    }
}

/// Removes a machine's namespace with all that is in it.
pub(crate) fn disconnect(machine: Machine) -> Result<()> {
    if exists(machine) {
        ip(&["netns", "delete", &machine.netns()])?;
    }
    let control = machine.control();
    if let Role::Node(number) = machine.role
        && exists(control)
    {
        // The other end of a pair goes a moment after its namespace; a new one needs the name now.
        let name = machine.name();
        let _ = ip(&["-n", &control.netns(), "link", "delete", &name]);
        for (family, range) in ["-4", "-6"].iter().zip(pod_ranges(number)) {
            let _ = ip(&["-n", &control.netns(), family, "route", "delete", &range]);
        }
    }
    Ok(())
}

/// The file that stands for a machine's namespace.
pub(crate) fn file(machine: Machine) -> PathBuf {
    Path::new("/run/netns").join(machine.netns())
}

/// Whether a machine's namespace is there.
pub(crate) fn exists(machine: Machine) -> bool {
    file(machine).exists()
}

/// The names of all namespaces of a cluster.
pub(crate) fn namespaces(cluster: Name) -> Vec<String> {
    let entries = fs::read_dir("/run/netns").into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names
        .filter(|name| {
            name.strip_prefix(cluster.as_str())
                .is_some_and(|rest| rest.starts_with('-'))
        })
        .collect()
}

/// Removes a namespace by its name, whatever it is of.
pub(crate) fn remove(namespace: &str) -> Result<()> {
    ip(&["netns", "delete", namespace])
}

/// Plugs a node in or out.
pub(crate) fn set_port(node: Machine, port: Port) -> Result<()> {
    ensure!(exists(node), "{} is not there", node.name());
    let control = node.control().netns();
    ip(&["-n", &control, "link", "set", &node.name(), port.as_str()])
}

/// Whether a node is plugged in; none where it has no port.
pub(crate) fn port(node: Machine) -> Option<Port> {
    let output = Command::new("ip")
        .args(["-n", &node.control().netns(), "link", "show", &node.name()])
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let flags = text.split_once('<')?.1.split_once('>')?.0;
    let is_up = flags.split(',').any(|flag| flag == "UP");
    Some(if is_up { Port::Up } else { Port::Down })
}

fn control_links(machine: Machine) -> String {
    format!(
        "link set lo up\n\
         link add {BRIDGE} type bridge\n\
         address add {}/24 dev {BRIDGE}\n\
         address add {}/64 dev {BRIDGE} nodad\n\
         link set {BRIDGE} up\n",
        machine.address(),
        machine.address_v6()
    )
}

/// The control plane's end: the port, and the way to the node's pods.
fn port_links(node: Machine, number: u8) -> String {
    let name = node.name();
    format!(
        "link add {name} type veth peer name eth0 netns {}\n\
         link set {name} master {BRIDGE}\n\
         link set {name} up\n\
         {}",
        node.netns(),
        routes(node, number)
    )
}

/// The node's end: its addresses, and the ways to the pods of every other node there may ever be.
fn node_links(node: Machine, number: u8) -> String {
    let control = node.control();
    let mut links = format!(
        "link set lo up\n\
         address add {}/24 dev eth0\n\
         address add {}/64 dev eth0 nodad\n\
         link set eth0 up\n\
         route add default via {}\n\
         route add default via {}\n",
        node.address(),
        node.address_v6(),
        control.address(),
        control.address_v6()
    );
    for other in (1..=MOST_NODES).filter(|&other| other != number) {
        links += &routes(node.sibling(other), other);
    }
    links
}

fn routes(node: Machine, number: u8) -> String {
    let mut routes = String::new();
    for (range, via) in pod_ranges(number)
        .iter()
        .zip([node.address(), node.address_v6()])
    {
        let _ = writeln!(routes, "route add {range} via {via}");
    }
    routes
}

fn ip(args: &[&str]) -> Result<()> {
    run(Command::new("ip").args(args), "")
}

fn batch(machine: Machine, lines: &str) -> Result<()> {
    let namespace = machine.netns();
    run(
        Command::new("ip").args(["-n", &namespace, "-batch", "-"]),
        lines,
    )
    .with_context(|| format!("could not set up the network of {}", machine.name()))
}

fn run(command: &mut Command, input: &str) -> Result<()> {
    use std::io::Write as _;
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("could not run ip (package iproute2)")?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    ensure!(
        output.status.success(),
        "`{}` failed: {}",
        crate::process::words(command),
        String::from_utf8_lossy(&output.stderr).trim_end()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_reaches_the_pods_of_all_others() {
        let node = Machine::node(Name::Nfk, 2).unwrap();
        let links = node_links(node, 2);
        assert!(links.contains("route add 198.19.1.0/24 via 198.18.0.11\n"));
        assert!(links.contains("route add fd6e:66:0:109::/64 via fd6e:66::19\n"));
        assert!(!links.contains("198.19.2.0"));
    }
}
