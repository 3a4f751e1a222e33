//! What a slot sent is sent again: by request, or to find out what the way carries. Always under the numbers of RTX, because the
//! first ones are sealed once.

use std::collections::VecDeque;

use bytes::{BufMut, Bytes, BytesMut};

use super::forward::{Playing, Slot, SourceKey};
use super::source::Stored;
use super::{OutgoingRtp, PlanePacket};
use crate::EndpointKey;

/// RTX of a slot (RFC 4588).
#[derive(Debug)]
pub(super) struct Rtx {
    pub(super) payload_type: u8,
    pub(super) ssrc: u32,
    pub(super) next: u64,
}

/// A packet to send again.
#[derive(Debug)]
pub(super) struct Repeated {
    /// Its number on the wire when it was sent first.
    pub(super) outgoing: u16,
    pub(super) timestamp: i64,
    pub(super) marker: bool,
    pub(super) audio_level: Option<u8>,
    pub(super) payload: Bytes,
    /// Nobody misses it: it finds out what the way carries.
    pub(super) probe: bool,
}

/// What is behind an outgoing number.
#[derive(Debug)]
pub(super) enum Traced {
    /// A packet of a source.
    Source {
        /// The source.
        source: SourceKey,
        /// Its number there.
        sequence: u64,
    },
    /// A packet of the relay itself.
    Injected {
        /// Its RTP time.
        timestamp: i64,
        /// Its payload.
        payload: Bytes,
    },
}

impl Slot {
    /// The source and number behind an outgoing packet that was sent.
    pub(super) fn trace(&self, outgoing: u16) -> Option<Traced> {
        let sequence = self.extend(outgoing)?;
        if !self.window.has(sequence) {
            return None;
        }
        if let Some(injected) = self.injected.iter().find(|injected| injected.sequence == sequence) {
            return Some(Traced::Injected { timestamp: injected.timestamp, payload: injected.payload.clone() });
        }
        let epoch = self.epochs.iter().rev().find(|epoch| epoch.first_out <= sequence)?;
        Some(Traced::Source { source: epoch.source, sequence: epoch.incoming(sequence)? })
    }

    /// Extends a number from the wire; only numbers that were sent.
    fn extend(&self, wire: u16) -> Option<u64> {
        let last = self.next_out.checked_sub(1)?;
        last.checked_sub(u64::from((last as u16).wrapping_sub(wire)))
    }

    /// Sends a packet of the ring again, under the RTX numbers.
    pub(super) fn retransmit(
        &mut self,
        outgoing: u16,
        packet: &Stored,
        probe: bool,
        queue: &mut VecDeque<PlanePacket>,
    ) {
        let Some(sequence) = self.extend(outgoing) else { return };
        let Some(epoch) = self.epochs.iter().rev().find(|epoch| epoch.first_out <= sequence) else { return };
        let timestamp = epoch.times.map(packet.timestamp);
        let payload = match packet.content.picture {
            Some(ids) => epoch.picture.rewrite(&packet.payload, ids),
            None => packet.payload.clone(),
        };
        let (marker, audio_level) = (packet.marker, packet.audio_level);
        self.emit_rtx(&Repeated { outgoing, timestamp, marker, audio_level, payload, probe }, queue);
    }

    /// Sends under the RTX numbers.
    pub(super) fn emit_rtx(&mut self, repeated: &Repeated, queue: &mut VecDeque<PlanePacket>) {
        let Repeated { outgoing, timestamp, marker, audio_level, ref payload, probe } = *repeated;
        let Some(rtx) = &mut self.rtx else { return };
        let mut with_number = BytesMut::with_capacity(payload.len() + 2);
        with_number.put_u16(outgoing);
        with_number.put_slice(payload);
        queue.push_back(PlanePacket::Rtp(OutgoingRtp {
            to: self.terms.id.endpoint,
            key: EndpointKey(self.terms.endpoint),
            line: self.terms.id.line,
            payload_type: rtx.payload_type,
            ssrc: rtx.ssrc,
            sequence: rtx.next,
            timestamp: timestamp as u32,
            marker,
            audio_level,
            numbered: self.terms.numbered,
            transport_sequence: None,
            probe,
            payload: with_number.freeze(),
        }));
        rtx.next += 1;
        self.sent.count_retransmission(payload.len());
    }

    /// It can send packets again that its receiver has.
    pub(super) fn repeats(&self) -> bool {
        self.connected && self.rtx.is_some() && matches!(self.playing, Playing::Source(_))
    }

    /// Packets that were sent since the source in the slot changed, up to what a number on the wire tells apart.
    pub(super) fn sent_of_epoch(&self) -> u16 {
        let sent = self.epochs.back().map_or(0, |epoch| self.next_out - epoch.first_out);
        u16::try_from(sent).unwrap_or(u16::MAX)
    }

    /// The number on the wire of the packet that was sent so many before the next one.
    pub(super) fn sent_before(&self, back: u16) -> u16 {
        (self.next_out as u16).wrapping_sub(back)
    }
}
