//! Requests of encoders and players.

use anyhow::Result;

use crate::{Operator, Server, server::agent};

/// By what an encoder or player is known.
#[derive(Debug, Clone)]
pub enum Credential {
    /// A join token.
    Token(String),
    /// A sign-in.
    Operator(Operator),
}

impl Credential {
    fn header(&self) -> (&'static str, String) {
        match self {
            Self::Token(token) => ("authorization", format!("Bearer {token}")),
            Self::Operator(operator) => ("cookie", operator.cookie.clone()),
        }
    }
}

/// What the server answered.
#[derive(Debug)]
pub struct Reply {
    /// Status.
    pub status: u16,
    /// Body.
    pub body: String,
    headers: Vec<(String, String)>,
}

impl Reply {
    /// A header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

pub(super) fn post(server: &Server, path: &str, by: &Credential, kind: &str, body: &str) -> Result<Reply> {
    let (name, value) = by.header();
    let request = agent().post(format!("http://{}{path}", server.http())).header("content-type", kind);
    read(request.header(name, value).send(body)?)
}

pub(super) fn delete(server: &Server, path: &str, by: &Credential) -> Result<Reply> {
    let (name, value) = by.header();
    read(agent().delete(format!("http://{}{path}", server.http())).header(name, value).call()?)
}

fn read(mut response: ureq::http::Response<ureq::Body>) -> Result<Reply> {
    let text = |value: &ureq::http::HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let headers = response.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    Ok(Reply { status: response.status().as_u16(), headers, body: response.body_mut().read_to_string()? })
}
