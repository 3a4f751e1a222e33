//! What arrives on one peer connection: each packet says that it lives, requests for keyframes go to the camera.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use rtc::interceptor::{Attribute, Interceptor, Packet, StreamInfo, TaggedPacket};
use rtc::rtcp;
use rtc::rtcp::payload_feedbacks::full_intra_request::FullIntraRequest;
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::sansio::Protocol;
use rtc::shared::error::Error;

/// When the last packet of any kind came on a peer connection. Reports count, so that it lives whoever is on air or not.
#[derive(Debug, Default)]
pub struct Pulse {
    last_packet: Mutex<Option<Instant>>,
}

impl Pulse {
    fn beat(&self, now: Instant) {
        *self.last_packet.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
    }

    /// None: nothing ever came.
    pub fn last_packet(&self) -> Option<Instant> {
        *self.last_packet.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Of RTCP, passes PLI and FIR on to the application, and nothing else: the rest has been dealt with by the interceptors
/// before it. The library gives a compound packet to the track that its *first* packet is about, so a request behind
/// the microphone's receiver report would never reach the camera.
pub struct Feedback {
    pulse: Arc<Pulse>,
    incoming: VecDeque<TaggedPacket>,
    outgoing: VecDeque<TaggedPacket>,
}

impl Feedback {
    /// Lets `pulse` beat with every packet.
    pub fn new(pulse: Arc<Pulse>) -> Self {
        Self { pulse, incoming: VecDeque::new(), outgoing: VecDeque::new() }
    }
}

fn is_request(packet: &dyn rtcp::Packet) -> bool {
    let packet = packet.as_any();
    packet.is::<PictureLossIndication>() || packet.is::<FullIntraRequest>()
}

/// SSRCs for which packets ask a keyframe (RFC 4585 §6.3.1, RFC 5104 §4.3.1).
pub fn asked_ssrcs(packets: &[Box<dyn rtcp::Packet>]) -> Vec<u32> {
    let mut asked = Vec::new();
    for packet in packets {
        let packet = packet.as_any();
        if let Some(pli) = packet.downcast_ref::<PictureLossIndication>() {
            asked.push(pli.media_ssrc);
        } else if let Some(fir) = packet.downcast_ref::<FullIntraRequest>() {
            asked.extend(fir.fir.iter().map(|entry| entry.ssrc));
        }
    }
    asked
}

impl Protocol<TaggedPacket, TaggedPacket, ()> for Feedback {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, mut packet: TaggedPacket) -> Result<(), Error> {
        self.pulse.beat(packet.now);
        if let Packet::Rtcp(compound) = &mut packet.message.packet {
            compound.retain(|packet| is_request(&**packet));
            if compound.is_empty() {
                return Ok(());
            }
            packet.message.add(Attribute::DeliverToApplication);
        }
        self.incoming.push_back(packet);
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        self.incoming.pop_front()
    }

    fn handle_write(&mut self, packet: TaggedPacket) -> Result<(), Error> {
        self.outgoing.push_back(packet);
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.outgoing.pop_front()
    }
}

impl Interceptor for Feedback {
    fn bind_local_stream(&mut self, _stream: &StreamInfo) {}
    fn unbind_local_stream(&mut self, _stream: &StreamInfo) {}
    fn bind_remote_stream(&mut self, _stream: &StreamInfo) {}
    fn unbind_remote_stream(&mut self, _stream: &StreamInfo) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use rtc::interceptor::AttributedPacket;
    use rtc::rtcp::receiver_report::ReceiverReport;
    use rtc::shared::TransportContext;

    fn read(packets: Vec<Box<dyn rtcp::Packet>>) -> Option<Vec<u32>> {
        let pulse = Arc::new(Pulse::default());
        let mut requests = Feedback::new(Arc::clone(&pulse));
        let message = AttributedPacket::new(Packet::Rtcp(packets));
        let tagged = TaggedPacket { now: Instant::now(), transport: TransportContext::default(), message };
        requests.handle_read(tagged).unwrap();
        assert!(pulse.last_packet().is_some(), "the connection lives");
        let passed = requests.poll_read()?;
        assert!(passed.message.has(&Attribute::DeliverToApplication));
        match &passed.message.packet {
            Packet::Rtcp(packets) => Some(asked_ssrcs(packets)),
            _ => panic!("it was RTCP"),
        }
    }

    #[test]
    fn a_request_behind_a_report_reaches_the_application_alone() {
        let pli = PictureLossIndication { sender_ssrc: 1, media_ssrc: 7 };
        assert_eq!(read(vec![Box::new(ReceiverReport::default()), Box::new(pli)]), Some(vec![7]));
    }

    #[test]
    fn other_feedback_stops_here() {
        assert_eq!(read(vec![Box::new(ReceiverReport::default())]), None);
    }
}
