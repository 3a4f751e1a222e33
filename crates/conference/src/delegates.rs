//! Delegates of the sites, and the quorum.

use serde::{Deserialize, Serialize};

use crate::{Conference, EventBody, Refusal, SiteSlug, conference::Outcome, setup::MAX_SITES, text};

/// Most delegates of one site: a hall of a province.
pub const MAX_DELEGATES: usize = 100;
/// Longest name of a delegate, in characters.
pub const MAX_DELEGATE_NAME_CHARS: usize = 120;
/// Longest title or organisation of a delegate, in characters.
pub const MAX_DELEGATE_TEXT_CHARS: usize = 200;
/// Bytes of the texts of one site's delegates: they are a part of what its pages are sent at once, see
/// [`crate::MAX_SETUP_BYTES`]. A hundred delegates with long titles have 20 KiB.
pub const MAX_DELEGATE_BYTES_OF_SITE: usize = 48 * 1024;
/// Bytes of the texts of all delegates: the state holds them, and 63 sites with thirty each need 400 KiB at most.
pub const MAX_DELEGATE_BYTES: usize = 512 * 1024;

/// Somebody who takes part at a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delegate {
    /// Name.
    pub name: String,
    /// Title; may be empty.
    pub title: String,
    /// Organisation; may be empty.
    pub organisation: String,
    /// There at the roll call.
    pub present: bool,
}

/// How many must be present; 0: no matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quorum {
    /// Sites that are marked present, the hall not counted.
    pub sites: u32,
    /// Delegates that are marked present, of all sites.
    pub delegates: u32,
}

impl Delegate {
    fn bytes(&self) -> usize {
        self.name.len() + self.title.len() + self.organisation.len()
    }

    fn check(&self) -> Result<(), Refusal> {
        text::check_line(&self.name, 1..=MAX_DELEGATE_NAME_CHARS)?;
        text::check_line(&self.title, 0..=MAX_DELEGATE_TEXT_CHARS)?;
        text::check_line(&self.organisation, 0..=MAX_DELEGATE_TEXT_CHARS)
    }
}

impl Conference {
    pub(crate) fn set_delegates(&self, site: &SiteSlug, delegates: &[Delegate]) -> Outcome {
        self.known_site(site)?;
        if delegates.len() > MAX_DELEGATES {
            return Err(Refusal::TooMany { limit: MAX_DELEGATES as u32 });
        }
        delegates.iter().try_for_each(Delegate::check)?;
        self.room_for(site, delegates)?;
        match self.state().roster.delegates_of(site) == delegates {
            true => Err(Refusal::AlreadySo),
            false => Ok(vec![EventBody::DelegatesSet { site: site.clone(), delegates: delegates.to_vec() }]),
        }
    }

    /// Refuses a list whose texts are too long together; the bound that is told is how many of it there is room for.
    fn room_for(&self, site: &SiteSlug, delegates: &[Delegate]) -> Result<(), Refusal> {
        let others = self.state().roster.delegates.iter().filter(|(other, _)| *other != site);
        let taken: usize = others.flat_map(|(_, delegates)| delegates).map(Delegate::bytes).sum();
        let room = MAX_DELEGATE_BYTES_OF_SITE.min(MAX_DELEGATE_BYTES.saturating_sub(taken));
        let mut bytes = 0;
        for (place, delegate) in (0..).zip(delegates) {
            bytes += delegate.bytes();
            if bytes > room {
                return Err(Refusal::TooMany { limit: place });
            }
        }
        Ok(())
    }

    pub(crate) fn set_quorum(&self, quorum: Quorum) -> Outcome {
        let in_bounds = |value: u32, max: usize| match value as usize <= max {
            true => Ok(()),
            false => Err(Refusal::OutOfRange { min: 0, max: max as u64 }),
        };
        in_bounds(quorum.sites, MAX_SITES)?;
        in_bounds(quorum.delegates, MAX_SITES * MAX_DELEGATES)?;
        match self.state().plan.quorum == quorum {
            true => Err(Refusal::AlreadySo),
            false => Ok(vec![EventBody::QuorumSet { quorum }]),
        }
    }
}
