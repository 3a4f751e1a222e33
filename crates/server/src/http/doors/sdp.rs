//! Bodies of the doors: offers and fragments.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::super::body::{is_of_type, plain};
use super::super::problem::ApiError;

/// Media type of an offer and an answer (RFC 8866 §8.1).
pub(super) const OFFER: &str = "application/sdp";
/// Media type of candidates and ICE restarts (RFC 8840 §9).
pub(super) const FRAGMENT: &str = "application/trickle-ice-sdpfrag";

/// An offer.
#[derive(Debug)]
pub(in crate::http) struct Offer(pub String);

/// An SDP fragment.
#[derive(Debug)]
pub(in crate::http) struct Fragment(pub String);

impl<S: Send + Sync> FromRequest<S> for Offer {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        text(request, state, OFFER).await.map(Self)
    }
}

impl<S: Send + Sync> FromRequest<S> for Fragment {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        text(request, state, FRAGMENT).await.map(Self)
    }
}

/// Value of the first line `a=<key>:…`.
pub(super) fn attribute<'a>(sdp: &'a str, key: &str) -> Option<&'a str> {
    sdp.lines().find_map(|line| line.strip_prefix("a=")?.strip_prefix(key)?.strip_prefix(':')).map(str::trim_end)
}

async fn text<S: Send + Sync>(request: Request, state: &S, wanted: &str) -> Result<String, Response> {
    if !is_of_type(request.headers(), wanted) {
        return Err(plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, &format!("send {wanted}")));
    }
    let bytes = Bytes::from_request(request, state).await;
    let bytes = bytes.map_err(|rejection| plain(rejection.status(), &rejection.body_text()))?;
    let text = String::from_utf8(bytes.into());
    text.map_err(|_| ApiError::BadRequest("the body is no UTF-8 text".to_owned()).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_is_found_by_its_whole_name() {
        let fragment = "a=ice-options:trickle\r\na=ice-ufrag:abcd\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n";

        assert_eq!(attribute(fragment, "ice-ufrag"), Some("abcd"));
        assert_eq!(attribute(fragment, "ice"), None);
        assert_eq!(attribute(fragment, "ice-pwd"), None);
    }
}
