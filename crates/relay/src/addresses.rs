//! Under which addresses a listening socket is reached, when nobody says.

use std::{
    io,
    net::{IpAddr, Ipv4Addr},
};

use nix::{ifaddrs::getifaddrs, net::if_::InterfaceFlags};

/// Addresses announced at most: every one costs each endpoint a pair to check.
const MAX_ADDRESSES: usize = 8;

/// Addresses of the interfaces that are up, other machines' way first, loopback last; for a socket bound to one address,
/// that one. Link-local addresses are left out: they mean nothing without their interface.
///
/// # Errors
/// The system does not list its interfaces.
pub fn reachable(bound: IpAddr) -> io::Result<Vec<IpAddr>> {
    if !bound.is_unspecified() {
        return Ok(vec![bound]);
    }
    let mut found: Vec<IpAddr> = Vec::new();
    for interface in getifaddrs()? {
        if !interface.flags.contains(InterfaceFlags::IFF_UP) {
            continue;
        }
        let Some(address) = interface.address else { continue };
        let ip = match (address.as_sockaddr_in(), address.as_sockaddr_in6()) {
            (Some(v4), _) => IpAddr::V4(v4.ip()),
            (None, Some(v6)) => IpAddr::V6(v6.ip()),
            (None, None) => continue,
        };
        let family = ip.is_ipv4() || bound.is_ipv6();
        if family && !is_link_local(ip) && !found.contains(&ip) {
            found.push(ip);
        }
    }
    found.sort_by_key(|ip| (ip.is_loopback(), ip.is_ipv6()));
    if found.is_empty() {
        found.push(Ipv4Addr::LOCALHOST.into());
    }
    // Loopback stays among them whatever is cut: pages on this machine need it.
    if found.len() > MAX_ADDRESSES {
        found.drain(MAX_ADDRESSES - 1..found.len() - 1);
    }
    Ok(found)
}

fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_address_is_announced_alone() {
        let bound = IpAddr::from([192, 0, 2, 7]);
        assert_eq!(reachable(bound).unwrap(), vec![bound]);
    }

    #[test]
    fn an_unspecified_address_announces_loopback_last() {
        let found = reachable(Ipv4Addr::UNSPECIFIED.into()).unwrap();
        assert!(found.iter().all(IpAddr::is_ipv4));
        assert_eq!(found.last(), Some(&Ipv4Addr::LOCALHOST.into()));
        assert!(found.len() <= MAX_ADDRESSES);
    }
}
