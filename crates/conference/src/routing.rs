//! What flows where: a pure function of what is on air, durable state and live facts. Whole, and idempotent to apply.
//!
//! Rules, each of them an invariant that the property tests check:
//! - no device of a site ever gets the sound of its own site;
//! - one device of a site plays the programme's sound: its screen if that can, else the main line, else the reserve;
//! - picture or sound of a site that is not on air goes to no other site; the hall is always entitled to be on air;
//! - a muted or closed microphone goes nowhere but to an operator's solo;
//! - a site is heard without its picture only while its microphone was opened so; with the holding slide nothing flows at all;
//! - a site that is alone on air sees the hall, and its own camera in the return slot;
//! - a player gets one picture and one voice, by the same rules.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Conference, ConnectionId, ConsoleLive, EndpointLive, EndpointRole, Layout, Live, PlayerLive, Plays, Program,
    ProgramSource, SiteSlug, SourceKind, SourceRef, TakeId, program::HALL_SLOT,
};

/// So many of the queue are watched: the one that is called next, and those to go on with if it is not ready.
pub const WATCHED_OF_QUEUE: usize = 3;
/// The slot in which a player gets the programme's picture and sound.
pub const PLAYER_SLOT: Slot = Slot::Program { index: 0 };
/// The slot in which a player gets the picture and sound of one site.
pub const SITE_SLOT: Slot = Slot::Preview { index: 0 };

/// Everything that is to flow. A connection or slot that is not named gets nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Routing {
    /// What each connection receives.
    pub receivers: BTreeMap<ConnectionId, Receiver>,
    /// Tracks that must keep flowing at a quality although no slot may ask for it: preview, on air, pending, next.
    pub wishes: BTreeMap<Track, Quality>,
    /// Senders of which it must be known whether they would be good on air: those of the sites in preview and of the next in
    /// the queue.
    pub watched: BTreeSet<ConnectionId>,
}

/// What one connection receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receiver {
    /// By slot and kind of line: a programme slot is a pair of a sound and a picture.
    pub slots: BTreeMap<(Slot, MediaKind), Feed>,
    /// How the page shows it.
    pub picture: Picture,
    /// What it is sent at most, kbit/s; none: what its way carries.
    pub limit_kbps: Option<u32>,
}

/// What one slot carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Feed {
    /// From where.
    pub track: Track,
    /// Best layer for it; no meaning for sound and content.
    pub quality: Quality,
}

/// Something that a connection sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Track {
    /// The sender.
    pub connection: ConnectionId,
    /// Which of its lines.
    pub kind: TrackKind,
}

/// A line that a connection sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TrackKind {
    /// Camera, in layers.
    Camera,
    /// Microphone.
    Microphone,
    /// Shared content, one layer.
    Content,
}

/// Layer of a camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quality {
    /// 320×180.
    Low,
    /// 640×360.
    Mid,
    /// 1280×720.
    High,
}

/// Sound or picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MediaKind {
    /// Opus.
    Audio,
    /// The conference's video codec.
    Video,
}

/// Name of a slot in which something is received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    /// Programme slot 0–4; 0 is the hall's.
    Program {
        /// 0 to 4.
        index: u32,
    },
    /// Programme content.
    ProgramContent,
    /// Private sound from the control room.
    Talkback,
    /// The site's own returned picture.
    Return,
    /// Preview slot 0–3.
    Preview {
        /// 0 to 3.
        index: u32,
    },
    /// Content in preview.
    PreviewContent,
    /// The sound of one site, for this operator alone.
    Solo,
    /// Tile of the wall.
    Wall {
        /// 0 to n − 1: the place of the site in the setup, the hall first.
        index: u32,
    },
}

/// What a receiver's programme looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The change of the stage that led to it; none before the first.
    pub take: Option<TakeId>,
    /// How the cells are arranged.
    pub layout: Layout,
    /// One cell for each part of the layout, in its order.
    pub cells: Vec<Cell>,
    /// Programme slots whose sound this device plays.
    pub audio: Vec<u32>,
    /// This device plays the programme's sound for its site.
    pub plays_sound: bool,
    /// This site is on air: seen, or heard without its picture.
    pub on_air: bool,
}

/// One part of the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// The slot in which it flows.
    pub slot: Slot,
    /// Whose picture.
    pub site: SiteSlug,
    /// Camera or content.
    pub kind: SourceKind,
}

