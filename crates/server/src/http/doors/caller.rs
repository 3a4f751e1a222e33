//! Who uses a door. A token in the header is meant; an operator may send the secret of its sign-in in its place, since players
//! know no cookies.

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use conference::SiteSlug;

use super::super::identity::Caller;
use super::super::problem::ApiError;
use crate::access::{Revocation, TokenError};
use crate::app::App;
use crate::live::Who;

/// Who sends a request to a door.
#[derive(Debug, Clone)]
pub(in crate::http) struct DoorUser(pub Caller);

impl DoorUser {
    /// As the conference knows it.
    pub(super) fn who(&self) -> Who {
        match &self.0 {
            Caller::Operator(operator) => Who::Operator { name: operator.name.clone(), role: operator.role },
            Caller::Endpoint(join) => Who::Endpoint { site: SiteSlug(join.site.0.clone()), role: join.endpoint },
        }
    }

    /// What would end its right.
    pub(super) fn credential(&self) -> Revocation {
        match &self.0 {
            Caller::Operator(operator) => Revocation::SignIn(operator.sign_in_id.clone()),
            Caller::Endpoint(join) => Revocation::Token(join.token_id.clone()),
        }
    }
}

impl FromRequestParts<App> for DoorUser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let Some(header) = parts.headers.get(AUTHORIZATION) else {
            return Caller::from_request_parts(parts, app).await.map(Self);
        };
        let value = header.to_str().map_err(|_| ApiError::Unauthorized)?;
        let (scheme, token) = value.split_once(' ').ok_or(ApiError::Unauthorized)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(ApiError::Unauthorized);
        }
        match app.access.join(token.trim()).await {
            Ok(join) => Ok(Self(Caller::Endpoint(join))),
            Err(TokenError::Unknown) => {
                let operator = app.access.operator_by_secret(token.trim()).await;
                operator.map(|operator| Self(Caller::Operator(operator))).ok_or(ApiError::Unauthorized)
            }
            Err(error) => Err(error.into()),
        }
    }
}
