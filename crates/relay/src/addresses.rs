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
    Ok(in_order(found))
}

/// Other machines' way first, the families by turns, so that neither is cut off by many addresses of the other (RFC 8421 §4);
/// loopback last and whatever is cut, because pages on this machine need it.
fn in_order(found: Vec<IpAddr>) -> Vec<IpAddr> {
    let (loopback, others): (Vec<_>, Vec<_>) = found.into_iter().partition(IpAddr::is_loopback);
    let (v4, v6): (Vec<_>, Vec<_>) = others.into_iter().partition(IpAddr::is_ipv4);
    let one_of = |family: fn(&IpAddr) -> bool| loopback.iter().copied().find(family);
    let mut loopback: Vec<IpAddr> = one_of(IpAddr::is_ipv4).into_iter().chain(one_of(IpAddr::is_ipv6)).collect();
    if loopback.is_empty() && v4.is_empty() && v6.is_empty() {
        loopback.push(Ipv4Addr::LOCALHOST.into());
    }
    let mut ordered = Vec::new();
    let (mut v4, mut v6) = (v4.into_iter(), v6.into_iter());
    loop {
        let pair = [v4.next(), v6.next()];
        if pair == [None, None] {
            break;
        }
        ordered.extend(pair.into_iter().flatten());
    }
    ordered.truncate(MAX_ADDRESSES - loopback.len());
    ordered.append(&mut loopback);
    ordered
}

fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

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

    #[test]
    fn neither_family_is_cut_off_by_many_addresses_of_the_other() {
        let v4 = |last| IpAddr::from([192, 0, 2, last]);
        let v6 = |last| IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, last]);
        let loopbacks = [IpAddr::from([127, 0, 0, 1]), Ipv6Addr::LOCALHOST.into()];
        let many = [loopbacks.to_vec(), (1..20).map(v4).collect(), vec![v6(1)]].concat();

        let ordered = in_order(many);

        assert_eq!(ordered[..3], [v4(1), v6(1), v4(2)]);
        assert_eq!(ordered[MAX_ADDRESSES - 2..], loopbacks);
        assert_eq!(in_order(vec![]), [IpAddr::from([127, 0, 0, 1])]);
    }
}
