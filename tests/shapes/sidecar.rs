//! A sidecar to which a rule in the pod's own network redirects what the application sends, as in a
//! service mesh: a fault meets what leaves the pod, once, and the application sees what its sidecar
//! makes of it.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use chaos_tests::bed::tcp::count_of_sockets;
use chaos_tests::bed::{Capture, all_dropped};
use chaos_tests::cluster::{Lines, Pod, Town, Untouched, Workload, soon};
use chaos_tests::promises;
use chaos_witness::{Failure, now};

use crate::scene::{REQUESTS, SOON, await_held, client, is_healed, is_whole};

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
    let web = SocketAddr::new(town.addresses("web")[0], 80);
    assert!(plan.stdout.contains(&web.to_string()), "{}", plan.stdout);
    let inner = format!(":{} ", client.lines_of("held-web").open()[0]);
    assert!(!plan.stdout.contains(&inner), "{inner}: {}", plan.stdout);

    let fault = town.inject("reset deploy/client --to svc/web --for 60s");
    let ends = client.await_lines("held-web", "its end", SOON, |lines| {
        Some(lines.from(fault.asked).ends()).filter(|ends| !ends.is_empty())
    });
    let how: Vec<_> = ends.into_iter().map(|(_, (_, how))| how).collect();
    assert_eq!(how, [Failure::Reset], "the idle connection");
    let network = client.network();
    for _ in 0..REQUESTS {
        let error = network.enter(|| ask(web)).expect_err("nothing answers");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}");
    }
    is_whole(&client, "other", fault.asked);
    let status = fault.stop();

    let healed = now();
    network.enter(|| ask(web)).expect("it is over");
    let sidecar = client.lines_of(SIDECAR).between(fault.asked, healed);
    assert_eq!(ended(&sidecar, &Failure::Reset), 1, "the sidecar's own");
    assert_eq!(ended(&sidecar, &Failure::Refused), REQUESTS);
    let (counters, told) = (status.totals.counters, status.totals.connections_reset);
    assert_eq!(counters.idle_reset, 1, "{status:#?}");
    assert_eq!(counters.refused, REQUESTS as u64, "{status:#?}");
    // An account may tell one fewer.
    let cut = 1 + REQUESTS as u64;
    assert!((cut - 1..=cut).contains(&told), "{cut}: {status:#?}");
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
    let exactly = all_dropped(seen);
    drop(capture);
    assert_eq!(status.totals.counters, exactly);
    is_whole(&client, "other", fault.asked);
    untouched.assert();
}

/// A pod whose sidecar has all connections of the others, and the server of one of the Services that
/// they lead to.
fn scene(town: &Town) -> (Pod, Pod) {
    town.start(["web", "other"].map(Workload::web));
    let place = |name| SocketAddr::new(town.addresses(name)[0], 80);
    // Nothing else leads to the first one, so that all that is counted there is known.
    let held = format!("tcp-hold --server {}", place("web"));
    let client = client(&[("other", place("other"))]).with_witness("held-web", &held);
    town.start([client.with_sidecar(SIDECAR)]);
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
fn ended(lines: &Lines, wanted: &Failure) -> usize {
    let ends = lines.ends().into_iter();
    ends.filter(|(_, (_, how))| how == wanted).count()
}

/// One request on a connection of its own.
fn ask(server: SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect(server)?;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: web\r\n\r\n")?;
    stream.read_exact(&mut [0; 12])
}
