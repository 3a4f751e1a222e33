//! What the conference wants to flow → what the relay is told. Nowhere else do the two meet.
//!
//! The conference speaks of connections and named slots; the relay of endpoints and m-lines. A connection that has no
//! media yet, or a slot that its page did not plan, is left out: the next routes name it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use conference::{ConnectionId, MediaKind, Quality, Routing, Slot, Track, TrackKind};
use relay_core::{EndpointId, Feed, Layer, LineId, Routes, SlotId, TrackId, Watch};
use wire::MediaPlan;

use crate::{convert, media_plan};

/// The media connection of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaEnd {
    /// At the relay.
    pub endpoint: EndpointId,
    /// The lines that were negotiated.
    pub plan: Arc<MediaPlan>,
}

/// Media connections that are up, by connection.
pub type MediaEnds = BTreeMap<ConnectionId, MediaEnd>;

/// Everything that is to flow, in the relay's words.
pub fn to_relay(routing: &Routing, ends: &MediaEnds) -> Routes {
    let mut routes = Routes::default();
    for (connection, receiver) in &routing.receivers {
        let Some(end) = ends.get(connection) else { continue };
        routes.limits.extend(receiver.limit_kbps.map(|kbps| (end.endpoint, u64::from(kbps) * 1_000)));
        for ((name, kind), feed) in &receiver.slots {
            let (Some(line), Some(track)) = (line_of(end, *name, *kind), track_of(ends, feed.track)) else { continue };
            let slot = SlotId { endpoint: end.endpoint, line };
            let rank = rank_of(*name);
            routes.slots.insert(slot, Feed { track, layer: layer_of(feed.quality), rank });
        }
    }
    let wishes = routing.wishes.iter();
    routes.wishes.extend(wishes.filter_map(|(track, quality)| Some((track_of(ends, *track)?, layer_of(*quality)))));
    routes
}

/// The sources whose readiness the relay is to watch.
pub fn watches_to_relay(routing: &Routing, ends: &MediaEnds) -> BTreeSet<Watch> {
    routing.watched.iter().filter_map(|connection| watch_of(ends.get(connection)?)).collect()
}

/// The connection to which a relay endpoint belongs.
pub fn owner_of(ends: &MediaEnds, endpoint: EndpointId) -> Option<(ConnectionId, &MediaEnd)> {
    ends.iter().find(|(_, end)| end.endpoint == endpoint).map(|(connection, end)| (*connection, end))
}

/// What a line that a page sends is.
pub fn sent_kind(plan: &MediaPlan, line: LineId) -> Option<TrackKind> {
    match media_plan::slot_at(plan, line)?.slot {
        wire::Slot::Camera => Some(TrackKind::Camera),
        wire::Slot::Microphone => Some(TrackKind::Microphone),
        wire::Slot::Content => Some(TrackKind::Content),
        _ => None,
    }
}

/// An encoder may have one line alone. The other is watched as well, under a number that its offer does not have: the relay says
/// that there is no sound, or no picture, as the operator must know before the take.
fn watch_of(end: &MediaEnd) -> Option<Watch> {
    let line = |slot, kind| media_plan::line_of(&end.plan, slot, kind);
    let picture = line(wire::Slot::Camera, wire::MediaKind::Video);
    let sound = line(wire::Slot::Microphone, wire::MediaKind::Audio);
    picture.or(sound)?;
    let absent = LineId(u16::try_from(end.plan.lines.len()).ok()?);
    Some(Watch { endpoint: end.endpoint, picture: picture.unwrap_or(absent), sound: sound.unwrap_or(absent) })
}

fn line_of(end: &MediaEnd, slot: Slot, kind: MediaKind) -> Option<LineId> {
    let kind = match kind {
        MediaKind::Audio => wire::MediaKind::Audio,
        MediaKind::Video => wire::MediaKind::Video,
    };
    media_plan::line_of(&end.plan, convert::slot_out(slot), kind)
}

fn track_of(ends: &MediaEnds, track: Track) -> Option<TrackId> {
    let end = ends.get(&track.connection)?;
    let (slot, kind) = match track.kind {
        TrackKind::Camera => (wire::Slot::Camera, wire::MediaKind::Video),
        TrackKind::Microphone => (wire::Slot::Microphone, wire::MediaKind::Audio),
        TrackKind::Content => (wire::Slot::Content, wire::MediaKind::Video),
    };
    let line = media_plan::line_of(&end.plan, slot, kind)?;
    Some(TrackId { endpoint: end.endpoint, line })
}

