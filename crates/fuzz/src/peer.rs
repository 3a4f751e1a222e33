//! A peer of the relay that has its keys in its own hand: it connects as a browser would, then seals whatever it is told.

use std::{
    net::SocketAddr,
    sync::{Arc, OnceLock},
    time::{Duration, Instant, SystemTime},
};

use bytes::BytesMut;
use relay_core::{
    Candidate, Codec, DtlsCertificate, EndpointId, Negotiated, Relay, RelayConfig, RelayEvent, TimeAnchor, Transport,
    Tuple,
};
use rtc_dtls::{
    config::{ClientAuthType, ConfigBuilder, ExtendedMasterSecretType, HandshakeConfig},
    crypto::Certificate,
    crypto_provider::{RTCCryptoProvider, SignatureScheme, providers::RingProvider},
    endpoint::{Endpoint, EndpointEvent},
    extension::extension_use_srtp::SrtpProtectionProfile,
};
use rtc_shared::TransportProtocol;
use rtc_srtp::{
    config::{Config, LABEL_EXTRACTOR_DTLS_SRTP},
    context::Context,
    protection_profile::ProtectionProfile,
};
use rtc_stun::{
    attributes::{ATTR_ICE_CONTROLLING, ATTR_PRIORITY, ATTR_USE_CANDIDATE, ATTR_USERNAME},
    message::{BINDING_REQUEST, Message, TransactionId},
};

use crate::{
    offer::{self, Own},
    reception::Streams,
    sealing::Sealer,
};

/// Candidates and DTLS need an address; there is one relay.
const RELAY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 5_000);
/// The peers' own ICE password; the relay never uses it.
pub(crate) const PASSWORD: &str = "a-password-of-24-letters";
/// A handshake is a few flights; more turns mean that it stands still.
const MAX_TURNS: usize = 64;

/// One certificate serves the relay and all peers of a process: making one for each would cost more than the rest.
pub(crate) struct Identity {
    pub certificate: DtlsCertificate,
    client: Arc<HandshakeConfig>,
}

impl Identity {
    pub(crate) fn get() -> &'static Self {
        static IDENTITY: OnceLock<Identity> = OnceLock::new();
        IDENTITY.get_or_init(Self::generate)
    }

    fn generate() -> Self {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).expect("the system gives randomness");
        let parameters = rcgen::CertificateParams::new(vec!["fuzz".to_owned()]).expect("a name of ASCII letters");
        let der = parameters.self_signed(&key).expect("the key signs").der().to_vec();
        let key = key.serialize_der();
        let provider: Arc<dyn RTCCryptoProvider> = Arc::new(RingProvider::new());
        let signing = provider.crypto().import_signing_key(SignatureScheme::EcdsaP256Sha256, &key);
        let certificate = Certificate::from_signing_key(vec![der.clone().into()], signing.expect("a P-256 key"));
        let client = ConfigBuilder::default()
            .with_crypto_provider(provider)
            .with_certificates(vec![certificate])
            .with_client_auth(ClientAuthType::RequireAnyClientCert)
            // The targets attack what comes after the handshake; whom it was made with is not in question.
            .with_insecure_skip_verify(true)
            .with_extended_master_secret(ExtendedMasterSecretType::Require)
            .with_srtp_protection_profiles(vec![SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm])
            .build(true, Some(RELAY));
        Self {
            certificate: DtlsCertificate { der, key },
            client: Arc::new(client.expect("the configuration is whole")),
        }
    }
}

/// A relay whose random choices are the same in every run.
pub(crate) fn relay(now: Instant, codec: Codec) -> Relay {
    let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let candidate = |transport| Candidate { transport, address: RELAY };
    Relay::new(RelayConfig {
        anchor: TimeAnchor { instant: now, wall },
        seed: [7; 32],
        certificate: Identity::get().certificate.clone(),
        candidates: [Transport::Udp, Transport::Tcp].map(candidate).to_vec(),
        codec,
    })
    .expect("the certificate is good")
}

/// What checks of an answered peer carry.
#[derive(Debug, Clone)]
pub(crate) struct Credentials {
    pub relay_ufrag: String,
    pub relay_password: String,
    pub own_ufrag: String,
}

impl Credentials {
    /// Out of an answer, or of the fragment of an ICE restart.
    pub(crate) fn read(sdp: &str, own_ufrag: &str) -> Self {
        let value = |key: &str| {
            let line = sdp.lines().find_map(|line| line.strip_prefix(key));
            line.expect("an answer has credentials").to_owned()
        };
        Self {
            relay_ufrag: value("a=ice-ufrag:"),
            relay_password: value("a=ice-pwd:"),
            own_ufrag: own_ufrag.to_owned(),
        }
    }

