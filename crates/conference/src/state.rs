//! Durable state: the fold of the events.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::{Agenda, CommandId, Floor, Messages, Millis, Plan, Roster, Stage, event::is_default};

/// Command ids that are remembered. A page repeats a command within a minute of a cut; at 50 commands a second, which is
/// ten times what a full control room sends, this is 80 seconds.
pub const MAX_REMEMBERED_COMMANDS: usize = 4_096;

/// Durable state of a conference. Read freely; only [`crate::Conference::apply`] changes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Number of events applied.
    pub revision: u64,
    /// Time of the last event.
    pub last_at: Millis,
    /// Where the conference stands.
    pub phase: Phase,
    /// When it was opened.
    pub opened_at: Option<Millis>,
    /// When it ended.
    pub ended_at: Option<Millis>,
    /// The stage.
    pub stage: Stage,
    /// The floor.
    pub floor: Floor,
    /// The agenda.
    pub agenda: Agenda,
    /// The roster.
    pub roster: Roster,
    /// Messages.
    pub messages: Messages,
    /// What was planned by hand.
    #[serde(default, skip_serializing_if = "is_default")]
    pub plan: Plan,
    /// Commands that were done.
    pub commands: DoneCommands,
}

/// Where a conference stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Before the opening.
    Preparing,
    /// A rehearsal: as if it were live, but nothing counts.
    Rehearsal,
    /// Between opening and end.
    Live,
    /// Over.
    Ended,
}

/// Latest commands that were done, so that none is done twice.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DoneCommands {
    /// Revision after each command's last event.
    revisions: BTreeMap<CommandId, u64>,
    /// Who sent each. Not in the written form, which golden states of releases without it have; a state is only ever made by
    /// replay, and that fills it.
    #[serde(skip)]
    senders: BTreeMap<CommandId, String>,
    /// Oldest first, at most [`MAX_REMEMBERED_COMMANDS`].
    order: VecDeque<CommandId>,
}

impl DoneCommands {
    /// Revision after the command's last event, if it was done and is still remembered.
    pub fn revision_of(&self, id: &CommandId) -> Option<u64> {
        self.revisions.get(id).copied()
    }

    /// True if the command was done, is still remembered, and was sent by `actor`.
    pub fn is_of(&self, id: &CommandId, actor: &str) -> bool {
        self.senders.get(id).is_some_and(|sender| sender == actor)
    }

    /// How many are remembered.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// True if none is remembered.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Remembers a command, or moves its revision on.
    pub(crate) fn remember(&mut self, id: &CommandId, actor: &str, revision: u64) {
        if self.revisions.insert(id.clone(), revision).is_some() {
            return;
        }
        self.senders.insert(id.clone(), actor.to_owned());
        self.order.push_back(id.clone());
        if self.order.len() > MAX_REMEMBERED_COMMANDS
            && let Some(oldest) = self.order.pop_front()
        {
            self.revisions.remove(&oldest);
            self.senders.remove(&oldest);
        }
    }
}
