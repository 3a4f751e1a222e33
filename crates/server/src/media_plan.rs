//! The media lines of each kind of page, in the order of its offer, and what the relay is told of them.
//!
//! Slots are negotiated once; what flows in them changes by rewriting. Sound and picture of a programme slot share one
//! `msid`, because a browser keeps the lips of one stream together.

use relay_core::{Kind, LineDirection, LineId, LinePlan};
use wire::{ClientKind, MediaDirection, MediaKind, MediaLine, MediaPlan, Slot, VideoCodec};

/// Programme slots: the hall has one of its own, and the largest layout shows four sites besides.
pub const PROGRAM_SLOTS: u32 = 5;
/// Preview slots: the largest layout shows four sources.
pub const PREVIEW_SLOTS: u32 = 4;
/// Most media lines of one page (`wire::MediaPlan`): the largest offer that the relay reads.
pub const MAX_LINES: usize = 160;
/// Lines of a console beside its wall: its microphone, 5 of the preview, 11 of the programme, solo and talkback.
const CONSOLE_LINES: usize = 19;
/// Wall tiles that fit beside a console's other lines.
pub const MAX_WALL: usize = MAX_LINES - CONSOLE_LINES;

/// The lines of a page of kind `client` in a conference of `sites` sites (the hall included).
pub fn media_plan(client: ClientKind, codec: VideoCodec, sites: usize) -> MediaPlan {
    let lines = match client {
        ClientKind::Site => site_lines(),
        ClientKind::Screen | ClientKind::Chair => program_lines().collect(),
        ClientKind::Console => console_lines(sites),
        ClientKind::Plan | ClientKind::Health => Vec::new(),
    };
    debug_assert!(lines.len() <= MAX_LINES, "a page has at most {MAX_LINES} lines");
    MediaPlan { codec, lines }
}

/// Place of a slot in a plan.
pub fn line_of(plan: &MediaPlan, slot: Slot, kind: MediaKind) -> Option<LineId> {
    let index = plan.lines.iter().position(|line| line.slot == slot && line.kind == kind)?;
    u16::try_from(index).ok().map(LineId)
}

/// The slot at a place of a plan.
pub fn slot_at(plan: &MediaPlan, line: LineId) -> Option<MediaLine> {
    plan.lines.get(usize::from(line.0)).cloned()
}

/// What the relay is told of a plan.
pub fn relay_lines(plan: &MediaPlan) -> Vec<LinePlan> {
    plan.lines.iter().map(relay_line).collect()
}

fn relay_line(line: &MediaLine) -> LinePlan {
    let kind = match line.kind {
        MediaKind::Audio => Kind::Audio,
        MediaKind::Video => Kind::Video,
    };
    match line.direction {
        MediaDirection::Send => {
            let simulcast = line.slot == Slot::Camera && kind == Kind::Video;
            LinePlan { kind, direction: LineDirection::FromEndpoint, simulcast, msid: None }
        }
        MediaDirection::Receive => {
            let msid = Some(stream_name(line.slot));
            LinePlan { kind, direction: LineDirection::ToEndpoint, simulcast: false, msid }
        }
    }
}

/// Name of the stream that a line belongs to, unique in its page: lines of one name are played in step.
fn stream_name(slot: Slot) -> String {
    match slot {
        Slot::Camera | Slot::Microphone => "camera".to_owned(),
        Slot::Content => "content".to_owned(),
        Slot::Program { index } => format!("program-{index}"),
        Slot::ProgramContent => "program-content".to_owned(),
        Slot::Talkback => "talkback".to_owned(),
        Slot::Return => "return".to_owned(),
        Slot::Preview { index } => format!("preview-{index}"),
        Slot::PreviewContent => "preview-content".to_owned(),
        Slot::Solo => "solo".to_owned(),
        Slot::Wall { index } => format!("wall-{index}"),
    }
}

fn site_lines() -> Vec<MediaLine> {
    let mut lines = vec![
        send(Slot::Camera, MediaKind::Video),
        send(Slot::Microphone, MediaKind::Audio),
        send(Slot::Content, MediaKind::Video),
    ];
    lines.extend(program_lines());
    lines.push(receive(Slot::Talkback, MediaKind::Audio));
    lines.push(receive(Slot::Return, MediaKind::Video));
    lines
}

