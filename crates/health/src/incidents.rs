//! Incidents: drops that belong together are one, with its sites and its likely cause.
//!
//! A drop is a site from which nothing arrives any more. It is a *blink*, and no incident, if it ends within [`BLINK_MS`]. Of
//! the others those that begin within [`TOGETHER_MS`] of each other and share what explains them (`cause.rs`) are one
//! incident; a drop that nothing shared explains is an incident of its own site. What is learnt later corrects what
//! was told: an incident grows, and what turns out to be a part of another one is closed as merged into it. Only who flaps
//! belongs to an older one, which may be open for hours because of one site that stays down: whatever else drops then is new.
//!
//! ```text
//!  dropped ─▶ (blink) ─▶ appeared: nothing
//!      └───▶ BLINK_MS ─▶ Opened ─▶ Changed… ─▶ all sites back for QUIET_MS ─▶ Closed
//! ```

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::{Millis, QUIET_MS, SiteSlug};

mod cause;
mod incident;

pub use cause::{Cause, INSIDE_SHARE, MIN_DIFFERENCE};
pub use incident::{Dropped, End, Incident, IncidentEvent, IncidentId, Place};

use cause::{Explanation, Line, Lines, explain};

/// A drop that ends sooner is a blink: nobody is called for it. That nothing arrives is told after 2.25 to 2.5 s, and a drop
/// must be seen with its cause within 3 s of its beginning.
pub const BLINK_MS: u64 = 2_500;
/// Drops that begin within so long of each other may have one cause. Sites behind one fault stop within a second or two of each
/// other; what batteries and reserve lines carry for a while stops a few seconds later.
pub const TOGETHER_MS: u64 = 10_000;
/// While sites that could belong together still drop at this pace and nothing explains them yet, it is too early to say that a
/// drop stands alone, ms.
const GATHER_MS: u64 = 500;
/// But not longer than this after the blink, ms.
const GATHER_AT_MOST_MS: u64 = 2_000;
/// An incident that changes is told so at most this often, ms: a region is one change and not fourteen.
const CHANGES_EVERY_MS: u64 = 1_000;
/// Incidents that are over and still listed. Older ones are in what was stored of the events.
pub const MAX_HISTORY: usize = 256;

/// An open incident, and what is still to be told of it.
#[derive(Debug, Clone)]
struct Open {
    incident: Incident,
    changed: bool,
    told_at: Millis,
}

impl Open {
    /// A site of it is back.
    fn note_return(&mut self, at: Millis) {
        if self.incident.sites.values().all(|dropped| dropped.back.is_some()) {
            self.incident.ended = Some(at);
        }
        self.changed = true;
    }
}

/// All incidents of a conference.
#[derive(Debug, Clone, Default)]
pub struct Incidents {
    last: u64,
    lines: Lines,
    open: BTreeMap<IncidentId, Open>,
    history: VecDeque<Incident>,
    events: VecDeque<IncidentEvent>,
    blinks: u64,
}

impl Incidents {
    /// None yet; numbers go on after `last`.
    pub fn after(last: u64) -> Self {
        Self { last, ..Self::default() }
    }

    /// Says where the sites hang. Sites that are not named any more leave.
    pub fn set_places(&mut self, now: Millis, places: BTreeMap<SiteSlug, Place>) {
        let gone: Vec<_> = self.lines.keys().filter(|site| !places.contains_key(*site)).cloned().collect();
        for site in gone {
            self.left(now, &site);
            self.lines.remove(&site);
        }
        for (site, place) in places {
            self.lines.entry(site).or_insert((Place::default(), Line::Absent)).0 = place;
        }
    }

    /// Incidents that are not over, by their numbers.
    pub fn open(&self) -> impl Iterator<Item = &Incident> {
        self.open.values().map(|open| &open.incident)
    }

    /// Incidents that are over, the oldest first.
    pub fn history(&self) -> impl Iterator<Item = &Incident> {
        self.history.iter()
    }

    /// Drops that ended before they were an incident.
    pub fn blinks(&self) -> u64 {
        self.blinks
    }

    /// Media of a site arrives, for the first time or again.
    pub fn appeared(&mut self, now: Millis, site: &SiteSlug) {
        self.leave_state(now, site, Line::Up);
    }

