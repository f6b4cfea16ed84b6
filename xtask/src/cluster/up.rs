//! `cargo xtask cluster up`: starts what does not run, and returns when all of it works.

use std::{
    fs,
    process::{ExitCode, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, ensure};

use super::{
    control, dns, kubectl,
    layout::{Layout, MOST_NODES, Machine},
    load, machine,
    net::{self, Port},
    node, pki, programs,
    ready::{self, Awaited},
    settings::{ProxyMode, Settings},
    wait::{Wait, not_yet},
};
use crate::{
    progress::seconds,
    setup::{self, Purpose},
    workspace::Workspace,
};

/// Starts a cluster, or what is missing of it.
///
/// Connects nodes that were cut off and releases services that were held, so that all is well when
/// it returns. Builds Kubernetes first where that was not done; this takes minutes, once.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many nodes.
    #[arg(long, value_name = "COUNT", default_value_t = 3,
          value_parser = clap::value_parser!(u8).range(1..=i64::from(MOST_NODES)))]
    nodes: u8,
    /// How kube-proxy puts Services into force.
    #[arg(long, value_enum, default_value_t = ProxyMode::Nftables)]
    proxy_mode: ProxyMode,
    /// Give pods and Services IPv6 addresses too.
    #[arg(long)]
    dual_stack: bool,
}

impl Args {
    /// What would be written for these settings.
    pub(crate) fn of(settings: &Settings) -> Self {
        Self {
            nodes: settings.nodes,
            proxy_mode: settings.proxy_mode,
            dual_stack: settings.dual_stack,
        }
    }
}

/// How long the API server may take, on a busy computer.
const API_BOUND: Duration = Duration::from_mins(2);

/// How long one call of a program may take.
const CALL_BOUND: Duration = Duration::from_mins(1);

/// Runs it.
pub(crate) fn run(workspace: &Workspace, layout: &Layout, args: &Args) -> Result<ExitCode> {
    let wanted = Settings {
        nodes: args.nodes,
        proxy_mode: args.proxy_mode,
        dual_stack: args.dual_stack,
    };
    setup::ensure(workspace, &[Purpose::Cluster])?;
    programs::ensure(workspace, layout)?;
    let start = Instant::now();
    prepare(layout, &wanted)?;
    timed("control plane answers", || control_plane(layout, &wanted))?;
    timed("nodes are Ready", || nodes(layout, &wanted))?;
    timed("CoreDNS answers", || core_dns(layout, &wanted))?;
    println!(
        "cluster of {} is up in {}",
        count(&wanted),
        seconds(start.elapsed())
    );
    println!(
        "kubectl: {} kubectl -- get pods --all-namespaces",
        layout.name().command()
    );
    Ok(ExitCode::SUCCESS)
}

/// Takes one step, and prints a line of the table of times.
fn timed(what: &str, step: impl FnOnce() -> Result<()>) -> Result<()> {
    let start = Instant::now();
    step()?;
    println!("{what:<24}{:>8}", seconds(start.elapsed()));
    Ok(())
}

fn count(settings: &Settings) -> String {
    match settings.nodes {
        1 => "1 node".to_owned(),
        nodes => format!("{nodes} nodes"),
    }
}

/// Makes the certificates of a new cluster, or checks that the one there is the one asked for.
fn prepare(layout: &Layout, wanted: &Settings) -> Result<()> {
    if let Some(running) = Settings::load(layout)? {
        ensure!(
            running == *wanted,
            "another cluster is up ({running}): run `{} down` first",
            layout.name().command()
        );
        return Ok(());
    }
    let foreign = net::namespaces(layout.name());
    ensure!(
        foreign.is_empty(),
        "there is something of a cluster that this checkout did not make or lost track of ({}): \
         run `{} down` where it was started, or here with --lost",
        foreign.join(", "),
        layout.name().command()
    );
    pki::create(layout, layout.nodes(MOST_NODES))?;
    wanted.save(layout)
}

