//! What the relay reports: requests for keyframes go to the camera, the rest says that the connection lives.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use rtc::interceptor::{Attribute, Interceptor, Packet, StreamInfo, TaggedPacket};
use rtc::rtcp;
use rtc::rtcp::payload_feedbacks::full_intra_request::FullIntraRequest;
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::sansio::Protocol;
use rtc::shared::error::Error;

use crate::meter::Meter;

/// Passes PLI and FIR on to the application, and nothing else: all other RTCP has been dealt with by the interceptors
/// before it. The library gives a compound packet to the track that its *first* packet is about, so a request behind
/// the microphone's receiver report would never reach the camera.
pub struct Feedback {
    meter: Arc<Meter>,
    incoming: VecDeque<TaggedPacket>,
    outgoing: VecDeque<TaggedPacket>,
}

impl Feedback {
    /// Tells `meter` of every report.
    pub fn new(meter: Arc<Meter>) -> Self {
        Self { meter, incoming: VecDeque::new(), outgoing: VecDeque::new() }
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
        if let Packet::Rtcp(compound) = &mut packet.message.packet {
            self.meter.report(packet.now);
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
        let meter = Arc::new(Meter::default());
        let mut requests = Feedback::new(Arc::clone(&meter));
        let message = AttributedPacket::new(Packet::Rtcp(packets));
        let tagged = TaggedPacket { now: Instant::now(), transport: TransportContext::default(), message };
        requests.handle_read(tagged).unwrap();
        assert!(meter.last_packet().is_some(), "the connection lives");
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
