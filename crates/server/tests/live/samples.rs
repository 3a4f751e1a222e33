//! The conference of these tests: the hall and three sites.

use conference::{ConferenceId, Contact, FloorMode, ItemId, Setup, Site, SiteSlug, SpeechLimits, VideoCodec};
use wire::{SourceKind, SourceRef};

pub fn slug(text: &str) -> SiteSlug {
    SiteSlug::from(text)
}

pub fn camera(site: &str) -> SourceRef {
    SourceRef { site: wire::SiteSlug(site.to_owned()), kind: SourceKind::Camera }
}

fn site(code: &str, slug: &str, hall: bool) -> Site {
    Site {
        slug: SiteSlug::from(slug),
        code: code.to_owned(),
        name: slug.to_owned(),
        full_name: slug.to_owned(),
        region: "region".to_owned(),
        carrier: "carrier".to_owned(),
        contact: Contact { name: "IT".to_owned(), phone: format!("0{code}") },
        receive_kbps: None,
        column: 0,
        row: 0,
        hall,
    }
}

pub fn setup() -> Setup {
    Setup {
        id: ConferenceId::from("bau-cu-2021"),
        title: "Hội nghị".to_owned(),
        codec: VideoCodec::H264,
        support_phone: "080".to_owned(),
        sites: vec![
            site("00", "hall", true),
            site("04", "cao-bang", false),
            site("96", "ca-mau", false),
            site("48", "da-nang", false),
        ],
        agenda: vec![conference::Item {
            id: ItemId::from("bc-01"),
            title: "Báo cáo".to_owned(),
            speaker: None,
            site: None,
            planned_ms: 0,
            layout: None,
            documents: Vec::new(),
        }],
        speech: SpeechLimits { allowed_ms: 600_000, warning_ms: 60_000, grace_ms: 30_000 },
        floor_mode: FloorMode::Operator,
    }
}

/// Faults of picture and sound are told after a second, for nobody waits here for half a minute.
pub fn quick() -> health::Settings {
    let content = health::ContentBounds {
        silent_after_ms: 1_000,
        black_after_ms: 1_000,
        frozen_after_ms: 1_000,
        ..health::ContentBounds::default()
    };
    health::Settings { content, ..health::Settings::default() }
}
