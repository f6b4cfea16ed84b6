//! A sidecar to which a rule in the pod's own network redirects what the application sends, as in a
//! service mesh: a fault meets what leaves the pod, once, and the application sees what its sidecar
//! makes of it.

use std::net::{SocketAddr, TcpStream};

use chaos_api::RuleCounters;
use chaos_tests::bed::Capture;
use chaos_tests::bed::tcp::count_of_sockets;
use chaos_tests::cluster::{Lines, Pod, Town, Untouched, Workload, soon};
use chaos_tests::promises;
use chaos_witness::{Failure, now};

use crate::scene::{REQUESTS, SOON, are_counted, await_held, client, is_healed, is_whole};

promises! {
    [Cluster, Nft] what_leaves_the_pod_is_reset_and_the_application_is_told_by_its_sidecar;
    [Cluster, Nft] a_connection_that_comes_in_by_a_sidecar_is_reset_at_both_ends;
    [Cluster, Nft, Tcpdump] no_packet_is_counted_twice
}

/// The container that passes on what the others send.
const SIDECAR: &str = "sidecar";

fn what_leaves_the_pod_is_reset_and_the_application_is_told_by_its_sidecar() {
    let town = Town::open("mesh");
    let (client, server) = scene(&town);
    let untouched = Untouched::watch([client.clone(), server]);
    let plan = town.netfault("plan reset deploy/client --to svc/web --for 60s");
    plan.expect_code(0);
    let web = town.addresses("web")[0].to_string();
    assert!(plan.stdout.contains(&web), "{}", plan.stdout);
    let inner = format!(":{} ", client.lines_of("held-web").open()[0]);
    assert!(!plan.stdout.contains(&inner), "{inner}: {}", plan.stdout);

    let fault = town.inject("reset deploy/client --to svc/web --for 60s");
    let ends = client.await_lines("held-web", "its end", SOON, |lines| {
        Some(lines.from(fault.asked).ends()).filter(|ends| !ends.is_empty())
    });
    let how: Vec<_> = ends.into_iter().map(|(_, (_, how))| how).collect();
    assert_eq!(how, [Failure::Reset], "the idle connection");
    let lines = client.await_lines("new-web", "requests", SOON, |lines| {
        Some(lines.from(fault.in_force)).filter(|lines| lines.polls().len() >= REQUESTS)
    });
    assert_eq!(lines.answers(), 0, "answers during");
    is_whole(&client, "other", fault.asked);
    let status = fault.stop();

    is_healed(&client, "web", now());
    let sidecar = client.lines_of(SIDECAR).from(fault.asked);
    let cut = ended(&sidecar, &Failure::Refused) + ended(&sidecar, &Failure::Reset);
    are_counted(cut, &status);
    let seen = client.lines_of("new-web").from(fault.asked).failures();
    assert_eq!(cut, 1 + seen.len() as u64, "by what the application saw");
    untouched.assert();
}

/// The sidecar's socket has another port than the peer's packets: a fault that names the packets' one
/// does not know an idle connection, and the peer of one is told by its own next packet.
fn a_connection_that_comes_in_by_a_sidecar_is_reset_at_both_ends() {
    for (label, port) in [("inward", ""), ("inward-port", "--local-port 8080")] {
        let town = Town::open(label);
        let (client, server) = inward_scene(&town);
        let kept = client.await_lines("kept", "a connection", SOON, |lines| {
            lines.answered_on().first().copied()
        });
        let taken = server.lines_of(SIDECAR).open();
        assert!(taken.contains(&kept), "{kept} is not redirected: {taken:?}");
        let untouched = Untouched::watch([client.clone(), server.clone()]);
        let words = format!("reset deploy/web --to label:app=client {port} --for 60s");
        let fault = town.inject(&words);
        let end = |pod: &Pod, container: &str| {
            pod.await_lines(container, "its end", SOON, |lines| {
                let mut ends = lines.from(fault.asked).ends().into_iter();
                ends.find(|(_, (ended, _))| *ended == kept)
            })
        };
        let (told, (_, at_sidecar)) = end(&server, SIDECAR);
        let (_, (_, at_client)) = end(&client, "kept");
        assert_eq!([at_sidecar, at_client], [Failure::Reset, Failure::Reset]);
        let lines = client.await_lines("new-web", "requests", SOON, |lines| {
            Some(lines.from(fault.in_force)).filter(|lines| lines.polls().len() >= REQUESTS)
        });
        assert_eq!(lines.answers(), 0, "answers during");
        let status = fault.stop();
        if port.is_empty() {
            assert!(told < fault.in_force, "the sidecar is told at once");
            assert!(status.totals.counters.idle_reset > 0, "{status:#?}");
        }
        is_healed(&client, "web", now());
        untouched.assert();
    }
}

