//! Janus and its peers: signalling of the videoroom, so that the traffic is the one that the relay gets.

use std::{
    net::SocketAddrV4,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use serde_json::{Value, json};

use super::{
    client::JanusClient,
    process::{JanusProcess, ROOM},
    sdp::{self, Local, Remote},
};
use crate::{
    bed::Bed,
    offer::{self, publisher_plan},
    orders::Usage,
    peer::Peer,
    scenario::HIGH,
    stream::{CAMERA, SOUND, Stream},
    stun::Credentials,
    subject::Subject,
    traffic::Traffic,
    world::{JOINING_AT_ONCE, PASSWORD, SSRC_STEP, ufrag},
};

/// A question is answered by then, and a peer is connected.
const PATIENCE: Duration = Duration::from_secs(20);
/// Janus 1.1.2 ends at once if the thread of its Unix socket runs before the flag is set that tells it to go on.
const STARTS: usize = 5;
/// Between two looks for an answer.
const LOOK: Duration = Duration::from_millis(1);
/// The publisher's number among the peers.
pub const PUBLISHER: usize = 0;

/// A janus process and its peers. The first peer is the publisher.
pub struct JanusWorld {
    traffic: Traffic,
    client: JanusClient,
    process: JanusProcess,
    bed: Bed,
    session: u64,
    /// By peer.
    handles: Vec<u64>,
    /// The publisher's name in the room.
    feed: u64,
}

impl JanusWorld {
    /// Starts Janus on the server's core and a publisher in its room.
    ///
    /// # Errors
    ///
    /// Janus does not start or refuses, or the publisher does not connect.
    pub fn start(bed: &Bed) -> anyhow::Result<Self> {
        let (process, client) = start(bed)?;
        // Each peer learns an address of its own; nobody speaks to port 9.
        let traffic = Traffic::open(bed.network, SocketAddrV4::new(bed.network.server, 9))?;
        let mut world = Self { traffic, client, process, bed: bed.clone(), session: 0, handles: Vec::new(), feed: 0 };
        let session = world.ask(json!({"janus": "create"}))?;
        world.session = session["data"]["id"].as_u64().context("a session has a number")?;
        world.publish()?;
        Ok(world)
    }

    /// Joins many subscribers, some at once, and waits until all are connected; gives their numbers.
    ///
    /// # Errors
    ///
    /// One of them does not connect.
    pub fn subscribe(&mut self, count: usize) -> anyhow::Result<Vec<usize>> {
        let mut peers = Vec::new();
        while peers.len() < count {
            let some = JOINING_AT_ONCE.min(count - peers.len());
            let wave: Vec<usize> = (0..some).map(|_| self.subscriber()).collect::<Result<_, _>>()?;
            self.await_open(&wave)?;
            peers.extend(wave);
        }
        Ok(peers)
    }

    fn publish(&mut self) -> anyhow::Result<()> {
        let plan = publisher_plan();
        let index = self.peer(true)?;
        let joined = self.tell(index, json!({"request": "join", "ptype": "publisher", "room": ROOM}), None)?;
        self.feed = joined["plugindata"]["data"]["id"].as_u64().context("a publisher has a number")?;
        let sdp = offer::write(&plan, &ufrag(index), PASSWORD, self.traffic.crowd.fingerprint());
        // The load is DTLS's client everywhere, and Janus would take that part if it were left to it.
        let sdp = sdp.replace("a=setup:actpass", "a=setup:active");
        let mux = "a=rtcp-mux\r\n";
        let sdp = sdp.replace(mux, &format!("{mux}{}", sdp::own_candidate(self.address(index))));
        let answered = self.tell(index, json!({"request": "publish"}), Some(json!({"type": "offer", "sdp": sdp})))?;
        let remote = sdp::read(answered["jsep"]["sdp"].as_str().context("the publisher is answered")?)?;
        self.agree(index, &remote)?;
        let now = Instant::now();
        let peer = &mut self.traffic.crowd.peers[index];
        for (line, agreed) in (0u16..).zip(&remote.lines) {
            let layer = if agreed.video { HIGH } else { SOUND };
            let terms = peer.terms(0, line, layer, None, agreed.payload_type);
            peer.streams.push(match agreed.video {
                true => Stream::picture(now, terms, CAMERA[usize::from(HIGH)]),
                false => Stream::sound(now, terms),
            });
        }
        peer.want(now, vec![HIGH]);
        self.traffic.publish(index);
        self.await_open(&[index])
    }

    fn subscriber(&mut self) -> anyhow::Result<usize> {
        let index = self.peer(false)?;
        let streams = json!([{"feed": self.feed}]);
        let join = json!({"request": "join", "ptype": "subscriber", "room": ROOM, "streams": streams});
        let offered = self.tell(index, join, None)?;
        let remote = sdp::read(offered["jsep"]["sdp"].as_str().context("a subscriber gets an offer")?)?;
        let peer = &mut self.traffic.crowd.peers[index];
        for (line, offered) in (0u16..).zip(&remote.lines) {
            let ssrc = offered.ssrc.context("Janus names its SSRCs")?;
            peer.receive(line, offered.video, ssrc, offered.rtx_ssrc);
        }
        let ufrag = ufrag(index);
        let address = self.address(index);
        let fingerprint = self.traffic.crowd.fingerprint();
        let answer = sdp::answer(&remote, Local { ufrag: &ufrag, password: PASSWORD, fingerprint, address });
        self.agree(index, &remote)?;
        self.tell(index, json!({"request": "start"}), Some(json!({"type": "answer", "sdp": answer})))?;
        Ok(index)
    }

    /// A new peer with a handle of the videoroom.
    fn peer(&mut self, sounds: bool) -> anyhow::Result<usize> {
        let index = self.traffic.crowd.peers.len();
        let plan = if sounds { publisher_plan() } else { Vec::new() };
        let ssrc = 1_000_000 + u32::try_from(index)? * SSRC_STEP;
        self.traffic.crowd.peers.push(Peer::offering(plan, ssrc, sounds));
        let attach = json!({"janus": "attach", "session_id": self.session, "plugin": "janus.plugin.videoroom"});
        let attached = self.ask(attach)?;
        self.handles.push(attached["data"]["id"].as_u64().context("a handle has a number")?);
        Ok(index)
    }

    fn agree(&mut self, index: usize, remote: &Remote) -> anyhow::Result<()> {
        let credentials = Credentials {
            remote_ufrag: remote.ufrag.clone(),
            remote_password: remote.password.clone(),
            local_ufrag: ufrag(index),
        };
        let server = remote.address.context("Janus says where it listens")?;
        self.traffic.direct(index, server);
        let peer = &mut self.traffic.crowd.peers[index];
        // libnice checks the path even as ICE-lite, and takes it for good only when it is answered.
        peer.checked_by = Some(server);
        peer.agree(credentials, remote.fingerprint.clone(), remote.extensions);
        self.traffic.crowd.begin_checks(Instant::now(), index);
        Ok(())
    }

    fn address(&self, index: usize) -> SocketAddrV4 {
        SocketAddrV4::new(self.bed.network.address_of(index), self.traffic.port())
    }

    fn await_open(&mut self, peers: &[usize]) -> anyhow::Result<()> {
        let patience = Instant::now() + PATIENCE;
        while !peers.iter().all(|peer| self.traffic.crowd.peers[*peer].is_open()) {
            if Instant::now() > patience {
                let open = peers.iter().filter(|peer| self.traffic.crowd.peers[**peer].is_open()).count();
                bail!("{open} of {} peers connected to Janus within {PATIENCE:?}", peers.len());
            }
            self.run_for(LOOK)?;
        }
        Ok(())
    }

    /// Tells the videoroom something; gives its answer.
    fn tell(&mut self, peer: usize, body: Value, jsep: Option<Value>) -> anyhow::Result<Value> {
        let handle = self.handles[peer];
        let mut message = json!({"janus": "message", "session_id": self.session, "handle_id": handle, "body": body});
        if let Some(jsep) = jsep {
            message["jsep"] = jsep;
        }
        self.ask(message)
    }

    /// Asks Janus and waits for the answer, while traffic flows.
    fn ask(&mut self, message: Value) -> anyhow::Result<Value> {
        let transaction = self.client.ask(message)?;
        let patience = Instant::now() + PATIENCE;
        while Instant::now() < patience {
            if let Some(answer) = self.client.answer(transaction)? {
                return Ok(answer);
            }
            self.run_for(LOOK)?;
        }
        bail!("janus does not answer")
    }
}

/// Starts Janus and reaches it.
fn start(bed: &Bed) -> anyhow::Result<(JanusProcess, JanusClient)> {
    let mut last = None;
    for _ in 0..STARTS {
        let mut process = JanusProcess::start(bed)?;
        match JanusClient::connect(&process.socket(), || process.check()) {
            Ok(client) => return Ok((process, client)),
            Err(error) => last = Some(error),
        }
    }
    Err(last.context("it was tried")?)
}

impl Subject for JanusWorld {
    fn traffic(&mut self) -> &mut Traffic {
        &mut self.traffic
    }

    fn usage(&mut self) -> anyhow::Result<Usage> {
        self.process.usage()
    }

    fn hear(&mut self) -> anyhow::Result<()> {
        while let Some(event) = self.client.hear()? {
            let peer = self.handles.iter().position(|handle| event["sender"] == *handle);
            match (event["janus"].as_str(), peer) {
                (Some("webrtcup"), Some(peer)) => self.traffic.crowd.peers[peer].connected = true,
                (Some("hangup"), Some(peer)) => bail!("janus lost peer {peer}: {}", event["reason"]),
                _ => {}
            }
        }
        Ok(())
    }
}
