//! Services that are rewritten when a socket connects (socket load balancing): the pod's packets
//! carry the endpoint's address from the first one on.

use std::net::SocketAddr;

use chaos_agent::inventory::{States, connections};
use chaos_tests::cluster::{Pod, Rewrite, Town, Untouched, Workload};
use chaos_tests::promises;

use crate::scene::{await_held, client, cuts, of_family};

promises! { [Cluster] a_service_is_hit_by_its_endpoints_existing_connections_too }

fn a_service_is_hit_by_its_endpoints_existing_connections_too() {
    let town = Town::open("rewritten");
    town.start(["web", "other"].map(|name| Workload::web(name).dual_stack()));
    let server = town.pod("web");
    let place = |addresses: &[_], is_v4, port| SocketAddr::new(of_family(addresses, is_v4), port);
    let service = town.addresses("web");
    let services = [true, false].map(|is_v4| place(&service, is_v4, 80));
    let endpoints = [true, false].map(|is_v4| place(&server.ips(), is_v4, 8080));
    let pairs = services.iter().zip(endpoints);
    let _rewritten: Vec<_> = pairs
        .map(|(service, endpoint)| Rewrite::start(&server, *service, endpoint))
        .collect();
    let other = place(&town.addresses("other"), true, 80);
    let [v4, v6] = services;
    town.start([client(&[("v4", v4), ("v6", v6), ("other", other)])]);
    let client = town.pod("client");
    await_held(&client, &["v4", "v6", "other"]);
    for (label, endpoint) in ["v4", "v6"].into_iter().zip(endpoints) {
        assert_eq!(peer_of_held(&client, label), endpoint, "it is rewritten");
    }
    assert_eq!(peer_of_held(&client, "other"), other, "it is not");

    let untouched = Untouched::watch([client.clone(), server]);
    let words = "reset deploy/client --to svc/web --for 60s";
    cuts(&town, &client, words, &["v4", "v6"], &["other"]);
    untouched.assert();
}

/// Where the kernel says that the client's idle connection leads.
fn peer_of_held(client: &Pod, label: &str) -> SocketAddr {
    let port = client.lines_of(&format!("held-{label}")).open()[0];
    let all = client.network().enter(|| connections(States::LIVE));
    let all = all.expect("sockets can be listed");
    let held = all.iter().find(|one| one.local.port() == port);
    held.expect("the connection is there").peer
}
