//! Sends messages to one receiver, in order, each until it is taken or given up.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use ureq::Agent;

use super::{Message, WebhookConfig};
use crate::access::system_clock;

/// Messages that wait for one receiver. What comes then is not told.
pub const MAX_WAITING: usize = 256;
/// How often a message is tried.
pub const ATTEMPTS: u32 = 8;
/// Before the second attempt; each further one waits twice as long: two minutes in all.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// A receiver answers within this time.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);
/// Of an answer nothing is read but its status.
const NO_REDIRECTS: u32 = 0;

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attempt {
    Taken,
    /// It may be taken later.
    Again,
    /// The receiver does not want it.
    Refused(u16),
}

pub(super) fn start(receiver: WebhookConfig) -> mpsc::Sender<Arc<Message>> {
    let (queue, waiting) = mpsc::channel(MAX_WAITING);
    tokio::spawn(run(receiver, waiting));
    queue
}

async fn run(receiver: WebhookConfig, mut waiting: mpsc::Receiver<Arc<Message>>) {
    let config = Agent::config_builder()
        .timeout_global(Some(ANSWERS_WITHIN))
        .max_redirects(NO_REDIRECTS)
        .http_status_as_error(false)
        .build();
    let agent = Agent::new_with_config(config);
    while let Some(message) = waiting.recv().await {
        deliver(&agent, &receiver, &message).await;
    }
}

async fn deliver(agent: &Agent, receiver: &WebhookConfig, message: &Arc<Message>) {
    let mut pause = FIRST_PAUSE;
    for attempt in 1..=ATTEMPTS {
        match try_once(agent.clone(), receiver.clone(), Arc::clone(message)).await {
            Attempt::Taken => return,
            Attempt::Refused(status) => {
                tracing::error!(id = message.id, url = receiver.url, status, "webhooks: a receiver refused a message");
                return;
            }
            Attempt::Again if attempt == ATTEMPTS => break,
            Attempt::Again => tokio::time::sleep(pause).await,
        }
        pause *= 2;
    }
    tracing::error!(id = message.id, url = receiver.url, ATTEMPTS, "webhooks: a message was given up");
}

async fn try_once(agent: Agent, receiver: WebhookConfig, message: Arc<Message>) -> Attempt {
    let tried = tokio::task::spawn_blocking(move || {
        let body = serde_json::to_string(&*message).expect("messages are plain JSON");
        let timestamp = system_clock()() / 1_000;
        let sent = agent
            .post(&receiver.url)
            .header("content-type", "application/json")
            .header("webhook-id", &message.id)
            .header("webhook-timestamp", &timestamp.to_string())
            .header("webhook-signature", &receiver.secret.sign(&message.id, timestamp, &body))
            .send(&body);
        match sent.map(|answer| answer.status().as_u16()) {
            Ok(200..=299) => Attempt::Taken,
            // Too many, too early, or its own fault: later it may be otherwise. So it may where nobody listens.
            Ok(408 | 425 | 429 | 500..=599) => Attempt::Again,
            Ok(status) => Attempt::Refused(status),
            Err(error) => {
                tracing::warn!(id = message.id, url = receiver.url, %error, "webhooks: a message was not sent");
                Attempt::Again
            }
        }
    });
    // A fault of ours in an attempt is an attempt that failed.
    tried.await.unwrap_or(Attempt::Again)
}

#[cfg(test)]
mod tests;
