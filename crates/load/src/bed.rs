//! Where everything runs: cores, and the network that server and peers share.
//!
//! Root gets a network namespace of its own, because Janus's libnice offers no loopback candidates: the server has an address
//! of an interface, the peers have all others of 10.77/16, and every packet passes the kernel's loopback as it would with
//! addresses of 127/8. The namespace ends with the processes in it.

use std::{net::Ipv4Addr, process::Command};

use anyhow::{Context, ensure};
use nix::{
    sched::{CloneFlags, unshare},
    unistd::geteuid,
};

/// The server's address in a namespace of its own.
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);
/// The first peer's address there.
const FIRST_PEER: Ipv4Addr = Ipv4Addr::new(10, 77, 1, 0);
/// The first peer's address on the machine's own loopback.
const FIRST_LOOPBACK_PEER: Ipv4Addr = Ipv4Addr::new(127, 1, 0, 0);
/// Peers that have an address in either: up to 10.77.254.255.
pub const MAX_PEERS: usize = 254 * 256;

/// Makes the namespace's network: an interface that is up and has a partner, and all addresses of the net on this machine.
const COMMANDS: [&str; 6] = [
    "link set lo up",
    "link add load0 type veth peer name load1",
    "addr add 10.77.0.1/32 dev load0",
    "link set load0 up",
    "link set load1 up",
    // Not of `lo`: libnice binds its sockets to the interface, and would look for the peers beyond it.
    "route add local 10.77.0.0/16 dev load0",
];

/// Addresses of the server and of the peers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    /// The server's.
    pub server: Ipv4Addr,
    /// The first peer's; the others follow.
    pub first_peer: Ipv4Addr,
}

impl Network {
    /// The machine's loopback.
    pub const LOOPBACK: Self = Self { server: Ipv4Addr::LOCALHOST, first_peer: FIRST_LOOPBACK_PEER };

    /// Moves this process, and what it starts, to a network namespace of its own.
    ///
    /// # Errors
    ///
    /// This is not root, the kernel refuses, or there is no `ip`.
    pub fn of_its_own() -> anyhow::Result<Self> {
        ensure!(geteuid().is_root(), "only root makes network namespaces");
        // Before it is moved: a namespace without a way is worse than none.
        ensure!(Command::new("ip").arg("-V").output().is_ok_and(|output| output.status.success()), "there is no `ip`");
        unshare(CloneFlags::CLONE_NEWNET).context("the kernel gives no network namespace")?;
        for command in COMMANDS {
            let output = Command::new("ip").args(command.split(' ')).output().context("ip")?;
            ensure!(output.status.success(), "ip {command}: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(Self { server: SERVER, first_peer: FIRST_PEER })
    }

    /// Address of a peer.
    pub fn address_of(self, peer: usize) -> Ipv4Addr {
        Ipv4Addr::from(u32::from(self.first_peer) + u32::try_from(peer).unwrap_or(u32::MAX))
    }

    /// The peer with an address; an address of nobody gives a number that no peer has.
    pub fn peer_at(self, address: Ipv4Addr) -> usize {
        u32::from(address).wrapping_sub(u32::from(self.first_peer)) as usize
    }
}

/// Where everything runs.
#[derive(Debug, Clone)]
pub struct Bed {
    /// The server's core.
    pub server_core: usize,
    /// The load's.
    pub load_core: usize,
    /// The network.
    pub network: Network,
    /// Why it is not of its own.
    pub shared: Option<String>,
}

impl Bed {
    /// Makes the network, or takes the machine's loopback.
    pub fn make(server_core: usize, load_core: usize) -> Self {
        match Network::of_its_own() {
            Ok(network) => Self { server_core, load_core, network, shared: None },
            Err(why) => Self { server_core, load_core, network: Network::LOOPBACK, shared: Some(format!("{why:#}")) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_are_found_by_their_addresses() {
        let network = Network { server: SERVER, first_peer: FIRST_PEER };

        assert_eq!(network.address_of(300), Ipv4Addr::new(10, 77, 2, 44));
        assert_eq!(network.peer_at(network.address_of(300)), 300);
        assert_eq!(network.address_of(MAX_PEERS - 1), Ipv4Addr::new(10, 77, 254, 255));
        assert!(network.peer_at(SERVER) >= MAX_PEERS);
    }
}
