//! The control plane: what it runs, and with which arguments.

use std::path::Path;

use super::{
    layout::{API_PORT, Layout, SERVICE_RANGES},
    machine::spec::{Service, Spec},
    settings::Settings,
};

/// Where etcd listens; only the control plane's own network has it.
const ETCD: &str = "http://127.0.0.1:2379";

/// What runs on the control plane, in the order in which it needs each other.
pub(crate) fn spec(layout: &Layout, settings: &Settings) -> Spec {
    let service = |name: &str, args: Vec<String>| Service {
        name: name.to_owned(),
        program: layout.bin(name),
        args,
        log: layout.log(layout.control(), name),
        hold: layout.hold(layout.control(), name),
        after: Vec::new(),
    };
    Spec {
        name: layout.control().name(),
        search_path: layout.search_path(),
        disk: None,
        services: vec![
            service("etcd", etcd(layout)),
            service("kube-apiserver", api_server(layout, settings)),
            service("kube-controller-manager", controller_manager(layout)),
            service("kube-scheduler", scheduler(layout)),
        ],
    }
}

/// The names of what runs there.
pub(crate) const SERVICES: [&str; 4] = [
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
];

fn etcd(layout: &Layout) -> Vec<String> {
    vec![
        path_flag("data-dir", &layout.of(layout.control(), "etcd")),
        flag("listen-client-urls", ETCD),
        flag("advertise-client-urls", ETCD),
        flag("listen-peer-urls", "http://127.0.0.1:2380"),
        flag("log-level", "warn"),
        // What is lost with the machine is thrown away with it anyway.
        "--unsafe-no-fsync".to_owned(),
    ]
}

fn api_server(layout: &Layout, settings: &Settings) -> Vec<String> {
    let pki = |file: &str| layout.pki(file).display().to_string();
    vec![
        flag("advertise-address", layout.control().address()),
        flag("secure-port", API_PORT.to_string()),
        flag("etcd-servers", ETCD),
        flag(
            "service-cluster-ip-range",
            settings.families(SERVICE_RANGES),
        ),
        flag("authorization-mode", "Node,RBAC"),
        flag("enable-admission-plugins", "NodeRestriction"),
        "--allow-privileged".to_owned(),
        // Webhooks and extensions are reached at their pods: no Service works in this namespace.
        "--enable-aggregator-routing".to_owned(),
        flag("client-ca-file", pki("ca.crt")),
        flag("tls-cert-file", pki("apiserver.crt")),
        flag("tls-private-key-file", pki("apiserver.key")),
        flag("kubelet-certificate-authority", pki("ca.crt")),
        flag("kubelet-client-certificate", pki("apiserver-kubelet.crt")),
        flag("kubelet-client-key", pki("apiserver-kubelet.key")),
        flag("kubelet-preferred-address-types", "InternalIP"),
        flag("service-account-issuer", "https://kubernetes.default.svc"),
        flag("service-account-key-file", pki("accounts.pub")),
        flag("service-account-signing-key-file", pki("accounts.key")),
        flag("requestheader-client-ca-file", pki("front-proxy-ca.crt")),
        flag("requestheader-allowed-names", "front-proxy-client"),
        flag("requestheader-extra-headers-prefix", "X-Remote-Extra-"),
        flag("requestheader-group-headers", "X-Remote-Group"),
        flag("requestheader-username-headers", "X-Remote-User"),
        flag("proxy-client-cert-file", pki("front-proxy.crt")),
        flag("proxy-client-key-file", pki("front-proxy.key")),
    ]
}

fn controller_manager(layout: &Layout) -> Vec<String> {
    let pki = |file: &str| layout.pki(file).display().to_string();
    let mut args = client(&pki("controller-manager.kubeconfig"));
    args.extend([
        "--use-service-account-credentials".to_owned(),
        flag("service-account-private-key-file", pki("accounts.key")),
        flag("root-ca-file", pki("ca.crt")),
        flag("cluster-signing-cert-file", pki("ca.crt")),
        flag("cluster-signing-key-file", pki("ca.key")),
    ]);
    args
}

fn scheduler(layout: &Layout) -> Vec<String> {
    client(&layout.pki("scheduler.kubeconfig").display().to_string())
}

/// What the API server's clients say alike; alone, they need no election.
fn client(kubeconfig: &str) -> Vec<String> {
    vec![
        flag("kubeconfig", kubeconfig),
        flag("authentication-kubeconfig", kubeconfig),
        flag("authorization-kubeconfig", kubeconfig),
        "--leader-elect=false".to_owned(),
        flag("kube-api-qps", "500"),
        flag("kube-api-burst", "1000"),
    ]
}

/// `--name=value`.
pub(crate) fn flag(name: &str, value: impl Into<String>) -> String {
    format!("--{name}={}", value.into())
}

/// `--name=path`.
pub(crate) fn path_flag(name: &str, path: &Path) -> String {
    flag(name, path.display().to_string())
}
