//! One DTLS 1.2 association per peer (RFC 6347, RFC 5764), driven by `rtc-dtls`.
//!
//! The association is tied to its peer, not to an address: datagrams of a peer that moved go into the same handshake.

use std::{
    collections::VecDeque,
    fmt,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::BytesMut;
use rtc_dtls::{
    config::{ClientAuthType, ConfigBuilder, ExtendedMasterSecretType, HandshakeConfig},
    crypto::Certificate,
    crypto_provider::{RTCCryptoProvider, SignatureScheme, providers::RingProvider},
    endpoint::{Endpoint, EndpointEvent},
    extension::extension_use_srtp::SrtpProtectionProfile,
};
use rtc_shared::TransportProtocol;
use sha2::{Digest, Sha256};

use crate::{
    client_hello::{Hello, HelloReader},
    last_flight::LastFlight,
    sdp::DtlsRole,
    srtp::{KeyingMaterial, Profile},
};

/// Label of the SRTP keys (RFC 5764 §4.2).
const SRTP_EXPORTER: &str = "EXTRACTOR-dtls_srtp";

/// What is spoken, best first.
const PROFILES: [SrtpProtectionProfile; 2] =
    [SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm, SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80];

/// A lost flight is sent again after this long, and then after twice as long each time (RFC 6347 §4.2.4.1). Shorter than the
/// RFC's second: a site that rejoins is waited for.
const FLIGHT_INTERVAL: Duration = Duration::from_millis(400);

/// Not longer than this. `rtc-dtls` gives up after seven repetitions, 19 s here: five hundred sites that come at once keep each
/// other waiting for seconds.
const MAX_FLIGHT_INTERVAL: Duration = Duration::from_millis(3_200);

/// `rtc-dtls` tells associations apart by address; each of our endpoints has exactly one, under this name.
const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 1);

/// The relay's DTLS certificate and its key, which all connections share.
#[derive(Clone, PartialEq, Eq)]
pub struct DtlsCertificate {
    /// Certificate, DER.
    pub der: Vec<u8>,
    /// ECDSA P-256 key, PKCS #8 DER.
    pub key: Vec<u8>,
}

impl DtlsCertificate {
    /// SHA-256 of the certificate as it stands in `a=fingerprint` (RFC 8122 §5).
    pub fn fingerprint(&self) -> String {
        let hex: Vec<String> = Sha256::digest(&self.der).iter().map(|byte| format!("{byte:02X}")).collect();
        hex.join(":")
    }
}

impl fmt::Debug for DtlsCertificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("DtlsCertificate").field("fingerprint", &self.fingerprint()).finish_non_exhaustive()
    }
}

/// The certificate cannot be used for DTLS.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the DTLS certificate cannot be used: {0}")]
pub struct CertificateError(String);

/// What all associations share.
pub(crate) struct DtlsIdentity {
    /// Either profile, in the client's order.
    server: Arc<HandshakeConfig>,
    server_gcm: Arc<HandshakeConfig>,
    client: Arc<HandshakeConfig>,
}

impl DtlsIdentity {
    pub(crate) fn new(certificate: &DtlsCertificate) -> Result<Self, CertificateError> {
        let provider: Arc<dyn RTCCryptoProvider> = Arc::new(RingProvider::new());
        let key = provider
            .crypto()
            .import_signing_key(SignatureScheme::EcdsaP256Sha256, &certificate.key)
            .map_err(|error| CertificateError(error.to_string()))?;
        let certificate = Certificate::from_signing_key(vec![certificate.der.clone().into()], key);
        let config = |is_client: bool, profiles: &[SrtpProtectionProfile]| {
            ConfigBuilder::default()
                .with_crypto_provider(provider.clone())
                .with_certificates(vec![certificate.clone()])
                .with_client_auth(ClientAuthType::RequireAnyClientCert)
                // Certificates are self-signed: what vouches for them is the fingerprint of the offer, checked below.
                .with_insecure_skip_verify(true)
                .with_extended_master_secret(ExtendedMasterSecretType::Require)
                .with_srtp_protection_profiles(profiles.to_vec())
                .with_flight_interval(FLIGHT_INTERVAL)
                .build(is_client, Some(PEER))
                .map(Arc::new)
                .map_err(|error| CertificateError(error.to_string()))
        };
        Ok(Self {
            server: config(false, &PROFILES)?,
            server_gcm: config(false, &PROFILES[..1])?,
            client: config(true, &PROFILES)?,
        })
    }
}

