//! A pod, as the API server last told of it, and its network as the machine sees it.

use std::fs;
use std::net::IpAddr;
use std::time::Duration;

use serde_json::Value;

use super::witness::lines_from;
use super::{Cluster, Lines, Node, soon};
use crate::bed::Namespace;

/// How long a Service may take to be in force.
const ANSWER: Duration = Duration::from_secs(30);

/// How long some requests may take, late ones included.
const SOME: Duration = Duration::from_mins(1);

/// A pod at one moment.
#[derive(Debug, Clone)]
pub struct Pod {
    object: Value,
}

impl Pod {
    pub(super) fn new(object: &Value) -> Self {
        let object = object.clone();
        Self { object }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.text("/metadata/name")
    }

    /// Its namespace.
    pub fn namespace(&self) -> &str {
        self.text("/metadata/namespace")
    }

    /// What tells it from any other pod, of its name too.
    pub fn uid(&self) -> &str {
        self.text("/metadata/uid")
    }

    /// The value of its label `app`, which names its workload.
    pub fn app(&self) -> &str {
        self.text("/metadata/labels/app")
    }

    /// Its node.
    pub fn node(&self) -> Node {
        Node::named(self.text("/spec/nodeName"))
    }

    /// Its address.
    pub fn ip(&self) -> IpAddr {
        let text = self.text("/status/podIP");
        text.parse().expect("it is an address")
    }

    /// All its addresses, the first one first.
    pub fn ips(&self) -> Vec<IpAddr> {
        let all = self.object["status"]["podIPs"].as_array();
        addresses(all.into_iter().flatten().map(|one| &one["ip"]))
    }

    /// All that was asked of it.
    pub fn spec(&self) -> &Value {
        &self.object["spec"]
    }

    /// How often its containers were started again.
    pub fn restarts(&self) -> u64 {
        let statuses = self.object["status"]["containerStatuses"].as_array();
        let counts = statuses.into_iter().flatten();
        counts.filter_map(|one| one["restartCount"].as_u64()).sum()
    }

    /// The id of its only container, as the runtime has it.
    #[track_caller]
    pub fn container(&self) -> &str {
        let id = self.object["status"]["containerStatuses"][0]["containerID"].as_str();
        let (_, id) = id.and_then(|id| id.split_once("://")).expect("it runs");
        id
    }

    /// Whether its condition `Ready` is true.
    pub fn is_ready(&self) -> bool {
        let conditions = self.object["status"]["conditions"].as_array();
        let mut conditions = conditions.into_iter().flatten();
        conditions.any(|one| one["type"] == "Ready" && one["status"] == "True")
    }

    /// Whether it is being deleted.
    pub fn is_going(&self) -> bool {
        self.object["metadata"].get("deletionTimestamp").is_some()
    }

    /// The pod of the same name as it is now.
    #[must_use]
    #[track_caller]
    pub fn now(&self) -> Self {
        let words = format!("pod {} -n {}", self.name(), self.namespace());
        Self::new(&Cluster::of_env().get(&words))
    }

    /// What of a workload a fault may not change, and is otherwise in `later`.
    pub(super) fn changes_to(&self, later: &Self) -> Vec<String> {
        let parts = |pod: &Self| -> [(&str, Value); 4] {
            [
                ("uid", pod.uid().into()),
                ("spec", pod.spec().clone()),
                ("restarts", pod.restarts().into()),
                ("readiness", pod.is_ready().into()),
            ]
        };
        let pairs = parts(self).into_iter().zip(parts(later));
        pairs
            .filter(|(before, now)| before != now)
            .map(|((what, before), (_, now))| {
                format!("{what} of {}: {before}, now {now}", self.name())
            })
            .collect()
    }

    /// What its only container, a witness, has said so far.
    #[track_caller]
    pub fn lines(&self) -> Lines {
        self.lines_of("main")
    }

    /// What a container of it, a witness, has said so far since it was last started: read on the
    /// node, which takes no program and no API server.
    #[track_caller]
    pub fn lines_of(&self, container: &str) -> Lines {
        let (namespace, name, uid) = (self.namespace(), self.name(), self.uid_on_node());
        let logs = format!("var/log/pods/{namespace}_{name}_{uid}/{container}");
        let logs = fs::read_dir(Cluster::of_env().file(&self.node(), &logs));
        let logs = logs.into_iter().flatten().flatten();
        let starts = |entry: &fs::DirEntry| {
            let name = entry.file_name();
            name.to_str()?.strip_suffix(".log")?.parse::<u32>().ok()
        };
        let latest = logs.max_by_key(starts).map(|entry| entry.path());
        let text = latest.and_then(|path| fs::read_to_string(path).ok());
        lines_from(&text.unwrap_or_default())
    }

