//! What the delay line and the hooks share: its sign of life, the ways back, the program on its device.

use std::os::fd::AsFd;

use aya::{
    maps::{Array, Map, MapData},
    programs::{TcAttachType, tc::SchedClassifierLink},
};
use chaos_abi::{LineState, Ticket, maps};

use super::{Dataplane, DataplaneError, Program, Way, clsact::attach_return, write::on};
use crate::inventory::interfaces;

/// The program on what comes back, attached: by a link that detaches it when it is dropped, or by a
/// filter that goes with the device.
#[derive(Debug)]
pub(crate) struct ReturnLink {
    _link: Option<SchedClassifierLink>,
}

/// The line's end of the maps. They stay as long as either end does.
pub(crate) struct LineMaps {
    state: Array<MapData, LineState>,
    tickets: Array<MapData, Ticket>,
}

impl LineMaps {
    /// Tells the hooks that the line at a device lives; device 0 tells that there is none.
    pub(crate) fn answer(&mut self, ifindex: u32) -> Result<(), DataplaneError> {
        let state = LineState {
            ifindex,
            ..LineState::default()
        };
        self.state.set(0, state, 0).map_err(on(maps::LINE))
    }

    /// Says where the packets with a ticket go.
    pub(crate) fn ticket(&mut self, number: u16, ticket: Ticket) -> Result<(), DataplaneError> {
        let number = u32::from(number);
        self.tickets
            .set(number, ticket, 0)
            .map_err(on(maps::TICKETS))
    }
}

impl Dataplane {
    /// The line's end of the maps.
    pub(crate) fn line_maps(&self) -> Result<LineMaps, DataplaneError> {
        Ok(LineMaps {
            state: Array::try_from(self.again(maps::LINE)?).map_err(on(maps::LINE))?,
            tickets: Array::try_from(self.again(maps::TICKETS)?).map_err(on(maps::TICKETS))?,
        })
    }

    /// Attaches the program on what comes back to the line's device, an interface of the calling
    /// thread's namespace.
    pub(crate) fn attach_return(&mut self, device: u32) -> Result<ReturnLink, DataplaneError> {
        let present = interfaces()?.into_iter().find(|one| one.index == device);
        let device = present.ok_or(DataplaneError::Missing("the delay line's device"))?;
        let link = match Way::of_kernel()? {
            Way::Tcx => Some(self.link(&device, Program::Return, TcAttachType::Ingress)?),
            Way::Clsact => {
                attach_return(self, &device)?;
                None
            }
        };
        Ok(ReturnLink { _link: link })
    }

    /// A map by another descriptor.
    fn again(&self, name: &'static str) -> Result<Map, DataplaneError> {
        let map = self.ebpf.map(name).ok_or(DataplaneError::Missing(name))?;
        let Map::Array(data) = map else {
            return Err(DataplaneError::Missing(name));
        };
        let fd = data.fd().as_fd().try_clone_to_owned();
        let fd = fd.map_err(|error| on(name)(error.into()))?;
        Ok(Map::Array(MapData::from_fd(fd).map_err(on(name))?))
    }
}
