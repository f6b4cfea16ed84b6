//! How the demo speaks: plain lines, and colours on a terminal.

use std::io::{IsTerminal, stdout};

const BOLD: &str = "1";
const GREEN: &str = "32";
const CYAN: &str = "36";

/// The heading of a part.
pub fn title(text: &str) {
    println!("\n{}", painted(BOLD, text));
}

/// Something that was seen to be so.
pub fn done(text: &str) {
    println!("  {} {text}", painted(GREEN, "✓"));
}

/// A command as a user would type it.
pub fn shell(command: &str) {
    println!("  {} {}", painted(CYAN, "$"), painted(CYAN, command));
}

/// Text as it is, indented.
pub fn say(text: &str) {
    for line in text.lines() {
        println!("  {line}");
    }
}

fn painted(code: &str, text: &str) -> String {
    if stdout().is_terminal() {
        format!("\x1b[{code}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}
