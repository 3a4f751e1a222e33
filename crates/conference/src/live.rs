//! Facts that are not history: who is connected now, what consoles listen to. Given to `handle`, never stored.

use std::collections::{BTreeMap, BTreeSet};

use crate::{ConnectionId, EndpointRole, SiteSlug, SourceKind, SourceRef};

/// Live facts, whole.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Live {
    /// Endpoints that are connected; at most one of each role of a site.
    pub endpoints: BTreeMap<(SiteSlug, EndpointRole), EndpointLive>,
    /// Consoles that are connected.
    pub consoles: BTreeMap<ConnectionId, ConsoleLive>,
    /// Players that are connected: they receive and have no page.
    pub players: BTreeMap<ConnectionId, PlayerLive>,
    /// Name of the operator who holds the control lease.
    pub lease: Option<String>,
}

/// An endpoint that is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndpointLive {
    /// Its connection.
    pub connection: ConnectionId,
    /// The WebSocket is open.
    pub control: bool,
    /// Its media connection is up: it can be sent to, and packets arrive from it if it publishes.
    pub media: bool,
    /// The camera works.
    pub camera: bool,
    /// The microphone works.
    pub microphone: bool,
    /// Content is shared.
    pub content: bool,
    /// The browser plays sound.
    pub sound_playing: bool,
    /// The programme can be sent to it; an encoder only sends.
    pub receives: bool,
}

/// A console that is connected.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConsoleLive {
    /// Its media connection is up.
    pub media: bool,
    /// The site that this operator listens to alone.
    pub solo: Option<SiteSlug>,
    /// Sites to which this operator speaks now.
    pub talkback: BTreeSet<SiteSlug>,
    /// The wall is shown.
    pub wall: bool,
}

/// A player that is connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlayerLive {
    /// Its media connection is up.
    pub media: bool,
    /// Where it stands.
    pub place: PlayerPlace,
    /// What it plays.
    pub plays: Plays,
}

/// Where a player stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlayerPlace {
    /// At the centre.
    Centre,
    /// At a site, beside its devices.
    Site(SiteSlug),
    /// At a site, as its screen.
    Screen(SiteSlug),
}

/// What a player plays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plays {
    /// One picture and one sound of the programme.
    Programme,
    /// One site, on air or not; for the centre.
    Site(SiteSlug),
    /// All sites, in the order of the setup; for the centre.
    Wall,
}

impl PlayerPlace {
    /// The site, unless it is at the centre.
    pub fn site(&self) -> Option<&SiteSlug> {
        match self {
            PlayerPlace::Centre => None,
            PlayerPlace::Site(site) | PlayerPlace::Screen(site) => Some(site),
        }
    }
}

impl Live {
    /// The endpoint of this role.
    pub fn endpoint(&self, site: &SiteSlug, role: EndpointRole) -> Option<&EndpointLive> {
        // The key is a tuple of owned values; a scan of the site's three roles would need the same clone.
        self.endpoints.get(&(site.clone(), role))
    }

    /// The endpoint that speaks for the site: of main and backup one with media, rather one with a camera, rather main.
    pub fn publisher(&self, site: &SiteSlug) -> Option<&EndpointLive> {
        let lines = || {
            [EndpointRole::Main, EndpointRole::Backup]
                .into_iter()
                .filter_map(|role| self.endpoint(site, role))
                .filter(|endpoint| endpoint.media)
        };
        lines().find(|endpoint| endpoint.camera).or_else(|| lines().next())
    }

    /// True if the site sends a picture now.
    pub fn sends_picture(&self, site: &SiteSlug) -> bool {
        self.publisher(site).is_some_and(|source| source.camera)
    }

    /// The endpoint that shares the site's content, main first.
    pub fn content(&self, site: &SiteSlug) -> Option<&EndpointLive> {
        [EndpointRole::Main, EndpointRole::Backup]
            .into_iter()
            .filter_map(|role| self.endpoint(site, role))
            .find(|endpoint| endpoint.media && endpoint.content)
    }

    /// The endpoint from which a source comes now; none: the source is offline.
    pub fn source(&self, source: &SourceRef) -> Option<&EndpointLive> {
        match source.kind {
            SourceKind::Camera => self.publisher(&source.site),
            SourceKind::Content => self.content(&source.site),
        }
    }

    /// The one device of a site that plays the programme's sound: the screen if it can, else main, else backup.
    pub fn sound_device(&self, site: &SiteSlug) -> Option<EndpointRole> {
        let plays = |role| self.endpoint(site, role).filter(|endpoint| endpoint.media && endpoint.receives);
        let is_screen = |player: &PlayerLive| player.media && player.place == PlayerPlace::Screen(site.clone());
        let screen = plays(EndpointRole::Screen).is_some_and(|screen| screen.sound_playing);
        if screen || self.players.values().any(is_screen) {
            return Some(EndpointRole::Screen);
        }
        [EndpointRole::Main, EndpointRole::Backup].into_iter().find(|role| plays(*role).is_some())
    }

    /// True if a player gets the programme's sound. One that stands beside a site's devices gets it only while none of them plays
    /// it, and only the first: a room must not hear it twice.
    pub fn player_sounds(&self, connection: ConnectionId) -> bool {
        let Some(player) = self.players.get(&connection) else { return false };
        match &player.place {
            PlayerPlace::Centre | PlayerPlace::Screen(_) => true,
            PlayerPlace::Site(site) => {
                let first = self.players.iter().find(|(_, other)| other.media && other.place == player.place);
                self.sound_device(site).is_none() && first.is_some_and(|(first, _)| *first == connection)
            }
        }
    }
}
