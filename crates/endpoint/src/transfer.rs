//! What the line to the server carries: bytes by HTTP in both directions, more and more of them, until a transfer measures the line and
//! not its own beginning.
//!
//! TCP begins slowly: on a line whose round trip is 400 ms a transfer of 32 KB takes 1.6 s, whatever the line carries. Where four times the
//! bytes take nearly four times as long, the line is what they wait for. (`lineTransfer.ts` of the pages does the same.)

use std::time::{Duration, Instant};

use ureq::Agent;

use crate::control::ServerAddress;

/// Sizes of the transfers, bytes, one after the other. The largest is the most that the server hands out.
const SIZES: [usize; 5] = [32 << 10, 128 << 10, 512 << 10, 2 << 20, 4 << 20];
/// A shorter transfer measures nothing.
const LONG_ENOUGH: Duration = Duration::from_millis(1_500);
/// A line that carries so much carries a conference several times: how much more is not worth its users' time, kbit/s.
const ENOUGH_KBPS: f32 = 3_000.0;
/// The time of a transfer must have grown by this share of what its size has.
const IN_PROPORTION: f32 = 0.75;
/// A transfer is given up after this time: what it would have needed at least is then all that is known.
const GIVEN_UP: Duration = Duration::from_secs(10);
/// A timer may ring a little early.
const CLOCK_TOLERANCE: Duration = Duration::from_millis(100);
/// Read at once.
const CHUNK_BYTES: usize = 16 << 10;

/// What was measured, kbit/s; none: there is no line, or nothing answers. Of a line on which not even the first transfer came to its end in
/// time: the most that it can have carried.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Carried {
    pub(crate) up_kbps: Option<f32>,
    pub(crate) down_kbps: Option<f32>,
}

/// Measures both directions, one after the other.
pub(crate) async fn measure(server: ServerAddress, token: String) -> Carried {
    let measured = tokio::task::spawn_blocking(move || {
        let config = Agent::config_builder().timeout_global(Some(GIVEN_UP)).build();
        let agent = Agent::new_with_config(config);
        let bearer = format!("Bearer {token}");
        let down_kbps = carried(|bytes| timed(|| down(&agent, &server, &bearer, bytes)));
        let up_kbps = carried(|bytes| timed(|| up(&agent, &server, &bearer, bytes)));
        Carried { up_kbps, down_kbps }
    });
    measured.await.unwrap_or_default()
}

/// The rate of the last transfer that came to its end, kbit/s. A transfer gives how long it took, and the error if it came to no end.
fn carried(mut transfer: impl FnMut(usize) -> (Duration, anyhow::Result<()>)) -> Option<f32> {
    let mut before: Option<(usize, Duration)> = None;
    for bytes in SIZES {
        let (took, end) = transfer(bytes);
        if let Err(error) = end {
            tracing::info!(error = format!("{error:#}"), bytes, "a transfer came to no end");
            let late = took + CLOCK_TOLERANCE >= GIVEN_UP;
            return before.map(rate).or_else(|| late.then(|| rate((bytes, took))));
        }
        let in_proportion = before.is_some_and(|(bytes_before, took_before)| {
            let grew = took.as_secs_f32() / took_before.as_secs_f32().max(1e-3);
            grew >= IN_PROPORTION * bytes as f32 / bytes_before as f32
        });
        before = Some((bytes, took));
        if took >= LONG_ENOUGH && (in_proportion || rate((bytes, took)) >= ENOUGH_KBPS) {
            break;
        }
    }
    before.map(rate)
}

/// kbit/s.
fn rate((bytes, took): (usize, Duration)) -> f32 {
    bytes as f32 * 8.0 / 1_000.0 / took.as_secs_f32().max(1e-3)
}

/// Runs a transfer and takes its time.
fn timed(transfer: impl FnOnce() -> anyhow::Result<()>) -> (Duration, anyhow::Result<()>) {
    let began = Instant::now();
    let end = transfer();
    (began.elapsed(), end)
}

fn down(agent: &Agent, server: &ServerAddress, bearer: &str, bytes: usize) -> anyhow::Result<()> {
    let url = server.http_url(&format!("/api/v1/line/down?bytes={bytes}"));
    let answer = agent.get(&url).header("authorization", bearer).call()?;
    let mut reader = answer.into_body().into_reader();
    let mut chunk = vec![0_u8; CHUNK_BYTES];
    let mut left = bytes;
    while left > 0 {
        let read = std::io::Read::read(&mut reader, &mut chunk)?;
        anyhow::ensure!(read > 0, "it ended {left} bytes early");
        left = left.saturating_sub(read);
    }
    Ok(())
}

fn up(agent: &Agent, server: &ServerAddress, bearer: &str, bytes: usize) -> anyhow::Result<()> {
    // Random, because something on the way may compress.
    let mut body = vec![0_u8; bytes];
    rand::fill(&mut body[..]);
    let answer = agent.post(server.http_url("/api/v1/line/up")).header("authorization", bearer).send(&body[..])?;
    // Read to its end, so that the next transfer finds this connection as fast as it has become.
    drop(answer.into_body().read_to_vec()?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line with a delay before each transfer, and what it then carries.
    fn line(delay_ms: u64, kbps: f32, sizes: &mut Vec<usize>) -> Option<f32> {
        carried(|bytes| {
            sizes.push(bytes);
            (Duration::from_millis(delay_ms) + Duration::from_secs_f32(bytes as f32 * 8.0 / 1_000.0 / kbps), Ok(()))
        })
    }

    #[test]
    fn a_slow_line_is_measured_by_two_transfers() {
        let mut sizes = Vec::new();
        let slow = line(40, 300.0, &mut sizes);
        assert!(slow.is_some_and(|kbps| (kbps - 300.0).abs() < 5.0), "{slow:?}");
        assert_eq!(sizes, [32 << 10, 128 << 10]);
    }

    #[test]
    fn a_line_that_is_fast_and_far_away_is_not_taken_for_a_slow_one() {
        let mut sizes = Vec::new();
        // Connecting, asking and the slow start take four round trips of 400 ms.
        let far = line(1_600, 5_000.0, &mut sizes);
        assert!(far.is_some_and(|kbps| kbps > 3_000.0), "{far:?}");
        assert_eq!(sizes, [32 << 10, 128 << 10, 512 << 10, 2 << 20]);
    }

    #[test]
    fn a_transfer_that_breaks_off_leaves_what_was_measured_before() {
        let mut count = 0;
        let kbps = carried(|bytes| {
            count += 1;
            let end = if count < 3 { Ok(()) } else { Err(anyhow::anyhow!("cut")) };
            (Duration::from_secs_f32(bytes as f32 * 8.0 / 4_000_000.0), end)
        });
        assert!(kbps.is_some_and(|kbps| (kbps - 4_000.0).abs() < 1.0), "{kbps:?}");
        let broken = || Err(anyhow::anyhow!("no line"));
        assert_eq!(carried(|_| (Duration::from_millis(3), broken())), None);
        // 32 KB did not come through in ten seconds.
        let starved = carried(|_| (GIVEN_UP, broken()));
        assert!(starved.is_some_and(|kbps| kbps < 27.0), "{starved:?}");
    }
}
