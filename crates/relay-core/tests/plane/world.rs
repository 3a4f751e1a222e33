//! A relay's plane with publishers and receivers on virtual time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant, UNIX_EPOCH};

use bytes::Bytes;
use relay_core::*;
use rtc_rtcp::packet::Packet;
use rtc_rtcp::transport_feedbacks::transport_layer_nack::TransportLayerNack;
use rtc_shared::marshal::Marshal;

use crate::publisher::*;

pub const FRAME: Micros = 33_333;
pub const SOUND: Micros = 20_000;
/// Wall time at virtual time 0, microseconds since 1970.
pub const WALL: u64 = 1_611_200_000_000_000;
/// A receiver's lines: sound slots 10…, picture slots 20….
pub fn sound_slot(receiver: u64, index: u16) -> SlotId {
    SlotId { endpoint: EndpointId(receiver), line: LineId(10 + index) }
}
pub fn picture_slot(receiver: u64, index: u16) -> SlotId {
    SlotId { endpoint: EndpointId(receiver), line: LineId(20 + index) }
}
pub const RED_TYPE: u8 = 63;
pub const SLOTS: u16 = 2;
pub fn ssrc(slot: SlotId) -> u32 {
    0x4000_0000 | (slot.endpoint.0 as u32) << 8 | u32::from(slot.line.0)
}
pub fn rtx_ssrc(slot: SlotId) -> u32 {
    0x2000_0000 | ssrc(slot)
}

enum Due {
    Arrive(IncomingRtp),
    Report(EndpointId, Bytes),
}

pub struct World {
    pub plane: Plane,
    pub now: Micros,
    start: Instant,
    pub publishers: BTreeMap<u64, Publisher>,
    next_frame: BTreeMap<u64, Micros>,
    next_sound: BTreeMap<u64, Micros>,
    next_report: BTreeMap<u64, Micros>,
    wire: BTreeMap<(Micros, u64), Due>,
    sent: u64,
    /// Decides whether an arriving packet is lost.
    pub lose: Box<dyn FnMut(&IncomingRtp) -> bool>,
    pub received: BTreeMap<u32, Vec<(Micros, OutgoingRtp)>>,
    pub rtcp: Vec<(Micros, EndpointId, Box<dyn Packet>)>,
    pub events: Vec<(Micros, PlaneEvent)>,
    given: BTreeSet<(u32, u64)>,
    /// When a stream's pacer is free again: packets of a stream do not overtake each other.
    busy: BTreeMap<u32, Micros>,
    history: BTreeMap<(u32, u16), IncomingRtp>,
    rtx: u16,
    /// Publishers answer NACKs by RTX after this.
    pub repair_after: Option<Micros>,
    pub answers_keyframes: bool,
    /// An encoder that takes no requests, whatever the others do.
    pub deaf: Option<u64>,
    pub encoder: Micros,
    /// Between two packets of a frame.
    pub pace: Micros,
    /// Receivers tell of pictures by transport-wide number, and not of sound.
    pub silent_on_sound: bool,
}

impl World {
    pub fn new(seed: u64) -> Self {
        let start = Instant::now();
        let anchor = TimeAnchor { instant: start, wall: UNIX_EPOCH + Duration::from_micros(WALL) };
        Self {
            plane: Plane::new(anchor, seed),
            now: 0,
            start,
            publishers: BTreeMap::new(),
            next_frame: BTreeMap::new(),
            next_sound: BTreeMap::new(),
            next_report: BTreeMap::new(),
            wire: BTreeMap::new(),
            sent: 0,
            lose: Box::new(|_| false),
            received: BTreeMap::new(),
            rtcp: Vec::new(),
            events: Vec::new(),
            given: BTreeSet::new(),
            busy: BTreeMap::new(),
            history: BTreeMap::new(),
            rtx: 0,
            repair_after: Some(20_000),
            answers_keyframes: true,
            encoder: 0,
            pace: 300,
            silent_on_sound: false,
            deaf: None,
        }
    }

    pub fn at(&self, time: Micros) -> Instant {
        self.start + Duration::from_micros(time)
    }

    pub fn instant(&self) -> Instant {
        self.at(self.now)
    }