/// What goes without first where a receiver's way is too thin: the wall, then the preview; content carries text, so it goes
/// last.
fn rank_of(slot: Slot) -> u8 {
    match slot {
        Slot::ProgramContent => 0,
        Slot::Program { .. } => 1,
        Slot::PreviewContent | Slot::Preview { .. } => 2,
        Slot::Return => 3,
        Slot::Wall { .. } => 4,
        // Sound.
        Slot::Talkback | Slot::Solo => 0,
    }
}

fn layer_of(quality: Quality) -> Layer {
    match quality {
        Quality::Low => Layer::Low,
        Quality::Mid => Layer::Mid,
        Quality::High => Layer::High,
    }
}

#[cfg(test)]
mod tests {
    use conference::{Layout, Picture, Receiver};
    use wire::{ClientKind, VideoCodec};

    use super::*;

    fn end(endpoint: u64, client: ClientKind) -> MediaEnd {
        MediaEnd { endpoint: EndpointId(endpoint), plan: Arc::new(media_plan::media_plan(client, VideoCodec::H264, 3)) }
    }

    fn picture() -> Picture {
        Picture { take: None, layout: Layout::Single, cells: vec![], audio: vec![], plays_sound: true, on_air: false }
    }

    #[test]
    fn a_feed_becomes_a_route_between_the_lines_of_two_pages() {
        let (hall, site) = (ConnectionId(1), ConnectionId(2));
        let ends = MediaEnds::from([(hall, end(10, ClientKind::Site)), (site, end(20, ClientKind::Site))]);
        let camera = Track { connection: hall, kind: TrackKind::Camera };
        let slots = BTreeMap::from([(
            (Slot::Program { index: 0 }, MediaKind::Video),
            conference::Feed { track: camera, quality: Quality::High },
        )]);
        let receivers = BTreeMap::from([(site, Receiver { slots, picture: picture(), limit_kbps: Some(700) })]);
        let wishes = BTreeMap::from([(camera, Quality::Mid)]);
        let routing = Routing { receivers, wishes, watched: BTreeSet::from([site]) };

        let routes = to_relay(&routing, &ends);

        let track = TrackId { endpoint: EndpointId(10), line: LineId(0) };
        let slot = SlotId { endpoint: EndpointId(20), line: LineId(3) };
        assert_eq!(routes.slots, BTreeMap::from([(slot, Feed { track, layer: Layer::High, rank: 1 })]));
        assert_eq!(routes.limits, BTreeMap::from([(EndpointId(20), 700_000)]));
        assert_eq!(routes.wishes, BTreeMap::from([(track, Layer::Mid)]));
        let watch = Watch { endpoint: EndpointId(20), picture: LineId(0), sound: LineId(1) };
        assert_eq!(watches_to_relay(&routing, &ends), BTreeSet::from([watch]));
    }

    #[test]
    fn an_encoder_with_one_line_is_watched_for_the_other_that_it_does_not_have() {
        let slots = [(wire::Slot::Camera, wire::MediaKind::Video), (wire::Slot::Microphone, wire::MediaKind::Audio)];
        let watches = slots.map(|(slot, kind)| {
            let line = wire::MediaLine { slot, kind, direction: wire::MediaDirection::Send };
            let plan = Arc::new(MediaPlan { codec: VideoCodec::H264, lines: vec![line] });
            watch_of(&MediaEnd { endpoint: EndpointId(10), plan })
        });

        let watch = |picture, sound| Watch { endpoint: EndpointId(10), picture: LineId(picture), sound: LineId(sound) };
        assert_eq!(watches, [Some(watch(0, 1)), Some(watch(1, 0))]);
    }

    #[test]
    fn a_page_without_media_and_a_slot_that_was_not_planned_are_left_out() {
        let (hall, screen, absent) = (ConnectionId(1), ConnectionId(2), ConnectionId(3));
        let ends = MediaEnds::from([(hall, end(10, ClientKind::Site)), (screen, end(20, ClientKind::Screen))]);
        let camera = Track { connection: hall, kind: TrackKind::Camera };
        let feed = conference::Feed { track: camera, quality: Quality::Low };
        let wall = BTreeMap::from([((Slot::Wall { index: 0 }, MediaKind::Video), feed)]);
        let program = BTreeMap::from([((Slot::Program { index: 0 }, MediaKind::Video), feed)]);
        let receivers = BTreeMap::from([
            (screen, Receiver { slots: wall, picture: picture(), limit_kbps: None }),
            (absent, Receiver { slots: program, picture: picture(), limit_kbps: Some(700) }),
        ]);

        let routing = Routing { receivers, watched: BTreeSet::from([screen, absent]), ..Routing::default() };
        let routes = to_relay(&routing, &ends);

        assert!(routes.slots.is_empty() && routes.limits.is_empty());
        assert!(watches_to_relay(&routing, &ends).is_empty());
    }
}
