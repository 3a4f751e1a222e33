//! Line checks: begin one, read what was found, and carry the bytes by which a site measures its line.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{StatusCode, header::CONTENT_LENGTH};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::AbortHandle;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::{CheckRequest, CheckSummary, ConferenceId, Problem, SignedCheck, SiteSlug};

use super::body::{Body as JsonBody, Path, Query};
use super::conferences::{conference, stopped};
use super::health::unreadable;
use super::identity::{Caller, From, SignedInOperator, Watcher, forbid_from};
use super::problem::ApiError;
use crate::access::JoinIdentity;
use crate::app::App;

/// Line checks of one answer.
const MAX_CHECKS: u32 = 100;
/// Most bytes of one transfer.
pub const MAX_TRANSFER_BYTES: usize = 4 * 1024 * 1024;
/// A transfer is over after this time; what was carried until then is measured.
const TRANSFER_WITHIN: Duration = Duration::from_secs(15);
/// Transfers at the same time: both directions of all sites that fill their lines, twice over.
const MAX_TRANSFERS: usize = 32;
/// Transfers of one site at the same time: it has one after the other, and one that broke off may still hold its place. So no site keeps
/// the others from measuring.
const MAX_TRANSFERS_OF_SITE: usize = 2;
/// Bytes that are handed out at once.
const CHUNK_BYTES: usize = 64 * 1024;
/// Unknown sites that are named to whoever asked for them: enough to find the mistake.
const MAX_UNKNOWN_NAMED: usize = 10;
/// Characters of such a name that are repeated: whatever it is, it is no site.
const MAX_NAME_CHARS: usize = 64;

/// Whose line a transfer fills.
type Line = (ConferenceId, SiteSlug);

/// Room for transfers.
#[derive(Debug)]
pub struct TransferRoom {
    all: Arc<Semaphore>,
    of_lines: Arc<Mutex<BTreeMap<Line, usize>>>,
}

impl Default for TransferRoom {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(MAX_TRANSFERS)), of_lines: Arc::default() }
    }
}

impl TransferRoom {
    /// Begins a transfer of a site, if there is room for it.
    fn begin(&self, line: Line) -> Result<Transfer, ApiError> {
        let permit = Arc::clone(&self.all).try_acquire_owned().map_err(|_| full())?;
        let mut of_lines = self.of_lines.lock().unwrap_or_else(PoisonError::into_inner);
        let count = of_lines.entry(line.clone()).or_default();
        if *count >= MAX_TRANSFERS_OF_SITE {
            let detail = format!("this site fills its line already: at most {MAX_TRANSFERS_OF_SITE} transfers at once");
            return Err(ApiError::Unavailable(detail));
        }
        *count += 1;
        drop(of_lines);
        Ok(Transfer::begin(Place { _permit: permit, line, of_lines: Arc::clone(&self.of_lines) }))
    }
}

/// A place in the room; whoever drops it gives it back.
#[derive(Debug)]
struct Place {
    _permit: OwnedSemaphorePermit,
    line: Line,
    of_lines: Arc<Mutex<BTreeMap<Line, usize>>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut of_lines = self.of_lines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = of_lines.get_mut(&self.line) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                of_lines.remove(&self.line);
            }
        }
    }
}

/// A transfer that is under way. Its place is free when it is dropped, and when its time is up: a body that nobody reads is never polled
/// and never dropped, and cannot look at the clock itself.
#[derive(Debug)]
struct Transfer {
    place: Arc<Mutex<Option<Place>>>,
    timer: AbortHandle,
}

impl Transfer {
    fn begin(place: Place) -> Self {
        let place = Arc::new(Mutex::new(Some(place)));
        let timed = Arc::clone(&place);
        let timer = tokio::spawn(async move {
            tokio::time::sleep(TRANSFER_WITHIN).await;
            vacate(&timed);
        });
        Self { place, timer: timer.abort_handle() }
    }

    /// Its time is up.
    fn is_over(&self) -> bool {
        self.place.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        self.timer.abort();
        vacate(&self.place);
    }
}

fn vacate(place: &Mutex<Option<Place>>) {
    drop(place.lock().unwrap_or_else(PoisonError::into_inner).take());
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
    let setup = conference.setup();
    let is_known = |site: &SiteSlug| setup.site(&conference::SiteSlug(site.0.clone())).is_some();
    if let Some(detail) = unknown_sites(request.sites.as_deref().unwrap_or_default(), is_known) {
        return Err(ApiError::NotFound(detail));
    }
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
    let transfer = app.transfers.begin(line_of(&app, &caller, address)?)?;
    let bytes = query.bytes.min(MAX_TRANSFER_BYTES);
    let headers = [(CONTENT_TYPE, "application/octet-stream".to_owned()), (CACHE_CONTROL, "no-store".to_owned())];
    let length = [(CONTENT_LENGTH, bytes.to_string())];
    Ok((headers, length, Body::from_stream(parts(bytes, transfer))).into_response())
}

