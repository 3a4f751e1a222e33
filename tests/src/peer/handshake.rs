//! ICE check and DTLS handshake with the relay, as the side that says hello.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use bytes::BytesMut;
use rtc_dtls::{
    config::{ClientAuthType, ConfigBuilder, ExtendedMasterSecretType},
    crypto::Certificate,
    crypto_provider::{RTCCryptoProvider, SignatureScheme, providers::RingProvider},
    endpoint::{Endpoint, EndpointEvent},
    extension::extension_use_srtp::SrtpProtectionProfile,
};
use rtc_shared::TransportProtocol;
use rtc_stun::{
    attributes::{ATTR_ICE_CONTROLLING, ATTR_PRIORITY, ATTR_USE_CANDIDATE, ATTR_USERNAME},
    fingerprint::FINGERPRINT,
    integrity::MessageIntegrity,
    message::{BINDING_REQUEST, Message, Setter},
};
use sha2::{Digest, Sha256};
use tokio::net::UdpSocket;

use super::srtp::{Keys, MATERIAL};

/// Longest handshake.
const PATIENCE: Duration = Duration::from_secs(10);
/// A lost flight is sent again after this.
const FLIGHT: Duration = Duration::from_millis(400);
/// `rtc-dtls` tells associations apart by address; there is one.
const RELAY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 1);

/// A certificate and its fingerprint, `AA:BB:…`.
pub(super) struct Identity {
    certificate: Certificate,
    pub fingerprint: String,
}

impl Identity {
    pub(super) fn generate() -> Result<Self> {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
        let certificate = rcgen::CertificateParams::new(vec!["peer".into()])?.self_signed(&key)?;
        let hex: Vec<String> = Sha256::digest(certificate.der()).iter().map(|byte| format!("{byte:02X}")).collect();
        let signing = RingProvider::new()
            .crypto()
            .import_signing_key(SignatureScheme::EcdsaP256Sha256, &key.serialize_der())
            .ok()
            .context("signing key")?;
        let certificate = Certificate::from_signing_key(vec![certificate.der().to_vec().into()], signing);
        Ok(Self { certificate, fingerprint: hex.join(":") })
    }
}

/// A Binding request that nominates the address it comes from.
pub(super) fn check(relay_ufrag: &str, own_ufrag: &str, relay_password: &str) -> Result<Vec<u8>> {
    let provider = RingProvider::new();
    let mut message = Message::new();
    message.new_transaction_id()?;
    message.set_type(BINDING_REQUEST);
    message.write_header();
    message.add(ATTR_USERNAME, format!("{relay_ufrag}:{own_ufrag}").as_bytes());
    message.add(ATTR_PRIORITY, &1_u32.to_be_bytes());
    message.add(ATTR_ICE_CONTROLLING, &7_u64.to_be_bytes());
    message.add(ATTR_USE_CANDIDATE, &[]);
    MessageIntegrity::new_raw_integrity_with_provider(relay_password.as_bytes(), provider.crypto())
        .add_to(&mut message)?;
    FINGERPRINT.add_to(&mut message)?;
    Ok(message.raw)
}

/// Checks the path and makes the keys.
pub(super) async fn run(socket: &UdpSocket, check: &[u8], identity: &Identity) -> Result<Keys> {
    let mut buffer = [0; 2_048];
    socket.send(check).await?;
    let length = tokio::time::timeout(PATIENCE, socket.recv(&mut buffer)).await.context("no answer to the check")??;
    ensure!(length > 20 && buffer[..2] == [1, 1], "no success response: {:?}", &buffer[..length.min(20)]);

    let config = ConfigBuilder::default()
        .with_crypto_provider(Arc::new(RingProvider::new()))
        .with_certificates(vec![identity.certificate.clone()])
        .with_client_auth(ClientAuthType::RequireAnyClientCert)
        .with_insecure_skip_verify(true)
        .with_extended_master_secret(ExtendedMasterSecretType::Require)
        .with_srtp_protection_profiles(vec![SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm])
        .with_flight_interval(FLIGHT)
        .build(true, Some(RELAY))?;
    let mut endpoint = Endpoint::new(RELAY, TransportProtocol::UDP, None);
    endpoint.connect(Instant::now(), RELAY, Arc::new(config), None)?;
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        while let Some(transmit) = endpoint.poll_transmit() {
            socket.send(&transmit.message).await?;
        }
        let Ok(received) = tokio::time::timeout(FLIGHT / 4, socket.recv(&mut buffer)).await else {
            if endpoint.poll_timeout(&RELAY).is_some_and(|due| due <= Instant::now()) {
                endpoint.handle_timeout(RELAY, Instant::now())?;
            }
            continue;
        };
        let datagram = &buffer[..received?];
        if !datagram.first().is_some_and(|first| (20..64).contains(first)) {
            continue;
        }
        for event in endpoint.read(Instant::now(), RELAY, None, BytesMut::from(datagram))? {
            if matches!(event, EndpointEvent::HandshakeComplete) {
                while let Some(transmit) = endpoint.poll_transmit() {
                    socket.send(&transmit.message).await?;
                }
                let state = endpoint.get_connection_state(RELAY).context("no DTLS state")?;
                let material = state.export_keying_material("EXTRACTOR-dtls_srtp", &[], MATERIAL)?;
                return Keys::new(material.as_ref());
            }
        }
    }
    bail!("no DTLS handshake in {PATIENCE:?}")
}
