//! What left for one receiver, and what became of it: transport-wide numbers out, the receiver's feedback in
//! (draft-holmer-rmcat-transport-wide-cc-extensions-01).

use std::collections::VecDeque;

use rtc_rtcp::transport_feedbacks::transport_layer_cc::{PacketStatusChunk, SymbolTypeTcc, TransportLayerCc};

use super::timeline::Micros;

/// Bytes around a payload: IPv4, UDP, RTP header, extensions, tag.
pub(super) const OVERHEAD: usize = 20 + 8 + 12 + 16 + 16;

/// Unit of the reference time, microseconds (§3.1).
const REFERENCE: Micros = 64_000;

/// Packets that are remembered: half a second of a console's 64 tiles, ten of a site's programme. Feedback comes within 250 ms
/// and a round trip.
const MAX_DEPARTURES: usize = 2_048;

/// One packet that left.
#[derive(Debug, Clone, Copy)]
struct Departure {
    at: Micros,
    bytes: u16,
    probe: bool,
    reported: bool,
}

/// What became of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Outcome {
    /// When it left, relay time.
    pub(super) left: Micros,
    /// When it arrived, on the receiver's clock; none: it was lost.
    pub(super) arrived: Option<Micros>,
    /// Bytes on the wire.
    pub(super) bytes: u32,
    /// It was sent to find out what the way carries.
    pub(super) probe: bool,
}

/// The last packets that left for one receiver.
#[derive(Debug, Default)]
pub(super) struct Departures {
    /// Number of the oldest that is remembered.
    first: u64,
    /// The last reference time, extended beyond its 24 bits: they come round every twelve days.
    reference: Option<i64>,
    sent: VecDeque<Departure>,
}

impl Departures {
    /// A packet leaves; gives its number.
    pub(super) fn leave(&mut self, now: Micros, payload: usize, probe: bool) -> u16 {
        if self.sent.len() == MAX_DEPARTURES {
            self.sent.pop_front();
            self.first += 1;
        }
        let number = self.first + self.sent.len() as u64;
        let bytes = u16::try_from(payload + OVERHEAD).unwrap_or(u16::MAX);
        self.sent.push_back(Departure { at: now, bytes, probe, reported: false });
        number as u16
    }

    /// What a feedback packet tells, each packet once. Numbers that were never sent, or are forgotten, are left out.
    pub(super) fn outcomes(&mut self, feedback: &TransportLayerCc) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        let mut arrival = self.extend_reference(feedback.reference_time) * REFERENCE;
        let mut deltas = feedback.recv_deltas.iter();
        let statuses = symbols(&feedback.packet_chunks).take(usize::from(feedback.packet_status_count));
        // Nobody can tell more than was sent: a longer report is a forged one.
        for (offset, symbol) in (0..).zip(statuses.take(MAX_DEPARTURES)) {
            let arrived = match symbol {
                SymbolTypeTcc::PacketNotReceived => None,
                SymbolTypeTcc::PacketReceivedSmallDelta | SymbolTypeTcc::PacketReceivedLargeDelta => {
                    let Some(delta) = deltas.next() else { break };
                    arrival += delta.delta;
                    Some(arrival)
                }
                SymbolTypeTcc::PacketReceivedWithoutDelta => continue,
            };
            outcomes.extend(self.outcome(feedback.base_sequence_number.wrapping_add(offset), arrived));
        }
        outcomes
    }

    fn extend_reference(&mut self, wire: u32) -> i64 {
        let wire = i64::from(wire & 0x00ff_ffff);
        let last = self.reference.unwrap_or(wire);
        // The nearest number with these 24 bits.
        let difference = ((wire - last) << 40) >> 40;
        let extended = last + difference;
        self.reference = Some(extended);
        extended
    }

    fn outcome(&mut self, wire: u16, arrived: Option<Micros>) -> Option<Outcome> {
        let last = (self.first + self.sent.len() as u64).checked_sub(1)?;
        let number = last.checked_sub(u64::from((last as u16).wrapping_sub(wire)))?;
        let departure = self.sent.get_mut(usize::try_from(number.checked_sub(self.first)?).ok()?)?;
        if std::mem::replace(&mut departure.reported, true) {
            return None;
        }
        let Departure { at: left, bytes, probe, .. } = *departure;
        Some(Outcome { left, arrived, bytes: bytes.into(), probe })
    }
}

