//! The lamps of a conference, for control surfaces: once, or whenever they change.
//!
//! The feed is one way: what a surface says on it is not read, but for its first text, by which a surface that cannot send headers
//! proves who it is. So its token stands in no address, and in no log.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, COOKIE};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast, watch};
use tokio::time::{Instant, MissedTickBehavior};
use wire::{ConferenceId, Problem, TallyView};

use super::acting::Acting;
use super::body::Path;
use super::identity::From;
use super::problem::ApiError;
use crate::access::Revocation;
use crate::app::App;
use crate::conference_task::Tally;
use crate::socket::rate::{Allowance, MESSAGES};
use crate::socket::{HELLO_WITHIN, PING_EVERY, SILENCE_ENDS};

/// Least time between two texts of one feed: lamps that change faster are not seen.
const PACE: Duration = Duration::from_millis(50);
/// A surface that does not read for so long is cut; it comes back and is told how things stand.
const SEND_WITHIN: Duration = Duration::from_secs(5);
/// Largest text of a surface that is read: its token.
const MAX_SAID_BYTES: usize = 4 * 1024;
/// Feeds at the same time: eight surfaces of thirty-two people.
const MAX_FEEDS: usize = 256;
/// Feeds that have not proved yet who they are. Apart from the others, whom strangers must not keep out.
const MAX_UNPROVED: usize = 64;

/// Room for feeds.
#[derive(Debug)]
pub struct FeedRoom {
    feeds: Arc<Semaphore>,
    unproved: Arc<Semaphore>,
}

impl Default for FeedRoom {
    fn default() -> Self {
        Self { feeds: Arc::new(Semaphore::new(MAX_FEEDS)), unproved: Arc::new(Semaphore::new(MAX_UNPROVED)) }
    }
}

/// The lamps as they are now.
#[utoipa::path(
    get, path = "/api/v1/conferences/{id}/tally", tag = "surfaces",
    params(("id" = String, Path, description = "Id of the conference")),
    responses(
        (status = 200, body = TallyView),
        (status = 404, body = Problem, content_type = "application/problem+json")
    ),
    security(("operator" = []), ("surface" = []))
)]
pub(super) async fn now(
    State(app): State<App>,
    acting: Acting,
    From(address): From,
    Path(id): Path<ConferenceId>,
) -> Result<impl IntoResponse, ApiError> {
    let tally = acting.enter(&app, &id, address)?.tally();
    let view = tally.borrow().view().clone();
    Ok(([(CACHE_CONTROL, "no-store")], Json(view)))
}

/// The lamps as a WebSocket: a `TallyView` at once, then whole whenever something changes, at most twenty a second.
///
/// Who cannot send a header or a cookie sends the surface's token as the first text, within five seconds.
#[utoipa::path(
    get, path = "/api/v1/conferences/{id}/tally/ws", tag = "surfaces",
    params(("id" = String, Path, description = "Id of the conference")),
    responses(
        (status = 101, description = "The feed begins"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json", description = "As many feeds as there may be")
    ),
    security(("operator" = []), ("surface" = []), ())
)]
pub(super) async fn feed(
    State(app): State<App>,
    From(address): From,
    Path(id): Path<ConferenceId>,
    mut parts: Parts,
    upgrade: WebSocketUpgrade,
) -> Result<Response, ApiError> {
    let upgrade = upgrade.max_message_size(MAX_SAID_BYTES).max_frame_size(MAX_SAID_BYTES);
    if parts.headers.contains_key(AUTHORIZATION) || parts.headers.contains_key(COOKIE) {
        let acting = extract(&mut parts, &app).await?;
        let feed = Feed::new(&app, &acting, &id, address)?;
        return Ok(upgrade.on_upgrade(move |socket| feed.run(socket)));
    }
    let room = Arc::clone(&app.feeds.unproved).try_acquire_owned().map_err(|_| full())?;
    Ok(upgrade.on_upgrade(move |socket| prove(app, id, address, room, socket)))
}