    /// A site went on purpose: that is no drop.
    pub fn left(&mut self, now: Millis, site: &SiteSlug) {
        self.leave_state(now, site, Line::Absent);
    }

    /// Nothing arrives of a site since `began`. A site that never was there does not drop.
    pub fn dropped(&mut self, now: Millis, site: &SiteSlug, began: Millis) {
        let Some((_, line)) = self.lines.get_mut(site) else { return };
        if *line != Line::Up {
            return;
        }
        let began = began.min(now);
        *line = Line::Down { began, noticed: now, look_at: began.plus(BLINK_MS).max(now), incident: None };
    }

    /// Opens, grows and closes what time has come for.
    pub fn handle_timeout(&mut self, now: Millis) {
        let mut due: Vec<_> = self.waiting().filter(|(look_at, _)| *look_at <= now).collect();
        due.sort();
        let due: Vec<SiteSlug> = due.into_iter().map(|(_, site)| site.clone()).collect();
        for site in due {
            // An earlier one may have explained it along with itself.
            if let Some((_, Line::Down { began, incident: None, .. })) = self.lines.get(&site) {
                self.place_drop(now, &site, *began);
            }
        }
        self.close_quiet(now);
        self.tell_changes(now);
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) next.
    pub fn poll_timeout(&self) -> Option<Millis> {
        let drops = self.waiting().map(|(look_at, _)| look_at);
        let changes = self.open.values().filter(|open| open.changed).map(|open| open.told_at.plus(CHANGES_EVERY_MS));
        let closings = self.open.values().filter_map(|open| open.incident.ended).map(|ended| ended.plus(QUIET_MS));
        drops.chain(changes).chain(closings).min()
    }

    /// What happened. To be called until it has nothing more: it is not bounded otherwise.
    pub fn poll_event(&mut self) -> Option<IncidentEvent> {
        self.events.pop_front()
    }

    fn leave_state(&mut self, now: Millis, site: &SiteSlug, next: Line) {
        let Some((_, line)) = self.lines.get_mut(site) else { return };
        let before = std::mem::replace(line, next);
        let Line::Down { incident, .. } = before else { return };
        let Some(open) = incident.and_then(|id| self.open.get_mut(&id)) else {
            self.blinks += 1;
            return;
        };
        if let Some(dropped) = open.incident.sites.get_mut(site) {
            dropped.back = Some(now);
        }
        open.note_return(now);
    }

    /// Drops that are in no incident yet: the sites, and when to look at them.
    fn waiting(&self) -> impl Iterator<Item = (Millis, &SiteSlug)> {
        self.lines.iter().filter_map(|(site, (_, line))| match line {
            Line::Down { look_at, incident: None, .. } => Some((*look_at, site)),
            Line::Down { .. } | Line::Up | Line::Absent => None,
        })
    }

    /// Until when other drops that may belong to this one are expected; none if there is no other.
    fn gathers_until(&self, site: &SiteSlug, began: Millis) -> Option<Millis> {
        let (place, _) = self.lines.get(site)?;
        let noticed = |(other, (there, line)): (&SiteSlug, &(Place, Line))| match line {
            Line::Down { noticed, incident: None, .. } if other != site && cause::share_something(place, there) => {
                Some(*noticed)
            }
            Line::Down { .. } | Line::Up | Line::Absent => None,
        };
        let latest = self.lines.iter().filter_map(noticed).max()?;
        Some(latest.plus(GATHER_MS).min(began.plus(BLINK_MS + GATHER_AT_MOST_MS)))
    }

    /// Puts a drop into the incident where it belongs.
    fn place_drop(&mut self, now: Millis, site: &SiteSlug, began: Millis) {
        let together = cause::together_with(&self.lines, began);
        if let Some(Explanation { cause, inside, outside, sites }) = explain(&self.lines, site, began, &together) {
            self.gather(now, &sites, cause, (inside, outside));
            return;
        }
        if let Some(until) = self.gathers_until(site, began).filter(|until| *until > now) {
            if let Some((_, Line::Down { look_at, .. })) = self.lines.get_mut(site) {
                *look_at = until;
            }
            return;
        }
        if let Some(id) = self.flaps_in(site, began).or_else(|| self.grows_into(site, began)) {
            self.add(id, site);
            self.measure(id, &together);
            return;
        }
        let id = self.open_incident(now, began, Cause::Site(site.clone()), (1.0, 0.0));
        self.add(id, site);
        self.tell_opened(id);
    }

