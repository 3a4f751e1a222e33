//! The key that reports of line checks are signed with: who was handed a report can tell that nobody has changed it.

use std::fmt;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

use super::HealthStoreError;

/// The file in the data folder, PKCS#8 (RFC 5958).
pub const REPORT_KEY_FILE: &str = "report-key.p8";
/// RFC 8032.
pub const ALGORITHM: &str = "Ed25519";

/// The key.
pub struct ReportKey(Ed25519KeyPair);

impl fmt::Debug for ReportKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReportKey({})", self.public())
    }
}

impl ReportKey {
    /// Reads the key in `data`; makes it if there is none.
    ///
    /// # Errors
    /// The file cannot be read or written, or holds no such key.
    pub fn load_or_create(data: &Path) -> Result<Self, HealthStoreError> {
        let file = data.join(REPORT_KEY_FILE);
        let fault = |what: &dyn fmt::Display| HealthStoreError::Key {
            file: file.display().to_string(),
            what: what.to_string(),
        };
        let pkcs8 = match std::fs::read(&file) {
            Ok(pkcs8) => pkcs8,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|error| fault(&error))?;
                let mut new = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file);
                let written = new.as_mut().map_err(|error| fault(error))?.write_all(made.as_ref());
                written.map_err(|error| fault(&error))?;
                made.as_ref().to_vec()
            }
            Err(error) => return Err(fault(&error)),
        };
        Ed25519KeyPair::from_pkcs8(&pkcs8).map(Self).map_err(|error| fault(&error))
    }

    /// The signature of a report, Base64.
    pub fn sign(&self, report: &str) -> String {
        STANDARD.encode(self.0.sign(report.as_bytes()))
    }

    /// The public key, Base64.
    pub fn public(&self) -> String {
        STANDARD.encode(self.0.public_key())
    }

    /// True if `signature` was made by the owner of `public`, both in Base64, over exactly this report.
    pub fn verify(report: &str, public: &str, signature: &str) -> bool {
        let (Ok(public), Ok(signature)) = (STANDARD.decode(public), STANDARD.decode(signature)) else { return false };
        UnparsedPublicKey::new(&ED25519, public).verify(report.as_bytes(), &signature).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_kept_and_a_changed_report_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let key = ReportKey::load_or_create(folder.path()).unwrap();
        let signature = key.sign("a report");

        let again = ReportKey::load_or_create(folder.path()).unwrap();

        assert_eq!(again.public(), key.public());
        assert!(ReportKey::verify("a report", &key.public(), &signature));
        assert!(!ReportKey::verify("another report", &key.public(), &signature));
        assert!(!ReportKey::verify("a report", "nonsense", &signature));
        std::fs::write(folder.path().join(REPORT_KEY_FILE), "no key").unwrap();
        assert!(ReportKey::load_or_create(folder.path()).is_err());
    }
}
