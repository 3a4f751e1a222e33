//! One peer connection: the offer in the plan's order, the senders' streams, the received tracks.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use bytes::Bytes;
use rtc::ice::mdns::MulticastDnsMode;
use rtc::interceptor::{NackGeneratorBuilder, NackResponderBuilder, ReceiverReportBuilder, SenderReportBuilder, Slot};
use rtc::peer_connection::configuration::media_engine::{MIME_TYPE_H264, MIME_TYPE_OPUS, MIME_TYPE_RTX, MIME_TYPE_VP8};
use rtc::rtp_transceiver::rtp_sender::{
    RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
    RTCRtpHeaderExtensionCapability, RtpCodecKind,
};
use rtc::rtp_transceiver::{RTCRtpTransceiverDirection, RTCRtpTransceiverInit};
use tokio::sync::mpsc;
use webrtc::media_stream::MediaStreamTrack;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::media_stream::track_local::{TrackLocal, TrackLocalEvent};
use webrtc::media_stream::track_remote::TrackRemote;
use webrtc::peer_connection::{
    MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCPeerConnectionState,
    RTCSessionDescription, Registry, SettingEngineBuilder,
};
use webrtc::rtp_transceiver::RtpTransceiver;
use wire::{MediaDirection, MediaKind, MediaLine, MediaPlan, VideoCodec};

use crate::camera::{LayerStream, RtpStream};
use crate::encoder::LAYERS;
use crate::feedback::{Feedback, Pulse, asked_ssrcs};

const MID_URI: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";
const RID_URI: &str = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
const REPAIRED_RID_URI: &str = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id";
const AUDIO_LEVEL_URI: &str = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
/// Payload types of our offers; any dynamic ones do (RFC 3551 §6).
const OPUS_TYPE: u8 = 111;
const VIDEO_TYPE: u8 = 102;
const VIDEO_RTX_TYPE: u8 = 103;
/// Constrained baseline, level 3.1, packetization-mode 1: what the conference asks for.
const H264_PARAMETERS: &str = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f";
/// Sender reports: lips must be known soon after a layer is switched on.
const REPORT_EVERY: Duration = Duration::from_millis(500);
/// ICE: without an answer for this long the connection is in doubt…
const ICE_DISCONNECTED: Duration = Duration::from_secs(2);
/// …and for this long after that it has failed: together the time for which the other side's consent holds (RFC 7675 §5.1), and for which
/// the relay keeps a peer. A line that comes back before needs no new connection; one that is dead while control lives is given up by
/// [`crate::patience`].
const ICE_FAILED: Duration = Duration::from_secs(28);
/// ICE: keep-alive checks.
const ICE_KEEPALIVE: Duration = Duration::from_secs(1);
/// Behind every interceptor of the library.
const APPLICATION_SLOT: usize = 14_000;
/// Events of one peer that wait to be looked at: states are few, tracks at most one per line.
const MAX_PEER_EVENTS: usize = 256;
/// Keyframe requests that wait: the relay sends at most one per layer in 500 ms.
const MAX_KEYFRAME_REQUESTS: usize = 16;

/// What a peer connection tells its endpoint.
pub enum PeerEvent {
    /// Its state changed.
    State(RTCPeerConnectionState),
    /// A track got its first packet.
    Track(Arc<dyn TrackRemote>),
}

/// A peer connection that has made its offer.
pub struct Peer {
    connection: Arc<dyn PeerConnection>,
    /// The offer.
    pub offer: String,
    /// What happens to it.
    pub events: mpsc::Receiver<PeerEvent>,
    pulse: Arc<Pulse>,
    senders: Vec<SenderLine>,
    codec: VideoCodec,
}

struct SenderLine {
    line: MediaLine,
    transceiver: Arc<dyn RtpTransceiver>,
    track: Arc<dyn TrackLocal>,
    /// SSRC of each encoding, in the order of [`LAYERS`] for a camera.
    ssrcs: Vec<u32>,
}

