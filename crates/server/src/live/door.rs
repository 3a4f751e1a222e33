//! Encoders and players that come in by HTTP (WHIP, WHEP): they have media and no page.

use conference::Plays;
use wire::{ClientKind, EndpointRole};

use super::peer::Who;
use crate::access::Secret;

/// Names the HTTP resource of a door. Cannot be guessed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceId(pub String);

impl ResourceId {
    /// A new one.
    pub fn random() -> Self {
        Self(Secret::random().reveal().to_owned())
    }
}

/// What a door is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DoorKind {
    /// An encoder sends a site's picture and sound (WHIP).
    Publishes,
    /// A player receives (WHEP).
    Plays(Plays),
}

impl DoorKind {
    /// True if it takes a place of a site, of which there is one: its encoder, or its screen. Other players stand beside.
    pub fn takes_seat(&self, who: &Who) -> bool {
        match (who, self) {
            (Who::Operator { .. }, _) => false,
            (Who::Endpoint { .. }, DoorKind::Publishes) => true,
            (Who::Endpoint { role, .. }, DoorKind::Plays(_)) => *role == EndpointRole::Screen,
        }
    }
}

/// One encoder or player.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Door {
    /// Its HTTP resource.
    pub resource: ResourceId,
    /// What it is for.
    pub kind: DoorKind,
    /// Its ICE user fragment.
    pub remote_ufrag: String,
    /// Entity tag of the ICE session (RFC 9725 §4.3.1), with its quotes; empty before the answer.
    pub etag: String,
}

/// What a peer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Client {
    /// A page, or an endpoint that speaks as a page does.
    Page(ClientKind),
    /// An encoder or player.
    Door(Door),
}
