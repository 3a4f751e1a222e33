//! What is planned before a conference, and who takes part.

use conference as core;

use super::{floor_mode_in, item_id_in, layout_in, site_in};

/// Details of a conference.
pub fn details_in(details: wire::PlanDetails) -> core::Details {
    core::Details {
        title: details.title,
        support_phone: details.support_phone,
        floor_mode: floor_mode_in(details.floor_mode),
        speech: speech_in(details.speech),
    }
}

fn speech_in(speech: wire::SpeechLimits) -> core::SpeechLimits {
    let wire::SpeechLimits { allowed_ms, warning_ms, grace_ms } = speech;
    core::SpeechLimits { allowed_ms, warning_ms, grace_ms }
}

/// Limits of a speech.
pub fn speech_out(speech: core::SpeechLimits) -> wire::SpeechLimits {
    let core::SpeechLimits { allowed_ms, warning_ms, grace_ms } = speech;
    wire::SpeechLimits { allowed_ms, warning_ms, grace_ms }
}

/// A planned item of the agenda.
pub fn item_in(item: wire::ItemPlan) -> core::Item {
    core::Item {
        id: item_id_in(item.id),
        title: item.title,
        speaker: item.speaker.map(speaker_in),
        site: item.site.map(site_in),
        planned_ms: item.planned_ms,
        layout: item.layout.map(layout_in),
        documents: item.documents.into_iter().map(document_in).collect(),
    }
}

fn document_in(document: wire::Document) -> core::Document {
    let wire::Document { id, name, bytes } = document;
    core::Document { id, name, bytes }
}

/// A document of an item.
pub fn document_out(document: core::Document) -> wire::Document {
    let core::Document { id, name, bytes } = document;
    wire::Document { id, name, bytes }
}

fn speaker_in(speaker: wire::SpeakerView) -> core::Speaker {
    let wire::SpeakerView { name, title, organisation } = speaker;
    core::Speaker { name, title, organisation }
}

/// A person of the agenda.
pub fn speaker_out(speaker: core::Speaker) -> wire::SpeakerView {
    let core::Speaker { name, title, organisation } = speaker;
    wire::SpeakerView { name, title, organisation }
}

/// A planned site.
pub fn planned_site_in(site: wire::SitePlan) -> core::Site {
    core::Site {
        slug: site_in(site.slug),
        code: site.code,
        name: site.name,
        full_name: site.full_name,
        region: site.region,
        carrier: site.carrier,
        contact: core::Contact { name: site.contact.name, phone: site.contact.phone },
        receive_kbps: site.receive_kbps,
        column: site.column,
        row: site.row,
        hall: site.hall,
    }
}

/// Whom to ring.
pub fn contact_out(contact: core::Contact) -> wire::Contact {
    let core::Contact { name, phone } = contact;
    wire::Contact { name, phone }
}

/// Somebody who takes part at a site.
pub fn delegate_in(delegate: wire::Delegate) -> core::Delegate {
    let wire::Delegate { name, title, organisation, present } = delegate;
    core::Delegate { name, title, organisation, present }
}

/// Somebody who takes part at a site.
pub fn delegate_out(delegate: core::Delegate) -> wire::Delegate {
    let core::Delegate { name, title, organisation, present } = delegate;
    wire::Delegate { name, title, organisation, present }
}

/// How many must be present.
pub fn quorum_in(quorum: wire::Quorum) -> core::Quorum {
    let wire::Quorum { sites, delegates } = quorum;
    core::Quorum { sites, delegates }
}

/// How many must be present.
pub fn quorum_out(quorum: core::Quorum) -> wire::Quorum {
    let core::Quorum { sites, delegates } = quorum;
    wire::Quorum { sites, delegates }
}
