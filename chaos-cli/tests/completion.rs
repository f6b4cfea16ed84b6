//! What a shell is told when it asks how a line may go on.
#![forbid(unsafe_code)]

use std::process::{Command, Output};

fn netfault() -> Command {
    let mut netfault = Command::new(env!("CARGO_BIN_EXE_netfault"));
    netfault.env_clear();
    netfault
}

fn text(output: Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// What bash is told about the last word of a line, without flags.
fn told(line: &str) -> Vec<String> {
    let words: Vec<_> = line.split(' ').collect();
    let output = netfault()
        .env("NETFAULT_COMPLETE", "bash")
        .env("_CLAP_COMPLETE_INDEX", (words.len() - 1).to_string())
        .env("_CLAP_IFS", "\n")
        .arg("--")
        .args(words)
        .output();
    let told = text(output.unwrap());
    let told = told.lines().filter(|word| !word.starts_with("--"));
    told.map(Into::into).collect()
}

#[test]
fn the_words_of_faults_go_on_as_the_grammar_says() {
    for (line, expected) in [
        ("netfault inj", &["inject"][..]),
        ("netfault inject delay 100ms s", &["stage"]),
        ("netfault run loss 2% 25% d", &["delay", "duplicate"]),
        ("netfault plan loss ", &["gemodel", "nth", "random", "2%"]),
        ("netfault edit NAME rate 20mbit per ", &["pod", "flow"]),
        ("netfault inject loss --pid 12 g", &["gemodel"]),
        (
            "netfault inject --netns a deploy/orders reject icmp-h",
            &["icmp-host"],
        ),
        (
            "netfault inject deploy/orders blackhole r",
            &["rate", "reject", "reorder", "reset"],
        ),
        (
            "netfault inject delay 1s 1ms distribution table src/mai",
            &["src/main.rs"],
        ),
        ("netfault inject resett ", &[]),
    ] {
        assert_eq!(told(line), expected, "{line}");
    }
}

#[test]
fn every_shell_has_a_script_that_asks_netfault() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = text(netfault().args(["completion", shell]).output().unwrap());
        assert!(script.contains("NETFAULT_COMPLETE"), "{shell}: {script}");
    }
}
