//! A delay line whose device somebody removed: its fault goes on with another one, and says so.

use std::time::Duration;

use chaos_tests::bed::netfault::total;
use chaos_tests::bed::tcp::Wire;
use chaos_tests::bed::{Netfault, Pair, UdpPath, Unchanged, eventually};
use chaos_tests::promises;

promises! { [Netfault]
    and_its_fault_says_so
}

const LIMIT: Duration = Duration::from_secs(10);

fn and_its_fault_says_so() {
    let pair = Pair::new();
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    let path = UdpPath::open(&pair.client, &pair.server, Wire::V4);
    let netfault = Netfault::new();
    let fault = netfault.inject(&pair.client, "delay 2s --proto udp --for 60s");
    arrive_late(&path);
    path.send(20).expect("sendto never fails");
    remove_device(&pair);
    let told = eventually("the receipt tells it", LIMIT, || {
        let warnings = fault.status().warnings.into_iter();
        warnings
            .into_iter()
            .find(|line| line.starts_with("the delay line stopped"))
    });
    assert!(told.ends_with("20 that it held are lost"), "{told}");
    arrive_late(&path);
    let status = netfault.call(&format!("status {}", fault.name()));
    assert!(format!("{status:?}").contains(&told), "{status:?}");
    let receipt = fault.stop();
    let counted = total(&receipt);
    assert_eq!(
        (counted.delayed, counted.overflowed),
        (40, 0),
        "{receipt:?}"
    );
    unchanged.assert();
}

/// Ten datagrams arrive, and not at once.
#[track_caller]
fn arrive_late(path: &UdpPath) {
    path.send(10).expect("sendto never fails");
    assert_eq!(path.arrivals(), 0, "they are held");
    path.await_first(LIMIT);
    assert_eq!(path.arrivals(), 9);
}

fn remove_device(pair: &Pair) {
    let links = pair.client.ip(&["-o", "link"]);
    let names = links.lines().filter_map(|line| line.split(": ").nth(1));
    let mut devices = names.filter(|name| name.starts_with("veth"));
    let device = devices.next().expect("the line has a device");
    pair.client.ip(&["link", "delete", device]);
}
