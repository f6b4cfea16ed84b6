//! What the promises here share: witnesses in one pod, and what they must have seen.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use chaos_api::NetworkFaultStatus;
use chaos_tests::cluster::{Pod, Town, Workload};
use chaos_witness::{Failure, now};

/// How long things may take on a busy machine.
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// How many requests tell how it is.
pub(crate) const REQUESTS: usize = 5;

/// A client with one idle connection and new ones to each of these places, as the containers
/// `held-LABEL` and `new-LABEL`.
pub(crate) fn client(places: &[(&str, SocketAddr)]) -> Workload {
    let each = |client: Workload, (label, place): &(&str, SocketAddr)| {
        client
            .with_witness(
                &format!("held-{label}"),
                &format!("tcp-hold --server {place}"),
            )
            .with_witness(
                &format!("new-{label}"),
                &format!("http-poll --server {place}"),
            )
    };
    places.iter().fold(Workload::new("client"), each)
}

/// The address of the wanted family.
pub(crate) fn of_family(addresses: &[IpAddr], is_v4: bool) -> IpAddr {
    let mut found = addresses.iter().filter(|one| one.is_ipv4() == is_v4);
    *found.next().expect("it has an address of each family")
}

/// Waits until all idle connections are there.
#[track_caller]
pub(crate) fn await_held(client: &Pod, labels: &[&str]) {
    for label in labels {
        let container = format!("held-{label}");
        client.await_lines(&container, "a connection", SOON, |lines| {
            (lines.open().len() == 1).then_some(())
        });
    }
}

/// What a fault by these words does while it is in force, and after: the connections to the places of
/// `cut` are reset and refused, then work again, and are in its account; those to `whole` notice nothing.
#[track_caller]
pub(crate) fn cuts(
    town: &Town,
    client: &Pod,
    words: &str,
    cut: &[&str],
    whole: &[&str],
) -> NetworkFaultStatus {
    let fault = town.inject(words);
    for label in cut {
        is_cut(client, label, fault.asked, fault.in_force);
    }
    for label in whole {
        is_whole(client, label, fault.asked);
    }
    let status = fault.stop();
    let healed = now();
    for label in cut {
        is_healed(client, label, healed);
    }
    is_counted(client, cut, fault.asked, &status);
    status
}

/// The idle connection has been reset since then, and every request since `in_force` was refused.
#[track_caller]
fn is_cut(client: &Pod, label: &str, asked: u64, in_force: u64) {
    let ends = client.await_lines(&format!("held-{label}"), "its end", SOON, |lines| {
        Some(lines.from(asked).ends()).filter(|ends| !ends.is_empty())
    });
    let how: Vec<_> = ends.into_iter().map(|(_, (_, how))| how).collect();
    assert_eq!(how, [Failure::Reset], "the idle connection to {label}");
    let lines = client.await_lines(&format!("new-{label}"), "requests", SOON, |lines| {
        Some(lines.from(in_force)).filter(|lines| lines.polls().len() >= REQUESTS)
    });
    let failures = lines.failures();
    assert_eq!(failures.len(), lines.polls().len(), "answers from {label}");
    let refused = failures.iter().all(|(_, how)| *how == Failure::Refused);
    assert!(refused, "{label}: {failures:?}");
}

/// The account has the connections that were cut since then, none twice: an idle one to each of these
/// places, and each request that failed. One of each place may have been closing, which nobody saw;
/// and an account may tell one fewer.
#[track_caller]
fn is_counted(client: &Pod, labels: &[&str], asked: u64, status: &NetworkFaultStatus) {
    let requests = labels.iter().map(|label| {
        let lines = client.lines_of(&format!("new-{label}"));
        lines.from(asked).failures().len()
    });
    let (held, failed) = (labels.len() as u64, requests.sum::<usize>() as u64);
    let (counters, told) = (status.totals.counters, status.totals.connections_reset);
    let cut = held + failed;
    assert!((cut - 1..=cut + held).contains(&told), "{cut}: {status:#?}");
    assert!(counters.idle_reset >= held, "{held}: {status:#?}");
    assert!(counters.refused <= failed, "{failed}: {status:#?}");
}

/// The idle connection is still there, and no request to there has ever failed.
#[track_caller]
pub(crate) fn is_whole(client: &Pod, label: &str, since: u64) {
    let lines = client.await_lines(&format!("new-{label}"), "requests", SOON, |lines| {
        (lines.from(since).polls().len() >= REQUESTS).then(|| lines.clone())
    });
    assert_eq!(lines.from(since).failures(), [], "requests to {label}");
    let held = client.lines_of(&format!("held-{label}"));
    assert_eq!(held.open().len(), 1, "the idle connection to {label}");
}

/// Requests are answered from then on.
#[track_caller]
pub(crate) fn is_healed(client: &Pod, label: &str, since: u64) {
    let lines = client.await_lines(&format!("new-{label}"), "answers", SOON, |lines| {
        Some(lines.from(since)).filter(|lines| lines.polls().len() >= REQUESTS)
    });
    assert_eq!(lines.failures(), [], "requests to {label} after the fault");
}
