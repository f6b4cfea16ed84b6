//! A node: what it runs, with which arguments, and what its first process mounts.

mod files;

use std::{fs, path::PathBuf};

use anyhow::{Context, Result};

pub(crate) use self::files::PAUSE_IMAGE;
use super::{
    cgroup,
    control::{flag, path_flag},
    layout::{Layout, Machine, POD_RANGES},
    machine::spec::{Disk, Service, Spec},
    settings::Settings,
};

/// Where a node's containerd listens, as the node sees it.
const CONTAINERD: &str = "/run/containerd/containerd.sock";

/// What runs on a node.
pub(crate) const SERVICES: [&str; 3] = ["containerd", "kubelet", "kube-proxy"];

/// Writes a node's configuration, and says what runs on it.
pub(crate) fn spec(layout: &Layout, settings: &Settings, node: Machine) -> Result<Spec> {
    let number = node.number().context("the control plane is no node")?;
    let disk = layout.of(node, "disk");
    for (path, text) in files::all(layout, settings, node, number) {
        let file = disk.join("etc").join(path);
        let dir = file.parent().context("it is in a directory")?;
        fs::create_dir_all(dir)?;
        fs::write(&file, text).with_context(|| format!("could not write {}", file.display()))?;
    }
    fs::create_dir_all(disk.join("etc/kubernetes/manifests"))?;
    let cgroups = cgroup::hierarchies()?.into_iter();
    Ok(Spec {
        name: node.name(),
        search_path: layout.search_path(),
        disk: Some(Disk {
            dir: disk,
            cni: layout.tool("usr/lib/cni"),
            cgroups: cgroups
                .map(|hierarchy| {
                    let own = cgroup::own(&hierarchy, node);
                    (own, hierarchy.mount)
                })
                .collect(),
        }),
        services: services(layout, settings, node),
    })
}

fn services(layout: &Layout, settings: &Settings, node: Machine) -> Vec<Service> {
    let service = |name: &str, program: PathBuf, args, after: Vec<PathBuf>| Service {
        name: name.to_owned(),
        program,
        args,
        log: layout.log(node, name),
        hold: layout.hold(node, name),
        after,
    };
    let kubeconfig = layout.pki(&format!("{}.kubeconfig", node.name()));
    let kubelet = vec![
        path_flag("kubeconfig", &kubeconfig),
        flag("config", "/etc/kubernetes/kubelet.yaml"),
        flag("hostname-override", node.name()),
        flag("node-ip", families(settings, node)),
        flag("root-dir", "/var/lib/kubelet"),
    ];
    let proxy = vec![
        path_flag("kubeconfig", &layout.pki("kube-proxy.kubeconfig")),
        flag("hostname-override", node.name()),
        flag("proxy-mode", settings.proxy_mode.as_str()),
        flag("cluster-cidr", settings.families(POD_RANGES)),
        // These three belong to the whole computer.
        flag("conntrack-max-per-core", "0"),
        flag("conntrack-tcp-timeout-established", "0"),
        flag("conntrack-tcp-timeout-close-wait", "0"),
    ];
    // Without its images, a node would refuse the first pods that it is given.
    let before_kubelet = vec![CONTAINERD.into(), images_loaded(layout, node)];
    let containerd = vec![flag("config", "/etc/containerd/config.toml")];
    vec![
        service(
            "containerd",
            layout.tool("usr/bin/containerd"),
            containerd,
            vec![],
        ),
        service("kubelet", layout.bin("kubelet"), kubelet, before_kubelet),
        service("kube-proxy", layout.bin("kube-proxy"), proxy, vec![]),
    ]
}

/// Exists once a node has the images that it begins with.
pub(crate) fn images_loaded(layout: &Layout, node: Machine) -> PathBuf {
    layout.of(node, "images-loaded")
}

fn families(settings: &Settings, node: Machine) -> String {
    settings.families([&node.address(), &node.address_v6()])
}
