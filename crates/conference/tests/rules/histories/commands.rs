//! Any command, with what it may name.

use conference::{
    tour::{MAX_DWELL_MS, MIN_DWELL_MS},
    *,
};
use proptest::prelude::*;

use crate::world::{SITES, other_setups, setup, slug};

/// Some sites more often than others, so that commands meet.
pub fn site_index() -> impl Strategy<Value = usize> {
    prop::sample::select(vec![0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 4, 5, 6])
}

pub fn site() -> impl Strategy<Value = SiteSlug> {
    site_index().prop_map(|index| slug(SITES[index]))
}

/// Who may send a command on the day.
pub fn sender(command: &Command) -> Role {
    match command {
        Command::RequestFloor { .. } => Role::Site,
        Command::AllowMicrophones { .. } => Role::Chair,
        Command::SendMessage { to, .. } if to.is_empty() => Role::Site,
        _ => Role::Lead,
    }
}

fn source() -> impl Strategy<Value = SourceRef> {
    (site(), prop::bool::weighted(0.2)).prop_map(|(site, content)| match content {
        true => SourceRef::content(site),
        false => SourceRef::camera(site),
    })
}

/// A command of any kind.
pub fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        8 => stage_command(),
        3 => tour_command(),
        5 => sound_command(),
        9 => floor_command(),
        3 => other_command(),
        2 => plan_command(),
    ]
}

fn stage_command() -> impl Strategy<Value = Command> {
    let layout = prop::sample::select(vec![
        Layout::Single,
        Layout::Single,
        Layout::SideBySide,
        Layout::SpeakerHall,
        Layout::Grid,
        Layout::ContentSpeaker,
    ]);
    prop_oneof![
        6 => (layout, prop::collection::vec(source(), 1..=4)).prop_map(|(layout, mut sources)| {
            let keep = match layout { Layout::Single => 1, Layout::Grid => 4, _ => 2 };
            sources.truncate(keep);
            Command::SetPreview { layout, sources }
        }),
        1 => Just(Command::ClearPreview),
        1 => Just(Command::BackToHall),
        2 => Just(Command::Undo),
        1 => site().prop_map(|site| Command::RemoveFromAir { site }),
        1 => prop::sample::select(vec!["Tạm nghỉ", "Sự cố kỹ thuật", ""]).prop_map(|title| Command::ShowHolding {
            title: title.to_owned(), text: String::new()
        }),
    ]
}

fn tour_command() -> impl Strategy<Value = Command> {
    let dwell = prop::sample::select(vec![0, MIN_DWELL_MS, 5_000, MAX_DWELL_MS]);
    prop_oneof![
        3 => (prop::collection::vec(site(), 0..4), dwell, prop::bool::ANY).prop_map(|(sites, dwell_ms, repeat)| {
            Command::StartTour { sites, dwell_ms, repeat }
        }),
        1 => Just(Command::StopTour),
    ]
}

fn sound_command() -> impl Strategy<Value = Command> {
    prop_oneof![
        2 => site().prop_map(|site| Command::Mute { site }),
        2 => site().prop_map(|site| Command::Unmute { site }),
        1 => Just(Command::MuteAll),
        1 => Just(Command::MuteOthers),
        1 => Just(Command::UnmuteAll),
        3 => prop::bool::weighted(0.8).prop_map(|allowed| Command::AllowMicrophones { allowed }),
        6 => site().prop_map(|site| Command::OpenMicrophone { site }),
        2 => site().prop_map(|site| Command::CloseMicrophone { site }),
    ]
}