    /// Waits until the lines of a container give a value.
    #[track_caller]
    pub fn await_lines<T>(
        &self,
        container: &str,
        what: &str,
        limit: Duration,
        mut condition: impl FnMut(&Lines) -> Option<T>,
    ) -> T {
        let what = format!("{}/{container}: {what}", self.name());
        soon(&what, limit, || condition(&self.lines_of(container)))
    }

    /// How long the quickest took of so many requests of a container that began at a time or later: a
    /// busy machine makes others later.
    #[track_caller]
    pub fn quickest(&self, container: &str, since: u64, count: usize) -> Duration {
        self.await_lines(container, "requests", SOME, |lines| {
            let took = lines.begun_from(since).took();
            (took.len() >= count).then(|| took.into_iter().min())?
        })
    }

    /// Waits until a container's requests are answered, and tells since when: kube-proxy puts a new
    /// Service into force a moment after its pods are ready, and refuses until then.
    #[track_caller]
    pub fn await_answers(&self, container: &str) -> u64 {
        let first = |lines: &Lines| {
            let polls = lines.polls().into_iter();
            polls
                .filter(|(_, answer)| answer.is_ok())
                .map(|(at, _)| at)
                .min()
        };
        self.await_lines(container, "an answer", ANSWER, first)
    }

    /// What it answers to a request for a path on a port of it, by way of the API server.
    #[track_caller]
    pub fn proxied(&self, port: u16, path: &str) -> String {
        let (namespace, name) = (self.namespace(), self.name());
        let proxy = format!("/api/v1/namespaces/{namespace}/pods/{name}:{port}/proxy/{path}");
        let answer = Cluster::of_env().kubectl(&format!("get --raw {proxy}"));
        answer.expect_code(0);
        answer.stdout
    }

    /// A metric without labels.
    #[track_caller]
    pub fn metric(&self, port: u16, name: &str) -> f64 {
        let text = self.proxied(port, "metrics");
        let mut values = text.lines().filter_map(|line| line.strip_prefix(name));
        let value = values.find_map(|rest| rest.strip_prefix(' ')?.parse().ok());
        value.unwrap_or_else(|| panic!("{} has no {name}:\n{text}", self.name()))
    }

    /// Its network namespace, through one of its processes.
    #[track_caller]
    pub fn network(&self) -> Namespace {
        let opened = || {
            let pid = self.processes().into_iter().next()?;
            let path = format!("/proc/{pid}/ns/net");
            Namespace::existing(self.name(), path).ok()
        };
        soon("the pod has a process", Duration::from_secs(5), opened)
    }

    /// The ids of its processes, as this machine sees them: those in a cgroup with its UID.
    pub fn processes(&self) -> Vec<u32> {
        self.processes_of(self.uid_on_node())
    }

    /// What tells it from others on its node: a static pod has something there in its UID's place.
    fn uid_on_node(&self) -> &str {
        let hash = &self.object["metadata"]["annotations"]["kubernetes.io/config.hash"];
        hash.as_str().unwrap_or(self.uid())
    }

    /// The ids of the processes in a pod's cgroup with this in its name.
    pub fn processes_of(&self, uid: &str) -> Vec<u32> {
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let mark = format!("/pod{uid}/");
        let is_inside = |id: &u32| {
            let cgroups = fs::read_to_string(format!("/proc/{id}/cgroup"));
            cgroups.is_ok_and(|text| text.contains(&mark))
        };
        ids.filter(is_inside).collect()
    }

    #[track_caller]
    fn text(&self, path: &str) -> &str {
        let text = self.object.pointer(path).and_then(Value::as_str);
        text.unwrap_or_else(|| panic!("a pod has no {path} yet: {:#}", self.object["status"]))
    }
}

/// Addresses of an object.
pub(super) fn addresses<'a>(texts: impl Iterator<Item = &'a Value>) -> Vec<IpAddr> {
    let texts = texts.filter_map(Value::as_str);
    texts
        .map(|text| text.parse().expect("it is an address"))
        .collect()
}
