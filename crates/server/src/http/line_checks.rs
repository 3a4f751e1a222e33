//! Line checks: begin one, read what was found, and carry the bytes by which a site measures its line.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{StatusCode, header::CONTENT_LENGTH};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::{CheckRequest, CheckSummary, ConferenceId, Problem, SignedCheck};

use super::body::{Body as JsonBody, Path, Query};
use super::conferences::{conference, stopped};
use super::health::unreadable;
use super::identity::{Caller, From, SignedInOperator, Watcher, forbid_from};
use super::problem::ApiError;
use crate::app::App;

/// Line checks of one answer.
const MAX_CHECKS: u32 = 100;
/// Most bytes of one transfer.
pub const MAX_TRANSFER_BYTES: usize = 4 * 1024 * 1024;
/// A transfer is over after this time; what was carried until then is measured.
const TRANSFER_WITHIN: Duration = Duration::from_secs(15);
/// Transfers at the same time: both directions of all sites that fill their lines, twice over.
const MAX_TRANSFERS: usize = 32;
/// Bytes that are handed out at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// Room for transfers.
#[derive(Debug)]
pub struct TransferRoom(Arc<Semaphore>);

impl Default for TransferRoom {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MAX_TRANSFERS)))
    }
}

/// A line check that began.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub(super) struct CheckStarted {
    /// Its number.
    number: u64,
}

/// How much.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct TransferQuery {
    /// Bytes, at most 4 MiB.
    bytes: usize,
}

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, start)).routes(routes!(signed)).routes(routes!(down))
}

/// What sites send to measure their lines: larger than other bodies, and slower.
pub(super) fn transfers() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(up)).layer(DefaultBodyLimit::max(MAX_TRANSFER_BYTES))
}

/// Line checks that are over, the newest first.
#[utoipa::path(
    get, path = "/api/v1/conferences/{id}/line-checks", tag = "health",
    params(("id" = String, Path, description = "Id of the conference")),
    responses(
        (status = 200, body = Vec<CheckSummary>),
        (status = 404, body = Problem, content_type = "application/problem+json")
    ),
    security(("operator" = []))
)]
pub(super) async fn list(
    State(app): State<App>,
    SignedInOperator(operator): SignedInOperator,
    From(address): From,
    Path(id): Path<ConferenceId>,
) -> Result<Json<Vec<CheckSummary>>, ApiError> {
    let store = conference(&app, &Caller::Operator(operator), &id, address)?.health_store();
    store.flush().await;
    Ok(Json(store.checks(MAX_CHECKS).await.map_err(unreadable)?))
}

/// Begins a line check of some sites, of a region or of all. One that is under way takes them in.
#[utoipa::path(
    post, path = "/api/v1/conferences/{id}/line-checks", tag = "health",
    params(("id" = String, Path, description = "Id of the conference")),
    request_body = CheckRequest,
    responses(
        (status = 202, body = CheckStarted, description = "It began; how far it is, the health says each second"),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "Not with this role"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "No such conference, site or region")
    ),
    security(("operator" = []))
)]
pub(super) async fn start(
    State(app): State<App>,
    Watcher(operator): Watcher,
    From(address): From,
    Path(id): Path<ConferenceId>,
    JsonBody(request): JsonBody<CheckRequest>,
) -> Result<(StatusCode, Json<CheckStarted>), ApiError> {
    let name = operator.name.clone();
    let conference = conference(&app, &Caller::Operator(operator), &id, address)?;
    let number = conference.start_check(name, request).await.map_err(stopped)?;
    let number = number.ok_or_else(|| ApiError::NotFound("there is no such site or region".to_owned()))?;
    Ok((StatusCode::ACCEPTED, Json(CheckStarted { number })))
}