fn control_plane(layout: &Layout, settings: &Settings) -> Result<()> {
    let machine = layout.control();
    release(layout, machine)?;
    if !machine::is_up(machine)? {
        machine::stop(machine)?;
        directories(layout, machine)?;
        net::connect(machine)?;
        machine::start(layout, machine, &control::spec(layout, settings))?;
    }
    let logs = ["init", "etcd", "kube-apiserver"].map(|name| layout.log(machine, name));
    Wait::new("the API server", API_BOUND, logs).until(|| {
        ensure!(machine::is_up(machine)?, "the control plane ended");
        kubectl::read(layout, &["get", "--raw=/readyz"])
    })?;
    kubectl::apply(layout, dns::OBJECTS)
}

fn directories(layout: &Layout, machine: Machine) -> Result<()> {
    for dir in ["logs", "hold", "disk"] {
        fs::create_dir_all(layout.of(machine, dir))?;
    }
    Ok(())
}

/// Lets services run again that were held.
fn release(layout: &Layout, machine: Machine) -> Result<()> {
    for file in fs::read_dir(layout.of(machine, "hold"))
        .into_iter()
        .flatten()
    {
        fs::remove_file(file?.path())?;
    }
    Ok(())
}

fn nodes(layout: &Layout, settings: &Settings) -> Result<()> {
    let started = thread::scope(|scope| {
        let starts: Vec<_> = layout
            .nodes(settings.nodes)
            .map(|node| scope.spawn(move || bring_up(layout, settings, node)))
            .collect();
        starts
            .into_iter()
            .map(|start| {
                let panicked = |_| anyhow!("starting a node panicked");
                start.join().map_err(panicked)?
            })
            .collect::<Result<Vec<Awaited>>>()
    })?;
    ready::wait_for(layout, &started)
}

/// Starts a node unless it runs, and connects it.
fn bring_up(layout: &Layout, settings: &Settings, node: Machine) -> Result<Awaited> {
    release(layout, node)?;
    if machine::is_up(node)? {
        net::set_port(node, Port::Up)?;
        return Ok(Awaited::any(node));
    }
    // One that ended a moment ago may still be Ready to the API server.
    let awaited = Awaited::next(layout, node);
    start_node(layout, settings, node)?;
    Ok(awaited)
}

/// Starts a node that does not run, and gives it the images that its pods begin with.
pub(crate) fn start_node(layout: &Layout, settings: &Settings, node: Machine) -> Result<()> {
    directories(layout, node)?;
    // What is left of one that ended is not what it starts with.
    machine::stop(node)?;
    net::disconnect(node)?;
    net::connect(node)?;
    machine::start(layout, node, &node::spec(layout, settings, node)?)?;
    let logs = ["init", "containerd"].map(|name| layout.log(node, name));
    let what = format!("containerd of {}", node.name());
    Wait::new(&what, CALL_BOUND, logs).until(|| {
        let mut ctr = load::ctr(layout, node)?;
        let answer = ctr.arg("version").stdin(Stdio::null()).output()?;
        ensure!(answer.status.success(), "it does not answer");
        Ok(())
    })?;
    for (program, _) in programs::IMAGES {
        load::import(layout, node, &layout.image(program))?;
    }
    let marker = node::images_loaded(layout, node);
    fs::write(&marker, "").with_context(|| format!("could not write {}", marker.display()))
}

fn core_dns(layout: &Layout, settings: &Settings) -> Result<()> {
    let nodes = || layout.nodes(settings.nodes);
    let logs = nodes().map(|node| layout.log(node, "kube-proxy"));
    Wait::new("CoreDNS", ready::NODES_BOUND, logs).until(|| {
        // Every node's kube-proxy has to know the way.
        nodes().try_for_each(|node| {
            dns::ask(node).map_err(|error| not_yet(format!("{}: {error:#}", node.name())))
        })
    })
}
