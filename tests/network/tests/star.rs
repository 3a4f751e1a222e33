//! The star with real namespaces and real packets: what the model says happens to them.
//!
//! Needs root, as making namespaces does; fails elsewhere and says so.

// Helpers unwrap as the tests do.
#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use network_bed::{Impairment, Namespace, Star};
use tokio::net::UdpSocket;
use tokio::time::timeout;

/// Longest wait for a packet that has been sent.
const PATIENCE: Duration = Duration::from_secs(2);
/// Timers of both ways, and a machine that also does other things.
const TOLERANCE: Duration = Duration::from_millis(25);
const PORT: u16 = 7_000;

/// A socket that belongs to a namespace.
fn socket(namespace: &Namespace, address: SocketAddr) -> UdpSocket {
    let runtime = tokio::runtime::Handle::current();
    let bound = namespace.within(|| {
        let _entered = runtime.enter();
        let socket = std::net::UdpSocket::bind(address)?;
        socket.set_nonblocking(true)?;
        Ok(UdpSocket::from_std(socket)?)
    });
    bound.unwrap()
}

/// A star of one line, a socket at each end, connected.
async fn pair() -> (Star, UdpSocket, UdpSocket) {
    let star = Star::new(&["a"], 7).unwrap();
    let line = star.line("a").unwrap();
    let server = SocketAddr::from((star.server_address(), PORT));
    let site = SocketAddr::from((line.address(), PORT));
    let at_server = socket(star.server(), server);
    let at_site = socket(line.namespace(), site);
    at_server.connect(site).await.unwrap();
    at_site.connect(server).await.unwrap();
    (star, at_site, at_server)
}

async fn received(socket: &UdpSocket) -> Option<Vec<u8>> {
    let mut buffer = [0; 2_000];
    let length = timeout(PATIENCE, socket.recv(&mut buffer)).await.ok()?.unwrap();
    Some(buffer[..length].to_vec())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn packets_take_the_delay_of_their_direction() {
    let (star, site, server) = pair().await;
    let line = star.line("a").unwrap();
    line.up.set(Impairment { delay_ms: 80, ..Impairment::default() });
    line.down.set(Impairment { delay_ms: 20, ..Impairment::default() });

    for (from, to, delay) in [(&site, &server, 80), (&server, &site, 20)] {
        let sent = Instant::now();
        from.send(b"xin chao").await.unwrap();
        assert_eq!(received(to).await.as_deref(), Some(&b"xin chao"[..]));
        let (took, delay) = (sent.elapsed(), Duration::from_millis(delay));
        assert!((delay..delay + TOLERANCE).contains(&took), "{took:?} instead of {delay:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lossy_line_loses_its_share_and_counts_it() {
    let (star, site, server) = pair().await;
    let line = star.line("a").unwrap();
    line.up.set(Impairment { loss: 0.3, ..Impairment::default() });

    let sending = async {
        for _ in 0..1_000 {
            site.send(&[0; 200]).await.unwrap();
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        // What the device still holds is judged by the lossy line; the end of it all must arrive.
        tokio::time::sleep(Duration::from_millis(100)).await;
        line.up.set(Impairment::default());
        site.send(b"end").await.unwrap();
    };
    let receiving = async {
        let mut arrived = 0;
        while received(&server).await.unwrap() != b"end" {
            arrived += 1;
        }
        arrived
    };
    let ((), arrived) = tokio::join!(sending, receiving);

    assert!((620..780).contains(&arrived), "{arrived} of 1,000 with a loss of 0.3");
    let counts = line.up.counts();
    assert_eq!((counts.arrived, counts.lost), (arrived + 1, 1_000 - arrived));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_line_is_silent_both_ways_and_works_again_when_mended() {
    let (star, site, server) = pair().await;
    let line = star.line("a").unwrap();

    line.cut();
    site.send(b"lost").await.unwrap();
    server.send(b"lost").await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    line.mend();
    site.send(b"up").await.unwrap();
    server.send(b"down").await.unwrap();

    assert_eq!(received(&server).await.as_deref(), Some(&b"up"[..]));
    assert_eq!(received(&site).await.as_deref(), Some(&b"down"[..]));
    assert_eq!((line.up.counts().cut, line.down.counts().cut), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_do_not_reach_each_other_and_nothing_stays_behind() {
    let star = Star::new(&["a", "b"], 7).unwrap();
    let (a, b) = (star.line("a").unwrap(), star.line("b").unwrap());
    let from = socket(a.namespace(), SocketAddr::from((a.address(), PORT)));
    let to = socket(b.namespace(), SocketAddr::from((b.address(), PORT)));
    let names = [star.server(), a.namespace(), b.namespace()].map(|namespace| namespace.name().to_owned());

    from.send_to(b"?", SocketAddr::from((b.address(), PORT))).await.unwrap();
    let mut buffer = [0; 10];
    assert!(timeout(Duration::from_millis(200), to.recv(&mut buffer)).await.is_err());

    drop(star);
    let listed = Command::new("ip").args(["netns", "list"]).output().unwrap();
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(names.iter().all(|name| !listed.contains(name.as_str())), "{listed}");
}
