//! The pages: built by Vite into `web/dist`, embedded in the program (read from the disk in development builds).

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_LOCATION, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rust_embed::{EmbeddedFile, RustEmbed};
use wire::MediaPlan;

/// The built pages; the folder may be missing, so that the server builds without Node.
#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Dist;

/// Pages by path; each is `<name>.html` in the build.
pub const PAGES: [&str; 8] = ["console", "chair", "plan", "health", "buttons", "site", "screen", "sign-in"];
/// Vite puts files with a hash in their names here: they never change.
const HASHED: &str = "assets/";
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Kept, but asked for each time: pages must fit the server that they talk to.
const ASK_FIRST: HeaderValue = HeaderValue::from_static("no-cache");

/// Where a page leaves room for its media lines.
const PLAN_ROOM: &str = "name=\"media-plan\" content=\"\"";

/// Shown instead of a page that was not built.
const NOT_BUILT: &str = "<!doctype html><html lang=\"vi\"><meta charset=\"utf-8\"><title>Diên Hồng</title>\
<h1>Các trang chưa được dựng</h1><p>Chạy <code>npm ci &amp;&amp; npm run build</code> trong thư mục <code>web</code>, \
hoặc <code>cargo xtask run</code>.</p><h1 lang=\"en\">The pages are not built</h1><p lang=\"en\">Run \
<code>npm ci &amp;&amp; npm run build</code> in <code>web</code>, or <code>cargo xtask run</code>.</p></html>";

/// A page by its name in [`PAGES`].
pub fn page(name: &str, headers: &HeaderMap) -> Response<Body> {
    match Dist::get(&format!("{name}.html")) {
        Some(file) => answer(file, "text/html; charset=utf-8", ASK_FIRST, headers),
        None => html(StatusCode::SERVICE_UNAVAILABLE, NOT_BUILT.to_owned()),
    }
}

/// A page at a join link, with the media lines of its offer. Not kept: its address holds a token.
pub fn joined_page(name: &str, plan: Option<&MediaPlan>) -> Response<Body> {
    let Some(file) = Dist::get(&format!("{name}.html")) else {
        return html(StatusCode::SERVICE_UNAVAILABLE, NOT_BUILT.to_owned());
    };
    let text = String::from_utf8_lossy(&file.data);
    let mut response = html(StatusCode::OK, with_plan(&text, plan));
    let place = HeaderValue::from_str(&format!("/{name}")).expect("names of pages are ASCII");
    response.headers_mut().insert(CONTENT_LOCATION, place);
    response
}

/// Writes a plan where the page leaves room for it.
fn with_plan(page: &str, plan: Option<&MediaPlan>) -> String {
    let json = plan.map(|plan| serde_json::to_string(plan).expect("a plan is plain JSON"));
    let escaped = json.unwrap_or_default().replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
    page.replacen(PLAN_ROOM, &format!("name=\"media-plan\" content=\"{escaped}\""), 1)
}

/// A file of the build by its path without the leading slash; none: there is no such file.
pub fn file(path: &str, headers: &HeaderMap) -> Option<Response<Body>> {
    // Names are looked up in the build's list or below its folder; a path that climbs is neither.
    if path.split('/').any(|part| part.is_empty() || part.starts_with('.')) || path.contains('\\') {
        return None;
    }
    let file = Dist::get(path)?;
    let kind = file.metadata.mimetype().to_owned();
    let kind = if kind.starts_with("text/") { format!("{kind}; charset=utf-8") } else { kind };
    let cache = if path.starts_with(HASHED) { FOREVER } else { ASK_FIRST };
    Some(answer(file, &kind, cache, headers))
}

/// An HTML answer that is not kept.
pub fn html(status: StatusCode, text: String) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn answer(file: EmbeddedFile, kind: &str, cache: HeaderValue, headers: &HeaderMap) -> Response<Body> {
    // Weak: the same file, compressed or not.
    let tag = format!("W/\"{}\"", URL_SAFE_NO_PAD.encode(file.metadata.sha256_hash()));
    let known = headers.get_all(IF_NONE_MATCH).iter().any(|known| known.as_bytes() == tag.as_bytes());
    let mut response = if known {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        let mut response = Response::new(Body::from(file.data));
        if let Ok(kind) = HeaderValue::from_str(kind) {
            response.headers_mut().insert(CONTENT_TYPE, kind);
        }
        response
    };
    response.headers_mut().insert(CACHE_CONTROL, cache);
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

#[cfg(test)]
mod tests {
    use wire::{ClientKind, VideoCodec};

    use super::*;
    use crate::media_plan::media_plan;

    #[test]
    fn the_pages_of_join_links_leave_room_for_their_media_lines() {
        let plan = media_plan(ClientKind::Screen, VideoCodec::Vp8, 64);
        for page in [include_str!("../../../web/site.html"), include_str!("../../../web/screen.html")] {
            let filled = with_plan(page, Some(&plan));

            let (_, after) = filled.split_once("name=\"media-plan\" content=\"").unwrap();
            let (content, _) = after.split_once("\"").unwrap();
            assert_eq!(serde_json::from_str::<MediaPlan>(&content.replace("&quot;", "\"")).unwrap(), plan);
            assert_eq!(with_plan(page, None), page);
        }
    }
}
