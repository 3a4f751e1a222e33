//! The relay's DTLS certificate, kept in the data folder: endpoints compare its fingerprint with the answer's, so any
//! will do, but one that stays makes a restart recognisable in traces.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256};
use relay_core::DtlsCertificate;

/// Files in the data folder.
const CERTIFICATE_FILE: &str = "dtls-certificate.der";
const KEY_FILE: &str = "dtls-key.der";
/// Only the server's own user may read the key.
const KEY_MODE: u32 = 0o600;
/// A certificate or key that is longer is none of ours.
const MAX_FILE_BYTES: u64 = 16 * 1024;
/// Name in the certificate; nobody looks at it.
const SUBJECT: &str = "dien-hong";

/// A DTLS certificate with its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    dtls: DtlsCertificate,
}

/// The certificate could not be had.
#[derive(Debug, thiserror::Error)]
pub enum CertificateFault {
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A certificate cannot be made.
    #[error("a certificate cannot be made: {0}")]
    Generate(#[from] rcgen::Error),
    /// One of the two files is there without the other, or is damaged.
    #[error("{path} is damaged; delete {CERTIFICATE_FILE} and {KEY_FILE} to have new ones made")]
    Damaged {
        /// The file.
        path: PathBuf,
    },
}

impl Certificate {
    /// A new self-signed certificate with an ECDSA P-256 key.
    ///
    /// # Errors
    ///
    /// The system gives no randomness.
    pub fn generate() -> Result<Self, CertificateFault> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let certificate = CertificateParams::new(vec![SUBJECT.to_owned()])?.self_signed(&key)?;
        Ok(Self { dtls: DtlsCertificate { der: certificate.der().to_vec(), key: key.serialize_der() } })
    }

    /// Loads the certificate of a data folder, or makes one and keeps it there.
    ///
    /// # Errors
    ///
    /// The folder cannot be read or written, or its files are damaged.
    pub fn load_or_create(dir: &Path) -> Result<Self, CertificateFault> {
        let certificate = dir.join(CERTIFICATE_FILE);
        let key = dir.join(KEY_FILE);
        match (read(&certificate)?, read(&key)?) {
            (Some(der), Some(key_der)) => {
                KeyPair::try_from(key_der.as_slice()).map_err(|_| CertificateFault::Damaged { path: key })?;
                if der.is_empty() {
                    return Err(CertificateFault::Damaged { path: certificate });
                }
                Ok(Self { dtls: DtlsCertificate { der, key: key_der } })
            }
            // The certificate is written last: a key alone is left by a start that was cut short.
            (None, _) => {
                let made = Self::generate()?;
                write(&key, &made.dtls.key, KEY_MODE)?;
                write(&certificate, &made.dtls.der, 0o644)?;
                Ok(made)
            }
            (Some(_), None) => Err(CertificateFault::Damaged { path: key }),
        }
    }

    /// SHA-256 of the certificate, `AA:BB:…`.
    pub fn fingerprint(&self) -> String {
        self.dtls.fingerprint()
    }

    pub(crate) fn into_dtls(self) -> DtlsCertificate {
        self.dtls
    }
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, CertificateFault> {
    let fault = |source| CertificateFault::File { path: path.to_owned(), source };
    match fs::metadata(path) {
        Ok(metadata) if metadata.len() > MAX_FILE_BYTES => Err(CertificateFault::Damaged { path: path.to_owned() }),
        Ok(_) => fs::read(path).map(Some).map_err(fault),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(fault(error)),
    }
}

/// Writes a file whole or not at all.
fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), CertificateFault> {
    let fault = |source| CertificateFault::File { path: path.to_owned(), source };
    let unfinished = path.with_extension("unfinished");
    let _ = fs::remove_file(&unfinished);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&unfinished).map_err(fault)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(fault)?;
    fs::rename(&unfinished, path).map_err(fault)
}
