//! Whose sound is routed: mutes, and the microphones that are open with a programme.

use crate::{Conference, EventBody, Holder, Program, Refusal, SiteSlug, SourceKind, Stage, conference::Outcome};

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
            EventBody::MicrophoneClosed { site } => {
                self.closed.insert(site.clone());
            }
            EventBody::FloorGranted { site, .. } => {
                self.closed.remove(site);
            }
            _ => {}
        }
    }

    /// Recomputes whose sound is routed: the hall, cameras on air, the holder; without those muted or closed.
    pub(crate) fn open_microphones(&mut self, hall: &SiteSlug, holder: Option<&Holder>) {
        let speaking = holder.filter(|holder| holder.on_air).map(|holder| &holder.site);
        let (muted, closed) = (&self.muted, &self.closed);
        let open = |site: &&SiteSlug| !muted.contains(*site) && !closed.contains(*site);
        self.program.microphones = microphones(&self.program, hall, speaking).filter(open).cloned().collect();
        if let Some(pending) = &mut self.pending {
            // The main site of a take gets the floor, which opens its microphone again.
            let speaker = pending.program.main_site().filter(|site| *site != hall);
            let open = |site: &&SiteSlug| !muted.contains(*site) && (!closed.contains(*site) || speaker == Some(*site));
            let speaking = speaker.or(holder.map(|holder| &holder.site));
            pending.program.microphones = microphones(&pending.program, hall, speaking).filter(open).cloned().collect();
        }
    }
}

fn microphones<'a>(
    program: &'a Program,
    hall: &'a SiteSlug,
    holder: Option<&'a SiteSlug>,
) -> impl Iterator<Item = &'a SiteSlug> {
    let heard = move |site: &&SiteSlug| {
        *site == hall
            || holder == Some(*site)
            || program.sources.iter().any(|part| part.source.site == **site && part.source.kind == SourceKind::Camera)
    };
    program.slots.values().filter(heard)
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
        let muted = &self.state().stage.muted;
        let sites: Vec<SiteSlug> = self
            .setup()
            .sites
            .iter()
            .filter(|site| !site.hall && !muted.contains(&site.slug))
            .map(|site| site.slug.clone())
            .collect();
        if sites.is_empty() { Err(Refusal::AlreadySo) } else { Ok(vec![EventBody::AllMuted { sites }]) }
    }

    pub(crate) fn mute_others(&self) -> Outcome {
        Err(Refusal::Busy)
    }

    pub(crate) fn unmute_all(&self) -> Outcome {
        Err(Refusal::Busy)
    }
}
