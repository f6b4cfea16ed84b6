//! Workloads: Deployments of small containers, and a Service before each that listens.

use serde_json::{Value, json};

/// The witness alone.
const WITNESS: &str = "netfault.test/witness:v0.1.0";

/// Servers and a shell.
const APPS: &str = "netfault.test/apps:v0.1.0";

/// The user that a sidecar runs as, by which its own connections are told from others.
const SIDECAR: u32 = 1337;

/// What the rules of a service mesh come to, whoever writes them: `iptables -t nat -A OUTPUT -p tcp
/// -m owner ! --uid-owner 1337 ! -d 127.0.0.0/8 -j REDIRECT --to-ports 15001`.
const REDIRECT: &str = "table ip mesh { chain output { \
    type nat hook output priority -100; \
    meta l4proto tcp meta skuid != 1337 ip daddr != 127.0.0.0/8 redirect to :15001; }; }";

/// A Deployment whose pods are labelled `app: NAME`.
#[derive(Debug, Clone)]
pub struct Workload {
    pub(super) name: String,
    pub(super) replicas: usize,
    inits: Vec<Value>,
    containers: Vec<Value>,
    node: Option<String>,
    labels: Value,
    ports: Vec<Value>,
    dual_stack: bool,
}

impl Workload {
    /// A workload of one pod, which has no container yet.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            replicas: 1,
            inits: Vec::new(),
            containers: Vec::new(),
            node: None,
            labels: json!({ "app": name }),
            ports: Vec::new(),
            dual_stack: false,
        }
    }

    /// A workload of one pod, played by one witness.
    pub fn witness(name: &str, words: &str) -> Self {
        Self::new(name).with_witness("main", words)
    }

    /// A witness that answers HTTP on port 8080, is probed there every second, and has a Service
    /// with port 80.
    pub fn web(name: &str) -> Self {
        let mut web = Self::witness(name, "http-serve").listening(80, 8080);
        web.containers[0]["readinessProbe"] = json!({
            "httpGet": { "path": "/", "port": 8080 },
            "periodSeconds": 1,
            "failureThreshold": 2,
        });
        web
    }

    /// nats-server with `JetStream`, its Service on the usual port, its monitoring on 8222.
    pub fn nats(name: &str) -> Self {
        let command = ["/bin/nats-server", "-m", "8222", "-js", "-sd", "/tmp"];
        let mut nats = Self::new(name).with(json!({
            "name": "main",
            "image": APPS,
            "command": command,
            "readinessProbe": {
                "httpGet": { "path": "/healthz", "port": 8222 },
                "periodSeconds": 1,
            },
        }));
        nats.ports = vec![port("client", 4222, 4222), port("monitor", 8222, 8222)];
        nats
    }

    /// The same, with a further container that is a witness.
    #[must_use]
    pub fn with_witness(self, container: &str, words: &str) -> Self {
        let words: Vec<_> = words.split_whitespace().collect();
        self.with(json!({ "name": container, "image": WITNESS, "args": words }))
    }

    /// The same, with a further container.
    #[must_use]
    pub fn with(mut self, container: Value) -> Self {
        self.containers.push(container);
        self
    }

    /// The same, with a sidecar that is asked to pass on all TCP connections that other containers
    /// open, by a rule in the pod's own network, as the sidecars of service meshes are. IPv4 only.
    #[must_use]
    pub fn with_sidecar(self, container: &str) -> Self {
        self.redirected(REDIRECT, container, "forward")
    }

    /// The same, with a sidecar that is given all connections that come to a port of the pod.
    #[must_use]
    pub fn with_sidecar_before(self, container: &str, port: u16) -> Self {
        let rules = format!(
            "table ip mesh {{ chain prerouting {{ type nat hook prerouting priority -100; \
             tcp dport {port} redirect to :15006; }}; }}"
        );
        self.redirected(&rules, container, "forward --port 15006")
    }

    fn redirected(mut self, rules: &str, container: &str, words: &str) -> Self {
        self.inits.push(json!({
            "name": "redirect",
            "image": APPS,
            "command": ["/bin/nft", rules],
            "securityContext": { "capabilities": { "add": ["NET_ADMIN"] } },
        }));
        let words: Vec<_> = words.split_whitespace().collect();
        self.with(json!({
            "name": container,
            "image": WITNESS,
            "args": words,
            "securityContext": { "runAsUser": SIDECAR },
        }))
    }

    /// The same, each container with this security context.
    #[must_use]
    pub fn secured(mut self, context: &Value) -> Self {
        for container in &mut self.containers {
            container["securityContext"] = context.clone();
        }
        self
    }

    /// The same, behind a Service with a port that leads to this one of the pods.
    #[must_use]
    pub fn listening(mut self, service: u16, pod: u16) -> Self {
        self.ports.push(port("main", service, pod));
        self
    }

    /// The same, its Service with an address of each family.
    #[must_use]
    pub fn dual_stack(mut self) -> Self {
        self.dual_stack = true;
        self
    }

    /// The same, with so many pods, on as many nodes as there are.
    #[must_use]
    pub fn replicas(mut self, replicas: usize) -> Self {
        self.replicas = replicas;
        self
    }

    /// The same, its pods with a further label.
    #[must_use]
    pub fn labelled(mut self, label: &str, value: &str) -> Self {
        self.labels[label] = value.into();
        self
    }

    /// The same, on this node.
    #[must_use]
    pub fn on(mut self, node: &str) -> Self {
        self.node = Some(node.to_owned());
        self
    }

    /// Its containers.
    pub fn containers(&self) -> Vec<Value> {
        self.containers.clone()
    }

    /// Its objects, not yet in a namespace.
    pub fn objects(&self) -> Vec<Value> {
        let mut objects = vec![self.deployment()];
        if !self.ports.is_empty() {
            objects.push(self.service());
        }
        objects
    }

    fn service(&self) -> Value {
        let families = if self.dual_stack {
            "RequireDualStack"
        } else {
            "SingleStack"
        };
        json!({
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": { "name": self.name },
            "spec": {
                "selector": { "app": self.name },
                "ports": self.ports,
                "ipFamilyPolicy": families,
            },
        })
    }

    fn deployment(&self) -> Value {
        let selector = json!({ "app": self.name });
        let mut deployment = json!({
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": { "name": self.name },
            "spec": {
                "replicas": self.replicas,
                "selector": { "matchLabels": selector },
                "template": {
                    "metadata": { "labels": self.labels },
                    "spec": self.pod(&selector),
                },
            },
        });
        if let Some(node) = &self.node {
            let selector = json!({ "kubernetes.io/hostname": node });
            deployment["spec"]["template"]["spec"]["nodeSelector"] = selector;
        }
        deployment
    }

    fn pod(&self, selector: &Value) -> Value {
        json!({
            "initContainers": self.inits,
            "containers": self.containers,
            "terminationGracePeriodSeconds": 1,
            "automountServiceAccountToken": false,
            "topologySpreadConstraints": [{
                "maxSkew": 1,
                "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": { "matchLabels": selector },
            }],
        })
    }
}

fn port(name: &str, service: u16, pod: u16) -> Value {
    json!({ "name": name, "port": service, "targetPort": pod })
}
