//! The promises that one machine is enough to show, each in namespaces of its own.
#![forbid(unsafe_code)]

use std::env;
use std::process::ExitCode;

use chaos_tests::suite;

mod a_blackholed_connection_sees_loss_and_resumes;
mod a_blackholed_datagram_is_lost_without_a_word;
mod a_capture_is_replayed;
mod a_connection_in_flight_is_reset;
mod a_connection_is_known_by_who_opened_it;
mod a_delay_is_what_was_said;
mod a_fault_ends_as_it_was_told;
mod a_fault_ends_when_its_target_goes;
mod a_fault_is_edited_in_force;
mod a_holder_that_dies_or_stalls_lets_traffic_flow;
mod a_namespace_has_one_holder;
mod a_new_attempt_is_refused;
mod a_probe_is_spared;
mod a_rate_is_what_was_said;
mod a_redis_client_is_cut;
mod a_rejected_attempt_gets_its_errno;
mod a_user_edits_a_fault;
mod a_wrong_word_changes_nothing;
mod acceptance_10_provider_and_consumer;
mod acceptance_1_nats_outage;
mod acceptance_2_blackhole_is_not_reset;
mod acceptance_3_http_keep_alive;
mod acceptance_5_goldpinger;
mod acceptance_9_abort_and_delay;
mod an_excepted_peer_is_left_alone;
mod an_idle_established_connection_is_reset;
mod audit;
mod busy_flows_are_reset_until_none_is_left;
mod existing_and_new_are_told_apart_to_the_connection;
mod faults_compose_and_leave_each_other_alone;
mod frames_of_all_kinds_are_held;
mod half_of_the_connections_are_reset;
mod held;
mod held_packets_are_not_lost;
mod interfaces_are_followed;
mod line;
mod live_connections_are_shown;
mod lodger;
mod loopback_is_met_when_asked;
mod netem_s_words_are_in_force;
mod one_delayed_flow_leaves_ten_thousand_alone;
mod packets_fare_as_was_said;
mod tcp_goes_through_the_delay_line;
mod the_bed;
mod the_delay_line_says_how_it_runs;
mod the_same_seed_hits_the_same_connections;
mod the_same_seed_loses_the_same_packets;
mod the_servers;
mod throng;
mod waiting_costs_little;
mod what_does_not_match_is_untouched;
mod without_tcx_all_is_the_same;

/// What says that those are enough that show how programs are attached: an emulated machine is slow.
const SUBSET: &str = "NETFAULT_SUBSET";

fn main() -> ExitCode {
    line::hold();

    if env::var_os(SUBSET).is_some() {
        return suite::run([
            what_does_not_match_is_untouched::PROMISES,
            a_wrong_word_changes_nothing::PROMISES,
            without_tcx_all_is_the_same::PROMISES,
        ]);
    }
    suite::run([
        the_bed::PROMISES,
        the_servers::PROMISES,
        an_idle_established_connection_is_reset::PROMISES,
        a_capture_is_replayed::PROMISES,
        a_connection_in_flight_is_reset::PROMISES,
        busy_flows_are_reset_until_none_is_left::PROMISES,
        half_of_the_connections_are_reset::PROMISES,
        the_same_seed_hits_the_same_connections::PROMISES,
        the_same_seed_loses_the_same_packets::PROMISES,
        faults_compose_and_leave_each_other_alone::PROMISES,
        a_new_attempt_is_refused::PROMISES,
        a_rejected_attempt_gets_its_errno::PROMISES,
        a_redis_client_is_cut::PROMISES,
        a_blackholed_datagram_is_lost_without_a_word::PROMISES,
        a_blackholed_connection_sees_loss_and_resumes::PROMISES,
        what_does_not_match_is_untouched::PROMISES,
        a_probe_is_spared::PROMISES,
        an_excepted_peer_is_left_alone::PROMISES,
        loopback_is_met_when_asked::PROMISES,
        existing_and_new_are_told_apart_to_the_connection::PROMISES,
        a_connection_is_known_by_who_opened_it::PROMISES,
        a_holder_that_dies_or_stalls_lets_traffic_flow::PROMISES,
        a_fault_ends_as_it_was_told::PROMISES,
        a_fault_ends_when_its_target_goes::PROMISES,
        a_fault_is_edited_in_force::PROMISES,
        a_user_edits_a_fault::PROMISES,
        a_namespace_has_one_holder::PROMISES,
        a_wrong_word_changes_nothing::PROMISES,
        without_tcx_all_is_the_same::PROMISES,
        live_connections_are_shown::PROMISES,
        interfaces_are_followed::PROMISES,
        waiting_costs_little::PROMISES,
        a_delay_is_what_was_said::PROMISES,
        held_packets_are_not_lost::PROMISES,
        tcp_goes_through_the_delay_line::PROMISES,
        packets_fare_as_was_said::PROMISES,
        a_rate_is_what_was_said::PROMISES,
        frames_of_all_kinds_are_held::PROMISES,
        the_delay_line_says_how_it_runs::PROMISES,
        one_delayed_flow_leaves_ten_thousand_alone::PROMISES,
        acceptance_1_nats_outage::PROMISES,
        acceptance_2_blackhole_is_not_reset::PROMISES,
        acceptance_3_http_keep_alive::PROMISES,
        netem_s_words_are_in_force::PROMISES,
        acceptance_5_goldpinger::PROMISES,
        acceptance_9_abort_and_delay::PROMISES,
        acceptance_10_provider_and_consumer::PROMISES,
    ])
}
