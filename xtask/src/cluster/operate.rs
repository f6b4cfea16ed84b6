//! What is done to one node: commands on it, its cable, its power.

use std::{fs, process::ExitCode, time::Instant};

use anyhow::{Context, Result, bail, ensure};

use super::{
    control, kubectl,
    layout::Layout,
    machine, net,
    net::Port,
    node,
    ready::{self, Awaited},
    settings::Settings,
    up,
};
use crate::progress::seconds;

/// Runs a command on a node, with the terminal's input and output.
pub(crate) fn run(layout: &Layout, number: u8, words: &[String]) -> Result<ExitCode> {
    let status = machine::enter(layout, layout.node(number)?)?
        .args(words)
        .status()
        .context("could not run nsenter")?;
    Ok(kubectl::code(status))
}

/// Pulls a node's cable, or plugs it in.
pub(crate) fn cut(layout: &Layout, number: u8, port: Port) -> Result<ExitCode> {
    let node = layout.node(number)?;
    net::set_port(node, port)?;
    let state = match port {
        Port::Up => "is connected",
        Port::Down => "is cut off",
    };
    println!("{} {state}", node.name());
    Ok(ExitCode::SUCCESS)
}

/// Ends a node as if its power failed, and starts it with the disk it had.
pub(crate) fn reboot(layout: &Layout, number: u8) -> Result<ExitCode> {
    let start = Instant::now();
    let settings = Settings::load(layout)?.context("there is no cluster")?;
    ensure!(
        (1..=settings.nodes).contains(&number),
        "there is no node {number}: the cluster has {}",
        settings.nodes
    );
    let node = layout.node(number)?;
    let awaited = Awaited::next(layout, node);
    up::start_node(layout, &settings, node)?;
    ready::wait_for(layout, &[awaited])?;
    println!(
        "{} is Ready again after {}",
        node.name(),
        seconds(start.elapsed())
    );
    Ok(ExitCode::SUCCESS)
}

/// Keeps a service of a machine ended, or lets it run again.
pub(crate) fn hold(
    layout: &Layout,
    service: &str,
    number: Option<u8>,
    held: bool,
) -> Result<ExitCode> {
    let (machine, services): (_, &[&str]) = match number {
        None => (layout.control(), &control::SERVICES),
        Some(number) => (layout.node(number)?, &node::SERVICES),
    };
    if !services.contains(&service) {
        bail!(
            "{} has no {service}; it has {}",
            machine.name(),
            services.join(", ")
        );
    }
    ensure!(machine::is_up(machine)?, "{} does not run", machine.name());
    let file = layout.hold(machine, service);
    if held {
        fs::write(&file, "")?;
    } else if file.exists() {
        fs::remove_file(&file)?;
    }
    println!(
        "{service} of {} {}",
        machine.name(),
        if held { "is held" } else { "runs" }
    );
    Ok(ExitCode::SUCCESS)
}
