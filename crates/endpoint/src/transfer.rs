//! What the line to the server carries: bytes by HTTP in both directions, more and more of them, until a transfer takes long enough to
//! be measured.

use std::time::{Duration, Instant};

use ureq::Agent;

use crate::control::ServerAddress;

/// Sizes of the transfers, bytes, one after the other. The largest is the most that the server hands out.
const SIZES: [usize; 4] = [64 << 10, 256 << 10, 1 << 20, 4 << 20];
/// A transfer that took so long is measured well enough: the slow start of TCP is over.
const LONG_ENOUGH: Duration = Duration::from_millis(1_500);
/// A transfer is given up after this time.
const GIVEN_UP: Duration = Duration::from_secs(15);
/// Read at once.
const CHUNK_BYTES: usize = 16 << 10;

/// What was measured, kbit/s; none: no transfer came to its end.
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
        let down = |bytes: usize| down(&agent, &server, &bearer, bytes);
        let down_kbps = carried(down);
        let up = |bytes: usize| up(&agent, &server, &bearer, bytes);
        Carried { up_kbps: carried(up), down_kbps }
    });
    measured.await.unwrap_or_default()
}

/// The rate of the last transfer that came to its end, kbit/s.
fn carried(mut transfer: impl FnMut(usize) -> anyhow::Result<Duration>) -> Option<f32> {
    let mut kbps = None;
    for bytes in SIZES {
        let took = match transfer(bytes) {
            Ok(took) => took,
            Err(error) => {
                tracing::info!(error = format!("{error:#}"), bytes, "a transfer came to no end");
                break;
            }
        };
        kbps = Some(bytes as f32 * 8.0 / 1_000.0 / took.as_secs_f32().max(1e-3));
        if took >= LONG_ENOUGH {
            break;
        }
    }
    kbps
}

fn down(agent: &Agent, server: &ServerAddress, bearer: &str, bytes: usize) -> anyhow::Result<Duration> {
    let began = Instant::now();
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
    Ok(began.elapsed())
}

fn up(agent: &Agent, server: &ServerAddress, bearer: &str, bytes: usize) -> anyhow::Result<Duration> {
    let began = Instant::now();
    let body = vec![0x5a_u8; bytes];
    agent.post(server.http_url("/api/v1/line/up")).header("authorization", bearer).send(&body[..])?;
    Ok(began.elapsed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transfers_grow_until_one_takes_long_enough() {
        let mut sizes = Vec::new();
        // 300 kbit/s.
        let slow = carried(|bytes| {
            sizes.push(bytes);
            Ok(Duration::from_secs_f32(bytes as f32 * 8.0 / 300_000.0))
        });
        assert!(slow.is_some_and(|kbps| (kbps - 300.0).abs() < 1.0), "{slow:?}");
        assert_eq!(sizes, [64 << 10]);

        sizes.clear();
        // A line that is fast and far away: each transfer waits 400 ms for its first byte.
        let far = carried(|bytes| {
            sizes.push(bytes);
            Ok(Duration::from_millis(400) + Duration::from_secs_f32(bytes as f32 * 8.0 / 5_000_000.0))
        });
        assert!(far.is_some_and(|kbps| kbps > 3_000.0), "{far:?}");
        assert_eq!(sizes, [64 << 10, 256 << 10, 1 << 20]);
    }

    #[test]
    fn a_transfer_that_breaks_off_leaves_what_was_measured_before() {
        let mut count = 0;
        let kbps = carried(|bytes| {
            count += 1;
            anyhow::ensure!(count < 3, "cut");
            Ok(Duration::from_secs_f32(bytes as f32 * 8.0 / 4_000_000.0))
        });
        assert!(kbps.is_some_and(|kbps| (kbps - 4_000.0).abs() < 1.0), "{kbps:?}");
        assert_eq!(carried(|_| anyhow::bail!("no line")), None);
    }
}
