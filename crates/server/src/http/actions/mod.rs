//! Commands as plain HTTP requests, for panels of buttons: one address for each, fields in the query or in a JSON body.

mod fields;
mod resolve;
mod shapes;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde_json::{Map, Value};
use wire::{CommandAccepted, ConferenceId, Problem};

use super::acting::Acting;
use super::body::{JSON, Path, Query, RawBody, is_of_type, parsed};
use super::conferences::{command_id, stopped};
use super::identity::From;
use super::problem::ApiError;
use crate::app::App;
use crate::conference_task::Sender;
use crate::view::Audience;
use fields::Given;
use resolve::Resolved;

/// A shorthand that is no command.
const PREVIEW_SITE: &str = "preview_site";

/// Does an action: a command by its name, or `next_item`, `next_request`, `previous_request`, `preview_site?site=…`.
///
/// The fields of the command are parameters of the query (`?site=ha-noi`; lists separated by commas; a source is the slug of a site, or
/// `slug:content`), or those of a JSON body. `set_preview?site=…` is the camera of one site alone. A take names the preview that it
/// puts on air, as the tally tells it; there is no action that takes whatever is in preview.
#[utoipa::path(
    post, path = "/api/v1/conferences/{id}/actions/{command}", tag = "surfaces",
    params(
        ("id" = String, Path, description = "Id of the conference"),
        ("command" = String, Path, description = "Name of the command, for example `back_to_hall`"),
        ("Idempotency-Key" = Option<String>, Header, description = "Id of the command: the same twice is done once")
    ),
    request_body(content = Option<Object>, description = "Fields of the command, as far as they are not in the query"),
    responses(
        (status = 200, body = CommandAccepted, description = "Done, and in the journal"),
        (status = 400, body = Problem, content_type = "application/problem+json", description = "A field is missing or not understood"),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "Not with this role"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "No such action, site or item"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "Refused; `refusal` says why"),
        (status = 429, body = Problem, content_type = "application/problem+json", description = "More than twenty actions a second"),
        (status = 503, body = Problem, content_type = "application/problem+json", description = "The journal cannot be written")
    ),
    security(("operator" = []), ("surface" = []))
)]
pub(super) async fn act(
    State(app): State<App>,
    acting: Acting,
    From(address): From,
    Path((id, name)): Path<(ConferenceId, String)>,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
    RawBody(bytes): RawBody,
) -> Result<Json<CommandAccepted>, ApiError> {
    let conference = acting.enter(&app, &id, address)?;
    let id = command_id(&headers, None)?;
    let given = Given { query, body: body(&headers, &bytes)? };
    let command = match Resolved::named(&name, &given)? {
        Some(action) => action.command(&conference.state(Audience::Centre).await.map_err(stopped)?.1)?,
        None if name == PREVIEW_SITE => resolve::preview_site(&given)?,
        None => fields::command(&name, given)?,
    };
    let sender = Sender { who: acting.who, address };
    let revision = conference.command(sender, id.clone(), None, command).await.map_err(ApiError::Refused)?;
    Ok(Json(CommandAccepted { id, revision }))
}

fn body(headers: &HeaderMap, bytes: &[u8]) -> Result<Map<String, Value>, ApiError> {
    if bytes.is_empty() {
        return Ok(Map::new());
    }
    if !is_of_type(headers, JSON) {
        return Err(ApiError::BadRequest("a body is application/json".to_owned()));
    }
    parsed(bytes)
}
