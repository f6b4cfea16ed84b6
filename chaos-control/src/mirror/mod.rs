//! What the watches have told: the cluster as planning sees it, and netfault's own objects.

mod rows;

use std::collections::{BTreeMap, HashMap};

use chaos_api::{NetworkFault, Settings};
use chaos_plan::{
    Answer, EndpointView, FaultView, NamespaceView, NodeView, Placement, PodView, Report,
    ServiceView, World, place,
};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{ConfigMap, Node, Pod};

use self::rows::Rows;
use crate::views::{self, ShownPlan, ShownReport};

/// What the watches have told.
#[derive(Debug)]
pub struct Mirror {
    pods: Rows<PodView>,
    services: Rows<ServiceView>,
    endpoints: Rows<EndpointView>,
    namespaces: Rows<NamespaceView>,
    nodes: Rows<NodeView>,
    /// By node, its UID.
    owners: BTreeMap<String, String>,
    /// By runtime class, its handler.
    handlers: HashMap<String, String>,
    /// By the key of a pod that has one, its runtime class.
    classes: HashMap<String, String>,
    halted: bool,
    settings: Settings,
    settings_problem: Option<String>,
    /// By namespace and name.
    pub(crate) faults: BTreeMap<String, NetworkFault>,
    /// By node.
    pub(crate) plans: BTreeMap<String, ShownPlan>,
    /// By node.
    pub(crate) reports: BTreeMap<String, ShownReport>,
    /// By node, what statuses are made from.
    pub(crate) answers: BTreeMap<String, Answer>,
    changed: Changed,
}

/// What has changed since it was last asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// Something that plans are made from.
    pub intent: bool,
    /// Something that tells how far they are carried out.
    pub progress: bool,
}

impl Changed {
    /// Whether anything has.
    pub fn any(self) -> bool {
        self.intent || self.progress
    }
}

impl Mirror {
    /// Nothing yet.
    pub fn new(namespace: &str) -> Self {
        Self {
            pods: Rows::default(),
            services: Rows::default(),
            endpoints: Rows::default(),
            namespaces: Rows::default(),
            nodes: Rows::default(),
            owners: BTreeMap::new(),
            handlers: HashMap::new(),
            classes: HashMap::new(),
            halted: false,
            settings: Settings::new(namespace),
            settings_problem: None,
            faults: BTreeMap::new(),
            plans: BTreeMap::new(),
            reports: BTreeMap::new(),
            answers: BTreeMap::new(),
            changed: Changed::default(),
        }
    }

    /// What has changed since the last call.
    pub fn take_changed(&mut self) -> Changed {
        std::mem::take(&mut self.changed)
    }

    /// What has changed since [`Self::take_changed`] was called.
    pub fn changed(&self) -> Changed {
        self.changed
    }

    /// Plans for these faults.
    pub fn place(&mut self, faults: &[FaultView], now: Timestamp) -> Placement {
        let world = World {
            pods: self.pods.lend(),
            services: self.services.lend(),
            endpoints: self.endpoints.lend(),
            namespaces: self.namespaces.lend(),
            nodes: self.nodes.lend(),
            halted: self.halted,
        };
        let placement = place(faults, &world, &self.settings, now);
        self.pods.restore(world.pods);
        self.services.restore(world.services);
        self.endpoints.restore(world.endpoints);
        self.namespaces.restore(world.namespaces);
        self.nodes.restore(world.nodes);
        placement
    }

    /// The nodes that have an agent, with their UIDs.
    pub fn agents(&self) -> impl Iterator<Item = (&str, &str)> {
        let linux = self.nodes.all().iter().filter(|node| node.os == "linux");
        linux.filter_map(|node| Some((node.name.as_str(), self.owner(&node.name)?)))
    }

    /// A node's UID.
    pub fn owner(&self, node: &str) -> Option<&str> {
        self.owners.get(node).map(String::as_str)
    }

    /// What is wrong with the settings, the last good ones of which hold.
    pub fn settings_problem(&self) -> Option<&str> {
        self.settings_problem.as_deref()
    }

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
        let before = self.reports.remove(node);
        let names = |shown: &ShownReport| shown.faults.clone();
        let named = report.as_ref().map(|(shown, _)| names(shown));
        self.changed.intent |= before.as_ref().map(names) != named;
        self.changed.progress = true;
        let Some((shown, said)) = report else {
            self.answers.remove(node);
            return;
        };
        self.answers.entry(node.to_owned()).or_default().report = said;
        self.reports.insert(node.to_owned(), shown);
    }
}
