//! Headers that tell browsers what the pages may do: nothing but talk to this server.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

/// No script, style, font or picture from elsewhere, no frame around us, no inline script but the one of this hash, which opens
/// the connection of a site or screen before the scripts are there. `style-src-attr`: layout libraries set `style` attributes; they
/// cannot load or run anything.
const POLICY: &str = "default-src 'none'; \
script-src 'self' 'sha256-hamF8a7H2IDTW9/KmoG4SlFmSOsx4eNbZXHkYtkQKj0='; style-src 'self'; style-src-attr 'unsafe-inline'; \
img-src 'self' data: blob:; font-src 'self'; media-src 'self' blob: mediastream:; connect-src 'self'; \
worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
/// Devices are for our own pages. `speaker-selection` is left out: its default is the same, and Chromium, which does not know it,
/// warns on every page.
const PERMISSIONS: &str = "camera=(self), microphone=(self), display-capture=(self), autoplay=(self), fullscreen=(self), \
     screen-wake-lock=(self), geolocation=(), payment=(), usb=()";

const HEADERS: [(HeaderName, HeaderValue); 6] = [
    (HeaderName::from_static("content-security-policy"), HeaderValue::from_static(POLICY)),
    (HeaderName::from_static("permissions-policy"), HeaderValue::from_static(PERMISSIONS)),
    (HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff")),
    // Links hold tokens after the `#`, which is never sent; the rest is nobody's business either.
    (HeaderName::from_static("referrer-policy"), HeaderValue::from_static("no-referrer")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

pub(super) async fn add(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use sha2::{Digest as _, Sha256};

    use super::*;

    #[test]
    fn the_inline_script_of_sites_and_screens_is_the_one_that_may_run() {
        for page in [include_str!("../../../../web/site.html"), include_str!("../../../../web/screen.html")] {
            let (_, after) = page.split_once("<script>").unwrap();
            let (script, _) = after.split_once("</script>").unwrap();

            let hash = format!("'sha256-{}'", STANDARD.encode(Sha256::digest(script)));

            assert!(POLICY.contains(&hash), "{hash}");
        }
        assert_eq!(POLICY.matches("'sha256-").count(), 1);
    }
}
