//! The bit sets of a table find exactly the rules whose words a packet satisfies.

use chaos_plan::{Fault, PacketWords, Table, lower};
use proptest::prelude::*;

use crate::kernel::{acting, select};
use crate::worlds::{faults, packets};

fn agree(faults: &[Fault], packets: &[PacketWords]) -> Result<(), TestCaseError> {
    let table = lower(&Table::default(), faults).unwrap();
    let image = table.image();
    for packet in packets {
        let (found, said) = (select(&image, packet), table.hits(packet));
        prop_assert_eq!(found, said, "{:?}\n{}", packet, chaos_plan::explain(&table));
        prop_assert_eq!(acting(&image, packet), table.acting(packet));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn whatever_the_faults_and_the_packets(faults in faults(), packets in packets()) {
        agree(&faults, &packets)?;
    }
}

#[test]
fn every_port_of_both_sides() {
    let yaml = include_str!("../../../examples/compose.yaml");
    let fault = crate::faults_become_rules::read(yaml);
    let packet = |ports| PacketWords {
        direction: chaos_abi::Direction::Ingress,
        protocol: chaos_abi::Protocol::Tcp,
        peer: "10.0.0.1".parse().unwrap(),
        ports: Some(ports),
        loopback: false,
        birth: chaos_abi::Birth::UNKNOWN,
    };
    let locals = (0..=u16::MAX).map(|port| packet((port, 1)));
    let peers = (0..=u16::MAX).map(|port| packet((8080, port)));
    agree(&[fault], &locals.chain(peers).collect::<Vec<_>>()).unwrap();
}