    pub fn publish(&mut self, publisher: Publisher) {
        let layers = publisher.video.iter().map(|stream| stream.layer).collect();
        let (id, codec) = (publisher.id, publisher.codec);
        let line = |line, kind, flow| NegotiatedLine { line, mid: line.0.to_string(), kind, flow };
        let video = Flow::Incoming { codec, payload_type: VIDEO_TYPE, rtx_payload_type: Some(103), layers };
        let audio = Flow::Incoming {
            codec: Codec::Opus,
            payload_type: AUDIO_TYPE,
            rtx_payload_type: None,
            layers: vec![Layer::High],
        };
        let negotiated = Negotiated {
            lines: vec![line(AUDIO_LINE, Kind::Audio, audio), line(VIDEO_LINE, Kind::Video, video)],
            extensions: ExtensionIds::default(),
        };
        self.plane.add_endpoint(self.instant(), id, &negotiated);
        self.plane.endpoint_connected(self.instant(), id);
        // Phases differ, so that old and new frames do not coincide.
        self.next_frame.insert(id.0, self.now + id.0 * 7_919 % FRAME);
        self.next_sound.insert(id.0, self.now + id.0 * 3_571 % SOUND);
        self.next_report.insert(id.0, self.now + 100_000 + id.0 * 1_000);
        self.publishers.insert(id.0, publisher);
        self.drain();
    }

    pub fn receive(&mut self, id: u64, codec: Codec) {
        self.receive_with(id, codec, ExtensionIds::default());
    }

    pub fn receive_with(&mut self, id: u64, codec: Codec, extensions: ExtensionIds) {
        let mut lines = Vec::new();
        for index in 0..SLOTS {
            for (slot, kind, codec, payload_type) in [
                (sound_slot(id, index), Kind::Audio, Codec::Opus, AUDIO_TYPE),
                (picture_slot(id, index), Kind::Video, codec, VIDEO_TYPE),
            ] {
                let flow = Flow::Outgoing {
                    codec,
                    payload_type,
                    rtx_payload_type: (kind == Kind::Video).then_some(103),
                    ssrc: ssrc(slot),
                    rtx_ssrc: (kind == Kind::Video).then_some(rtx_ssrc(slot)),
                    red_payload_type: (kind == Kind::Audio).then_some(RED_TYPE),
                    numbered: extensions.transport_cc.is_some() && !(self.silent_on_sound && kind == Kind::Audio),
                };
                lines.push(NegotiatedLine { line: slot.line, mid: slot.line.0.to_string(), kind, flow });
            }
        }
        let negotiated = Negotiated { lines, extensions };
        self.plane.add_endpoint(self.instant(), EndpointId(id), &negotiated);
        self.plane.endpoint_connected(self.instant(), EndpointId(id));
        self.drain();
    }

    pub fn set_routes(&mut self, routes: &Routes) {
        self.plane.set_routes(self.instant(), routes.clone());
        self.drain();
    }

    pub fn take(&mut self, id: u64, routes: &Routes) {
        self.plane.order_take(self.instant(), TakeId(id), routes.clone());
        self.drain();
    }

    pub fn hear(&mut self, from: u64, packet: &dyn Packet) {
        let mut bytes = vec![0; packet.marshal_size()];
        packet.marshal_to(&mut bytes).unwrap();
        self.plane.handle_rtcp(self.instant(), EndpointId(from), &bytes);
        self.drain();
    }

    /// Lets time pass.
    pub fn run(&mut self, micros: Micros) {
        let end = self.now + micros;
        loop {
            let timeout = self.plane.poll_timeout().map(|at| {
                let nanos = at.saturating_duration_since(self.start).as_nanos() as u64;
                nanos.div_ceil(1_000)
            });
            let wire = self.wire.first_key_value().map(|(&(at, _), _)| at);
            let due = [&self.next_frame, &self.next_sound, &self.next_report];
            let model = due.iter().flat_map(|due| due.values().copied()).min();
            let next = [timeout, wire, model].into_iter().flatten().min().unwrap_or(end);
            if next > end {
                break;
            }
            self.now = self.now.max(next);
            self.step();
        }
        self.now = end;
    }

