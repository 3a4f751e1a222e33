//! The relay's thread goes before everything else on the machine, if the system lets it.
//!
//! It works for a fraction of a millisecond at a time, and a packet that waits for a turn waits at every receiver. On a
//! busy machine fair shares cost tens of milliseconds: groups of processes share the processors before threads do, so that
//! niceness alone does not help.

use std::num::NonZeroUsize;
use std::thread::available_parallelism;

use thread_priority::ThreadPriority;
use thread_priority::unix::{
    RealtimeThreadSchedulePolicy, ThreadSchedulePolicy, set_thread_priority_and_policy, thread_native_id,
};

/// With a single processor a flooded relay would leave the conference's own work nearly nothing.
const PROCESSORS: usize = 2;

/// Gives the calling thread the round-robin real-time policy (sched(7)). Without the right to it (`CAP_SYS_NICE` or a limit
/// `RLIMIT_RTPRIO`), or on one processor, the thread stays as it is.
pub(crate) fn raise() {
    if available_parallelism().map_or(1, NonZeroUsize::get) < PROCESSORS {
        return;
    }
    let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::RoundRobin);
    // The lowest real-time priority: what the kernel itself runs in real time stays before it.
    match set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, policy) {
        Ok(()) => tracing::info!("the relay runs in real time"),
        Err(error) => tracing::info!(?error, "the relay may not run in real time: other programs can delay media"),
    }
}
