//! Bodies of the HTTP API under `/api/v1`. Errors are RFC 9457 problem details.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::{Command, CommandId, ConferenceId, EndpointRole, Refusal, Revision, Role, SiteSlug};

/// `POST /api/v1/sign-in`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct SignInRequest {
    /// Name of the person.
    pub name: String,
    /// Password.
    pub password: String,
}

/// `POST /api/v1/sign-in/link`: a one-time link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct SignInLinkRequest {
    /// Token of the link.
    pub token: String,
}

/// `GET /api/v1/me` and the answer to a sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct Me {
    /// Name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Conferences of the server.
    pub conferences: Vec<ConferenceId>,
}

/// `POST /api/v1/conferences/{id}/commands`; the header `Idempotency-Key` may carry the id instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct CommandRequest {
    /// Chosen by the sender.
    pub id: Option<CommandId>,
    /// What is asked.
    pub command: Command,
}

/// Answer to a command that was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct CommandAccepted {
    /// The command.
    pub id: CommandId,
    /// Revision that holds it.
    pub revision: Revision,
}

/// A join link of a site, `GET /api/v1/conferences/{id}/links`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct JoinLink {
    /// The site.
    pub site: SiteSlug,
    /// Which endpoint.
    pub endpoint: EndpointRole,
    /// Path on this server, `/join/…`.
    pub path: String,
    /// When it was last used.
    pub last_used_at: Option<u64>,
    /// True: no longer valid.
    pub revoked: bool,
}

/// One event of the journal as it is exported, `GET /api/v1/conferences/{id}/events?after=…&limit=…`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct LoggedEvent {
    /// Number, from 1.
    pub revision: Revision,
    /// Time, ms since the epoch; never decreases.
    pub at: u64,
    /// Who.
    pub actor: String,
    /// The command that led to it.
    pub command_id: Option<CommandId>,
    /// Kind.
    pub kind: String,
    /// Body.
    #[ts(type = "unknown")]
    #[schema(value_type = Object)]
    pub body: serde_json::Value,
}

/// RFC 9457 problem details (`application/problem+json`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct Problem {
    /// A URI reference that names the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// Short text.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// What happened this time.
    pub detail: String,
    /// For commands: why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
}
