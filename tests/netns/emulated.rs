//! Those of the suite that tell something of a kernel: few, since an emulated machine is slow. What they
//! leave out does not depend on the kernel, as far as is known.

use chaos_agent::dataplane::Way;
use chaos_tests::suite::Promise;

/// Packets are held there. All by the beginnings of their names.
const HELD: &[&str] = &[
    "held_packets_are_not_lost::when",
    "held_packets_are_not_lost::and_so_it_does_where_its_filters_stay",
    "frames_of_all_kinds_are_held::fragments",
    "frames_of_all_kinds_are_held::jumbo",
    "beside_netem_it_holds_its_own",
];

/// Programs are attached there.
const ATTACHED: &[&str] = &["what_does_not_match_is_untouched::by_a_reset_of_one_port"];

/// They are, in another way.
const ATTACHED_WITHOUT_TCX: &[&str] = &[
    "without_tcx_all_is_the_same::idle",
    "without_tcx_all_is_the_same::a_blackhole_is_silent",
    "without_tcx_all_is_the_same::filters_of_others",
    "without_tcx_all_is_the_same::what_a_killed_holder_leaves",
];

/// A subset for the kernel at hand, in the suite's order.
pub(crate) fn few(subset: &str, all: &[&[Promise]]) -> Vec<Promise> {
    let without_tcx = Way::of_kernel().is_ok_and(|way| way == Way::Clsact);
    let wanted = match subset {
        "held" => HELD,
        "attached" if without_tcx => ATTACHED_WITHOUT_TCX,
        "attached" => ATTACHED,
        other => panic!("there is no subset {other}"),
    };
    let is = |promise: &Promise, start: &str| {
        let (_, name) = promise.name.split_once("::").expect("the crate is first");
        name.starts_with(start)
    };
    let all = all.concat();
    for start in wanted {
        let found = all.iter().any(|promise| is(promise, start));
        assert!(found, "no test's name begins with {start}");
    }
    all.into_iter()
        .filter(|promise| wanted.iter().any(|start| is(promise, start)))
        .collect()
}
