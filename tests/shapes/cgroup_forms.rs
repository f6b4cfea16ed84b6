//! Every way in which cgroups name a pod, as the kernel itself tells it: real processes in real
//! cgroups, made below the cluster's own.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};
use std::time::Duration;
use std::{env, fs};

use chaos_agent::inventory::{FindReason, Namespace, Target};
use chaos_tests::bed::{Pair, Process, within};
use chaos_tests::promises;

promises! { [Cluster]
    a_pod_is_found_by_each_form_in_either_version_of_cgroups_and_in_both,
    a_pod_is_found_though_a_hierarchy_has_only_the_node_around_it
}

const UID: &str = "1d6f6ab4-0d0b-4b44-9f24-6a7c4c1a2b3c";
const OTHER: &str = "fedcba98-0000-4000-8000-0123456789ab";
const ID: &str = "4f1c2a9be0d37c5586aa11f0c3b2d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5";
const NODE: &str = "docker/00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// Paths of a container `ID` of a pod `UID`, or `U_D` where systemd needs it so.
const FORMS: [&str; 6] = [
    "kubepods/burstable/podUID/ID",
    "kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podU_D.slice/cri-containerd-ID.scope",
    "kubepods.slice/kubepods-podU_D.slice/crio-ID.scope/container",
    "kubepods.slice/kubepods-podU_D.slice/docker-ID.scope",
    "system.slice/containerd.service/kubepods-podU_D.slice:cri-containerd:ID",
    "NODE/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-podU_D.slice/cri-containerd-ID.scope",
];

/// Hierarchies: those of the first version alone, of the second alone, and both.
const VERSIONS: [&[&str]; 3] = [&["cgroup"], &["cgroup2"], &["cgroup", "cgroup2"]];

fn a_pod_is_found_by_each_form_in_either_version_of_cgroups_and_in_both() {
    let network = Pair::new();
    for kinds in VERSIONS {
        let hierarchies = hierarchies();
        let wanted = hierarchies
            .iter()
            .filter(|(kind, _)| kinds.contains(&kind.as_str()));
        let wanted: Vec<_> = wanted.map(|(_, mount)| mount).collect();
        assert!(!wanted.is_empty(), "this machine has no {kinds:?}");
        for form in FORMS {
            let places = wanted.iter().map(|mount| below(mount, &path(form)));
            let _inhabitant = Inhabitant::new(&network, places.collect());
            assert_found(&network, &format!("{form} in {kinds:?}"));
        }
    }
}

fn a_pod_is_found_though_a_hierarchy_has_only_the_node_around_it() {
    let network = Pair::new();
    let hierarchies = hierarchies();
    let whole = path("NODE/kubelet/kubepods/podUID/ID");
    for (short, _) in hierarchies.iter().enumerate() {
        let places = hierarchies
            .iter()
            .enumerate()
            .map(|(index, (_, mount))| below(mount, if index == short { NODE } else { &whole }));
        let _inhabitant = Inhabitant::new(&network, places.collect());
        assert_found(
            &network,
            &format!("only the node in {:?}", hierarchies[short]),
        );
    }
}

/// The pod and its container are found, and no other pod is.
#[track_caller]
fn assert_found(network: &Pair, how: &str) {
    let pod = |uid: &str, ips: &[IpAddr]| {
        Namespace::find(&Target::Pod {
            uid: uid.to_owned(),
            hash: None,
            ips: ips.to_vec(),
        })
    };
    let inode = network.client.inode();
    let found =
        pod(UID, &network.client.addresses()).unwrap_or_else(|error| panic!("{how}: {error}"));
    assert_eq!(found.id().inode, inode, "{how}");
    let found = Namespace::find(&Target::Container(ID.to_owned()));
    let found = found.unwrap_or_else(|error| panic!("{how}: {error}"));
    assert_eq!(found.id().inode, inode, "{how}");
    let other = pod(OTHER, &network.client.addresses())
        .expect_err("there is no such pod")
        .reason;
    assert!(matches!(other, FindReason::NoProcess), "{how}: {other:?}");
    let elsewhere = pod(UID, &network.server.addresses());
    let elsewhere = elsewhere.expect_err("it has another address").reason;
    let mismatch = matches!(elsewhere, FindReason::NamespaceMismatch { .. });
    assert!(mismatch, "{how}: {elsewhere:?}");
}

/// A process in cgroups that were made for it; dropping it ends both.
struct Inhabitant {
    process: Process,
    places: Vec<PathBuf>,
}

impl Inhabitant {
    fn new(network: &Pair, places: Vec<PathBuf>) -> Self {
        let mut sleep = Command::new("sleep");
        let process = network.client.spawn(sleep.arg("600").stdin(Stdio::null()));
        let inhabitant = Self { process, places };
        for place in &inhabitant.places {
            fs::create_dir_all(place).expect("the cluster's cgroups can have more");
            let pid = inhabitant.process.pid().to_string();
            fs::write(place.join("cgroup.procs"), pid).expect("a process can be moved");
        }
        inhabitant
    }
}

impl Drop for Inhabitant {
    fn drop(&mut self) {
        self.process.kill();
        for place in &self.places {
            // One is busy for a moment after its process ended.
            within(Duration::from_secs(5), || fs::remove_dir(place).ok());
            let parents = place.ancestors().skip(1);
            for parent in parents.take_while(|one| one.to_string_lossy().contains("/forms-")) {
                drop(fs::remove_dir(parent));
            }
        }
    }
}

/// A cgroup below those that the cluster has made.
fn below(mount: &Path, path: &str) -> PathBuf {
    let cluster = env::var("NETFAULT_CLUSTER_NAME").expect("the suite says which it is");
    let run = format!("forms-{}", process::id());
    mount.join(cluster).join(run).join(path)
}

fn path(form: &str) -> String {
    let text = form.replace("U_D", &UID.replace('-', "_"));
    text.replace("UID", UID)
        .replace("ID", ID)
        .replace("NODE", NODE)
}

/// The hierarchies of this machine that need no settings before they can be joined: the version, and
/// where each is mounted.
fn hierarchies() -> Vec<(String, PathBuf)> {
    let text = fs::read_to_string("/proc/self/mountinfo").expect("there is /proc");
    let hierarchies = text.lines().filter_map(|line| {
        let (place, kind) = line.split_once(" - ")?;
        let mount = PathBuf::from(place.split(' ').nth(4)?);
        let kind = kind.split(' ').next()?.to_owned();
        let is_plain = ["pids", "systemd"].iter().any(|name| mount.ends_with(name));
        let wanted = kind == "cgroup2" || kind == "cgroup" && is_plain;
        wanted.then_some((kind, mount))
    });
    hierarchies.collect()
}
