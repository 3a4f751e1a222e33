//! A server of one site: the real protocol on a WebSocket, a peer connection of the library where the relay would be.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use endpoint::{packetize, sei, sound};
use futures_util::{SinkExt, StreamExt};
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtp;
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodingParameters, RTCRtpEncodingParameters, RTCRtpHeaderExtensionCapability, RtpCodecKind,
};
use rtc::rtp_transceiver::{RTCRtpTransceiverDirection, RTCRtpTransceiverInit};
use tokio::sync::{broadcast, watch};
use tokio_tungstenite::tungstenite::Message;
use webrtc::media_stream::MediaStreamTrack;
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};
use webrtc::peer_connection::{
    MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCIceGatheringState,
    RTCSessionDescription, Registry, SettingEngineBuilder, register_default_interceptors,
};
use wire::{
    ClientMessage, ConferenceId, InstanceId, Layout, LiveView, MediaDirection, MediaKind, MediaLine, MediaPlan,
    Picture, Revision, Role, ServerMessage, SiteSlug, Slot, Uplink, VideoCodec, Welcome, You,
};

const AUDIO_LEVEL_URI: &str = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";

/// Payload type of Opus in the endpoint's offers.
const OPUS_TYPE: u8 = 111;
const PROGRAMME_SSRC: u32 = 7;

/// A message of the endpoint.
#[derive(Debug, Clone)]
pub struct Heard {
    pub at: Instant,
    pub message: ClientMessage,
}

/// What arrived of one simulcast layer.
#[derive(Debug, Clone, Default)]
pub struct LayerSeen {
    pub frames: u32,
    pub keyframes: u32,
    pub first_was_keyframe: bool,
    pub markers_of: BTreeSet<u16>,
}

#[derive(Debug, Clone)]
enum Order {
    Say(Box<ServerMessage>),
    Cut,
}

#[derive(Default)]
struct State {
    heard: Mutex<Vec<Heard>>,
    layers: Mutex<BTreeMap<String, LayerSeen>>,
    instance: Mutex<String>,
    /// The camera's track and the SSRC of each RID.
    camera: Mutex<Option<Arc<dyn TrackRemote>>>,
    ssrcs: Mutex<BTreeMap<u32, String>>,
    /// Id of the audio-level extension in the offer, and its values on sound packets.
    level_id: Mutex<Option<u8>>,
    levels: Mutex<Vec<u8>>,
    /// Tones of the microphone, a window after the other.
    sounds: Mutex<Vec<sound::Heard>>,
    /// Where the programme's sound is sent.
    programme: Mutex<Option<Arc<dyn TrackLocal>>>,
    relays: Mutex<Vec<Arc<dyn PeerConnection>>>,
}

/// The server.
pub struct FakeServer {
    address: SocketAddr,
    state: Arc<State>,
    orders: broadcast::Sender<Order>,
}

impl FakeServer {
    pub async fn start(instance: &str) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State::default());
        *state.instance.lock().unwrap() = instance.to_owned();
        let (orders, _) = broadcast::channel(16);
        let (shared, sender) = (Arc::clone(&state), orders.clone());
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, Arc::clone(&shared), sender.subscribe()));
            }
        });
        Self { address, state, orders }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn heard(&self) -> Vec<Heard> {
        self.state.heard.lock().unwrap().clone()
    }

    pub fn layers(&self) -> BTreeMap<String, LayerSeen> {
        self.state.layers.lock().unwrap().clone()
    }

    /// Values of the audio-level extension (RFC 6464) that arrived.
    pub fn audio_levels(&self) -> Vec<u8> {
        self.state.levels.lock().unwrap().clone()
    }

    /// What was heard from the microphone.
    pub fn sounds(&self) -> Vec<sound::Heard> {
        self.state.sounds.lock().unwrap().clone()
    }

    /// Plays a site's tone as the programme from now on.
    pub fn play(&self, site: u16) {
        let track = self.state.programme.lock().unwrap().clone().unwrap();
        tokio::spawn(play(track, site));
    }

    pub fn set_instance(&self, instance: &str) {
        *self.state.instance.lock().unwrap() = instance.to_owned();
    }

    /// Breaks the WebSocket off.
    pub fn cut(&self) {
        self.orders.send(Order::Cut).unwrap();
    }

    pub fn say_uplink(&self, uplink: Uplink) {
        self.orders.send(Order::Say(Box::new(ServerMessage::Uplink(uplink)))).unwrap();
    }

    /// Sends a PLI for a layer.
    pub fn ask_keyframe(&self, rid: &str) {
        let ssrcs = self.state.ssrcs.lock().unwrap();
        let media_ssrc = *ssrcs.iter().find(|(_, known)| *known == rid).unwrap().0;
        let track = self.state.camera.lock().unwrap().clone().unwrap();
        tokio::spawn(async move {
            track.write_rtcp(vec![Box::new(PictureLossIndication { sender_ssrc: 1, media_ssrc })]).await.unwrap();
        });
    }
}

