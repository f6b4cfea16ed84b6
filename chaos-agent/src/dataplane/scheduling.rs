//! How the kernel schedules the calling thread (sched(7)).

use std::io;
use std::num::NonZeroU64;

use libc::{SCHED_FIFO, SCHED_OTHER, SYS_sched_setattr, pid_t, sched_param, sched_setscheduler};

/// The lowest real-time priority: above every thread that is not real-time.
const PRIORITY: i32 = 1;

/// The slice that a fair thread asks for, in nanoseconds: the least that there is. The shorter it is,
/// the sooner the thread runs after it wakes.
const SLICE: u64 = 100_000;

const THIS_THREAD: pid_t = 0;

/// `struct sched_attr` of `linux/sched/types.h`, in its first version.
#[repr(C)]
#[derive(Default)]
struct Attributes {
    size: u32,
    policy: u32,
    flags: u64,
    nice: i32,
    priority: u32,
    runtime: u64,
    deadline: u64,
    period: u64,
}

/// Has timers of the thread expire when they are due and not up to 50 µs later.
pub(crate) fn favour() -> io::Result<()> {
    rustix::thread::set_current_timer_slack(NonZeroU64::new(1)).map_err(Into::into)
}

/// Makes the thread a real-time one.
pub(crate) fn make_fifo() -> io::Result<()> {
    set(SCHED_FIFO, PRIORITY)
}

/// Makes the thread a fair one; `true` where it has a short slice, which Linux 6.12 and later give.
pub(crate) fn make_fair() -> io::Result<bool> {
    set(SCHED_OTHER, 0)?;
    let attributes = Attributes {
        size: u32::try_from(size_of::<Attributes>()).expect("a small struct"),
        runtime: SLICE,
        ..Attributes::default()
    };
    // SAFETY: attributes of the size that they name; earlier kernels take them and have no slice.
    let set = unsafe { libc::syscall(SYS_sched_setattr, THIS_THREAD, &raw const attributes, 0) };
    Ok(set == 0)
}

fn set(policy: i32, priority: i32) -> io::Result<()> {
    // SAFETY: plain memory, for which zeroes are valid.
    let mut parameters: sched_param = unsafe { std::mem::zeroed() };
    parameters.sched_priority = priority;
    // SAFETY: a live parameter of the kernel's layout.
    match unsafe { sched_setscheduler(THIS_THREAD, policy, &raw const parameters) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