impl Conference {
    /// What flows where while `program` is on air: give it `state().stage.program()`, or what it will be after the pending
    /// take, `state().stage.pending_program()`.
    pub fn routes(&self, program: &Program, live: &Live) -> Routing {
        let mut routing = Routing::default();
        let receiving = live.endpoints.iter().filter(|(_, endpoint)| endpoint.media && endpoint.receives);
        for ((site, role), endpoint) in receiving {
            let mut receiver = self.programme_for(site, *role, program, live);
            if *role != EndpointRole::Screen {
                self.add_private(&mut receiver, site, endpoint, program, live);
            }
            routing.receivers.insert(endpoint.connection, receiver);
        }
        for (connection, console) in live.consoles.iter().filter(|(_, console)| console.media) {
            routing.receivers.insert(*connection, self.console(console, program, live));
        }
        for (connection, player) in live.players.iter().filter(|(_, player)| player.media) {
            routing.receivers.insert(*connection, self.player(*connection, player, program, live));
        }
        routing.wishes = self.wishes(program, live);
        routing.watched = self.watched(live);
        routing
    }

    /// The programme's picture for one device of a site, also while its media is not connected.
    pub fn picture(&self, site: &SiteSlug, role: EndpointRole, program: &Program, live: &Live) -> Picture {
        self.programme_for(site, role, program, live).picture
    }

    /// The programme's picture for a console.
    pub fn console_picture(&self, program: &Program) -> Picture {
        picture_of(program, cells(program, None, self.hall()), sounding_slots(program, None), true, false)
    }

    fn programme_for(&self, site: &SiteSlug, role: EndpointRole, program: &Program, live: &Live) -> Receiver {
        let plays_sound = live.sound_device(site) == Some(role);
        let audio = if plays_sound { sounding_slots(program, Some(site)) } else { Vec::new() };
        let cells = cells(program, Some(site), self.hall());
        let slots = programme_slots(program, &cells, &audio, live);
        let limit_kbps = self.receive_limit(site);
        // Who is heard without a picture has a slot, as the hall has one always.
        let on_air = program.shows(site) || (site != self.hall() && program.slot_of(site).is_some());
        Receiver { slots, picture: picture_of(program, cells, audio, plays_sound, on_air), limit_kbps }
    }

    /// What the devices of a site are sent at most, kbit/s.
    fn receive_limit(&self, site: &SiteSlug) -> Option<u32> {
        self.setup().site(site).and_then(|site| site.receive_kbps)
    }

    /// True if the control room may speak to a site privately: where a microphone is open to all, or is about to be, its loudspeakers
    /// would put the word on air.
    pub fn is_off_air(&self, site: &SiteSlug) -> bool {
        let stage = &self.state().stage;
        let coming = stage.pending.iter().map(|pending| &pending.program);
        coming.chain([&stage.program]).all(|program| !program.microphones.contains(site))
    }

    /// The return of its own camera, and the control room's private sound.
    fn add_private(
        &self,
        receiver: &mut Receiver,
        site: &SiteSlug,
        endpoint: &EndpointLive,
        program: &Program,
        live: &Live,
    ) {
        if self.sees_itself(site, program)
            && let Some(source) = live.publisher(site)
        {
            // The corner of a page: the layer that flows anyway is enough.
            receiver.slots.insert((Slot::Return, MediaKind::Video), camera(source, Quality::Low));
        }
        let is_voice = live.publisher(site).is_some_and(|voice| voice.connection == endpoint.connection);
        let operator = live.consoles.iter().find(|(_, console)| console.media && console.talkback.contains(site));
        if let Some((connection, _)) = operator.filter(|_| is_voice && self.is_off_air(site)) {
            let track = Track { connection: *connection, kind: TrackKind::Microphone };
            receiver.slots.insert((Slot::Talkback, MediaKind::Audio), Feed { track, quality: Quality::Low });
        }
    }

    fn console(&self, console: &ConsoleLive, program: &Program, live: &Live) -> Receiver {
        let picture = self.console_picture(program);
        let mut slots = programme_slots(program, &picture.cells, &picture.audio, live);
        if let Some(preview) = &self.state().stage.preview {
            for (index, source) in (0..).zip(&preview.sources) {
                let slot = match source.kind {
                    SourceKind::Camera => Slot::Preview { index },
                    SourceKind::Content => Slot::PreviewContent,
                };
                if let Some(feed) = picture_feed(source, Quality::Mid, live) {
                    slots.insert((slot, MediaKind::Video), feed);
                }
            }
        }
        if console.wall {
            slots.extend(self.tiles(live));
        }
        if let Some(source) = console.solo.as_ref().and_then(|site| live.publisher(site)) {
            slots.insert((Slot::Solo, MediaKind::Audio), microphone(source));
        }
        Receiver { slots, picture, limit_kbps: None }
    }

