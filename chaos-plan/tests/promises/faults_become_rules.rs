//! Which rules faults become, and when they do not fit.

use chaos_abi::{Action, CERTAIN, MAX_RULES};
use chaos_api::{Block, Direction, NetworkFault, Protocol};
use chaos_plan::{Fault, PacketWords, PlannedRule, Spare, Table, lower, matches};

/// The fault in a file, as a holder that began at boot has it.
pub(crate) fn read(yaml: &str) -> Fault {
    let fault = NetworkFault::from_yaml(yaml).unwrap();
    Fault {
        name: fault.metadata.name,
        deadline: fault.spec.duration.as_nanos(),
        seed: fault.spec.seed.unwrap_or(7),
        spec: fault.spec,
        spare: Spare::default(),
    }
}

/// A fault with this traffic and these blocks, in YAML's flow form.
fn fault(name: &str, traffic: &str, faults: &str) -> Fault {
    read(&format!(
        "{{apiVersion: netfault.dev/v1alpha1, kind: NetworkFault, metadata: {{name: {name}}}, \
         spec: {{traffic: {{{traffic}}}, faults: {{{faults}}}, duration: 1s}}}}"
    ))
}

fn rules(fault: &Fault) -> Vec<PlannedRule> {
    let table = lower(&Table::default(), std::slice::from_ref(fault)).unwrap();
    table.rules().map(|(_, planned)| planned.clone()).collect()
}

