//! One replica of several, drawn by a seed that is told, is cut off and comes back: nobody deletes it,
//! and Kubernetes has nothing to say about it.

use std::net::IpAddr;
use std::time::Duration;

use chaos_api::PodState;
use chaos_tests::cluster::{Following, Pod, Town, Untouched, Workload, nanoseconds};
use chaos_tests::promises;
use chaos_witness::Failure;

promises! { [Cluster] is_silent_for_its_peers_and_comes_back_on_time }

const SOON: Duration = Duration::from_secs(30);
/// What a request waits for: more than a busy machine stands still, less than the fault lasts.
const LIMIT: Duration = Duration::from_secs(1);

fn is_silent_for_its_peers_and_comes_back_on_time() {
    let town = Town::open("random");
    town.start([Workload::web("web").replicas(3)]);
    let pods = town.pods("web");
    let peer = pods.iter().fold(Workload::new("peer"), |peer, pod| {
        let limit = LIMIT.as_millis();
        let poll = format!("http-poll --server {}:8080 --timeout {limit}", pod.ip());
        peer.with_witness(&container(pod.ip()), &poll)
    });
    town.start([peer]);
    let peer = town.pod("peer");
    let untouched = Untouched::watch(pods.clone());
    let watch = Following::pods(&town);

    let fault = town.inject("blackhole deploy/web --mode one --seed 7 --for 6s");
    let ends = fault.ends();
    let status = fault.await_end(SOON);
    assert_eq!(
        (status.selected, status.chosen, status.seed),
        (3, 1, Some(7))
    );
    let [receipt] = status.receipts.as_slice() else {
        panic!("one pod was chosen: {:#?}", status.receipts);
    };
    assert_eq!(receipt.state, PodState::Ended);
    let (chosen, others): (Vec<Pod>, Vec<Pod>) =
        pods.into_iter().partition(|pod| pod.name() == receipt.pod);

    let silent = peer.await_lines(&container(chosen[0].ip()), "it is back", SOON, |lines| {
        let after = lines.from(ends);
        (after.answers() >= 10).then(|| lines.clone())
    });
    let failures = silent.failures();
    assert!(
        failures.iter().all(|(_, how)| *how == Failure::TimedOut),
        "{failures:?}"
    );
    let first = failures.first().expect("its peers lost it").0;
    let last = failures.last().expect("there is a first").0;
    assert!(first < fault.in_force + nanoseconds(LIMIT * 2), "late");
    assert!(last < ends + nanoseconds(LIMIT * 2), "it lasted longer");
    let meanwhile = silent.begun_from(fault.in_force).between(0, ends);
    assert_eq!(meanwhile.answers(), 0, "answers meanwhile");
    for other in others {
        let lines = peer.lines_of(&container(other.ip()));
        assert_eq!(lines.failures(), [], "{} was not chosen", other.name());
    }
    assert_eq!(watch.said(), "", "kubectl get pods --watch-only");
    untouched.assert();
}

/// The name of the container that asks an address.
fn container(ip: IpAddr) -> String {
    format!("to-{}", ip.to_string().replace(['.', ':'], "-"))
}
