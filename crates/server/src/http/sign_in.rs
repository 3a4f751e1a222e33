//! Operators sign in by password or one-time link, and sign out.

use axum::Extension;
use axum::Json;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{AppendHeaders, IntoResponse};
use wire::{Me, Problem, SignInLinkRequest, SignInRequest};

use super::body::Body;
use super::identity::{From, SignedInOperator};
use super::problem::ApiError;
use crate::access::{
    AuditEntry, COOKIE_NAME, MAX_NAME_CHARS, Operator, SECURE_COOKIE_NAME, SIGN_IN_LIFETIME, SignInError, SignedIn,
};
use crate::app::App;

/// By which listener a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Plain HTTP.
    Http,
    /// HTTPS: cookies are for it alone.
    Https,
}

/// Signs in by name and password.
#[utoipa::path(
    post,
    path = "/api/v1/sign-in",
    tag = "sign-in",
    request_body = SignInRequest,
    responses(
        (status = 200, body = Me, description = "Signed in; the cookie is set"),
        (status = 401, body = Problem, content_type = "application/problem+json", description = "Wrong name or password"),
        (status = 429, body = Problem, content_type = "application/problem+json", description = "Too many attempts")
    )
)]
pub(super) async fn sign_in(
    State(app): State<App>,
    Extension(scheme): Extension<Scheme>,
    From(address): From,
    Body(request): Body<SignInRequest>,
) -> Result<impl IntoResponse, ApiError> {
    let signed_in = app.access.sign_in(&request.name, &request.password, address).await;
    let signed_in = signed_in.inspect_err(|error| audit(&app, &request.name, "sign in", error, address))?;
    Ok(welcome(&app, scheme, &signed_in))
}

/// Signs in by a one-time link; uses it up.
#[utoipa::path(
    post,
    path = "/api/v1/sign-in/link",
    tag = "sign-in",
    request_body = SignInLinkRequest,
    responses(
        (status = 200, body = Me, description = "Signed in; the cookie is set"),
        (status = 401, body = Problem, content_type = "application/problem+json", description = "Unknown or used link")
    )
)]
pub(super) async fn sign_in_by_link(
    State(app): State<App>,
    Extension(scheme): Extension<Scheme>,
    From(address): From,
    Body(request): Body<SignInLinkRequest>,
) -> Result<impl IntoResponse, ApiError> {
    let signed_in = app.access.sign_in_by_link(&request.token, address).await;
    let signed_in = signed_in.inspect_err(|error| audit(&app, "-", "sign in by link", error, address))?;
    Ok(welcome(&app, scheme, &signed_in))
}

/// Ends the sign-in of the cookie; open pages of it are closed.
#[utoipa::path(
    post,
    path = "/api/v1/sign-out",
    tag = "sign-in",
    responses((status = 204, description = "Signed out, or was not signed in"))
)]
pub(super) async fn sign_out(State(app): State<App>, headers: HeaderMap) -> Result<impl IntoResponse, ApiError> {
    app.access.sign_out(&headers).await?;
    let gone = [(SET_COOKIE, cookie(Scheme::Http, "", 0)), (SET_COOKIE, cookie(Scheme::Https, "", 0))];
    Ok((StatusCode::NO_CONTENT, AppendHeaders(gone)))
}

/// Who is signed in.
#[utoipa::path(
    get,
    path = "/api/v1/me",
    tag = "sign-in",
    responses(
        (status = 200, body = Me),
        (status = 401, body = Problem, content_type = "application/problem+json", description = "Not signed in")
    ),
    security(("operator" = []))
)]
pub(super) async fn me(State(app): State<App>, SignedInOperator(operator): SignedInOperator) -> Json<Me> {
    Json(describe(&app, &operator))
}

fn welcome(app: &App, scheme: Scheme, signed_in: &SignedIn) -> impl IntoResponse + use<> {
    let cookie = cookie(scheme, signed_in.cookie.reveal(), SIGN_IN_LIFETIME.as_secs());
    ([(SET_COOKIE, cookie)], Json(describe(app, &signed_in.operator)))
}

fn describe(app: &App, operator: &Operator) -> Me {
    Me { name: operator.name.clone(), role: operator.role, conferences: app.conference_ids() }
}

/// Over HTTPS the cookie has another name: a browser would not let plain HTTP on the same host replace it.
fn cookie(scheme: Scheme, value: &str, max_age: u64) -> HeaderValue {
    let (name, secure) = match scheme {
        Scheme::Http => (COOKIE_NAME, ""),
        Scheme::Https => (SECURE_COOKIE_NAME, "; Secure"),
    };
    let text = format!("{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::try_from(text).expect("names and secrets are URL-safe text")
}

fn audit(app: &App, who: &str, what: &str, error: &SignInError, address: Option<std::net::IpAddr>) {
    let who = who.chars().take(MAX_NAME_CHARS).collect();
    let entry = AuditEntry { who, what: what.to_owned(), reason: error.to_string(), address };
    app.access.audit(entry);
}
