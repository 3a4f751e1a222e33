//! What WHIP and WHEP sessions have in common: they open, their ICE session changes, they end.

use axum::http::header::{CONTENT_TYPE, ETAG, IF_MATCH, LINK, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use relay_core::{OfferError, RestartError};
use wire::{ConferenceId, ErrorCode};

use super::super::identity::Caller;
use super::super::problem::ApiError;
use super::caller::DoorUser;
use super::sdp;
use crate::access::AuditEntry;
use crate::app::App;
use crate::conference_task::{ConferenceHandle, DoorCaller, DoorPatch, DoorRefused, Opened, Opening, Patched};
use crate::live::{DoorKind, ResourceId};

/// Who asks from where, and by which door.
pub(super) struct Visitor<'a> {
    pub app: &'a App,
    pub user: DoorUser,
    pub address: Option<std::net::IpAddr>,
    /// [`super::WHIP`] or [`super::WHEP`].
    pub door: &'static str,
}

impl Visitor<'_> {
    /// Refuses, and records it.
    pub(super) fn forbid(&self, method: &Method, reason: &str) -> ApiError {
        self.record(method, reason);
        ApiError::Forbidden(reason.to_owned())
    }

    fn record(&self, method: &Method, reason: &str) {
        self.app.access.audit(AuditEntry {
            who: self.user.0.name(),
            what: format!("{method} {}", self.door),
            reason: reason.to_owned(),
            address: self.address,
        });
    }

    /// The conference of a token; of an operator the one that it names, or the first.
    pub(super) fn conference(&self, wanted: Option<&ConferenceId>) -> Result<ConferenceHandle, ApiError> {
        let id = match &self.user.0 {
            Caller::Endpoint(join) => Some(&join.conference),
            Caller::Operator(_) => wanted,
        };
        let conference = self.app.lobby.conference(id).cloned();
        conference.ok_or_else(|| ApiError::NotFound("no such conference".to_owned()))
    }

    /// Opens a session: 201 with the answer, its address, its entity tag and the ICE servers.
    pub(super) async fn open(
        &self,
        conference: &ConferenceHandle,
        kind: DoorKind,
        sdp: String,
    ) -> Result<Response, ApiError> {
        let outline = relay_core::outline(&sdp).map_err(|error| refused_offer(&error))?;
        let (who, credential) = (self.user.who(), self.user.credential());
        let opening = Opening { who, credential, kind, sdp, outline, address: self.address };
        let opened = conference.open_door(opening).await;
        let Opened { resource, sdp, etag } = opened.map_err(|refused| self.refusal(&Method::POST, refused))?;
        let location = format!("{}/{}", self.door, resource.0);
        let headers = [(CONTENT_TYPE, sdp::OFFER), (LOCATION, &location), (ETAG, &etag)].map(header);
        let mut response = (StatusCode::CREATED, headers, sdp).into_response();
        for uri in self.app.ice_servers.iter() {
            let (name, link) = header((LINK, &format!("<{uri}>; rel=\"ice-server\"")));
            response.headers_mut().append(name, link);
        }
        Ok(response)
    }

    /// Candidates are noted (204); other ICE credentials restart ICE (200), RFC 9725 §4.3.
    pub(super) async fn patch(&self, id: String, headers: &HeaderMap, fragment: &str) -> Result<Response, ApiError> {
        let if_match = headers.get(IF_MATCH).and_then(|tag| tag.to_str().ok()).map(str::to_owned);
        let ufrag = sdp::attribute(fragment, "ice-ufrag").map(str::to_owned);
        let patch = DoorPatch { if_match, ufrag };
        let mut refused = DoorRefused::Gone;
        for conference in self.conferences()? {
            match conference.patch_door(self.caller(&id), patch.clone()).await {
                Ok(Patched::Noted) => return Ok(StatusCode::NO_CONTENT.into_response()),
                Ok(Patched::Restarted { fragment, etag }) => {
                    let headers = [(CONTENT_TYPE, sdp::FRAGMENT), (ETAG, &etag)].map(header);
                    return Ok((headers, fragment).into_response());
                }
                Err(DoorRefused::Gone) => {}
                Err(other) => refused = other,
            }
        }
        Err(self.refusal(&Method::PATCH, refused))
    }

    /// Ends a session.
    pub(super) async fn end(&self, id: String) -> Result<Response, ApiError> {
        let mut refused = DoorRefused::Gone;
        for conference in self.conferences()? {
            match conference.close_door(self.caller(&id)).await {
                Ok(()) => return Ok(StatusCode::OK.into_response()),
                Err(DoorRefused::Gone) => {}
                Err(other) => refused = other,
            }
        }
        Err(self.refusal(&Method::DELETE, refused))
    }

    /// Where a session of this caller may be: a token knows its conference, an operator is everywhere.
    fn conferences(&self) -> Result<Vec<ConferenceHandle>, ApiError> {
        match &self.user.0 {
            Caller::Endpoint(_) => Ok(vec![self.conference(None)?]),
            Caller::Operator(_) => Ok(self.app.conferences()),
        }
    }

    fn caller(&self, id: &str) -> DoorCaller {
        let publishes = self.door == super::WHIP;
        DoorCaller { resource: ResourceId(id.to_owned()), publishes, credential: self.user.credential() }
    }

    fn refusal(&self, method: &Method, refused: DoorRefused) -> ApiError {
        match refused {
            DoorRefused::Closed(closing) => match closing.code {
                ErrorCode::InUse => ApiError::Conflict(closing.detail),
                _ => ApiError::Unavailable(closing.detail),
            },
            DoorRefused::TooOften => ApiError::TooMany(std::time::Duration::ZERO),
            DoorRefused::Unfit(unfit) => ApiError::Unprocessable(unfit.to_string()),
            DoorRefused::Offer(error) => refused_offer(&error),
            DoorRefused::UnknownSite => ApiError::NotFound("no such site".to_owned()),
            DoorRefused::Gone => ApiError::NotFound("no such session".to_owned()),
            DoorRefused::NotYours { owner } => {
                // Whose it is concerns the audit, not a stranger.
                self.record(method, &format!("the session is of {owner}"));
                ApiError::Forbidden("the session is another's".to_owned())
            }
            DoorRefused::NoTag => ApiError::TagRequired,
            DoorRefused::OldTag => ApiError::TagOutdated,
            DoorRefused::Restart(RestartError::Malformed) => ApiError::BadRequest(RestartError::Malformed.to_string()),
            DoorRefused::Restart(RestartError::Unchanged) => ApiError::Conflict(RestartError::Unchanged.to_string()),
            DoorRefused::Restart(RestartError::UnknownEndpoint) => ApiError::NotFound("no such session".to_owned()),
            DoorRefused::Restart(RestartError::Stopped) | DoorRefused::Stopping => {
                ApiError::Unavailable("the server stops".to_owned())
            }
            DoorRefused::Revoked => ApiError::Unauthorized,
        }
    }
}

/// 400: no usable SDP; 413: too large; 406: nothing that the conference's codec could carry; 422: understood, but of no use
/// here (RFC 9725 §4.2, §4.4).
fn refused_offer(error: &OfferError) -> ApiError {
    let detail = error.to_string();
    match error {
        OfferError::Syntax(_) | OfferError::Missing(_) => ApiError::BadRequest(detail),
        OfferError::TooLong { .. } => ApiError::TooLarge(detail),
        OfferError::Mismatch { mismatch: relay_core::LineMismatch::NoCodec(_), .. } => ApiError::NotAcceptable(detail),
        OfferError::TooManyLines { .. }
        | OfferError::MissingLine { .. }
        | OfferError::Mismatch { .. }
        | OfferError::IceLite => ApiError::Unprocessable(detail),
        OfferError::EndpointInUse | OfferError::Stopped => ApiError::Unavailable(detail),
    }
}

fn header((name, value): (HeaderName, &str)) -> (HeaderName, HeaderValue) {
    let value = HeaderValue::from_str(value).expect("media types, our own paths, ICE characters and checked URIs");
    (name, value)
}
