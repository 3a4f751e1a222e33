//! The answer's text (RFC 8829 §5.3): ICE-lite, BUNDLE, one codec per line, fixed SSRCs for what the relay sends.

use rtc_sdp::{
    SessionDescription,
    description::{
        common::{Address, ConnectionInformation},
        media::{MediaDescription, MediaName, RangedPort},
        session::{Origin, TimeDescription, Timing},
    },
};

use super::{
    DtlsRole, LineDirection, LinePlan, LocalDescription,
    choose::{AUDIO_LEVEL, Chosen, MID, REPAIRED_RID, RID, TRANSPORT, TRANSPORT_CC, best_codec},
    offer::{Offer, OfferedLine},
};
use crate::{CNAME, Candidate, Codec, ExtensionIds, Flow, Kind, Negotiated, NegotiatedLine, Transport};

/// Stream id for a line that is to be synchronised with no other (RFC 8830 §2).
const NO_STREAM: &str = "-";

/// Writes the answer.
pub(super) fn write(offer: &Offer, plan: &[LinePlan], chosen: &Chosen, local: &LocalDescription<'_>) -> String {
    let lines = &chosen.negotiated.lines;
    let bundled: Vec<&str> =
        lines.iter().filter(|line| line.flow != Flow::Inactive).map(|line| line.mid.as_str()).collect();
    let mut session = SessionDescription {
        origin: Origin {
            username: "-".into(),
            session_id: local.session,
            session_version: 1,
            network_type: "IN".into(),
            address_type: "IP4".into(),
            unicast_address: "0.0.0.0".into(),
        },
        session_name: "-".into(),
        time_descriptions: vec![TimeDescription {
            timing: Timing { start_time: 0, stop_time: 0 },
            repeat_times: vec![],
        }],
        ..SessionDescription::default()
    }
    .with_value_attribute("group".into(), format!("BUNDLE {}", bundled.join(" ")))
    .with_property_attribute("ice-lite".into())
    .with_value_attribute("msid-semantic".into(), " WMS *".into());
    for (index, line) in lines.iter().enumerate() {
        let offered = &offer.lines[index];
        session = session.with_media(match plan.get(index) {
            Some(plan) => {
                let mut media = accepted(offer, offered, plan, line, chosen, local);
                if index == 0 {
                    media = with_candidates(media, local.candidates);
                }
                media
            }
            None => rejected(offered, line),
        });
    }
    session.marshal()
}

fn section(offered: &OfferedLine, line: &NegotiatedLine, port: isize, formats: Vec<String>) -> MediaDescription {
    MediaDescription {
        media_name: MediaName {
            media: offered.media.clone(),
            port: RangedPort { value: port, range: None },
            protos: offered.transport.split('/').map(str::to_owned).collect(),
            formats,
        },
        connection_information: Some(ConnectionInformation {
            network_type: "IN".into(),
            address_type: "IP4".into(),
            address: Some(Address { address: "0.0.0.0".into(), ttl: None, range: None }),
        }),
        ..MediaDescription::default()
    }
    .with_value_attribute("mid".into(), line.mid.clone())
}

/// A line that is not in the plan: port 0 (RFC 3264 §6).
fn rejected(offered: &OfferedLine, line: &NegotiatedLine) -> MediaDescription {
    section(offered, line, 0, offered.formats.clone()).with_property_attribute("inactive".into())
}

