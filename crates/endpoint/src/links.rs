//! The join links that a demonstration server writes for simulated sites.

use std::path::Path;

use anyhow::Context;
use serde::Deserialize;
use wire::{EndpointRole, SiteSlug};

use crate::control::ServerAddress;

/// One entry of the file: a JSON array of these.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SiteLink {
    /// The site.
    pub site: SiteSlug,
    /// Which endpoint of it.
    pub endpoint: EndpointRole,
    /// Token of the join link.
    #[serde(default)]
    pub token: Option<String>,
    /// Or the link's path, `/join/…`.
    #[serde(default)]
    pub path: Option<String>,
    /// Index in the conference's list of sites; 0 is the hall.
    pub index: u16,
    /// Name to draw.
    pub name: String,
}

impl SiteLink {
    /// The token, from either form.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref().or_else(|| self.path.as_deref().and_then(|path| path.rsplit('/').next()))
    }
}

/// Reads the file. An error if it is not there (yet) or not whole.
pub async fn read(path: &Path) -> anyhow::Result<Vec<SiteLink>> {
    let text = tokio::fs::read(path).await.with_context(|| format!("reading {}", path.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("join links in {}", path.display()))
}

#[derive(Deserialize)]
struct Addresses {
    http: String,
}

/// Reads the server's address from the file that it writes at its start.
pub async fn read_address(path: &Path) -> anyhow::Result<ServerAddress> {
    let text = tokio::fs::read(path).await.with_context(|| format!("reading {}", path.display()))?;
    let addresses: Addresses =
        serde_json::from_slice(&text).with_context(|| format!("addresses in {}", path.display()))?;
    ServerAddress::parse(&addresses.http)
}

/// The sites to simulate: up to `sites` besides the hall, and the hall if asked for, by index; none of `except`.
pub fn choose(mut links: Vec<SiteLink>, sites: usize, hall: bool, except: &[String]) -> Vec<SiteLink> {
    links
        .retain(|link| link.endpoint == EndpointRole::Main && link.token().is_some() && !except.contains(&link.site.0));
    links.sort_by_key(|link| link.index);
    let (halls, others): (Vec<_>, Vec<_>) = links.into_iter().partition(|link| link.index == 0);
    halls.into_iter().filter(|_| hall).chain(others.into_iter().take(sites)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"[
        {"site":"ha-noi","endpoint":"main","path":"/join/t1","index":1,"name":"Hà Nội"},
        {"site":"hall","endpoint":"main","token":"t0","index":0,"name":"Hội trường Diên Hồng"},
        {"site":"hall","endpoint":"screen","token":"t9","index":0,"name":"Hội trường Diên Hồng"},
        {"site":"ha-giang","endpoint":"main","token":"t2","index":2,"name":"Hà Giang"}
    ]"#;

    #[tokio::test]
    async fn the_servers_address_is_found_in_its_data_folder() {
        let path = std::env::temp_dir().join(format!("endpoint-addresses-{}.json", std::process::id()));
        assert!(read_address(&path).await.is_err(), "not there yet");
        std::fs::write(&path, r#"{"http":"http://localhost:8080","https":null,"console":"x"}"#).unwrap();
        let address = read_address(&path).await.unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(address, ServerAddress::parse("http://localhost:8080").unwrap());
    }

    fn tokens(sites: usize, hall: bool, except: &[&str]) -> Vec<String> {
        let links: Vec<SiteLink> = serde_json::from_str(FILE).unwrap();
        let except: Vec<String> = except.iter().map(|site| (*site).to_owned()).collect();
        choose(links, sites, hall, &except).iter().map(|link| link.token().unwrap().to_owned()).collect()
    }

    #[test]
    fn main_endpoints_are_chosen_in_the_order_of_the_conference() {
        assert_eq!(tokens(63, true, &[]), ["t0", "t1", "t2"]);
        assert_eq!(tokens(1, false, &[]), ["t1"]);
        assert_eq!(tokens(1, true, &["ha-noi"]), ["t0", "t2"]);
    }
}
