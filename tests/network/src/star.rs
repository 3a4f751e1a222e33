//! A star of namespaces: the server in the middle, a line to each of the others.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use anyhow::{Context, ensure};
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio_tun::Tun;

use crate::line::Impairment;
use crate::namespace::{self, Namespace};
use crate::pump::{Way, pump};

/// The server's address, the same at the end of every line.
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);
/// Lines have numbers that are a byte of their addresses.
const MAX_LINES: usize = 200;
/// Device of a line in its own namespace.
const DEVICE: &str = "line";
/// What Ethernet carries.
const MTU: i32 = 1_500;

/// The star. Dropping it stops the traffic and removes the namespaces.
pub struct Star {
    // Before the namespaces: a device whose last descriptor is closed is gone.
    pumps: JoinSet<()>,
    lines: BTreeMap<String, StarLine>,
    server: Namespace,
}

/// A line and the namespace at its far end.
pub struct StarLine {
    namespace: Namespace,
    address: Ipv4Addr,
    /// To the server.
    pub up: Way,
    /// From the server.
    pub down: Way,
}

impl StarLine {
    /// The namespace at its far end.
    pub fn namespace(&self) -> &Namespace {
        &self.namespace
    }

    /// The address there.
    pub fn address(&self) -> Ipv4Addr {
        self.address
    }

    /// Cuts the cable, both ways.
    pub fn cut(&self) {
        self.set_cut(true);
    }

    /// Joins it again; delay, loss and rate are as they were.
    pub fn mend(&self) {
        self.set_cut(false);
    }

    fn set_cut(&self, cut: bool) {
        for way in [&self.up, &self.down] {
            way.set(Impairment { cut, ..way.impairment() });
        }
    }
}

impl Star {
    /// Makes a star with lines of these names, all of them perfect until they are told otherwise. Removes what earlier stars
    /// left that were killed. Fails, with the reason, where namespaces cannot be made.
    pub fn new(names: &[&str], seed: u64) -> anyhow::Result<Self> {
        ensure!(names.len() <= MAX_LINES, "at most {MAX_LINES} lines");
        namespace::remove_leftovers();
        let server = Namespace::new("server")?;
        server.ip(&["addr", "add", &format!("{SERVER}/32"), "dev", "lo"])?;
        let mut star = Self { pumps: JoinSet::new(), lines: BTreeMap::new(), server };
        for (name, number) in names.iter().zip(1..) {
            star.add(name, number, seed).with_context(|| format!("the line {name}"))?;
        }
        Ok(star)
    }

    /// Namespace of the server.
    pub fn server(&self) -> &Namespace {
        &self.server
    }

    /// Address of the server, from everywhere.
    pub fn server_address(&self) -> Ipv4Addr {
        SERVER
    }

    /// A line by its name.
    pub fn line(&self, name: &str) -> anyhow::Result<&StarLine> {
        self.lines.get(name).with_context(|| format!("no line is called {name:?}"))
    }

    /// All lines by name.
    pub fn lines(&self) -> impl Iterator<Item = (&str, &StarLine)> {
        self.lines.iter().map(|(name, line)| (name.as_str(), line))
    }

    fn add(&mut self, name: &str, number: u8, seed: u64) -> anyhow::Result<()> {
        let namespace = Namespace::new(name)?;
        let address = Ipv4Addr::new(10, 77, number, 2);
        let far = device(&namespace, DEVICE)?;
        namespace.ip(&["addr", "add", &format!("{address}/32"), "dev", DEVICE])?;
        namespace.ip(&["route", "add", "default", "dev", DEVICE])?;
        let near_name = format!("{DEVICE}{number}");
        let near = device(&self.server, &near_name)?;
        let route = [&format!("{address}/32"), "dev", &near_name, "src", &SERVER.to_string()];
        self.server.ip(&[&["route", "add"], &route[..]].concat())?;

        let seed_of = |direction: u64| seed.wrapping_mul(1_000) + u64::from(number) * 2 + direction;
        let line = StarLine { namespace, address, up: Way::new(seed_of(0)), down: Way::new(seed_of(1)) };
        for (from, to, way) in [(&far, &near, &line.up), (&near, &far, &line.down)] {
            let pumping = pump(Arc::clone(from), Arc::clone(to), way.clone());
            // A device that fails is one whose namespace is being removed: the test that needed it has ended.
            self.pumps.spawn(async { drop(pumping.await) });
        }
        self.lines.insert(name.to_owned(), line);
        Ok(())
    }
}

fn device(namespace: &Namespace, name: &str) -> anyhow::Result<Arc<Tun>> {
    let runtime = Handle::current();
    let device = namespace.within(move || {
        let _entered = runtime.enter();
        let devices =
            Tun::builder().name(name).mtu(MTU).up().build().context("a TUN device (is /dev/net/tun there?)")?;
        devices.into_iter().next().context("one device was asked for")
    })?;
    Ok(Arc::new(device))
}
