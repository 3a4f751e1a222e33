//! RTCP in and out.

use std::time::{Duration, Instant};

use rtc_rtcp::packet::Packet;
use rtc_rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc_rtcp::receiver_report::ReceiverReport;
use rtc_rtcp::reception_report::ReceptionReport;
use rtc_rtcp::sender_report::SenderReport;
use rtc_rtcp::transport_feedbacks::transport_layer_nack::{TransportLayerNack, nack_pairs_from_sequence_numbers};

use super::departures::OVERHEAD;
use super::endpoint::Loss;
use super::membership::REPORT_INTERVAL;
use super::repeat::{Repeated, Traced};
use super::reports::{self, MAX_BLOCKS, MAX_SENDER_REPORTS, Told};
use super::timeline::{ClockChange, micros, ntp};
use super::timers::Timer;
use super::{Plane, PlanePacket};
use crate::{EndpointKey, Kind};

/// A round trip longer than this is a wrong report.
const MAX_RTT: Duration = Duration::from_secs(10);

impl Plane {
    pub(super) fn hear(&mut self, now: Instant, from: usize, packet: &[u8]) {
        let Some(left) = self.endpoints[from].compounds_left.checked_sub(1) else { return };
        self.endpoints[from].compounds_left = left;
        for told in reports::parse(packet) {
            match told {
                Told::Sender { ssrc, ntp, rtp_time } => self.hear_sender(now, from, ssrc, ntp, rtp_time),
                Told::Reception(report) => self.hear_reception(now, from, &report),
                Told::Keyframe { ssrc } => {
                    if let Some(&slot) = self.endpoints[from].slot_of.get(&ssrc) {
                        self.receiver_asks(now, slot);
                    }
                }
                Told::Missing { ssrc, sequences } => {
                    if let Some(&slot) = self.endpoints[from].slot_of.get(&ssrc) {
                        self.answer_missing(now, slot, &sequences);
                    }
                }
                Told::Arrivals(feedback) => self.hear_arrivals(now, from, &feedback),
                Told::Limit { bits_per_second } => self.hear_limit(now, from, bits_per_second),
            }
        }
    }

    fn hear_sender(&mut self, now: Instant, from: usize, ssrc: u32, ntp: u64, rtp_time: u32) {
        let endpoint = &mut self.endpoints[from];
        let Some(&(track, layer)) = endpoint.source_of.get(&ssrc) else { return };
        let now_micros = micros(&self.anchor, now);
        if endpoint.clock.report(now_micros, ntp) == ClockChange::Stepped {
            for &track in &endpoint.tracks {
                for source in self.tracks[track].sources.iter_mut().flatten() {
                    source.clock.void();
                }
            }
        }
        let Some(source) = self.tracks[track].source_mut(layer) else { return };
        source.reception.reported(now_micros, ntp);
        if let Some(timestamp) = source.extend_timestamp(rtp_time) {
            source.clock.report(ntp, timestamp);
        }
    }

    fn hear_reception(&mut self, now: Instant, from: usize, report: &ReceptionReport) {
        let endpoint = &mut self.endpoints[from];
        if !endpoint.slot_of.contains_key(&report.ssrc) {
            return;
        }
        let fraction = f32::from(report.fraction_lost) / 256.0;
        endpoint.loss.insert(report.ssrc, Loss { fraction, at: now });
        let slot = endpoint.slot_of[&report.ssrc];
        if endpoint.departures.is_none() && self.slots[slot].redundancy.is_some() {
            // What was lost of 256, of about as many as there were since the last report.
            self.hear_losses(now, from, report.fraction_lost.into(), 256);
        }
        let endpoint = &mut self.endpoints[from];
        if report.last_sender_report != 0 {
            // RFC 3550 §6.4.1: all three in units of 1/65,536 s, wrapping.
            let middle = (ntp(&self.anchor, now) >> 16) as u32;
            let units = middle.wrapping_sub(report.last_sender_report).wrapping_sub(report.delay);
            let rtt = Duration::from_micros((u64::from(units) * 1_000_000) >> 16);
            if rtt < MAX_RTT {
                endpoint.rtt = Some(rtt);
            }
        }
    }

