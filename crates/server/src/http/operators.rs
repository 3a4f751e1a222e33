//! Operators, for leads: list, make, remove, new password.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wire::{Problem, Role};

use super::audit;
use super::body::{Body, Path};
use super::identity::{From, Lead};
use super::problem::ApiError;
use crate::access::OperatorRow;
use crate::app::App;

/// A new operator.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOperator {
    /// Name to sign in with.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Password; none: one is made.
    pub password: Option<String>,
}

/// An operator with the password that was made.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OperatorMade {
    /// Name.
    pub name: String,
    /// The password, if the server made it; it is shown this once.
    pub password: Option<String>,
}

/// All operators.
#[utoipa::path(
    get, path = "/api/v1/operators", tag = "administration",
    responses((status = 200, body = Vec<OperatorRow>), (status = 403, body = Problem, content_type = "application/problem+json")),
    security(("operator" = []))
)]
pub(super) async fn list(State(app): State<App>, Lead(_lead): Lead) -> Result<Json<Vec<OperatorRow>>, ApiError> {
    Ok(Json(app.access.operators().await?))
}

/// Makes an operator.
#[utoipa::path(
    post, path = "/api/v1/operators", tag = "administration",
    request_body = NewOperator,
    responses(
        (status = 201, body = OperatorMade),
        (status = 400, body = Problem, content_type = "application/problem+json", description = "Name or password do not fit"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The name is taken")
    ),
    security(("operator" = []))
)]
pub(super) async fn create(
    State(app): State<App>,
    Lead(lead): Lead,
    From(address): From,
    Body(request): Body<NewOperator>,
) -> Result<(StatusCode, Json<OperatorMade>), ApiError> {
    let chosen = request.password.is_some();
    let made = app.access.create_operator(&request.name, request.role, request.password).await?;
    audit::done(&app, lead.name, format!("create operator {} as {:?}", made.name, made.role), address);
    let password = (!chosen).then_some(made.password);
    Ok((StatusCode::CREATED, Json(OperatorMade { name: made.name, password })))
}

/// Removes an operator; open pages of that person are closed, and its control surfaces end.
#[utoipa::path(
    delete, path = "/api/v1/operators/{name}", tag = "administration",
    params(("name" = String, Path, description = "Name of the operator")),
    responses(
        (status = 204),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The last lead stays")
    ),
    security(("operator" = []))
)]
pub(super) async fn remove(
    State(app): State<App>,
    Lead(lead): Lead,
    From(address): From,
    Path(name): Path<String>,
) -> Result<StatusCode, ApiError> {
    app.access.remove_operator(&name).await?;
    audit::done(&app, lead.name, format!("remove operator {name}"), address);
    Ok(StatusCode::NO_CONTENT)
}

/// Gives an operator a new password and ends all sign-ins and control surfaces of that person.
#[utoipa::path(
    post, path = "/api/v1/operators/{name}/password", tag = "administration",
    params(("name" = String, Path, description = "Name of the operator")),
    responses((status = 200, body = OperatorMade), (status = 404, body = Problem, content_type = "application/problem+json")),
    security(("operator" = []))
)]
pub(super) async fn reset_password(
    State(app): State<App>,
    Lead(lead): Lead,
    From(address): From,
    Path(name): Path<String>,
) -> Result<Json<OperatorMade>, ApiError> {
    let password = app.access.reset_password(&name).await?;
    audit::done(&app, lead.name, format!("reset the password of {name}"), address);
    Ok(Json(OperatorMade { name, password: Some(password) }))
}
