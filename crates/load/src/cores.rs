//! Which core a process runs on, and what it uses there.

use std::fs;

use anyhow::Context;
use nix::{
    sched::{CpuSet, sched_setaffinity},
    sys::{
        prctl,
        resource::{UsageWho, getrusage},
        time::TimeValLike,
    },
    unistd::Pid,
};

use crate::orders::Usage;

/// Bytes of a page where the kernel counts resident memory in pages.
const PAGE_KIB: u64 = 4;

/// Keeps this process, and what it starts, on one core.
///
/// # Errors
///
/// There is no such core.
pub fn pin(core: usize) -> anyhow::Result<()> {
    let mut set = CpuSet::new();
    set.set(core).with_context(|| format!("core {core}"))?;
    sched_setaffinity(Pid::from_raw(0), &set).with_context(|| format!("cannot run on core {core}"))
}

/// Lets this thread's sleeps end when they are due and not up to 50 µs later.
///
/// # Errors
///
/// The kernel refuses.
pub fn sleep_precisely() -> anyhow::Result<()> {
    prctl::set_timerslack(1).context("timer slack")
}

/// What this process has used.
///
/// # Errors
///
/// The kernel does not tell.
pub fn usage() -> anyhow::Result<Usage> {
    let usage = getrusage(UsageWho::RUSAGE_SELF).context("getrusage")?;
    let cpu = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    let statm = fs::read_to_string("/proc/self/statm").context("/proc/self/statm")?;
    let resident = statm.split_ascii_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok());
    Ok(Usage { cpu_us: cpu.unsigned_abs(), rss_kib: resident.context("/proc/self/statm")? * PAGE_KIB })
}

/// Packets that the kernel's loopback dropped since the machine's start, because a core did not keep up (`softnet_stat`).
pub fn kernel_drops() -> u64 {
    let text = fs::read_to_string("/proc/net/softnet_stat").unwrap_or_default();
    let dropped = |line: &str| u64::from_str_radix(line.split_ascii_whitespace().nth(1)?, 16).ok();
    text.lines().filter_map(dropped).sum()
}
