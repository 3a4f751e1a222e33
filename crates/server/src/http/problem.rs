//! Errors of the HTTP API as RFC 9457 problem details.

use std::time::Duration;

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use wire::{Problem, Refusal};

use crate::access::{AccessError, OperatorError, SignInError, SurfaceError, TokenError};

/// Media type of RFC 9457.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// Why a request was not done.
#[derive(Debug)]
pub enum ApiError {
    /// Nobody is signed in, or the token opens nothing.
    Unauthorized,
    /// The caller is known, but may not do this.
    Forbidden(String),
    /// There is no such thing.
    NotFound(String),
    /// The request is not understood.
    BadRequest(String),
    /// The request is understood, but does not fit what is there.
    Conflict(String),
    /// Nothing that was offered can be used here.
    NotAcceptable(String),
    /// The body is too large.
    TooLarge(String),
    /// The body did not come in time.
    Late,
    /// The body is well formed and cannot be used.
    Unprocessable(String),
    /// The request must say to which state it belongs.
    TagRequired,
    /// The request belongs to an earlier state.
    TagOutdated,
    /// A command was refused.
    Refused(Refusal),
    /// Too many attempts.
    TooMany(Duration),
    /// The page comes from elsewhere.
    ForeignOrigin,
    /// Something that should work does not; the reason is in the log, not in the answer.
    Fault(String),
    /// The server stops, or a part of it does not answer.
    Unavailable(String),
}

impl ApiError {
    /// The problem as text, where there is no HTTP response to put it into.
    pub(super) fn json(&self) -> String {
        serde_json::to_string(&self.problem()).expect("problems are plain JSON")
    }

    fn problem(&self) -> Problem {
        let problem = |status: StatusCode, kind: &str, detail: &str| Problem {
            kind: format!("/problems/{kind}"),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail: detail.to_owned(),
            refusal: None,
        };
        match self {
            Self::Unauthorized => problem(StatusCode::UNAUTHORIZED, "unauthorized", "sign in, or join by a valid link"),
            Self::Forbidden(detail) => problem(StatusCode::FORBIDDEN, "forbidden", detail),
            Self::NotFound(detail) => problem(StatusCode::NOT_FOUND, "not-found", detail),
            Self::BadRequest(detail) => problem(StatusCode::BAD_REQUEST, "bad-request", detail),
            Self::Conflict(detail) => problem(StatusCode::CONFLICT, "conflict", detail),
            Self::NotAcceptable(detail) => problem(StatusCode::NOT_ACCEPTABLE, "not-acceptable", detail),
            Self::Late => problem(StatusCode::REQUEST_TIMEOUT, "late", "the body did not come in time"),
            Self::TooLarge(detail) => problem(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail),
            Self::Unprocessable(detail) => problem(StatusCode::UNPROCESSABLE_ENTITY, "unprocessable", detail),
            Self::TagRequired => {
                problem(StatusCode::PRECONDITION_REQUIRED, "tag-required", "send If-Match with the ETag of the session")
            }
            Self::TagOutdated => {
                problem(StatusCode::PRECONDITION_FAILED, "tag-outdated", "the ETag is of an earlier ICE session")
            }
            Self::Refused(refusal) => {
                let detail = "the conference refused the command";
                Problem { refusal: Some(refusal.clone()), ..problem(refusal_status(refusal), "refused", detail) }
            }
            Self::TooMany(wait) => {
                let detail = format!("too many attempts; wait {} s", wait.as_secs() + 1);
                problem(StatusCode::TOO_MANY_REQUESTS, "too-many", &detail)
            }
            Self::ForeignOrigin => {
                problem(StatusCode::FORBIDDEN, "foreign-origin", "requests of other sites' pages are refused")
            }
            Self::Fault(_) => {
                problem(StatusCode::INTERNAL_SERVER_ERROR, "fault", "the server failed; its log says how")
            }
            Self::Unavailable(detail) => problem(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail),
        }
    }
}

/// A refusal of right is 403, one for want of a journal or of time 503, any other a conflict with the state.
fn refusal_status(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::Forbidden => StatusCode::FORBIDDEN,
        Refusal::JournalUnavailable | Refusal::Busy => StatusCode::SERVICE_UNAVAILABLE,
        Refusal::UnknownSite { .. }
        | Refusal::UnknownItem { .. }
        | Refusal::UnknownMessage { .. }
        | Refusal::UnknownOperator { .. }
        | Refusal::UnknownRegion { .. } => StatusCode::NOT_FOUND,
        Refusal::NotInControl { .. }
        | Refusal::SourceOffline { .. }
        | Refusal::PreviewChanged { .. }
        | Refusal::PreviewEmpty
        | Refusal::LayoutMismatch { .. }
        | Refusal::TakePending
        | Refusal::TooLate
        | Refusal::NothingToUndo
        | Refusal::AlreadySo
        | Refusal::FloorClosed
        | Refusal::AlreadyInQueue
        | Refusal::NotInQueue
        | Refusal::QueueFull { .. }
        | Refusal::NotFirstInQueue { .. }
        | Refusal::FloorHeld { .. }
        | Refusal::NoHolder
        | Refusal::ClockState
        | Refusal::HallProtected
        | Refusal::NotOnAir { .. }
        | Refusal::NotOpen
        | Refusal::Rehearsing
        | Refusal::NotRehearsing
        | Refusal::PlanLocked
        | Refusal::BadPlan { .. }
        | Refusal::ItemChanged { .. }
        | Refusal::NoTour
        | Refusal::NobodyToShow
        | Refusal::MicrophonesNotAllowed
        | Refusal::TooManyMicrophones { .. }
        | Refusal::TooMany { .. }
        | Refusal::Ended
        | Refusal::WrongConfirmation
        | Refusal::BadText { .. }
        | Refusal::OutOfRange { .. } => StatusCode::CONFLICT,
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let Self::Fault(cause) = &self {
            tracing::error!(cause, "a request failed");
        }
        let problem = self.problem();
        let status = StatusCode::from_u16(problem.status).expect("problems are made from status codes");
        let mut response = (status, axum::Json(problem)).into_response();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if let Self::TooMany(wait) = &self {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_secs() + 1));
        }
        response
    }
}

impl From<AccessError> for ApiError {
    fn from(error: AccessError) -> Self {
        Self::Fault(error.to_string())
    }
}

impl From<SignInError> for ApiError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Wrong => Self::Unauthorized,
            SignInError::TooMany { wait } => Self::TooMany(wait),
            SignInError::Fault(fault) => fault.into(),
        }
    }
}

impl From<TokenError> for ApiError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Unknown | TokenError::Revoked | TokenError::Expired => Self::Unauthorized,
            TokenError::Fault(fault) => fault.into(),
        }
    }
}

impl From<SurfaceError> for ApiError {
    fn from(error: SurfaceError) -> Self {
        match error {
            SurfaceError::BadLabel => Self::BadRequest(error.to_string()),
            SurfaceError::TooMany => Self::Conflict(error.to_string()),
            SurfaceError::Fault(fault) => fault.into(),
        }
    }
}

impl From<OperatorError> for ApiError {
    fn from(error: OperatorError) -> Self {
        match error {
            OperatorError::Unknown => Self::NotFound(error.to_string()),
            OperatorError::BadName | OperatorError::BadRole | OperatorError::BadPassword => {
                Self::BadRequest(error.to_string())
            }
            OperatorError::Exists | OperatorError::TooMany | OperatorError::LastLead => {
                Self::Conflict(error.to_string())
            }
            OperatorError::Fault(fault) => fault.into(),
        }
    }
}
