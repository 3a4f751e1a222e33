//! A server with the sample conference in a folder of its own, and a way to ask it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use server::access::AuditRow;
use server::config::ServerConfig;
use server::http::{Scheme, router};
use server::start::{Server, StartOptions};
use tempfile::TempDir;
use tower::ServiceExt as _;
use wire::{ConferenceId, EndpointRole, Role};

pub const CONFERENCE: &str = "bau-cu-2021";

/// What a server answered.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The cookie as it is sent back.
    pub fn cookie(&self) -> String {
        self.header(SET_COOKIE.as_str()).split(';').next().unwrap().to_owned()
    }
}

/// By what somebody is known.
#[derive(Clone)]
pub enum Credential {
    Nobody,
    Cookie(String),
    Token(String),
}

pub struct World {
    pub server: Server,
    pub data: TempDir,
    router: Router,
}

impl World {
    pub async fn start(demo: bool) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), demo).await
    }

    /// A demonstration with these values of the environment.
    pub async fn start_with(environment: &[(&str, &str)]) -> Self {
        Self::start_configured(tempfile::tempdir().unwrap(), true, environment).await
    }

    pub async fn start_in(data: TempDir, demo: bool) -> Self {
        Self::start_configured(data, demo, &[]).await
    }

    async fn start_configured(data: TempDir, demo: bool, more: &[(&str, &str)]) -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/dienhong.toml");
        let environment = [
            ("DIENHONG__HTTP__LISTEN", "127.0.0.1:0"),
            ("DIENHONG__HTTPS__ENABLED", "false"),
            ("DIENHONG__MEDIA__LISTEN", "127.0.0.1:0"),
        ];
        let environment: BTreeMap<String, String> =
            environment.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let config = ServerConfig::load(&file, &environment).unwrap();
        let options = StartOptions { data: data.path().to_owned(), demo };
        let server = Server::start(&config, &options).await.unwrap();
        let router = router(server.app().clone(), Scheme::Http);
        Self { server, data, router }
    }

    /// Stops the server and gives its data folder back.
    pub async fn stop(self) -> TempDir {
        self.server.stop().await;
        self.data
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        send_to(self.router.clone(), request).await
    }

    pub async fn get(&self, path: &str, by: &Credential) -> Answer {
        self.send(known(Request::get(path), by).body(Body::empty()).unwrap()).await
    }

    pub async fn post(&self, path: &str, body: &Value, by: &Credential) -> Answer {
        let request = known(Request::post(path), by).header(CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// Signs in from an address.
    pub async fn sign_in_from(&self, address: [u8; 4], name: &str, password: &str) -> Answer {
        let body = json!({ "name": name, "password": password });
        let request = Request::post("/api/v1/sign-in").header(CONTENT_TYPE, "application/json");
        let from = ConnectInfo(SocketAddr::from((address, 40_000)));
        self.send(request.extension(from).body(Body::from(body.to_string())).unwrap()).await
    }

    pub async fn delete(&self, path: &str, by: &Credential) -> Answer {
        self.send(known(Request::builder().method(Method::DELETE).uri(path), by).body(Body::empty()).unwrap()).await
    }

    pub async fn command(&self, command: &Value, by: &Credential) -> Answer {
        self.post(&format!("/api/v1/conferences/{CONFERENCE}/commands"), &json!({ "command": command }), by).await
    }

    /// Signs in a new operator of this role; `name` is its name.
    pub async fn operator(&self, name: &str, role: Role) -> Credential {
        let access = &self.server.app().access;
        access.ensure_operator(name, role).await.unwrap();
        let link = access.create_sign_in_link(name);
        let signed_in = access.sign_in_by_link(link.reveal(), None).await.unwrap();
        Credential::Cookie(format!("{}={}", server::access::COOKIE_NAME, signed_in.cookie.reveal()))
    }

    pub async fn token(&self, site: &str, endpoint: EndpointRole) -> String {
        let tokens = self.server.app().access.tokens(&ConferenceId(CONFERENCE.to_owned())).await.unwrap();
        let token =
            tokens.into_iter().find(|token| token.site.0 == site && token.endpoint == endpoint && !token.revoked);
        token.unwrap().token
    }

    pub async fn site(&self, site: &str, endpoint: EndpointRole) -> Credential {
        Credential::Token(self.token(site, endpoint).await)
    }

    pub async fn audit(&self) -> Vec<AuditRow> {
        self.server.app().access.audit_rows(None, 1_000).await.unwrap()
    }
}

pub async fn send_to(router: Router, request: Request<Body>) -> Answer {
    let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    Answer { status: parts.status, headers: parts.headers, body }
}

pub fn known(request: axum::http::request::Builder, by: &Credential) -> axum::http::request::Builder {
    match by {
        Credential::Nobody => request,
        Credential::Cookie(cookie) => request.header(COOKIE, cookie),
        Credential::Token(token) => request.header(AUTHORIZATION, format!("Bearer {token}")),
    }
}

/// A problem of RFC 9457 with this status.
#[track_caller]
pub fn assert_problem(answer: &Answer, status: StatusCode) {
    assert_eq!(answer.status, status, "{}", String::from_utf8_lossy(&answer.body));
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.json()["status"], status.as_u16());
}
