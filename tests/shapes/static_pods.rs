//! Pods that the kubelet runs from a file: what the API has of them is a mirror, whose UID is not the
//! one in their cgroups.

use std::net::SocketAddr;

use chaos_tests::cluster::{Node, StaticPod, Town, Untouched, Workload};
use chaos_tests::promises;

use crate::scene::{await_held, client, cuts};

promises! { [Cluster] a_static_pod_is_found_by_the_name_of_its_mirror_and_by_its_labels }

fn a_static_pod_is_found_by_the_name_of_its_mirror_and_by_its_labels() {
    let town = Town::open("static");
    town.start(["web", "other"].map(Workload::web));
    let place = |name| SocketAddr::new(town.addresses(name)[0], 80);
    let places = [("web", place("web")), ("other", place("other"))];
    let containers = client(&places).containers();
    let node = Node::named("n1");
    let names = [("one", "pod/one-n1"), ("two", "-l app=two --mode all")];
    let pods = names.map(|(name, _)| StaticPod::start(&town, &node, name, &containers));
    for ((_, target), pod) in names.into_iter().zip(&pods) {
        let client = pod.pod();
        await_held(&client, &["web", "other"]);
        let mirrored = client.processes_of(client.uid());
        assert!(
            mirrored.is_empty(),
            "in cgroups of the mirror: {mirrored:?}"
        );
        assert!(!client.processes().is_empty(), "it has processes");
        let untouched = Untouched::watch([client.clone()]);
        let words = format!("reset {target} --to svc/web --for 60s");
        cuts(&town, &client, &words, &["web"], &["other"]);
        untouched.assert();
    }
}