    /// What a player gets: of the programme the layout's first picture and one sound, since nobody mixes.
    fn player(&self, connection: ConnectionId, player: &PlayerLive, program: &Program, live: &Live) -> Receiver {
        let own = player.place.site();
        let sounds = live.player_sounds(connection);
        let cells = cells(program, own, self.hall());
        let mut slots = BTreeMap::new();
        match &player.plays {
            Plays::Programme | Plays::Wall => {
                let voice = self.voice(program, own).filter(|_| sounds).and_then(|site| live.publisher(site));
                slots.extend(voice.map(|source| ((PLAYER_SLOT, MediaKind::Audio), microphone(source))));
            }
            Plays::Site(site) => {
                let source = live.publisher(site);
                slots.extend(source.map(|source| ((SITE_SLOT, MediaKind::Audio), microphone(source))));
                let camera = source.filter(|source| source.camera).map(|source| camera(source, Quality::Mid));
                slots.extend(camera.map(|feed| ((SITE_SLOT, MediaKind::Video), feed)));
            }
        }
        match &player.plays {
            Plays::Programme => {
                // A site that speaks wants to see to whom.
                let others = cells.iter().find(|cell| Some(&cell.site) != own);
                let shown = others.or(cells.first()).map(|cell| SourceRef { site: cell.site.clone(), kind: cell.kind });
                let feed = shown.and_then(|source| picture_feed(&source, Quality::High, live));
                slots.extend(feed.map(|feed| ((PLAYER_SLOT, MediaKind::Video), feed)));
            }
            Plays::Wall => slots.extend(self.tiles(live)),
            Plays::Site(_) => {}
        }
        let limit_kbps = own.and_then(|site| self.receive_limit(site));
        Receiver { slots, picture: picture_of(program, cells, Vec::new(), sounds, false), limit_kbps }
    }

    /// The one voice of the programme for those who hear only one: the floor holder, else the hall, else whoever is open; never
    /// the receiver's own.
    fn voice<'a>(&'a self, program: &'a Program, receiver: Option<&SiteSlug>) -> Option<&'a SiteSlug> {
        let state = self.state();
        // The main site of a take gets the floor with it.
        let next = state.stage.pending_program().filter(|pending| *pending == program).and_then(Program::main_site);
        let speaker = next.or(state.floor.holder.as_ref().map(|holder| &holder.site));
        let heard = |site: &&SiteSlug| program.microphones.contains(site) && receiver != Some(site);
        speaker.into_iter().chain([self.hall()]).chain(program.slots.values()).find(heard)
    }

    fn tiles(&self, live: &Live) -> impl Iterator<Item = ((Slot, MediaKind), Feed)> {
        (0..).zip(self.wall()).filter_map(|(index, site)| {
            let source = live.publisher(&site.slug).filter(|source| source.camera)?;
            Some(((Slot::Wall { index }, MediaKind::Video), camera(source, Quality::Low)))
        })
    }

    /// A site sees its return while it is on air, coming, in preview or told that it is next.
    fn sees_itself(&self, site: &SiteSlug, program: &Program) -> bool {
        let state = self.state();
        program.shows(site)
            || state.stage.program.shows(site)
            || state.stage.pending_program().is_some_and(|pending| pending.shows(site))
            || state.stage.preview.iter().any(|preview| preview.sources.iter().any(|source| source.site == *site))
            || state.floor.cued.contains(site)
    }

    /// What must flow at its best although perhaps nobody receives it so: who is or will soon be on air.
    fn wishes(&self, program: &Program, live: &Live) -> BTreeMap<Track, Quality> {
        let state = self.state();
        let stage = &state.stage;
        let holder = state.floor.holder.as_ref().map(|holder| &holder.site);
        let next = state.floor.cued.iter().chain(self.next_of_queue()).chain(self.next_of_tour(live)).chain(holder);
        let hall = SourceRef::camera(self.hall().clone());
        let stages = [Some(program), Some(&stage.program), stage.pending_program()].into_iter().flatten();
        let sources = stages
            .flat_map(Program::source_refs)
            .chain(stage.preview.iter().flat_map(|preview| preview.sources.clone()))
            .chain(next.cloned().map(SourceRef::camera))
            // The hall can be called at any moment, and must not wait for its best layer.
            .chain([hall]);
        sources
            .filter_map(|source| picture_feed(&source, Quality::High, live))
            .map(|feed| (feed.track, feed.quality))
            .collect()
    }

