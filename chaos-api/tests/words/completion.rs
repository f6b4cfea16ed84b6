//! What may come next after words that are complete.

use chaos_api::{Block, Faults, Offer};

/// The words that are offered, without those of other faults; a file is `FILE`.
fn offered(line: &str) -> Vec<&'static str> {
    let offers = Faults::offers(&[line.to_owned()]).into_iter();
    let words = offers.map(|offer| match offer {
        Offer::Word(word, about) => {
            assert!(!about.is_empty(), "{word} says what it is");
            word
        }
        Offer::File => "FILE",
    });
    let is_block = |word: &str| Block::ALL.iter().any(|block| block.as_str() == word);
    words.filter(|word| !is_block(word)).collect()
}

#[test]
fn each_place_offers_what_may_stand_there() {
    for (line, expected) in [
        ("delay", &["100ms"][..]),
        (
            "delay 100ms",
            &["10ms", "distribution", "apply", "stage", "probability"],
        ),
        (
            "delay 100ms 10ms",
            &["25%", "distribution", "apply", "stage", "probability"],
        ),
        (
            "delay 1s 1ms 25%",
            &["distribution", "apply", "stage", "probability"],
        ),
        (
            "delay 100ms 10ms distribution",
            &["uniform", "normal", "pareto", "paretonormal", "table"],
        ),
        ("delay 1s 1ms distribution table", &["FILE"]),
        (
            "delay 1s 1ms distribution normal",
            &["apply", "stage", "probability"],
        ),
        (
            "delay 1s 1ms distribution table a.dist",
            &["apply", "stage", "probability"],
        ),
        ("delay 100ms apply", &["packet", "payload"]),
        ("delay 100ms stage", &["any", "syn"]),
        ("delay 100ms probability", &["50%"]),
        ("loss", &["gemodel", "nth", "random", "2%"]),
        ("loss 2%", &["25%", "per"]),
        ("loss 2% per", &["packet", "connection"]),
        ("loss nth", &["100"]),
        ("loss gemodel", &["2%"]),
        ("loss gemodel 2%", &["20%"]),
        ("loss gemodel 2% 20% 100% 0%", &[]),
        ("duplicate 1%", &["25%"]),
        ("corrupt", &["0.1%"]),
        ("reorder 25%", &["25%", "gap"]),
        ("reorder 25% gap", &["5"]),
        ("rate", &["20mbit"]),
        ("rate 20mbit", &["burst", "limit", "per"]),
        ("rate 20mbit burst 32kb", &["limit", "per"]),
        ("rate 20mbit limit", &["1mb"]),
        ("rate 20mbit per", &["pod", "flow"]),
        ("reset", &["50%"]),
        ("reset 50%", &["per"]),
        ("blackhole 50% per", &["connection"]),
        (
            "reject",
            &["tcp-reset", "icmp-port", "icmp-host", "icmp-admin", "50%"],
        ),
        ("reject icmp-host", &["50%"]),
    ] {
        assert_eq!(offered(line), expected, "{line}");
    }
}

#[test]
fn where_a_fault_may_end_the_others_are_offered() {
    let faults = |line: &str| {
        let offers = Faults::offers(&[line.to_owned()]).into_iter();
        let words = offers.filter_map(|offer| match offer {
            Offer::Word(word, _) => Block::from_word(word).ok(),
            Offer::File => None,
        });
        words.collect::<Vec<_>>()
    };
    assert_eq!(faults(""), Block::ALL);
    let mut others = Block::ALL.to_vec();
    others.retain(|block| ![Block::Delay, Block::Rate].contains(block));
    assert_eq!(faults("delay 1s rate 20mbit"), others);
    assert_eq!(faults("delay"), [], "it lacks its time");
}

#[test]
fn words_that_make_no_sense_lead_nowhere() {
    for line in [
        "resett",
        "delay 100",
        "delay 1s 1s 1% 1%",
        "loss 2% per pid",
        "delay 1s delay 1s",
    ] {
        assert_eq!(Faults::offers(&[line.to_owned()]), [], "{line}");
    }
}

#[test]
fn what_is_offered_is_taken() {
    let mut lines = vec![String::new()];
    for _ in 0..3 {
        let next = |line: &String| {
            let offers = Faults::offers(std::slice::from_ref(line)).into_iter();
            let words = offers.filter_map(|offer| match offer {
                Offer::Word(word, _) => Some(format!("{line} {word}")),
                Offer::File => None,
            });
            words.collect::<Vec<_>>()
        };
        lines = lines.iter().flat_map(next).collect();
        for line in lines.iter().map(std::slice::from_ref) {
            let ends_well = Faults::from_words(line, &|_| Ok("1".into())).is_ok();
            let goes_on = !Faults::offers(line).is_empty();
            assert!(ends_well || goes_on, "{line:?}");
        }
    }
    assert!(lines.len() > 200, "{}", lines.len());
}
