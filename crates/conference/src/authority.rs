//! Who may do what. One table: kinds of command across roles.
//!
//! Operators change the conference only while they hold the control lease; an assistant without it may still mute, cue and invite
//! the sites of regions that are delegated to it. The chair interrupts, grants, ends, opens microphones and moves the agenda on
//! without it; the secretary keeps the programme, the speaking order and the roll; a site speaks for itself; technicians and screens ask for
//! nothing.

use crate::{Actor, Command, Conference, Refusal, Role, SiteSlug};

/// What a role may do with a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// Never.
    Never,
    /// While holding the control lease.
    WithLease,
    /// While holding the control lease, or for sites of regions that are delegated to the sender.
    InRegions,
    /// For its own site only.
    OwnSite,
    /// Always.
    Always,
}

/// Kinds of command that are given to roles together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Power {
    Conduct,
    Plan,
    Programme,
    Stage,
    Sound,
    Chairs,
    FloorRules,
    Order,
    Speech,
    Agenda,
    Ask,
    Withdraw,
    RollCall,
    Delegates,
    Write,
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
            _ if role == Role::Assistant && site_of(command).is_some() => Right::InRegions,
            _ => Right::WithLease,
        },
        Role::Chair => match power {
            Power::Speech | Power::Chairs | Power::Order | Power::Agenda | Power::Write => Right::Always,
            _ => Right::Never,
        },
        Role::Secretary => match power {
            Power::Programme | Power::Order | Power::Withdraw | Power::RollCall | Power::Delegates | Power::Write => {
                Right::Always
            }
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

impl Conference {
    /// Refuses what the sender may not do. `lease`: name of who holds the control lease.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] or [`Refusal::NotInControl`].
    pub fn check_right(&self, actor: &Actor, command: &Command, lease: Option<&String>) -> Result<(), Refusal> {
        match right(actor.role, command) {
            Right::Always => Ok(()),
            Right::WithLease | Right::InRegions if actor.holds_lease => Ok(()),
            Right::InRegions if site_of(command).is_some_and(|site| self.looks_after(&actor.name, site)) => Ok(()),
            Right::WithLease | Right::InRegions => Err(Refusal::NotInControl { holder: lease.cloned() }),
            Right::OwnSite => own_site(actor, command),
            Right::Never => Err(Refusal::Forbidden),
        }
    }

    /// True if the region of the site is delegated to this operator.
    fn looks_after(&self, operator: &str, site: &SiteSlug) -> bool {
        let regions = self.state().plan.delegations.get(operator);
        let region = self.setup().site(site).map(|site| &site.region);
        regions.zip(region).is_some_and(|(regions, region)| regions.contains(region))
    }
}

fn own_site(actor: &Actor, command: &Command) -> Result<(), Refusal> {
    match (&actor.site, command) {
        (None, _) => Err(Refusal::Forbidden),
        (Some(own), Command::WithdrawRequest { site } | Command::SetDelegates { site, .. }) if own != site => {
            Err(Refusal::Forbidden)
        }
        (Some(_), Command::SendMessage { to, .. }) if !to.is_empty() => Err(Refusal::Forbidden),
        (Some(_), _) => Ok(()),
    }
}

/// The site of a command that may be delegated.
fn site_of(command: &Command) -> Option<&SiteSlug> {
    match command {
        Command::Mute { site }
        | Command::Unmute { site }
        | Command::Cue { site }
        | Command::Uncue { site }
        | Command::Invite { site }
        | Command::WithdrawRequest { site } => Some(site),
        _ => None,
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
        | Command::SetSites { .. }
        | Command::SetQuorum { .. }
        | Command::SetTemplates { .. } => Power::Plan,
        Command::SetAgenda { .. } => Power::Programme,
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
