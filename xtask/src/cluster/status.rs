//! `cargo xtask cluster status`: one line per machine.

use std::process::ExitCode;

use anyhow::Result;

use super::{
    cgroup, control,
    layout::{Layout, Machine, Role},
    machine,
    net::{self, Port},
    node, ready,
    settings::Settings,
};

/// Runs it; fails where a machine is missing or not ready.
pub(crate) fn run(layout: &Layout) -> Result<ExitCode> {
    let Some(settings) = Settings::load(layout)? else {
        println!("no cluster");
        return Ok(ExitCode::FAILURE);
    };
    let ready = ready::ready_nodes(layout).ok();
    println!(
        "{:<8}{:<14}{:<12}{:<10}HELD",
        "MACHINE", "ADDRESS", "STATE", "PROCESSES"
    );
    let mut all_well = true;
    for machine in layout.machines(settings.nodes) {
        let state = state(machine, ready.as_deref())?;
        all_well &= matches!(state, "Ready" | "answers");
        println!(
            "{:<8}{:<14}{state:<12}{:<10}{}",
            machine.name(),
            machine.address(),
            cgroup::processes(machine)?.len(),
            held(layout, machine).join(", ")
        );
    }
    Ok(if all_well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Whether every machine is as `up` leaves it.
pub(crate) fn is_well(layout: &Layout, settings: &Settings) -> Result<bool> {
    let ready = ready::ready_nodes(layout).ok();
    for machine in layout.machines(settings.nodes) {
        let state = state(machine, ready.as_deref())?;
        if !matches!(state, "Ready" | "answers") || !held(layout, machine).is_empty() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A machine in a word; `ready` are the nodes that are, or none where the API server is silent.
fn state(machine: Machine, ready: Option<&[String]>) -> Result<&'static str> {
    if !machine::is_up(machine)? {
        return Ok("ended");
    }
    Ok(match (machine.role, ready) {
        (Role::Control, Some(_)) => "answers",
        (Role::Control, None) => "silent",
        (Role::Node(_), _) if net::port(machine) == Some(Port::Down) => "cut",
        (Role::Node(_), Some(ready)) if ready.contains(&machine.name()) => "Ready",
        (Role::Node(_), Some(_)) => "NotReady",
        (Role::Node(_), None) => "unknown",
    })
}

/// The services that are kept ended.
fn held(layout: &Layout, machine: Machine) -> Vec<&'static str> {
    let services: &[&str] = match machine.role {
        Role::Control => &control::SERVICES,
        Role::Node(_) => &node::SERVICES,
    };
    let held = services.iter().copied();
    held.filter(|service| layout.hold(machine, service).exists())
        .collect()
}
