//! The media lines of encoders and players: they offer in their own order, so the plan follows the offer.

use conference::Plays;
use relay_core::{Kind, OfferOutline, OutlineLine};
use wire::{MediaDirection, MediaKind, MediaLine, MediaPlan, Slot, VideoCodec};

use crate::live::DoorKind;

/// An offer that does not fit what the door is for. No line is refused alone: an encoder whose sound was left out would not
/// notice (RFC 9725 §4.4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnfitOffer {
    /// Nothing to send or receive.
    #[error("the offer has no audio and no video")]
    Empty,
    /// Neither audio nor video.
    #[error("m-line {line} is neither audio nor video")]
    Foreign {
        /// The line.
        line: usize,
    },
    /// An encoder's line that does not send, or a player's that does not receive.
    #[error("m-line {line} has the wrong direction: an encoder sends, a player receives")]
    Direction {
        /// The line.
        line: usize,
    },
    /// More lines of a kind than there is to send or receive.
    #[error("m-line {line} is one too many: at most one audio, and one video unless it is the wall")]
    TooMany {
        /// The first that is too much.
        line: usize,
    },
}

/// The plan of an offer.
///
/// # Errors
/// Why the offer does not fit.
pub fn door_plan(kind: &DoorKind, codec: VideoCodec, offer: &OfferOutline) -> Result<MediaPlan, UnfitOffer> {
    let mut lines: Vec<MediaLine> = Vec::with_capacity(offer.lines.len());
    for (line, offered) in offer.lines.iter().enumerate() {
        let media = match offered.kind {
            Some(Kind::Audio) => MediaKind::Audio,
            Some(Kind::Video) => MediaKind::Video,
            None => return Err(UnfitOffer::Foreign { line }),
        };
        let direction = direction_of(kind, offered).ok_or(UnfitOffer::Direction { line })?;
        let place = lines.iter().filter(|other| other.kind == media).count();
        let slot = slot_of(kind, media, place).ok_or(UnfitOffer::TooMany { line })?;
        lines.push(MediaLine { slot, kind: media, direction });
    }
    if lines.is_empty() {
        return Err(UnfitOffer::Empty);
    }
    Ok(MediaPlan { codec, lines })
}

fn direction_of(kind: &DoorKind, offered: &OutlineLine) -> Option<MediaDirection> {
    match kind {
        DoorKind::Publishes => offered.sends.then_some(MediaDirection::Send),
        DoorKind::Plays(_) => offered.receives.then_some(MediaDirection::Receive),
    }
}

/// The slot of the line that is the `place`-th of its kind.
fn slot_of(kind: &DoorKind, media: MediaKind, place: usize) -> Option<Slot> {
    let programme = Slot::Program { index: 0 };
    match (kind, media) {
        (DoorKind::Plays(Plays::Wall), MediaKind::Video) => Some(Slot::Wall { index: u32::try_from(place).ok()? }),
        _ if place > 0 => None,
        (DoorKind::Publishes, MediaKind::Video) => Some(Slot::Camera),
        (DoorKind::Publishes, MediaKind::Audio) => Some(Slot::Microphone),
        (DoorKind::Plays(Plays::Site(_)), _) => Some(Slot::Preview { index: 0 }),
        (DoorKind::Plays(Plays::Programme | Plays::Wall), _) => Some(programme),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(lines: &[(Option<Kind>, bool)]) -> OfferOutline {
        let line = |(kind, sends): &(Option<Kind>, bool)| OutlineLine { kind: *kind, sends: *sends, receives: !sends };
        OfferOutline { ufrag: "ufrag".to_owned(), lines: lines.iter().map(line).collect() }
    }

    fn slots(kind: &DoorKind, lines: &[(Option<Kind>, bool)]) -> Result<Vec<Slot>, UnfitOffer> {
        let plan = door_plan(kind, VideoCodec::H264, &outline(lines))?;
        Ok(plan.lines.iter().map(|line| line.slot).collect())
    }

    const AUDIO: Option<Kind> = Some(Kind::Audio);
    const VIDEO: Option<Kind> = Some(Kind::Video);

    #[test]
    fn an_encoder_may_offer_sound_and_picture_in_any_order_or_one_of_them() {
        let slots = |lines: &[_]| slots(&DoorKind::Publishes, lines);

        assert_eq!(slots(&[(AUDIO, true), (VIDEO, true)]), Ok(vec![Slot::Microphone, Slot::Camera]));
        assert_eq!(slots(&[(VIDEO, true)]), Ok(vec![Slot::Camera]));
        assert_eq!(slots(&[(VIDEO, true), (VIDEO, true)]), Err(UnfitOffer::TooMany { line: 1 }));
        assert_eq!(slots(&[(AUDIO, true), (VIDEO, false)]), Err(UnfitOffer::Direction { line: 1 }));
        assert_eq!(slots(&[(None, true)]), Err(UnfitOffer::Foreign { line: 0 }));
        assert_eq!(slots(&[]), Err(UnfitOffer::Empty));
    }

    #[test]
    fn only_the_wall_has_more_than_one_picture() {
        let pictures = [(VIDEO, false), (VIDEO, false), (AUDIO, false)];

        let wall = slots(&DoorKind::Plays(Plays::Wall), &pictures).unwrap();
        assert_eq!(wall, [Slot::Wall { index: 0 }, Slot::Wall { index: 1 }, Slot::Program { index: 0 }]);
        let programme = slots(&DoorKind::Plays(Plays::Programme), &pictures);
        assert_eq!(programme, Err(UnfitOffer::TooMany { line: 1 }));
    }

    #[test]
    fn sound_and_picture_that_belong_together_share_a_slot_so_that_lips_stay() {
        for plays in [Plays::Programme, Plays::Site("ha-noi".into())] {
            let slots = slots(&DoorKind::Plays(plays), &[(AUDIO, false), (VIDEO, false)]).unwrap();
            assert_eq!(slots[0], slots[1]);
        }
    }
}
