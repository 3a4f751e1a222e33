//! Who sends a request: an operator by cookie, an endpoint by its join token.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};
use axum::middleware::Next;
use axum::response::Response;
use wire::{ConferenceId, Role};

use super::problem::ApiError;
use crate::access::{AuditEntry, JoinIdentity, Operator};
use crate::app::App;

/// Where proxies name the sender of a request.
const FORWARDED_FOR: &str = "x-forwarded-for";

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

/// A lead or an assistant: who may bring sites in.
#[derive(Debug, Clone)]
pub struct Director(pub Operator);

/// A lead, an assistant or the secretary: who may put documents into the agenda.
#[derive(Debug, Clone)]
pub struct Planner(pub Operator);

/// A lead, an assistant or a technician: who may settle alarms and begin line checks.
#[derive(Debug, Clone)]
pub struct Watcher(pub Operator);

impl Caller {
    /// Name for the audit.
    pub fn name(&self) -> String {
        match self {
            Self::Operator(operator) => operator.name.clone(),
            Self::Endpoint(join) => format!("{}/{}/{:?}", join.conference.0, join.site.0, join.endpoint),
        }
    }

    /// True unless it is an endpoint of another conference.
    pub fn belongs_to(&self, conference: &ConferenceId) -> bool {
        match self {
            Self::Endpoint(join) => join.conference == *conference,
            Self::Operator(_) => true,
        }
    }
}

/// What [`note_address`] found out.
#[derive(Debug, Clone, Copy)]
struct Sender(Option<IpAddr>);

/// From where a request comes, if it came by a socket. Limiter, audit and everything else ask here.
pub(crate) fn address(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<Sender>().and_then(|sender| sender.0)
}

/// Finds out once from where a request comes: the other end of the connection, or, if that is one of the configured proxies,
/// whom it names.
pub(super) async fn note_address(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical());
    let sender = peer.map(|peer| behind_proxies(peer, request.headers(), &app.trusted_proxies));
    request.extensions_mut().insert(Sender(sender));
    next.run(request).await
}

/// Each proxy adds the address that it saw at the end of `X-Forwarded-For`; what stands before is what the sender claims. So
/// the list is read from its end for as long as the address that added an entry is a trusted proxy.
fn behind_proxies(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    let lines: Vec<&str> = headers.get_all(FORWARDED_FOR).iter().map(|line| line.to_str().unwrap_or("?")).collect();
    let mut sender = peer;
    for named in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        if !trusted.contains(&sender) {
            break;
        }
        let Ok(named) = named.trim().parse::<IpAddr>() else { break };
        sender = named.to_canonical();
    }
    sender
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
        operator_with(&[Role::Lead], "for a lead only", parts, app).await.map(Self)
    }
}

impl FromRequestParts<App> for Director {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        operator_with(&[Role::Lead, Role::Assistant], "for a lead or an assistant only", parts, app).await.map(Self)
    }
}

impl FromRequestParts<App> for Planner {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let roles = [Role::Lead, Role::Assistant, Role::Secretary];
        operator_with(&roles, "for a lead, an assistant or the secretary only", parts, app).await.map(Self)
    }
}

impl FromRequestParts<App> for Watcher {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let roles = [Role::Lead, Role::Assistant, Role::Technician];
        operator_with(&roles, "for operators and technicians", parts, app).await.map(Self)
    }
}

/// The operator who asks, if it has one of these roles; anybody else is refused for this reason.
async fn operator_with(roles: &[Role], reason: &str, parts: &mut Parts, app: &App) -> Result<Operator, ApiError> {
    let caller = Caller::from_request_parts(parts, app).await?;
    match caller {
        Caller::Operator(operator) if roles.contains(&operator.role) => Ok(operator),
        Caller::Operator(_) | Caller::Endpoint(_) => Err(forbid(app, parts, &caller, reason)),
    }
}

/// Refuses and records it.
pub(super) fn forbid(app: &App, parts: &Parts, caller: &Caller, reason: &str) -> ApiError {
    let what = format!("{} {}", parts.method, super::logging::shown_path(parts.uri.path()));
    forbid_from(app, caller.name(), what, reason, address(&parts.extensions))
}

/// Refuses and records it, from this address.
pub(super) fn forbid_from(app: &App, who: String, what: String, reason: &str, address: Option<IpAddr>) -> ApiError {
    app.access.audit(AuditEntry { who, what, reason: reason.to_owned(), address });
    ApiError::Forbidden(reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(FORWARDED_FOR, line.parse().unwrap());
        }
        let trusted: Vec<IpAddr> = trusted.iter().map(|proxy| ip(proxy)).collect();
        behind_proxies(ip(peer), &headers, &trusted).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        assert_eq!(sender("203.0.113.9", &["198.51.100.1"], &[]), "203.0.113.9");
        assert_eq!(sender("203.0.113.9", &["198.51.100.1"], &["127.0.0.1"]), "203.0.113.9");
        assert_eq!(sender("127.0.0.1", &["198.51.100.1"], &["127.0.0.1"]), "198.51.100.1");
        assert_eq!(sender("127.0.0.1", &[], &["127.0.0.1"]), "127.0.0.1");
    }

    #[test]
    fn what_the_sender_claims_before_the_proxys_own_word_is_not_believed() {
        assert_eq!(sender("127.0.0.1", &["10.0.0.1, 198.51.100.1"], &["127.0.0.1"]), "198.51.100.1");
        assert_eq!(sender("127.0.0.1", &["10.0.0.1", "198.51.100.1"], &["127.0.0.1"]), "198.51.100.1");
        // Two proxies in a row.
        let trusted = ["127.0.0.1", "192.0.2.1"];
        assert_eq!(sender("127.0.0.1", &["10.0.0.1, 198.51.100.1,192.0.2.1"], &trusted), "198.51.100.1");
        assert_eq!(sender("127.0.0.1", &["nonsense"], &trusted), "127.0.0.1");
        assert_eq!(sender("127.0.0.1", &["::ffff:198.51.100.1"], &trusted), "198.51.100.1");
    }
}