    pub(crate) fn username(&self) -> String {
        format!("{}:{}", self.relay_ufrag, self.own_ufrag)
    }

    /// A Binding request that nominates the address it comes from (RFC 8445 §7.1).
    pub(crate) fn check(&self) -> Vec<u8> {
        let mut message = request();
        message.add(ATTR_USERNAME, self.username().as_bytes());
        message.add(ATTR_PRIORITY, &1_u32.to_be_bytes());
        message.add(ATTR_ICE_CONTROLLING, &7_u64.to_be_bytes());
        message.add(ATTR_USE_CANDIDATE, &[]);
        crate::stun::protect(message, &self.relay_password)
    }
}

/// A Binding request without attributes; its transaction is always the same.
pub(crate) fn request() -> Message {
    let mut message = Message::new();
    message.set_type(BINDING_REQUEST);
    message.transaction_id = TransactionId([7; 12]);
    message.write_header();
    message
}

/// A connected peer.
pub(crate) struct Peer {
    pub id: EndpointId,
    pub tuple: Tuple,
    pub credentials: Credentials,
    pub negotiated: Negotiated,
    pub sealer: Sealer,
    /// Opens what the relay sends.
    pub inbound: Context,
    /// What it received.
    pub streams: Streams,
    /// Last payload of the line that carries the witness.
    pub heard: Option<Vec<u8>>,
}

impl Peer {
    /// Offers, checks, and shakes hands, without delay and loss.
    pub(crate) fn connect(
        relay: &mut Relay,
        now: Instant,
        id: EndpointId,
        tuple: Tuple,
        codec: Codec,
        transport_feedback: bool,
    ) -> Self {
        let ufrag = format!("peer{}", id.0);
        let fingerprint = Identity::get().certificate.fingerprint();
        let own =
            Own { ufrag: &ufrag, password: PASSWORD, fingerprint: &fingerprint, setup: "actpass", transport_feedback };
        let answer = relay.accept_offer(now, id, &offer::plan(), &offer::write(codec, &own)).expect("a good offer");
        let credentials = Credentials::read(&answer.sdp, &ufrag);
        relay.handle_datagram(now, tuple, &mut credentials.check());
        let (sealer, inbound) = keys(relay, now, tuple);
        Self {
            id,
            tuple,
            credentials,
            negotiated: answer.negotiated,
            sealer,
            inbound,
            streams: Streams::default(),
            heard: None,
        }
    }
}

/// Shakes hands with the relay as the side that says hello; what both sides seal with.
fn keys(relay: &mut Relay, now: Instant, tuple: Tuple) -> (Sealer, Context) {
    let mut client = Endpoint::new(RELAY, TransportProtocol::UDP, None);
    client.connect(now, RELAY, Identity::get().client.clone(), None).expect("a new association");
    let (mut done, mut connected) = (false, false);
    let mut buffer = Vec::new();
    for _ in 0..MAX_TURNS {
        if done && connected {
            return export(&client);
        }
        while let Some(transmit) = client.poll_transmit() {
            relay.handle_datagram(now, tuple, &mut transmit.message.to_vec());
        }
        relay.handle_timeout(now);
        while relay.poll_transmit(now, &mut buffer).is_some() {
            let datagram = std::mem::take(&mut buffer);
            if (20..64).contains(&datagram[0]) {
                let events = client.read(now, RELAY, None, BytesMut::from(&datagram[..])).expect("honest records");
                done |= events.iter().any(|event| matches!(event, EndpointEvent::HandshakeComplete));
            }
        }
        connected |=
            std::iter::from_fn(|| relay.poll_event()).any(|event| matches!(event, RelayEvent::Connected { .. }));
    }
    panic!("the handshake does not end")
}

fn export(client: &Endpoint) -> (Sealer, Context) {
    let state = client.get_connection_state(RELAY).expect("the association is there");
    let mut config = Config { profile: ProtectionProfile::AeadAes128Gcm, ..Config::default() };
    let material = state.export_keying_material(LABEL_EXTRACTOR_DTLS_SRTP, &[], config.keying_material_len());
    let material = material.expect("the handshake is done");
    config.set_session_keys_from_keying_material(material.as_ref(), true).expect("material of the asked length");
    let keys = &config.keys;
    let sealer = Sealer::new(&keys.local_master_key, &keys.local_master_salt);
    let provider = RingProvider::new();
    let (key, salt) = (&keys.remote_master_key, &keys.remote_master_salt);
    let inbound = Context::new(key, salt, config.profile, None, None, provider.crypto());
    (sealer, inbound.expect("keys of the profile"))
}
