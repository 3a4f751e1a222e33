//! A conference of a few sites, for the tests of the task's parts.

use conference::{Contact, FloorMode, Setup, Site, SiteSlug, SpeechLimits, VideoCodec};

/// Of these sites; `hall` is the hall.
pub(super) fn setup_of(slugs: &[&str]) -> Setup {
    let site = |slug: &&str| Site {
        slug: SiteSlug::from(*slug),
        code: "00".to_owned(),
        name: (*slug).to_owned(),
        full_name: (*slug).to_owned(),
        region: "region".to_owned(),
        carrier: "carrier".to_owned(),
        contact: Contact::default(),
        receive_kbps: None,
        column: 0,
        row: 0,
        hall: *slug == "hall",
    };
    Setup {
        id: "c".into(),
        title: "t".to_owned(),
        codec: VideoCodec::H264,
        support_phone: String::new(),
        sites: slugs.iter().map(site).collect(),
        agenda: Vec::new(),
        speech: SpeechLimits { allowed_ms: 0, warning_ms: 0, grace_ms: 5_000 },
        floor_mode: FloorMode::Operator,
    }
}