    fn answer_missing(&mut self, now: Instant, slot: usize, sequences: &[u16]) {
        let to = self.slots[slot].terms.endpoint;
        let rtt = self.endpoints[to].rtt;
        for &outgoing in sequences {
            if self.slots[slot].repetitions.are_used_up() {
                return;
            }
            let Some(traced) = self.slots[slot].trace(outgoing) else { continue };
            if !self.has_repeat_room(now, slot, &traced) || !self.slots[slot].repetitions.spend(now, outgoing, rtt) {
                continue;
            }
            if let Some(bytes) = self.repeat(slot, outgoing, false)
                && let Some(room) = &mut self.endpoints[to].repeat_room
            {
                room.take(bytes + OVERHEAD);
            }
        }
    }

    /// On a way with a limit there is room for some, and none for what the slot shows no longer: whoever gets a lower layer has
    /// lost most of the higher one, and the rest would go before the keyframe that mends it.
    fn has_repeat_room(&mut self, now: Instant, slot: usize, traced: &Traced) -> bool {
        let endpoint = &mut self.endpoints[self.slots[slot].terms.endpoint];
        let (Some(target), Some(room)) = (endpoint.bandwidth.target(), &mut endpoint.repeat_room) else { return true };
        let shown = match traced {
            Traced::Injected { .. } => true,
            Traced::Source { source, .. } => self.slots[slot].playing.source() == Some(*source),
        };
        shown && room.has_room(now, target, endpoint.bandwidth.own_loss())
    }

    /// Sends a packet of a slot again, by its number on the wire; gives the bytes of its payload. None: it is not there any
    /// more.
    pub(super) fn repeat(&mut self, slot: usize, outgoing: u16, probe: bool) -> Option<usize> {
        let slot = &mut self.slots[slot];
        match slot.trace(outgoing)? {
            Traced::Injected { timestamp, payload } => {
                let bytes = payload.len();
                let repeated = Repeated { outgoing, timestamp, marker: false, audio_level: None, payload, probe };
                slot.emit_rtx(&repeated, &mut self.queue);
                Some(bytes)
            }
            Traced::Source { source, sequence } => {
                let layer = self.tracks.get(source.track)?.source(source.layer)?;
                let packet = layer.ring.get(sequence).filter(|_| layer.stream == source.stream)?;
                if packet.payload.is_empty() {
                    return None;
                }
                slot.retransmit(outgoing, packet, probe, &mut self.queue);
                Some(packet.payload.len())
            }
        }
    }

    /// Asks a publisher for what is missing of a track.
    pub(super) fn request_missing(&mut self, now: Instant, key: usize) {
        let track = &mut self.tracks[key];
        let endpoint = &self.endpoints[track.terms.endpoint];
        // Sound is not asked for again: it repeats itself (RED), and answers offer no `nack` for Opus. A publisher that repeats
        // it all the same, by RTX of its own accord, may be asked.
        let asks = track.terms.kind == Kind::Video || track.terms.retransmits;
        let mut due = None;
        let mut packets = Vec::new();
        for source in track.sources.iter_mut().flatten() {
            let wanted = source.missing.requests(now, endpoint.rtt);
            let all = self.requests_left.checked_sub(wanted.len());
            match (track.requests_left.checked_sub(wanted.len()), all) {
                (Some(own), Some(all)) if asks => (track.requests_left, self.requests_left) = (own, all),
                // It has used up its own share.
                _ => {
                    source.missing.give_up();
                    continue;
                }
            }
            if !wanted.is_empty() {
                packets.push(TransportLayerNack {
                    sender_ssrc: endpoint.ssrc,
                    media_ssrc: source.ssrc,
                    nacks: nack_pairs_from_sequence_numbers(&wanted),
                });
            }
            due = [due, source.missing.due()].into_iter().flatten().min();
        }
        let to = track.terms.endpoint;
        if let Some(due) = due {
            self.timers.set(Timer::Missing(key), due);
        }
        for packet in packets {
            self.send_feedback(to, &packet);
        }
    }

    pub(super) fn send_picture_loss(&mut self, to: usize, media_ssrc: u32) {
        let sender_ssrc = self.endpoints[to].ssrc;
        self.send_feedback(to, &PictureLossIndication { sender_ssrc, media_ssrc });
    }