/// A line check that is over: what was found, with the signature over it.
#[utoipa::path(
    get, path = "/api/v1/conferences/{id}/line-checks/{number}", tag = "health",
    params(
        ("id" = String, Path, description = "Id of the conference"),
        ("number" = u64, Path, description = "Number of the line check")
    ),
    responses(
        (status = 200, body = SignedCheck),
        (status = 404, body = Problem, content_type = "application/problem+json")
    ),
    security(("operator" = []))
)]
pub(super) async fn signed(
    State(app): State<App>,
    SignedInOperator(operator): SignedInOperator,
    From(address): From,
    Path((id, number)): Path<(ConferenceId, u64)>,
) -> Result<Json<SignedCheck>, ApiError> {
    let store = conference(&app, &Caller::Operator(operator), &id, address)?.health_store();
    store.flush().await;
    let check = store.signed_check(number).await.map_err(unreadable)?;
    check.map(Json).ok_or_else(|| ApiError::NotFound("there is no such line check, or it is under way".to_owned()))
}

/// Bytes to a site, by which it measures its line.
#[utoipa::path(
    get, path = "/api/v1/line/down", tag = "health",
    params(TransferQuery),
    responses(
        (status = 200, content_type = "application/octet-stream"),
        (status = 503, body = Problem, content_type = "application/problem+json", description = "Others fill their lines now")
    ),
    security(("site" = []))
)]
pub(super) async fn down(
    State(app): State<App>,
    caller: Caller,
    From(address): From,
    Query(query): Query<TransferQuery>,
) -> Result<Response, ApiError> {
    check_site(&app, &caller, address)?;
    let room = Arc::clone(&app.transfers.0).try_acquire_owned().map_err(|_| full())?;
    let bytes = query.bytes.min(MAX_TRANSFER_BYTES);
    // Random, because something on the way may compress.
    let mut chunk = vec![0_u8; CHUNK_BYTES];
    rand::fill(&mut chunk[..]);
    let (chunk, deadline) = (Bytes::from(chunk), tokio::time::Instant::now() + TRANSFER_WITHIN);
    let parts = stream::unfold((bytes, room), move |(left, room)| {
        let part = chunk.slice(..left.min(CHUNK_BYTES));
        let over = left == 0 || tokio::time::Instant::now() >= deadline;
        std::future::ready((!over).then(|| (Ok::<_, Infallible>(part.clone()), (left - part.len(), room))))
    });
    let headers = [(CONTENT_TYPE, "application/octet-stream".to_owned()), (CACHE_CONTROL, "no-store".to_owned())];
    let length = [(CONTENT_LENGTH, bytes.to_string())];
    Ok((headers, length, Body::from_stream(parts)).into_response())
}

/// Bytes from a site, by which it measures its line. They are read and forgotten.
#[utoipa::path(
    post, path = "/api/v1/line/up", tag = "health",
    responses(
        (status = 204, description = "All of it arrived"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json", description = "Others fill their lines now")
    ),
    security(("site" = []))
)]
pub(super) async fn up(
    State(app): State<App>,
    caller: Caller,
    From(address): From,
    request: Request,
) -> Result<StatusCode, ApiError> {
    check_site(&app, &caller, address)?;
    let _room = Arc::clone(&app.transfers.0).try_acquire_owned().map_err(|_| full())?;
    let mut body = request.into_body().into_data_stream();
    let read = async {
        let mut bytes = 0_usize;
        while let Some(part) = body.next().await {
            bytes += part.map_err(|_| ApiError::BadRequest("the transfer was broken off".to_owned()))?.len();
            if bytes > MAX_TRANSFER_BYTES {
                return Err(ApiError::TooLarge(format!("a transfer has at most {MAX_TRANSFER_BYTES} bytes")));
            }
        }
        Ok(StatusCode::NO_CONTENT)
    };
    tokio::time::timeout(TRANSFER_WITHIN, read).await.unwrap_or(Err(ApiError::Late))
}

/// Only sites measure lines.
fn check_site(app: &App, caller: &Caller, address: Option<IpAddr>) -> Result<(), ApiError> {
    match caller {
        Caller::Endpoint(_) => Ok(()),
        Caller::Operator(operator) => {
            let what = "measure a line".to_owned();
            Err(forbid_from(app, operator.name.clone(), what, "for endpoints of sites only", address))
        }
    }
}

fn full() -> ApiError {
    ApiError::Unavailable("others fill their lines now".to_owned())
}
