//! Wire shapes ↔ conference shapes. Nowhere else do the two meet.
//!
//! `…_in`: from the wire into the conference. `…_out`: from the conference to the wire.

mod command;
mod floor;
mod plan;
mod refusal;
mod stage;

use conference as core;

pub use command::command_in;
pub use floor::{floor_mode_in, floor_mode_out, request_kind_in, request_kind_out};
pub use plan::{
    contact_out, delegate_in, delegate_out, details_in, document_out, item_in, planned_site_in, quorum_in, quorum_out,
    speaker_out, speech_out,
};
pub use refusal::refusal_out;
pub use stage::{
    layout_in, layout_out, lower_third_in, lower_third_out, picture_out, slot_out, source_in, source_kind_out,
    source_out, take_failure_from_relay, take_failure_out,
};

/// A site's slug.
pub fn site_in(site: wire::SiteSlug) -> core::SiteSlug {
    core::SiteSlug(site.0)
}

/// A site's slug.
pub fn site_out(site: core::SiteSlug) -> wire::SiteSlug {
    wire::SiteSlug(site.0)
}

/// An item's id.
pub fn item_id_in(item: wire::ItemId) -> core::ItemId {
    core::ItemId(item.0)
}

/// An item's id.
pub fn item_out(item: core::ItemId) -> wire::ItemId {
    wire::ItemId(item.0)
}

/// A take's number.
pub fn take_in(take: wire::TakeId) -> core::TakeId {
    core::TakeId(take.0)
}

/// A take's number.
pub fn take_out(take: core::TakeId) -> wire::TakeId {
    wire::TakeId(take.0)
}

/// A take's number at the relay.
pub fn take_to_relay(take: core::TakeId) -> relay_core::TakeId {
    relay_core::TakeId(take.0)
}

/// A take's number from the relay.
pub fn take_from_relay(take: relay_core::TakeId) -> core::TakeId {
    core::TakeId(take.0)
}

/// Which endpoint of a site.
pub fn endpoint_in(role: wire::EndpointRole) -> core::EndpointRole {
    match role {
        wire::EndpointRole::Main => core::EndpointRole::Main,
        wire::EndpointRole::Backup => core::EndpointRole::Backup,
        wire::EndpointRole::Screen => core::EndpointRole::Screen,
    }
}

/// Which endpoint of a site.
pub fn endpoint_out(role: core::EndpointRole) -> wire::EndpointRole {
    match role {
        core::EndpointRole::Main => wire::EndpointRole::Main,
        core::EndpointRole::Backup => wire::EndpointRole::Backup,
        core::EndpointRole::Screen => wire::EndpointRole::Screen,
    }
}

/// A person's or a page's role.
pub fn role_in(role: wire::Role) -> core::Role {
    match role {
        wire::Role::Lead => core::Role::Lead,
        wire::Role::Assistant => core::Role::Assistant,
        wire::Role::Chair => core::Role::Chair,
        wire::Role::Secretary => core::Role::Secretary,
        wire::Role::Technician => core::Role::Technician,
        wire::Role::Site => core::Role::Site,
        wire::Role::Screen => core::Role::Screen,
    }
}

/// Video codec of a conference.
pub fn codec_out(codec: core::VideoCodec) -> wire::VideoCodec {
    match codec {
        core::VideoCodec::H264 => wire::VideoCodec::H264,
        core::VideoCodec::Vp8 => wire::VideoCodec::Vp8,
    }
}
