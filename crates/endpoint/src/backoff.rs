//! When to try again after the control connection is lost: soon, spread out, for ever.

use std::future::Future;
use std::time::Duration;

use rand::{Rng, RngExt};

/// Longest wait before the first retry: a restarted server must see everybody within seconds.
pub const FIRST_RETRY: Duration = Duration::from_millis(300);
/// Longest wait between retries. A server that starts is noticed within this.
pub const MAX_RETRY: Duration = Duration::from_secs(1);
/// Growth from one wait to the next: a server that was restarted is up within a second, and is asked four times in it.
const GROWTH: f64 = 1.3;
/// Waits are drawn from this share of the bound up to the bound, so that 63 sites do not knock at once.
const SHORTEST_SHARE: f64 = 0.4;

/// The waits of one outage.
#[derive(Debug, Clone, Default)]
pub struct Backoff {
    tries: i32,
}

impl Backoff {
    /// Next wait: bounds 300, 390, 507, … up to 1000 ms, jittered.
    pub fn next_wait(&mut self, rng: &mut impl Rng) -> Duration {
        let longest = MAX_RETRY.as_secs_f64() / FIRST_RETRY.as_secs_f64();
        let bound = FIRST_RETRY.mul_f64(GROWTH.powi(self.tries).min(longest));
        self.tries = self.tries.saturating_add(1);
        bound.mul_f64(rng.random_range(SHORTEST_SHARE..=1.0))
    }

    /// The connection stands again.
    pub fn reset(&mut self) {
        self.tries = 0;
    }
}

/// Calls `attempt` until it succeeds, waiting as `backoff` says between failures. Each attempt is given at most
/// `patience`. `failed` is told of every failure.
pub async fn until_connected<T, E, F>(
    backoff: &mut Backoff,
    patience: Duration,
    mut attempt: impl FnMut() -> F,
    mut failed: impl FnMut(Option<E>),
) -> T
where
    F: Future<Output = Result<T, E>>,
{
    loop {
        match tokio::time::timeout(patience, attempt()).await {
            Ok(Ok(connected)) => return connected,
            Ok(Err(error)) => failed(Some(error)),
            Err(_elapsed) => failed(None),
        }
        let wait = backoff.next_wait(&mut rand::rng());
        tokio::time::sleep(wait).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use tokio::time::Instant;

    const PATIENCE: Duration = Duration::from_millis(1_500);

    #[tokio::test(start_paused = true)]
    async fn a_server_that_comes_back_is_reached_within_a_second() {
        for down_ms in [100_u64, 900, 4_000, 60_000] {
            let began = Instant::now();
            let tries = RefCell::new(Vec::new());
            until_connected(
                &mut Backoff::default(),
                PATIENCE,
                || {
                    tries.borrow_mut().push(began.elapsed());
                    let up = began.elapsed() >= Duration::from_millis(down_ms);
                    async move { if up { Ok(()) } else { Err("refused") } }
                },
                |_: Option<&str>| {},
            )
            .await;
            let tries = tries.into_inner();
            assert!(tries[1] <= FIRST_RETRY, "first retry after {:?}", tries[1]);
            let waited = began.elapsed() - Duration::from_millis(down_ms);
            assert!(waited <= MAX_RETRY + Duration::from_millis(5), "down {down_ms} ms, noticed {waited:?} later");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_that_hangs_is_given_up_and_repeated() {
        let began = Instant::now();
        let tries = RefCell::new(0);
        let failures = RefCell::new(0);
        until_connected(
            &mut Backoff::default(),
            PATIENCE,
            || {
                *tries.borrow_mut() += 1;
                let hangs = *tries.borrow() < 3;
                async move {
                    if hangs {
                        std::future::pending::<()>().await;
                    }
                    Ok(())
                }
            },
            |error: Option<()>| {
                assert!(error.is_none(), "it ran out of time, it did not fail");
                *failures.borrow_mut() += 1;
            },
        )
        .await;
        assert_eq!(failures.into_inner(), 2);
        assert!(began.elapsed() < PATIENCE * 2 + MAX_RETRY * 2);
    }

    #[test]
    fn waits_are_spread_and_bounded() {
        let mut rng = rand::rng();
        let firsts: Vec<Duration> = (0..200).map(|_| Backoff::default().next_wait(&mut rng)).collect();
        assert!(firsts.iter().all(|wait| *wait <= FIRST_RETRY));
        let spread = *firsts.iter().max().unwrap() - *firsts.iter().min().unwrap();
        assert!(spread > FIRST_RETRY / 4, "spread {spread:?}");
        let mut backoff = Backoff::default();
        assert!((0..100).all(|_| backoff.next_wait(&mut rng) <= MAX_RETRY));
        backoff.reset();
        assert!(backoff.next_wait(&mut rng) <= FIRST_RETRY);
    }
}
