//! A second way to the programs and maps that a dataplane loaded: through the kernel, by their
//! numbers. What no user of a dataplane needs stays out of it.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fs;
use std::sync::Mutex;

use aya::maps::{
    ArrayOfMaps, HashMap, Map, MapData, PerCpuHashMap, PerCpuValues, RingBuf, loaded_maps,
};
use aya::programs::{ProgramInfo, SchedClassifier, TestRun, TestRunOptions, loaded_programs};
use aya::util::nr_cpus;
use chaos_abi::{Birth, Direction, Flow, Pending, Seen, SeenKey, maps};
use chaos_agent::dataplane::{Dataplane, Program};

/// Bytes that hold a `struct __sk_buff` of any kernel.
const CONTEXT: usize = 256;
/// Where `mark` stands in it.
const MARK: usize = 8;
/// Bytes of it that are given to a run: up to and including `ifindex`.
const GIVEN: usize = 44;

/// Held while programs are loaded, so that those that appear are those of one dataplane.
static LOADING: Mutex<()> = Mutex::new(());

/// The programs of one dataplane.
pub(crate) struct Door(Vec<ProgramInfo>);

/// How a run with a mark ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Marked {
    pub(crate) code: i32,
    pub(crate) mark: u32,
    pub(crate) frame: Vec<u8>,
}

impl Door {
    /// Loads a dataplane, and finds its programs.
    pub(crate) fn load(trace: bool) -> (Dataplane, Self) {
        let _alone = LOADING
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let before = own_programs();
        let dataplane = Dataplane::load(trace).expect("the kernel takes the programs");
        let new: BTreeSet<u32> = own_programs().difference(&before).copied().collect();
        let programs = loaded_programs().filter_map(Result::ok);
        let door = Self(programs.filter(|info| new.contains(&info.id())).collect());
        (dataplane, door)
    }

    /// How many instructions the verifier looked at; `None` where the kernel does not say.
    pub(crate) fn instructions(&self, program: Program) -> Option<u32> {
        self.info(program).verified_instruction_count()
    }

    /// Runs a program on a frame whose buffer has this mark.
    pub(crate) fn run_marked(&self, program: Program, frame: &[u8], mark: u32) -> Marked {
        let (mut given, mut after, mut out) = ([0; GIVEN], [0; CONTEXT], vec![0; frame.len()]);
        given[MARK..MARK + 4].copy_from_slice(&mark.to_ne_bytes());
        let options = TestRunOptions {
            data_in: Some(frame),
            data_out: Some(&mut out),
            ctx_in: Some(&given),
            ctx_out: Some(&mut after),
            ..TestRunOptions::default()
        };
        let info = self.info(program);
        let handle = SchedClassifier::from_program_info(info, Cow::Borrowed(name(program)))
            .expect("a loaded classifier");
        let result = handle.test_run(options).expect("the kernel runs it");
        let mark = after[MARK..].first_chunk().expect("it has four bytes");
        Marked {
            code: result.return_value.cast_signed(),
            mark: u32::from_ne_bytes(*mark),
            frame: out,
        }
    }

    /// Makes the entries in which the hooks count what they see on an interface, as attaching does.
    pub(crate) fn count_seen(&self, ifindex: u32) {
        let seen = Map::PerCpuHashMap(self.map(maps::SEEN));
        let mut seen: PerCpuHashMap<_, SeenKey, Seen> =
            seen.try_into().expect("the layout is shared");
        let cpus = nr_cpus().expect("the kernel numbers its CPUs");
        for direction in [Direction::Ingress, Direction::Egress] {
            let direction = direction as u32;
            let zeroes = PerCpuValues::try_from(vec![Seen::default(); cpus]);
            let key = SeenKey { ifindex, direction };
            seen.insert(key, zeroes.expect("one a CPU"), 0)
                .expect("there is room");
        }
    }

    /// Takes the answers that wait for user space, as its sender would.
    pub(crate) fn pending(&self) -> Vec<Pending> {
        let ring = Map::RingBuf(self.map(maps::PENDING));
        let mut ring: RingBuf<_> = ring.try_into().expect("it is a ring");
        let mut taken = Vec::new();
        while let Some(record) = ring.next() {
            taken.push(bytemuck::pod_read_unaligned(&record));
        }
        taken
    }

    /// How connections began, as the hooks write it down; `None` before the first cut.
    pub(crate) fn births(&self) -> Option<HashMap<MapData, Flow, Birth>> {
        let place = Map::ArrayOfMaps(self.map(maps::BIRTHS));
        let place: ArrayOfMaps<_, _> = place.try_into().expect("it is a place for maps");
        place.get(&0, 0).ok()
    }

    /// A map that the hooks use.
    fn map(&self, name: &str) -> MapData {
        let ids = self.info(Program::Ingress).map_ids();
        let ids = ids
            .expect("a program has maps")
            .expect("the kernel lists them");
        let map = loaded_maps().filter_map(Result::ok).find(|map| {
            ids.contains(&map.id()) && map.name_as_str().is_some_and(|found| found == name)
        });
        MapData::from_id(map.expect("the hooks use it").id()).expect("it is loaded")
    }

    fn info(&self, program: Program) -> ProgramInfo {
        let of = |info: &ProgramInfo| {
            info.name_as_str()
                .is_some_and(|n| name(program).starts_with(n))
        };
        let info = self.0.iter().find(|info| of(info));
        let id = info.expect("a dataplane has every program").id();
        let mut programs = loaded_programs().filter_map(Result::ok);
        programs
            .find(|info| info.id() == id)
            .expect("the dataplane is alive")
    }
}

/// The kernel keeps fifteen bytes of a program's name.
const fn name(program: Program) -> &'static str {
    match program {
        Program::Ingress => maps::INGRESS,
        Program::Egress => maps::EGRESS,
        Program::Actor => maps::ACTOR,
        Program::Return => maps::RETURN,
    }
}

/// The numbers of the programs that this process holds, from its descriptors (proc(5)).
fn own_programs() -> BTreeSet<u32> {
    let descriptors = fs::read_dir("/proc/self/fdinfo").expect("/proc is mounted");
    let texts = descriptors
        .flatten()
        .filter_map(|entry| fs::read_to_string(entry.path()).ok());
    texts.filter_map(|text| program_id(&text)).collect()
}

fn program_id(fdinfo: &str) -> Option<u32> {
    let mut lines = fdinfo.lines();
    let id = lines.find_map(|line| line.strip_prefix("prog_id:"))?;
    id.trim().parse().ok()
}
