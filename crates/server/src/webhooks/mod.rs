//! Tells other programs that an incident began or is over: one POST each, signed, repeated while nobody takes it, and bounded.
//!
//! The form is that of the Standard Webhooks specification, version 1.0: `webhook-id`, `webhook-timestamp`, `webhook-signature`. The
//! same id is the same message, however often it is sent.
//!
//! ```text
//!  health log ─▶ gather (an incident waits three seconds: it may be a part of another) ─▶ a queue for each receiver ─▶ POST
//! ```

mod delivery;
mod gather;
mod signature;

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::mpsc;
use wire::{ConferenceId, HealthChange, HealthEntry, Incident, InstanceId};

pub use delivery::{ATTEMPTS, MAX_WAITING};
pub use signature::{MIN_SECRET_BYTES, Secret};

use gather::Gather;

/// Entries that wait to be looked at; more than a conference has in a second.
const QUEUE: usize = 256;
/// Incidents that wait are looked at this often.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// A receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookConfig {
    /// Where messages are sent.
    pub url: String,
    /// What they are signed with.
    pub secret: Secret,
}

/// The way to all receivers. Cheap to clone; never waits.
#[derive(Debug, Clone)]
pub struct Webhooks {
    entries: Option<mpsc::Sender<(ConferenceId, HealthEntry)>>,
}

/// What a receiver is told.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Message {
    /// The same for each repetition.
    #[serde(skip)]
    id: String,
    /// `incident.opened` or `incident.closed`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// When it happened, ms since the epoch.
    at: u64,
    data: Data,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Data {
    conference: ConferenceId,
    incident: Incident,
}

impl Webhooks {
    /// Nobody is told.
    pub fn none() -> Self {
        Self { entries: None }
    }

    /// Begins to tell `receivers`. Must be called inside a tokio runtime.
    pub fn start(receivers: &[WebhookConfig], instance: InstanceId) -> Self {
        if receivers.is_empty() {
            return Self::none();
        }
        let queues: Vec<_> = receivers.iter().cloned().map(delivery::start).collect();
        let (entries, incoming) = mpsc::channel(QUEUE);
        tokio::spawn(run(Gather::new(instance), incoming, queues));
        Self { entries: Some(entries) }
    }

    /// Takes an entry of a health log; of incidents alone receivers are told.
    pub fn entry(&self, conference: &ConferenceId, entry: &HealthEntry) {
        let Some(entries) = &self.entries else { return };
        let about = matches!(
            entry.what,
            HealthChange::Opened { .. } | HealthChange::Changed { .. } | HealthChange::Closed { .. }
        );
        if about && entries.try_send((conference.clone(), entry.clone())).is_err() {
            tracing::warn!(entry = entry.entry, "webhooks: an incident was not told, too many at once");
        }
    }
}

async fn run(
    mut gather: Gather,
    mut incoming: mpsc::Receiver<(ConferenceId, HealthEntry)>,
    queues: Vec<mpsc::Sender<Arc<Message>>>,
) {
    let mut look = tokio::time::interval(LOOK_EVERY);
    loop {
        tokio::select! {
            entry = incoming.recv() => match entry {
                Some((conference, entry)) => gather.take(tokio::time::Instant::now(), &conference, entry),
                None => return,
            },
            _ = look.tick() => {}
        }
        for message in gather.due(tokio::time::Instant::now()) {
            let message = Arc::new(message);
            for queue in &queues {
                if queue.try_send(Arc::clone(&message)).is_err() {
                    tracing::error!(id = message.id, "webhooks: a receiver is too far behind, an incident is not told");
                }
            }
        }
    }
}