    fn next_of_queue(&self) -> impl Iterator<Item = &SiteSlug> {
        self.state().floor.queue.iter().take(WATCHED_OF_QUEUE).map(|entry| &entry.site)
    }

    /// Whoever sends for the sites in preview and the next of the queue.
    fn watched(&self, live: &Live) -> BTreeSet<ConnectionId> {
        let state = self.state();
        let preview = state.stage.preview.iter().flat_map(|preview| &preview.sources).map(|source| &source.site);
        preview.chain(self.next_of_queue()).filter_map(|site| Some(live.publisher(site)?.connection)).collect()
    }
}

/// The cells that a receiver shows. A site that has the air for itself would only see its own camera: it sees the hall there.
fn cells(program: &Program, receiver: Option<&SiteSlug>, hall: &SiteSlug) -> Vec<Cell> {
    let alone =
        receiver.is_some_and(|site| site != hall && program.sources.iter().all(|part| part.source.site == *site));
    let cell = |part: &ProgramSource| {
        let slot = match part.slot {
            Some(_) if alone => {
                let slot = Slot::Program { index: HALL_SLOT };
                return Cell { slot, site: hall.clone(), kind: SourceKind::Camera };
            }
            Some(index) => Slot::Program { index },
            None => Slot::ProgramContent,
        };
        Cell { slot, site: part.source.site.clone(), kind: part.source.kind }
    };
    program.sources.iter().map(cell).collect()
}

/// Slots whose sound is routed to a receiver: open microphones without its own.
fn sounding_slots(program: &Program, receiver: Option<&SiteSlug>) -> Vec<u32> {
    let heard = |site: &SiteSlug| program.microphones.contains(site) && receiver != Some(site);
    program.slots.iter().filter(|(_, site)| heard(site)).map(|(slot, _)| *slot).collect()
}

fn programme_slots(program: &Program, cells: &[Cell], audio: &[u32], live: &Live) -> BTreeMap<(Slot, MediaKind), Feed> {
    let pictures = (0..).zip(cells).filter_map(|(place, cell)| {
        let source = SourceRef { site: cell.site.clone(), kind: cell.kind };
        let feed = picture_feed(&source, quality_of(program.layout, place), live)?;
        Some(((cell.slot, MediaKind::Video), feed))
    });
    let sounds = audio.iter().filter_map(|index| {
        let source = live.publisher(program.slots.get(index)?)?;
        Some(((Slot::Program { index: *index }, MediaKind::Audio), microphone(source)))
    });
    pictures.chain(sounds).collect()
}

fn picture_of(program: &Program, cells: Vec<Cell>, audio: Vec<u32>, plays_sound: bool, on_air: bool) -> Picture {
    Picture { take: program.take, layout: program.layout, cells, audio, plays_sound, on_air }
}

/// Best layer for a part of a layout on a full-HD screen.
fn quality_of(layout: Layout, place: u32) -> Quality {
    match (layout, place) {
        (Layout::Single | Layout::SideBySide, _) => Quality::High,
        (Layout::SpeakerHall | Layout::ContentSpeaker, 0) => Quality::High,
        (Layout::SpeakerHall | Layout::ContentSpeaker, _) | (Layout::Grid, _) => Quality::Mid,
    }
}

fn picture_feed(source: &SourceRef, quality: Quality, live: &Live) -> Option<Feed> {
    let endpoint = live.source(source)?;
    Some(match source.kind {
        SourceKind::Camera => camera(endpoint, quality),
        SourceKind::Content => {
            Feed { track: Track { connection: endpoint.connection, kind: TrackKind::Content }, quality: Quality::High }
        }
    })
}

fn camera(endpoint: &EndpointLive, quality: Quality) -> Feed {
    Feed { track: Track { connection: endpoint.connection, kind: TrackKind::Camera }, quality }
}

fn microphone(endpoint: &EndpointLive) -> Feed {
    Feed { track: Track { connection: endpoint.connection, kind: TrackKind::Microphone }, quality: Quality::Low }
}