fn accepted(
    offer: &Offer,
    offered: &OfferedLine,
    plan: &LinePlan,
    line: &NegotiatedLine,
    chosen: &Chosen,
    local: &LocalDescription<'_>,
) -> MediaDescription {
    let (codec, payload_type, rtx, red) = match &line.flow {
        Flow::Incoming { codec, payload_type, rtx_payload_type, .. } => {
            (*codec, *payload_type, *rtx_payload_type, None)
        }
        Flow::Outgoing { codec, payload_type, rtx_payload_type, red_payload_type, .. } => {
            (*codec, *payload_type, *rtx_payload_type, *red_payload_type)
        }
        Flow::Inactive => return rejected(offered, line),
    };
    let formats = std::iter::once(payload_type).chain(rtx).chain(red).map(|format| format.to_string()).collect();
    // Port 9 says that the candidates tell the address (RFC 8839 §4.1).
    let mut media = section(offered, line, 9, formats)
        .with_ice_credentials(local.ufrag.into(), local.password.into())
        .with_fingerprint("sha-256".into(), local.fingerprint.into())
        .with_value_attribute(
            "setup".into(),
            match offer.role {
                DtlsRole::Passive => "passive".into(),
                DtlsRole::Active => "active".into(),
            },
        )
        .with_property_attribute(
            match plan.direction {
                LineDirection::FromEndpoint => "recvonly",
                LineDirection::ToEndpoint => "sendonly",
            }
            .into(),
        )
        .with_property_attribute("rtcp-mux".into());
    if offered.rtcp_rsize {
        media = media.with_property_attribute("rtcp-rsize".into());
    }
    media = with_extensions(media, offered, &chosen.negotiated.extensions, plan);
    media = with_codec(media, offered, codec, payload_type, rtx);
    if let Some(red) = red {
        media = media
            .with_value_attribute("rtpmap".into(), format!("{red} red/{}/2", codec.clock_rate()))
            .with_value_attribute("fmtp".into(), format!("{red} {payload_type}/{payload_type}"));
    }
    match &line.flow {
        Flow::Incoming { .. } => with_layers(media, line, chosen),
        Flow::Outgoing { ssrc, rtx_ssrc, .. } => with_sources(media, plan, line, *ssrc, *rtx_ssrc),
        Flow::Inactive => media,
    }
}

fn with_extensions(
    mut media: MediaDescription,
    offered: &OfferedLine,
    ids: &ExtensionIds,
    plan: &LinePlan,
) -> MediaDescription {
    let incoming_video = plan.kind == Kind::Video && plan.direction == LineDirection::FromEndpoint;
    let wanted = [
        (ids.mid, MID, true),
        (ids.transport_cc, TRANSPORT_CC, true),
        (ids.audio_level, AUDIO_LEVEL, plan.kind == Kind::Audio),
        (ids.rid, RID, incoming_video),
        (ids.repaired_rid, REPAIRED_RID, incoming_video),
    ];
    for (id, uri, wanted) in wanted {
        if let Some(id) = id.filter(|id| wanted && offered.extensions.contains(&(u16::from(*id), uri.to_owned()))) {
            media = media.with_value_attribute("extmap".into(), format!("{id} {uri}"));
        }
    }
    media
}

fn with_codec(
    mut media: MediaDescription,
    offered: &OfferedLine,
    codec: Codec,
    payload_type: u8,
    rtx: Option<u8>,
) -> MediaDescription {
    let Some(format) = best_codec(offered, codec) else { return media };
    let (name, parameters) = match codec {
        Codec::Opus => ("opus/48000/2", Some("minptime=10;useinbandfec=1".to_owned())),
        Codec::Vp8 => ("VP8/90000", None),
        Codec::H264 => {
            let profile = format.parameter("profile-level-id").unwrap_or("42000a");
            let parameters = format!("level-asymmetry-allowed=1;packetization-mode=1;profile-level-id={profile}");
            ("H264/90000", Some(parameters))
        }
    };
    media = media.with_value_attribute("rtpmap".into(), format!("{payload_type} {name}"));
    if let Some(parameters) = parameters {
        media = media.with_value_attribute("fmtp".into(), format!("{payload_type} {parameters}"));
    }
    let by_packet = format.feedback.iter().any(|offered| offered == "transport-cc");
    let feedback: &[&str] = match codec {
        Codec::Opus => &["transport-cc"],
        Codec::H264 | Codec::Vp8 if by_packet => &["transport-cc", "ccm fir", "nack", "nack pli"],
        // Who cannot tell of each packet may name a limit.
        Codec::H264 | Codec::Vp8 => &["goog-remb", "ccm fir", "nack", "nack pli"],
    };
    for kind in feedback.iter().filter(|kind| format.feedback.iter().any(|offered| offered == *kind)) {
        media = media.with_value_attribute("rtcp-fb".into(), format!("{payload_type} {kind}"));
    }
    if let Some(rtx) = rtx {
        media = media
            .with_value_attribute("rtpmap".into(), format!("{rtx} rtx/{}", codec.clock_rate()))
            .with_value_attribute("fmtp".into(), format!("{rtx} apt={payload_type}"));
    }
    media
}

