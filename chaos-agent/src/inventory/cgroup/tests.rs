//! Paths as kubelet, containerd, CRI-O, Docker and Podman write them.

use proptest::prelude::*;

use super::*;

const ID: &str = "4f1c2a9be0d37c5586aa11f0c3b2d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5";
const OUTER: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

fn at(template: &str) -> String {
    template.replace("ID", ID).replace("OUTER", OUTER)
}

#[track_caller]
fn assert_found(template: &str) {
    assert_eq!(container(&at(template)), Some(ID), "{template}");
}

#[track_caller]
fn assert_none(template: &str) {
    assert_eq!(container(&at(template)), None, "{template}");
}

#[test]
fn kubelet_with_the_cgroupfs_driver() {
    assert_found("0::/kubepods/burstable/pod1d6f6ab4-0d0b-4b44-9f24-6a7c4c1a2b3c/ID");
    assert_found("0::/kubepods/pod1d6f6ab4-0d0b-4b44-9f24-6a7c4c1a2b3c/ID");
}

#[test]
fn kubelet_with_the_systemd_driver() {
    let pod = "/kubepods.slice/kubepods-burstable.slice/\
               kubepods-burstable-pod1d6f6ab4_0d0b_4b44_9f24_6a7c4c1a2b3c.slice";
    for scope in [
        "cri-containerd-ID.scope",
        "crio-ID.scope",
        "docker-ID.scope",
    ] {
        assert_found(&format!("0::{pod}/{scope}"));
    }
}

#[test]
fn containerd_with_a_slice_it_did_not_understand() {
    assert_found("0::/system.slice/containerd.service/kubepods-pod1.slice:cri-containerd:ID");
}

#[test]
fn docker_and_podman() {
    assert_found("0::/docker/ID");
    assert_found("0::/system.slice/docker-ID.scope");
    assert_found("0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-ID.scope");
    assert_found("0::/machine.slice/libpod-ID.scope/container");
    assert_found("0::/libpod_parent/libpod-payload-ID");
    assert_found("0::/system.slice/nerdctl-ID.scope");
    assert_found("0::/default/ID");
}

#[test]
fn all_lines_of_v1() {
    assert_found("12:pids:/docker/ID\n11:cpu,cpuacct:/docker/ID\n1:name=systemd:/docker/ID\n");
}

#[test]
fn hybrid_where_only_some_hierarchies_are_used() {
    assert_found("9:name=systemd:/docker/ID\n8:pids:/\n0::/\n");
    assert_found("4:memory:/\n1:name=systemd:/\n0::/system.slice/docker-ID.scope\n");
}

#[test]
fn a_cgroup_below_the_container_belongs_to_it() {
    assert_found("0::/docker/ID/init.scope");
    assert_found("0::/system.slice/docker-ID.scope/system.slice/cron.service");
}

#[test]
fn seen_from_within_another_cgroup_namespace() {
    assert_found("0::/../../pod1d6f6ab4-0d0b-4b44-9f24-6a7c4c1a2b3c/ID");
}

#[test]
fn the_innermost_of_nested_containers_is_meant() {
    assert_found("0::/docker/OUTER/kubelet/kubepods/besteffort/pod1/ID");
}

#[test]
fn monitors_and_plain_services_are_no_containers() {
    assert_none("0::/machine.slice/libpod-conmon-ID.scope");
    assert_none("0::/system.slice/crio-conmon-ID.scope");
    assert_none("0::/system.slice/sshd.service");
    assert_none("0::/kubepods/burstable/pod1d6f6ab4-0d0b-4b44-9f24-6a7c4c1a2b3c");
    assert_none("0::/");
}

#[test]
fn broken_lines_are_left_out() {
    assert_eq!(lines("").count(), 0);
    assert_eq!(lines("nonsense\n0:\n").count(), 0);
    let found: Vec<_> = lines("3:cpu,cpuacct:/a:b/c\n").collect();
    assert_eq!(
        found,
        [Line {
            controllers: "cpu,cpuacct",
            path: "/a:b/c"
        }]
    );
}

#[test]
fn within_goes_by_whole_names() {
    assert!(is_within("/a/b", "/a/b"));
    assert!(is_within("/a/b/c", "/a/b"));
    assert!(!is_within("/a/bc", "/a/b"));
    assert!(!is_within("/a", "/a/b"));
}