/// How an association moved on.
#[derive(Debug)]
pub(crate) enum DtlsProgress {
    /// Nothing to tell.
    Pending,
    /// The handshake is done and the certificate is the offer's.
    Established(Box<KeyingMaterial>),
    /// The handshake is done with a certificate that the offer does not name.
    WrongFingerprint,
    /// The handshake cannot be completed.
    Failed,
    /// The peer said goodbye.
    Closed,
}

/// How far an association is.
#[derive(Debug)]
enum Stage {
    /// Active: the peer cannot be reached yet.
    AwaitingAddress,
    /// Passive: the peer has not said hello.
    AwaitingHello(HelloReader),
    /// `rtc-dtls` has it.
    Running,
    /// It is over.
    Done,
}

/// One association.
pub(crate) struct DtlsLink {
    endpoint: Endpoint,
    role: DtlsRole,
    stage: Stage,
    /// What the next repetition of a flight waits for beyond `rtc-dtls`'s own time.
    patience: Duration,
    flight: LastFlight,
    outgoing: VecDeque<BytesMut>,
    fingerprints: Vec<[u8; 32]>,
    server_gcm: Arc<HandshakeConfig>,
    client: Arc<HandshakeConfig>,
}

impl DtlsLink {
    /// An association that has not begun.
    pub(crate) fn new(identity: &DtlsIdentity, role: DtlsRole, fingerprints: Vec<[u8; 32]>) -> Self {
        let server = match role {
            DtlsRole::Passive => Some(identity.server.clone()),
            DtlsRole::Active => None,
        };
        Self {
            endpoint: Endpoint::new(PEER, TransportProtocol::UDP, server),
            role,
            stage: match role {
                DtlsRole::Passive => Stage::AwaitingHello(HelloReader::default()),
                DtlsRole::Active => Stage::AwaitingAddress,
            },
            patience: Duration::ZERO,
            flight: LastFlight::default(),
            outgoing: VecDeque::new(),
            fingerprints,
            server_gcm: identity.server_gcm.clone(),
            client: identity.client.clone(),
        }
    }

    /// The peer can be reached: as the active side, say hello once.
    pub(crate) fn start(&mut self, now: Instant) -> DtlsProgress {
        if !matches!(self.stage, Stage::AwaitingAddress) {
            return DtlsProgress::Pending;
        }
        self.stage = Stage::Running;
        let begun = self.endpoint.connect(now, PEER, self.client.clone(), None);
        self.collect(now);
        if begun.is_ok() { DtlsProgress::Pending } else { DtlsProgress::Failed }
    }

    /// Takes what is to be sent from `rtc-dtls`, and looks whether it has a timer for it. True if there was something.
    fn collect(&mut self, now: Instant) -> bool {
        let datagrams: Vec<BytesMut> =
            std::iter::from_fn(|| self.endpoint.poll_transmit()).map(|transmit| transmit.message).collect();
        self.outgoing.extend(datagrams.iter().cloned());
        let sent = !datagrams.is_empty();
        match self.stage {
            Stage::Done => self.flight = LastFlight::default(),
            _ => self.flight.sent(datagrams),
        }
        let forgotten = matches!(self.stage, Stage::Running) && self.endpoint.poll_timeout(&PEER).is_none();
        self.flight.watch(now, forgotten);
        sent
    }