    pub(super) fn send_transport_feedback(&mut self, to: usize) {
        let endpoint = &mut self.endpoints[to];
        for report in endpoint.feedback.reports(endpoint.ssrc) {
            self.send_feedback(to, &report);
        }
    }

    /// Feedback travels behind an empty report, as RFC 4585 §3.1 has it without reduced size.
    fn send_feedback(&mut self, to: usize, feedback: &dyn Packet) {
        let endpoint = &self.endpoints[to];
        let report = ReceiverReport { ssrc: endpoint.ssrc, ..ReceiverReport::default() };
        let description = reports::description(std::iter::once(endpoint.ssrc));
        let (key, to) = (EndpointKey(to), endpoint.id);
        if let Some(packet) = reports::compound(&[&report, &description, feedback]) {
            self.queue.push_back(PlanePacket::Rtcp { to, key, packet });
        }
    }

    /// Everything that is to be reported to one endpoint.
    pub(super) fn send_reports(&mut self, now: Instant, to: usize) {
        self.timers.set(Timer::Report(to), now + REPORT_INTERVAL);
        if !self.endpoints[to].connected {
            return;
        }
        self.send_reception(now, to);
        let senders = self.sender_reports(now, to);
        let (key, id) = (EndpointKey(to), self.endpoints[to].id);
        for some in senders.chunks(MAX_SENDER_REPORTS) {
            let description = reports::description(some.iter().map(|report| report.ssrc));
            let parts: Vec<&dyn Packet> =
                some.iter().map(|report| report as &dyn Packet).chain([&description as &dyn Packet]).collect();
            if let Some(packet) = reports::compound(&parts) {
                self.queue.push_back(PlanePacket::Rtcp { to: id, key, packet });
            }
        }
    }

    fn send_reception(&mut self, now: Instant, to: usize) {
        let endpoint = &self.endpoints[to];
        let (key, id, ssrc) = (EndpointKey(to), endpoint.id, endpoint.ssrc);
        let now_micros = micros(&self.anchor, now);
        let mut blocks = Vec::new();
        for &track in &endpoint.tracks {
            for source in self.tracks[track].sources.iter_mut().flatten().filter(|source| source.flowing) {
                blocks.extend(source.reception.block(now_micros, source.ssrc));
            }
        }
        for some in blocks.chunks(MAX_BLOCKS) {
            let report = ReceiverReport { ssrc, reports: some.to_vec(), ..ReceiverReport::default() };
            let description = reports::description(std::iter::once(ssrc));
            if let Some(packet) = reports::compound(&[&report, &description]) {
                self.queue.push_back(PlanePacket::Rtcp { to: id, key, packet });
            }
        }
    }

    /// One report per slot that sent something since its last; each lies on the slot's line.
    fn sender_reports(&mut self, now: Instant, to: usize) -> Vec<SenderReport> {
        let (now_micros, now_ntp) = (micros(&self.anchor, now), ntp(&self.anchor, now));
        let mut senders = Vec::new();
        for key in self.endpoints[to].slots.clone() {
            if !self.slots[key].sent.since_report {
                continue;
            }
            if let Some(error) = self.line_error(now, key) {
                self.slots[key].line.follow(error);
            }
            let slot = &mut self.slots[key];
            let rtp_time = slot.line.at(now_micros) as u32;
            senders.push(slot.sent.report(slot.terms.ssrc, now_ntp, rtp_time));
        }
        senders
    }

    /// How far the source in a slot has drifted from the slot's line, in ticks.
    fn line_error(&self, now: Instant, key: usize) -> Option<i64> {
        let slot = &self.slots[key];
        let from = slot.playing.source()?;
        let track = self.tracks.get(from.track)?;
        let source = track.source(from.layer).filter(|source| source.stream == from.stream && source.clock.synced())?;
        let last = source.ring.get(source.ring.highest()?)?;
        let clock = &self.endpoints[track.terms.endpoint].clock;
        let capture = source.clock.capture(clock, last.timestamp, micros(&self.anchor, now));
        slot.off_line(last.timestamp, capture)
    }
}
