//! Where datagrams of a peer come from and go to, and whose they are.

use std::{collections::HashMap, net::SocketAddr};

/// Number of a TCP connection, given by the shell and never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionNumber(pub u64);

/// What tells the ways of peers apart on the relay's port: transport and address of the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tuple {
    /// Datagrams from and to an address.
    Udp(SocketAddr),
    /// A connection that the peer has opened (RFC 6544); the shell frames what goes through it (RFC 4571). The address alone
    /// would not do: connections to two addresses of the relay may come from the same port.
    Tcp {
        /// Which.
        connection: ConnectionNumber,
        /// The other side's address.
        address: SocketAddr,
    },
}

impl Tuple {
    /// Address of the other side.
    pub fn address(&self) -> SocketAddr {
        match self {
            Tuple::Udp(address) | Tuple::Tcp { address, .. } => *address,
        }
    }

    pub(crate) fn is_udp(&self) -> bool {
        matches!(self, Tuple::Udp(_))
    }

    pub(crate) fn connection(&self) -> Option<ConnectionNumber> {
        match self {
            Tuple::Udp(_) => None,
            Tuple::Tcp { connection, .. } => Some(*connection),
        }
    }
}

/// Peers by their tuples. Datagrams are looked up by the address alone, as if there were no connections.
#[derive(Debug, Default)]
pub(crate) struct TupleMap {
    udp: HashMap<SocketAddr, usize>,
    tcp: HashMap<ConnectionNumber, usize>,
}

impl TupleMap {
    pub(crate) fn get(&self, tuple: &Tuple) -> Option<usize> {
        match tuple {
            Tuple::Udp(address) => self.udp.get(address).copied(),
            Tuple::Tcp { connection, .. } => self.of_connection(*connection),
        }
    }

    pub(crate) fn of_connection(&self, connection: ConnectionNumber) -> Option<usize> {
        self.tcp.get(&connection).copied()
    }

    /// Gives the peer that had the tuple before.
    pub(crate) fn insert(&mut self, tuple: Tuple, key: usize) -> Option<usize> {
        match tuple {
            Tuple::Udp(address) => self.udp.insert(address, key),
            Tuple::Tcp { connection, .. } => self.tcp.insert(connection, key),
        }
    }

    pub(crate) fn remove(&mut self, tuple: &Tuple) {
        match tuple {
            Tuple::Udp(address) => self.udp.remove(address),
            Tuple::Tcp { connection, .. } => self.tcp.remove(connection),
        };
    }
}