    /// A datagram of records.
    pub(crate) fn handle_datagram(&mut self, now: Instant, datagram: &[u8]) -> DtlsProgress {
        let Stage::AwaitingHello(reader) = &mut self.stage else { return self.read(now, datagram) };
        match reader.read(datagram) {
            Hello::Incomplete => return DtlsProgress::Pending,
            Hello::Gcm => self.endpoint.set_server_config(Some(self.server_gcm.clone())),
            Hello::Other => {}
        }
        let held = std::mem::take(reader).into_held();
        self.stage = Stage::Running;
        // The answer to a hello is never the end of a handshake, so only the last progress can tell something.
        held.iter().map(|datagram| self.read(now, datagram)).last().unwrap_or(DtlsProgress::Pending)
    }

    fn read(&mut self, now: Instant, datagram: &[u8]) -> DtlsProgress {
        // A record that cannot be read is dropped, whatever it is (RFC 6347 §4.1.2.7); a handshake that goes nowhere
        // is ended by the peer's setup timeout.
        let events = self.endpoint.read(now, PEER, None, BytesMut::from(datagram)).unwrap_or_default();
        let mut progress = DtlsProgress::Pending;
        for event in events {
            match event {
                EndpointEvent::HandshakeComplete => {
                    self.stage = Stage::Done;
                    progress = self.established();
                    break;
                }
                EndpointEvent::PeerClosed => {
                    progress = DtlsProgress::Closed;
                    break;
                }
                _ => {}
            }
        }
        if self.collect(now) {
            self.patience = Duration::ZERO;
        }
        progress
    }

    fn established(&self) -> DtlsProgress {
        let Some(state) = self.endpoint.get_connection_state(PEER) else { return DtlsProgress::Failed };
        let Some(certificate) = state.peer_certificates.first() else { return DtlsProgress::WrongFingerprint };
        let fingerprint: [u8; 32] = Sha256::digest(certificate).into();
        if !self.fingerprints.contains(&fingerprint) {
            return DtlsProgress::WrongFingerprint;
        }
        let profile = match state.srtp_protection_profile() {
            SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm => Profile::AeadAes128Gcm,
            SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80 => Profile::Aes128CmHmacSha1_80,
            _ => return DtlsProgress::Failed,
        };
        match state.export_keying_material(SRTP_EXPORTER, &[], profile.keying_material_len()) {
            Ok(material) => DtlsProgress::Established(Box::new(KeyingMaterial::new(
                profile,
                material.as_ref(),
                self.role == DtlsRole::Active,
            ))),
            Err(_) => DtlsProgress::Failed,
        }
    }

    /// Says goodbye.
    pub(crate) fn close(&mut self, now: Instant) {
        self.endpoint.stop(now, PEER);
        self.stage = Stage::Done;
        self.collect(now);
    }

    pub(crate) fn poll_transmit(&mut self) -> Option<BytesMut> {
        self.outgoing.pop_front()
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let own = self.endpoint.poll_timeout(&PEER).map(|due| due + self.patience);
        own.or(self.flight.poll_timeout())
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) -> DtlsProgress {
        if self.poll_timeout().is_none_or(|due| due > now) {
            return DtlsProgress::Pending;
        }
        if self.endpoint.poll_timeout(&PEER).is_none() {
            self.outgoing.extend(self.flight.handle_timeout(now).iter().cloned());
            return DtlsProgress::Pending;
        }
        self.patience = (self.patience * 2 + FLIGHT_INTERVAL).min(MAX_FLIGHT_INTERVAL - FLIGHT_INTERVAL);
        let repeated = self.endpoint.handle_timeout(PEER, now);
        self.collect(now);
        if repeated.is_ok() { DtlsProgress::Pending } else { DtlsProgress::Failed }
    }
}

impl fmt::Debug for DtlsLink {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("DtlsLink").field("role", &self.role).field("stage", &self.stage).finish_non_exhaustive()
    }
}
