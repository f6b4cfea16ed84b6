//! The kernel programs on tables of packets, through `BPF_PROG_TEST_RUN`.
//!
//! Each test has a network namespace of its own with nothing but loopback in it, and needs no other
//! program: the suite also runs alone on a bare kernel.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use chaos_tests::suite;

mod bench;
mod chance;
mod reference;

mod a_blackhole_swallows;
mod a_reject_answers_attempts;
mod a_reset_answers_both_ends;
mod connections_are_numbered;
mod connections_are_told_apart;
mod draws_hit_their_share;
mod edits_are_seen_whole;
mod events_tell_what_happened;
mod every_program_loads;
mod headers_are_looked_behind;
mod idle_connections_are_reset;
mod only_ip_is_judged;
mod our_own_packets_pass;
mod packets_are_lost_one_by_one;
mod rules_meet_only_their_traffic;
mod rules_run_out;
mod several_rules_agree_on_one;
mod spared_connections_pass;
mod tables_change_in_place;
mod the_delay_line_is_the_weakest;
mod the_reference_agrees;
mod the_reference_agrees_to_the_byte;
mod verdicts_are_traced;

fn main() -> ExitCode {
    suite::run([
        every_program_loads::PROMISES,
        only_ip_is_judged::PROMISES,
        rules_meet_only_their_traffic::PROMISES,
        headers_are_looked_behind::PROMISES,
        a_blackhole_swallows::PROMISES,
        a_reset_answers_both_ends::PROMISES,
        a_reject_answers_attempts::PROMISES,
        several_rules_agree_on_one::PROMISES,
        spared_connections_pass::PROMISES,
        connections_are_told_apart::PROMISES,
        draws_hit_their_share::PROMISES,
        connections_are_numbered::PROMISES,
        packets_are_lost_one_by_one::PROMISES,
        rules_run_out::PROMISES,
        tables_change_in_place::PROMISES,
        edits_are_seen_whole::PROMISES,
        our_own_packets_pass::PROMISES,
        events_tell_what_happened::PROMISES,
        verdicts_are_traced::PROMISES,
        idle_connections_are_reset::PROMISES,
        the_reference_agrees_to_the_byte::PROMISES,
        the_delay_line_is_the_weakest::PROMISES,
        the_reference_agrees::PROMISES,
    ])
}