    /// The open incident from which the site was back a moment before it dropped again: it flaps. Of several, the one that it came
    /// back from last.
    fn flaps_in(&self, site: &SiteSlug, began: Millis) -> Option<IncidentId> {
        let was_back = |incident: &Incident| {
            let back = incident.sites.get(site)?.back?;
            (began.since(back) < QUIET_MS).then_some((back, incident.id))
        };
        self.open().filter_map(was_back).max().map(|(_, id)| id)
    }

    /// An open incident whose cause covers the site, and whose latest site was new to it at about the same time.
    fn grows_into(&self, site: &SiteSlug, began: Millis) -> Option<IncidentId> {
        let (place, _) = self.lines.get(site)?;
        let fits =
            |incident: &&Incident| incident.cause.covers(place) && incident.latest_new().apart(began) <= TOGETHER_MS;
        self.open().find(fits).map(|incident| incident.id)
    }

    /// True if the drops of these sites are the fault of an incident which has the same cause: it still takes along others, or has come
    /// back to at least half of them. Otherwise one site that stays down, or flaps, would hide the next outage behind the last.
    fn goes_on(&self, incident: &Incident, sites: &BTreeSet<SiteSlug>) -> bool {
        let latest = incident.latest_new();
        let is_together =
            |site: &SiteSlug| self.drop_began(site).is_some_and(|began| latest.apart(began) <= TOGETHER_MS);
        let is_again = |site: &&SiteSlug| match self.drop_incident(site) {
            Some(id) => id == incident.id,
            None => self.drop_began(site).and_then(|began| self.flaps_in(site, began)) == Some(incident.id),
        };
        sites.iter().any(is_together) || sites.iter().filter(is_again).count() * 2 >= sites.len()
    }

    /// Makes one incident of these sites: the oldest of those that they are in, with all others merged into it.
    fn gather(&mut self, now: Millis, sites: &BTreeSet<SiteSlug>, cause: Cause, shares: (f32, f32)) {
        let began = sites.iter().filter_map(|site| self.drop_began(site)).min().unwrap_or(now);
        // An incident that began before is no part of what began now, unless it is the same fault, which goes on or has come back.
        let belongs = |incident: &&Incident| {
            let is_part = sites.iter().any(|site| self.drop_incident(site) == Some(incident.id));
            let is_same = incident.cause == cause && self.goes_on(incident, sites);
            is_same || (is_part && incident.began.plus(TOGETHER_MS) >= began)
        };
        let parts: BTreeSet<IncidentId> = self.open().filter(belongs).map(|incident| incident.id).collect();
        let is_new = parts.is_empty();
        let id = match parts.first() {
            Some(id) => *id,
            None => self.open_incident(now, began, cause.clone(), shares),
        };
        for part in parts.iter().skip(1) {
            self.merge(*part, id);
        }
        for site in sites {
            if self.drop_incident(site) != Some(id) {
                self.take_out(site);
                self.add(id, site);
            }
        }
        if let Some(open) = self.open.get_mut(&id) {
            let Incident { cause: old, inside, outside, .. } = &mut open.incident;
            (*old, *inside, *outside) = (cause, shares.0, shares.1);
            open.changed = true;
        }
        if is_new {
            self.tell_opened(id);
        }
    }

    fn drop_began(&self, site: &SiteSlug) -> Option<Millis> {
        match self.lines.get(site)?.1 {
            Line::Down { began, .. } => Some(began),
            Line::Up | Line::Absent => None,
        }
    }

    fn drop_incident(&self, site: &SiteSlug) -> Option<IncidentId> {
        match self.lines.get(site)?.1 {
            Line::Down { incident, .. } => incident,
            Line::Up | Line::Absent => None,
        }
    }

    fn open_incident(&mut self, now: Millis, began: Millis, cause: Cause, (inside, outside): (f32, f32)) -> IncidentId {
        self.last += 1;
        let id = IncidentId(self.last);
        let sites = BTreeMap::new();
        let incident = Incident { id, began, latest: began, ended: None, cause, inside, outside, sites };
        self.open.insert(id, Open { incident, changed: false, told_at: now });
        id
    }

