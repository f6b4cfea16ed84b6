//! What planning for a cluster promises: which pods, which addresses, which words in a status.
#![forbid(unsafe_code)]

mod a_choice_is_stable;
mod a_plan_fits_and_survives_its_text;
mod every_refusal_has_its_reason;
mod peers_become_addresses;
mod plans_are_what_they_always_were;
mod the_server_s_clock_never_lengthens;
mod the_status_tells_the_truth;
mod time_alone_changes_a_status;
mod town;
