//! Open microphones beyond the picture: sites that are heard although nobody sees them, when the chair allows it.
//!
//! Such a site has a programme slot like one in the picture, and leaves the set when the picture opens its microphone anyway, when a
//! picture needs its slot, or when the hall or the holding slide is called. What a tour shows in passing, or only by its content, the
//! picture does not open: that can be opened here too.

use crate::{Conference, EventBody, Live, Refusal, SiteSlug, conference::Outcome, layout::free_slot};

/// Most microphones that are open beyond the picture: a discussion of more is not understood by anybody.
pub const MAX_OPENED: usize = 2;

impl Conference {
    pub(crate) fn allow_microphones(&self, allowed: bool) -> Outcome {
        let stage = &self.state().stage;
        if stage.microphones_allowed == allowed {
            return Err(Refusal::AlreadySo);
        }
        let shut =
            stage.opened.iter().filter(|_| !allowed).map(|site| EventBody::MicrophoneShut { site: site.clone() });
        Ok(shut.chain([EventBody::MicrophonesAllowed { allowed }]).collect())
    }

    pub(crate) fn open_microphone(&self, site: &SiteSlug, live: &Live) -> Outcome {
        self.known_site(site)?;
        let stage = &self.state().stage;
        let program = &stage.program;
        let open = stage.opened.contains(site) || program.opens(site) || program.microphones.contains(site);
        // The hall's is open with everything but the slide.
        if site == self.hall() || open {
            return Err(Refusal::AlreadySo);
        }
        if !stage.microphones_allowed {
            return Err(Refusal::MicrophonesNotAllowed);
        }
        // What is coming has its slots already.
        if stage.pending.is_some() {
            return Err(Refusal::TakePending);
        }
        if live.publisher(site).is_none() {
            return Err(Refusal::SourceOffline { site: site.clone() });
        }
        if stage.opened.len() >= MAX_OPENED {
            return Err(Refusal::TooManyMicrophones { limit: MAX_OPENED as u32 });
        }
        let slot = program.slot_of(site).or_else(|| free_slot(&program.slots)).filter(|_| program.holding.is_none());
        // With this picture no more can be.
        let limit = stage.opened.len() as u32;
        let slot = slot.ok_or(Refusal::TooManyMicrophones { limit })?;
        Ok(vec![EventBody::MicrophoneOpened { site: site.clone(), slot }])
    }

    pub(crate) fn close_microphone(&self, site: &SiteSlug) -> Outcome {
        self.known_site(site)?;
        match self.state().stage.opened.contains(site) {
            true => Ok(vec![EventBody::MicrophoneShut { site: site.clone() }]),
            false => Err(Refusal::AlreadySo),
        }
    }
}
