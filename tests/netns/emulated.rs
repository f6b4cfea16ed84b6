//! Those of the suite that show that a kernel takes the programs, and holds packets: few, since an emulated
//! machine is slow. What they leave out does not depend on the kernel, as far as is known.

use chaos_agent::dataplane::Way;
use chaos_tests::suite::Promise;

/// By the beginnings of their names.
const ON_EACH: &[&str] = &[
    "what_does_not_match_is_untouched::by_a_blackhole_of_one_peer",
    "a_wrong_word_changes_nothing",
    "held_packets_are_not_lost::when",
    "held_packets_are_not_lost::and_traffic_flows_at_once_when_its_holder_is_killed",
    "tcp_goes_through_the_delay_line::and_retransmits",
    "packets_fare_as_was_said",
    "frames_of_all_kinds_are_held",
    "netem_s_words_are_in_force::what_came_through",
    "beside_netem_it_holds_its_own",
];

/// Those of another way to attach.
const WITHOUT_TCX: &[&str] = &["without_tcx_all_is_the_same"];

/// The few for the kernel at hand, in the suite's order.
pub(crate) fn few(all: &[&[Promise]]) -> Vec<Promise> {
    let without_tcx = Way::of_kernel().is_ok_and(|way| way == Way::Clsact);
    let ways: &[_] = if without_tcx { WITHOUT_TCX } else { &[] };
    let wanted: Vec<_> = ON_EACH.iter().chain(ways).collect();
    let is = |promise: &Promise, start: &str| {
        let (_, name) = promise.name.split_once("::").expect("the crate is first");
        name.starts_with(start)
    };
    let all = all.concat();
    for start in &wanted {
        let found = all.iter().any(|promise| is(promise, start));
        assert!(found, "no test's name begins with {start}");
    }
    all.into_iter()
        .filter(|promise| wanted.iter().any(|start| is(promise, start)))
        .collect()
}