    fn step(&mut self) {
        self.plane.handle_timeout(self.instant());
        self.drain();
        let ids: Vec<u64> = self.publishers.keys().copied().collect();
        for id in ids {
            if self.next_frame[&id] <= self.now {
                *self.next_frame.get_mut(&id).unwrap() += self.publishers[&id].frame_interval;
                self.send_frames(id);
            }
            if self.next_sound[&id] <= self.now {
                *self.next_sound.get_mut(&id).unwrap() += SOUND;
                self.send_sound(id);
            }
            if self.next_report[&id] <= self.now {
                *self.next_report.get_mut(&id).unwrap() += 500_000;
                self.send_reports(id);
            }
        }
        while let Some((&(at, _), _)) = self.wire.first_key_value() {
            if at > self.now {
                break;
            }
            match self.wire.pop_first().unwrap().1 {
                Due::Arrive(packet) => {
                    if packet.rtx || !(self.lose)(&packet) {
                        self.plane.handle_rtp(self.at(self.now), packet);
                    }
                }
                Due::Report(from, bytes) => self.plane.handle_rtcp(self.at(self.now), from, &bytes),
            }
            self.drain();
        }
    }

    fn send(&mut self, at: Micros, packet: IncomingRtp) {
        self.sent += 1;
        self.wire.insert((at, self.sent), Due::Arrive(packet));
    }

    fn send_sound(&mut self, id: u64) {
        let publisher = self.publishers.get_mut(&id).unwrap();
        if !publisher.audio.on {
            return;
        }
        let (packet, delay, jitter) = (publisher.sound(self.now), publisher.delay, publisher.jitter);
        let free = self.busy.entry(packet.ssrc).or_default();
        let at = (self.now + delay + scatter(id, self.now) % (jitter + 1)).max(*free);
        *free = at;
        self.send(at, packet);
    }

    fn send_frames(&mut self, id: u64) {
        let (pace, encoder) = (self.pace, self.encoder);
        let publisher = self.publishers.get_mut(&id).unwrap();
        let delay = publisher.delay + scatter(id, self.now) % (publisher.jitter + 1);
        let frames: Vec<_> = (0..publisher.video.len()).map(|index| publisher.frame(index, self.now)).collect();
        for packets in frames {
            for packet in packets {
                self.history.insert((packet.ssrc, packet.sequence), packet.clone());
                let free = self.busy.entry(packet.ssrc).or_default();
                let at = (self.now + delay + encoder).max(*free);
                *free = at + pace;
                self.send(at, packet);
            }
        }
    }

    fn send_reports(&mut self, id: u64) {
        let publisher = &self.publishers[&id];
        let wall = (WALL + self.now).wrapping_add_signed(publisher.clock);
        let mut reports = Vec::new();
        if publisher.reports_sound {
            reports.push((publisher.audio.ssrc, publisher.audio.base.wrapping_add((self.now * 48 / 1_000) as u32)));
        }
        for stream in publisher.video.iter().filter(|stream| stream.on) {
            reports.push((stream.ssrc, stream.base.wrapping_add((self.now * 9 / 100) as u32)));
        }
        for (ssrc, rtp_time) in reports {
            // Each report by another lag, in an order that repeats.
            let late = publisher.stamps_late * (self.sent % 7) / 6;
            let ntp_time = ntp(wall + late);
            let report = rtc_rtcp::sender_report::SenderReport { ssrc, ntp_time, rtp_time, ..Default::default() };
            let bytes = report.marshal().unwrap();
            self.sent += 1;
            let due = Due::Report(publisher.id, bytes.freeze());
            self.wire.insert((self.now + late + publisher.delay, self.sent), due);
        }
    }

    pub fn drain(&mut self) {
        while let Some(packet) = self.plane.poll_packet(self.instant()) {
            match packet {
                PlanePacket::Rtp(packet) => {
                    assert!(self.given.insert((packet.ssrc, packet.sequence)), "sealed twice: {packet:?}");
                    self.received.entry(packet.ssrc).or_default().push((self.now, packet));
                }
                PlanePacket::Rtcp { to, packet, .. } => {
                    assert!(packet.len() <= 1_200);
                    self.read_rtcp(to, packet);
                }
            }
        }
        while let Some(event) = self.plane.poll_event() {
            self.events.push((self.now, event));
        }
    }