#[test]
fn peers_with_the_same_ports_share_one_rule() {
    let traffic = "peers: [{ipBlock: {cidr: 10.0.0.0/8}, ports: [{port: 1}, {port: 2}]}, \
                   {ipBlock: {cidr: fd00::/8}, ports: [{port: 2}, {port: 1}]}, \
                   {ipBlock: {cidr: 10.0.0.0/8}}, {ports: [{port: 53, protocol: UDP}]}]";
    let lines = rules(&fault("a", traffic, "blackhole: {}")).into_iter();
    let lines: Vec<String> = lines
        .map(|rule| format!("{}: {}", rule.id, rule.matching))
        .collect();
    let expected = [
        "a/blackhole/0: TCP and UDP, peer 10.0.0.0/8 or fd00::/8, peer port 1 or 2",
        "a/blackhole/1: any protocol, peer 10.0.0.0/8",
        "a/blackhole/2: UDP, peer port 53",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_peer_anywhere_widens_the_rule_it_shares() {
    let traffic =
        "peers: [{ipBlock: {cidr: 10.0.0.0/8}, ports: [{port: 1}]}, {ports: [{port: 1}]}]";
    let rules = rules(&fault("a", traffic, "blackhole: {}"));
    assert_eq!(rules[0].matching.peers, []);
    assert_eq!(rules.len(), 1);
}

#[test]
fn reset_is_tcp_both_ways_whatever_the_other_block_matches() {
    let [blackhole, reset] = &rules(&fault("a", "", "blackhole: {}, reset: {}"))[..] else {
        panic!("two blocks are two rules");
    };
    assert_eq!(blackhole.matching.protocol, Protocol::Any);
    assert_eq!(reset.matching.protocol, Protocol::Tcp);
    assert_eq!(reset.matching.direction, Direction::Both);
    assert_eq!(blackhole.rule.action, Action::Blackhole.word());
    assert_eq!(
        (reset.id.block, reset.rule.action),
        (Some(Block::Reset), Action::Reset.word())
    );
}

#[test]
fn blocks_draw_independently_but_the_parts_of_one_draw_once() {
    let traffic = "peers: [{ipBlock: {cidr: 10.0.0.0/8}}, {ports: [{port: 1}]}]";
    let faults = "blackhole: {probability: 50%}, reset: {}";
    let rules = rules(&fault("a", traffic, faults));
    let numbers: Vec<_> = rules
        .iter()
        .map(|r| (r.rule.seed, r.rule.threshold))
        .collect();
    assert_eq!(numbers[0], numbers[1]);
    assert_eq!(numbers[2], numbers[3]);
    assert_ne!(numbers[0].0, numbers[2].0);
    assert_eq!((numbers[0].1, numbers[2].1), (1 << 31, CERTAIN));
}

#[test]
fn the_rules_of_a_block_share_its_numbers_and_an_edit_leaves_them() {
    let parts = |n: u16| {
        let ports: Vec<_> = (1..=n)
            .map(|port| format!("{{ports: [{{port: {port}}}]}}"))
            .collect();
        format!("peers: [{}]", ports.join(","))
    };
    let faults = |n| {
        let b = fault(
            "b",
            &parts(n),
            "blackhole: {probability: 50%}, reset: {probability: 5%}",
        );
        [fault("a", "", "loss: {loss: 2%}"), b]
    };
    let owners = |table: &Table| {
        let rules = table.rules();
        let owner = |(_, rule): (u16, &PlannedRule)| (rule.id.clone(), rule.rule.block);
        rules.map(owner).collect::<Vec<_>>()
    };
    let first = lower(&Table::default(), &faults(2)).unwrap();
    let edited = lower(&first, &faults(3)).unwrap();
    let before = owners(&first);
    assert_eq!(
        before.iter().map(|(_, block)| *block).collect::<Vec<_>>(),
        [0, 1, 1, 3, 3]
    );
    let after = owners(&edited);
    assert!(before.iter().all(|rule| after.contains(rule)), "{after:?}");
    let third = after.iter().filter(|(id, _)| id.part == 2);
    assert_eq!(third.map(|(_, block)| *block).collect::<Vec<_>>(), [1, 3]);
}

#[test]
fn loss_leaves_the_target_unless_a_direction_is_named() {
    let of = |traffic: &str| rules(&fault("a", traffic, "loss: {loss: 2%}"))[0].clone();
    assert_eq!(of("").matching.direction, Direction::Egress);
    assert_eq!(of("direction: Both").matching.direction, Direction::Both);
    assert_eq!(of("protocol: UDP").matching.protocol, Protocol::Udp);
    assert_eq!(of("").rule.action, Action::Loss.word());
    assert!(of("").needs_numbers());
}

#[test]
fn only_shares_need_numbers() {
    let needs = |words: &str| {
        let yaml = format!(
            "{{apiVersion: netfault.dev/v1alpha1, kind: NetworkFault, metadata: {{name: a}}, \
             spec: {{duration: 1s, {words}}}}}"
        );
        let table = lower(&Table::default(), &[read(&yaml)]).unwrap();
        table.image().numbers
    };
    assert!(!needs(
        "faults: {reset: {}, blackhole: {probability: 100%}}"
    ));
    assert!(!needs("faults: {loss: {loss: 100%}}"));
    assert!(!needs("draw: Flow, faults: {reset: {probability: 5%}}"));
    assert!(needs("faults: {reset: {probability: 5%}}"));
    assert!(needs("draw: Flow, faults: {loss: {loss: 5%}}"));
}

#[test]
fn a_connection_of_a_mapped_socket_counts_as_ipv4() {
    let rules = rules(&fault(
        "a",
        "peers: [{ipBlock: {cidr: 10.0.0.0/8}}]",
        "reset: {}",
    ));
    let (tcp, egress) = (chaos_abi::Protocol::Tcp, chaos_abi::Direction::Egress);
    let hit = |peer: &str| {
        let local = "[::ffff:10.0.0.9]:1".parse().unwrap();
        matches(
            &rules[0].matching,
            local,
            peer.parse().unwrap(),
            tcp,
            egress,
        )
    };
    assert!(hit("10.1.2.3:4222"));
    assert!(hit("[::ffff:10.1.2.3]:4222"));
    assert!(!hit("[fd00::1]:4222"));
    assert!(!hit("11.0.0.1:4222"));
}

#[test]
fn a_rule_keeps_its_slot_and_a_new_one_waits_for_a_slot_free_in_both() {
    let [a, b, c] = ["a", "b", "c"].map(|name| fault(name, "", "reset: {}"));
    let first = lower(&Table::default(), &[a, b.clone()]).unwrap();
    let second = lower(&first, &[c.clone(), b.clone()]).unwrap();
    let slots = |table: &Table| -> Vec<_> {
        table
            .rules()
            .map(|(slot, planned)| (slot, planned.id.fault.clone()))
            .collect()
    };
    assert_eq!(slots(&second), [(1, "b".into()), (2, "c".into())]);
    let third = lower(&second, &[c, b, fault("d", "", "reset: {}")]).unwrap();
    assert_eq!(slots(&third)[0], (0, "d".into()));
}

fn refusal(faults: &[Fault]) -> String {
    lower(&Table::default(), faults).unwrap_err().to_string()
}

#[test]
fn two_faults_of_one_name_are_refused() {
    let twice = [fault("a", "", "reset: {}"), fault("a", "", "blackhole: {}")];
    let expected = "two faults are named \"a\"; names are unique within one target";
    assert_eq!(refusal(&twice), expected);
}

#[test]
fn too_many_rules_are_refused() {
    let plain = |n: usize| fault(&format!("f{n}"), "", "reset: {}");
    let faults: Vec<Fault> = (0..=MAX_RULES).map(plain).collect();
    let expected = "f1024/reset/0: no slot is free; one target holds at most 1024 rules";
    assert_eq!(refusal(&faults), expected);
    assert!(lower(&Table::default(), &faults[..MAX_RULES]).is_ok());
}

#[test]
fn too_many_address_ranges_are_refused() {
    let ranges = |n: usize| {
        let holes: Vec<String> = (0..64).map(|hole| format!("10.{n}.{hole}.0/24")).collect();
        let holes = holes.join(",");
        let peer = format!("{{ipBlock: {{cidr: 10.{n}.0.0/16, except: [{holes}]}}}}");
        fault(&format!("f{n}"), &format!("peers: [{peer}]"), "reset: {}")
    };
    let faults: Vec<Fault> = (0..63).map(ranges).collect();
    let expected = "the faults name 4097 address ranges; one target holds at most 4096";
    assert_eq!(refusal(&faults), expected);
    assert!(lower(&Table::default(), &faults[..62]).is_ok());
}

fn sparing(mut fault: Fault, ports: &[u16], sources: &[&str]) -> Fault {
    fault.spare = Spare {
        ports: ports.to_vec(),
        sources: sources.iter().map(|s| s.parse().unwrap()).collect(),
    };
    fault
}

#[test]
fn what_a_fault_spares_is_one_more_rule_without_an_action() {
    let both = fault("a", "", "blackhole: {}, reset: {}");
    let sources = ["::ffff:10.0.0.1", "fd00::1", "10.0.0.1"];
    let rules = rules(&sparing(both, &[9000, 8080, 9000], &sources));
    let last = rules.last().unwrap();
    assert_eq!(
        format!("{}: {}", last.id, last.matching),
        "a/spare/0: TCP, local port 8080 or 9000, peer 10.0.0.1/32 or fd00::1/128"
    );
    assert_eq!((rules.len(), last.rule.action), (3, 0));
    let spared: Vec<_> = rules.iter().map(PlannedRule::spared_by).collect();
    assert_eq!(spared, [Some(2), Some(2), None]);
}

#[test]
fn nothing_is_spared_without_ports_without_sources_or_where_no_tcp_is_met() {
    let udp = "protocol: UDP";
    for (traffic, ports, sources) in [
        ("", &[][..], &["10.0.0.1"][..]),
        ("", &[8080], &[]),
        (udp, &[8080], &["10.0.0.1"]),
    ] {
        let fault = fault("a", traffic, "blackhole: {}");
        assert_eq!(rules(&sparing(fault, ports, sources)).len(), 1);
    }
}

#[test]
fn a_fault_spares_connections_from_its_own_rules_and_both_ways() {
    let a = sparing(
        fault("a", "", "blackhole: {}, reset: {}"),
        &[8080],
        &["10.0.0.1"],
    );
    let table = lower(&Table::default(), &[a, fault("b", "", "reset: {}")]).unwrap();
    let (tcp, udp) = (chaos_abi::Protocol::Tcp, chaos_abi::Protocol::Udp);
    let acting = |peer: &str, protocol, way| {
        let local = "10.9.9.9:8080".parse().unwrap();
        let packet = PacketWords::of(local, peer.parse().unwrap(), protocol, way);
        table.acting(&packet).iter().collect::<Vec<_>>()
    };
    for way in [chaos_abi::Direction::Ingress, chaos_abi::Direction::Egress] {
        assert_eq!(acting("10.0.0.1:5", tcp, way), &[3]);
        assert_eq!(acting("[::ffff:10.0.0.1]:5", tcp, way), &[3]);
        assert_eq!(acting("10.0.0.2:5", tcp, way), &[0, 1, 3]);
        assert_eq!(acting("10.0.0.1:5", udp, way), &[0]);
    }
}