/// Bytes before the chunks of a feedback packet (§3.1).
const BEFORE_CHUNKS: usize = 20;

/// A feedback packet that holds as many arrival times as its chunks claim. Others are refused before they are decoded: a chunk of
/// two bytes can claim 8,191 arrivals, and `rtc-rtcp` makes room for all of them before it looks for the first.
pub(super) fn has_its_arrivals(packet: &[u8]) -> bool {
    let Some((head, mut rest)) = packet.split_at_checked(BEFORE_CHUNKS) else { return false };
    let mut statuses = usize::from(u16::from_be_bytes([head[14], head[15]]));
    let mut bytes = 0;
    while statuses > 0 {
        let [high, low, after @ ..] = rest else { return false };
        rest = after;
        let chunk = u16::from_be_bytes([*high, *low]);
        let (told, claimed) = match chunk >> 14 {
            // A run of one status (§3.1.3).
            0 | 1 => {
                let run = usize::from(chunk & 0x1fff).min(statuses);
                (run, run * bytes_of_arrival(chunk >> 13 & 3))
            }
            // One bit each for fourteen packets, or two for seven (§3.1.4).
            2 => (14, (chunk & 0x3fff).count_ones() as usize),
            _ => (7, (0..7).map(|place| bytes_of_arrival(chunk >> (2 * place) & 3)).sum()),
        };
        if told == 0 {
            return false;
        }
        statuses = statuses.saturating_sub(told);
        bytes += claimed;
    }
    bytes <= rest.len()
}

/// Of a status: not received, small, large, received without a time (§3.1.1).
fn bytes_of_arrival(status: u16) -> usize {
    match status {
        1 => 1,
        2 => 2,
        _ => 0,
    }
}

/// The statuses of all chunks, in order.
fn symbols(chunks: &[PacketStatusChunk]) -> impl Iterator<Item = SymbolTypeTcc> + '_ {
    chunks.iter().flat_map(|chunk| -> Box<dyn Iterator<Item = SymbolTypeTcc> + '_> {
        match chunk {
            PacketStatusChunk::RunLengthChunk(run) => {
                Box::new(std::iter::repeat_n(run.packet_status_symbol, usize::from(run.run_length)))
            }
            PacketStatusChunk::StatusVectorChunk(vector) => Box::new(vector.symbol_list.iter().copied()),
        }
    })
}

#[cfg(test)]
mod tests {
    use rtc_rtcp::transport_feedbacks::transport_layer_cc::{RecvDelta, RunLengthChunk};

    use super::*;

    fn run(symbol: SymbolTypeTcc, length: u16) -> PacketStatusChunk {
        let run = RunLengthChunk { packet_status_symbol: symbol, run_length: length, ..RunLengthChunk::default() };
        PacketStatusChunk::RunLengthChunk(run)
    }

    fn feedback(base: u16, chunks: Vec<PacketStatusChunk>, count: u16, deltas: &[i64]) -> TransportLayerCc {
        let delta = |&delta: &i64| RecvDelta { type_tcc_packet: SymbolTypeTcc::PacketReceivedSmallDelta, delta };
        TransportLayerCc {
            base_sequence_number: base,
            packet_status_count: count,
            reference_time: 10,
            packet_chunks: chunks,
            recv_deltas: deltas.iter().map(delta).collect(),
            ..TransportLayerCc::default()
        }
    }

