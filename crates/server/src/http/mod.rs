//! The HTTP side: the API under `/api/v1`, the pages, health and metrics, and what protects all of them.
//!
//! ```text
//!  request ─▶ request id ─▶ log ─▶ unread body ─▶ size limit ─▶ address ─▶ origin ─▶ time limit ─▶ handler ─▶ security headers
//! ```

mod acting;
mod actions;
mod audit;
mod body;
mod conferences;
mod delegates;
mod documents;
mod doors;
mod health;
mod identity;
mod leftover;
mod line_checks;
mod links;
mod logging;
mod operators;
mod origin;
mod pages;
mod problem;
mod rates;
mod security_headers;
mod sign_in;
mod spreadsheet;
mod status;
mod surfaces;
mod tally;

use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Extension, Router, middleware};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;
use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::SwaggerUi;

pub use body::{MAX_BODY_BYTES, MAX_COMMAND_BYTES};
pub use conferences::{ConferenceSummary, StateAnswer};
pub(crate) use documents::named as named_documents;
pub(crate) use identity::address;
pub use line_checks::{MAX_TRANSFER_BYTES, TransferRoom};
pub use links::{RevokeRequest, Revoked};
pub use operators::{NewOperator, OperatorMade};
pub use problem::{ApiError, PROBLEM_JSON};
pub use rates::Rates;
pub use sign_in::Scheme;
pub use tally::FeedRoom;

use crate::app::App;
use crate::socket;

/// A request is answered within this time: the journal's deadline is 1.8 s, a password hash queued behind others 5 s. Documents
/// alone, which are large, have bounds of their own.
pub const REQUEST_WITHIN: Duration = Duration::from_secs(10);

/// Where the API's description is served.
const OPENAPI_PATH: &str = "/api/v1/openapi.json";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Diên Hồng",
        description = "Signalling server of a conference held in many places. Errors are RFC 9457 problem details. \
                       Operators sign in and are known by a cookie; endpoints of sites send their join token as a bearer, \
                       control surfaces theirs."
    ),
    modifiers(&Security),
    tags(
        (name = "sign-in", description = "Operators come and go"),
        (name = "conferences", description = "State, events and commands of a conference"),
        (name = "links", description = "Join links of sites"),
        (name = "health", description = "Health of the sites: now, over the conference, and as it was"),
        (name = "surfaces", description = "Panels of buttons: actions, lamps, tokens of surfaces"),
        (name = "documents", description = "Documents of the agenda"),
        (name = "doors", description = "Encoders by WHIP, players by WHEP"),
        (name = "administration", description = "For leads")
    )
)]
struct Description;

struct Security;

impl utoipa::Modify for Security {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let components = api.components.get_or_insert_with(Default::default);
        let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(crate::access::COOKIE_NAME)));
        components.add_security_scheme("operator", cookie);
        let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
        components.add_security_scheme("site", bearer.clone());
        components.add_security_scheme("surface", bearer);
    }
}

fn api() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(sign_in::sign_in))
        .routes(routes!(sign_in::sign_in_by_link))
        .routes(routes!(sign_in::sign_out))
        .routes(routes!(sign_in::me))
        .routes(routes!(conferences::list))
        .routes(routes!(conferences::state))
        .routes(routes!(conferences::live))
        .routes(routes!(conferences::events))
        .routes(routes!(delegates::list))
        .merge(commands())
        .routes(routes!(tally::now))
        .routes(routes!(tally::feed))
        .routes(routes!(surfaces::list, surfaces::create))
        .routes(routes!(surfaces::remove))
        .routes(routes!(links::list))
        .routes(routes!(links::revoke))
        .routes(routes!(operators::list, operators::create))
        .routes(routes!(operators::remove))
        .routes(routes!(operators::reset_password))
        .routes(routes!(audit::list))
        .routes(routes!(health::now))
        .routes(routes!(health::recent))
        .routes(routes!(health::curve))
        .routes(routes!(health::export))
        .routes(routes!(health::log))
        .routes(routes!(health::acknowledge))
        .routes(routes!(health::clear))
        .merge(line_checks::routes())
        .routes(routes!(health::time_line))
        .routes(routes!(health::moment))
        .merge(doors::routes())
        .layer(time_limit())
        .merge(documents::routes())
        .merge(line_checks::transfers())
}

/// What changes a conference: the plan may be large.
fn commands() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(conferences::command))
        .routes(routes!(actions::act))
        .layer(DefaultBodyLimit::max(MAX_COMMAND_BYTES))
}

fn time_limit() -> TimeoutLayer {
    TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, REQUEST_WITHIN)
}

/// The description of the API.
pub fn openapi() -> utoipa::openapi::OpenApi {
    api().into_openapi()
}

/// Everything that the server answers, for one listener.
pub fn router(app: App, scheme: Scheme) -> Router {
    let (api, description) = api().split_for_parts();
    let docs = SwaggerUi::new("/api/docs").url(OPENAPI_PATH, description);
    let plain = Router::new()
        .route(wire::SOCKET_PATH, any(socket::handler))
        .route("/healthz", get(status::healthz))
        .route("/readyz", get(status::readyz))
        .route("/metrics", get(status::metrics))
        .merge(pages::routes())
        .merge(docs)
        .fallback(pages::asset.layer(pages::compression()))
        .layer(time_limit());
    Router::new()
        .merge(api)
        .merge(plain)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn_with_state(app.clone(), origin::check))
        .layer(middleware::from_fn_with_state(app.clone(), identity::note_address))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn(security_headers::add))
        .layer(middleware::from_fn(leftover::read))
        .layer(PropagateRequestIdLayer::new(logging::REQUEST_ID))
        .layer(TraceLayer::new_for_http().make_span_with(logging::span).on_response(logging::answered))
        .layer(SetRequestIdLayer::new(logging::REQUEST_ID, MakeRequestUuid))
        .layer(Extension(scheme))
        .with_state(app)
}

async fn method_not_allowed() -> Response {
    body::plain(StatusCode::METHOD_NOT_ALLOWED, "this path knows other methods")
}

/// A fault of ours in one request is the end of that request alone.
fn panicked(cause: Box<dyn std::any::Any + Send>) -> Response {
    let text = cause.downcast_ref::<String>().map(String::as_str).or_else(|| cause.downcast_ref::<&str>().copied());
    ApiError::Fault(format!("panic: {}", text.unwrap_or("unknown"))).into_response()
}
