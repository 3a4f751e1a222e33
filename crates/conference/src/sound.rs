//! Whose sound is routed: mutes, cuts by an interruption, and what is open with a programme.
//!
//! Open are the hall, the sites whose cameras are shown, the holder on air, and the sites whose microphones were opened by hand
//! (`microphones.rs`). A mute wins over all of them, and so does an interruption until the site leaves the air, is unmuted or gets the
//! floor. With the holding slide nothing is open.

use crate::{Conference, EventBody, Holder, Program, Refusal, SiteSlug, Stage, conference::Outcome};

impl Stage {
    pub(crate) fn apply_to_sound(&mut self, body: &EventBody) {
        match body {
            EventBody::SiteMuted { site } => {
                self.muted.insert(site.clone());
            }
            EventBody::SiteUnmuted { site } => {
                self.muted.remove(site);
                self.closed.remove(site);
            }
            EventBody::AllMuted { sites } => self.muted.extend(sites.iter().cloned()),
            EventBody::AllUnmuted { sites } => {
                self.muted.retain(|site| !sites.contains(site));
                self.closed.retain(|site| !sites.contains(site));
            }
            EventBody::MicrophonesAllowed { allowed } => self.microphones_allowed = *allowed,
            EventBody::MicrophoneOpened { site, slot } => {
                self.opened.insert(site.clone());
                self.closed.remove(site);
                self.program.slots.insert(*slot, site.clone());
            }
            EventBody::MicrophoneShut { site } => self.shut(site),
            EventBody::MicrophoneClosed { site } => {
                self.closed.insert(site.clone());
            }
            EventBody::FloorGranted { site, .. } => {
                self.closed.remove(site);
            }
            _ => {}
        }
    }

    /// The site's slot is free again where no picture of it needs it.
    fn shut(&mut self, site: &SiteSlug) {
        self.opened.remove(site);
        let programs = [Some(&mut self.program), self.pending.as_mut().map(|pending| &mut pending.program)];
        for program in programs.into_iter().flatten().filter(|program| !program.shows(site)) {
            program.slots.retain(|_, owner| owner != site);
        }
    }

    /// Lets go of what was noted of sites that the programme on air has left.
    pub(crate) fn keep_what_is_on_air(&mut self) {
        let (program, tour) = (&self.program, &self.tour);
        // What a tour covers comes back as it was.
        let covered = |site: &SiteSlug| tour.as_ref().is_some_and(|tour| tour.before.shows(site));
        self.closed.retain(|site| program.shows(site) || covered(site));
        self.opened.retain(|site| program.slot_of(site).is_some() && !program.opens(site));
    }

    /// Recomputes whose sound is routed, now and when the pending take is shown.
    pub(crate) fn open_microphones(&mut self, hall: &SiteSlug, holder: Option<&Holder>) {
        let speaking = holder.filter(|holder| holder.on_air).map(|holder| &holder.site);
        let open = self.heard(&self.program, hall, speaking, None);
        let coming = self.pending.as_ref().map(|pending| {
            // The main site of a take gets the floor, which opens its microphone again.
            let speaker = pending.speaker(&self.program).filter(|site| *site != hall);
            let waiting = holder.filter(|_| !pending.program.tour).map(|holder| &holder.site);
            self.heard(&pending.program, hall, speaker.or(waiting), speaker)
        });
        self.program.microphones = open;
        if let Some((pending, open)) = self.pending.as_mut().zip(coming) {
            pending.program.microphones = open;
        }
    }

    /// Sites that are heard with a programme while `speaking` has the floor. `granted` gets it with the programme.
    fn heard(
        &self,
        program: &Program,
        hall: &SiteSlug,
        speaking: Option<&SiteSlug>,
        granted: Option<&SiteSlug>,
    ) -> Vec<SiteSlug> {
        if program.holding.is_some() {
            return Vec::new();
        }
        let open = |site: &SiteSlug| {
            site == hall || speaking == Some(site) || program.opens(site) || self.opened.contains(site)
        };
        let closed = |site: &SiteSlug| self.closed.contains(site) && granted != Some(site);
        let heard = |site: &&SiteSlug| open(site) && !self.muted.contains(*site) && !closed(site);
        program.slots.values().filter(heard).cloned().collect()
    }
}

impl Conference {
    pub(crate) fn mute(&self, site: &SiteSlug) -> Outcome {
        self.known_site(site)?;
        match self.state().stage.muted.contains(site) {
            true => Err(Refusal::AlreadySo),
            false => Ok(vec![EventBody::SiteMuted { site: site.clone() }]),
        }
    }

    pub(crate) fn unmute(&self, site: &SiteSlug) -> Outcome {
        self.known_site(site)?;
        let stage = &self.state().stage;
        match stage.muted.contains(site) || stage.closed.contains(site) {
            true => Ok(vec![EventBody::SiteUnmuted { site: site.clone() }]),
            false => Err(Refusal::AlreadySo),
        }
    }

    pub(crate) fn mute_all(&self) -> Outcome {
        self.mute_all_but(None)
    }

    pub(crate) fn mute_others(&self) -> Outcome {
        self.mute_all_but(self.state().floor.holder.as_ref().map(|holder| &holder.site))
    }

    /// Mutes every site but the hall and, if there is one, the speaker.
    fn mute_all_but(&self, speaker: Option<&SiteSlug>) -> Outcome {
        let muted = &self.state().stage.muted;
        let sites = self.setup().sites.iter().filter(|site| !site.hall).map(|site| &site.slug);
        let sites: Vec<SiteSlug> =
            sites.filter(|site| Some(*site) != speaker && !muted.contains(*site)).cloned().collect();
        if sites.is_empty() { Err(Refusal::AlreadySo) } else { Ok(vec![EventBody::AllMuted { sites }]) }
    }

    pub(crate) fn unmute_all(&self) -> Outcome {
        let stage = &self.state().stage;
        let sites: Vec<SiteSlug> = stage.muted.union(&stage.closed).cloned().collect();
        if sites.is_empty() { Err(Refusal::AlreadySo) } else { Ok(vec![EventBody::AllUnmuted { sites }]) }
    }
}
