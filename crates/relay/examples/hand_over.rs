//! What it costs to hand a packet to another thread, which a relay of several workers would do with each packet that comes in:
//! `cargo run --release -p relay --example hand_over`. Prints CPU of the process for each packet, beside what the same pace
//! costs without a second thread.

#![allow(clippy::print_stdout, reason = "this is what it is for")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

use nix::{
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{
        eventfd::{EfdFlags, EventFd},
        resource::{UsageWho, getrusage},
    },
};
use std::os::fd::AsFd;

/// Payload of a packet.
const BYTES: usize = 1_200;
/// Each rate is kept for so long.
const TIME: Duration = Duration::from_secs(4);

fn main() -> anyhow::Result<()> {
    println!("| packets a second, in one go | alone | handed over | each hand-over |");
    println!("|---|--:|--:|--:|");
    for (rate, batch) in [(1_890, 1), (16_000, 1), (16_000, 8), (45_000, 16)] {
        let alone = run(rate, batch, false)?;
        let handed = run(rate, batch, true)?;
        println!("| {rate}, {batch} | {alone:.2} µs | {handed:.2} µs | {:.2} µs |", handed - alone);
    }
    Ok(())
}

/// CPU per packet, µs.
fn run(rate: u32, batch: u32, hand_over: bool) -> anyhow::Result<f64> {
    let wake = Arc::new(EventFd::from_value_and_flags(0, EfdFlags::EFD_NONBLOCK)?);
    let (give, take) = mpsc::channel::<Arc<[u8]>>();
    let over = Arc::new(AtomicBool::new(false));
    let consumer = hand_over.then(|| {
        let (wake, over) = (wake.clone(), over.clone());
        std::thread::spawn(move || {
            let mut seen = 0_u64;
            while !over.load(Ordering::Relaxed) {
                let mut fds = [PollFd::new(wake.as_fd(), PollFlags::POLLIN)];
                let _ = poll(&mut fds, PollTimeout::from(100_u8));
                let _ = wake.read();
                seen += take.try_iter().map(|packet| u64::from(packet[0])).sum::<u64>();
            }
            seen
        })
    });
    let packet: Arc<[u8]> = vec![1; BYTES].into();
    let (start, before) = (Instant::now(), cpu()?);
    let mut sent = 0_u32;
    while start.elapsed() < TIME {
        for _ in 0..batch {
            if hand_over {
                give.send(packet.clone())?;
            }
            sent += 1;
        }
        if hand_over {
            wake.write(1)?;
        }
        let due = start + Duration::from_secs_f64(f64::from(sent) / f64::from(rate));
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    let used = cpu()? - before;
    over.store(true, Ordering::Relaxed);
    wake.write(1)?;
    if let Some(consumer) = consumer {
        consumer.join().map_err(|_| anyhow::anyhow!("the consumer panicked"))?;
    }
    Ok(used.as_secs_f64() * 1e6 / f64::from(sent))
}

fn cpu() -> anyhow::Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let time =
        |value: nix::sys::time::TimeVal| Duration::from_micros((value.tv_sec() * 1_000_000 + value.tv_usec()) as u64);
    Ok(time(usage.user_time()) + time(usage.system_time()))
}