async fn serve(stream: tokio::net::TcpStream, state: Arc<State>, mut orders: broadcast::Receiver<Order>) {
    let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
    loop {
        let answer = tokio::select! {
            order = orders.recv() => match order.unwrap() {
                Order::Say(message) => Some(*message),
                Order::Cut => return,
            },
            message = socket.next() => {
                let Some(Ok(Message::Text(text))) = message else { return };
                let message: ClientMessage = serde_json::from_str(&text).unwrap();
                state.heard.lock().unwrap().push(Heard { at: Instant::now(), message: message.clone() });
                reply(&state, message).await
            }
        };
        if let Some(answer) = answer {
            socket.send(Message::text(serde_json::to_string(&answer).unwrap())).await.unwrap();
        }
    }
}

async fn reply(state: &Arc<State>, message: ClientMessage) -> Option<ServerMessage> {
    match message {
        ClientMessage::Hello(_) => {
            let instance = state.instance.lock().unwrap().clone();
            Some(ServerMessage::Welcome(Box::new(welcome(instance))))
        }
        ClientMessage::Ping { nonce } => Some(ServerMessage::Pong { nonce, now: 0 }),
        ClientMessage::Offer { generation, sdp } => {
            Some(ServerMessage::Answer { generation, sdp: answer(state, sdp).await })
        }
        _ => None,
    }
}

fn plan() -> MediaPlan {
    let line = |slot, kind, direction| MediaLine { slot, kind, direction };
    MediaPlan {
        codec: VideoCodec::H264,
        lines: vec![
            line(Slot::Camera, MediaKind::Video, MediaDirection::Send),
            line(Slot::Microphone, MediaKind::Audio, MediaDirection::Send),
            line(Slot::Content, MediaKind::Video, MediaDirection::Send),
            line(Slot::Program { index: 0 }, MediaKind::Video, MediaDirection::Receive),
            line(Slot::Program { index: 0 }, MediaKind::Audio, MediaDirection::Receive),
        ],
    }
}

fn welcome(instance: String) -> Welcome {
    Welcome {
        instance: InstanceId(instance),
        revision: Revision(41),
        now: 0,
        you: You {
            conference: ConferenceId("c".into()),
            role: Role::Site,
            name: "Cao Bằng".into(),
            site: Some(SiteSlug("cao-bang".into())),
            endpoint: None,
        },
        media: plan(),
        state: None,
        live: Box::new(LiveView {
            sites: BTreeMap::new(),
            operators: vec![],
            lease: None,
            lease_missing_since: None,
            journal_ok: true,
            relay_keeps_up: true,
            now: 0,
        }),
        picture: Picture {
            take: None,
            layout: Layout::Single,
            cells: vec![],
            audio: vec![],
            plays_sound: true,
            on_air: false,
        },
        uplink: Uplink { low: true, mid: false, high: false, content: false },
    }
}

