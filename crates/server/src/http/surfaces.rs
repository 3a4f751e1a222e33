//! Control surfaces of operators: made, listed and removed by those for whom they act, and by a lead.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use wire::{ConferenceId, NewSurface, Problem, Role, Surface, SurfaceMade};

use super::audit;
use super::body::{Body, Path};
use super::conferences::conference;
use super::identity::{Caller, From, SignedInOperator};
use super::problem::ApiError;
use crate::access::{Operator, SurfaceId};
use crate::app::App;

/// Makes a control surface, which acts for the operator who makes it: with that operator's name and role, and with the control lease
/// only while that operator holds it. Its token is told this once.
#[utoipa::path(
    post, path = "/api/v1/conferences/{id}/surfaces", tag = "surfaces",
    params(("id" = String, Path, description = "Id of the conference")),
    request_body = NewSurface,
    responses(
        (status = 201, body = SurfaceMade),
        (status = 400, body = Problem, content_type = "application/problem+json", description = "The label does not fit"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The operator has as many as there may be")
    ),
    security(("operator" = []))
)]
pub(super) async fn create(
    State(app): State<App>,
    SignedInOperator(operator): SignedInOperator,
    From(address): From,
    Path(id): Path<ConferenceId>,
    Body(request): Body<NewSurface>,
) -> Result<(StatusCode, Json<SurfaceMade>), ApiError> {
    conference(&app, &Caller::Operator(operator.clone()), &id, address)?;
    let (surface, token) = app.access.create_surface(&id, &operator.name, &request.label).await?;
    let what = format!("create control surface {} {:?}", surface.id, surface.label);
    audit::done(&app, operator.name, what, address);
    Ok((StatusCode::CREATED, Json(SurfaceMade { surface, token: token.reveal().to_owned() })))
}

/// Control surfaces: one's own; a lead sees everybody's.
#[utoipa::path(
    get, path = "/api/v1/conferences/{id}/surfaces", tag = "surfaces",
    params(("id" = String, Path, description = "Id of the conference")),
    responses((status = 200, body = Vec<Surface>), (status = 404, body = Problem, content_type = "application/problem+json")),
    security(("operator" = []))
)]
pub(super) async fn list(
    State(app): State<App>,
    SignedInOperator(operator): SignedInOperator,
    From(address): From,
    Path(id): Path<ConferenceId>,
) -> Result<Json<Vec<Surface>>, ApiError> {
    conference(&app, &Caller::Operator(operator.clone()), &id, address)?;
    Ok(Json(app.access.surfaces(&id, whose(&operator)).await?))
}

/// Removes a control surface, one's own or, as a lead, anybody's: its token opens nothing any more.
#[utoipa::path(
    delete, path = "/api/v1/conferences/{id}/surfaces/{surface}", tag = "surfaces",
    params(
        ("id" = String, Path, description = "Id of the conference"),
        ("surface" = u64, Path, description = "Number of the surface")
    ),
    responses((status = 204), (status = 404, body = Problem, content_type = "application/problem+json")),
    security(("operator" = []))
)]
pub(super) async fn remove(
    State(app): State<App>,
    SignedInOperator(operator): SignedInOperator,
    From(address): From,
    Path((id, surface)): Path<(ConferenceId, i64)>,
) -> Result<StatusCode, ApiError> {
    conference(&app, &Caller::Operator(operator.clone()), &id, address)?;
    if !app.access.remove_surface(&id, SurfaceId(surface), whose(&operator)).await? {
        return Err(ApiError::NotFound("there is no such control surface of yours".to_owned()));
    }
    let what = format!("remove control surface {surface}");
    audit::done(&app, operator.name, what, address);
    Ok(StatusCode::NO_CONTENT)
}

/// None: everybody's.
fn whose(operator: &Operator) -> Option<&str> {
    match operator.role {
        Role::Lead => None,
        Role::Assistant | Role::Chair | Role::Secretary | Role::Technician | Role::Site | Role::Screen => {
            Some(&operator.name)
        }
    }
}
