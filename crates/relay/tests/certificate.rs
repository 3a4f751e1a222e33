//! The certificate in the data folder.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use relay::{Certificate, CertificateFault};

/// A folder of its own for each test, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("relay-certificate-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn it_is_made_once_and_kept() {
    let folder = Folder::new("kept");

    let made = Certificate::load_or_create(&folder.0).unwrap();
    let loaded = Certificate::load_or_create(&folder.0).unwrap();

    assert_eq!(made, loaded);
    assert_ne!(made, Certificate::generate().unwrap());
    assert_eq!(made.fingerprint().len(), 32 * 3 - 1);
}

#[test]
fn its_key_is_for_the_servers_user_alone() {
    let folder = Folder::new("mode");
    Certificate::load_or_create(&folder.0).unwrap();

    let mode = fs::metadata(folder.0.join("dtls-key.der")).unwrap().permissions().mode();

    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_start_that_was_cut_short_is_made_good() {
    let folder = Folder::new("cut");
    Certificate::load_or_create(&folder.0).unwrap();
    fs::remove_file(folder.0.join("dtls-certificate.der")).unwrap();

    let made = Certificate::load_or_create(&folder.0).unwrap();

    assert_eq!(made, Certificate::load_or_create(&folder.0).unwrap());
}

#[test]
fn damage_is_named() {
    let folder = Folder::new("damage");
    Certificate::load_or_create(&folder.0).unwrap();
    fs::write(folder.0.join("dtls-key.der"), b"nothing").unwrap();

    let fault = Certificate::load_or_create(&folder.0).unwrap_err();

    assert!(matches!(&fault, CertificateFault::Damaged { path } if path.ends_with("dtls-key.der")), "{fault}");
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let fault = Certificate::load_or_create(&PathBuf::from("/nonexistent/folder")).unwrap_err();

    assert!(fault.to_string().contains("/nonexistent/folder/dtls-key"), "{fault}");
}