/// The streams of an answered peer connection.
#[derive(Default)]
pub struct Streams {
    /// Camera layers; empty if the plan has no camera.
    pub camera: Vec<LayerStream>,
    /// Keyframes that the relay asks of the camera, by SSRC.
    pub keyframes: Option<mpsc::Receiver<u32>>,
    /// Microphone.
    pub microphone: Option<RtpStream>,
}

struct Events {
    sender: mpsc::Sender<PeerEvent>,
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Events {
    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        // Never wait here: this runs inside the connection's own loop.
        if self.sender.try_send(PeerEvent::State(state)).is_err() {
            tracing::debug!(%state, "nobody waits for the peer's state");
        }
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        if self.sender.try_send(PeerEvent::Track(track)).is_err() {
            tracing::warn!("nobody waits for a track");
        }
    }
}

impl Peer {
    /// Builds a connection with the plan's lines in order and makes its offer. `local` is the address to bind, with
    /// port 0.
    pub async fn offer(plan: &MediaPlan, local: &str) -> anyhow::Result<Self> {
        let mut engine = media_engine(plan.codec)?;
        let pulse = Arc::<Pulse>::default();
        let registry = interceptors(&mut engine, Arc::clone(&pulse));
        let settings = SettingEngineBuilder::new()
            .with_include_loopback_candidate(true)
            // The relay names its addresses; 64 sites of one process that ask the local network for names would answer
            // each other.
            .with_multicast_dns_mode(MulticastDnsMode::Disabled)
            .with_ice_timeouts(Some(ICE_DISCONNECTED), Some(ICE_FAILED), Some(ICE_KEEPALIVE))
            .build();
        let (sender, events) = mpsc::channel(MAX_PEER_EVENTS);
        let connection: Arc<dyn PeerConnection> = Arc::new(
            PeerConnectionBuilder::new()
                .with_media_engine(engine)
                .with_setting_engine(settings)
                .with_interceptor_registry(registry)
                .with_handler(Arc::new(Events { sender }))
                .with_udp_addrs(vec![local.to_owned()])
                .build()
                .await
                .context("building a peer connection")?,
        );
        let mut senders = Vec::new();
        for line in &plan.lines {
            match line.direction {
                MediaDirection::Send => senders.push(add_sender(&*connection, line, plan.codec).await?),
                MediaDirection::Receive => add_receiver(&*connection, line.kind).await?,
            }
        }
        let offer = connection.create_offer(None).await.context("making an offer")?;
        let sdp = offer.sdp.clone();
        connection.set_local_description(offer).await.context("setting the offer")?;
        Ok(Self { connection, offer: sdp, events, pulse, senders, codec: plan.codec })
    }

    /// Takes the answer; the streams can be written to once the connection stands.
    pub async fn answered(&self, sdp: String) -> anyhow::Result<Streams> {
        let answer = RTCSessionDescription::answer(sdp).context("parsing the answer")?;
        self.connection.set_remote_description(answer).await.context("setting the answer")?;
        let mut streams = Streams::default();
        for sender in &self.senders {
            match sender.line.slot {
                wire::Slot::Camera if self.codec == VideoCodec::Vp8 => {
                    tracing::warn!(
                        "the conference wants VP8: a headless site has no encoder for it and sends no picture"
                    );
                }
                wire::Slot::Camera => {
                    for (spec, ssrc) in LAYERS.iter().zip(&sender.ssrcs) {
                        let stream = stream_of(sender, *ssrc, Some(spec.rid)).await?;
                        streams.camera.push(LayerStream { spec: *spec, stream });
                    }
                    streams.keyframes = Some(listen_for_requests(Arc::clone(&sender.track)));
                }
                wire::Slot::Microphone => {
                    let ssrc = *sender.ssrcs.first().context("a microphone has an SSRC")?;
                    streams.microphone = Some(stream_of(sender, ssrc, None).await?);
                }
                // Offered because the plan has it; a test card has no slides.
                _ => {}
            }
        }
        Ok(streams)
    }

    /// When the last packet of any kind came; none: nothing ever did.
    pub fn last_packet(&self) -> Option<Instant> {
        self.pulse.last_packet()
    }