    fn read_rtcp(&mut self, to: EndpointId, mut packet: Bytes) {
        use rtc_rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
        use rtc_rtcp::transport_feedbacks::transport_layer_nack::TransportLayerNack;
        for part in rtc_rtcp::packet::unmarshal(&mut packet).expect("the relay's RTCP parses") {
            let publisher = self.publishers.get_mut(&to.0);
            if let (Some(request), Some(publisher)) = (part.as_any().downcast_ref::<PictureLossIndication>(), publisher)
                && self.answers_keyframes
                && self.deaf != Some(to.0)
            {
                for stream in publisher.video.iter_mut().filter(|stream| stream.ssrc == request.media_ssrc) {
                    stream.key_wanted = true;
                }
            }
            if let (Some(nack), Some(after)) = (part.as_any().downcast_ref::<TransportLayerNack>(), self.repair_after) {
                for sequence in nack.nacks.iter().flat_map(|pair| pair.into_iter()) {
                    if let Some(packet) = self.history.get(&(nack.media_ssrc, sequence)).cloned() {
                        let mut payload = sequence.to_be_bytes().to_vec();
                        payload.extend_from_slice(&packet.payload);
                        self.rtx = self.rtx.wrapping_add(1);
                        let repaired = IncomingRtp {
                            rtx: true,
                            ssrc: packet.ssrc + 500,
                            sequence: self.rtx,
                            payload_type: 103,
                            payload: payload.into(),
                            ..packet
                        };
                        self.send(self.now + after, repaired);
                    }
                }
            }
            self.rtcp.push((self.now, to, part));
        }
    }

    pub fn slot(&self, slot: SlotId) -> &[(Micros, OutgoingRtp)] {
        self.received.get(&ssrc(slot)).map_or(&[], |packets| packets)
    }

    /// All media of a receiver that gives feedback, in the order of leaving.
    pub fn sent_to(&self, receiver: u64) -> Vec<(Micros, &OutgoingRtp)> {
        let all = self.received.values().flatten().filter(|(_, packet)| packet.to.0 == receiver);
        let mut sent: Vec<_> = all.map(|(at, packet)| (*at, packet)).collect();
        sent.sort_by_key(|(at, packet)| (*at, packet.transport_sequence));
        sent
    }

    pub fn sent_rtcp<P: 'static + Clone>(&self, to: u64) -> Vec<(Micros, P)> {
        self.rtcp
            .iter()
            .filter(|(_, endpoint, _)| endpoint.0 == to)
            .filter_map(|(at, _, part)| Some((*at, part.as_any().downcast_ref::<P>()?.clone())))
            .collect()
    }

    /// Packets that publishers were asked for again.
    pub fn sent_asked(&self) -> usize {
        let requests = self.rtcp.iter().filter_map(|(_, _, part)| part.as_any().downcast_ref::<TransportLayerNack>());
        requests.flat_map(|request| &request.nacks).map(|pair| pair.packet_list().len()).sum()
    }

    pub fn done(&self, take: u64) -> Option<(Micros, Vec<(SlotId, u32)>)> {
        self.events.iter().find_map(|(at, event)| match event {
            PlaneEvent::TakeDone { take: done, cuts, .. } if done.0 == take => Some((*at, cuts.clone())),
            _ => None,
        })
    }
}

/// NTP form of microseconds since 1970.
pub fn ntp(wall: u64) -> u64 {
    let seconds = wall / 1_000_000 + 2_208_988_800;
    (seconds << 32) | (((wall % 1_000_000) << 32) / 1_000_000)
}

/// Every receiver's slot 0 shows and plays one publisher.
pub fn programme(source: u64, receivers: impl IntoIterator<Item = u64>) -> Routes {
    let mut routes = Routes::default();
    let track = |line| TrackId { endpoint: EndpointId(source), line };
    for receiver in receivers {
        routes.slots.insert(sound_slot(receiver, 0), Feed { track: track(AUDIO_LINE), layer: Layer::High, rank: 0 });
        routes.slots.insert(picture_slot(receiver, 0), Feed { track: track(VIDEO_LINE), layer: Layer::High, rank: 0 });
    }
    routes
}
