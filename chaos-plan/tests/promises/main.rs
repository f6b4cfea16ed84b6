//! What the translator promises, each against a slow and obvious way to say the same.
#![forbid(unsafe_code)]

mod a_plan_explains_itself;
mod bit_sets_match_what_the_words_say;
mod counters_become_a_receipt;
mod every_step_between_tables_is_safe;
mod faults_become_rules;
mod kernel;
mod worlds;
