//! JSON bodies and parameters whose errors are problem details like all others.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use wire::Problem;

use super::problem::{ApiError, PROBLEM_JSON};

/// Largest body of a request: the longest text of a message is 2,000 characters, escaped at most 12 bytes each.
pub const MAX_BODY_BYTES: usize = 64 * 1024;
/// Largest body of a command: the largest agenda or list of sites is 448 KiB as it is logged, and a program may escape what is no
/// ASCII.
pub const MAX_COMMAND_BYTES: usize = 1024 * 1024;

/// Media type of JSON (RFC 8259 §11).
pub(super) const JSON: &str = "application/json";

/// A JSON body.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        if !is_of_type(request.headers(), JSON) {
            return Err(plain(axum::http::StatusCode::UNSUPPORTED_MEDIA_TYPE, "send application/json"));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| bytes_problem(&rejection))?;
        parsed(&bytes).map(Self).map_err(ApiError::into_response)
    }
}

/// True if a body is of this media type. A form of a foreign page can send text/plain without asking; JSON it cannot.
pub(super) fn is_of_type(headers: &HeaderMap, wanted: &str) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(wanted))
}

/// What a JSON body says.
pub(super) fn parsed<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(bytes).map_err(|error| ApiError::BadRequest(format!("the body is not understood: {error}")))
}

/// A body as it comes; what is in it is the handler's business.
#[derive(Debug)]
pub struct RawBody(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for RawBody {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        Bytes::from_request(request, state).await.map(Self).map_err(|rejection| bytes_problem(&rejection))
    }
}

/// Parameters of the query.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let query = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        query.map(|query| Self(query.0)).map_err(|rejection| ApiError::BadRequest(rejection.body_text()))
    }
}

/// Parameters of the path.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        path.map(|path| Self(path.0)).map_err(|rejection| plain(rejection.status(), &rejection.body_text()))
    }
}

fn bytes_problem(rejection: &BytesRejection) -> Response {
    plain(rejection.status(), &rejection.body_text())
}

/// A problem that has nothing but a status and a text.
pub(super) fn plain(status: axum::http::StatusCode, detail: &str) -> Response {
    let problem = Problem {
        kind: "about:blank".to_owned(),
        title: status.canonical_reason().unwrap_or("Error").to_owned(),
        status: status.as_u16(),
        detail: detail.to_owned(),
        refusal: None,
    };
    (status, [(CONTENT_TYPE, PROBLEM_JSON)], axum::Json(problem)).into_response()
}
