//! A node's configuration files, below its /etc.

use serde_json::json;

use crate::cluster::{
    layout::{DNS_SERVICE, Layout, Machine, pod_ranges},
    settings::Settings,
};

/// The image that holds a pod's namespaces.
pub(crate) const PAUSE_IMAGE: &str = "netfault.test/pause:v1";

/// Every file, and what is in it.
pub(super) fn all(
    layout: &Layout,
    settings: &Settings,
    node: Machine,
    number: u8,
) -> Vec<(&'static str, String)> {
    vec![
        ("containerd/config.toml", containerd(layout)),
        ("cni/net.d/10-bridge.conflist", cni(settings, number)),
        ("kubernetes/kubelet.yaml", kubelet(layout, node)),
    ]
}

/// An unprivileged machine may not lower a process's OOM score; runc dies of trying.
fn containerd(layout: &Layout) -> String {
    format!(
        r#"version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
  "io.containerd.internal.v1.opt",
  "io.containerd.tracing.processor.v1.otlp",
]

[grpc]
address = "/run/containerd/containerd.sock"

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{PAUSE_IMAGE}"
restrict_oom_score_adj = true

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/opt/cni/bin"
conf_dir = "/etc/cni/net.d"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
BinaryName = "{}"
SystemdCgroup = false
"#,
        layout.tool("usr/sbin/runc").display()
    )
}

/// Pods on one bridge; which addresses are taken is forgotten when the node restarts, as pods are.
fn cni(settings: &Settings, number: u8) -> String {
    let mut ranges = vec![];
    let mut routes = vec![];
    let wanted = if settings.dual_stack { 2 } else { 1 };
    for (range, all) in pod_ranges(number)
        .into_iter()
        .zip(["0.0.0.0/0", "::/0"])
        .take(wanted)
    {
        ranges.push(json!([{ "subnet": range }]));
        routes.push(json!({ "dst": all }));
    }
    let list = json!({
        "cniVersion": "1.0.0",
        "name": "pods",
        "plugins": [
            {
                "type": "bridge",
                "bridge": "cni0",
                "isGateway": true,
                "hairpinMode": true,
                "ipam": {
                    "type": "host-local",
                    "dataDir": "/run/cni",
                    "ranges": ranges,
                    "routes": routes,
                },
            },
            { "type": "portmap", "capabilities": { "portMappings": true } },
        ],
    });
    format!("{list:#}\n")
}

/// JSON is YAML too.
fn kubelet(layout: &Layout, node: Machine) -> String {
    let name = node.name();
    let config = json!({
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": { "enabled": false },
            "webhook": { "enabled": true },
            "x509": { "clientCAFile": layout.pki("ca.crt") },
        },
        "authorization": { "mode": "Webhook" },
        "tlsCertFile": layout.pki(&format!("kubelet-{name}.crt")),
        "tlsPrivateKeyFile": layout.pki(&format!("kubelet-{name}.key")),
        "containerRuntimeEndpoint": "unix:///run/containerd/containerd.sock",
        "cgroupDriver": "cgroupfs",
        "failCgroupV1": false,
        "failSwapOn": false,
        "clusterDNS": [DNS_SERVICE],
        "clusterDomain": "cluster.local",
        "resolvConf": "/etc/resolv.conf",
        "staticPodPath": "/etc/kubernetes/manifests",
        "nodeLeaseDurationSeconds": 10,
        "nodeStatusUpdateFrequency": "5s",
        // The computer is shared: how full its disk is, is not this node's doing.
        "evictionHard": {
            "memory.available": "100Mi",
            "nodefs.available": "0%",
            "nodefs.inodesFree": "0%",
            "imagefs.available": "0%",
        },
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
        "registryPullQPS": 0,
        "serializeImagePulls": false,
        "eventRecordQPS": 0,
    });
    format!("{config:#}\n")
}
