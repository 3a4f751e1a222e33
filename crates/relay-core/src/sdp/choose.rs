//! What of an offer is taken: one codec per line, its RTX, layers, header extensions, SSRCs of the slots.

use std::collections::BTreeSet;

use super::{
    LineDirection, LineMismatch, LinePlan, OfferError, SenderLine,
    offer::{Offer, OfferedCodec, OfferedLine},
};
use crate::{Codec, ExtensionIds, Flow, Kind, Layer, LineId, Negotiated, NegotiatedLine};

/// The only transport that is accepted: RTP over DTLS with feedback (RFC 5764 §8).
pub(super) const TRANSPORT: &str = "UDP/TLS/RTP/SAVPF";

pub(super) const MID: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";
pub(super) const RID: &str = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
pub(super) const REPAIRED_RID: &str = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id";
pub(super) const TRANSPORT_CC: &str = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
pub(super) const AUDIO_LEVEL: &str = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";

/// Largest id of a one-byte header extension (RFC 8285 §4.2).
const MAX_ONE_BYTE_ID: u16 = 14;

/// Names of our pages' layers, lowest first.
const LAYER_RIDS: [(&str, Layer); 3] = [("l", Layer::Low), ("m", Layer::Mid), ("h", Layer::High)];

/// What was taken.
#[derive(Debug)]
pub(super) struct Chosen {
    pub negotiated: Negotiated,
    pub senders: Vec<SenderLine>,
}

/// Holds the offer against the plan.
pub(super) fn choose(
    offer: &Offer,
    plan: &[LinePlan],
    video: Codec,
    fresh_ssrc: &mut dyn FnMut() -> u32,
) -> Result<Chosen, OfferError> {
    if plan.is_empty() || offer.lines.len() < plan.len() {
        return Err(OfferError::MissingLine { line: offer.lines.len() });
    }
    let extensions = choose_extensions(offer);
    let mut mids = BTreeSet::new();
    let mut taken: BTreeSet<u32> = offer.lines.iter().flat_map(|line| line.ssrcs.iter().map(|ssrc| ssrc.0)).collect();
    let mut lines = Vec::with_capacity(offer.lines.len());
    let mut senders = Vec::new();
    for (index, offered) in offer.lines.iter().enumerate() {
        let mid = offered.mid.clone().filter(|mid| mids.insert(mid.clone())).ok_or(OfferError::Missing("mid"))?;
        let line = LineId(u16::try_from(index).expect("an offer has at most MAX_LINES lines"));
        let Some(wanted) = plan.get(index) else {
            let kind = if offered.media == "audio" { Kind::Audio } else { Kind::Video };
            lines.push(NegotiatedLine { line, mid, kind, flow: Flow::Inactive });
            continue;
        };
        check(offered, wanted).map_err(|mismatch| OfferError::Mismatch { line: index, mismatch })?;
        let codec = match wanted.kind {
            Kind::Audio => Codec::Opus,
            Kind::Video => video,
        };
        let media = best_codec(offered, codec)
            .ok_or(OfferError::Mismatch { line: index, mismatch: LineMismatch::NoCodec(codec) })?;
        let payload_type = media.payload_type;
        let rtx_payload_type = rtx_of(offered, media);
        let flow = match wanted.direction {
            LineDirection::FromEndpoint => {
                let rids = if wanted.simulcast { layers_of(&offered.rids) } else { Vec::new() };
                let mut layers: Vec<Layer> = rids.iter().map(|(_, layer)| *layer).collect();
                layers.sort();
                if layers.is_empty() {
                    layers.push(Layer::High);
                }
                let ssrcs = if rids.is_empty() { offered.ssrcs.clone() } else { Vec::new() };
                senders.push(SenderLine { line, mid: mid.clone(), rids, ssrcs, payload_type, rtx_payload_type });
                Flow::Incoming { codec, payload_type, rtx_payload_type, layers }
            }
            LineDirection::ToEndpoint => {
                let mut fresh =
                    || std::iter::repeat_with(&mut *fresh_ssrc).find(|ssrc| *ssrc != 0 && taken.insert(*ssrc));
                let ssrc = fresh().expect("repeat_with never ends");
                let rtx_ssrc = rtx_payload_type.and_then(|_| fresh());
                let red_payload_type = red_of(offered, media);
                let numbered = offered.extensions.iter().any(|(_, uri)| uri == TRANSPORT_CC);
                Flow::Outgoing { codec, payload_type, rtx_payload_type, ssrc, rtx_ssrc, red_payload_type, numbered }
            }
        };
        lines.push(NegotiatedLine { line, mid, kind: wanted.kind, flow });
    }
    Ok(Chosen { negotiated: Negotiated { lines, extensions }, senders })
}

