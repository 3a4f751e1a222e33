//! A peer's DTLS client and the SRTP keys that come of it. SRTP is `rtc-srtp`'s, independent of the relay's own sealing.

use std::{
    collections::VecDeque,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, anyhow, bail};
use bytes::BytesMut;
use relay_core::LastFlight;
use ring::digest;
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

/// `rtc-dtls` tells associations apart by address; each endpoint here has one.
const RELAY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 1);
/// A lost flight is sent again after this: browsers begin with 50 to 1,000 ms.
const FLIGHT_INTERVAL: Duration = Duration::from_secs(1);

/// One certificate for all peers: making one for each would measure the load.
pub struct Identity {
    config: Arc<HandshakeConfig>,
    fingerprint: String,
}

impl Identity {
    /// A new self-signed certificate.
    ///
    /// # Errors
    ///
    /// The system gives no randomness.
    pub fn generate() -> anyhow::Result<Self> {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
        let certificate = rcgen::CertificateParams::new(vec!["load".to_owned()])?.self_signed(&key)?;
        let der = certificate.der().to_vec();
        let provider: Arc<dyn RTCCryptoProvider> = Arc::new(RingProvider::new());
        let signing = provider
            .crypto()
            .import_signing_key(SignatureScheme::EcdsaP256Sha256, &key.serialize_der())
            .map_err(|error| anyhow!("the certificate's key: {error}"))?;
        let fingerprint = fingerprint(&der);
        let config = ConfigBuilder::default()
            .with_crypto_provider(provider)
            .with_certificates(vec![Certificate::from_signing_key(vec![der.into()], signing)])
            .with_client_auth(ClientAuthType::RequireAnyClientCert)
            // The relay's certificate is self-signed; the answer's fingerprint vouches for it, and is checked below.
            .with_insecure_skip_verify(true)
            .with_extended_master_secret(ExtendedMasterSecretType::Require)
            .with_srtp_protection_profiles(vec![
                SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm,
                SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80,
            ])
            .with_flight_interval(FLIGHT_INTERVAL)
            .build(true, Some(RELAY))
            .map_err(|error| anyhow!("DTLS: {error}"))?;
        Ok(Self { config: Arc::new(config), fingerprint })
    }

    /// For offers.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

/// Keys of both directions.
pub struct Keys {
    /// What the relay sends.
    pub inbound: Context,
    /// What the peer sends.
    pub outbound: Context,
}

/// A handshake on its way.
pub struct Handshake {
    endpoint: Endpoint,
    flight: LastFlight,
    outgoing: VecDeque<BytesMut>,
    /// What the relay's certificate must have.
    fingerprint: String,
}

impl Handshake {
    /// Says hello.
    ///
    /// # Errors
    ///
    /// The association cannot begin.
    pub fn start(now: Instant, identity: &Identity, fingerprint: String) -> anyhow::Result<Self> {
        let mut endpoint = Endpoint::new(RELAY, TransportProtocol::UDP, None);
        endpoint.connect(now, RELAY, identity.config.clone(), None).map_err(|error| anyhow!("DTLS: {error}"))?;
        let mut handshake = Self { endpoint, flight: LastFlight::default(), outgoing: VecDeque::new(), fingerprint };
        handshake.collect(now);
        Ok(handshake)
    }

    /// Takes a datagram; gives the keys when the handshake is done.
    ///
    /// # Errors
    ///
    /// The relay's certificate is not the answer's, or its keys cannot be used.
    pub fn read(&mut self, now: Instant, datagram: &[u8]) -> anyhow::Result<Option<Keys>> {
        // A record that cannot be read is dropped (RFC 6347 §4.1.2.7).
        let read = self.endpoint.read(now, RELAY, None, BytesMut::from(datagram));
        self.collect(now);
        let Ok(events) = read else { return Ok(None) };
        let done = events.iter().any(|event| matches!(event, EndpointEvent::HandshakeComplete));
        if done { self.keys().map(Some) } else { Ok(None) }
    }

    fn keys(&self) -> anyhow::Result<Keys> {
        let state = self.endpoint.get_connection_state(RELAY).context("the association is there")?;
        let certificate = state.peer_certificates.first().context("the relay shows a certificate")?;
        if fingerprint(certificate) != self.fingerprint {
            bail!("the relay's certificate is not the one of its answer");
        }
        if state.srtp_protection_profile() != SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm {
            bail!("the relay did not choose AES-GCM");
        }
        let mut config = Config { profile: ProtectionProfile::AeadAes128Gcm, ..Config::default() };
        let material = state
            .export_keying_material(LABEL_EXTRACTOR_DTLS_SRTP, &[], config.keying_material_len())
            .and_then(|material| config.set_session_keys_from_keying_material(material.as_ref(), true));
        material.map_err(|error| anyhow!("SRTP keys: {error}"))?;
        let context = |key: &[u8], salt: &[u8]| {
            Context::new(key, salt, config.profile, None, None, RingProvider::new().crypto())
                .map_err(|error| anyhow!("SRTP: {error}"))
        };
        Ok(Keys {
            inbound: context(&config.keys.remote_master_key, &config.keys.remote_master_salt)?,
            outbound: context(&config.keys.local_master_key, &config.keys.local_master_salt)?,
        })
    }

    /// The next datagram to send.
    pub fn poll_transmit(&mut self) -> Option<BytesMut> {
        self.outgoing.pop_front()
    }

    fn collect(&mut self, now: Instant) {
        let datagrams: Vec<BytesMut> =
            std::iter::from_fn(|| self.endpoint.poll_transmit()).map(|transmit| transmit.message).collect();
        self.outgoing.extend(datagrams.iter().cloned());
        self.flight.sent(datagrams);
        self.flight.watch(now, self.endpoint.poll_timeout(&RELAY).is_none());
    }

    /// When a flight is to be sent again.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.endpoint.poll_timeout(&RELAY).or(self.flight.poll_timeout())
    }

    /// Time has passed; false: it was repeated too often, and nothing more will come of it.
    pub fn handle_timeout(&mut self, now: Instant) -> bool {
        self.outgoing.extend(self.flight.handle_timeout(now).iter().cloned());
        let goes_on = self.endpoint.handle_timeout(RELAY, now).is_ok();
        self.collect(now);
        goes_on
    }
}

fn fingerprint(der: &[u8]) -> String {
    let hash = digest::digest(&digest::SHA256, der);
    hash.as_ref().iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
}
