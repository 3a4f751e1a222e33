//! The lines of sites: of main and reserve the better one is what a site is judged by.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use conference::SiteSlug;
use health::{Arriving, Finding, Thresholds};
use wire::EndpointRole;

use super::peer::{Peer, Peers};

/// The better line of a site.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// Its peer.
    pub peer: &'a Peer,
    /// What arrives of it.
    pub arriving: Arriving,
    /// What is found in that, at this moment alone.
    pub finding: Finding,
    /// Since the last that arrived; none: nothing ever did, or its media connection is gone.
    pub silent_for: Option<Duration>,
    /// Its page said goodbye.
    pub left: bool,
}

impl Peers {
    /// The better line of every site that has or had one. A line whose page said goodbye is worse than any other.
    pub fn lines(&self, now: Instant, bounds: &Thresholds) -> BTreeMap<SiteSlug, Line<'_>> {
        let mut lines: BTreeMap<SiteSlug, Line<'_>> = BTreeMap::new();
        for peer in self.iter() {
            let Some((site, EndpointRole::Main | EndpointRole::Backup)) = peer.seat() else { continue };
            let line = line_of(peer, now, bounds);
            let better = lines.get(site).is_none_or(|other| line.is_better_than(other));
            if better {
                lines.insert(site.clone(), line);
            }
        }
        lines
    }
}

impl Line<'_> {
    fn is_better_than(&self, other: &Self) -> bool {
        match (self.left, other.left) {
            (false, true) => true,
            (true, false) => false,
            (true, true) | (false, false) => self.finding.is_better_than(&other.finding),
        }
    }
}

fn line_of<'a>(peer: &'a Peer, now: Instant, bounds: &Thresholds) -> Line<'a> {
    let arriving = peer.arriving(now);
    let media = peer.media.as_ref().filter(|media| media.connected);
    Line {
        peer,
        arriving,
        finding: Finding::now(&arriving, bounds),
        silent_for: media.and_then(|media| media.arrival.silent_for(now)),
        left: peer.has_left(),
    }
}
