//! Loading the object, and running one program on one frame.

use std::collections::BTreeSet;

use aya::{
    Ebpf,
    maps::{Array, MapData, RingBuf},
    programs::{ProgramError, SchedClassifier, TestRun, TestRunOptions},
};
use chaos_abi::{ABI_VERSION, Birth, Config, DrawKey, Drawn, Flow, MAX_BIRTHS, MAX_NUMBERED, maps};

use super::{
    DataplaneError, answers::Answering, loader::create, room::Room, slab::Slabs, trace::Tracer,
    write::Prefix,
};

/// The programs of the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Program {
    /// The hook on packets towards the target.
    Ingress,
    /// The hook on packets away from the target.
    Egress,
    /// What resets one idle connection.
    Actor,
    /// What lets packets go on that come back from the delay line.
    Return,
}

impl Program {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Ingress, Self::Egress, Self::Actor, Self::Return];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Ingress => maps::INGRESS,
            Self::Egress => maps::EGRESS,
            Self::Actor => maps::ACTOR,
            Self::Return => maps::RETURN,
        }
    }
}

/// What one run of a program on one frame gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The program's return value, a TC action for the hooks.
    pub code: i32,
    /// The frame as the program left it.
    pub frame: Vec<u8>,
}

/// The loaded object. Its programs see packets only once they are attached, see
/// [`Hooks`](super::Hooks).
pub struct Dataplane {
    pub(super) ebpf: Ebpf,
    pub(super) events: RingBuf<MapData>,
    pub(super) tracer: Option<Tracer>,
    pub(super) slabs: Slabs,
    /// How TCP connections began, while a rule asks.
    pub(super) births: Room<Flow, Birth>,
    /// What is kept of connections for draws, once a rule needs it.
    pub(super) draws: Room<DrawKey, Drawn>,
    /// The prefixes that the two banks hold.
    pub(super) prefixes: [BTreeSet<Prefix>; 2],
    /// Hooks may still read the bank that was switched from.
    pub(super) readers: bool,
    /// What the hooks read first.
    pub(super) config: Config,
    /// Sends the answers that the hooks leave.
    pub(super) answering: Option<Answering>,
    /// How many cuts were made between connections that exist and later ones.
    pub(super) cuts: u32,
}

impl Dataplane {
    /// Loads the object and its programs into the kernel; with `trace`, verdicts are logged
    /// through the `log` crate, at a limited rate.
    pub fn load(trace: bool) -> Result<Self, DataplaneError> {
        let mut ebpf = create(trace)?;
        check_version(&ebpf)?;
        let slabs = take(&mut ebpf, maps::SLABS)?;
        // Both take their time, one waiting, the other working.
        let (slabs, loaded) = std::thread::scope(|scope| {
            let slabs = scope.spawn(|| Slabs::fill(slabs));
            let loaded = load_programs(&mut ebpf);
            (slabs.join().expect("a fill does not panic"), loaded)
        });
        loaded?;
        let slabs = slabs?;
        let births = take(&mut ebpf, maps::BIRTHS)?;
        let draws = take(&mut ebpf, maps::DRAWS)?;
        let events = take(&mut ebpf, maps::EVENTS)?;
        let tracer = if trace { Tracer::of(&mut ebpf) } else { None };
        Ok(Self {
            ebpf,
            events,
            tracer,
            slabs,
            births: Room::of(maps::BIRTHS, MAX_BIRTHS, births),
            draws: Room::of(maps::DRAWS, MAX_NUMBERED, draws),
            prefixes: Default::default(),
            readers: false,
            config: Config::default(),
            answering: None,
            cuts: 0,
        })
    }

    /// Runs `program` on `frame`, as if it had met it on interface `ifindex` of the calling
    /// thread's namespace (0: loopback).
    pub fn run(
        &mut self,
        program: Program,
        frame: &[u8],
        ifindex: u32,
    ) -> Result<Verdict, DataplaneError> {
        let mut out = vec![0; frame.len() + 256];
        let context = context(ifindex);
        let options = TestRunOptions {
            data_in: Some(frame),
            data_out: Some(&mut out),
            ctx_in: Some(&context),
            ..TestRunOptions::default()
        };
        let result = self.test_run(program, options)?;
        out.truncate(result.data_size_out as usize);
        Ok(Verdict {
            code: result.return_value.cast_signed(),
            frame: out,
        })
    }

    pub(super) fn test_run(
        &mut self,
        program: Program,
        options: TestRunOptions<'_>,
    ) -> Result<aya::programs::TestRunResult, DataplaneError> {
        let name = program.name();
        let run = classifier(&mut self.ebpf, name)?.test_run(options);
        run.map_err(|source| DataplaneError::Program {
            name,
            source: Box::new(source),
        })
    }
}

/// The `__sk_buff` that a run starts with, up to and including its `ifindex`.
pub(super) fn context(ifindex: u32) -> [u8; 44] {
    marked(ifindex, 0)
}

/// The same with a `mark`.
pub(super) fn marked(ifindex: u32, mark: u32) -> [u8; 44] {
    let mut context = [0; 44];
    context[8..12].copy_from_slice(&mark.to_ne_bytes());
    context[40..].copy_from_slice(&ifindex.to_ne_bytes());
    context
}

/// A program of the object.
pub(super) fn classifier<'a>(
    ebpf: &'a mut Ebpf,
    name: &'static str,
) -> Result<&'a mut SchedClassifier, DataplaneError> {
    let program = ebpf
        .program_mut(name)
        .ok_or(DataplaneError::Missing(name))?;
    program
        .try_into()
        .map_err(|source: ProgramError| DataplaneError::Program {
            name,
            source: Box::new(source),
        })
}

fn load_programs(ebpf: &mut Ebpf) -> Result<(), DataplaneError> {
    for program in Program::ALL {
        let name = program.name();
        let loaded = classifier(ebpf, name)?.load();
        loaded.map_err(|source| DataplaneError::Program {
            name,
            source: Box::new(source),
        })?;
    }
    Ok(())
}

fn check_version(ebpf: &Ebpf) -> Result<(), DataplaneError> {
    let map = ebpf
        .map(maps::ABI)
        .ok_or(DataplaneError::Missing(maps::ABI))?;
    let versions: Array<_, u32> = map.try_into().map_err(|source| DataplaneError::Map {
        name: maps::ABI,
        source: Box::new(source),
    })?;
    match versions.len() {
        ABI_VERSION => Ok(()),
        found => Err(DataplaneError::Version {
            found,
            expected: ABI_VERSION,
        }),
    }
}

/// Takes a map of the object for good.
pub(super) fn take<M>(ebpf: &mut Ebpf, name: &'static str) -> Result<M, DataplaneError>
where
    M: TryFrom<aya::maps::Map, Error = aya::maps::MapError>,
{
    let map = ebpf.take_map(name).ok_or(DataplaneError::Missing(name))?;
    map.try_into().map_err(|source| DataplaneError::Map {
        name,
        source: Box::new(source),
    })
}
