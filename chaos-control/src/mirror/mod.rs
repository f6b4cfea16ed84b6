//! What the watches have told: the cluster as planning sees it, and netfault's own objects.

mod put;
mod rows;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chaos_api::{NetworkFault, Settings};
use chaos_plan::{
    Agent, Answer, EndpointView, FaultView, NamespaceView, NodeView, Placement, PodView,
    ServiceView, World, place,
};
use jiff::Timestamp;

use self::rows::Rows;
use crate::views::{ShownPlan, ShownReport, WrongFault};

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
    /// By the key of an agent's pod, its node and whether it is there.
    agent_pods: BTreeMap<String, (String, Agent)>,
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
    /// By namespace and name, the faults that cannot be read.
    wrong_faults: BTreeMap<String, WrongFault>,
    /// Kind and key of the objects that are not what their kind says.
    unreadable: BTreeSet<String>,
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
            agent_pods: BTreeMap::new(),
            halted: false,
            settings: Settings::new(namespace),
            settings_problem: None,
            faults: BTreeMap::new(),
            plans: BTreeMap::new(),
            reports: BTreeMap::new(),
            answers: BTreeMap::new(),
            wrong_faults: BTreeMap::new(),
            unreadable: BTreeSet::new(),
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

    /// By node, whether its agent is there, as far as it has one. While one takes the place of another
    /// there are two.
    pub fn agents_there(&self) -> BTreeMap<String, Agent> {
        let mut best = BTreeMap::new();
        for (node, agent) in self.agent_pods.values() {
            let known = best.entry(node.clone()).or_insert(*agent);
            *known = (*known).min(*agent);
        }
        best
    }

    /// A node's UID.
    pub fn owner(&self, node: &str) -> Option<&str> {
        self.owners.get(node).map(String::as_str)
    }

    /// A pod, by namespace and name.
    pub fn pod(&self, key: &str) -> Option<&PodView> {
        self.pods.get(key)
    }

    /// What is wrong with the settings, the last good ones of which hold.
    pub fn settings_problem(&self) -> Option<&str> {
        self.settings_problem.as_deref()
    }

    /// The faults that are not what their kind says: they are in no plan.
    pub fn wrong_faults(&self) -> impl Iterator<Item = &WrongFault> {
        self.wrong_faults.values()
    }

    /// How many objects are not what their kind says.
    pub fn unreadable(&self) -> usize {
        self.unreadable.len()
    }
}
