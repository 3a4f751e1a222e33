//! The certificate of HTTPS: self-signed, made once and kept in the data folder, or files by configuration.
//!
//! A certificate that stays lets people who accepted it once come back without a warning after a restart.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::config::CertificateConfig;
use crate::reach;

/// Certificate in the data folder.
pub const CERTIFICATE_FILE: &str = "https-certificate.pem";
/// Its key, readable by the server's user alone.
pub const KEY_FILE: &str = "https-key.pem";

/// The certificate cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is no PEM of the wanted kind.
    #[error("{}: {source}", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rustls::pki_types::pem::Error,
    },
    /// A name cannot stand in a certificate.
    #[error("a certificate cannot be made: {0}")]
    Generate(#[from] rcgen::Error),
    /// Certificate and key do not fit.
    #[error("certificate and key cannot be used: {0}")]
    Unusable(#[from] rustls::Error),
}

/// What HTTPS is served with.
///
/// # Errors
/// The certificate cannot be read, made or used.
pub fn server_config(certificate: &CertificateConfig, data: &Path) -> Result<Arc<rustls::ServerConfig>, TlsError> {
    let (certificate, key) = match certificate {
        CertificateConfig::Files { certificate, key } => (certificate.clone(), key.clone()),
        CertificateConfig::SelfSigned { names } => self_signed(names, data)?,
    };
    from_files(&certificate, &key)
}

/// Checks that a name or address can stand in a certificate.
///
/// # Errors
/// It cannot stand in one.
pub fn check_name(name: &str) -> Result<(), TlsError> {
    CertificateParams::new(vec![name.to_owned()])?;
    Ok(())
}

/// What HTTPS is served with, from PEM files.
///
/// # Errors
/// They cannot be read, are no PEM of the wanted kind, or do not fit together.
pub fn from_files(certificate: &Path, key: &Path) -> Result<Arc<rustls::ServerConfig>, TlsError> {
    let pem = |path: &Path| {
        let path = path.to_owned();
        move |source| TlsError::Pem { path, source }
    };
    let chain: Result<Vec<CertificateDer<'static>>, _> =
        CertificateDer::pem_file_iter(certificate).map_err(pem(certificate))?.collect();
    let chain = chain.map_err(pem(certificate))?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(pem(key))?;
    // Named, not the process's default: that one depends on who was linked first.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    // WebSockets over HTTP/2 need extended CONNECT; HTTP/1.1 alone is what every browser does well.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// The two files of the data folder, made if one is missing.
fn self_signed(names: &[String], data: &Path) -> Result<(PathBuf, PathBuf), TlsError> {
    let (certificate, key) = (data.join(CERTIFICATE_FILE), data.join(KEY_FILE));
    if certificate.exists() && key.exists() {
        return Ok((certificate, key));
    }
    let fixed = [
        "localhost".to_owned(),
        IpAddr::V4(Ipv4Addr::LOCALHOST).to_string(),
        IpAddr::V6(Ipv6Addr::LOCALHOST).to_string(),
    ];
    // Other machines come by the addresses of this one, unless the configuration names it.
    let reached = reach::for_a_certificate().into_iter().map(|ip| ip.to_string());
    let mut named: Vec<String> = fixed.into_iter().chain(names.iter().cloned()).collect();
    named.extend(reached.filter(|ip| !names.contains(ip)));
    let mut params = CertificateParams::new(named)?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "Dien Hong");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let signed = params.self_signed(&pair)?;
    write_private(&key, &pair.serialize_pem())?;
    write_private(&certificate, &signed.pem())?;
    Ok((certificate, key))
}

/// Writes a file that only the server's user may read: beside it first, so that a crash leaves no half of it.
fn write_private(path: &Path, text: &str) -> Result<(), TlsError> {
    crate::files::write_private(path, text.as_bytes())
        .map_err(|source| TlsError::File { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn own() -> CertificateConfig {
        CertificateConfig::SelfSigned { names: vec!["hop.example.vn".to_owned(), "192.0.2.7".to_owned()] }
    }

    #[test]
    fn the_certificate_stays_and_its_key_is_private() {
        let data = tempfile::tempdir().unwrap();
        server_config(&own(), data.path()).unwrap();
        let first = fs::read(data.path().join(CERTIFICATE_FILE)).unwrap();

        server_config(&own(), data.path()).unwrap();

        assert_eq!(fs::read(data.path().join(CERTIFICATE_FILE)).unwrap(), first);
        let mode = fs::metadata(data.path().join(KEY_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn the_certificate_names_what_other_machines_type() {
        let data = tempfile::tempdir().unwrap();
        server_config(&own(), data.path()).unwrap();

        let certificate = CertificateDer::from_pem_file(data.path().join(CERTIFICATE_FILE)).unwrap();
        let parsed = rustls::server::ParsedCertificate::try_from(&certificate).unwrap();
        let names = |name: &str| {
            let name = rustls::pki_types::ServerName::try_from(name.to_owned()).unwrap();
            rustls::client::verify_server_name(&parsed, &name).is_ok()
        };
        let reached = reach::for_a_certificate().into_iter().map(|ip| ip.to_string());
        for name in
            ["localhost", "127.0.0.1", "hop.example.vn", "192.0.2.7"].map(str::to_owned).into_iter().chain(reached)
        {
            assert!(names(&name), "{name}");
        }
        assert!(!names("198.51.100.1"));
    }

    #[test]
    fn files_by_configuration_are_used_and_a_wrong_key_is_told() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        server_config(&own(), one.path()).unwrap();
        server_config(&own(), other.path()).unwrap();
        let files = |key: &Path| CertificateConfig::Files {
            certificate: one.path().join(CERTIFICATE_FILE),
            key: key.join(KEY_FILE),
        };

        assert!(server_config(&files(one.path()), one.path()).is_ok());
        assert!(matches!(server_config(&files(other.path()), one.path()), Err(TlsError::Unusable(_))));
        let gone = files(&one.path().join("nowhere"));
        assert!(matches!(server_config(&gone, one.path()), Err(TlsError::Pem { .. })));
    }
}