fn floor_command() -> impl Strategy<Value = Command> {
    let mode = prop::sample::select(vec![FloorMode::Closed, FloorMode::Operator, FloorMode::Queue, FloorMode::Open]);
    prop_oneof![
        2 => mode.prop_map(|mode| Command::SetFloorMode { mode }),
        6 => prop::bool::ANY.prop_map(|response| Command::RequestFloor {
            kind: if response { RequestKind::Response } else { RequestKind::Request }
        }),
        2 => site().prop_map(|site| Command::WithdrawRequest { site }),
        3 => (site(), 0..4_u32).prop_map(|(site, position)| Command::ReorderQueue { site, position }),
        1 => Just(Command::ClearQueue),
        6 => site().prop_map(|site| Command::Invite { site }),
        2 => site().prop_map(|site| Command::Cue { site }),
        2 => site().prop_map(|site| Command::Uncue { site }),
        4 => site().prop_map(|site| Command::Grant { site }),
        1 => Just(Command::EndSpeech),
        1 => Just(Command::Interrupt),
        2 => Just(Command::PauseClock),
        2 => Just(Command::ResumeClock),
        1 => (0..4_000_u32).prop_map(|seconds| Command::ExtendSpeech { seconds }),
    ]
}

fn other_command() -> impl Strategy<Value = Command> {
    let item = || prop::sample::select(vec!["opening", "report-a", "none"]).prop_map(ItemId::from);
    prop_oneof![
        2 => Just(Command::OpenConference),
        2 => Just(Command::StartRehearsal),
        1 => Just(Command::EndRehearsal),
        1 => Just(Command::EndConference { confirmation: "test".to_owned() }),
        3 => (item(), prop::option::of(item())).prop_map(|(item, current)| Command::StartItem { item, current }),
        2 => item().prop_map(|item| Command::FinishItem { item }),
        2 => (item(), prop::bool::ANY).prop_map(|(item, skipped)| Command::SkipItem { item, skipped }),
        2 => (site(), prop::bool::ANY).prop_map(|(site, present)| Command::MarkPresence {
            site, present, reason: String::new()
        }),
        2 => (site(), prop::collection::vec(delegate(), 0..3)).prop_map(|(site, delegates)| Command::SetDelegates {
            site, delegates
        }),
        1 => prop::sample::select(vec![LowerThird::Automatic, LowerThird::Hidden]).prop_map(|lower_third| {
            Command::SetLowerThird { lower_third }
        }),
        1 => prop::bool::ANY.prop_map(|shown| Command::ShowNames { shown }),
        3 => prop::collection::vec(site(), 0..3).prop_map(|to| Command::SendMessage { to, text: "x".to_owned() }),
        3 => (0..5_u64).prop_map(|id| Command::AcknowledgeMessage { message: MessageId(id) }),
    ]
}

fn delegate() -> impl Strategy<Value = Delegate> {
    (0..3_u32, prop::bool::ANY).prop_map(|(number, present)| Delegate {
        name: format!("Đại biểu {number}"),
        title: String::new(),
        organisation: String::new(),
        present,
    })
}

/// Parts of what a file may say, so that edits and files meet.
fn plan_command() -> impl Strategy<Value = Command> {
    let [smaller, moved] = other_setups();
    let edited = prop::sample::select(vec![setup(), smaller, moved]);
    prop_oneof![
        2 => edited.clone().prop_map(|edited| Command::SetSites { sites: edited.sites }),
        2 => edited.clone().prop_map(|edited| Command::SetAgenda { items: edited.agenda }),
        2 => (edited, 0..3_u32).prop_map(|(edited, number)| {
            Command::SetDetails { details: Details { title: format!("Sửa {number}"), ..edited.details() } }
        }),
        1 => prop::bool::weighted(0.3).prop_map(|locked| Command::LockPlan { locked }),
        1 => prop::bool::ANY.prop_map(|given| Command::DelegateRegions {
            to: "assistant".to_owned(), regions: if given { vec!["North".to_owned()] } else { vec![] }
        }),
        1 => (0..5_u32).prop_map(|sites| Command::SetQuorum { quorum: Quorum { sites, delegates: 0 } }),
        1 => prop::collection::vec(Just("Xin chờ".to_owned()), 0..3).prop_map(|texts| Command::SetTemplates { texts }),
    ]
}
