//! Who may read what of a view.

use wire::{ConferenceView, Contact, DeskView, MessageView, SiteSlug, SiteView, StateChange};

/// Who reads a view.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Audience {
    /// People at the centre.
    Centre,
    /// Pages and endpoints of a site.
    Site(SiteSlug),
    /// Big screens, of whatever site: no messages, no contacts.
    Screen,
}

/// The view that an audience may read.
pub fn view_for(audience: &Audience, mut view: ConferenceView) -> ConferenceView {
    view.sites = view.sites.into_iter().map(|site| site_for(audience, site)).collect();
    view.messages.retain(|message| concerns(audience, message));
    if *audience != Audience::Centre {
        view.desk = DeskView::default();
    }
    view
}

/// The changes that an audience may read.
pub fn changes_for(audience: &Audience, changes: &[StateChange]) -> Vec<StateChange> {
    let visible = changes.iter().filter_map(|change| match change {
        StateChange::Message(message) if !concerns(audience, message) => None,
        StateChange::Desk(_) if *audience != Audience::Centre => None,
        StateChange::Site(site) => Some(StateChange::Site(site_for(audience, site.clone()))),
        StateChange::Conference(_)
        | StateChange::Agenda(_)
        | StateChange::Floor(_)
        | StateChange::Stage(_)
        | StateChange::Message(_)
        | StateChange::Desk(_) => Some(change.clone()),
    });
    visible.collect()
}

/// True if some audience must not see the changes as others do: otherwise one text serves all.
pub fn is_private(changes: &[StateChange]) -> bool {
    let private = |change| matches!(change, &StateChange::Site(_) | &StateChange::Message(_) | &StateChange::Desk(_));
    changes.iter().any(private)
}

fn site_for(audience: &Audience, mut site: SiteView) -> SiteView {
    let own = matches!(audience, Audience::Site(reader) if site.slug == *reader);
    if !own {
        site.delegate_list.clear();
        if *audience != Audience::Centre {
            site.contact = Contact::default();
        }
    }
    site
}

fn concerns(audience: &Audience, message: &MessageView) -> bool {
    match (audience, &message.from) {
        (Audience::Centre, _) => true,
        (Audience::Screen, _) => false,
        (Audience::Site(reader), Some(from)) => from == reader,
        (Audience::Site(reader), None) => message.to.is_empty() || message.to.contains(reader),
    }
}
