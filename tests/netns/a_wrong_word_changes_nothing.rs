//! What cannot be done is refused in a line that names the word, before anything is touched.

use chaos_tests::bed::{Netfault, Pair, Unchanged};
use chaos_tests::promises;

promises! { [Netfault]
    on_the_command_line,
    when_the_target_is_the_machine_itself
}

/// What is written after `inject`, the exit code, and what the answer must name.
const WRONG: [(&str, i32, &str); 19] = [
    ("resett --for 30s", 2, "reset"),
    ("stall 100ms --for 30s", 2, "stall"),
    ("delay 61s --for 90s", 2, "100us to 1m"),
    ("delay 100 --for 30s", 2, "100ms"),
    ("delay 1s 1ms distribution table --for 30s", 2, "file"),
    (
        "delay 1s 1ms distribution table /none.dist --for 30s",
        2,
        "/none.dist",
    ),
    ("delay 1s stage syn --proto udp --for 30s", 2, "stage"),
    ("reorder 25% --for 30s", 2, "delay"),
    ("loss gemodel --for 30s", 2, "share"),
    ("rate 20 --for 30s", 2, "20mbit"),
    ("reset 150% --for 30s", 2, "150%"),
    ("reset 0.5 --for 30s", 2, "0.5"),
    ("reset", 2, "--for"),
    ("reset --for soon", 2, "soon"),
    ("reset --proto udp --for 30s", 2, "reset"),
    ("reset --direction egress --for 30s", 2, "direction"),
    ("reject icmp-net --for 30s", 2, "icmp-net"),
    ("reject tcp-reset --proto udp --for 30s", 2, "TcpReset"),
    ("reject --proto icmp --for 30s", 2, "ICMP"),
];

fn on_the_command_line() {
    let pair = Pair::new();
    let unchanged = Unchanged::watch([&pair.client]);
    let netfault = Netfault::new();
    for (words, code, named) in WRONG {
        let target = pair.client.path();
        let outcome = netfault.call(&format!("inject {words} --netns {}", target.display()));
        outcome.expect_code(code);
        assert!(
            outcome.stderr.contains(named),
            "{words}: {}",
            outcome.stderr
        );
        assert!(
            !outcome.stderr.contains("in force"),
            "{words}: {}",
            outcome.stderr
        );
    }
    assert!(netfault.list().is_empty());
    unchanged.assert();
}

/// Asked of `plan`, which changes nothing in any case.
fn when_the_target_is_the_machine_itself() {
    let netfault = Netfault::new();
    let outcome = netfault.call("plan reset --to 198.18.0.99:1 --for 1s --pid 1");
    assert!([1, 2].contains(&outcome.code), "{outcome:?}");
    assert!(outcome.stderr.contains("namespace"), "{outcome:?}");
}
