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

/// The kernel tells other processes' time in hundredths of a second, whatever its own clock is (`USER_HZ`).
const TICK_US: u64 = 10_000;

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

/// What another process has used (`proc_pid_stat(5)`, fields 14, 15 and 24).
///
/// # Errors
///
/// There is no such process.
pub fn usage_of(process: u32) -> anyhow::Result<Usage> {
    let path = format!("/proc/{process}/stat");
    let stat = fs::read_to_string(&path).with_context(|| path.clone())?;
    // Its name may hold anything, and ends with the last bracket.
    let (_, after) = stat.rsplit_once(')').context(path.clone())?;
    let fields: Vec<u64> = after.split_ascii_whitespace().map(|field| field.parse().unwrap_or(0)).collect();
    // The first field here is the third of the file.
    let [user, system, resident] = [14, 15, 24].map(|field| fields.get(field - 3).copied().unwrap_or(0));
    Ok(Usage { cpu_us: (user + system) * TICK_US, rss_kib: resident * PAGE_KIB })
}

/// Packets that the kernel's loopback dropped since the machine's start, because a core did not keep up (`softnet_stat`).
pub fn kernel_drops() -> u64 {
    let text = fs::read_to_string("/proc/net/softnet_stat").unwrap_or_default();
    let dropped = |line: &str| u64::from_str_radix(line.split_ascii_whitespace().nth(1)?, 16).ok();
    text.lines().filter_map(dropped).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_process_is_seen_as_it_sees_itself() {
        let spin = std::time::Instant::now();
        while spin.elapsed() < std::time::Duration::from_millis(100) {}

        let (own, other) = (usage().unwrap(), usage_of(std::process::id()).unwrap());

        assert!(own.cpu_us.abs_diff(other.cpu_us) <= 2 * TICK_US, "{own:?} and {other:?}");
        assert!(own.rss_kib.abs_diff(other.rss_kib) < 4_096, "{own:?} and {other:?}");
        assert!(usage_of(u32::MAX).is_err());
    }
}
