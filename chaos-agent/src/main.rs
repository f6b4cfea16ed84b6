//! The node agent's process.

fn main() {}
