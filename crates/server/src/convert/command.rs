//! Commands as pages send them.

use conference::Command as To;
use wire::Command as From;

use super::{
    delegate_in, details_in, floor_mode_in, item_id_in, item_in, layout_in, lower_third_in, planned_site_in, quorum_in,
    request_kind_in, site_in, source_in,
};

/// A command as a page sends it.
pub fn command_in(command: From) -> To {
    match command {
        From::OpenConference => To::OpenConference,
        From::EndConference { confirmation } => To::EndConference { confirmation },
        From::StartRehearsal => To::StartRehearsal,
        From::EndRehearsal => To::EndRehearsal,
        From::LockPlan { locked } => To::LockPlan { locked },
        From::SetDetails { details } => To::SetDetails { details: details_in(details) },
        From::SetAgenda { items } => To::SetAgenda { items: each(items, item_in) },
        From::SetSites { sites } => To::SetSites { sites: each(sites, planned_site_in) },
        From::DelegateRegions { to, regions } => To::DelegateRegions { to, regions },
        From::SetQuorum { quorum } => To::SetQuorum { quorum: quorum_in(quorum) },
        From::SetTemplates { texts } => To::SetTemplates { texts },
        From::SetPreview { layout, sources } => preview(layout, sources),
        From::ClearPreview => To::ClearPreview,
        From::Take { preview } => To::Take { preview: conference::PreviewId(preview.0) },
        From::BackToHall => To::BackToHall,
        From::Undo => To::Undo,
        From::RemoveFromAir { site } => To::RemoveFromAir { site: site_in(site) },
        From::ShowHolding { title, text } => To::ShowHolding { title, text },
        From::SetLowerThird { lower_third } => To::SetLowerThird { lower_third: lower_third_in(lower_third) },
        From::ShowNames { shown } => To::ShowNames { shown },
        From::StartTour { sites, dwell_ms, repeat } => To::StartTour { sites: each(sites, site_in), dwell_ms, repeat },
        From::StopTour => To::StopTour,
        From::Mute { site } => To::Mute { site: site_in(site) },
        From::Unmute { site } => To::Unmute { site: site_in(site) },
        From::MuteAll => To::MuteAll,
        From::MuteOthers => To::MuteOthers,
        From::UnmuteAll => To::UnmuteAll,
        From::AllowMicrophones { allowed } => To::AllowMicrophones { allowed },
        From::OpenMicrophone { site } => To::OpenMicrophone { site: site_in(site) },
        From::CloseMicrophone { site } => To::CloseMicrophone { site: site_in(site) },
        From::SetFloorMode { mode } => To::SetFloorMode { mode: floor_mode_in(mode) },
        From::RequestFloor { kind } => To::RequestFloor { kind: request_kind_in(kind) },
        From::WithdrawRequest { site } => To::WithdrawRequest { site: site_in(site) },
        From::ReorderQueue { site, position } => To::ReorderQueue { site: site_in(site), position },
        From::ClearQueue => To::ClearQueue,
        From::Invite { site } => To::Invite { site: site_in(site) },
        From::Cue { site } => To::Cue { site: site_in(site) },
        From::Uncue { site } => To::Uncue { site: site_in(site) },
        From::Grant { site } => To::Grant { site: site_in(site) },
        From::EndSpeech => To::EndSpeech,
        From::Interrupt => To::Interrupt,
        From::PauseClock => To::PauseClock,
        From::ResumeClock => To::ResumeClock,
        From::ExtendSpeech { seconds } => To::ExtendSpeech { seconds },
        From::StartItem { item, current } => start_item(item, current),
        From::FinishItem { item } => To::FinishItem { item: item_id_in(item) },
        From::SkipItem { item, skipped } => To::SkipItem { item: item_id_in(item), skipped },
        From::MarkPresence { site, present, reason } => To::MarkPresence { site: site_in(site), present, reason },
        From::SetDelegates { site, delegates } => set_delegates(site, delegates),
        From::SendMessage { to, text } => To::SendMessage { to: each(to, site_in), text },
        From::AcknowledgeMessage { message } => To::AcknowledgeMessage { message: conference::MessageId(message.0) },
    }
}

fn preview(layout: wire::Layout, sources: Vec<wire::SourceRef>) -> To {
    To::SetPreview { layout: layout_in(layout), sources: each(sources, source_in) }
}

fn start_item(item: wire::ItemId, current: Option<wire::ItemId>) -> To {
    To::StartItem { item: item_id_in(item), current: current.map(item_id_in) }
}

fn set_delegates(site: wire::SiteSlug, delegates: Vec<wire::Delegate>) -> To {
    To::SetDelegates { site: site_in(site), delegates: each(delegates, delegate_in) }
}

fn each<A, B>(list: Vec<A>, convert: impl Fn(A) -> B) -> Vec<B> {
    list.into_iter().map(convert).collect()
}