    /// Closes it.
    pub async fn close(&self) {
        if let Err(error) = self.connection.close().await {
            tracing::debug!(%error, "closing a peer connection");
        }
    }
}

/// Codecs of the plan and the header extensions that a browser would offer and the relay uses. No transport-wide
/// congestion control: a test card does not adapt its bitrate.
fn media_engine(codec: VideoCodec) -> anyhow::Result<MediaEngine> {
    let mut engine = MediaEngine::default();
    engine.register_codec(parameters(opus_codec(), OPUS_TYPE), RtpCodecKind::Audio)?;
    engine.register_codec(parameters(video_codec(codec), VIDEO_TYPE), RtpCodecKind::Video)?;
    let rtx = RTCRtpCodec {
        mime_type: MIME_TYPE_RTX.to_owned(),
        clock_rate: 90_000,
        channels: 0,
        sdp_fmtp_line: format!("apt={VIDEO_TYPE}"),
        rtcp_feedback: vec![],
    };
    engine.register_codec(parameters(rtx, VIDEO_RTX_TYPE), RtpCodecKind::Video)?;
    for (uri, kind) in [
        (MID_URI, RtpCodecKind::Video),
        (RID_URI, RtpCodecKind::Video),
        (REPAIRED_RID_URI, RtpCodecKind::Video),
        (MID_URI, RtpCodecKind::Audio),
        (AUDIO_LEVEL_URI, RtpCodecKind::Audio),
    ] {
        engine.register_header_extension(RTCRtpHeaderExtensionCapability { uri: uri.to_owned() }, kind, None)?;
    }
    Ok(engine)
}

fn interceptors(engine: &mut MediaEngine, pulse: Arc<Pulse>) -> Registry {
    for parameter in ["", "pli"] {
        let feedback = RTCPFeedback { typ: "nack".to_owned(), parameter: parameter.to_owned() };
        engine.register_feedback(feedback, RtpCodecKind::Video);
    }
    Registry::new()
        .with(Slot::NackResponder, NackResponderBuilder::new().build())
        .with(Slot::NackGenerator, NackGeneratorBuilder::new().build())
        .with(Slot::ReceiverReport, ReceiverReportBuilder::new().build())
        .with(Slot::SenderReport, SenderReportBuilder::new().with_interval(REPORT_EVERY).build())
        .with(Slot::from(APPLICATION_SLOT), Feedback::new(pulse))
}

fn parameters(rtp_codec: RTCRtpCodec, payload_type: u8) -> RTCRtpCodecParameters {
    RTCRtpCodecParameters { rtp_codec, payload_type }
}

fn opus_codec() -> RTCRtpCodec {
    RTCRtpCodec {
        mime_type: MIME_TYPE_OPUS.to_owned(),
        clock_rate: 48_000,
        channels: 2,
        sdp_fmtp_line: "minptime=10;useinbandfec=1".to_owned(),
        rtcp_feedback: vec![],
    }
}

fn video_codec(codec: VideoCodec) -> RTCRtpCodec {
    let (mime_type, sdp_fmtp_line) = match codec {
        VideoCodec::H264 => (MIME_TYPE_H264, H264_PARAMETERS),
        VideoCodec::Vp8 => (MIME_TYPE_VP8, ""),
    };
    RTCRtpCodec {
        mime_type: mime_type.to_owned(),
        clock_rate: 90_000,
        channels: 0,
        sdp_fmtp_line: sdp_fmtp_line.to_owned(),
        rtcp_feedback: vec![RTCPFeedback { typ: "ccm".to_owned(), parameter: "fir".to_owned() }],
    }
}

fn codec_kind(kind: MediaKind) -> RtpCodecKind {
    match kind {
        MediaKind::Audio => RtpCodecKind::Audio,
        MediaKind::Video => RtpCodecKind::Video,
    }
}

async fn add_receiver(connection: &dyn PeerConnection, kind: MediaKind) -> anyhow::Result<()> {
    let init = RTCRtpTransceiverInit {
        direction: RTCRtpTransceiverDirection::Recvonly,
        streams: vec![],
        send_encodings: vec![],
    };
    connection.add_transceiver_from_kind(codec_kind(kind), Some(init)).await.context("adding a receiver")?;
    Ok(())
}