fn check(offered: &OfferedLine, wanted: &LinePlan) -> Result<(), LineMismatch> {
    let media = match wanted.kind {
        Kind::Audio => "audio",
        Kind::Video => "video",
    };
    if offered.media != media {
        return Err(LineMismatch::Kind);
    }
    if offered.transport != TRANSPORT {
        return Err(LineMismatch::Transport);
    }
    let flows = match wanted.direction {
        LineDirection::FromEndpoint => offered.sends,
        LineDirection::ToEndpoint => offered.receives,
    };
    if !flows {
        return Err(LineMismatch::Direction);
    }
    if !offered.bundled {
        return Err(LineMismatch::NotBundled);
    }
    if !offered.rtcp_mux {
        return Err(LineMismatch::NoRtcpMux);
    }
    Ok(())
}

/// Ids hold for the whole BUNDLE group, so the first line that names an extension speaks for all (RFC 9143 §9.1).
fn choose_extensions(offer: &Offer) -> ExtensionIds {
    let id = |uri: &str| {
        offer
            .lines
            .iter()
            .flat_map(|line| line.extensions.iter())
            .find(|(id, offered)| offered == uri && (1..=MAX_ONE_BYTE_ID).contains(id))
            .and_then(|(id, _)| u8::try_from(*id).ok())
    };
    ExtensionIds {
        mid: id(MID),
        rid: id(RID),
        repaired_rid: id(REPAIRED_RID),
        transport_cc: id(TRANSPORT_CC),
        audio_level: id(AUDIO_LEVEL),
    }
}

/// The line's payload type for a codec, the best fitting first.
pub(super) fn best_codec(line: &OfferedLine, codec: Codec) -> Option<&OfferedCodec> {
    line.codecs
        .iter()
        .filter(|offered| offered.clock_rate == codec.clock_rate())
        .filter_map(|offered| Some((fit(offered, codec)?, offered)))
        .max_by_key(|(fit, offered)| (*fit, std::cmp::Reverse(position(line, offered))))
        .map(|(_, offered)| offered)
}

fn position(line: &OfferedLine, codec: &OfferedCodec) -> usize {
    line.codecs.iter().position(|other| other.payload_type == codec.payload_type).unwrap_or(usize::MAX)
}

/// How well an offered format fits: none if it is another codec, more is better.
fn fit(offered: &OfferedCodec, codec: Codec) -> Option<u8> {
    match codec {
        Codec::Opus => (offered.name == "opus").then_some(0),
        Codec::Vp8 => (offered.name == "vp8").then_some(0),
        Codec::H264 => {
            if offered.name != "h264" || offered.parameter("packetization-mode") != Some("1") {
                return None;
            }
            // Without the parameter the profile is baseline, level 1 (RFC 6184 §8.1).
            let profile = offered.parameter("profile-level-id").unwrap_or("42000a").to_ascii_lowercase();
            match profile.get(..4)? {
                "42e0" if profile == "42e01f" => Some(3),
                "42e0" => Some(2),
                "4200" | "42c0" => Some(1),
                _ => None,
            }
        }
    }
}

fn rtx_of(line: &OfferedLine, media: &OfferedCodec) -> Option<u8> {
    line.codecs
        .iter()
        .find(|codec| {
            codec.name == "rtx"
                && codec.clock_rate == media.clock_rate
                && codec.parameter("apt").and_then(|apt| apt.parse().ok()) == Some(media.payload_type)
        })
        .map(|codec| codec.payload_type)
}

/// RED of Opus (RFC 2198): its parameters name the payload types of its blocks, all of them the media's.
pub(super) fn red_of(line: &OfferedLine, media: &OfferedCodec) -> Option<u8> {
    let blocks =
        |codec: &OfferedCodec| codec.parameters.split('/').all(|part| part.trim().parse() == Ok(media.payload_type));
    let red = |codec: &&OfferedCodec| codec.name == "red" && codec.clock_rate == media.clock_rate && blocks(codec);
    line.codecs.iter().find(red).filter(|_| media.name == "opus").map(|codec| codec.payload_type)
}

/// Our pages name their layers `l`, `m`, `h`; the RIDs of others are taken by their order, lowest first.
fn layers_of(rids: &[String]) -> Vec<(String, Layer)> {
    let named = |rid: &String| LAYER_RIDS.iter().find(|(name, _)| name == rid).map(|(_, layer)| *layer);
    if let Some(layers) = rids.iter().map(|rid| Some((rid.clone(), named(rid)?))).collect::<Option<Vec<_>>>() {
        return layers;
    }
    let order: &[Layer] = match rids.len() {
        1 => &[Layer::High],
        2 => &[Layer::Low, Layer::High],
        _ => &[Layer::Low, Layer::Mid, Layer::High],
    };
    rids.iter().cloned().zip(order.iter().copied()).collect()
}