/// A client with a connection that it uses every three seconds and new ones, and a server whose
/// sidecar is given what comes to it.
fn inward_scene(town: &Town) -> (Pod, Pod) {
    town.start([Workload::web("web").with_sidecar_before(SIDECAR, 8080)]);
    let kept = "http-poll --server web:80 --keep-alive 1 --pace 3000";
    town.start([Workload::new("client")
        .with_witness("kept", kept)
        .with_witness("new-web", "http-poll --server web:80")]);
    (town.pod("client"), town.pod("web"))
}

fn no_packet_is_counted_twice() {
    let town = Town::open("once");
    let (client, server) = scene(&town);
    town.start([Workload::web("quiet")]);
    let quiet = SocketAddr::new(town.addresses("quiet")[0], 80);
    // A sidecar takes any connection, so another pod asks whether the node knows the Service.
    let dial = || TcpStream::connect(quiet);
    soon("the Service answers", SOON, || {
        server.network().enter(dial).ok()
    });
    let untouched = Untouched::watch([client.clone()]);
    let network = client.network();
    let capture = Capture::start(&network);
    let words = "blackhole deploy/client --to svc/quiet --direction ingress --for 60s";
    let fault = town.inject(words);
    let dialled = network.enter(dial).expect("the sidecar takes it");
    fault.await_status("answers are dropped", SOON, |status| {
        status.totals.counters.dropped >= 2
    });
    // With no one to answer, nothing comes any more when the fault is over.
    town.kubectl("delete deployment quiet --cascade=foreground");
    let status = fault.stop();
    drop(dialled);
    capture.fence(&network, quiet.ip());
    let seen = capture.segments();
    let seen = seen.iter().filter(|one| one.from == quiet);
    let (packets, bytes) = seen.fold((0, 0), |(packets, bytes), one| {
        (packets + 1, bytes + u64::from(one.bytes))
    });
    drop(capture);
    let exactly = RuleCounters {
        matched: packets,
        matched_bytes: bytes,
        dropped: packets,
        ..RuleCounters::default()
    };
    assert_eq!(status.totals.counters, exactly);
    is_whole(&client, "web", fault.asked);
    untouched.assert();
}

/// A pod whose sidecar has all connections of the others, and the server of one of the Services that
/// they lead to.
fn scene(town: &Town) -> (Pod, Pod) {
    town.start(["web", "other"].map(Workload::web));
    let place = |name| SocketAddr::new(town.addresses(name)[0], 80);
    let places = [("web", place("web")), ("other", place("other"))];
    town.start([client(&places).with_sidecar(SIDECAR)]);
    let (client, server) = (town.pod("client"), town.pod("web"));
    await_held(&client, &["web", "other"]);
    let port = client.lines_of("held-web").open()[0];
    let taken = client.lines_of(SIDECAR).open();
    assert!(taken.contains(&port), "{port} is not redirected: {taken:?}");
    assert_eq!(
        count_of_sockets(&server.network(), port),
        0,
        "at the server"
    );
    (client, server)
}

/// How many of the connections that a sidecar passed on ended so.
fn ended(lines: &Lines, wanted: &Failure) -> u64 {
    let ends = lines.ends().into_iter();
    ends.filter(|(_, (_, how))| how == wanted).count() as u64
}
