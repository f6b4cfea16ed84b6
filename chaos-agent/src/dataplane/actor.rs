//! Resetting connections that send nothing.

use std::{
    net::{IpAddr, SocketAddr},
    thread::sleep,
    time::Duration,
};

use aya::programs::TestRunOptions;
use chaos_abi::{
    Action, ActorAnswer, Direction, Flow, Protocol,
    frame::{IPPROTO_TCP, skeleton},
    mapped,
};
use chaos_plan::{PacketWords, PlannedRule, Table};

use super::{Dataplane, DataplaneError, Hooks, Program, load::context};
use crate::inventory::{Connection, Namespace, Routes, States, connections, redirected};

/// How long the stack may take to work through the RSTs of one pass.
const PAUSE: Duration = Duration::from_millis(2);

/// What became of the connections that a table's reset rules hit.
#[derive(Clone, Debug, Default)]
pub struct Caught {
    /// Those that were sent RSTs, with the slot of the rule that hit them; a connection that took
    /// several passes stands here several times.
    pub flows: Vec<(u16, Flow)>,
    /// For each that was still there when they were listed last, the slot of the rule that hit it.
    pub left: Vec<u16>,
    /// Connections that a rule hits but that cross no interface with hooks.
    pub out_of_reach: usize,
}

impl Dataplane {
    /// Resets what connections the table's reset rules hit, until a list of them is empty, or `passes`
    /// were made: busy ones can move on between the look-up of their sequence numbers and the RST.
    /// The table must be in force.
    pub fn reset_idle(
        &mut self,
        table: &Table,
        namespace: &Namespace,
        hooks: &Hooks,
        passes: u32,
    ) -> Result<Caught, DataplaneError> {
        namespace.enter(|| {
            let mut caught = Caught::default();
            let mut routes = Routes::open()?;
            for _ in 0..passes {
                self.pass(table, hooks, &mut routes, &mut caught)?;
                if caught.left.is_empty() {
                    break;
                }
                sleep(PAUSE);
            }
            Ok(caught)
        })?
    }

    /// Lists the connections once, and sends RSTs to those that a rule hits.
    fn pass(
        &mut self,
        table: &Table,
        hooks: &Hooks,
        routes: &mut Routes,
        caught: &mut Caught,
    ) -> Result<(), DataplaneError> {
        caught.left.clear();
        caught.out_of_reach = 0;
        let mut all = connections(States::LIVE)?;
        // In an order that another run meets again: rules may go by the number of a connection.
        all.sort_unstable_by_key(|connection| (connection.local, connection.peer));
        let redirected = redirected(&all);
        for connection in all {
            // Without a route the connection cannot reach its peer, and neither can a RST.
            let route = routes.of(&connection).ok();
            let own = route.is_some_and(|route| route.own);
            if !may_hit(table, &connection, own) {
                continue;
            }
            let taken = !own && redirected.contains(&connection.local);
            let Some(route) = route.filter(|r| !taken && hooks.cover(r.interface)) else {
                caught.out_of_reach += 1;
                continue;
            };
            let flow = flow(&connection);
            if let Some(slot) = self.act(&flow, connection.peer.is_ipv6(), route.interface)? {
                caught.left.push(slot);
                caught.flows.push((slot, flow));
            }
        }
        Ok(())
    }

    /// Runs the actor on one connection; the slot of the rule by which it was reset.
    fn act(&mut self, flow: &Flow, v6: bool, ifindex: u32) -> Result<Option<u16>, DataplaneError> {
        let (frame, length) = skeleton(flow, v6);
        let context = context(ifindex);
        let options = TestRunOptions {
            data_in: Some(&frame[..length]),
            ctx_in: Some(&context),
            ..TestRunOptions::default()
        };
        let word = self.test_run(Program::Actor, options)?.return_value;
        Ok(match ActorAnswer::from_return(word) {
            Some((ActorAnswer::Reset, slot)) => Some(slot),
            _ => None,
        })
    }
}

/// Whether a reset rule matches the connection; whether it is drawn, and began as the rule asks, the
/// kernel decides.
fn may_hit(table: &Table, connection: &Connection, loopback: bool) -> bool {
    let (local, peer) = (connection.local, connection.peer);
    let packet = PacketWords {
        loopback,
        ..PacketWords::of(local, peer, Protocol::Tcp, Direction::Egress)
    };
    let resets = |rule: &PlannedRule| rule.rule.action == Action::Reset.word();
    table
        .rules()
        .any(|(_, rule)| resets(rule) && table.may_act(rule, &packet))
}

/// A connection in the kernel's words.
pub(super) fn flow(connection: &Connection) -> Flow {
    let (local, peer) = (connection.local, connection.peer);
    Flow {
        local: address(local),
        peer: address(peer),
        local_port: local.port().to_be_bytes(),
        peer_port: peer.port().to_be_bytes(),
        protocol: IPPROTO_TCP,
        _pad: [0; 3],
    }
}

fn address(end: SocketAddr) -> [u8; 16] {
    match end.ip() {
        IpAddr::V4(v4) => mapped(v4.octets()),
        IpAddr::V6(v6) => v6.octets(),
    }
}
