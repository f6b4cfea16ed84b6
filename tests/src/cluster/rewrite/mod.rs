//! Services that are rewritten when a socket connects, as a network plugin with a socket load
//! balancer does it: no packet ever carries the Service's address.

mod object;
mod program;

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::PathBuf;

use aya::Ebpf;
use aya::programs::{CgroupAttachMode, CgroupSockAddr};

use super::Pod;

/// A rewriting that is in force for all pods of a node; dropping it ends it.
#[derive(Debug)]
pub struct Rewrite {
    _program: Ebpf,
}

impl Rewrite {
    /// Lets the pods of the node that `pod` runs on connect to `endpoint` where they ask for
    /// `service`, which is of the same family.
    ///
    /// # Panics
    ///
    /// If the program cannot be attached.
    #[track_caller]
    pub fn start(pod: &Pod, service: SocketAddr, endpoint: SocketAddr) -> Self {
        let (section, instructions) = program::connect(service, endpoint);
        let object = object::with_program(section, &instructions);
        let mut loaded = Ebpf::load(&object).expect("the object is one");
        let program = loaded.program_mut(object::NAME).expect("it has a program");
        let program: &mut CgroupSockAddr = program.try_into().expect("it is of that type");
        program.load().expect("the verifier takes it");
        let cgroup = File::open(all_pods(pod)).expect("the cgroup is there");
        // A link shares its cgroup with others without being told so.
        let mode = CgroupAttachMode::Single;
        program.attach(cgroup, mode).expect("it can be attached");
        Self { _program: loaded }
    }
}

/// The cgroup, of the second version, in which the kubelet of this pod's node keeps all pods.
#[track_caller]
fn all_pods(pod: &Pod) -> PathBuf {
    let pid = pod.processes().into_iter().next().expect("the pod runs");
    let text = fs::read_to_string(format!("/proc/{pid}/cgroup")).expect("it still does");
    let path = text.lines().find_map(|line| line.strip_prefix("0::/"));
    let path = path.expect("processes have a cgroup of the second version");
    let parts: Vec<_> = path.split('/').collect();
    let depth = parts.iter().position(|part| part.starts_with("kubepods"));
    let depth = depth.expect("the kubelet has a cgroup for pods");
    mount().join(parts[..=depth].join("/"))
}

/// Where cgroups of the second version are mounted.
fn mount() -> PathBuf {
    let mounts = fs::read_to_string("/proc/self/mountinfo").expect("there is /proc");
    let unified = mounts.lines().find(|line| line.contains(" - cgroup2 "));
    let unified = unified.expect("cgroups of the second version are mounted");
    let point = unified.split(' ').nth(4).expect("mounts have a place");
    PathBuf::from(point)
}
