//! The first message: who is there, and may it come in.

use std::net::IpAddr;

use axum::extract::ws::{Message, WebSocket};
use axum::http::HeaderMap;
use wire::{ClientKind, ClientMessage, EndpointRole, ErrorCode, Hello};

use super::outbox::Closing;
use super::{HELLO_WITHIN, Lobby};
use crate::access::{AuditEntry, Revocation};
use crate::conference_task::{ConferenceHandle, Joined, Visit};
use crate::live::Who;

/// Longest name of a device, in characters: a UUID with room to spare.
const MAX_DEVICE_CHARS: usize = 100;

/// A page that was let in.
pub(super) struct Admitted {
    pub(super) conference: ConferenceHandle,
    pub(super) joined: Joined,
    /// It can inflate.
    pub(super) deflate: bool,
}

/// Reads the hello and lets the page in.
///
/// # Errors
/// Why it is not let in; nothing if it has left already.
pub(super) async fn admit(
    lobby: &Lobby,
    headers: &HeaderMap,
    address: Option<IpAddr>,
    socket: &mut WebSocket,
) -> Result<Admitted, Option<Closing>> {
    let hello = match tokio::time::timeout(HELLO_WITHIN, first_message(socket)).await {
        Ok(hello) => hello?,
        Err(_elapsed) => return Err(closing(ErrorCode::BadMessage, "no hello in time")),
    };
    if hello.protocol != wire::PROTOCOL_VERSION {
        return Err(closing(ErrorCode::WrongProtocol, "reload the page"));
    }
    if hello.device.is_empty() || hello.device.chars().count() > MAX_DEVICE_CHARS {
        return Err(closing(ErrorCode::BadMessage, "device has 1 to 100 characters"));
    }
    let visitor = identify(lobby, headers, &hello, address).await?;
    let Some(conference) = lobby.conference(visitor.conference.as_ref()).cloned() else {
        return Err(closing(ErrorCode::Unauthorized, "no such conference"));
    };
    let visit = Visit {
        who: visitor.who,
        credential: visitor.credential,
        client: hello.client,
        device: hello.device,
        instance: hello.instance,
        since: hello.since,
        address,
    };
    match conference.connect(visit).await {
        Ok(joined) => Ok(Admitted { conference, joined, deflate: hello.deflate }),
        Err(refused) => Err(Some(refused)),
    }
}

struct Visitor {
    who: Who,
    credential: Revocation,
    conference: Option<wire::ConferenceId>,
}

async fn first_message(socket: &mut WebSocket) -> Result<Hello, Option<Closing>> {
    loop {
        match socket.recv().await {
            Some(Ok(Message::Text(text))) if text.len() > wire::MAX_MESSAGE_BYTES => {
                return Err(closing(ErrorCode::TooLarge, "the hello is too large"));
            }
            Some(Ok(Message::Text(text))) => {
                return match serde_json::from_str::<ClientMessage>(&text) {
                    Ok(ClientMessage::Hello(hello)) => Ok(hello),
                    Ok(_) => Err(closing(ErrorCode::BadMessage, "hello comes first")),
                    Err(error) => Err(closing(ErrorCode::BadMessage, &error.to_string())),
                };
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Binary(_))) => return Err(closing(ErrorCode::BadMessage, "messages are text")),
            Some(Err(error)) if super::exceeds_size(&error) => {
                return Err(closing(ErrorCode::TooLarge, "the hello is too large"));
            }
            Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(None),
        }
    }
}

/// Operators are known by their sign-in cookie, sites and screens by their token; the kind of page must fit.
async fn identify(
    lobby: &Lobby,
    headers: &HeaderMap,
    hello: &Hello,
    address: Option<IpAddr>,
) -> Result<Visitor, Option<Closing>> {
    let refuse = |who: &str, reason: &str| {
        lobby.access.audit(AuditEntry {
            who: who.to_owned(),
            what: format!("connect as {:?}", hello.client),
            reason: reason.to_owned(),
            address,
        });
        closing(ErrorCode::Unauthorized, reason)
    };
    if matches!(hello.client, ClientKind::Console | ClientKind::Chair | ClientKind::Plan | ClientKind::Health) {
        let operator = lobby.access.operator_from_headers(headers).await;
        let operator = operator.ok_or_else(|| refuse("-", "no valid sign-in"))?;
        return Ok(Visitor {
            who: Who::Operator { name: operator.name, role: operator.role },
            credential: Revocation::SignIn(operator.sign_in_id),
            conference: hello.conference.clone().map(wire::ConferenceId),
        });
    }
    let token = hello.token.as_deref().ok_or_else(|| refuse("-", "no token"))?;
    let join = lobby.access.join(token).await.map_err(|error| refuse("-", &error.to_string()))?;
    let fits = match join.endpoint {
        EndpointRole::Main | EndpointRole::Backup => hello.client == ClientKind::Site,
        EndpointRole::Screen => hello.client == ClientKind::Screen,
    };
    if !fits {
        return Err(refuse(&join.site.0, "the token is for another kind of page"));
    }
    Ok(Visitor {
        who: Who::Endpoint { site: conference::SiteSlug(join.site.0), role: join.endpoint },
        credential: Revocation::Token(join.token_id),
        conference: Some(join.conference),
    })
}

fn closing(code: ErrorCode, detail: &str) -> Option<Closing> {
    Some(Closing { code, detail: detail.to_owned() })
}
