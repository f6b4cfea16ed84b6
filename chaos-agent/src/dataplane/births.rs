//! The cut between the connections that exist and those that begin later, without a gap.
//!
//! The hooks are told to write down what begins; then the sockets are listed, and those of them that
//! are complete and that no hook saw begin are written down as older. What begins while the list is
//! made is written down by a hook, before or after, and no list can make it older.

use std::collections::HashSet;

use aya::maps::{HashMap, MapData, MapError};
use chaos_abi::{Birth, Config, Flow, Opener, maps};
use chaos_api::Initiator;

use super::{
    Dataplane, DataplaneError,
    actor::flow,
    write::{on, patiently, unless_absent},
};
use crate::inventory::{Namespace, States, TcpState, boot_clock, connections, opened};

/// Flags of a write: only where there is nothing yet, only where there is something, `linux/bpf.h`.
const NOEXIST: u64 = 1;
const EXIST: u64 = 2;

// Error numbers of `bpf(2)`.
const ENOENT: i32 = 2;
const E2BIG: i32 = 7;
const EEXIST: i32 = 17;

/// How long a connection may take, in nanoseconds, from its SYN to the kernel's lists.
const YOUNG: u64 = 1_000_000_000;

type Births = HashMap<MapData, Flow, Birth>;

/// The states of connections that both ends have agreed on.
const COMPLETE: States = States::of(&[
    TcpState::Established,
    TcpState::FinWait1,
    TcpState::FinWait2,
    TcpState::TimeWait,
    TcpState::CloseWait,
    TcpState::LastAck,
    TcpState::Closing,
]);

impl Dataplane {
    /// Makes a cut, and returns its number: of the connections in `namespace`, those that are complete
    /// now began before it. From here on the hooks write down what begins.
    pub fn cut(&mut self, namespace: &Namespace) -> Result<u32, DataplaneError> {
        let first = self.config.cuts == 0;
        self.cuts += 1;
        let number = self.cuts;
        // Before the hooks write.
        self.births.made()?;
        self.configure(Config {
            cuts: number,
            ..self.config
        })?;
        let complete = namespace.enter(|| opened(COMPLETE))??;
        let now = boot_clock();
        let births = self.births.made()?;
        let mut older = HashSet::new();
        for (connection, opener) in &complete {
            let flow = flow(connection);
            write(births, &flow, birth(now, number - 1, *opener), NOEXIST)?;
            older.insert(flow);
        }
        if !first {
            rejuvenate(births, number, &older)?;
        }
        Ok(number)
    }

    /// Lets the hooks write nothing down any more, and forgets what they wrote.
    pub fn forget_births(&mut self) -> Result<(), DataplaneError> {
        if self.config.cuts == 0 {
            return Ok(());
        }
        self.configure(Config {
            cuts: 0,
            ..self.config
        })?;
        self.births.give_back()
    }

    /// Forgets the connections that are over.
    pub fn collect_births(&mut self, namespace: &Namespace) -> Result<(), DataplaneError> {
        let now = boot_clock();
        let present = namespace.enter(|| connections(States::ALL))??;
        let present: HashSet<Flow> = present.iter().map(flow).collect();
        let births = self.births.made()?;
        for (flow, birth) in all(births)? {
            if birth.at + YOUNG <= now && !present.contains(&flow) {
                unless_absent(births.remove(&flow)).map_err(on(maps::BIRTHS))?;
            }
        }
        Ok(())
    }
}

/// What began before a cut and was not complete then did not exist at it.
fn rejuvenate(
    births: &mut Births,
    number: u32,
    older: &HashSet<Flow>,
) -> Result<(), DataplaneError> {
    for (flow, birth) in all(births)? {
        if birth.cut < number && !older.contains(&flow) {
            let birth = Birth {
                cut: number,
                ..birth
            };
            write(births, &flow, birth, EXIST)?;
        }
    }
    Ok(())
}

/// All that is written down. The hooks go on writing meanwhile but take nothing out, which would make
/// a walk begin again.
fn all(births: &Births) -> Result<Vec<(Flow, Birth)>, DataplaneError> {
    births
        .iter()
        .collect::<Result<Vec<_>, _>>()
        .map_err(on(maps::BIRTHS))
}

fn birth(at: u64, cut: u32, opener: Initiator) -> Birth {
    let opener = match opener {
        Initiator::Any => 0,
        Initiator::Target => Opener::Target as u32,
        Initiator::Peer => Opener::Peer as u32,
    };
    Birth { at, cut, opener }
}

/// Writes one down, unless the hooks were there first.
fn write(births: &mut Births, flow: &Flow, birth: Birth, flags: u64) -> Result<(), DataplaneError> {
    match patiently(|| births.insert(flow, birth, flags)) {
        Err(MapError::SyscallError(error)) => match error.io_error.raw_os_error() {
            Some(EEXIST | ENOENT) => Ok(()),
            Some(E2BIG) => Err(DataplaneError::Crowd),
            _ => Err(on(maps::BIRTHS)(MapError::SyscallError(error))),
        },
        outcome => outcome.map_err(on(maps::BIRTHS)),
    }
}
