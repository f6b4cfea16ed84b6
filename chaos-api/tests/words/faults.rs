//! The fault words of the command line.

use chaos_api::{Block, Faults, GrammarError, LocalFault, NetworkFault, RejectWith};

fn read(line: &str) -> Result<Faults, GrammarError> {
    let words: Vec<String> = line.split(' ').map(Into::into).collect();
    from_words(&words)
}

fn from_words(words: &[String]) -> Result<Faults, GrammarError> {
    Faults::from_words(words, &|file| panic!("no word names {file}"))
}

fn blocks(line: &str) -> Vec<(Block, Option<String>)> {
    let blocks = read(line).unwrap().blocks();
    blocks
        .map(|(block, share)| (block, share.map(|share| share.to_string())))
        .collect()
}

#[test]
fn a_fault_takes_a_share_of_connections_or_none() {
    assert_eq!(blocks("reset"), [(Block::Reset, None)]);
    assert_eq!(blocks("reset 50%"), [(Block::Reset, Some("50%".into()))]);
    assert_eq!(blocks("reset 50% per connection"), blocks("reset 50%"));
    assert_eq!(blocks("reset per connection"), blocks("reset"));
    assert_eq!(
        blocks("blackhole 12.5%"),
        [(Block::Blackhole, Some("12.5%".into()))]
    );
}

#[test]
fn a_reject_names_its_answer_or_takes_the_usual_one() {
    let with = |line| read(line).unwrap().reject.unwrap().with;
    assert_eq!(with("reject"), RejectWith::IcmpPort);
    assert_eq!(with("reject tcp-reset"), RejectWith::TcpReset);
    assert_eq!(
        with("reject icmp-admin 50% per connection"),
        RejectWith::IcmpAdmin
    );
    let half = blocks("reject icmp-host 50%");
    assert_eq!(half, [(Block::Reject, Some("50%".into()))]);
    assert_eq!(
        read("reject 50%").unwrap().words(),
        ["reject icmp-port 50%"]
    );
    for with in RejectWith::ALL {
        let line = format!("reject {with} 12.5% reset");
        let faults = read(&line).unwrap();
        assert_eq!(faults.words(), [&line[..line.len() - 6], "reset"]);
        assert_eq!(from_words(&faults.words()), Ok(faults));
    }
}

#[test]
fn several_faults_compose_in_any_order_and_survive_being_written() {
    let both = read("reset 50% per connection blackhole").unwrap();
    assert_eq!(read("blackhole reset 50%"), Ok(both.clone()));
    assert_eq!(both.words(), ["blackhole", "reset 50%"]);
    assert_eq!(from_words(&both.words()), Ok(both));
}

#[test]
fn a_refused_word_is_one_line_with_its_fix() {
    let has = "this version has blackhole, corrupt, delay, duplicate, loss, rate, reject, reorder and reset";
    let cases = [
        ("", format!("no fault is named; {has}")),
        (
            "stall 1s",
            format!("\"stall\" is not in this version; {has}"),
        ),
        (
            "half-open",
            format!("\"half-open\" is not in this version; {has}"),
        ),
        (
            "halfOpen",
            format!("\"halfOpen\" is not in this version; {has}"),
        ),
        (
            "rset",
            "\"rset\" is not a fault; did you mean reset?".into(),
        ),
        (
            "Reset",
            "\"Reset\" is not a fault; did you mean reset?".into(),
        ),
        (
            "blakchole",
            "\"blakchole\" is not a fault; did you mean blackhole?".into(),
        ),
        ("fire", format!("\"fire\" is not a fault; {has}")),
        (
            "reset reset",
            "\"reset\" is named twice; name it once".into(),
        ),
        (
            "reset 0.5",
            "reset: \"0.5\" is ambiguous; write \"0.5%\" or \"50%\"".into(),
        ),
        (
            "reset 50% 25%",
            "reset: does not take \"25%\"; write it as in \"reset 50% per connection\"".into(),
        ),
        (
            "loss 1% loss 2%",
            "\"loss\" is named twice; name it once".into(),
        ),
        (
            "blackhole 50% per packet",
            "blackhole: does not take \"per packet\"; \
             write it as in \"blackhole 50% per connection\""
                .into(),
        ),
        (
            "reject icmp-net",
            "reject: \"icmp-net\" is not an answer; \
             write tcp-reset, icmp-port, icmp-host or icmp-admin"
                .into(),
        ),
        (
            "reject icmp-host 50% per packet",
            "reject: does not take \"per packet\"; \
             write it as in \"reject icmp-host 50% per connection\""
                .into(),
        ),
        (
            "reset icmp-host",
            format!("\"icmp-host\" is not a fault; {has}"),
        ),
    ];
    for (line, expected) in cases {
        assert_eq!(read(line).unwrap_err().to_string(), expected, "{line}");
    }
}

#[test]
fn a_name_is_safe_in_a_path() {
    let spec = NetworkFault::from_yaml(include_str!("../../../examples/reset.yaml"))
        .unwrap()
        .spec;
    for name in ["", "..", "a/b", "Cut", "-a", "a-", "a.b", &"a".repeat(64)] {
        assert!(
            LocalFault::new(name, spec.clone()).validate().is_err(),
            "{name}"
        );
    }
    assert_eq!(LocalFault::new("cut-nats-2", spec).validate(), Ok(()));
}
