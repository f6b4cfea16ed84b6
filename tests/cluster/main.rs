//! The promises that take a Kubernetes cluster, each in namespaces of its own.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use chaos_tests::{cluster, suite};

mod a_delay_reaches_pods;
mod acceptance_10_provider_and_consumer;
mod acceptance_11_one_service_is_cut;
mod acceptance_12_the_broker_s_toxics;
mod acceptance_13_a_ready_replica_is_silent;
mod acceptance_14_as_a_job;
mod acceptance_16_the_rule_follows_the_selector;
mod acceptance_18_without_touching_the_workload;
mod acceptance_1_nats_outage;
mod acceptance_2_blackhole_is_not_reset;
mod acceptance_3_http_keep_alive;
mod acceptance_4_every_replica;
mod acceptance_5_goldpinger;
mod acceptance_6_one_random_pod;
mod acceptance_8_half_of_the_requests;
mod acceptance_9_abort_and_delay;
mod an_object_that_cannot_be_read_stops_nothing;
mod an_unmatched_rule_says_so;
mod faults_end_on_time;
mod the_bed;
mod who_may_do_what;

fn main() -> ExitCode {
    cluster::sweep_dead_runs();
    let promises = [
        // The longest first, so that none is left to be waited for in the end.
        acceptance_9_abort_and_delay::PROMISES,
        acceptance_1_nats_outage::PROMISES,
        acceptance_10_provider_and_consumer::PROMISES,
        acceptance_12_the_broker_s_toxics::PROMISES,
        acceptance_5_goldpinger::PROMISES,
        the_bed::PROMISES,
        acceptance_2_blackhole_is_not_reset::PROMISES,
        acceptance_3_http_keep_alive::PROMISES,
        acceptance_4_every_replica::PROMISES,
        acceptance_6_one_random_pod::PROMISES,
        acceptance_8_half_of_the_requests::PROMISES,
        acceptance_11_one_service_is_cut::PROMISES,
        acceptance_13_a_ready_replica_is_silent::PROMISES,
        acceptance_14_as_a_job::PROMISES,
        acceptance_16_the_rule_follows_the_selector::PROMISES,
        acceptance_18_without_touching_the_workload::PROMISES,
        a_delay_reaches_pods::PROMISES,
        an_unmatched_rule_says_so::PROMISES,
        an_object_that_cannot_be_read_stops_nothing::PROMISES,
        who_may_do_what::PROMISES,
        faults_end_on_time::PROMISES,
    ];
    let done = suite::run_then(promises, cluster::sweep_this_run);
    cluster::sweep_this_run();
    cluster::await_gone();
    done
}
