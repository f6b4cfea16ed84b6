//! The agent's process against a small API server: what it does whatever the kernel can.
#![forbid(unsafe_code)]

mod agent;
mod server;

mod a_plan_is_answered;
mod a_report_waits_for_the_server;
mod everything_can_be_stopped;
