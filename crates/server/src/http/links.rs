//! Join links of sites: seen by leads and assistants, revoked and issued again by a lead.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wire::{ConferenceId, EndpointRole, JoinLink, Problem, SiteSlug};

use super::audit;
use super::body::{Body, Path};
use super::conferences::conference;
use super::identity::{Caller, Director, From, Lead};
use super::problem::ApiError;
use crate::access::TokenError;
use crate::app::App;
use crate::convert;

/// What follows a revocation.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokeRequest {
    /// True: make a new link at once.
    pub reissue: bool,
}

/// A link was revoked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Revoked {
    /// Path of the new link, if one was asked for.
    pub path: Option<String>,
}

/// Join links of all sites, revoked ones too; sites that came since the start get theirs now. For leads and assistants: with a link anybody is that site.
#[utoipa::path(
    get, path = "/api/v1/conferences/{id}/links", tag = "links",
    params(("id" = String, Path, description = "Id of the conference")),
    responses(
        (status = 200, body = Vec<JoinLink>),
        (status = 403, body = Problem, content_type = "application/problem+json")
    ),
    security(("operator" = []))
)]
pub(super) async fn list(
    State(app): State<App>,
    Director(operator): Director,
    From(address): From,
    Path(id): Path<ConferenceId>,
) -> Result<Json<Vec<JoinLink>>, ApiError> {
    let setup = conference(&app, &Caller::Operator(operator), &id, address)?.setup();
    let sites: Vec<SiteSlug> = setup.sites.iter().map(|site| convert::site_out(site.slug.clone())).collect();
    app.access.ensure_tokens(&id, &sites).await?;
    // The links of a site that was left out of the setup stay valid for when it returns, and open nothing until then.
    let takes_part = |token: &crate::access::JoinToken| setup.sites.iter().any(|site| site.slug.0 == token.site.0);
    let link = |token: crate::access::JoinToken| JoinLink {
        path: path(&token.token),
        site: token.site,
        endpoint: token.endpoint,
        last_used_at: token.last_used_at,
        revoked: token.revoked,
    };
    Ok(Json(app.access.tokens(&id).await?.into_iter().filter(takes_part).map(link).collect()))
}

/// Revokes the link of an endpoint: what came in by it is closed. For leads.
#[utoipa::path(
    post, path = "/api/v1/conferences/{id}/links/{site}/{endpoint}/revoke", tag = "links",
    params(
        ("id" = String, Path, description = "Id of the conference"),
        ("site" = String, Path, description = "Slug of the site"),
        ("endpoint" = EndpointRole, Path, description = "Which endpoint")
    ),
    request_body = RevokeRequest,
    responses(
        (status = 200, body = Revoked),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json")
    ),
    security(("operator" = []))
)]
pub(super) async fn revoke(
    State(app): State<App>,
    Lead(lead): Lead,
    From(address): From,
    Path((id, site, endpoint)): Path<(ConferenceId, SiteSlug, EndpointRole)>,
    Body(request): Body<RevokeRequest>,
) -> Result<Json<Revoked>, ApiError> {
    let setup = conference(&app, &Caller::Operator(lead.clone()), &id, address)?.setup();
    if setup.site(&convert::site_in(site.clone())).is_some() {
        app.access.ensure_tokens(&id, std::slice::from_ref(&site)).await?;
    }
    let fresh = app.access.revoke_token(&id, &site, endpoint, request.reissue).await;
    let fresh = fresh.map_err(|error| match error {
        TokenError::Unknown | TokenError::Revoked | TokenError::Expired => {
            ApiError::NotFound("this endpoint has no valid link".to_owned())
        }
        TokenError::Fault(fault) => fault.into(),
    })?;
    let what = format!("revoke link {}/{}/{endpoint:?}, reissue: {}", id.0, site.0, request.reissue);
    audit::done(&app, lead.name, what, address);
    Ok(Json(Revoked { path: fresh.as_deref().map(path) }))
}

/// Path of a join link.
pub(super) fn path(token: &str) -> String {
    format!("/join/{token}")
}
