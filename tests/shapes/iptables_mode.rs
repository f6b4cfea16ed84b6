//! kube-proxy in iptables mode: a connection by a Service's address is rewritten by rules of the
//! node, after it has left the pod.

use std::net::SocketAddr;

use chaos_tests::cluster::{Town, Untouched, Workload, soon};
use chaos_tests::promises;

use crate::scene::{SOON, await_held, client, cuts};

promises! { [Cluster] connections_by_a_service_s_address_are_hit_existing_ones_too }

fn connections_by_a_service_s_address_are_hit_existing_ones_too() {
    let town = Town::open("iptables");
    town.start(["web", "other"].map(|name| Workload::web(name).replicas(2)));
    let place = |name| SocketAddr::new(town.addresses(name)[0], 80);
    let (web, other) = (place("web"), place("other"));
    let node = town.pods("web")[0].node();
    let address = format!("-d {}/32", web.ip());
    soon(&format!("iptables has a rule for {address}"), SOON, || {
        let rules = node.run("iptables-save -t nat");
        rules.expect_code(0);
        rules.stdout.contains(&address).then_some(())
    });

    town.start([client(&[("web", web), ("other", other)])]);
    let client = town.pod("client");
    await_held(&client, &["web", "other"]);
    let untouched = Untouched::watch([client.clone()]);
    let words = "reset deploy/client --to svc/web:80 --for 60s";
    cuts(&town, &client, words, &["web"], &["other"]);
    untouched.assert();
}