struct Events {
    state: Arc<State>,
    gathered: watch::Sender<bool>,
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Events {
    async fn on_ice_gathering_state_change(&self, gathering: RTCIceGatheringState) {
        if gathering == RTCIceGatheringState::Complete {
            self.gathered.send_replace(true);
        }
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        tokio::spawn(watch_layers(Arc::clone(&self.state), track));
    }
}

/// Sends a tone until the endpoint is gone.
async fn play(track: Arc<dyn TrackLocal>, site: u16) {
    let mut microphone = sound::Microphone::of_site(site).unwrap();
    let mut ticks = tokio::time::interval(Duration::from_millis(sound::FRAME_MS));
    for sequence in 0..u16::MAX {
        ticks.tick().await;
        let header = rtp::Header {
            version: 2,
            payload_type: OPUS_TYPE,
            sequence_number: sequence,
            timestamp: u32::from(sequence) * sound::FRAME_SAMPLES as u32,
            ssrc: PROGRAMME_SSRC,
            ..rtp::Header::default()
        };
        let packet = rtp::Packet { header, payload: microphone.next_frame().unwrap() };
        if track.write_rtp(packet).await.is_err() {
            return;
        }
    }
}

async fn watch_layers(state: Arc<State>, track: Arc<dyn TrackRemote>) {
    let mut ear = sound::Ear::new(64).unwrap();
    while let Some(event) = track.poll().await {
        match event {
            TrackRemoteEvent::OnOpen(init) => {
                if let Some(rid) = init.rid {
                    state.ssrcs.lock().unwrap().insert(init.ssrc, rid.to_string());
                    *state.camera.lock().unwrap() = Some(Arc::clone(&track));
                }
            }
            TrackRemoteEvent::OnRtpPacket(packet) => {
                let Some(rid) = state.ssrcs.lock().unwrap().get(&packet.header.ssrc).cloned() else {
                    let id = *state.level_id.lock().unwrap();
                    let level = id.and_then(|id| packet.header.get_extension(id));
                    state.levels.lock().unwrap().extend(level.map(|level| level[0]));
                    state.sounds.lock().unwrap().extend(ear.hear(&packet.payload).unwrap());
                    continue;
                };
                let mut layers = state.layers.lock().unwrap();
                let layer = layers.entry(rid).or_default();
                let keyframe = packetize::begins_keyframe(&packet.payload);
                let stamps: Vec<_> = packetize::whole_units(&packet.payload).filter_map(sei::read).collect();
                layer.first_was_keyframe |= layer.frames == 0 && keyframe;
                layer.keyframes += u32::from(keyframe && !stamps.is_empty());
                layer.frames += u32::from(packet.header.marker);
                layer.markers_of.extend(stamps.iter().map(|stamp| stamp.marker.site));
            }
            _ => {}
        }
    }
}

/// Answers like the relay: one peer connection that receives the camera's layers.
async fn answer(state: &Arc<State>, offer: String) -> String {
    let mut engine = MediaEngine::default();
    engine.register_default_codecs().unwrap();
    let level = RTCRtpHeaderExtensionCapability { uri: AUDIO_LEVEL_URI.to_owned() };
    engine.register_header_extension(level, RtpCodecKind::Audio, None).unwrap();
    *state.level_id.lock().unwrap() = extension_id(&offer, AUDIO_LEVEL_URI);
    let registry = register_default_interceptors(Registry::new(), &mut engine).unwrap();
    let (gathered, mut done) = watch::channel(false);
    let settings = SettingEngineBuilder::new().with_include_loopback_candidate(true).build();
    let relay: Arc<dyn PeerConnection> = Arc::new(
        PeerConnectionBuilder::new()
            .with_media_engine(engine)
            .with_setting_engine(settings)
            .with_interceptor_registry(registry)
            .with_handler(Arc::new(Events { state: Arc::clone(state), gathered }))
            .with_udp_addrs(vec!["127.0.0.1:0".to_owned()])
            .build()
            .await
            .unwrap(),
    );
    let programme = programme();
    let sends = RTCRtpTransceiverInit {
        direction: RTCRtpTransceiverDirection::Sendonly,
        streams: vec![],
        send_encodings: programme.codings().await,
    };
    relay.add_transceiver_from_track(Arc::clone(&programme), Some(sends)).await.unwrap();
    *state.programme.lock().unwrap() = Some(programme);
    relay.set_remote_description(RTCSessionDescription::offer(offer).unwrap()).await.unwrap();
    let answer = relay.create_answer(None).await.unwrap();
    relay.set_local_description(answer).await.unwrap();
    done.wait_for(|done| *done).await.unwrap();
    let sdp = relay.local_description().await.unwrap().sdp;
    state.relays.lock().unwrap().push(relay);
    sdp
}

fn programme() -> Arc<dyn TrackLocal> {
    let codec = RTCRtpCodec {
        mime_type: "audio/opus".to_owned(),
        clock_rate: 48_000,
        channels: 2,
        sdp_fmtp_line: "minptime=10;useinbandfec=1".to_owned(),
        rtcp_feedback: vec![],
    };
    let encoding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters {
            ssrc: Some(PROGRAMME_SSRC),
            ..RTCRtpCodingParameters::default()
        },
        active: true,
        codec,
        ..RTCRtpEncodingParameters::default()
    };
    let name = || "programme".to_owned();
    Arc::new(TrackLocalStaticRTP::new(MediaStreamTrack::new(
        name(),
        name(),
        name(),
        RtpCodecKind::Audio,
        vec![encoding],
    )))
}

/// Id of a header extension (RFC 8285 §5): `a=extmap:ID URI`.
fn extension_id(sdp: &str, uri: &str) -> Option<u8> {
    sdp.lines()
        .filter_map(|line| line.trim_end().strip_prefix("a=extmap:")?.split_once(' '))
        .find(|(_, of)| *of == uri)
        .and_then(|(id, _)| id.parse().ok())
}
