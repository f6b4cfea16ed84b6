//! Machines that run beside one another, and what each says in turn.

use std::{
    sync::{
        Mutex, PoisonError,
        mpsc::{Receiver, channel},
    },
    thread,
    time::Duration,
};

use super::machine::{Machine, Said};

/// Runs machines, each of which keeps one of the host's cores busy, as many at a time as there are cores,
/// and hands what each says to `listen`, one machine after the other.
pub(super) fn run<'a>(
    machines: &'a [Machine],
    bound: Duration,
    mut listen: impl FnMut(&'a Machine, Receiver<Said>),
) {
    let (senders, receivers): (Vec<_>, Vec<_>) = machines.iter().map(|_| channel()).unzip();
    let waiting = Mutex::new(machines.iter().zip(senders));
    let next = || {
        waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .next()
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some((machine, said)) = next() {
                    machine.run(bound, &said);
                }
            });
        }
        for (machine, said) in machines.iter().zip(receivers) {
            listen(machine, said);
        }
    });
}
