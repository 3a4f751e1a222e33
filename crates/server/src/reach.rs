//! Under which addresses other machines reach a port of this one.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Addresses for other machines: those of the machine for a port that is bound to all of them, else the one that it is bound to.
/// None for a port on loopback, and on a machine without a network.
pub(crate) fn from_elsewhere(bound: IpAddr) -> Vec<IpAddr> {
    let found = relay::reachable(bound).unwrap_or_else(|error| {
        tracing::warn!(%error, "the addresses of this machine are not known");
        Vec::new()
    });
    found.into_iter().filter(|ip| !ip.is_loopback()).collect()
}

/// A URL for other machines.
pub(crate) fn url(scheme: &str, ip: IpAddr, port: u16) -> String {
    format!("{scheme}://{}", SocketAddr::new(ip, port))
}

/// A URL that works on this machine: `localhost` is a secure context, so cameras work without a certificate.
pub(crate) fn url_here(scheme: &str, address: SocketAddr) -> String {
    match address.ip() {
        ip if ip.is_loopback() || ip.is_unspecified() => format!("{scheme}://localhost:{}", address.port()),
        ip => url(scheme, ip, address.port()),
    }
}

/// All addresses of the machine that a certificate of its own should name.
pub(crate) fn for_a_certificate() -> Vec<IpAddr> {
    from_elsewhere(Ipv4Addr::UNSPECIFIED.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_on_loopback_is_for_this_machine_alone() {
        assert!(from_elsewhere(Ipv4Addr::LOCALHOST.into()).is_empty());
        let bound = IpAddr::from([192, 0, 2, 7]);
        assert_eq!(from_elsewhere(bound), [bound]);
        assert!(
            from_elsewhere(Ipv4Addr::UNSPECIFIED.into()).iter().all(|ip| !ip.is_loopback() && !ip.is_unspecified())
        );
    }

    #[test]
    fn urls_hold_what_a_browser_can_open() {
        assert_eq!(url("https", "192.0.2.7".parse().unwrap(), 8443), "https://192.0.2.7:8443");
        assert_eq!(url("https", "2001:db8::7".parse().unwrap(), 8443), "https://[2001:db8::7]:8443");
        assert_eq!(url_here("http", SocketAddr::from(([0, 0, 0, 0], 8080))), "http://localhost:8080");
        assert_eq!(url_here("http", SocketAddr::from(([192, 0, 2, 7], 8080))), "http://192.0.2.7:8080");
    }
}