/// The pod of a node that is a pod itself.
const OUTER_UID: &str = "fedcba98-0000-4000-8000-0123456789ab";

const UID: &str = "1d6f6ab4-0d0b-4b44-9f24-6a7c4c1a2b3c";
const HASH: &str = "9f86d081884c7d659a2feaa0c55ad015";

/// What `template` says of a pod, where `U_D` stands for the UID as systemd has it.
#[track_caller]
fn assert_pod(template: &str, expected: Option<&str>) {
    let text = template.replace("U_D", &UID.replace('-', "_"));
    let text = at(&text.replace("UID", UID).replace("HASH", HASH));
    assert_eq!(pod(&text).as_deref(), expected, "{text}");
}

#[test]
fn a_pod_is_named_by_its_uid_under_both_drivers() {
    for text in [
        "0::/kubepods/burstable/podUID/ID",
        "0::/kubepods/podUID/ID",
        "0::/kubepods/podUID",
        "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podU_D.slice/crio-ID.scope",
        "0::/kubepods.slice/kubepods-podU_D.slice/cri-containerd-ID.scope/init",
        "0::/system.slice/containerd.service/kubepods-podU_D.slice:cri-containerd:ID",
        "0::/../../podUID/ID",
        "0::/../../kubepods-besteffort-podU_D.slice/cri-containerd-ID.scope",
        "9:name=systemd:/kubepods/besteffort/podUID/ID\n8:pids:/kubepods/besteffort/podUID/ID\n0::/",
        "9:name=systemd:/\n8:pids:/\n0::/kubepods/besteffort/podUID/ID",
        // A monitor in the pod's slice.
        "0::/kubepods.slice/kubepods-podU_D.slice/crio-conmon-ID.scope",
    ] {
        assert_pod(text, Some(UID));
    }
}

#[test]
fn a_static_pod_is_named_by_its_hash() {
    assert_pod("0::/kubepods/burstable/podHASH/ID", Some(HASH));
    let slice = "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podHASH.slice";
    assert_pod(&format!("{slice}/cri-containerd-ID.scope"), Some(HASH));
}

#[test]
fn a_pod_of_a_node_in_a_container_is_that_node_s() {
    let kind = "/docker/OUTER/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-podU_D.slice";
    assert_pod(&format!("0::{kind}/cri-containerd-ID.scope"), Some(UID));
    assert_pod(
        "0::/docker/OUTER/kubelet/kubepods/besteffort/podUID/ID",
        Some(UID),
    );
    let outer = "/kubepods/pod00112233-4455-6677-8899-aabbccddeeff/OUTER";
    assert_pod(&format!("0::{outer}/kubelet/kubepods/podUID/ID"), Some(UID));
}

#[test]
fn what_only_looks_like_a_pod_is_none() {
    for text in [
        "0::/kubepods/burstable",
        "0::/kubepods.slice/kubepods-burstable.slice",
        "0::/docker/ID",
        "0::/libpod_pod_ID/podman",
        "0::/kubepods/podUIDx/ID",
        "0::/kubepods/pod1/ID",
        "0::/tripodUID/ID",
        "0::/kubepods/podUID.scope",
        "0::/",
        "",
    ] {
        assert_pod(text, None);
    }
}

