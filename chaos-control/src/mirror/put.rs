//! What the watches tell, put where planning looks for it.

use chaos_api::{NetworkFault, Settings};
use chaos_plan::{EndpointView, NamespaceView, Report, ServiceView};
use k8s_openapi::api::core::v1::{ConfigMap, Node, Pod};

use super::Mirror;
use crate::views::{self, ShownPlan, ShownReport, WrongFault};

impl Mirror {
    /// A pod, or that there is none.
    pub fn put_pod(&mut self, key: &str, pod: Option<&Pod>) {
        let mut view = pod.map(views::pod);
        match view.as_ref().and_then(|view| view.runtime.clone()) {
            Some(class) => self.classes.insert(key.to_owned(), class),
            None => self.classes.remove(key),
        };
        if let Some(view) = &mut view {
            view.runtime = view.runtime.take().map(|class| self.handler(class));
        }
        self.changed.intent |= self.pods.put(key, view);
        self.put_agent(key, pod);
    }

    fn put_agent(&mut self, key: &str, pod: Option<&Pod>) {
        let own = |pod: &&Pod| pod.metadata.namespace.as_ref() == Some(&self.settings.namespace);
        let agent = pod.filter(own).and_then(views::agent);
        self.changed.progress |= self.agent_pods.get(key) != agent.as_ref();
        match agent {
            Some(agent) => drop(self.agent_pods.insert(key.to_owned(), agent)),
            None => drop(self.agent_pods.remove(key)),
        }
    }

    /// A runtime class's handler, or that there is no such class.
    pub fn put_class(&mut self, name: &str, handler: Option<String>) {
        match handler {
            Some(handler) => self.handlers.insert(name.to_owned(), handler),
            None => self.handlers.remove(name),
        };
        let meant = |(key, class): (&String, &String)| (class == name).then(|| key.clone());
        let keys: Vec<String> = self.classes.iter().filter_map(meant).collect();
        let handler = self.handler(name.to_owned());
        for key in keys {
            if let Some(pod) = self.pods.get_mut(&key) {
                pod.runtime = Some(handler.clone());
            }
        }
        self.changed.intent = true;
    }

    fn handler(&self, class: String) -> String {
        self.handlers.get(&class).cloned().unwrap_or(class)
    }

    /// A Service, or that there is none.
    pub fn put_service(&mut self, key: &str, service: Option<ServiceView>) {
        self.changed.intent |= self.services.put(key, service);
    }

    /// An endpoint slice, or that there is none.
    pub fn put_endpoints(&mut self, key: &str, slice: Option<EndpointView>) {
        self.changed.intent |= self.endpoints.put(key, slice);
    }

    /// A namespace, or that there is none.
    pub fn put_namespace(&mut self, key: &str, namespace: Option<NamespaceView>) {
        self.changed.intent |= self.namespaces.put(key, namespace);
    }

    /// A node, or that there is none.
    pub fn put_node(&mut self, key: &str, node: Option<&Node>) {
        let uid = node.and_then(|node| node.metadata.uid.clone());
        let changed = match uid {
            Some(uid) => self.owners.insert(key.to_owned(), uid.clone()) != Some(uid),
            None => self.owners.remove(key).is_some(),
        };
        self.changed.intent |= changed | self.nodes.put(key, node.map(views::node));
    }

    /// Whether the `Halt` object exists.
    pub fn put_halt(&mut self, halted: bool) {
        self.changed.intent |= self.halted != halted;
        self.halted = halted;
    }

    /// The settings' object, or that there is none. A wrong one changes nothing.
    pub fn put_settings(&mut self, object: Option<&ConfigMap>) {
        let data = object
            .and_then(|object| object.data.clone())
            .unwrap_or_default();
        match Settings::read(self.settings.namespace.clone(), &data) {
            Ok(settings) => {
                self.changed.intent |= self.settings != settings;
                self.settings = settings;
                self.settings_problem = None;
            }
            Err(wrong) => {
                let lines: Vec<String> = wrong.iter().map(ToString::to_string).collect();
                self.settings_problem = Some(lines.join("; "));
            }
        }
        self.changed.progress = true;
    }

    /// A fault, or that there is none.
    pub fn put_fault(&mut self, key: &str, fault: Option<NetworkFault>) {
        let Some(fault) = fault else {
            self.changed.intent |= self.faults.remove(key).is_some();
            return;
        };
        let intent = |fault: &NetworkFault| {
            let meta = &fault.metadata;
            (
                meta.uid.clone(),
                meta.generation,
                meta.deletion_timestamp.clone(),
            )
        };
        let before = self.faults.get(key).map(intent);
        self.changed.intent |= before != Some(intent(&fault));
        self.changed.progress = true;
        self.faults.insert(key.to_owned(), fault);
    }

    /// A fault that cannot be read, or that there is none of that name.
    pub fn put_wrong_fault(&mut self, key: &str, wrong: Option<WrongFault>) {
        let problem = wrong.as_ref().map(|wrong| wrong.problem.as_str());
        self.put_readable("networkfaults", key, problem);
        self.changed.progress |= self.wrong_faults.get(key) != wrong.as_ref();
        match wrong {
            Some(wrong) => self.wrong_faults.insert(key.to_owned(), wrong),
            None => self.wrong_faults.remove(key),
        };
    }

    /// A plan, or that there is none.
    pub fn put_plan(&mut self, node: &str, plan: Option<ShownPlan>) {
        match plan {
            Some(plan) => self.plans.insert(node.to_owned(), plan),
            None => self.plans.remove(node),
        };
        self.changed.progress = true;
    }

    /// A report, or that there is none.
    pub fn put_report(&mut self, node: &str, report: Option<(ShownReport, Report)>) {
        let problem = report
            .as_ref()
            .and_then(|(shown, _)| shown.problem.as_deref());
        self.put_readable("nodereports", node, problem);
        let before = self.reports.remove(node);
        let after = report.as_ref().map(|(shown, _)| &shown.faults);
        self.changed.intent |= before.as_ref().map(|shown| &shown.faults) != after;
        self.changed.progress = true;
        let Some((shown, said)) = report else {
            self.answers.remove(node);
            return;
        };
        self.answers.entry(node.to_owned()).or_default().report = said;
        self.reports.insert(node.to_owned(), shown);
    }

    /// Whether an object is what its kind says, or what is wrong with it.
    pub fn put_readable(&mut self, kind: &str, key: &str, problem: Option<&str>) {
        let name = format!("{kind}/{key}");
        match problem {
            Some(_) if self.unreadable.contains(&name) => {}
            Some(problem) => {
                tracing::error!(object = name, problem, "an object is not readable");
                self.unreadable.insert(name);
            }
            None => {
                self.unreadable.remove(&name);
            }
        }
    }
}
