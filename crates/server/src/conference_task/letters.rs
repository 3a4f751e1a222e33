//! What the conference's task is told and asked.

use health::AlarmRefusal;
use relay_core::{EndpointId, OfferError};
use tokio::sync::oneshot;
use wire::{
    CheckRequest, ClientMessage, CommandId, ConferenceView, HealthView, LiveView, Moment, Refusal, Revision, SiteCurve,
    SiteDelegates, SiteSlug,
};

use super::doors::{DoorAnswer, DoorCaller, DoorPatch, DoorRefused, DoorRestart, Opened, Opening, Patched};
use super::joining::{Joined, Visit};
use crate::live::SocketId;
use crate::socket::outbox::Closing;
use crate::view::Audience;
use conference::ConnectionId;

/// Who sends a command over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// Who.
    pub who: crate::live::Who,
    /// From where, for the audit.
    pub address: Option<std::net::IpAddr>,
}

/// Something that somebody may not do, for the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Operator's name, or the site's slug.
    pub who: String,
    /// What was tried.
    pub what: String,
    /// Why it was refused.
    pub reason: String,
    /// From where, if known.
    pub address: Option<std::net::IpAddr>,
}

/// How a WebSocket ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Departure {
    /// The page said goodbye.
    Left,
    /// The connection broke, was silent, or was closed by the server.
    Cut,
}

#[derive(Debug)]
pub(super) enum Letter {
    Visit(Box<Visit>, oneshot::Sender<Result<Joined, Closing>>),
    Says(SocketId, ClientMessage),
    Gone(SocketId, Departure),
    Command {
        sender: Sender,
        id: CommandId,
        seen: Option<Revision>,
        command: wire::Command,
        answer: oneshot::Sender<Result<Revision, Refusal>>,
    },
    Answered {
        peer: ConnectionId,
        socket: SocketId,
        generation: u32,
        offer: u64,
        endpoint: EndpointId,
        answer: Result<String, OfferError>,
    },
    OpenDoor(Box<Opening>, oneshot::Sender<Result<Opened, DoorRefused>>),
    DoorAnswered(DoorAnswer),
    PatchDoor(DoorCaller, DoorPatch, oneshot::Sender<Result<Patched, DoorRefused>>),
    DoorRestarted(DoorRestart),
    CloseDoor(DoorCaller, oneshot::Sender<Result<(), DoorRefused>>),
    State(Audience, oneshot::Sender<(Revision, ConferenceView)>),
    Live(Audience, oneshot::Sender<LiveView>),
    Delegates(oneshot::Sender<Vec<SiteDelegates>>),
    Health(oneshot::Sender<HealthView>),
    /// Of one site or of all, from this second since the epoch.
    Curves(Option<SiteSlug>, u32, oneshot::Sender<Vec<SiteCurve>>),
    /// Somebody has seen an alarm, or takes it off the list.
    Alarm {
        alarm: u64,
        clear: bool,
        by: String,
        answer: oneshot::Sender<Result<(), AlarmRefusal>>,
    },
    Moment(oneshot::Sender<Moment>),
    /// Somebody at the centre wants lines checked; none comes back if no site is meant.
    Check {
        by: String,
        request: CheckRequest,
        answer: oneshot::Sender<Option<u64>>,
    },
    Stop(oneshot::Sender<()>),
}
