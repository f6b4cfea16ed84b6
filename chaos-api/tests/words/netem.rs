//! netem's faults in netem's words: they are read, bounded, and survive being written.

use std::io;

use chaos_api::{Distribution, Draw, FaultSpec, Faults, NetworkFault, Span, Traffic};
use proptest::prelude::*;

fn read(line: &str) -> Result<Faults, String> {
    Faults::from_words(&[line.to_owned()], &file).map_err(|error| error.to_string())
}

/// The files that words name here.
fn file(name: &str) -> io::Result<String> {
    match name {
        "/tmp/two.dist" => Ok("# Two values.\n -8192\t8192\n# And no more.\n".into()),
        "wide.dist" => Ok("# As wide as it can be.\n-32768 32767\n32768\n".into()),
        "words.dist" => Ok("12\n\n1.5\n".into()),
        "long.dist" => Ok("1 ".repeat(4097)),
        "empty.dist" => Ok("# Nothing.\n".into()),
        _ => Err(io::ErrorKind::NotFound.into()),
    }
}

/// What a spec with these faults, and nothing else, has against it.
fn wrong(line: &str) -> Vec<String> {
    let spec = FaultSpec {
        traffic: Traffic::default(),
        faults: read(line).unwrap(),
        duration: Span::from_secs(30),
        seed: None,
        draw: Draw::default(),
    };
    let wrong = spec.validate().err().unwrap_or_default();
    wrong.iter().map(ToString::to_string).collect()
}

#[test]
fn what_netem_takes_is_taken_and_written_in_the_same_words() {
    for line in [
        "delay 100ms",
        "delay 100ms 10ms",
        "delay 100ms 10ms 25% distribution normal",
        "delay 250ms apply payload",
        "delay 1s stage syn",
        "delay 15s probability 50%",
        "loss 0.3% 25%",
        "loss gemodel 2%",
        "loss gemodel 2% 20%",
        "loss gemodel 2% 20% 90% 1%",
        "loss nth 100",
        "loss 30% per connection",
        "duplicate 1% 25%",
        "corrupt 0.1%",
        "rate 20mbit",
        "rate 20mbps burst 32kb limit 1mb per flow",
    ] {
        let faults = read(line).unwrap();
        assert_eq!(faults.words(), [line]);
        assert_eq!(wrong(line), [""; 0], "{line}");
    }
    let words = read("reorder 25% 50% gap 5 delay 10ms").unwrap().words();
    assert_eq!(words, ["delay 10ms", "reorder 25% 50% gap 5"]);
    assert_eq!(read("loss random 2%"), read("loss 2% per packet"));
    let all = "delay 1s 1ms loss 2% duplicate 1% corrupt 1% reorder 1% rate 1mbit reset";
    assert_eq!(read(all).unwrap().blocks().count(), 7);
}

