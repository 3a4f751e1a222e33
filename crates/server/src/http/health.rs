//! Health of the sites: now, over the whole conference, and as it was.

mod export;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use health::AlarmRefusal;
use serde::Deserialize;
use utoipa::IntoParams;
use wire::{ConferenceId, HealthEntry, HealthView, Moment, Problem, SiteCurve, SiteSlug, TimeLine};

use super::body::{Path, Query};
use super::conferences::{conference, stopped};
use super::identity::{Caller, From, SignedInOperator, Watcher};
use super::problem::ApiError;
use super::spreadsheet;
use crate::app::App;
use crate::conference_task::{ConferenceHandle, ReplayError};
use crate::health_store::{HealthStoreError, POINT_SECONDS, Page, PointRow};
use export::{Export, append, curve_table};

/// Most seconds of one answer for all sites: sparklines show five minutes.
const MAX_RECENT_SECONDS: u32 = 900;
/// Sparklines unless asked otherwise.
const RECENT_SECONDS: u32 = 300;
/// Entries of one answer of the health log unless asked otherwise.
const LOG_PAGE: u32 = 200;
/// How something is given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum Format {
    #[default]
    Json,
    Csv,
}

/// Which seconds.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct RecentQuery {
    /// So many seconds until now, at most 900; none: 300.
    seconds: Option<u32>,
}

/// Which part, and how.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PartQuery {
    /// From this second since the epoch on; none: from the beginning.
    from: Option<u32>,
    /// Until this second since the epoch; none: until now.
    to: Option<u32>,
    /// `csv`: a table for spreadsheets; none or `json`: JSON.
    #[serde(default)]
    format: Format,
}

/// Which entries.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct LogQuery {
    /// Only entries numbered below this one, to page backwards.
    before: Option<u64>,
    /// At most so many, at most 1,000; none: 200.
    limit: Option<u32>,
}

/// Which moment.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct MomentQuery {
    /// The moment, ms since the epoch; none: now, as it is live.
    at: Option<u64>,
}

/// Health of every site now.
#[utoipa::path(
    get, path = "/api/v1/conferences/{id}/health", tag = "health",
    params(("id" = String, Path, description = "Id of the conference")),
    responses(
        (status = 200, body = HealthView),
        (status = 404, body = Problem, content_type = "application/problem+json")
    ),
    security(("operator" = []))
)]
pub(super) async fn now(
    State(app): State<App>,
    operator: SignedInOperator,
    address: From,
    Path(id): Path<ConferenceId>,
) -> Result<Response, ApiError> {
    let view = enter(&app, operator, &id, address)?.health().await.map_err(stopped)?;
    Ok(fresh(Json(view)))
}

/// The last seconds of all sites, for sparklines.
#[utoipa::path(
    get, path = "/api/v1/conferences/{id}/health/recent", tag = "health",
    params(("id" = String, Path, description = "Id of the conference"), RecentQuery),
    responses(
        (status = 200, body = Vec<SiteCurve>),
        (status = 404, body = Problem, content_type = "application/problem+json")
    ),
    security(("operator" = []))
)]
pub(super) async fn recent(
    State(app): State<App>,
    operator: SignedInOperator,
    address: From,
    Path(id): Path<ConferenceId>,
    Query(query): Query<RecentQuery>,
) -> Result<Response, ApiError> {
    let conference = enter(&app, operator, &id, address)?;
    let seconds = query.seconds.unwrap_or(RECENT_SECONDS).min(MAX_RECENT_SECONDS);
    let from = second_of(conference.now().0).saturating_sub(seconds);
    Ok(fresh(Json(conference.curves(None, from).await.map_err(stopped)?)))
}

