//! Datagrams that nobody sealed, from peers and strangers, by UDP and by TCP, in any order: whatever they hold, a stranger hears
//! nothing, and no peer is thrown out by one who cannot prove to be it.

use std::time::Duration;

use relay_core::{Codec, ConnectionNumber, EndpointId, Tuple};

use crate::{
    offer::{self, Own},
    peer::{Credentials, Identity, PASSWORD},
    script::{Fields, Step, steps},
    sealed::{Side, World},
};

/// Steps by the lower bits of their kind; the upper ones say through which tuple.
pub(crate) mod kind {
    /// A datagram.
    pub(crate) const DATAGRAM: u8 = 0;
    /// Milliseconds pass.
    pub(crate) const PAUSE: u8 = 1;
    /// The newcomer checks its tuple.
    pub(crate) const CHECK: u8 = 2;
    /// The witness shows a frame and speaks.
    pub(crate) const WITNESS: u8 = 3;
    /// The newcomer leaves, and another comes with another role in DTLS.
    pub(crate) const NEWCOMER: u8 = 4;
    pub(crate) const COUNT: u8 = 5;
    /// Kinds for one tuple.
    pub(crate) const TUPLE: u8 = 16;
}

/// First id of the newcomers.
const FIRST_NEWCOMER: u64 = 100;
/// Bytes that one datagram may draw from the relay to a peer that has proved its address: two flights of a handshake.
const MAX_DRAWN: usize = 8 * 1_024;

struct Scene {
    world: World,
    /// A peer that has been answered: its handshake is up to the input.
    newcomer: EndpointId,
    credentials: Credentials,
    /// It has checked, so the relay may send to it.
    known: bool,
}

/// The target: a script.
pub fn run(input: &[u8]) {
    let mut scene = Scene::new();
    for step in steps(input) {
        scene.world.begin_step();
        scene.act(step);
        scene.holds_silence();
    }
    scene.world.end();
}

impl Scene {
    fn new() -> Self {
        let mut world = World::new(Codec::H264);
        let newcomer = EndpointId(FIRST_NEWCOMER);
        let credentials = offer(&mut world, newcomer);
        Self { world, newcomer, credentials, known: false }
    }

    fn act(&mut self, step: Step<'_>) {
        let from = self.tuple(step.kind / kind::TUPLE);
        let mut fields = Fields(step.body);
        match step.kind % kind::TUPLE % kind::COUNT {
            kind::DATAGRAM => self.world.hand_in(from, step.body.to_vec()),
            kind::PAUSE => self.world.pass(Duration::from_millis(fields.short().into())),
            kind::CHECK => {
                // It is forgotten if its handshake failed; then its check is a stranger's.
                self.known = !self.world.gone.contains(&self.newcomer);
                let check = self.credentials.check();
                self.world.hand_in(NEWCOMER, check);
            }
            kind::WITNESS => {
                self.world.witness_shows(fields.byte() & 1 == 0);
                self.world.witness_speaks();
            }
            _ => {
                self.world.relay.remove_endpoint(self.world.now, self.newcomer);
                self.world.drain();
                // Its goodbye was the last that its tuple may hear.
                self.holds_silence();
                self.world.begin_step();
                self.known = false;
                self.newcomer = EndpointId(self.newcomer.0 + 1);
                self.credentials = offer(&mut self.world, self.newcomer);
            }
        }
    }

    /// Tuples by number: those of the peers, and of strangers that look like them.
    fn tuple(&self, number: u8) -> Tuple {
        let (witness, hostile) = (self.world.peer(Side::Witness).tuple, self.world.peer(Side::Hostile).tuple);
        match number {
            0 => witness,
            1 => hostile,
            2 => NEWCOMER,
            3 => Tuple::Udp(hostile.address()),
            4 => Tuple::Tcp { connection: ConnectionNumber(2), address: witness.address() },
            5 => Tuple::Tcp { connection: ConnectionNumber(3), address: hostile.address() },
            number => Tuple::Udp(([192, 0, 2, number], 4_000).into()),
        }
    }

    fn holds_silence(&self) {
        let mut drawn = 0;
        for (to, bytes) in &self.world.elsewhere {
            assert!(*to == NEWCOMER && self.known, "a stranger, {to:?}, is sent {bytes} bytes");
            drawn += bytes;
        }
        assert!(drawn <= MAX_DRAWN, "one datagram draws {drawn} bytes");
        for stranger in [2, 3] {
            assert!(!self.world.relay.is_proven(ConnectionNumber(stranger)), "a stranger has proved itself");
        }
    }
}

const NEWCOMER: Tuple =
    Tuple::Udp(std::net::SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 3)), 4_000));

/// A newcomer's offer; every second one lets the relay say hello.
fn offer(world: &mut World, id: EndpointId) -> Credentials {
    let fingerprint = Identity::get().certificate.fingerprint();
    let setup = if id.0.is_multiple_of(2) { "actpass" } else { "passive" };
    let own = Own { ufrag: "newcomer", password: PASSWORD, fingerprint: &fingerprint, setup, transport_feedback: true };
    let offer = offer::write(Codec::H264, &own);
    let answer = world.relay.accept_offer(world.now, id, &offer::plan(), &offer).expect("a good offer");
    Credentials::read(&answer.sdp, own.ufrag)
}