    fn tell_opened(&mut self, id: IncidentId) {
        if let Some(open) = self.open.get_mut(&id) {
            open.changed = false;
            self.events.push_back(IncidentEvent::Opened(open.incident.clone()));
        }
    }

    /// Adds a site that is down.
    fn add(&mut self, id: IncidentId, site: &SiteSlug) {
        let Some((_, Line::Down { began, incident, .. })) = self.lines.get_mut(site) else { return };
        let Some(open) = self.open.get_mut(&id) else { return };
        *incident = Some(id);
        open.incident.began = open.incident.began.min(*began);
        open.incident.latest = open.incident.latest.max(*began);
        let dropped =
            open.incident.sites.entry(site.clone()).or_insert(Dropped { began: *began, back: None, times: 0 });
        dropped.back = None;
        dropped.times = dropped.times.saturating_add(1);
        open.incident.ended = None;
        open.changed = true;
    }

    /// Takes a site's drop out of an older incident, to which it was counted before its true cause was seen. The site stays there
    /// with the drops that it had before.
    fn take_out(&mut self, site: &SiteSlug) {
        let Some((_, Line::Down { began, incident: Some(id), .. })) = self.lines.get(site) else { return };
        let Some(open) = self.open.get_mut(id) else { return };
        if let Some(dropped) = open.incident.sites.get_mut(site) {
            dropped.back = Some(*began);
            dropped.times = dropped.times.saturating_sub(1).max(1);
        }
        open.note_return(*began);
    }

    /// Measures the shares of an incident that has grown.
    fn measure(&mut self, id: IncidentId, together: &BTreeSet<SiteSlug>) {
        let Some(open) = self.open.get_mut(&id) else { return };
        if matches!(open.incident.cause, Cause::Site(_)) {
            // A site that stands alone is all that there is inside.
            return;
        }
        let all: BTreeSet<SiteSlug> = open.incident.sites.keys().chain(together).cloned().collect();
        (open.incident.inside, open.incident.outside) = cause::shares(&self.lines, &open.incident.cause, &all);
    }

    fn merge(&mut self, part: IncidentId, whole: IncidentId) {
        let Some(Open { incident, .. }) = self.open.remove(&part) else { return };
        for (_, line) in self.lines.values_mut() {
            if let Line::Down { incident: of, .. } = line
                && *of == Some(part)
            {
                *of = Some(whole);
            }
        }
        if let Some(open) = self.open.get_mut(&whole) {
            open.incident.began = open.incident.began.min(incident.began);
            open.incident.latest = open.incident.latest.max(incident.latest);
            for (site, dropped) in &incident.sites {
                let known = open.incident.sites.entry(site.clone());
                known.and_modify(|known| *known = known.with(dropped)).or_insert(*dropped);
            }
            let backs: Option<Vec<Millis>> = open.incident.sites.values().map(|dropped| dropped.back).collect();
            open.incident.ended = backs.and_then(|backs| backs.into_iter().max());
        }
        self.events.push_back(IncidentEvent::Closed(incident, End::MergedInto(whole)));
    }

    fn close_quiet(&mut self, now: Millis) {
        let quiet = |open: &Open| open.incident.ended.is_some_and(|ended| now >= ended.plus(QUIET_MS));
        let over: Vec<_> = self.open.iter().filter(|(_, open)| quiet(open)).map(|(id, _)| *id).collect();
        for id in over {
            let Some(Open { incident, .. }) = self.open.remove(&id) else { continue };
            if self.history.len() == MAX_HISTORY {
                self.history.pop_front();
            }
            self.history.push_back(incident.clone());
            self.events.push_back(IncidentEvent::Closed(incident, End::Over));
        }
    }

    fn tell_changes(&mut self, now: Millis) {
        for open in self.open.values_mut() {
            if open.changed && now >= open.told_at.plus(CHANGES_EVERY_MS) {
                open.changed = false;
                open.told_at = now;
                self.events.push_back(IncidentEvent::Changed(open.incident.clone()));
            }
        }
    }
}

#[cfg(test)]
mod tests;