#[test]
fn a_word_that_is_wrong_is_one_line_with_its_fix() {
    for (line, expected) in [
        (
            "delay",
            "delay: needs a time; write it as in \"delay 100ms 10ms 25% distribution normal\"",
        ),
        (
            "delay 100",
            "delay: \"100\" has no unit; write \"100s\" or \"100ms\"",
        ),
        (
            "delay 100ms 10",
            "delay: \"10\" has no unit; write \"10s\" or \"10ms\"",
        ),
        (
            "delay 100ms 10ms distribution table",
            "delay: distribution table needs a file, as in /usr/lib/tc/normal.dist",
        ),
        (
            "delay 100ms 10ms distribution gauss",
            "delay: distribution \"gauss\" is not allowed; write uniform, normal, pareto, \
             paretonormal or table",
        ),
        (
            "delay 100ms 10ms distribution table none.dist",
            "delay: none.dist: entity not found",
        ),
        (
            "delay 100ms 10ms distribution table wide.dist",
            "delay: wide.dist: line 3: \"32768\" is not allowed; write -32768 to 32767",
        ),
        (
            "delay 100ms 10ms distribution table words.dist",
            "delay: words.dist: line 3: \"1.5\" is not a number",
        ),
        (
            "delay 1s stage ack",
            "delay: stage \"ack\" is not allowed; write any or syn",
        ),
        (
            "delay 1s 1ms 1% 1%",
            "delay: does not take \"1%\"; write it as in \"delay 100ms 10ms 25% distribution normal\"",
        ),
        ("loss", "loss: needs a share; write it as in \"loss 2%\""),
        ("loss 2", "loss: \"2\" is ambiguous; write \"2%\""),
        (
            "loss nth",
            "loss: needs a number; write it as in \"loss 2%\"",
        ),
        (
            "loss state 1%",
            "loss: needs a share; write it as in \"loss 2%\"",
        ),
        (
            "loss 2% per pod",
            "loss: per \"pod\" is not allowed; write packet or connection",
        ),
        (
            "duplicate",
            "duplicate: needs a share; write it as in \"duplicate 1%\"",
        ),
        (
            "rate 20",
            "rate: \"20\" has no unit; write \"20mbit\" or \"20kbit\"",
        ),
        (
            "rate 1bit",
            "rate: \"1bit\" is not allowed; write 1kbit to 100gbit",
        ),
        (
            "rate 20miles",
            "rate: \"20miles\" is not a rate; write it as in \"20mbit\", or \"20mbps\" for megabytes",
        ),
        (
            "rate 1mbit burst 1b",
            "rate: \"1b\" is not allowed; write 2kb to 64mb",
        ),
        (
            "rate 1mbit per pid",
            "rate: per \"pid\" is not allowed; write pod or flow",
        ),
        (
            "delay 1s delay 2s",
            "\"delay\" is named twice; name it once",
        ),
    ] {
        assert_eq!(read(line).unwrap_err(), expected, "{line}");
    }
}

#[test]
fn a_table_is_read_from_the_file_that_the_words_name() {
    let line = "delay 60ms 40ms distribution table /tmp/two.dist apply payload";
    let faults = read(line).unwrap();
    assert_eq!(wrong(line), [""; 0]);
    let delay = faults.delay.as_ref().unwrap();
    assert_eq!(delay.distribution, Distribution::Table);
    assert_eq!(delay.table.as_ref().unwrap().numbers(), [-8192, 8192]);
    let written = "delay 60ms 40ms distribution table apply payload";
    assert_eq!(faults.words(), [written], "the file is not known any more");
    let json = serde_json::to_string(&faults).unwrap();
    assert!(json.contains("\"distribution\":\"Table\",\"table\":[-8192,8192]"));
    assert_eq!(serde_json::from_str::<Faults>(&json).unwrap(), faults);
}

#[test]
fn a_delay_has_bounds_and_half_a_millisecond_is_within() {
    for line in [
        "delay 0.5ms",
        "delay 0.25s",
        "delay 15s",
        "delay 60s",
        "delay 0.1ms",
        "delay 90ms 90ms",
    ] {
        assert_eq!(wrong(line), [""; 0], "{line}");
    }
    for (line, expected) in [
        (
            "delay 61s",
            "spec.faults.delay.latency: \"1m1s\" is not allowed; write 100us to 1m",
        ),
        (
            "delay 0.09ms",
            "spec.faults.delay.latency: \"90us\" is not allowed; write 100us to 1m",
        ),
        (
            "delay 1s 61s",
            "spec.faults.delay.jitter: \"1m1s\" is not allowed; write at most 1m",
        ),
        (
            "delay 1s 25%",
            "spec.faults.delay.correlation: \"25%\" is that of jitter; write jitter too, or remove it",
        ),
        (
            "delay 1s distribution normal",
            "spec.faults.delay.distribution: \"normal\" is that of jitter; write jitter too, or remove it",
        ),
        (
            "delay 1s distribution table /tmp/two.dist",
            "spec.faults.delay.distribution: \"table\" is that of jitter; write jitter too, or remove it",
        ),
        (
            "delay 1s 1ms distribution table long.dist",
            "spec.faults.delay.table: has 4097 numbers; write 1 to 4096",
        ),
        (
            "delay 1s 1ms distribution table empty.dist",
            "spec.faults.delay.table: has 0 numbers; write 1 to 4096",
        ),
        (
            "delay 1s apply payload stage syn",
            "spec.faults.delay.stage: does not go with apply: Payload, since a SYN has none; write one of them",
        ),
        (
            "reorder 25%",
            "spec.faults.reorder: needs a delay, which the packets that overtake do not have; write delay too",
        ),
        (
            "loss nth 0",
            "spec.faults.loss.nth: \"0\" is not allowed; write 1 to 1000000",
        ),
        (
            "loss nth 3 per connection",
            "spec.faults.loss.per: Connection goes with a share alone; write Packet or remove it",
        ),
        (
            "blackhole delay 1s",
            "spec.traffic.direction: is required: alone, blackhole is for both ways and netem's \
             faults for Egress; name one for all",
        ),
    ] {
        assert_eq!(wrong(line), [expected], "{line}");
    }
}

