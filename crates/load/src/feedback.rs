//! What receivers send back, as a browser does: receiver reports, requests for lost packets and keyframes, and
//! transport-wide feedback if the relay numbers its packets for it.

use bytes::{Bytes, BytesMut};
use rtc_rtcp::{
    packet::Packet,
    payload_feedbacks::picture_loss_indication::PictureLossIndication,
    receiver_report::ReceiverReport,
    reception_report::ReceptionReport,
    source_description::{SdesType, SourceDescription, SourceDescriptionChunk, SourceDescriptionItem},
    transport_feedbacks::{
        transport_layer_cc::{
            PacketStatusChunk, RecvDelta, StatusChunkTypeTcc, StatusVectorChunk, SymbolSizeTypeTcc, SymbolTypeTcc,
            TransportLayerCc,
        },
        transport_layer_nack::{TransportLayerNack, nack_pairs_from_sequence_numbers},
    },
};

use crate::socket::Nanos;

/// Packets of one transport-wide report at most: its statuses and deltas stay far below 1,200 bytes.
const MAX_STATUSES: usize = 200;
/// Unit of a delta, of the reference time, and of the library's deltas, in µs (draft-holmer §3.1).
const DELTA: i64 = 250;
const REFERENCE: i64 = 64_000;
/// Symbols of a status vector of two bits each.
const VECTOR: usize = 7;

/// A compound packet that begins with an empty report of `ssrc` (RFC 3550 §6.1).
pub fn compound(ssrc: u32, parts: &[&dyn Packet]) -> Bytes {
    let report = ReceiverReport { ssrc, ..ReceiverReport::default() };
    let mut all: Vec<&dyn Packet> = vec![&report];
    all.extend(parts);
    marshal(&all)
}

/// Packets one behind the other.
pub fn marshal(parts: &[&dyn Packet]) -> Bytes {
    let mut bytes = BytesMut::new();
    for part in parts {
        let at = bytes.len();
        bytes.resize(at + part.marshal_size(), 0);
        if part.marshal_to(&mut bytes[at..]).is_err() {
            bytes.truncate(at);
        }
    }
    bytes.freeze()
}

/// A report of what was received.
pub fn receiver_report(ssrc: u32, reports: Vec<ReceptionReport>) -> Bytes {
    let report = ReceiverReport { ssrc, reports, ..ReceiverReport::default() };
    marshal(&[&report, &description(ssrc)])
}

/// Who speaks.
pub fn description(source: u32) -> SourceDescription {
    let item = SourceDescriptionItem { sdes_type: SdesType::SdesCname, text: Bytes::from_static(b"load") };
    SourceDescription { chunks: vec![SourceDescriptionChunk { source, items: vec![item] }] }
}

/// Asks for packets again.
pub fn missing(ssrc: u32, media_ssrc: u32, numbers: &[u16]) -> Bytes {
    let nacks = nack_pairs_from_sequence_numbers(numbers);
    compound(ssrc, &[&TransportLayerNack { sender_ssrc: ssrc, media_ssrc, nacks }])
}

/// Asks for a keyframe.
pub fn picture_loss(ssrc: u32, media_ssrc: u32) -> Bytes {
    compound(ssrc, &[&PictureLossIndication { sender_ssrc: ssrc, media_ssrc }])
}

/// Arrivals of one receiver that were not reported yet.
#[derive(Debug, Default)]
pub struct Arrivals {
    pending: Vec<(u16, Nanos)>,
    next: Option<u16>,
    count: u8,
}

impl Arrivals {
    /// A packet with a transport-wide number arrived; true if there was none pending.
    pub fn note(&mut self, number: u16, at: Nanos) -> bool {
        self.pending.push((number, at));
        self.pending.len() == 1
    }

    /// So many that a report should not wait.
    pub fn is_full(&self) -> bool {
        self.pending.len() >= MAX_STATUSES / 2
    }

