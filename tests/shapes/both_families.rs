//! Pods and Services with an IPv4 and an IPv6 address: a Service means both, a range only its own.

use std::net::SocketAddr;

use chaos_api::ConditionType;
use chaos_tests::cluster::{Pod, Town, Untouched, Workload};
use chaos_tests::promises;

use crate::scene::{await_held, client, cuts, of_family};

promises! { [Cluster]
    a_service_is_hit_in_both_families_by_its_addresses_and_its_endpoints,
    a_range_of_one_family_leaves_the_other_alone
}

/// All of the test network that is IPv4, and all that is IPv6.
const RANGES: [(&str, &str); 2] = [("v4", "198.18.0.0/15"), ("v6", "fd6e:66::/32")];

fn a_service_is_hit_in_both_families_by_its_addresses_and_its_endpoints() {
    let town = Town::open("families");
    let (client, server) = scene(&town);
    let untouched = Untouched::watch([client.clone(), server]);
    let words = "reset deploy/client --to svc/web --for 60s";
    let cut = ["v4", "v6", "end-v4", "end-v6"];
    let status = cuts(&town, &client, words, &cut, &["other-v4", "other-v6"]);
    assert!(status.is(ConditionType::TrafficMatched), "{status:#?}");
    untouched.assert();
}

fn a_range_of_one_family_leaves_the_other_alone() {
    for (meant, range) in RANGES {
        let town = Town::open(&format!("only-{meant}"));
        let (client, server) = scene(&town);
        let untouched = Untouched::watch([client.clone(), server]);
        let words = format!("reset deploy/client --to {range} --for 60s");
        let all = ["v4", "v6", "end-v4", "end-v6", "other-v4", "other-v6"];
        let (cut, whole): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|label| label.ends_with(meant));
        cuts(&town, &client, &words, &cut, &whole);
        untouched.assert();
    }
}

/// A client, and the server of one of the two Services that it uses: by the Service's addresses, and
/// the first one's pod by its own too.
fn scene(town: &Town) -> (Pod, Pod) {
    let webs = ["web", "other"].map(|name| Workload::web(name).dual_stack());
    town.start(webs);
    let server = town.pod("web");
    let place = |addresses: &[_], is_v4, port| SocketAddr::new(of_family(addresses, is_v4), port);
    let (web, other) = (town.addresses("web"), town.addresses("other"));
    let places = [
        ("v4", place(&web, true, 80)),
        ("v6", place(&web, false, 80)),
        ("end-v4", place(&server.ips(), true, 8080)),
        ("end-v6", place(&server.ips(), false, 8080)),
        ("other-v4", place(&other, true, 80)),
        ("other-v6", place(&other, false, 80)),
    ];
    town.start([client(&places)]);
    let client = town.pod("client");
    await_held(&client, &places.map(|(label, _)| label));
    (client, server)
}
