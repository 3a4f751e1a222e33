//! Events as the journal keeps them: `(kind, version, body)`, and the step from older versions to the present one.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::{CommandId, Event, EventBody, Millis};

/// An event as the journal keeps it, column by column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncodedEvent {
    /// Milliseconds since the epoch.
    pub at: u64,
    /// Who.
    pub actor: String,
    /// The command that led to it.
    pub command_id: Option<String>,
    /// Kind, for example `take_ordered`.
    pub kind: String,
    /// Version of this kind's body.
    pub version: u16,
    /// The body: a JSON object.
    pub body: Value,
}

/// Why an event of the journal cannot be read.
#[derive(Debug, Error)]
pub enum DecodeError {
    /// Written by a newer program.
    #[error("event {kind} has version {version}, this program knows up to {known}")]
    NewerVersion {
        /// The kind.
        kind: String,
        /// The event's version.
        version: u16,
        /// What this program knows.
        known: u16,
    },
    /// Not of a known kind or shape.
    #[error("event {kind} version {version} is not of a known shape")]
    BadShape {
        /// The kind.
        kind: String,
        /// The event's version.
        version: u16,
        /// What the parser said.
        source: serde_json::Error,
    },
    /// A setup without exactly one hall. Its other bounds are those of the program that recorded it.
    #[error("the recorded setup has {found} halls and not one")]
    HallCount {
        /// Halls found.
        found: usize,
    },
}

impl Event {
    /// The event as the journal keeps it.
    pub fn encode(&self) -> EncodedEvent {
        let value = serde_json::to_value(&self.body).expect("event bodies have text keys only");
        let Value::Object(mut fields) = value else { unreachable!("event bodies are tagged objects") };
        let kind = match fields.remove("kind") {
            Some(Value::String(kind)) => kind,
            _ => unreachable!("event bodies are tagged by kind"),
        };
        let body = fields.remove("body").unwrap_or_default();
        EncodedEvent {
            at: self.at.0,
            actor: self.actor.clone(),
            command_id: self.command_id.as_ref().map(|id| id.0.clone()),
            version: version_of(&kind),
            kind,
            body,
        }
    }

    /// Reads an event of any version up to the current one.
    ///
    /// # Errors
    /// [`DecodeError`] if the event is newer than this program, or no event at all, or cannot be applied.
    pub fn decode(encoded: &EncodedEvent) -> Result<Self, DecodeError> {
        let body = upcast(&encoded.kind, encoded.version, encoded.body.clone())?;
        let tagged = serde_json::json!({ "kind": encoded.kind, "body": body });
        let body = serde_json::from_value(tagged).map_err(|source| DecodeError::BadShape {
            kind: encoded.kind.clone(),
            version: encoded.version,
            source,
        })?;
        if let EventBody::SetupRecorded { setup } | EventBody::SetupEdited { setup, .. } = &body {
            let found = setup.halls();
            if found != 1 {
                return Err(DecodeError::HallCount { found });
            }
        }
        Ok(Self {
            at: Millis(encoded.at),
            actor: encoded.actor.clone(),
            command_id: encoded.command_id.clone().map(CommandId),
            body,
        })
    }
}

/// Current version of a kind's body. A kind whose body changes gets a line of its own here and a step in [`upcast`].
pub fn version_of(_kind: &str) -> u16 {
    1
}

/// Brings a body up to the current version of its kind, one version at a time.
fn upcast(kind: &str, version: u16, body: Value) -> Result<Value, DecodeError> {
    let known = version_of(kind);
    match version {
        1 => Ok(body),
        _ => Err(DecodeError::NewerVersion { kind: kind.to_owned(), version, known }),
    }
}