/// So many bytes, as long as the transfer has its place.
fn parts(bytes: usize, transfer: Transfer) -> impl Stream<Item = Result<Bytes, Infallible>> + Send + 'static {
    // Random, because something on the way may compress.
    let mut chunk = vec![0_u8; CHUNK_BYTES];
    rand::fill(&mut chunk[..]);
    let chunk = Bytes::from(chunk);
    stream::unfold((bytes, transfer), move |(left, transfer)| {
        let part = chunk.slice(..left.min(CHUNK_BYTES));
        let over = left == 0 || transfer.is_over();
        std::future::ready((!over).then(|| (Ok(part.clone()), (left - part.len(), transfer))))
    })
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
    let _transfer = app.transfers.begin(line_of(&app, &caller, address)?)?;
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
fn line_of(app: &App, caller: &Caller, address: Option<IpAddr>) -> Result<Line, ApiError> {
    match caller {
        Caller::Endpoint(JoinIdentity { conference, site, .. }) => Ok((conference.clone(), site.clone())),
        Caller::Operator(operator) => {
            let what = "measure a line".to_owned();
            Err(forbid_from(app, operator.name.clone(), what, "for endpoints of sites only", address))
        }
    }
}

fn full() -> ApiError {
    ApiError::Unavailable("others fill their lines now".to_owned())
}

/// What is wrong with a list of sites: a list of which a part is done would look done. None: nothing.
fn unknown_sites(sites: &[SiteSlug], is_known: impl Fn(&SiteSlug) -> bool) -> Option<String> {
    let unknown: BTreeSet<&str> = sites.iter().filter(|site| !is_known(site)).map(|site| site.0.as_str()).collect();
    if unknown.is_empty() {
        return None;
    }
    let short = |name: &&str| name.chars().take(MAX_NAME_CHARS).collect::<String>();
    let named: Vec<String> = unknown.iter().take(MAX_UNKNOWN_NAMED).map(short).collect();
    let more = match unknown.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(format!("no site of the conference: {}{more}; no line check began", named.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(number: usize) -> Line {
        (ConferenceId("hoi-nghi".to_owned()), SiteSlug(format!("diem-cau-{number}")))
    }

    fn is_full(refused: &Result<Transfer, ApiError>) -> bool {
        matches!(refused, Err(ApiError::Unavailable(_)))
    }

    #[tokio::test(start_paused = true)]
    async fn bodies_that_nobody_reads_keep_their_places_for_no_longer_than_a_transfer_takes() {
        let room = TransferRoom::default();
        let mut stalled: Vec<_> = (0..MAX_TRANSFERS)
            .map(|number| Box::pin(parts(MAX_TRANSFER_BYTES, room.begin(line(number)).unwrap())))
            .collect();
        assert!(is_full(&room.begin(line(MAX_TRANSFERS))));
        let first = stalled[0].next().await.unwrap().unwrap();
        assert_eq!(first.len(), CHUNK_BYTES);

        tokio::time::sleep(TRANSFER_WITHIN - Duration::from_secs(1)).await;
        assert!(is_full(&room.begin(line(MAX_TRANSFERS))), "their time is not up yet");
        tokio::time::sleep(Duration::from_secs(2)).await;

        let others: Vec<_> = (0..MAX_TRANSFERS).map(|number| room.begin(line(number))).collect();
        assert!(others.iter().all(Result::is_ok), "nothing of those who stalled is left");
        assert!(stalled[0].next().await.is_none(), "who reads on after its time is told that it is over");
        drop(stalled);
        assert!(is_full(&room.begin(line(MAX_TRANSFERS))), "a place is given back once");
    }

    #[tokio::test(start_paused = true)]
    async fn a_site_cannot_take_the_places_of_others() {
        let room = TransferRoom::default();
        let mut own: Vec<_> = (0..MAX_TRANSFERS_OF_SITE).map(|_| room.begin(line(1)).unwrap()).collect();
        for _ in 0..MAX_TRANSFERS {
            assert!(is_full(&room.begin(line(1))));
        }
        assert!(room.begin(line(2)).is_ok(), "what was refused holds no place");

        drop(own.pop());
        assert!(room.begin(line(1)).is_ok());
        drop(own);
        assert!(room.of_lines.lock().unwrap().is_empty(), "nothing is remembered of sites without transfers");
    }

    #[test]
    fn unknown_sites_are_named_as_far_as_that_helps() {
        let is_known = |site: &SiteSlug| site.0 == "ha-noi";
        let told = |names: &[&str]| {
            let sites: Vec<SiteSlug> = names.iter().map(|name| SiteSlug((*name).to_owned())).collect();
            unknown_sites(&sites, is_known)
        };
        assert_eq!(told(&[]), None);
        assert_eq!(told(&["ha-noi"]), None);
        let one = told(&["nope", "ha-noi", "nope"]).unwrap();
        assert!(one.contains("nope;") && !one.contains("ha-noi"), "{one}");
        let long = "x".repeat(999);
        let names: Vec<String> = (0..MAX_UNKNOWN_NAMED + 2).map(|number| format!("{number}{long}")).collect();
        let many = told(&names.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
        assert!(many.contains(" and 2 more"), "{many}");
        assert!(many.len() < (MAX_UNKNOWN_NAMED + 2) * (MAX_NAME_CHARS + 2), "{}", many.len());
    }
}