/// The curve of one site over the whole conference: seconds that are in memory, before them means of ten seconds.
#[utoipa::path(
    get, path = "/api/v1/conferences/{id}/health/sites/{site}/curve", tag = "health",
    params(
        ("id" = String, Path, description = "Id of the conference"),
        ("site" = String, Path, description = "Slug of the site"),
        PartQuery
    ),
    responses(
        (status = 200, content((SiteCurve = "application/json"), (String = "text/csv"))),
        (status = 404, body = Problem, content_type = "application/problem+json")
    ),
    security(("operator" = []))
)]
pub(super) async fn curve(
    State(app): State<App>,
    operator: SignedInOperator,
    address: From,
    Path((id, site)): Path<(ConferenceId, SiteSlug)>,
    Query(query): Query<PartQuery>,
) -> Result<Response, ApiError> {
    let conference = enter(&app, operator, &id, address)?;
    if conference.setup().site(&conference::SiteSlug(site.0.clone())).is_none() {
        return Err(ApiError::NotFound("there is no such site".to_owned()));
    }
    let (from, to) = (query.from.unwrap_or(0), query.to.unwrap_or(u32::MAX));
    let seconds = conference.curves(Some(site.clone()), from).await.map_err(stopped)?;
    let seconds = seconds.into_iter().next().unwrap_or_default();
    // Ten seconds of which some are in memory are told from there alone.
    let in_memory = seconds.at.first().map_or(u32::MAX, |second| second - second % POINT_SECONDS).min(to);
    let mut curve = conference.health_store().curve(&site, from, in_memory).await.map_err(unreadable)?;
    append(&mut curve, &seconds, to);
    match query.format {
        Format::Json => Ok(fresh(Json(curve))),
        Format::Csv => {
            Ok((spreadsheet::headers(&format!("health-{}-{}.csv", id.0, site.0)), curve_table(&curve)).into_response())
        }
    }
}

/// Points of ten seconds of all sites, for a spreadsheet or another program. They are sent while they are read.
#[utoipa::path(
    get, path = "/api/v1/conferences/{id}/health/export", tag = "health",
    params(("id" = String, Path, description = "Id of the conference"), PartQuery),
    responses(
        (status = 200, content((Vec<PointRow> = "application/json"), (String = "text/csv"))),
        (status = 404, body = Problem, content_type = "application/problem+json")
    ),
    security(("operator" = []))
)]
pub(super) async fn export(
    State(app): State<App>,
    operator: SignedInOperator,
    address: From,
    Path(id): Path<ConferenceId>,
    Query(query): Query<PartQuery>,
) -> Result<Response, ApiError> {
    let store = enter(&app, operator, &id, address)?.health_store().clone();
    store.flush().await;
    let (from, to) = (query.from.unwrap_or(0), query.to.unwrap_or(u32::MAX));
    // The first page is read before anything is answered, so that a file that cannot be read is an error and no empty table.
    let first = store.points(from, to, &Page::default()).await.map_err(unreadable)?;
    let export = Export { store, from, to, format: query.format, next: Some(Ok(first)), begun: false };
    let body = Body::from_stream(stream::unfold(export, |mut export| async move {
        let part = export.part().await?;
        Some((part, export))
    }));
    Ok(match query.format {
        Format::Csv => (spreadsheet::headers(&format!("health-{}.csv", id.0)), body).into_response(),
        Format::Json => {
            let name = format!("attachment; filename=\"health-{}.json\"", id.0);
            ([(CONTENT_TYPE, "application/json".to_owned()), (CONTENT_DISPOSITION, name)], body).into_response()
        }
    })
}

/// The health log, the newest first: verdicts, alarms, incidents.
#[utoipa::path(
    get, path = "/api/v1/conferences/{id}/health/log", tag = "health",
    params(("id" = String, Path, description = "Id of the conference"), LogQuery),
    responses(
        (status = 200, body = Vec<HealthEntry>),
        (status = 404, body = Problem, content_type = "application/problem+json")
    ),
    security(("operator" = []))
)]
pub(super) async fn log(
    State(app): State<App>,
    operator: SignedInOperator,
    address: From,
    Path(id): Path<ConferenceId>,
    Query(query): Query<LogQuery>,
) -> Result<Response, ApiError> {
    let store = enter(&app, operator, &id, address)?.health_store();
    store.flush().await;
    let entries = store.log(query.before, query.limit.unwrap_or(LOG_PAGE)).await.map_err(unreadable)?;
    Ok(fresh(Json(entries)))
}

/// Somebody has seen an alarm: it stays on the list, under that name.
#[utoipa::path(
    post, path = "/api/v1/conferences/{id}/health/alarms/{alarm}/acknowledge", tag = "health",
    params(
        ("id" = String, Path, description = "Id of the conference"),
        ("alarm" = u64, Path, description = "Number of the alarm")
    ),
    responses(
        (status = 204, description = "Noted"),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "Not with this role"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "It is over, or acknowledged already")
    ),
    security(("operator" = []))
)]
pub(super) async fn acknowledge(
    State(app): State<App>,
    operator: Watcher,
    address: From,
    Path((id, alarm)): Path<(ConferenceId, u64)>,
) -> Result<StatusCode, ApiError> {
    settle_alarm(&app, operator, address, &id, alarm, false).await
}

