//! Transport-wide feedback to a publisher (draft-holmer-rmcat-transport-wide-cc-extensions-01): which of its packets
//! arrived, and when. Without it a browser climbs from 300 kbit/s by a few percent a second.

use std::collections::BTreeMap;
use std::time::Duration;

use rtc_rtcp::transport_feedbacks::transport_layer_cc::{
    PacketStatusChunk, RecvDelta, RunLengthChunk, StatusChunkTypeTcc, StatusVectorChunk, SymbolSizeTypeTcc,
    SymbolTypeTcc, TransportLayerCc,
};

use super::sequence::SequenceNumbers;
use super::timeline::Micros;

/// Between two reports while packets arrive: browsers expect 50 to 250 ms.
pub(super) const FEEDBACK_INTERVAL: Duration = Duration::from_millis(80);

/// Packets that make a report due at once, so that it stays far below the MTU at any bitrate.
const MAX_PENDING: usize = 100;

/// Packets of one report: bounded so that statuses and deltas fit 1,200 bytes.
const MAX_STATUSES: u64 = 400;

/// Unit of a delta (§3.1.5).
const DELTA: Micros = 250;

/// Unit of the reference time (§3.1).
const REFERENCE: Micros = 64_000;

/// Arrivals of one publisher that were not reported yet.
#[derive(Debug, Default)]
pub(super) struct Feedback {
    sequences: SequenceNumbers,
    arrived: BTreeMap<u64, Micros>,
    next: Option<u64>,
    count: u8,
    /// SSRC of the last packet, which the report names.
    media_ssrc: u32,
}

impl Feedback {
    /// Notes an arrival; true if a report is due at once.
    pub(super) fn arrived(&mut self, now: Micros, transport_sequence: u16, ssrc: u32) -> bool {
        let sequence = self.sequences.extend(transport_sequence);
        if self.next.is_some_and(|next| sequence < next) {
            // Already reported as lost; the draft has no way to take that back.
            return false;
        }
        self.media_ssrc = ssrc;
        self.arrived.entry(sequence).or_insert(now);
        self.arrived.len() >= MAX_PENDING
    }

    /// Reports what is pending.
    pub(super) fn reports(&mut self, sender_ssrc: u32) -> Vec<TransportLayerCc> {
        let mut reports = Vec::new();
        while let Some(report) = self.report(sender_ssrc) {
            reports.push(report);
        }
        reports
    }

    fn report(&mut self, sender_ssrc: u32) -> Option<TransportLayerCc> {
        let (&earliest, &first_arrival) = self.arrived.first_key_value()?;
        let base = self.next.filter(|next| earliest - next < MAX_STATUSES / 2).unwrap_or(earliest);
        let reference = first_arrival.div_euclid(REFERENCE);
        let mut clock = reference * REFERENCE / DELTA;
        let (mut symbols, mut deltas) = (Vec::new(), Vec::new());
        while let Some((&sequence, &arrival)) = self.arrived.first_key_value() {
            let delta = arrival.div_euclid(DELTA) - clock;
            if sequence - base >= MAX_STATUSES || i16::try_from(delta).is_err() {
                break;
            }
            self.arrived.pop_first();
            symbols.resize((sequence - base) as usize, SymbolTypeTcc::PacketNotReceived);
            let symbol = match u8::try_from(delta) {
                Ok(_) => SymbolTypeTcc::PacketReceivedSmallDelta,
                Err(_) => SymbolTypeTcc::PacketReceivedLargeDelta,
            };
            symbols.push(symbol);
            deltas.push(RecvDelta { type_tcc_packet: symbol, delta: delta * DELTA });
            clock += delta;
        }
        self.next = Some(base + symbols.len() as u64);
        let count = self.count;
        self.count = count.wrapping_add(1);
        Some(TransportLayerCc {
            sender_ssrc,
            media_ssrc: self.media_ssrc,
            base_sequence_number: base as u16,
            packet_status_count: symbols.len() as u16,
            reference_time: (reference & 0xff_ffff) as u32,
            fb_pkt_count: count,
            packet_chunks: chunks(&symbols),
            recv_deltas: deltas,
        })
    }
}

/// Symbols of a two-bit status vector (§3.1.4).
const VECTOR: usize = 7;

fn chunks(symbols: &[SymbolTypeTcc]) -> Vec<PacketStatusChunk> {
    let mut chunks = Vec::new();
    let mut rest = symbols;
    while let Some(&first) = rest.first() {
        let run = rest.iter().take_while(|&&symbol| symbol == first).count();
        if run >= VECTOR || run == rest.len() {
            chunks.push(PacketStatusChunk::RunLengthChunk(RunLengthChunk {
                type_tcc: StatusChunkTypeTcc::RunLengthChunk,
                packet_status_symbol: first,
                run_length: run as u16,
            }));
            rest = &rest[run..];
            continue;
        }
        let mut list = rest[..rest.len().min(VECTOR)].to_vec();
        rest = &rest[list.len()..];
        list.resize(VECTOR, SymbolTypeTcc::PacketNotReceived);
        chunks.push(PacketStatusChunk::StatusVectorChunk(StatusVectorChunk {
            type_tcc: StatusChunkTypeTcc::StatusVectorChunk,
            symbol_size: SymbolSizeTypeTcc::TwoBit,
            symbol_list: list,
        }));
    }
    chunks
}
