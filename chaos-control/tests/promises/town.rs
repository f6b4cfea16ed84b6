//! A small cluster as the watches tell it, and a leader that works on it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chaos_api::{ENCODING, NetworkFault, NodePlan, NodePlanSpec, PlanId};
use chaos_control::ledger::{Job, Ledger, Moment};
use chaos_control::mirror::Mirror;
use chaos_control::views::{self, Mark, ShownPlan, ShownReport};
use chaos_plan::{FaultId, PlanBody, PodReport, Report, ReportState, decode};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Namespace, Node, Pod};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Where everything happens.
pub(crate) const NAMESPACE: &str = "shop";

/// An object from its JSON.
pub(crate) fn object<K: DeserializeOwned>(json: Value) -> K {
    serde_json::from_value(json).unwrap()
}

/// A cluster, and a leader that has just begun.
pub(crate) struct Town {
    pub(crate) mirror: Mirror,
    pub(crate) ledger: Ledger,
    pub(crate) now: Moment,
    faults: BTreeMap<String, NetworkFault>,
}

impl Town {
    /// Two nodes with one pod of `app=web` on each.
    pub(crate) fn new() -> Self {
        let mut mirror = Mirror::new("netfault-system");
        let labels = json!({"netfault.dev/enabled": "true"});
        let namespace: Namespace =
            object(json!({"metadata": {"name": NAMESPACE, "labels": labels}}));
        mirror.put_namespace(NAMESPACE, Some(views::namespace(&namespace)));
        for node in ["n1", "n2"] {
            mirror.put_node(node, Some(&self::node(node, &format!("uid-{node}"))));
            put_pod(&mut mirror, &format!("web-{node}"), node);
            put_agent(&mut mirror, node, &json!({"running": {}}), true);
        }
        let now = Moment {
            server: "2026-11-20T12:00:00Z".parse().unwrap(),
            local: Instant::now(),
        };
        Self {
            mirror,
            ledger: Ledger::begin(now),
            now,
            faults: BTreeMap::new(),
        }
    }

    /// The same cluster under another leader, some seconds later.
    pub(crate) fn taken_over(mut self, seconds: u64) -> Self {
        self.pass(seconds * 1000);
        self.ledger = Ledger::begin(self.now);
        self
    }

    /// Time passes.
    pub(crate) fn pass(&mut self, millis: u64) {
        let time = Duration::from_millis(millis);
        self.now.local += time;
        self.now.server = self.now.server.checked_add(time).unwrap();
    }

    /// Decides, and gives what is to be written now.
    pub(crate) fn jobs(&mut self) -> Vec<Job> {
        if self.mirror.take_changed().intent {
            self.ledger.plan(&mut self.mirror, self.now);
        }
        self.account()
    }

    /// Decides as when its time has come, and gives what is to be written now.
    pub(crate) fn jobs_by_time(&mut self) -> Vec<Job> {
        self.ledger.plan(&mut self.mirror, self.now);
        self.account()
    }

    fn account(&mut self) -> Vec<Job> {
        self.ledger.account(&mut self.mirror, self.now);
        self.ledger.begin_jobs(&self.mirror, self.now, 8)
    }

    /// Writes, and the watches show it.
    pub(crate) fn write(&mut self, job: Job) {
        match &job {
            Job::Plan { node, owner, spec } => {
                self.mirror.put_plan(node, Some(shown(node, owner, spec)));
            }
            Job::Report { node, owner } => {
                let shown = ShownReport {
                    owner: owner.clone(),
                    ..ShownReport::default()
                };
                self.mirror
                    .put_report(node, Some((shown, Report::default())));
            }
            Job::Status { id, status, .. } => {
                let mut fault = self.fault(&id.name);
                fault.status = Some((**status).clone());
                self.put(fault);
            }
        }
        self.ledger.wrote(&self.mirror, job, true, self.now);
    }

    /// Writes all of these.
    pub(crate) fn write_all(&mut self, jobs: Vec<Job>) {
        for job in jobs {
            self.write(job);
        }
    }

    /// Writes all that there is to write.
    pub(crate) fn settle(&mut self) {
        for _ in 0..10 {
            let jobs = self.jobs();
            self.write_all(jobs);
        }
    }

    /// Asks for a fault on `app=web` with these further words.
    pub(crate) fn ask(&mut self, name: &str, words: &Value) {
        let mut spec = json!({
            "selector": {"matchLabels": {"app": "web"}}, "mode": "All",
            "faults": {"reset": {}}, "duration": "30s",
        });
        let words = words.as_object().unwrap().clone();
        spec.as_object_mut().unwrap().extend(words);
        let fault = object(json!({
            "apiVersion": "netfault.dev/v1alpha1", "kind": "NetworkFault",
            "metadata": {
                "name": name, "namespace": NAMESPACE, "generation": 1,
                "uid": format!("0123456{name}-89ab-4cde-8f01-23456789abcd"),
                "creationTimestamp": self.now.server.to_string(),
            },
            "spec": spec,
        }));
        self.put(fault);
    }

    /// The fault as the API server has it.
    pub(crate) fn fault(&self, name: &str) -> NetworkFault {
        self.faults[name].clone()
    }