#[test]
fn rates_are_in_bits_or_bytes_as_tc_has_them() {
    let rate = |words: &str| read(words).unwrap().rate.unwrap().rate;
    assert_eq!(rate("rate 20mbit").bits(), 20_000_000);
    assert_eq!(rate("rate 20Mbit"), rate("rate 20mbit"));
    assert_eq!(rate("rate 20mbps").bits(), 160_000_000);
    assert_eq!(rate("rate 1.5gbit").to_string(), "1500mbit");
    assert_eq!(rate("rate 1mibit").bits(), 1 << 20);
    assert_eq!(rate("rate 100kbps").in_bits().to_string(), "800kbit");
}

fn share() -> impl Strategy<Value = String> {
    (0_u32..=100_000).prop_map(|parts| format!("{}%", f64::from(parts) / 1_000.0))
}

fn shares(word: &'static str) -> impl Strategy<Value = String> {
    let correlation = prop_oneof![
        Just(String::new()),
        share().prop_map(|share| format!(" {share}"))
    ];
    (share(), correlation).prop_map(move |(share, rest)| format!("{word} {share}{rest}"))
}

fn delay() -> impl Strategy<Value = String> {
    let jitter = (1_u64..60_000_000, share(), 0..4_usize).prop_map(|(micros, share, number)| {
        let form = ["uniform", "normal", "pareto", "paretonormal"][number];
        format!(" {micros}us {share} distribution {form}")
    });
    let jitter = prop_oneof![Just(String::new()), jitter];
    let rest = prop_oneof![
        Just(""),
        Just(" apply payload"),
        Just(" stage syn"),
        Just(" probability 5%")
    ];
    (100_u64..60_000_000, jitter, rest)
        .prop_map(|(micros, jitter, rest)| format!("delay {micros}us{jitter}{rest}"))
}

fn loss() -> impl Strategy<Value = String> {
    prop_oneof![
        shares("loss"),
        share().prop_map(|share| format!("loss {share} per connection")),
        (1_u32..1_000_000).prop_map(|nth| format!("loss nth {nth}")),
        prop::collection::vec(share(), 1..=4)
            .prop_map(|all| format!("loss gemodel {}", all.join(" "))),
    ]
}

fn rate() -> impl Strategy<Value = String> {
    let rate = (
        1_u32..10_000,
        prop_oneof![Just("kbit"), Just("mbit"), Just("kbps"), Just("kibit")],
    );
    let queue = prop_oneof![
        Just(String::new()),
        (2..60_000_u32).prop_map(|kb| format!(" burst {kb}kb limit {kb}kb"))
    ];
    (rate, queue, prop_oneof![Just(""), Just(" per flow")])
        .prop_map(|((number, unit), queue, per)| format!("rate {number}{unit}{queue}{per}"))
}

proptest! {
    #[test]
    fn words_become_faults_and_faults_the_same_words(
        delay in delay(),
        loss in loss(),
        duplicate in shares("duplicate"),
        corrupt in shares("corrupt"),
        reorder in shares("reorder"),
        rate in rate(),
    ) {
        let faults = read(&[delay, loss, duplicate, corrupt, reorder, rate].join(" ")).unwrap();
        prop_assert_eq!(read(&faults.words().join(" ")), Ok(faults.clone()));
        let json = serde_json::to_string(&faults).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Faults>(&json).unwrap(), &faults);
        let file = format!(
            "{{apiVersion: netfault.dev/v1alpha1, kind: NetworkFault, metadata: {{name: a}}, \
             spec: {{faults: {json}, duration: 1s}}}}"
        );
        prop_assert_eq!(NetworkFault::from_yaml(&file).unwrap().spec.faults, faults);
    }
}
