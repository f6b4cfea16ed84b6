//! The hooks as filters of a clsact qdisc, where the kernel has no tcx.
//!
//! A filter has no owner: it stays when the process that made it is killed, and lets everything pass
//! once its lease is over. So each carries a name and a handle that are netfault's alone, and the name
//! says which process made it and whether it made the qdisc, too: whoever finds it knows what may go.
//! Only a qdisc to which no filter was added before its maker was killed tells nobody; it stays, and
//! does nothing.

mod claim;
mod filter;
mod leftovers;
mod mark;
mod tc;

use std::os::fd::{AsFd, AsRawFd};

use aya::programs::ProgramError;

use self::{
    claim::{claim, make_sure_of_room},
    filter::{Filter, Side},
    mark::Mark,
    tc::Tc,
};
use super::{Dataplane, DataplaneError, Program, load::classifier};
use crate::{
    causes::with_causes,
    inventory::{Interface, NetlinkError},
};

pub use leftovers::{leftovers, remove_leftovers};

/// The filters on one interface. Dropping it leaves them: they are only found from within their
/// namespace.
#[derive(Debug)]
pub(super) struct Clsact {
    ifindex: u32,
    /// The kernel's numbers of the programs in them.
    programs: Vec<u32>,
}

impl Clsact {
    /// Attaches both hooks, before all other filters, to an interface of the calling thread's
    /// namespace. An error leaves nothing of them.
    pub(super) fn attach(
        dataplane: &mut Dataplane,
        interface: &Interface,
    ) -> Result<Self, DataplaneError> {
        let mut tc = Tc::open().map_err(on(interface))?;
        let mark = Mark::own(claim(&mut tc, interface)?);
        let mut made = Self {
            ifindex: interface.index,
            programs: Vec::new(),
        };
        match made.fill(&mut tc, dataplane, interface, mark) {
            Ok(()) => Ok(made),
            Err(error) => {
                if let Err(left) = made.undo(&mut tc, mark) {
                    log::warn!("interface {}: {}", interface.name, with_causes(&left));
                }
                Err(error)
            }
        }
    }

    /// Takes the filters away, and the qdisc where netfault made it and nobody else uses it. To be
    /// called in their namespace; what is gone already is left alone.
    pub(super) fn detach(&self) -> Result<(), NetlinkError> {
        let own = |filter: &Filter| self.programs.contains(&filter.program);
        remove(&mut Tc::open()?, self.ifindex, own).map(drop)
    }

    fn fill(
        &mut self,
        tc: &mut Tc,
        dataplane: &mut Dataplane,
        interface: &Interface,
        mark: Mark,
    ) -> Result<(), DataplaneError> {
        for side in Side::BOTH {
            make_sure_of_room(tc, interface, side)?;
            let program = side.program();
            let hook = classifier(&mut dataplane.ebpf, program.name())?;
            let id = hook.info().map_err(of(program))?.id();
            let fd = hook.fd().map_err(of(program))?.as_fd().as_raw_fd();
            tc.add_filter(interface.index, side, fd, mark)
                .map_err(on(interface))?;
            self.programs.push(id);
        }
        Ok(())
    }

    /// Takes away what was made before an error.
    fn undo(&self, tc: &mut Tc, mark: Mark) -> Result<(), NetlinkError> {
        if self.programs.is_empty() && mark.made_qdisc {
            remove_free_qdisc(tc, self.ifindex)
        } else {
            self.detach()
        }
    }
}

/// Attaches the program on what comes back to the delay line's device, with which it goes.
pub(super) fn attach_return(
    dataplane: &mut Dataplane,
    device: &Interface,
) -> Result<(), DataplaneError> {
    let mut tc = Tc::open().map_err(on(device))?;
    let mark = Mark::own(claim(&mut tc, device)?);
    let program = classifier(&mut dataplane.ebpf, Program::Return.name())?;
    let fd = program.fd().map_err(of(Program::Return))?;
    let fd = fd.as_fd().as_raw_fd();
    tc.add_filter(device.index, Side::Ingress, fd, mark)
        .map_err(on(device))
}

/// Removes the filters of netfault's that are `meant`, and the qdisc with the last of them where it was
/// made for them; whether there were any.
fn remove(
    tc: &mut Tc,
    ifindex: u32,
    meant: impl Fn(&Filter) -> bool,
) -> Result<bool, NetlinkError> {
    let (mut found, mut made_qdisc) = (false, false);
    for side in Side::BOTH {
        for filter in tc.filters(ifindex, side)? {
            if let Some(mark) = filter.mark.filter(|_| meant(&filter)) {
                tc.remove_filter(ifindex, side)?;
                found = true;
                made_qdisc |= mark.made_qdisc;
            }
        }
    }
    if made_qdisc {
        remove_free_qdisc(tc, ifindex)?;
    }
    Ok(found)
}

/// Removes the clsact qdisc, unless somebody else has filters on it.
fn remove_free_qdisc(tc: &mut Tc, ifindex: u32) -> Result<(), NetlinkError> {
    for side in Side::BOTH {
        if !tc.filters(ifindex, side)?.is_empty() {
            return Ok(());
        }
    }
    tc.remove_qdisc(ifindex)
}

/// Names the interface in an error.
fn on(interface: &Interface) -> impl Fn(NetlinkError) -> DataplaneError {
    let interface = interface.name.clone();
    move |source| DataplaneError::Clsact {
        interface: interface.clone(),
        source,
    }
}

/// Names the program in an error.
fn of(program: Program) -> impl Fn(ProgramError) -> DataplaneError {
    move |source| DataplaneError::Program {
        name: program.name(),
        source: Box::new(source),
    }
}
