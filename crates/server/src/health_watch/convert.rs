//! Shapes of `health` ↔ shapes of the wire.

use health::{AlarmKind, Cause, CheckFault, CheckItem, CheckReport, CheckVerdict, ContentFault, End, Finding};

use crate::live::{quality_out, reason_out};

pub(super) fn slug_in(site: &conference::SiteSlug) -> health::SiteSlug {
    health::SiteSlug(site.0.clone())
}

pub(super) fn slug_out(site: &health::SiteSlug) -> wire::SiteSlug {
    wire::SiteSlug(site.0.clone())
}

pub(super) fn verdict_out(finding: Finding) -> wire::SiteVerdict {
    wire::SiteVerdict { quality: quality_out(finding.quality), reason: finding.reason.map(reason_out) }
}

pub(super) fn fault_out(fault: ContentFault) -> wire::ContentFault {
    match fault {
        ContentFault::SilentMicrophone => wire::ContentFault::SilentMicrophone,
        ContentFault::Clipping => wire::ContentFault::Clipping,
        ContentFault::TooLow => wire::ContentFault::TooLow,
        ContentFault::TooLoud => wire::ContentFault::TooLoud,
        ContentFault::BlackPicture => wire::ContentFault::BlackPicture,
        ContentFault::FrozenPicture => wire::ContentFault::FrozenPicture,
        ContentFault::Echo => wire::ContentFault::Echo,
    }
}

fn kind_out(kind: AlarmKind) -> wire::AlarmKind {
    match kind {
        AlarmKind::Lost => wire::AlarmKind::Lost,
        AlarmKind::Bad => wire::AlarmKind::Bad,
        AlarmKind::Content(ContentFault::SilentMicrophone) => wire::AlarmKind::SilentMicrophone,
        AlarmKind::Content(ContentFault::Clipping) => wire::AlarmKind::Clipping,
        AlarmKind::Content(ContentFault::TooLow) => wire::AlarmKind::TooLow,
        AlarmKind::Content(ContentFault::TooLoud) => wire::AlarmKind::TooLoud,
        AlarmKind::Content(ContentFault::BlackPicture) => wire::AlarmKind::BlackPicture,
        AlarmKind::Content(ContentFault::FrozenPicture) => wire::AlarmKind::FrozenPicture,
        AlarmKind::Content(ContentFault::Echo) => wire::AlarmKind::Echo,
    }
}

pub(super) fn alarm_out(alarm: &health::Alarm) -> wire::Alarm {
    wire::Alarm {
        id: alarm.id.0,
        site: slug_out(&alarm.site),
        kind: kind_out(alarm.kind),
        raised_at: alarm.raised_at.0,
        count: alarm.count,
        gone_at: alarm.gone_at.map(|at| at.0),
        acknowledged_by: alarm.acknowledged.as_ref().map(|signature| signature.by.clone()),
        acknowledged_at: alarm.acknowledged.as_ref().map(|signature| signature.at.0),
        cleared_at: alarm.cleared.as_ref().map(|cleared| cleared.at.0),
        cleared_by: alarm.cleared.as_ref().and_then(|cleared| cleared.by.clone()),
    }
}

fn cause_out(cause: &Cause) -> wire::IncidentCause {
    match cause {
        Cause::Relay(name) => wire::IncidentCause::Relay(name.clone()),
        Cause::Carrier(name) => wire::IncidentCause::Carrier(name.clone()),
        Cause::Region(name) => wire::IncidentCause::Region(name.clone()),
        Cause::Centre => wire::IncidentCause::Centre,
        Cause::Site(site) => wire::IncidentCause::Site(slug_out(site)),
    }
}

