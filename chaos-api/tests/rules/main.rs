//! The rules of the API server and those of the command line say the same. The rules in CEL are
//! evaluated here without a server.
#![forbid(unsafe_code)]

mod definitions;
mod files;
mod the_server_refuses_what_the_command_line_refuses;
mod what_may_change_later;
