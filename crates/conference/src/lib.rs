//! The conference core: who may speak, what is on air, who may ask for what. Pure and event-sourced.
//!
//! It lacks, deliberately: a clock, sockets, storage, threads, randomness, wording. Time and live facts come in; events go
//! out; the shell appends them to its journal *before* it acknowledges anything and before anything is seen or heard.
//!
//! ```text
//!  command ──▶ handle(&request, &live, now) ──▶ Decision::Events ──▶ journal ──▶ apply(&event) each ──▶ routes()
//!  fact    ──▶ handle_fact(fact, now) ────────▶ events ────────────▶   (the same)
//!  time    ──▶ handle_timeout(&live, now) ────▶ events ────────────▶   (the same); next at poll_timeout()
//! ```
//!
//! `handle…` decide and change nothing; `apply` changes and never decides. Replaying the journal through `replay` gives the same
//! state, byte for byte: the setup (sites, agenda, limits) is in the log too, so no file has a say in it. Commands for which
//! [`is_safe`] holds are applied at once and journalled late if the journal is down.

#![forbid(unsafe_code)]

pub mod agenda;
mod authority;
pub mod captions;
mod clock;
mod command;
mod conference;
pub mod delegates;
mod event;
mod event_encoding;
pub mod floor;
pub mod holding;
mod ids;
mod layout;
mod live;
pub mod messages;
pub mod microphones;
pub mod plan;
pub mod program;
mod queue;
mod reasons;
mod recorded_setup;
mod refusal;
mod rehearsal;
pub mod roster;
mod routing;
pub mod setup;
mod setup_change;
mod setup_check;
mod sound;
pub mod speech;
pub mod stage;
mod state;
pub mod takes;
mod text;
pub mod tour;

pub use agenda::{Agenda, ItemTimes};
pub use authority::{Right, is_safe, right};
pub use captions::LowerThird;
pub use clock::{SpeechClock, SpeechTime};
pub use command::*;
pub use conference::{Conference, Decision, Fact};
pub use delegates::{Delegate, Quorum};
pub use event::*;
pub use event_encoding::*;
pub use floor::{EndedSpeech, Floor, Grace, Holder, MAX_QUEUE, QueueEntry, SetAside};
pub use holding::Holding;
pub use ids::*;
pub use live::{ConsoleLive, EndpointLive, Live, PlayerLive, PlayerPlace, Plays};
pub use messages::{CENTRE, MAX_MESSAGES, MAX_TEXT_BYTES_KEPT, MAX_TEXT_CHARS, Message, Messages};
pub use plan::Plan;
pub use program::{Program, ProgramSource};
pub use reasons::*;
pub use refusal::Refusal;
pub use rehearsal::{BeforeRehearsal, Counted};
pub use roster::{Presence, Roster};
pub use routing::*;
pub use setup::{
    Contact, Details, Document, Item, MAX_SETUP_BYTES, MAX_SITES, RECEIVE_KBPS, Setup, Site, Speaker, SpeechLimits,
    VideoCodec,
};
pub use setup_change::SetupChange;
pub use setup_check::SetupError;
pub use speech::CALL_BACK_MS;
pub use stage::{PendingTake, Preview, Stage, UndoMemory};
pub use state::{DoneCommands, Phase, State};
pub use text::is_unreadable;
pub use tour::Tour;
