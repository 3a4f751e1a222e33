//! Who acts with the rights of an operator: somebody who signed in, or one of that person's control surfaces, which is known by its
//! token and by nothing else.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use tokio::time::Instant;
use wire::ConferenceId;

use super::conferences::{entering, no_such_conference};
use super::identity::{self, Caller};
use super::problem::ApiError;
use super::rates::ACTIONS;
use crate::access::{Operator, Revocation, SURFACE_PREFIX, SurfaceIdentity};
use crate::app::App;
use crate::conference_task::ConferenceHandle;
use crate::live::Who;

/// An operator, or a surface that acts for one.
#[derive(Debug, Clone)]
pub(super) struct Acting {
    /// As the conference knows it: a surface has its operator's name.
    pub(super) who: Who,
    /// What would end its right.
    pub(super) credential: Revocation,
    /// A surface acts in one conference alone.
    only: Option<ConferenceId>,
    /// Whose rate it counts for.
    key: String,
}

impl Acting {
    fn operator(operator: Operator) -> Self {
        let Operator { name, role, sign_in_id } = operator;
        let key = format!("operator {name}");
        Self { who: Who::Operator { name, role }, credential: Revocation::SignIn(sign_in_id), only: None, key }
    }

    fn surface(surface: SurfaceIdentity) -> Self {
        let SurfaceIdentity { id, operator, role, conference } = surface;
        Self {
            who: Who::Operator { name: operator, role },
            credential: Revocation::Surface(id),
            only: Some(conference),
            key: format!("surface {}", id.0),
        }
    }

    /// The surface of a token.
    ///
    /// # Errors
    /// There is none.
    pub(super) async fn by_token(app: &App, token: &str) -> Result<Self, ApiError> {
        app.access.surface(token).await?.map(Self::surface).ok_or(ApiError::Unauthorized)
    }

    /// The conference, if it is there and this caller acts in it; counts one action.
    pub(super) fn enter<'a>(
        &self,
        app: &'a App,
        id: &ConferenceId,
        address: Option<IpAddr>,
    ) -> Result<&'a ConferenceHandle, ApiError> {
        if self.only.as_ref().is_some_and(|only| only != id) {
            let reason = "the control surface is for another conference";
            return Err(identity::forbid_from(app, self.who.name().to_owned(), entering(id), reason, address));
        }
        let found = app.lobby.conference(Some(id)).ok_or_else(no_such_conference)?;
        app.rates.take(&self.key, ACTIONS, Instant::now().into_std()).map_err(ApiError::TooMany)?;
        Ok(found)
    }
}

impl FromRequestParts<App> for Acting {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        if let Some(token) = surface_token(parts) {
            return Self::by_token(app, token).await;
        }
        match Caller::from_request_parts(parts, app).await? {
            Caller::Operator(operator) => Ok(Self::operator(operator)),
            caller @ Caller::Endpoint(_) => {
                Err(identity::forbid(app, parts, &caller, "for operators and their control surfaces only"))
            }
        }
    }
}

fn surface_token(parts: &Parts) -> Option<&str> {
    let header = parts.headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && token.starts_with(SURFACE_PREFIX)).then_some(token)
}
