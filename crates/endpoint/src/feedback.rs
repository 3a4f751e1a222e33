//! Hands the relay's requests for keyframes to the camera.

use std::collections::VecDeque;
use std::time::Instant;

use rtc::interceptor::{Attribute, Interceptor, Packet, StreamInfo, TaggedPacket};
use rtc::rtcp;
use rtc::rtcp::payload_feedbacks::full_intra_request::FullIntraRequest;
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::sansio::Protocol;
use rtc::shared::error::Error;

/// Marks PLI and FIR for the application; all other RTCP has been dealt with by the interceptors before it.
#[derive(Default)]
pub struct KeyframeRequests {
    incoming: VecDeque<TaggedPacket>,
    outgoing: VecDeque<TaggedPacket>,
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

impl Protocol<TaggedPacket, TaggedPacket, ()> for KeyframeRequests {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, mut packet: TaggedPacket) -> Result<(), Error> {
        if let Packet::Rtcp(rtcp) = &packet.message.packet
            && !asked_ssrcs(rtcp).is_empty()
        {
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

impl Interceptor for KeyframeRequests {
    fn bind_local_stream(&mut self, _stream: &StreamInfo) {}
    fn unbind_local_stream(&mut self, _stream: &StreamInfo) {}
    fn bind_remote_stream(&mut self, _stream: &StreamInfo) {}
    fn unbind_remote_stream(&mut self, _stream: &StreamInfo) {}
}