    /// Puts a fault as the watch shows it.
    pub(crate) fn put(&mut self, fault: NetworkFault) {
        let name = fault.metadata.name.clone().unwrap();
        self.faults.insert(name.clone(), fault.clone());
        self.mirror
            .put_fault(&format!("{NAMESPACE}/{name}"), Some(fault));
    }

    /// A node acknowledges its plan, all pods of which stand so.
    pub(crate) fn answer(&mut self, node: &str, job: &Job, state: &ReportState) {
        let Job::Plan { owner, spec, .. } = job else {
            panic!("{job:?} is no plan");
        };
        let body = body(spec);
        let pods = body.pods.iter().flat_map(|pod| {
            let faults = pod.faults.iter();
            faults.map(|index| {
                let fault = &body.faults[usize::try_from(*index).unwrap()];
                told(pod.uid.clone(), pod.name.clone(), fault.id.clone(), state)
            })
        });
        self.report(node, owner, &spec.id(), pods.collect());
    }

    /// A node says this.
    pub(crate) fn report(
        &mut self,
        node: &str,
        owner: &str,
        acknowledged: &PlanId,
        pods: Vec<PodReport>,
    ) {
        let report = object(json!({
            "apiVersion": "netfault.dev/v1alpha1", "kind": "NodeReport",
            "metadata": {"name": node, "ownerReferences": [owned(node, owner)]},
            "spec": {},
            "status": {
                "epoch": acknowledged.epoch, "sequence": acknowledged.sequence,
                "hash": acknowledged.hash, "report": Report { pods }.to_text(),
            },
        }));
        self.mirror.put_report(node, Some(ShownReport::of(&report)));
    }
}

fn told(uid: String, name: String, fault: FaultId, state: &ReportState) -> PodReport {
    PodReport {
        uid,
        name,
        namespace: NAMESPACE.into(),
        fault,
        state: state.clone(),
        receipt: None,
        preview: None,
    }
}

/// The plans among these jobs, by node.
pub(crate) fn plans(jobs: &[Job]) -> Vec<(&str, PlanBody)> {
    let plans = jobs.iter().filter_map(|job| match job {
        Job::Plan { node, spec, .. } => Some((node.as_str(), body(spec))),
        _ => None,
    });
    plans.collect()
}

/// What a plan says.
pub(crate) fn body(spec: &NodePlanSpec) -> PlanBody {
    decode(ENCODING, &spec.plan).unwrap()
}

/// A plan as the watch shows it.
pub(crate) fn shown(node: &str, owner: &str, spec: &NodePlanSpec) -> ShownPlan {
    let mut plan = NodePlan::new(node, spec.clone());
    plan.metadata.owner_references = Some(vec![object(owned(node, owner))]);
    let shown = ShownPlan::of(&plan);
    let mark = Mark {
        id: spec.id(),
        owner: owner.into(),
    };
    assert_eq!(shown.mark, mark);
    shown
}

fn owned(node: &str, uid: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Node", "name": node, "uid": uid})
}

/// A Linux node.
pub(crate) fn node(name: &str, uid: &str) -> Node {
    object(json!({
        "metadata": {"name": name, "uid": uid},
        "status": {"nodeInfo": {
            "operatingSystem": "linux", "architecture": "", "bootID": "",
            "containerRuntimeVersion": "", "kernelVersion": "", "kubeProxyVersion": "",
            "kubeletVersion": "", "machineID": "", "osImage": "", "systemUUID": "",
        }},
    }))
}

/// A running pod of `app=web`.
pub(crate) fn put_pod(mirror: &mut Mirror, name: &str, node: &str) {
    let pod: Pod = object(json!({
        "metadata": {
            "name": name, "namespace": NAMESPACE, "uid": format!("uid-{name}"),
            "labels": {"app": "web"},
        },
        "spec": {"nodeName": node, "containers": []},
        "status": {"phase": "Running", "podIPs": [{"ip": "10.0.0.7"}]},
    }));
    mirror.put_pod(&format!("{NAMESPACE}/{name}"), Some(&pod));
}

/// The pod of a node's agent, whose container stands so.
pub(crate) fn put_agent(mirror: &mut Mirror, node: &str, state: &Value, ready: bool) {
    let name = format!("netfault-agent-{node}");
    let ready = if ready { "True" } else { "False" };
    let pod: Pod = object(json!({
        "metadata": {
            "name": name, "namespace": "netfault-system", "uid": format!("uid-{name}"),
            "labels": {"app.kubernetes.io/name": "netfault-agent"},
        },
        "spec": {"nodeName": node, "containers": []},
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": ready}],
            "containerStatuses": [{
                "name": "agent", "image": "", "imageID": "", "ready": false, "restartCount": 0,
                "state": state,
            }],
        },
    }));
    mirror.put_pod(&format!("netfault-system/{name}"), Some(&pod));
}

/// A time some seconds after the beginning.
pub(crate) fn at(seconds: i64) -> Timestamp {
    let begin: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
    Timestamp::from_second(begin.as_second() + seconds).unwrap()
}
