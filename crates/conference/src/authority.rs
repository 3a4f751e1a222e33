//! Who may do what. One table: kinds of command across roles.
//!
//! Operators change the conference only while they hold the control lease. The chair interrupts, grants, ends and moves the
//! agenda on without it; the secretary keeps the speaking order and the roll; a site speaks for itself; technicians and screens ask for
//! nothing.

use crate::{Actor, Command, Refusal, Role};

/// What a role may do with a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// Never.
    Never,
    /// While holding the control lease.
    WithLease,
    /// For its own site only.
    OwnSite,
    /// Always.
    Always,
}

/// Kinds of command that are given to roles together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Power {
    Conduct,
    Stage,
    Sound,
    FloorRules,
    Order,
    Speech,
    Agenda,
    Ask,
    Withdraw,
    RollCall,
    Write,
    Plan,
    Chairs,
    Delegates,
}

/// True for commands that must never wait: they are done at once and journalled late if the journal cannot be written.
pub fn is_safe(command: &Command) -> bool {
    matches!(
        command,
        Command::BackToHall
            | Command::Mute { .. }
            | Command::MuteAll
            | Command::RemoveFromAir { .. }
            | Command::Interrupt
            | Command::ShowHolding { .. }
            | Command::MuteOthers
            | Command::CloseMicrophone { .. }
    )
}

/// What `role` may do with `command`.
pub fn right(role: Role, command: &Command) -> Right {
    let power = power(command);
    match role {
        Role::Lead | Role::Assistant => match power {
            Power::RollCall | Power::Delegates | Power::Write => Right::Always,
            Power::Ask => Right::Never,
            _ => Right::WithLease,
        },
        Role::Chair => match power {
            Power::Speech | Power::Chairs | Power::Order | Power::Agenda | Power::Write => Right::Always,
            _ => Right::Never,
        },
        Role::Secretary => match power {
            Power::Order | Power::Withdraw | Power::RollCall | Power::Delegates | Power::Write => Right::Always,
            _ => Right::Never,
        },
        Role::Site => match power {
            Power::Ask | Power::Withdraw | Power::Delegates | Power::Write => Right::OwnSite,
            // The hall's own page; the floor refuses others.
            Power::Speech if *command == Command::Interrupt => Right::OwnSite,
            _ => Right::Never,
        },
        Role::Technician | Role::Screen => Right::Never,
    }
}

/// Refuses what the sender may not do. `lease`: name of who holds the control lease.
///
/// # Errors
/// [`Refusal::Forbidden`] or [`Refusal::NotInControl`].
pub fn check(actor: &Actor, command: &Command, lease: Option<&String>) -> Result<(), Refusal> {
    match right(actor.role, command) {
        Right::Always => Ok(()),
        Right::WithLease if actor.holds_lease => Ok(()),
        Right::WithLease => Err(Refusal::NotInControl { holder: lease.cloned() }),
        Right::OwnSite => match (&actor.site, command) {
            (None, _) => Err(Refusal::Forbidden),
            (Some(own), Command::WithdrawRequest { site } | Command::SetDelegates { site, .. }) if own != site => {
                Err(Refusal::Forbidden)
            }
            (Some(_), Command::SendMessage { to, .. }) if !to.is_empty() => Err(Refusal::Forbidden),
            (Some(_), _) => Ok(()),
        },
        Right::Never => Err(Refusal::Forbidden),
    }
}

fn power(command: &Command) -> Power {
    match command {
        Command::OpenConference
        | Command::EndConference { .. }
        | Command::StartRehearsal
        | Command::EndRehearsal
        | Command::DelegateRegions { .. } => Power::Conduct,
        Command::LockPlan { .. }
        | Command::SetDetails { .. }
        | Command::SetAgenda { .. }
        | Command::SetSites { .. }
        | Command::SetQuorum { .. }
        | Command::SetTemplates { .. } => Power::Plan,
        Command::SetPreview { .. }
        | Command::ClearPreview
        | Command::Take { .. }
        | Command::BackToHall
        | Command::Undo
        | Command::RemoveFromAir { .. }
        | Command::ShowHolding { .. }
        | Command::SetLowerThird { .. }
        | Command::ShowNames { .. }
        | Command::StartTour { .. }
        | Command::StopTour => Power::Stage,
        Command::Mute { .. } | Command::Unmute { .. } | Command::MuteAll | Command::MuteOthers | Command::UnmuteAll => {
            Power::Sound
        }
        Command::AllowMicrophones { .. } | Command::OpenMicrophone { .. } | Command::CloseMicrophone { .. } => {
            Power::Chairs
        }
        Command::SetFloorMode { .. } | Command::ClearQueue | Command::Cue { .. } | Command::Uncue { .. } => {
            Power::FloorRules
        }
        Command::ReorderQueue { .. } | Command::Invite { .. } => Power::Order,
        Command::Grant { .. }
        | Command::EndSpeech
        | Command::Interrupt
        | Command::PauseClock
        | Command::ResumeClock
        | Command::ExtendSpeech { .. } => Power::Speech,
        Command::StartItem { .. } | Command::FinishItem { .. } | Command::SkipItem { .. } => Power::Agenda,
        Command::RequestFloor { .. } => Power::Ask,
        Command::WithdrawRequest { .. } => Power::Withdraw,
        Command::MarkPresence { .. } => Power::RollCall,
        Command::SetDelegates { .. } => Power::Delegates,
        Command::SendMessage { .. } | Command::AcknowledgeMessage { .. } => Power::Write,
    }
}
