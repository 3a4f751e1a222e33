//! A conference over HTTP: what it is, what happened, and the same commands as on the WebSocket.

use std::net::IpAddr;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::{IntoParams, ToSchema};
use wire::{
    CommandAccepted, CommandId, CommandRequest, ConferenceId, ConferenceView, LiveView, LoggedEvent, Phase, Problem,
    Revision,
};

use super::body::{Body, Path, Query};
use super::identity::{self, Caller, From, SignedInOperator};
use super::problem::ApiError;
use super::rates::COMMANDS;
use crate::app::App;
use crate::conference_task::{ConferenceHandle, Sender, Stopped};
use crate::live::Who;
use crate::view::Audience;

/// RFC-draft header of the id of a request that may be repeated.
const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// Longest id of a command, in bytes: a UUID has 36.
const MAX_ID_BYTES: usize = 64;
/// Events of one answer unless asked otherwise.
const DEFAULT_EVENTS: u32 = 200;

/// A conference in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ConferenceSummary {
    /// Id.
    pub id: ConferenceId,
    /// Title.
    pub title: String,
    /// Where it stands.
    pub phase: Phase,
    /// Number of sites, the hall too.
    pub sites: usize,
    /// Number of events.
    pub revision: Revision,
}

/// The state with its revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct StateAnswer {
    /// Revision of `state`.
    pub revision: Revision,
    /// The state as the caller may read it.
    pub state: ConferenceView,
}

/// Which events.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct EventsQuery {
    /// Only events after this one; 0 or none: from the first.
    after: Option<u64>,
    /// At most so many, at most 1,000.
    limit: Option<u32>,
}

/// Conferences of this server.
#[utoipa::path(
    get, path = "/api/v1/conferences", tag = "conferences",
    responses((status = 200, body = Vec<ConferenceSummary>)),
    security(("operator" = []))
)]
pub(super) async fn list(
    State(app): State<App>,
    SignedInOperator(_operator): SignedInOperator,
) -> Result<Json<Vec<ConferenceSummary>>, ApiError> {
    let mut conferences = Vec::new();
    for conference in app.lobby.conferences() {
        let (revision, state) = conference.state(Audience::Centre).await.map_err(stopped)?;
        conferences.push(ConferenceSummary {
            id: conference.id().clone(),
            title: state.conference.title,
            phase: state.conference.phase,
            sites: state.sites.len(),
            revision,
        });
    }
    Ok(Json(conferences))
}

/// The state of a conference, as the caller may read it.
#[utoipa::path(
    get, path = "/api/v1/conferences/{id}/state", tag = "conferences",
    params(("id" = String, Path, description = "Id of the conference")),
    responses(
        (status = 200, body = StateAnswer),
        (status = 404, body = Problem, content_type = "application/problem+json")
    ),
    security(("operator" = []), ("site" = []))
)]
pub(super) async fn state(
    State(app): State<App>,
    caller: Caller,
    From(address): From,
    Path(id): Path<ConferenceId>,
) -> Result<Json<StateAnswer>, ApiError> {
    let conference = conference(&app, &caller, &id, address)?;
    let (revision, state) = conference.state(who(&caller).audience()).await.map_err(stopped)?;
    Ok(Json(StateAnswer { revision, state }))
}

/// Live facts of a conference, as the caller may read them.
#[utoipa::path(
    get, path = "/api/v1/conferences/{id}/live", tag = "conferences",
    params(("id" = String, Path, description = "Id of the conference")),
    responses(
        (status = 200, body = LiveView),
        (status = 404, body = Problem, content_type = "application/problem+json")
    ),
    security(("operator" = []), ("site" = []))
)]
pub(super) async fn live(
    State(app): State<App>,
    caller: Caller,
    From(address): From,
    Path(id): Path<ConferenceId>,
) -> Result<Json<LiveView>, ApiError> {
    let conference = conference(&app, &caller, &id, address)?;
    Ok(Json(conference.live(who(&caller).audience()).await.map_err(stopped)?))
}

/// Events of the log, in order.
#[utoipa::path(
    get, path = "/api/v1/conferences/{id}/events", tag = "conferences",
    params(("id" = String, Path, description = "Id of the conference"), EventsQuery),
    responses(
        (status = 200, body = Vec<LoggedEvent>),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json")
    ),
    security(("operator" = []))
)]
pub(super) async fn events(
    State(app): State<App>,
    SignedInOperator(operator): SignedInOperator,
    From(address): From,
    Path(id): Path<ConferenceId>,
    Query(query): Query<EventsQuery>,
) -> Result<Json<Vec<LoggedEvent>>, ApiError> {
    let conference = conference(&app, &Caller::Operator(operator), &id, address)?;
    let after = Revision(query.after.unwrap_or(0));
    let events = conference.events(after, query.limit.unwrap_or(DEFAULT_EVENTS)).await;
    events.map(Json).map_err(|error| ApiError::Unavailable(error.to_string()))
}