async fn extract(parts: &mut Parts, app: &App) -> Result<Acting, ApiError> {
    use axum::extract::FromRequestParts as _;
    Acting::from_request_parts(parts, app).await
}

/// Reads the token of a surface, then begins its feed.
async fn prove(app: App, id: ConferenceId, address: Option<IpAddr>, room: OwnedSemaphorePermit, mut socket: WebSocket) {
    let Ok(Some(token)) = tokio::time::timeout(HELLO_WITHIN, first_text(&mut socket)).await else { return };
    let feed = match Acting::by_token(&app, token.trim()).await {
        Ok(acting) => Feed::new(&app, &acting, &id, address),
        Err(error) => Err(error),
    };
    drop(room);
    match feed {
        Ok(feed) => feed.run(socket).await,
        Err(error) => {
            tracing::debug!(?error, "a tally feed was refused");
            // Whoever does not read it has gone.
            let _ = tokio::time::timeout(SEND_WITHIN, socket.send(Message::Text(error.json().into()))).await;
        }
    }
}

async fn first_text(socket: &mut WebSocket) -> Option<String> {
    loop {
        match socket.recv().await?.ok()? {
            Message::Text(text) => return Some(text.as_str().to_owned()),
            Message::Close(_) => return None,
            // Surfaces that keep their line alive by a byte may do so before they say who they are.
            Message::Binary(_) | Message::Ping(_) | Message::Pong(_) => {}
        }
    }
}

fn full() -> ApiError {
    ApiError::Unavailable("there are as many tally feeds as there may be".to_owned())
}

/// One feed.
struct Feed {
    tally: watch::Receiver<Arc<Tally>>,
    credential: Revocation,
    revocations: broadcast::Receiver<Revocation>,
    _room: OwnedSemaphorePermit,
}

impl Feed {
    fn new(app: &App, acting: &Acting, id: &ConferenceId, address: Option<IpAddr>) -> Result<Self, ApiError> {
        let mut tally = acting.enter(app, id, address)?.tally();
        tally.mark_changed();
        let room = Arc::clone(&app.feeds.feeds).try_acquire_owned().map_err(|_| full())?;
        Ok(Self { tally, credential: acting.credential.clone(), revocations: app.access.revocations(), _room: room })
    }

    /// Tells the lamps until the surface leaves, is silent, does not read, says too much, or its right ends.
    async fn run(mut self, mut socket: WebSocket) {
        let mut ping = tokio::time::interval(PING_EVERY);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut next, mut heard) = (Instant::now(), Instant::now());
        let mut allowance = Allowance::new(MESSAGES, heard.into_std());
        loop {
            let message = tokio::select! {
                said = socket.recv() => match said {
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                    Some(Ok(_)) => {
                        heard = Instant::now();
                        if !allowance.take(1.0, heard.into_std()) {
                            return;
                        }
                        continue;
                    }
                },
                revoked = self.revocations.recv() => match revoked {
                    Ok(revoked) if revoked != self.credential => continue,
                    // Of revocations that were missed one may be its own: it proves anew who it is.
                    Ok(_) | Err(RecvError::Lagged(_) | RecvError::Closed) => return,
                },
                changed = changed_after(&mut self.tally, next) => match changed {
                    Ok(()) => {
                        next = Instant::now() + PACE;
                        Message::Text(self.tally.borrow_and_update().text())
                    }
                    // The server stops.
                    Err(_) => return,
                },
                _ = ping.tick() => {
                    if heard.elapsed() >= SILENCE_ENDS {
                        return;
                    }
                    Message::Ping(Bytes::new())
                }
            };
            if !matches!(tokio::time::timeout(SEND_WITHIN, socket.send(message)).await, Ok(Ok(()))) {
                return;
            }
        }
    }
}

async fn changed_after(tally: &mut watch::Receiver<Arc<Tally>>, at: Instant) -> Result<(), watch::error::RecvError> {
    tokio::time::sleep_until(at).await;
    tally.changed().await
}
