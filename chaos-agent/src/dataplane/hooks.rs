//! Attaching the hooks to a namespace's interfaces.

use std::collections::{BTreeMap, btree_map::Entry};

use aya::{
    maps::PerCpuHashMap,
    programs::{
        LinkOrder, SchedClassifier, TcAttachType,
        tc::{SchedClassifierLink, TcAttachOptions},
    },
};
use chaos_abi::{Config, Direction, Seen, SeenKey, maps};

use super::{
    Dataplane, DataplaneError, Program, Way,
    clsact::Clsact,
    load::classifier,
    remove_leftovers,
    write::{on, put_zeroes},
};
use crate::{
    causes::with_causes,
    inventory::{Interface, Kind, Namespace, Watcher, interface_index, interfaces},
};

/// The hooks on one interface.
#[derive(Debug)]
struct Hook {
    /// The interface's name when it was attached.
    interface: String,
    attached: Attached,
}

/// What holds the programs on an interface.
#[derive(Debug)]
enum Attached {
    /// Dropping them closes them, which detaches the programs.
    Links {
        _ingress: SchedClassifierLink,
        _egress: SchedClassifierLink,
    },
    Filters(Clsact),
}

/// The hooks on a namespace's interfaces, by interface index. Dropping it detaches them.
#[derive(Debug, Default)]
pub struct Hooks {
    /// Where they are, once there are filters to be detached.
    place: Option<Namespace>,
    attached: BTreeMap<u32, Hook>,
    /// The delay line's device, which gets no hooks.
    line: Option<u32>,
    /// Interfaces that the hooks cannot read, by name.
    uncovered: Vec<String>,
    /// Whether loopback was to have hooks at the last look.
    loopback: bool,
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

    /// Attaches to every interface of `namespace` that has no hooks yet, to the one of loopback where
    /// that is asked for, and forgets those that went. One system call where nothing has changed since
    /// it was called last. Tells whether it has attached to any.
    pub fn follow(
        &mut self,
        dataplane: &mut Dataplane,
        namespace: &Namespace,
        loopback: bool,
    ) -> Result<bool, DataplaneError> {
        if self.loopback != loopback {
            self.watcher = None;
        }
        // Taken until the look has succeeded, so that one that fails is repeated.
        let watcher = match self.watcher.take() {
            Some(mut watcher) => {
                let news = watcher.has_news()?;
                if !news {
                    self.watcher = Some(watcher);
                    return Ok(false);
                }
                watcher
            }
            None => namespace.enter(Watcher::open)??,
        };
        let attached = self.look(dataplane, namespace, loopback)?;
        (self.watcher, self.loopback) = (Some(watcher), loopback);
        Ok(attached)
    }

    fn look(
        &mut self,
        dataplane: &mut Dataplane,
        namespace: &Namespace,
        loopback: bool,
    ) -> Result<bool, DataplaneError> {
        let way = Way::of_kernel()?;
        if way == Way::Clsact && self.place.is_none() {
            self.place = Some(namespace.again().map_err(DataplaneError::Again)?);
        }
        namespace.enter(|| {
            if self.attached.is_empty() {
                remove_leftovers()?;
            }
            let present = interfaces()?;
            let covered = |kind| kind == Kind::Ethernet || loopback && kind == Kind::Loopback;
            let ours = self.line;
            let covered = |i: &&Interface| covered(i.kind) && Some(i.index) != ours;
            let wanted = || present.iter().filter(covered);
            // Before it has hooks, so that they never take it for another interface.
            let own = wanted().find(|i| i.kind == Kind::Loopback);
            dataplane.tell_loopback(own.map_or(0, |i| i.index))?;
            self.attached
                .retain(|index, _| wanted().any(|i| i.index == *index));
            self.uncovered = names(&present, |kind| matches!(kind, Kind::Other(_)));
            let mut attached = false;
            for interface in wanted() {
                if let Entry::Vacant(free) = self.attached.entry(interface.index) {
                    free.insert(dataplane.attach(interface, way)?);
                    attached = true;
                }
            }
            Ok(attached)
        })?
    }

    /// Detaches all of them. Those that cannot be detached pass everything when the lease is over.
    pub fn detach(&mut self) {
        let filters: Vec<_> = std::mem::take(&mut self.attached)
            .into_values()
            .filter_map(Hook::into_filters)
            .collect();
        let Some(place) = self.place.take().filter(|_| !filters.is_empty()) else {
            return;
        };
        let detached = place.enter(|| filters.iter().try_for_each(Clsact::detach));
        let error = match detached {
            Ok(Ok(())) => return,
            Ok(Err(error)) => with_causes(&error),
            Err(error) => with_causes(&error),
        };
        log::warn!("filters stay in {}: {error}", place.id());
    }
}

impl Drop for Hooks {
    fn drop(&mut self) {
        self.detach();
    }
}

impl Hook {
    fn into_filters(self) -> Option<Clsact> {
        match self.attached {
            Attached::Filters(filters) => Some(filters),
            Attached::Links { .. } => None,
        }
    }
}

impl Dataplane {
    /// Tells the hooks which interface is loopback; 0 for none.
    pub fn tell_loopback(&mut self, loopback: u32) -> Result<(), DataplaneError> {
        if self.config.loopback == loopback {
            return Ok(());
        }
        self.configure(Config {
            loopback,
            ..self.config
        })
    }

    /// Attaches both hooks, first in their order, to an interface of the calling thread's namespace.
    fn attach(&mut self, interface: &Interface, way: Way) -> Result<Hook, DataplaneError> {
        self.count(interface.index)?;
        let attached = match way {
            Way::Tcx => Attached::Links {
                _ingress: self.link(interface, Program::Ingress, TcAttachType::Ingress)?,
                _egress: self.link(interface, Program::Egress, TcAttachType::Egress)?,
            },
            Way::Clsact => {
                make_sure_it_stayed(interface)?;
                Attached::Filters(Clsact::attach(self, interface)?)
            }
        };
        Ok(Hook {
            interface: interface.name.clone(),
            attached,
        })
    }

    pub(super) fn link(
        &mut self,
        interface: &Interface,
        program: Program,
        way: TcAttachType,
    ) -> Result<SchedClassifierLink, DataplaneError> {
        make_sure_it_stayed(interface)?;
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
        for direction in [Direction::Ingress, Direction::Egress] {
            let key = SeenKey {
                ifindex,
                direction: direction as u32,
            };
            put_zeroes(&mut seen, key).map_err(on(maps::SEEN))?;
        }
        Ok(())
    }
}

/// An interface's name must still mean the one that we looked at: the kernel may be told either.
fn make_sure_it_stayed(interface: &Interface) -> Result<(), DataplaneError> {
    let found = interface_index(&interface.name)?;
    if found == Some(interface.index) {
        return Ok(());
    }
    Err(DataplaneError::Moved {
        name: interface.name.clone(),
        found,
        expected: interface.index,
    })
}

fn names(interfaces: &[Interface], wanted: impl Fn(Kind) -> bool) -> Vec<String> {
    let wanted = interfaces.iter().filter(|i| wanted(i.kind));
    wanted.map(|i| i.name.clone()).collect()
}