/// Does a command. Repeated with the same id it is done once and answered as the first time.
#[utoipa::path(
    post, path = "/api/v1/conferences/{id}/commands", tag = "conferences",
    params(
        ("id" = String, Path, description = "Id of the conference"),
        ("Idempotency-Key" = Option<String>, Header, description = "Id of the command, if the body has none")
    ),
    request_body = CommandRequest,
    responses(
        (status = 200, body = CommandAccepted, description = "Done, and in the journal"),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "Not with this role"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "Refused; `refusal` says why"),
        (status = 429, body = Problem, content_type = "application/problem+json", description = "More than a hundred commands a second"),
        (status = 503, body = Problem, content_type = "application/problem+json", description = "The journal cannot be written")
    ),
    security(("operator" = []), ("site" = []))
)]
pub(super) async fn command(
    State(app): State<App>,
    caller: Caller,
    From(address): From,
    Path(id): Path<ConferenceId>,
    headers: HeaderMap,
    Body(request): Body<CommandRequest>,
) -> Result<Json<CommandAccepted>, ApiError> {
    let conference = conference(&app, &caller, &id, address)?;
    app.rates.take(&caller.name(), COMMANDS, Instant::now().into_std()).map_err(ApiError::TooMany)?;
    let id = command_id(&headers, request.id)?;
    let sender = Sender { who: who(&caller), address };
    let revision = conference.command(sender, id.clone(), None, request.command).await.map_err(ApiError::Refused)?;
    Ok(Json(CommandAccepted { id, revision }))
}

/// What somebody tried, for the audit; what they call a conference may be anything.
pub(super) fn entering(id: &ConferenceId) -> String {
    format!("enter the conference {}", id.0.chars().take(MAX_ID_BYTES).collect::<String>())
}

/// The conference, if it is there and the caller belongs to it.
pub(super) fn conference<'a>(
    app: &'a App,
    caller: &Caller,
    id: &ConferenceId,
    address: Option<IpAddr>,
) -> Result<&'a ConferenceHandle, ApiError> {
    if !caller.belongs_to(id) {
        let reason = "the join link is for another conference";
        return Err(identity::forbid_from(app, caller.name(), entering(id), reason, address));
    }
    let found = app.lobby.conference(Some(id)).ok_or_else(no_such_conference)?;
    if let Caller::Endpoint(join) = caller
        && found.setup().site(&conference::SiteSlug(join.site.0.clone())).is_none()
    {
        let reason = "this site does not take part in the conference";
        return Err(identity::forbid_from(app, caller.name(), entering(id), reason, address));
    }
    Ok(found)
}

pub(super) fn no_such_conference() -> ApiError {
    ApiError::NotFound("there is no such conference".to_owned())
}

fn who(caller: &Caller) -> Who {
    match caller {
        Caller::Operator(operator) => Who::Operator { name: operator.name.clone(), role: operator.role },
        Caller::Endpoint(join) => {
            Who::Endpoint { site: conference::SiteSlug(join.site.0.clone()), role: join.endpoint }
        }
    }
}

pub(super) fn command_id(headers: &HeaderMap, body: Option<CommandId>) -> Result<CommandId, ApiError> {
    let bad = |text: &str| ApiError::BadRequest(text.to_owned());
    let header = headers.get(IDEMPOTENCY_KEY).map(|key| key.to_str().map_err(|_| bad("Idempotency-Key is no text")));
    // The draft writes the key as a quoted string; most clients do not.
    let header = header.transpose()?.map(|key| CommandId(key.trim_matches('"').to_owned()));
    let id = match (header, body) {
        (Some(header), Some(body)) if header != body => return Err(bad("Idempotency-Key and id differ")),
        (Some(id), _) | (None, Some(id)) => id,
        (None, None) => CommandId(uuid::Uuid::now_v7().to_string()),
    };
    let fits = (1..=MAX_ID_BYTES).contains(&id.0.len()) && id.0.bytes().all(|byte| byte.is_ascii_graphic());
    if fits { Ok(id) } else { Err(bad("an id has 1 to 64 visible ASCII characters")) }
}

pub(super) fn stopped(stopped: Stopped) -> ApiError {
    ApiError::Unavailable(stopped.to_string())
}