    #[test]
    fn a_report_that_claims_more_arrivals_than_it_holds_is_refused_before_it_is_decoded() {
        let packet = |count: u16, chunks: &[u16], times: usize| {
            let mut bytes = vec![0; BEFORE_CHUNKS];
            bytes[14..16].copy_from_slice(&count.to_be_bytes());
            bytes.extend(chunks.iter().flat_map(|chunk| chunk.to_be_bytes()));
            bytes.extend(std::iter::repeat_n(0, times));
            bytes
        };
        let (small, large, lost) = (1 << 13, 2 << 13, 0);
        assert!(has_its_arrivals(&packet(3, &[small | 3], 3)));
        assert!(has_its_arrivals(&packet(3, &[large | 3], 6)));
        assert!(has_its_arrivals(&packet(8_191, &[lost | 8_191], 0)), "lost packets have no times");
        assert!(has_its_arrivals(&packet(9, &[0x8000 | 0b11, 0], 2)));
        assert!(has_its_arrivals(&packet(7, &[0xc000 | 0b01_10], 3)));

        assert!(!has_its_arrivals(&packet(65_535, &[small | 8_191; 9], 4)));
        assert!(!has_its_arrivals(&packet(3, &[large | 3], 5)));
        assert!(!has_its_arrivals(&packet(14, &[0xbfff], 13)));
        assert!(!has_its_arrivals(&packet(20, &[small | 3], 3)), "a chunk is missing");
        assert!(!has_its_arrivals(&packet(20, &[lost], 9)), "a run of none");
        assert!(!has_its_arrivals(&[0; 19]));
    }

    #[test]
    fn feedback_tells_of_each_packet_once() {
        let mut departures = Departures::default();
        let numbers: Vec<u16> = (0..4).map(|index| departures.leave(index * 1_000, 100, index == 3)).collect();
        let arrived = run(SymbolTypeTcc::PacketReceivedSmallDelta, 2);
        let report = feedback(0, vec![arrived, run(SymbolTypeTcc::PacketNotReceived, 1)], 3, &[250, 500]);

        let outcomes = departures.outcomes(&report);

        assert_eq!(numbers, [0, 1, 2, 3]);
        let times: Vec<_> = outcomes.iter().map(|outcome| (outcome.left, outcome.arrived)).collect();
        assert_eq!(times, [(0, Some(640_250)), (1_000, Some(640_750)), (2_000, None)]);
        assert!(departures.outcomes(&report).is_empty(), "told before");
    }

    #[test]
    fn numbers_wrap_and_forgotten_or_unsent_ones_are_left_out() {
        let mut departures = Departures::default();
        for index in 0..70_000 {
            departures.leave(index, 1_000, false);
        }
        let lost = |base: u16, count| feedback(base, vec![run(SymbolTypeTcc::PacketNotReceived, count)], count, &[]);

        let last = departures.outcomes(&lost((69_999_u64 % 65_536) as u16, 1));
        let unsent = departures.outcomes(&lost((70_000_u64 % 65_536) as u16, 5));
        let forgotten = departures.outcomes(&lost(60_000, 5));

        assert_eq!(last.len(), 1);
        assert_eq!(last[0].left, 69_999);
        assert!(unsent.is_empty() && forgotten.is_empty());
    }

    #[test]
    fn arrivals_go_on_when_the_reference_time_comes_round() {
        let mut departures = Departures::default();
        let mut arrival = |reference: u32| {
            let number = departures.leave(0, 100, false);
            let report = TransportLayerCc {
                reference_time: reference,
                ..feedback(number, vec![run(SymbolTypeTcc::PacketReceivedSmallDelta, 1)], 1, &[0])
            };
            departures.outcomes(&report)[0].arrived.unwrap()
        };
        let before = arrival(0x00ff_ffff);

        assert_eq!(arrival(1) - before, 2 * REFERENCE);
        assert_eq!(arrival(0x00ff_ffff) - before, 0, "a report that was overtaken");
    }

    #[test]
    fn a_report_that_claims_millions_of_packets_costs_no_more_than_what_was_sent() {
        let mut departures = Departures::default();
        departures.leave(0, 1_000, false);
        let chunks = vec![run(SymbolTypeTcc::PacketNotReceived, 8_191); 500];

        assert!(departures.outcomes(&feedback(0, chunks, u16::MAX, &[])).len() <= MAX_DEPARTURES);
    }
}