/// An incident; `closed`: when and how it was closed, if it was.
pub(super) fn incident_out(incident: &health::Incident, closed: Option<(u64, End)>) -> wire::Incident {
    let site = |(site, dropped): (&health::SiteSlug, &health::Dropped)| {
        let (began, back) = (dropped.began.0, dropped.back.map(|at| at.0));
        (slug_out(site), wire::IncidentSite { began, back, times: dropped.times })
    };
    wire::Incident {
        id: incident.id.0,
        began: incident.began.0,
        ended: incident.ended.map(|at| at.0),
        cause: cause_out(&incident.cause),
        inside: incident.inside,
        outside: incident.outside,
        sites: incident.sites.iter().map(site).collect(),
        closed_at: closed.map(|(at, _)| at),
        merged_into: match closed {
            Some((_, End::MergedInto(whole))) => Some(whole.0),
            Some((_, End::Over)) | None => None,
        },
    }
}

pub(super) fn report_out(report: &CheckReport) -> wire::CheckReport {
    let item = |item: &health::CheckedItem| wire::CheckedItem {
        item: item_out(item.item),
        verdict: check_verdict_out(item.verdict),
        fault: item.fault.map(check_fault_out),
        value: item.value,
    };
    wire::CheckReport {
        verdict: check_verdict_out(report.verdict),
        fault: report.fault.map(check_fault_out),
        items: report.items.iter().map(item).collect(),
        echo_judged: report.echo_judged,
    }
}

fn item_out(item: CheckItem) -> wire::CheckItem {
    match item {
        CheckItem::Camera => wire::CheckItem::Camera,
        CheckItem::Microphone => wire::CheckItem::Microphone,
        CheckItem::Speaker => wire::CheckItem::Speaker,
        CheckItem::Up => wire::CheckItem::Up,
        CheckItem::Down => wire::CheckItem::Down,
        CheckItem::Loss => wire::CheckItem::Loss,
        CheckItem::Delay => wire::CheckItem::Delay,
        CheckItem::Stability => wire::CheckItem::Stability,
        CheckItem::Path => wire::CheckItem::Path,
    }
}

fn check_verdict_out(verdict: CheckVerdict) -> wire::CheckVerdict {
    match verdict {
        CheckVerdict::Good => wire::CheckVerdict::Good,
        CheckVerdict::Unknown => wire::CheckVerdict::Unknown,
        CheckVerdict::Weak => wire::CheckVerdict::Weak,
        CheckVerdict::Bad => wire::CheckVerdict::Bad,
    }
}

fn check_fault_out(fault: CheckFault) -> wire::CheckFault {
    match fault {
        CheckFault::NoPicture => wire::CheckFault::NoPicture,
        CheckFault::NoSound => wire::CheckFault::NoSound,
        CheckFault::Content(ContentFault::SilentMicrophone) => wire::CheckFault::SilentMicrophone,
        CheckFault::Content(ContentFault::Clipping) => wire::CheckFault::Clipping,
        CheckFault::Content(ContentFault::TooLow) => wire::CheckFault::TooLow,
        CheckFault::Content(ContentFault::TooLoud) => wire::CheckFault::TooLoud,
        CheckFault::Content(ContentFault::BlackPicture) => wire::CheckFault::BlackPicture,
        CheckFault::Content(ContentFault::FrozenPicture) => wire::CheckFault::FrozenPicture,
        CheckFault::Content(ContentFault::Echo) => wire::CheckFault::Echo,
        CheckFault::SoundBlocked => wire::CheckFault::SoundBlocked,
        CheckFault::ConcealedSound => wire::CheckFault::ConcealedSound,
        CheckFault::NarrowUp => wire::CheckFault::NarrowUp,
        CheckFault::NarrowDown => wire::CheckFault::NarrowDown,
        CheckFault::Loss => wire::CheckFault::Loss,
        CheckFault::ReceivingLoss => wire::CheckFault::ReceivingLoss,
        CheckFault::Delay => wire::CheckFault::Delay,
        CheckFault::Flapping => wire::CheckFault::Flapping,
        CheckFault::SlowMachine => wire::CheckFault::SlowMachine,
        CheckFault::LowBattery => wire::CheckFault::LowBattery,
        CheckFault::OverTcp => wire::CheckFault::OverTcp,
    }
}