fn console_lines(sites: usize) -> Vec<MediaLine> {
    let mut lines = vec![send(Slot::Microphone, MediaKind::Audio)];
    lines.extend((0..PREVIEW_SLOTS).map(|index| receive(Slot::Preview { index }, MediaKind::Video)));
    lines.push(receive(Slot::PreviewContent, MediaKind::Video));
    lines.extend(program_lines());
    lines.push(receive(Slot::Solo, MediaKind::Audio));
    lines.push(receive(Slot::Talkback, MediaKind::Audio));
    let tiles = u32::try_from(sites.min(MAX_WALL)).expect("the wall is bounded far below 2^32");
    lines.extend((0..tiles).map(|index| receive(Slot::Wall { index }, MediaKind::Video)));
    lines
}

fn program_lines() -> impl Iterator<Item = MediaLine> {
    let slots = (0..PROGRAM_SLOTS).flat_map(|index| {
        [receive(Slot::Program { index }, MediaKind::Video), receive(Slot::Program { index }, MediaKind::Audio)]
    });
    slots.chain(std::iter::once(receive(Slot::ProgramContent, MediaKind::Video)))
}

fn send(slot: Slot, kind: MediaKind) -> MediaLine {
    MediaLine { slot, kind, direction: MediaDirection::Send }
}

fn receive(slot: Slot, kind: MediaKind) -> MediaLine {
    MediaLine { slot, kind, direction: MediaDirection::Receive }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_sends_its_camera_first_and_receives_five_programme_slots() {
        let plan = media_plan(ClientKind::Site, VideoCodec::H264, 64);

        assert_eq!(line_of(&plan, Slot::Camera, MediaKind::Video), Some(LineId(0)));
        let program = plan.lines.iter().filter(|line| matches!(line.slot, Slot::Program { .. })).count();
        assert_eq!(program, 10, "five pictures and five sounds");
        assert!(plan.lines.iter().all(|line| !matches!(line.slot, Slot::Wall { .. } | Slot::Preview { .. })));
    }

    #[test]
    fn a_screen_and_the_chair_get_the_programme_and_send_nothing() {
        for client in [ClientKind::Screen, ClientKind::Chair] {
            let plan = media_plan(client, VideoCodec::Vp8, 64);

            assert_eq!(plan.lines.len(), 11, "five pictures, five sounds and the content");
            assert!(plan.lines.iter().all(|line| line.direction == MediaDirection::Receive));
            assert!(plan.lines.iter().all(|line| matches!(line.slot, Slot::Program { .. } | Slot::ProgramContent)));
        }
    }

    #[test]
    fn a_page_of_the_plan_has_no_media() {
        assert!(media_plan(ClientKind::Plan, VideoCodec::H264, 64).lines.is_empty());
    }

    #[test]
    fn a_console_has_a_tile_for_each_site_and_stays_within_the_bound() {
        let usual = media_plan(ClientKind::Console, VideoCodec::H264, 64);
        let largest = media_plan(ClientKind::Console, VideoCodec::H264, 100_000);

        let tiles = |plan: &MediaPlan| plan.lines.iter().filter(|line| matches!(line.slot, Slot::Wall { .. })).count();
        assert_eq!(tiles(&usual), 64);
        assert_eq!(tiles(&largest), MAX_WALL);
        assert!(largest.lines.len() <= MAX_LINES);
    }

    #[test]
    fn the_relay_synchronises_sound_and_picture_of_a_programme_slot_and_takes_layers_of_the_camera_alone() {
        let plan = media_plan(ClientKind::Site, VideoCodec::H264, 64);
        let lines = relay_lines(&plan);

        let of = |slot, kind| &lines[usize::from(line_of(&plan, slot, kind).expect("a line").0)];
        let second = Slot::Program { index: 1 };
        assert_eq!(of(second, MediaKind::Audio).msid, of(second, MediaKind::Video).msid);
        assert_ne!(of(second, MediaKind::Video).msid, of(Slot::Program { index: 0 }, MediaKind::Video).msid);
        assert_eq!(lines.iter().filter(|line| line.simulcast).count(), 1);
        assert!(of(Slot::Camera, MediaKind::Video).simulcast);
    }

    #[test]
    fn every_line_is_found_again_by_its_slot() {
        for client in [ClientKind::Site, ClientKind::Screen, ClientKind::Console, ClientKind::Chair] {
            let plan = media_plan(client, VideoCodec::H264, 64);
            for (index, line) in plan.lines.iter().enumerate() {
                let found = line_of(&plan, line.slot, line.kind).expect("the plan has the line");
                assert_eq!(usize::from(found.0), index, "no slot appears twice");
                assert_eq!(slot_at(&plan, found).as_ref(), Some(line));
            }
        }
    }
}
