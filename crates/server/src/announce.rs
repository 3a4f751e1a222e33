//! What a start tells people and programs: URLs on the terminal, files in the data folder.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use conference::Setup;
use serde::Serialize;
use wire::{EndpointRole, SiteSlug};

use crate::access::JoinToken;
use crate::files;
use crate::reach;
use crate::start::{Addresses, Server};

/// Where the server listens, for programs; written at each start.
pub const ADDRESSES_FILE: &str = "addresses.json";
/// Join tokens of all endpoints of the first conference, for simulated sites; written by a demonstration.
pub const DEMO_LINKS_FILE: &str = "demo-links.json";
/// Links that a demonstration prints: two provinces with a picture, and a screen.
const SHOWN: [(&str, EndpointRole); 3] =
    [("cao-bang", EndpointRole::Main), ("ha-noi", EndpointRole::Main), ("cao-bang", EndpointRole::Screen)];

#[derive(Serialize)]
struct AddressesFile {
    http: String,
    https: Option<String>,
    media: Vec<SocketAddr>,
    console: String,
    /// One-time link of this start, of a demonstration.
    sign_in: Option<String>,
    /// File with the join links, of a demonstration.
    demo_links: Option<String>,
}

#[derive(Serialize)]
struct DemoLink<'a> {
    site: &'a SiteSlug,
    endpoint: EndpointRole,
    token: &'a str,
    path: String,
    /// Place in the conference's list of sites; 0 is the hall.
    index: usize,
    name: &'a str,
}

/// Writes the files and gives the text for the terminal. A file that cannot be written is logged and is no reason not to serve:
/// a full disk must not keep a conference from coming back.
pub async fn announce(server: &Server, data: &Path) -> String {
    let addresses = server.addresses();
    let http = reach::url_here("http", addresses.http);
    let https = addresses.https.map(|address| reach::url_here("https", address));
    let elsewhere = elsewhere(addresses);
    let sign_in = server.sign_in_link().map(|token| format!("{http}/sign-in#{}", token.reveal()));

    let mut text = String::new();
    let mut line = |what: &str, value: &str| {
        // Writing into a String cannot fail.
        let _ = writeln!(text, "{what:<28} {value}");
    };
    line("Console", &format!("{http}/console"));
    for base in &elsewhere {
        line("Console, other machines", &format!("{base}/console"));
    }
    for media in &addresses.media {
        line("Media (UDP)", &media_of(*media, &addresses.announced));
    }
    for made in server.new_passwords() {
        line(&format!("Password of {:?}, {:?}", made.name, made.role), &format!("{} (shown once)", made.password));
    }
    if let Some(link) = &sign_in {
        line("Sign in, once", link);
        for (name, path) in write_demo_links(server, data).await {
            line(&name, &format!("{http}{path}"));
            if let Some(base) = elsewhere.first() {
                line("  from another machine", &format!("{base}{path}"));
            }
        }
    }
    let file = AddressesFile {
        console: format!("{http}/console"),
        http,
        https,
        media: addresses.media.clone(),
        demo_links: sign_in.is_some().then(|| data.join(DEMO_LINKS_FILE).display().to_string()),
        sign_in,
    };
    keep(data, ADDRESSES_FILE, &file);
    text
}

fn keep(data: &Path, name: &str, content: &impl Serialize) {
    let written = serde_json::to_vec_pretty(content)
        .map_err(anyhow::Error::from)
        .and_then(|bytes| Ok(files::write_private(&data.join(name), &bytes)?));
    if let Err(error) = written {
        tracing::error!(file = name, %error, "a file for other programs cannot be written");
    }
}

/// Writes all links of the first conference; gives the ones to show.
async fn write_demo_links(server: &Server, data: &Path) -> Vec<(String, String)> {
    let Some(conference) = server.conferences().next() else { return Vec::new() };
    let tokens = server.app().access.tokens(conference.id()).await.unwrap_or_else(|error| {
        tracing::error!(%error, "the join links cannot be read");
        Vec::new()
    });
    let setup = conference.setup();
    let links: Vec<DemoLink<'_>> =
        tokens.iter().filter(|token| !token.revoked).filter_map(|token| link(&setup, token)).collect();
    keep(data, DEMO_LINKS_FILE, &links);
    let shown = SHOWN.iter().filter_map(|(site, endpoint)| {
        let link = links.iter().find(|link| link.site.0 == *site && link.endpoint == *endpoint)?;
        let kind = match endpoint {
            EndpointRole::Main => "Join",
            EndpointRole::Backup => "Join, reserve line",
            EndpointRole::Screen => "Screen",
        };
        Some((format!("{kind} {}", link.name), link.path.clone()))
    });
    shown.collect()
}

fn link<'a>(setup: &'a Setup, token: &'a JoinToken) -> Option<DemoLink<'a>> {
    let index = setup.sites.iter().position(|site| site.slug.0 == token.site.0)?;
    Some(DemoLink {
        site: &token.site,
        endpoint: token.endpoint,
        token: &token.token,
        path: format!("/join/{}", token.token),
        index,
        name: &setup.sites[index].name,
    })
}

/// What other machines put before a path. HTTPS first: browsers give cameras to a page of another machine only by it.
fn elsewhere(addresses: &Addresses) -> Vec<String> {
    let bases = |scheme: &'static str, address: SocketAddr| {
        let reached = reach::from_elsewhere(address.ip()).into_iter();
        reached.map(move |ip| reach::url(scheme, ip, address.port()))
    };
    addresses.https.into_iter().flat_map(|https| bases("https", https)).collect()
}

/// Where sites send media: what is announced to them.
fn media_of(media: SocketAddr, announced: &[IpAddr]) -> String {
    let ips = match announced {
        [] => reach::from_elsewhere(media.ip()),
        announced => announced.to_vec(),
    };
    // On loopback, or without a network: this machine alone.
    let ips = if ips.is_empty() { vec![Ipv4Addr::LOCALHOST.into()] } else { ips };
    let addresses: Vec<String> = ips.into_iter().map(|ip| SocketAddr::new(ip, media.port()).to_string()).collect();
    addresses.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(https: Option<[u8; 4]>) -> Addresses {
        Addresses {
            http: SocketAddr::from(([127, 0, 0, 1], 8080)),
            https: https.map(|ip| SocketAddr::from((ip, 8443))),
            media: Vec::new(),
            announced: Vec::new(),
        }
    }

    #[test]
    fn other_machines_are_told_addresses_that_they_can_reach() {
        assert_eq!(elsewhere(&addresses(Some([192, 0, 2, 7]))), ["https://192.0.2.7:8443"]);
        assert!(elsewhere(&addresses(Some([127, 0, 0, 1]))).is_empty());
        assert!(elsewhere(&addresses(None)).is_empty());
        for base in elsewhere(&addresses(Some([0, 0, 0, 0]))) {
            assert!(!base.contains("localhost") && !base.contains("0.0.0.0") && !base.contains("127.0.0."), "{base}");
        }
    }

    #[test]
    fn media_is_told_where_it_is_announced() {
        let everywhere = SocketAddr::from(([0, 0, 0, 0], 5004));
        let announced = [IpAddr::from([203, 0, 113, 5]), "2001:db8::5".parse().unwrap()];
        assert_eq!(media_of(everywhere, &announced), "203.0.113.5:5004, [2001:db8::5]:5004");
        assert_eq!(media_of(SocketAddr::from(([127, 0, 0, 1], 5004)), &[]), "127.0.0.1:5004");
        assert!(!media_of(everywhere, &[]).contains("0.0.0.0"));
    }
}
