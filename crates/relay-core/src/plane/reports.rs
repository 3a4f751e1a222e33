//! Sender and receiver reports (RFC 3550 §6.4): what the relay tells and what it is told.

use bytes::{Bytes, BytesMut};
use rtc_rtcp::packet::Packet;
use rtc_rtcp::payload_feedbacks::full_intra_request::FullIntraRequest;
use rtc_rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc_rtcp::payload_feedbacks::receiver_estimated_maximum_bitrate::ReceiverEstimatedMaximumBitrate;
use rtc_rtcp::receiver_report::ReceiverReport;
use rtc_rtcp::reception_report::ReceptionReport;
use rtc_rtcp::sender_report::SenderReport;
use rtc_rtcp::source_description::{SdesType, SourceDescription, SourceDescriptionChunk, SourceDescriptionItem};
use rtc_rtcp::transport_feedbacks::transport_layer_cc::TransportLayerCc;
use rtc_rtcp::transport_feedbacks::transport_layer_nack::TransportLayerNack;
use rtc_shared::marshal::Unmarshal;

use super::bandwidth::BitRate;
use super::departures::{self, OVERHEAD};
use super::readiness::Arrived;
use super::timeline::Micros;

/// CNAME of everything that the relay sends, in answers and reports: all its slots share one clock (RFC 7022).
pub const CNAME: &str = "dien-hong";

/// Bytes of one RTCP packet, so that SRTCP over UDP never fragments.
const MAX_COMPOUND: usize = 1_200;

/// Sender reports in one compound: each costs 28 bytes and 24 of SDES.
pub(super) const MAX_SENDER_REPORTS: usize = 20;

/// Reception report blocks in one packet (five bits, RFC 3550 §6.4.1).
pub(super) const MAX_BLOCKS: usize = 31;

/// What has arrived of a stream (RFC 3550 appendix A.3 and A.8).
#[derive(Debug, Default)]
pub(super) struct Reception {
    first: Option<u64>,
    highest: u64,
    received: u64,
    reported_expected: u64,
    reported_received: u64,
    transit: Option<i64>,
    /// Jitter in ticks, times 16.
    jitter: i64,
    last_report: Option<(u32, Micros)>,
}

impl Reception {
    /// A packet arrived that is not a repetition.
    pub(super) fn received(&mut self, now: Micros, sequence: u64, timestamp: u64, rate: u32) {
        self.first.get_or_insert(sequence);
        self.highest = self.highest.max(sequence);
        self.received += 1;
        let arrival = (i128::from(now) * i128::from(rate) / 1_000_000) as i64;
        let transit = arrival - timestamp as i64;
        if let Some(before) = self.transit.replace(transit) {
            let difference = (transit - before).abs().min(i64::from(rate));
            self.jitter += difference - ((self.jitter + 8) >> 4);
        }
    }

    /// First number of the stream.
    pub(super) fn first(&self) -> Option<u64> {
        self.first
    }

    /// What was to arrive since the stream began, and what did.
    pub(super) fn arrived(&self) -> Arrived {
        let expected = self.first.map_or(0, |first| (self.highest + 1).saturating_sub(first));
        Arrived { expected, received: self.received }
    }

    /// Interarrival jitter in ticks.
    pub(super) fn jitter(&self) -> u32 {
        (self.jitter >> 4).max(0) as u32
    }

    /// A sender report arrived.
    pub(super) fn reported(&mut self, now: Micros, ntp: u64) {
        self.last_report = Some(((ntp >> 16) as u32, now));
    }

    /// The block about this stream, and the start of the next interval.
    pub(super) fn block(&mut self, now: Micros, ssrc: u32) -> Option<ReceptionReport> {
        let expected = self.highest + 1 - self.first?;
        let (new_expected, new_received) = (expected - self.reported_expected, self.received - self.reported_received);
        self.reported_expected = expected;
        self.reported_received = self.received;
        let lost = new_expected.saturating_sub(new_received);
        let fraction = (lost * 256).checked_div(new_expected).unwrap_or(0).min(255);
        let (last, delay) = self.last_report.map_or((0, 0), |(ntp, at)| (ntp, ((now - at).max(0) << 16) / 1_000_000));
        Some(ReceptionReport {
            ssrc,
            fraction_lost: fraction as u8,
            // 24 bits signed (RFC 3550 §6.4.1); duplicates are dropped, so it is never negative.
            total_lost: expected.saturating_sub(self.received).min(0x7f_ffff) as u32,
            last_sequence_number: (self.highest - (1 << 16)) as u32,
            jitter: self.jitter(),
            last_sender_report: last,
            delay: delay as u32,
        })
    }
}

/// What a slot has sent.
#[derive(Debug, Default)]
pub(super) struct SentCounters {
    packets: u64,
    octets: u64,
    /// A packet left since the last sender report.
    pub(super) since_report: bool,
    reported: bool,
    second: SentSecond,
    /// Bits on the wire in the last whole second.
    rate: u64,
}

/// What a slot has sent in the current second.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct SentSecond {
    pub(super) bits: u64,
    pub(super) packets: u32,
    pub(super) retransmitted: u32,
}

impl SentCounters {
    pub(super) fn count(&mut self, octets: usize) {
        self.packets += 1;
        self.octets += octets as u64;
        self.since_report = true;
        self.second.packets += 1;
        self.second.bits += octets as u64 * 8;
    }

    pub(super) fn count_retransmission(&mut self, octets: usize) {
        self.second.retransmitted += 1;
        self.second.bits += octets as u64 * 8;
    }

    /// Nothing was reported of this slot yet.
    pub(super) fn is_new(&self) -> bool {
        !self.reported
    }