async fn add_sender(
    connection: &dyn PeerConnection,
    line: &MediaLine,
    video: VideoCodec,
) -> anyhow::Result<SenderLine> {
    let codec = match line.kind {
        MediaKind::Audio => opus_codec(),
        MediaKind::Video => video_codec(video),
    };
    let rids: Vec<&str> = match line.slot {
        wire::Slot::Camera => LAYERS.iter().map(|spec| spec.rid).collect(),
        _ => vec![""],
    };
    let encodings: Vec<RTCRtpEncodingParameters> = rids
        .into_iter()
        .map(|rid| RTCRtpEncodingParameters {
            rtp_coding_parameters: RTCRtpCodingParameters {
                rid: rid.to_owned(),
                ssrc: Some(rand::random_range(1..=u32::MAX)),
                ..RTCRtpCodingParameters::default()
            },
            active: true,
            codec: codec.clone(),
            ..RTCRtpEncodingParameters::default()
        })
        .collect();
    let ssrcs = encodings.iter().filter_map(|encoding| encoding.rtp_coding_parameters.ssrc).collect();
    let name = crate::slots::name(line.slot);
    let track: Arc<dyn TrackLocal> = Arc::new(TrackLocalStaticRTP::new(MediaStreamTrack::new(
        "site".to_owned(),
        name.clone(),
        name,
        codec_kind(line.kind),
        encodings.clone(),
    )));
    let init = RTCRtpTransceiverInit {
        direction: RTCRtpTransceiverDirection::Sendonly,
        streams: vec![],
        send_encodings: encodings,
    };
    let transceiver = connection
        .add_transceiver_from_track(Arc::clone(&track), Some(init))
        .await
        .with_context(|| format!("adding the sender of {:?}", line.slot))?;
    Ok(SenderLine { line: line.clone(), transceiver, track, ssrcs })
}

/// The stream of one encoding with what was negotiated for it: the library leaves MID and RID to its user.
async fn stream_of(sender: &SenderLine, ssrc: u32, rid: Option<&'static str>) -> anyhow::Result<RtpStream> {
    let mid = sender.transceiver.mid().await?.context("an answered line has a MID")?;
    let rtp_sender = sender.transceiver.sender().await?.context("a sending line has a sender")?;
    let negotiated = rtp_sender.get_parameters().await?.rtp_parameters;
    let payload_type = negotiated
        .codecs
        .iter()
        .find(|codec| !codec.rtp_codec.mime_type.eq_ignore_ascii_case(MIME_TYPE_RTX))
        .map(|codec| codec.payload_type)
        .context("no codec was agreed")?;
    let id_of = |uri: &str| {
        negotiated.header_extensions.iter().find(|known| known.uri == uri).and_then(|known| u8::try_from(known.id).ok())
    };
    let mut extensions = Vec::new();
    extensions.extend(id_of(MID_URI).map(|id| (id, Bytes::from(mid))));
    extensions.extend(id_of(RID_URI).zip(rid).map(|(id, rid)| (id, Bytes::from_static(rid.as_bytes()))));
    let level_id = match sender.line.kind {
        MediaKind::Audio => id_of(AUDIO_LEVEL_URI),
        MediaKind::Video => None,
    };
    Ok(RtpStream { track: Arc::clone(&sender.track), ssrc, payload_type, extensions, level_id })
}

/// Reads the relay's feedback on a sent track until the connection is gone.
fn listen_for_requests(track: Arc<dyn TrackLocal>) -> mpsc::Receiver<u32> {
    let (sender, receiver) = mpsc::channel(MAX_KEYFRAME_REQUESTS);
    tokio::spawn(async move {
        while let Some(event) = track.poll().await {
            if let TrackLocalEvent::OnRtcpPacket(packets) = event {
                for ssrc in asked_ssrcs(&packets) {
                    if sender.send(ssrc).await.is_err() {
                        return;
                    }
                }
            }
        }
    });
    receiver
}
