//! The world, sorted and by name, so that nothing depends on the order in which it was told.

use std::collections::BTreeMap;

use super::world::{EndpointView, NamespaceView, NodeView, PodView, ServiceView, World};

/// A name within a namespace: the namespace, then the name.
pub(super) type Named<'a> = (&'a str, &'a str);

/// The world by name.
pub(super) struct Index<'a> {
    /// By namespace and name; of several with one name (one is on its way out) sorted by UID.
    pub(super) pods: BTreeMap<(&'a str, &'a str, &'a str), &'a PodView>,
    pub(super) services: BTreeMap<Named<'a>, &'a ServiceView>,
    /// By Service; the slices in their own order.
    pub(super) endpoints: BTreeMap<Named<'a>, Vec<&'a EndpointView>>,
    pub(super) namespaces: BTreeMap<&'a str, &'a NamespaceView>,
    pub(super) nodes: BTreeMap<&'a str, &'a NodeView>,
    pub(super) halted: bool,
}

impl<'a> Index<'a> {
    pub(super) fn of(world: &'a World) -> Self {
        let mut endpoints: BTreeMap<Named<'a>, Vec<&EndpointView>> = BTreeMap::new();
        for slice in &world.endpoints {
            let name = (slice.namespace.as_str(), slice.service.as_str());
            endpoints.entry(name).or_default().push(slice);
        }
        for slices in endpoints.values_mut() {
            slices.sort_by_key(|slice| (&slice.addresses, &slice.ports));
        }
        let pods = world.pods.iter();
        let services = world.services.iter();
        Self {
            pods: pods
                .map(|pod| ((&*pod.namespace, &*pod.name, &*pod.uid), pod))
                .collect(),
            services: services
                .map(|service| ((&*service.namespace, &*service.name), service))
                .collect(),
            endpoints,
            namespaces: world.namespaces.iter().map(|n| (&*n.name, n)).collect(),
            nodes: world.nodes.iter().map(|n| (&*n.name, n)).collect(),
            halted: world.halted,
        }
    }

    /// The pods of a namespace, sorted by name and UID.
    pub(super) fn pods_of<'n>(
        &'n self,
        namespace: &'n str,
    ) -> impl Iterator<Item = &'a PodView> + use<'a, 'n> {
        let from = (namespace, "", "");
        self.pods
            .range(from..)
            .map(|(_, pod)| *pod)
            .take_while(move |pod| pod.namespace == namespace)
    }
}
