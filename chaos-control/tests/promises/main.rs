//! What the control plane promises: what it writes, when, and that nothing is chosen twice.
#![forbid(unsafe_code)]

mod a_leader_writes_only_while_its_lease_holds;
mod a_new_leader_chooses_nothing_anew;
mod a_plan_is_written_until_it_stands;
mod events_tell_what_is_new;
mod objects_become_views;
mod statuses_follow_the_reports;
mod town;
