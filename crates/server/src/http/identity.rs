//! Who sends a request: an operator by cookie, an endpoint by its join token.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::Extensions;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use wire::{ConferenceId, Role};

use super::problem::ApiError;
use crate::access::{AuditEntry, JoinIdentity, Operator};
use crate::app::App;

/// From where a request comes; none in tests without a socket.
#[derive(Debug, Clone, Copy)]
pub struct From(pub Option<IpAddr>);

/// Who sends a request.
#[derive(Debug, Clone)]
pub enum Caller {
    /// Somebody who signed in.
    Operator(Operator),
    /// A site's endpoint or screen.
    Endpoint(JoinIdentity),
}

/// An operator of any role.
#[derive(Debug, Clone)]
pub struct SignedInOperator(pub Operator);

/// A lead.
#[derive(Debug, Clone)]
pub struct Lead(pub Operator);

impl Caller {
    /// Name for the audit.
    pub fn name(&self) -> String {
        match self {
            Self::Operator(operator) => operator.name.clone(),
            Self::Endpoint(join) => format!("{}/{}/{:?}", join.conference.0, join.site.0, join.endpoint),
        }
    }

    /// Refuses an endpoint of another conference.
    ///
    /// # Errors
    /// It is of another conference.
    pub fn check_conference(&self, conference: &ConferenceId) -> Result<(), ApiError> {
        match self {
            Self::Endpoint(join) if join.conference != *conference => {
                Err(ApiError::Forbidden("the join link is for another conference".to_owned()))
            }
            Self::Endpoint(_) | Self::Operator(_) => Ok(()),
        }
    }
}

/// Address of the other end, if there is one.
pub(super) fn address(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical())
}

impl<S: Send + Sync> FromRequestParts<S> for From {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(address(&parts.extensions)))
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        // A token in the header is meant; the cookie is sent by the browser whether meant or not.
        let bearer = parts.headers.get(AUTHORIZATION).map(|value| value.to_str().map_err(|_| ApiError::Unauthorized));
        if let Some(value) = bearer.transpose()? {
            let token = value.strip_prefix("Bearer ").ok_or(ApiError::Unauthorized)?;
            return Ok(Self::Endpoint(app.access.join(token.trim()).await?));
        }
        let operator = app.access.operator_from_headers(&parts.headers).await;
        operator.map(Self::Operator).ok_or(ApiError::Unauthorized)
    }
}

impl FromRequestParts<App> for SignedInOperator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let caller = Caller::from_request_parts(parts, app).await?;
        match caller {
            Caller::Operator(operator) => Ok(Self(operator)),
            Caller::Endpoint(_) => Err(forbid(app, parts, &caller, "for operators only")),
        }
    }
}

impl FromRequestParts<App> for Lead {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let caller = Caller::from_request_parts(parts, app).await?;
        match caller {
            Caller::Operator(operator) if operator.role == Role::Lead => Ok(Self(operator)),
            Caller::Operator(_) | Caller::Endpoint(_) => Err(forbid(app, parts, &caller, "for a lead only")),
        }
    }
}

/// Refuses and records it.
fn forbid(app: &App, parts: &Parts, caller: &Caller, reason: &str) -> ApiError {
    app.access.audit(AuditEntry {
        who: caller.name(),
        what: format!("{} {}", parts.method, super::logging::shown_path(parts.uri.path())),
        reason: reason.to_owned(),
        address: address(&parts.extensions),
    });
    ApiError::Forbidden(reason.to_owned())
}