/// Takes an alarm off the list whose cause is gone, before its minute is over.
#[utoipa::path(
    post, path = "/api/v1/conferences/{id}/health/alarms/{alarm}/clear", tag = "health",
    params(
        ("id" = String, Path, description = "Id of the conference"),
        ("alarm" = u64, Path, description = "Number of the alarm")
    ),
    responses(
        (status = 204, description = "Done"),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "Not with this role"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "It is over, or its cause is still there")
    ),
    security(("operator" = []))
)]
pub(super) async fn clear(
    State(app): State<App>,
    operator: Watcher,
    address: From,
    Path((id, alarm)): Path<(ConferenceId, u64)>,
) -> Result<StatusCode, ApiError> {
    settle_alarm(&app, operator, address, &id, alarm, true).await
}

/// What there is to replay.
#[utoipa::path(
    get, path = "/api/v1/conferences/{id}/replay", tag = "health",
    params(("id" = String, Path, description = "Id of the conference")),
    responses(
        (status = 200, body = TimeLine),
        (status = 404, body = Problem, content_type = "application/problem+json")
    ),
    security(("operator" = []))
)]
pub(super) async fn time_line(
    State(app): State<App>,
    operator: SignedInOperator,
    address: From,
    Path(id): Path<ConferenceId>,
) -> Result<Response, ApiError> {
    let conference = enter(&app, operator, &id, address)?;
    let line = conference.replayer().time_line(conference.now().0).await.map_err(not_replayed)?;
    Ok(fresh(Json(line)))
}

/// The conference as it was at a moment: state, verdicts, alarms and incidents, with a hash of all that.
#[utoipa::path(
    get, path = "/api/v1/conferences/{id}/replay/moment", tag = "health",
    params(("id" = String, Path, description = "Id of the conference"), MomentQuery),
    responses(
        (status = 200, body = Moment),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is nothing at that time")
    ),
    security(("operator" = []))
)]
pub(super) async fn moment(
    State(app): State<App>,
    operator: SignedInOperator,
    address: From,
    Path(id): Path<ConferenceId>,
    Query(query): Query<MomentQuery>,
) -> Result<Response, ApiError> {
    let conference = enter(&app, operator, &id, address)?;
    let moment = match query.at {
        None => conference.moment().await.map_err(stopped)?,
        Some(at) if at > conference.now().0 => return Err(not_replayed(ReplayError::NoSuchMoment)),
        Some(at) => conference.replayer().moment(at).await.map_err(not_replayed)?,
    };
    Ok(fresh(Json(moment)))
}

fn enter<'a>(
    app: &'a App,
    SignedInOperator(operator): SignedInOperator,
    id: &ConferenceId,
    From(address): From,
) -> Result<&'a ConferenceHandle, ApiError> {
    conference(app, &Caller::Operator(operator), id, address)
}

async fn settle_alarm(
    app: &App,
    Watcher(operator): Watcher,
    address: From,
    id: &ConferenceId,
    alarm: u64,
    clear: bool,
) -> Result<StatusCode, ApiError> {
    let name = operator.name.clone();
    let conference = enter(app, SignedInOperator(operator), id, address)?;
    let settled = conference.settle_alarm(alarm, clear, name).await.map_err(stopped)?;
    settled.map(|()| StatusCode::NO_CONTENT).map_err(|refusal| {
        ApiError::Conflict(
            match refusal {
                AlarmRefusal::NotOpen => "there is no such alarm, or it is over",
                AlarmRefusal::AlreadyAcknowledged => "somebody has acknowledged it already",
                AlarmRefusal::StillThere => "its cause is still there",
            }
            .to_owned(),
        )
    })
}

/// What is so only now.
fn fresh(body: impl IntoResponse) -> Response {
    ([(CACHE_CONTROL, "no-store")], body).into_response()
}

fn second_of(ms: u64) -> u32 {
    u32::try_from(ms / 1_000).unwrap_or(u32::MAX)
}

pub(super) fn unreadable(error: HealthStoreError) -> ApiError {
    ApiError::Unavailable(error.to_string())
}

fn not_replayed(error: ReplayError) -> ApiError {
    match error {
        ReplayError::NoSuchMoment => ApiError::NotFound(error.to_string()),
        ReplayError::Busy
        | ReplayError::Setup(_)
        | ReplayError::Journal(_)
        | ReplayError::Unreadable(_)
        | ReplayError::Health(_) => ApiError::Unavailable(error.to_string()),
    }
}
