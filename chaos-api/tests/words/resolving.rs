//! A fault's words and its form for this machine.

use chaos_api::{Choice, FaultSpec, NetworkFault, NetworkFaultSpec};

fn spec(words: &str) -> NetworkFaultSpec {
    let yaml = format!("{{faults: {{reset: {{}}}}, duration: 5s, {words}}}");
    serde_saphyr::from_str(&yaml).unwrap()
}

#[test]
fn words_without_pods_are_a_fault_for_this_machine() {
    let words = spec(
        "traffic: {peers: [{ipBlock: {cidr: 10.0.0.0/8}, ports: [{port: 1, endPort: 9}]}]}, seed: 3",
    );
    let local: FaultSpec = words.local().unwrap();
    assert_eq!(local.validate(), Ok(()));
    assert_eq!(NetworkFaultSpec::from(local), words);
}

#[test]
fn every_word_for_clusters_is_refused_on_this_machine() {
    let words = spec(
        "selector: {matchLabels: {a: b}}, mode: Fixed, value: \"1\", dynamic: true, atomic: true, \
         startBefore: 2100-01-01T00:00:00Z, enforcement: Preview, probes: Include, stopped: true, \
         traffic: {peers: [{service: {name: a}}, {podSelector: {}, namespaceSelector: {}}, \
         {ports: [{port: http}]}]}",
    );
    let wrong = words.local().unwrap_err();
    let fields: Vec<_> = wrong.iter().map(|wrong| wrong.field.as_str()).collect();
    let expected = [
        "spec.selector",
        "spec.mode",
        "spec.value",
        "spec.startBefore",
        "spec.enforcement",
        "spec.probes",
        "spec.dynamic",
        "spec.atomic",
        "spec.stopped",
        "spec.traffic.peers[0].service",
        "spec.traffic.peers[1].podSelector",
        "spec.traffic.peers[1].namespaceSelector",
        "spec.traffic.peers[2].ports[0].port",
    ];
    assert_eq!(fields, expected);
}

#[test]
fn mode_and_value_are_one_choice() {
    let choice = |words: &str| spec(words).choice().map_err(|wrong| wrong.to_string());
    let share = |text: &str| text.parse().unwrap();
    assert_eq!(choice("mode: All"), Ok(Choice::All));
    assert_eq!(choice("mode: One"), Ok(Choice::Fixed(1)));
    assert_eq!(choice("mode: Fixed, value: \"3\""), Ok(Choice::Fixed(3)));
    let percent = choice("mode: FixedPercent, value: 12.5%");
    assert_eq!(percent, Ok(Choice::Share(share("12.5%"))));
    let most = choice("mode: RandomMaxPercent, value: 100%");
    assert_eq!(most, Ok(Choice::UpTo(share("100%"))));
    for value in [
        "\"\"",
        "\"-1\"",
        "\"+1\"",
        "\"1.5\"",
        "\"99999999999\"",
        "50%",
    ] {
        let line = choice(&format!("mode: Fixed, value: {value}")).unwrap_err();
        assert_eq!(line, "spec.value: mode Fixed needs a number, as in \"2\"");
    }
    for value in ["\"\"", "\"0.5\"", "0%", "101%", "half"] {
        let line = choice(&format!("mode: FixedPercent, value: {value}")).unwrap_err();
        assert_eq!(line, "spec.value: this mode needs a share, as in \"30%\"");
    }
}

#[test]
fn a_file_for_a_cluster_is_one_of_ours_and_says_what_kind_it_is() {
    let text = include_str!("../../../examples/cluster/cut-nats.yaml");
    let fault = NetworkFault::from_cluster_yaml(text).unwrap();
    assert_eq!(fault.metadata.namespace.as_deref(), Some("orders"));
    let other = text.replace("kind: NetworkFault", "kind: NetworkChaos");
    let line = NetworkFault::from_cluster_yaml(&other)
        .unwrap_err()
        .to_string();
    let expected = "kind: \"NetworkChaos\" is not known to this version; write \"NetworkFault\"";
    assert_eq!(line, expected);
    let typo = text.replace("spec:", "sepc:");
    assert!(NetworkFault::from_cluster_yaml(&typo).is_err());
}
