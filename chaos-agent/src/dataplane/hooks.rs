//! Attaching the hooks to a namespace's interfaces.

use std::collections::{BTreeMap, btree_map::Entry};

use aya::{
    maps::{PerCpuHashMap, PerCpuValues},
    programs::{
        LinkOrder, SchedClassifier, TcAttachType,
        tc::{SchedClassifierLink, TcAttachOptions},
    },
    util::nr_cpus,
};
use chaos_abi::{Direction, Seen, SeenKey, maps};

use super::{Dataplane, DataplaneError, Program, load::classifier, write::on};
use crate::inventory::{Interface, Kind, Namespace, Watcher, interface_index, interfaces};

/// The hooks on one interface. Dropping it closes the links, which detaches the programs.
#[derive(Debug)]
struct Hook {
    /// The interface's name when it was attached.
    interface: String,
    _links: [SchedClassifierLink; 2],
}

/// The hooks on a namespace's interfaces, by interface index.
#[derive(Debug, Default)]
pub struct Hooks {
    attached: BTreeMap<u32, Hook>,
    /// The delay line's device, which gets no hooks.
    line: Option<u32>,
    /// Interfaces that the hooks cannot read, by name.
    uncovered: Vec<String>,
    /// Tells when to look at the interfaces again; none before the first look, and where that failed.
    watcher: Option<Watcher>,
}

impl Hooks {
    /// The interfaces that have hooks.
    pub fn interfaces(&self) -> impl Iterator<Item = (u32, &str)> {
        self.attached
            .iter()
            .map(|(index, hook)| (*index, hook.interface.as_str()))
    }

    /// Whether the interface with this index has hooks.
    pub fn cover(&self, ifindex: u32) -> bool {
        self.attached.contains_key(&ifindex)
    }

    /// Names of interfaces whose frames are not Ethernet: their traffic meets no rule.
    pub fn uncovered(&self) -> &[String] {
        &self.uncovered
    }

    /// Leaves the delay line's device alone.
    pub(crate) fn leave_line(&mut self, device: Option<u32>) {
        self.line = device;
    }

    /// Attaches to every interface of `namespace` but loopback that has no hooks yet, and forgets
    /// those that went. One system call where nothing has changed since it was called last.
    pub fn follow(
        &mut self,
        dataplane: &mut Dataplane,
        namespace: &Namespace,
    ) -> Result<(), DataplaneError> {
        // Taken until the look has succeeded, so that one that fails is repeated.
        let watcher = match self.watcher.take() {
            Some(mut watcher) => {
                let news = watcher.has_news()?;
                if !news {
                    self.watcher = Some(watcher);
                    return Ok(());
                }
                watcher
            }
            None => namespace.enter(Watcher::open)??,
        };
        self.look(dataplane, namespace)?;
        self.watcher = Some(watcher);
        Ok(())
    }

    fn look(
        &mut self,
        dataplane: &mut Dataplane,
        namespace: &Namespace,
    ) -> Result<(), DataplaneError> {
        namespace.enter(|| {
            let present = interfaces()?;
            self.attached
                .retain(|index, _| present.iter().any(|i| i.index == *index));
            self.uncovered = names(&present, |kind| matches!(kind, Kind::Other(_)));
            let ours = self.line;
            let wanted = |i: &&Interface| i.kind == Kind::Ethernet && Some(i.index) != ours;
            for interface in present.iter().filter(wanted) {
                if let Entry::Vacant(free) = self.attached.entry(interface.index) {
                    free.insert(dataplane.attach(interface)?);
                }
            }
            Ok(())
        })?
    }
}

impl Dataplane {
    /// Attaches both hooks, first in their order, to an interface of the calling thread's namespace.
    fn attach(&mut self, interface: &Interface) -> Result<Hook, DataplaneError> {
        self.count(interface.index)?;
        let links = [
            self.link(interface, Program::Ingress, TcAttachType::Ingress)?,
            self.link(interface, Program::Egress, TcAttachType::Egress)?,
        ];
        Ok(Hook {
            interface: interface.name.clone(),
            _links: links,
        })
    }

    fn link(
        &mut self,
        interface: &Interface,
        program: Program,
        way: TcAttachType,
    ) -> Result<SchedClassifierLink, DataplaneError> {
        // The kernel call below takes a name: it must still mean the interface that we looked at.
        let found = interface_index(&interface.name)?;
        if found != Some(interface.index) {
            return Err(DataplaneError::Moved {
                name: interface.name.clone(),
                found,
                expected: interface.index,
            });
        }
        let hook: &mut SchedClassifier = classifier(&mut self.ebpf, program.name())?;
        let order = TcAttachOptions::TcxOrder(LinkOrder::first());
        hook.attach_with_options(&interface.name, way, order)
            .and_then(|id| hook.take_link(id))
            .map_err(|source| DataplaneError::Attach {
                interface: interface.name.clone(),
                source: Box::new(source),
            })
    }

    /// Makes the entries in which the hooks count what they see on an interface.
    fn count(&mut self, ifindex: u32) -> Result<(), DataplaneError> {
        let map = self
            .ebpf
            .map_mut(maps::SEEN)
            .ok_or(DataplaneError::Missing(maps::SEEN))?;
        let mut seen: PerCpuHashMap<_, SeenKey, Seen> = map.try_into().map_err(on(maps::SEEN))?;
        let cpus = nr_cpus().map_or(1, |cpus| cpus);
        for direction in [Direction::Ingress, Direction::Egress] {
            let key = SeenKey {
                ifindex,
                direction: direction as u32,
            };
            let zeroes = PerCpuValues::try_from(vec![Seen::default(); cpus])
                .map_err(|error| on(maps::SEEN)(error.into()))?;
            seen.insert(key, zeroes, 0).map_err(on(maps::SEEN))?;
        }
        Ok(())
    }
}

fn names(interfaces: &[Interface], wanted: impl Fn(Kind) -> bool) -> Vec<String> {
    let wanted = interfaces.iter().filter(|i| wanted(i.kind));
    wanted.map(|i| i.name.clone()).collect()
}