    pub(super) fn take_second(&mut self) -> SentSecond {
        let second = std::mem::take(&mut self.second);
        self.rate = second.bits + u64::from(second.packets + second.retransmitted) * OVERHEAD as u64 * 8;
        second
    }

    /// Bits per second on the wire, lately.
    pub(super) fn rate(&self) -> BitRate {
        self.rate
    }

    /// The report of a slot whose RTP time at `ntp` is `rtp_time`.
    pub(super) fn report(&mut self, ssrc: u32, ntp: u64, rtp_time: u32) -> SenderReport {
        self.since_report = false;
        self.reported = true;
        SenderReport {
            ssrc,
            ntp_time: ntp,
            rtp_time,
            packet_count: self.packets as u32,
            octet_count: self.octets as u32,
            ..SenderReport::default()
        }
    }
}

/// The description that follows the reports of these SSRCs.
pub(super) fn description(ssrcs: impl Iterator<Item = u32>) -> SourceDescription {
    let item = || SourceDescriptionItem { sdes_type: SdesType::SdesCname, text: Bytes::from_static(CNAME.as_bytes()) };
    SourceDescription { chunks: ssrcs.map(|source| SourceDescriptionChunk { source, items: vec![item()] }).collect() }
}

/// One compound packet; none if it would be too large, which the callers' bounds exclude.
pub(super) fn compound(parts: &[&dyn Packet]) -> Option<Bytes> {
    let mut bytes = BytesMut::with_capacity(MAX_COMPOUND);
    for part in parts {
        let at = bytes.len();
        bytes.resize(at + part.marshal_size(), 0);
        part.marshal_to(&mut bytes[at..]).ok()?;
    }
    (bytes.len() <= MAX_COMPOUND).then(|| bytes.freeze())
}

/// What the relay understands of incoming RTCP.
#[derive(Debug)]
pub(super) enum Told {
    /// A publisher's line from RTP time to NTP.
    Sender { ssrc: u32, ntp: u64, rtp_time: u32 },
    /// What a receiver lost.
    Reception(ReceptionReport),
    /// A receiver needs a keyframe.
    Keyframe { ssrc: u32 },
    /// A receiver misses packets.
    Missing { ssrc: u32, sequences: Vec<u16> },
    /// When packets reached a receiver.
    Arrivals(TransportLayerCc),
    /// A receiver names what its way carries (draft-alvestrand-rmcat-remb-03).
    Limit { bits_per_second: u64 },
}

/// Packets of one compound that are looked at.
const MAX_PARTS: usize = 64;

/// Packets that one compound may ask to be sent again: one request of a jitter buffer, not a flood.
const MAX_NACKS: usize = 512;

/// Transport-wide feedbacks in one compound: browsers send one, and each may speak of thousands of packets.
const MAX_FEEDBACKS: usize = 4;

/// Takes a compound packet apart. What is malformed or unknown is left out.
pub(super) fn parse(packet: &[u8]) -> Vec<Told> {
    let mut told = Vec::new();
    let mut room = Room { nacks: MAX_NACKS, feedbacks: MAX_FEEDBACKS };
    let mut rest = packet;
    for _ in 0..MAX_PARTS {
        let &[first, kind, high, low, ..] = rest else { break };
        let length = (usize::from(u16::from_be_bytes([high, low])) + 1) * 4;
        if first >> 6 != 2 || length > rest.len() {
            break;
        }
        let (part, after) = rest.split_at(length);
        rest = after;
        read(kind, first & 0x1f, part, &mut room, &mut told);
    }
    told
}

/// What a compound may still cause.
struct Room {
    nacks: usize,
    feedbacks: usize,
}

/// Packet types and formats: RFC 3550 §12.1, RFC 4585 §6.1, RFC 5104 §4.3.1, and the two drafts of congestion control.
fn read(kind: u8, format: u8, mut part: &[u8], room: &mut Room, told: &mut Vec<Told>) {
    let whole = part;
    let part = &mut part;
    match (kind, format) {
        (200, _) => {
            let Ok(report) = SenderReport::unmarshal(part) else { return };
            told.push(Told::Sender { ssrc: report.ssrc, ntp: report.ntp_time, rtp_time: report.rtp_time });
            told.extend(report.reports.into_iter().map(Told::Reception));
        }
        (201, _) => {
            let Ok(report) = ReceiverReport::unmarshal(part) else { return };
            told.extend(report.reports.into_iter().map(Told::Reception));
        }
        (205, 1) => {
            let Ok(nack) = TransportLayerNack::unmarshal(part) else { return };
            let sequences: Vec<u16> = nack.nacks.iter().flat_map(|pair| pair.into_iter()).take(room.nacks).collect();
            room.nacks -= sequences.len();
            told.push(Told::Missing { ssrc: nack.media_ssrc, sequences });
        }
        (205, 15) if room.feedbacks > 0 && departures::has_its_arrivals(whole) => {
            room.feedbacks -= 1;
            told.extend(TransportLayerCc::unmarshal(part).map(Told::Arrivals));
        }
        (206, 15) => {
            let Ok(remb) = ReceiverEstimatedMaximumBitrate::unmarshal(part) else { return };
            if remb.bitrate.is_finite() && remb.bitrate >= 0.0 {
                told.push(Told::Limit { bits_per_second: remb.bitrate as u64 });
            }
        }
        (206, 1) => {
            let Ok(request) = PictureLossIndication::unmarshal(part) else { return };
            told.push(Told::Keyframe { ssrc: request.media_ssrc });
        }
        (206, 4) => {
            let Ok(request) = FullIntraRequest::unmarshal(part) else { return };
            told.extend(request.fir.iter().map(|entry| Told::Keyframe { ssrc: entry.ssrc }));
        }
        _ => {}
    }
}