fn with_layers(mut media: MediaDescription, line: &NegotiatedLine, chosen: &Chosen) -> MediaDescription {
    let Some(sender) = chosen.senders.iter().find(|sender| sender.line == line.line) else { return media };
    if sender.rids.is_empty() {
        return media;
    }
    for (rid, _) in &sender.rids {
        media = media.with_value_attribute("rid".into(), format!("{rid} recv"));
    }
    let rids: Vec<&str> = sender.rids.iter().map(|(rid, _)| rid.as_str()).collect();
    media.with_value_attribute("simulcast".into(), format!("recv {}", rids.join(";")))
}

fn with_sources(
    mut media: MediaDescription,
    plan: &LinePlan,
    line: &NegotiatedLine,
    ssrc: u32,
    rtx_ssrc: Option<u32>,
) -> MediaDescription {
    let stream = plan.msid.as_deref().unwrap_or(NO_STREAM);
    let msid = format!("{stream} line-{}", line.line.0);
    media = media.with_value_attribute("msid".into(), msid.clone());
    if let Some(rtx_ssrc) = rtx_ssrc {
        media = media.with_value_attribute("ssrc-group".into(), format!("FID {ssrc} {rtx_ssrc}"));
    }
    for ssrc in std::iter::once(ssrc).chain(rtx_ssrc) {
        media = media
            .with_value_attribute("ssrc".into(), format!("{ssrc} cname:{CNAME}"))
            .with_value_attribute("ssrc".into(), format!("{ssrc} msid:{msid}"));
    }
    media
}

fn with_candidates(mut media: MediaDescription, offered: &[Candidate]) -> MediaDescription {
    for candidate in candidates(offered) {
        media = media.with_candidate(candidate);
    }
    media.with_property_attribute("end-of-candidates".into())
}

/// Type preference of host candidates for datagrams, the highest there is (RFC 8445 §5.1.2.2).
const UDP_HOST_PREFERENCE: u32 = 126;
/// Of those for connections: below every candidate for datagrams that is no relay's (RFC 6544 §4.2), as browsers have it.
const TCP_HOST_PREFERENCE: u32 = 90;
/// Local preferences of connections carry the direction in their upper bits; 4 is a passive host candidate (RFC 6544 §4.2).
const PASSIVE: u32 = 4 << 13;

/// Host candidates in the order given, component 1 (RFC 8839 §5.1, RFC 6544 §4.5).
pub(super) fn candidates(candidates: &[Candidate]) -> impl Iterator<Item = String> + '_ {
    (0..).zip(candidates).map(|(index, Candidate { transport, address })| {
        let (preference, name, direction) = match transport {
            Transport::Udp => (priority(UDP_HOST_PREFERENCE, u32::from(u16::MAX), index), "udp", ""),
            Transport::Tcp => (priority(TCP_HOST_PREFERENCE, PASSIVE | 0x1fff, index), "tcp", " tcptype passive"),
        };
        let (ip, port) = (address.ip(), address.port());
        format!("{} 1 {name} {preference} {ip} {port} typ host{direction}", index + 1)
    })
}

/// Priority of component 1 (RFC 8445 §5.1.2.1); candidates announced earlier are preferred.
fn priority(kind: u32, best: u32, index: u32) -> u32 {
    (kind << 24) | (best.saturating_sub(index) << 8) | 255
}

/// First lines of a fragment of this answer: the m-line whose transport all share (RFC 8840 §9, RFC 9143 §7.2).
pub(super) fn fragment_head(negotiated: &Negotiated) -> String {
    let active: Vec<&NegotiatedLine> = negotiated.lines.iter().filter(|line| line.flow != Flow::Inactive).collect();
    let mids: Vec<&str> = active.iter().map(|line| line.mid.as_str()).collect();
    let media = match active.first().map(|line| line.kind) {
        Some(Kind::Video) => "video",
        Some(Kind::Audio) | None => "audio",
    };
    let first = mids.first().copied().unwrap_or_default();
    let group = mids.join(" ");
    format!("a=ice-lite\r\na=group:BUNDLE {group}\r\nm={media} 9 {TRANSPORT} 0\r\na=mid:{first}\r\n")
}
