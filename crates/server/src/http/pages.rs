//! The pages, the files that they are made of, and the way in by a join link.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, LOCATION};
use axum::http::{HeaderMap, Method, Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use wire::{ClientKind, EndpointRole};

use super::body::{self, Path};
use super::identity::From;
use crate::access::{AuditEntry, TokenError};
use crate::app::App;
use crate::assets::{self, PAGES};
use crate::conference_task::ConferenceHandle;
use crate::convert;
use crate::media_plan::media_plan;

pub(super) fn routes() -> Router<App> {
    let pages = PAGES.into_iter().fold(Router::new(), |router, name| {
        router.route(&format!("/{name}"), get(move |headers: HeaderMap| async move { assets::page(name, &headers) }))
    });
    pages.route("/", get(|| async { see_other("/console") })).route("/join/{token}", get(join))
}

/// Scripts and styles of a page are 200 KB, a few round trips more than half of that on a fresh connection far away. Fonts are
/// compressed by nature; what the API answers is left alone, because it holds secrets beside what others wrote.
pub(super) fn compression() -> CompressionLayer<impl Predicate> {
    CompressionLayer::new().compress_when(DefaultPredicate::new().and(NotForContentType::const_new("font/")))
}

/// Files of the build; everything else is not there.
pub(super) async fn asset(request: Request) -> Response<Body> {
    let path = request.uri().path().trim_start_matches('/');
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let found = if reads { assets::file(path, request.headers()) } else { None };
    found.unwrap_or_else(|| body::plain(StatusCode::NOT_FOUND, "there is nothing here"))
}

/// A join link is the page of its endpoint: far away, sending the browser on to it costs a third of a second. The page at once puts
/// the token behind the `#`, where no log sees it again; no referrer ever does (`security_headers`). It also learns which media
/// lines it is to offer, so that its offer need not wait for the welcome.
async fn join(State(app): State<App>, From(address): From, Path(token): Path<String>) -> Response<Body> {
    match app.access.join(&token).await {
        Ok(join) => {
            let (page, client) = match join.endpoint {
                EndpointRole::Main | EndpointRole::Backup => ("site", ClientKind::Site),
                EndpointRole::Screen => ("screen", ClientKind::Screen),
            };
            let setup = app.lobby.conference(Some(&join.conference)).map(ConferenceHandle::setup);
            let site = conference::SiteSlug(join.site.0);
            if setup.as_ref().is_some_and(|setup| setup.site(&site).is_none()) {
                return refused(&TokenError::Revoked);
            }
            let plan = setup.map(|setup| media_plan(client, convert::codec_out(setup.codec), setup.sites.len()));
            assets::joined_page(page, plan.as_ref())
        }
        Err(error) => {
            app.access.audit(AuditEntry {
                who: "-".to_owned(),
                what: "open a join link".to_owned(),
                reason: error.to_string(),
                address,
            });
            refused(&error)
        }
    }
}

fn refused(error: &TokenError) -> Response<Body> {
    let (status, vi, en) = match error {
        TokenError::Unknown => (StatusCode::NOT_FOUND, "Đường dẫn tham gia không đúng", "This join link is not known"),
        TokenError::Revoked | TokenError::Expired => {
            (StatusCode::GONE, "Đường dẫn tham gia không còn hiệu lực", "This join link is no longer valid")
        }
        TokenError::Fault(fault) => {
            tracing::error!(%fault, "a join link could not be checked");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "Máy chủ đang gặp sự cố, xin thử lại sau giây lát",
                "The server has a problem; try again in a moment",
            )
        }
    };
    let text = format!(
        "<!doctype html><html lang=\"vi\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>Diên Hồng</title><link rel=\"stylesheet\" href=\"/notice.css\"></head>\
         <body><main><header>Diên Hồng</header><h1>{vi}</h1>\
         <p>Xin đề nghị trung tâm điều hành gửi lại đường dẫn của điểm cầu.</p>\
         <section lang=\"en\"><h2>{en}</h2><p>Ask the control room for the link of the site.</p></section>\
         </main></body></html>"
    );
    assets::html(status, text)
}

fn see_other(place: &str) -> Response<Body> {
    (StatusCode::SEE_OTHER, [(LOCATION, place), (CACHE_CONTROL, "no-store")]).into_response()
}