    /// The report of what is pending.
    pub fn report(&mut self, sender_ssrc: u32, media_ssrc: u32) -> Option<TransportLayerCc> {
        let mut pending = std::mem::take(&mut self.pending);
        let base = self.next.unwrap_or(pending.first()?.0);
        // What arrived behind the base was reported as lost, and that cannot be taken back.
        pending.retain(|(number, _)| usize::from(number.wrapping_sub(base)) < MAX_STATUSES);
        pending.sort_by_key(|(number, _)| number.wrapping_sub(base));
        pending.dedup_by_key(|(number, _)| *number);
        self.next = None;
        let &(last, _) = pending.last()?;
        self.next = Some(last.wrapping_add(1));
        let micros = |at: Nanos| (at / 1_000).cast_signed();
        let reference = micros(pending.first()?.1) / REFERENCE;
        let mut clock = reference * REFERENCE / DELTA;
        let mut symbols = vec![SymbolTypeTcc::PacketNotReceived; usize::from(last.wrapping_sub(base)) + 1];
        let mut deltas = Vec::with_capacity(pending.len());
        for (number, at) in pending {
            let delta = micros(at) / DELTA - clock;
            clock += delta;
            let symbol = match u8::try_from(delta) {
                Ok(_) => SymbolTypeTcc::PacketReceivedSmallDelta,
                Err(_) => SymbolTypeTcc::PacketReceivedLargeDelta,
            };
            symbols[usize::from(number.wrapping_sub(base))] = symbol;
            deltas.push(RecvDelta { type_tcc_packet: symbol, delta: delta * DELTA });
        }
        self.count = self.count.wrapping_add(1);
        Some(TransportLayerCc {
            sender_ssrc,
            media_ssrc,
            base_sequence_number: base,
            packet_status_count: symbols.len() as u16,
            reference_time: (reference & 0xff_ffff) as u32,
            fb_pkt_count: self.count,
            packet_chunks: symbols.chunks(VECTOR).map(vector).collect(),
            recv_deltas: deltas,
        })
    }
}

fn vector(symbols: &[SymbolTypeTcc]) -> PacketStatusChunk {
    let mut list = symbols.to_vec();
    list.resize(VECTOR, SymbolTypeTcc::PacketNotReceived);
    PacketStatusChunk::StatusVectorChunk(StatusVectorChunk {
        type_tcc: StatusChunkTypeTcc::StatusVectorChunk,
        symbol_size: SymbolSizeTypeTcc::TwoBit,
        symbol_list: list,
    })
}

/// What a peer is told by the relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// A sender report: the middle of its NTP time.
    Report {
        /// The slot's SSRC.
        ssrc: u32,
        /// For `LSR` of the next report.
        middle: u32,
    },
    /// A keyframe is wanted.
    Keyframe {
        /// Of this stream.
        ssrc: u32,
    },
    /// Packets are asked for again.
    Missing,
    /// Transport-wide feedback.
    Transport,
}

/// Takes a compound packet apart (RFC 3550 §12.1, RFC 4585 §6.1, RFC 5104 §4.3.1).
pub fn read(packet: &[u8]) -> Vec<Heard> {
    let mut heard = Vec::new();
    let mut rest = packet;
    while let Some(&[first, kind, high, low]) = rest.first_chunk() {
        let length = (usize::from(u16::from_be_bytes([high, low])) + 1) * 4;
        let Some((part, after)) = rest.split_at_checked(length) else { break };
        rest = after;
        let word = |at: usize| Some(u32::from_be_bytes(part.get(at..at + 4)?.try_into().ok()?));
        match (kind, first & 0x1f) {
            (200, _) => {
                if let (Some(ssrc), Some(seconds), Some(fraction)) = (word(4), word(8), word(12)) {
                    heard.push(Heard::Report { ssrc, middle: seconds << 16 | fraction >> 16 });
                }
            }
            (205, 1) => heard.push(Heard::Missing),
            (205, 15) => heard.push(Heard::Transport),
            (206, 1) => heard.extend(word(8).map(|ssrc| Heard::Keyframe { ssrc })),
            (206, 4) => heard.extend((12..part.len()).step_by(8).filter_map(word).map(|ssrc| Heard::Keyframe { ssrc })),
            _ => {}
        }
    }
    heard
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyframe_request_is_read_back() {
        assert_eq!(read(&picture_loss(1, 2)), [Heard::Keyframe { ssrc: 2 }]);
    }

    #[test]
    fn arrivals_become_one_report_that_names_the_lost() {
        let mut arrivals = Arrivals::default();
        assert!(arrivals.note(65_535, 1_000_000_000));
        assert!(!arrivals.note(1, 1_000_500_000));

        let report = arrivals.report(1, 2).unwrap();

        assert_eq!((report.base_sequence_number, report.packet_status_count), (65_535, 3));
        assert_eq!(report.recv_deltas.len(), 2);
        assert_eq!(report.recv_deltas[1].delta, 500);
        assert_eq!(read(&compound(1, &[&report])), [Heard::Transport]);
        assert!(arrivals.report(1, 2).is_none());
    }
}