/// What platforms write for a container `ID` of a pod `UID`: the name, and `/proc/PID/cgroup`. All of
/// them have been seen in use.
const PLATFORMS: [(&str, &str); 19] = [
    (
        "kubeadm, EKS, AKS, GKE, Bottlerocket, k3s and RKE2 with systemd, v2",
        "0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-podU_D.slice/cri-containerd-ID.scope",
    ),
    (
        "the same, guaranteed",
        "0::/kubepods.slice/kubepods-podU_D.slice/cri-containerd-ID.scope",
    ),
    (
        "the same, v1",
        "12:hugetlb:/kubepods.slice/kubepods-podU_D.slice/cri-containerd-ID.scope\n11:rdma:/\n\
         1:name=systemd:/kubepods.slice/kubepods-podU_D.slice/cri-containerd-ID.scope\n0::/\n",
    ),
    (
        "Talos and k3s with cgroupfs, v2",
        "0::/kubepods/burstable/podUID/ID",
    ),
    (
        "GKE and minikube with cgroupfs, v1",
        "11:blkio:/kubepods/burstable/podUID/ID\n10:rdma:/\n1:name=systemd:/kubepods/burstable/podUID/ID\n",
    ),
    (
        "hybrid: the second version has the service of the runtime",
        "12:pids:/kubepods/besteffort/podUID/ID\n1:name=systemd:/kubepods/besteffort/podUID/ID\n\
         0::/system.slice/containerd.service\n",
    ),
    (
        "hybrid: the first line is of a hierarchy that the runtime does not know",
        "13:misc:/\n12:pids:/kubepods/besteffort/podUID/ID\n0::/kubepods/besteffort/podUID/ID\n",
    ),
    (
        "kubelet with cgroupfs and containerd with systemd",
        "1:name=systemd:/system.slice/containerd.service/kubepods-burstable-podU_D.slice:cri-containerd:ID",
    ),
    (
        "OpenShift with runc, v1 and v2",
        "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podU_D.slice/crio-ID.scope",
    ),
    (
        "OpenShift with crun",
        "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podU_D.slice/crio-ID.scope/container",
    ),
    (
        "CRI-O with cgroupfs",
        "0::/kubepods/burstable/podUID/crio-ID",
    ),
    (
        "cri-dockerd with systemd",
        "0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-podU_D.slice/docker-ID.scope",
    ),
    (
        "cri-dockerd with cgroupfs",
        "11:devices:/kubepods/besteffort/podUID/ID\n",
    ),
    (
        "kind, v2",
        "0::/system.slice/docker-OUTER.scope/kubelet.slice/kubelet-kubepods.slice/\
         kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-podU_D.slice/cri-containerd-ID.scope",
    ),
    (
        "kind before it used systemd, v1",
        "11:blkio:/docker/OUTER/kubelet/kubepods/besteffort/podUID/ID\n",
    ),
    (
        "kind whose runtime does not know a hierarchy that Docker knows",
        "13:rdma:/docker/OUTER\n11:blkio:/docker/OUTER/kubelet/kubepods/besteffort/podUID/ID\n\
         0::/docker/OUTER/system.slice/containerd.service\n",
    ),
    (
        "kind in a pod",
        "13:rdma:/kubepods/podfedcba98-0000-4000-8000-0123456789ab/OUTER\n\
         11:pids:/kubepods/podfedcba98-0000-4000-8000-0123456789ab/OUTER/kubelet/kubepods/podUID/ID\n",
    ),
    (
        "minikube and k3d in a container",
        "0::/docker/OUTER/kubepods.slice/kubepods-podU_D.slice/docker-ID.scope",
    ),
    (
        "k3s without root",
        "0::/user.slice/user-1001.slice/user@1001.service/k3s-rootless.service/kubepods/podUID/ID",
    ),
];

#[test]
fn every_platform_s_pods_and_containers_are_told() {
    for (platform, text) in PLATFORMS {
        assert_pod(text, Some(UID));
        let text = at(&text.replace("U_D", "x").replace("UID", "x"));
        assert_eq!(container(&text), Some(ID), "{platform}");
    }
}

#[test]
fn a_static_pod_s_hash_is_told_on_every_platform() {
    for (platform, text) in PLATFORMS {
        let text = at(&text.replace("U_D", HASH).replace("UID", HASH));
        assert_eq!(pod(&text).as_deref(), Some(HASH), "{platform}");
    }
}

/// A UID, with its dashes.
fn uid() -> impl Strategy<Value = String> {
    "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
}

proptest! {
    #[test]
    fn no_container_s_id_and_no_other_pod_s_uid_is_taken_for_the_pod(
        form in 0..PLATFORMS.len(),
        (own, other) in (uid(), uid()),
        (id, outer) in ("[0-9a-f]{64}", "[0-9a-f]{64}"),
    ) {
        let (_, text) = PLATFORMS[form];
        let text = text.replace("U_D", &own.replace('-', "_")).replace("UID", &own);
        let text = text.replace("OUTER", &outer).replace("ID", &id);
        prop_assert_eq!(container(&text), Some(id.as_str()));
        let found = pod(&text);
        prop_assert_eq!(found.as_deref(), Some(own.as_str()));
        prop_assert!(own == other || found.as_deref() != Some(other.as_str()));
        // Half of a container's id looks like a hash.
        let nameless = text.replace(&own, &id).replace(&own.replace('-', "_"), &id);
        let found = pod(&nameless);
        prop_assert!(found.is_none_or(|found| found == OUTER_UID));
    }
}
