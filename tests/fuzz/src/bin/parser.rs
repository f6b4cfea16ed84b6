//! The fuzz target of the programs' parser.
#![forbid(unsafe_code)]
#![no_main]

libfuzzer_sys::fuzz_target!(|frame: &[u8]| chaos_fuzz::parser(frame));
