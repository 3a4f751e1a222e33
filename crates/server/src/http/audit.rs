//! The audit table, for leads.

use std::net::IpAddr;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use wire::Problem;

use super::body::Query;
use super::identity::Lead;
use super::problem::ApiError;
use crate::access::{AuditEntry, AuditRow};
use crate::app::App;

/// Entries of one answer unless asked otherwise.
const DEFAULT_ROWS: u32 = 100;

/// Records what somebody did with the access of others.
pub(super) fn done(app: &App, who: String, what: String, address: Option<IpAddr>) {
    app.access.audit(AuditEntry { who, what, reason: "done".to_owned(), address });
}

/// Which entries.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AuditQuery {
    /// Only entries numbered below this one, to page backwards.
    before: Option<i64>,
    /// At most so many, at most 1,000.
    limit: Option<u32>,
}

/// Refusals and changes of access, newest first.
#[utoipa::path(
    get, path = "/api/v1/audit", tag = "administration",
    params(AuditQuery),
    responses((status = 200, body = Vec<AuditRow>), (status = 403, body = Problem, content_type = "application/problem+json")),
    security(("operator" = []))
)]
pub(super) async fn list(
    State(app): State<App>,
    Lead(_lead): Lead,
    Query(query): Query<AuditQuery>,
) -> Result<Json<Vec<AuditRow>>, ApiError> {
    Ok(Json(app.access.audit_rows(query.before, query.limit.unwrap_or(DEFAULT_ROWS)).await?))
}
