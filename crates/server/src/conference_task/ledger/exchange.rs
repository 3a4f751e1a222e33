//! What a ledger is given and what it gives.

use conference::{CommandId, Event, Fact, Refusal, Request};

/// What the conference decides about.
#[derive(Debug, Clone)]
pub enum Input {
    /// Somebody asks.
    Command(Request),
    /// Something happened.
    Fact(Fact),
    /// Time passed.
    Timeout,
}

/// Who is to be answered.
#[derive(Debug)]
pub struct Asked<A> {
    /// The request, for the audit.
    pub request: Request,
    /// Who asked, in order; the same command may be asked again before it is answered.
    pub askers: Vec<A>,
}

/// An answer to everybody who asked.
#[derive(Debug)]
pub struct Answer<A> {
    /// What was asked and by whom.
    pub asked: Asked<A>,
    /// The revision that holds it, or why it was not done.
    pub outcome: Result<u64, Refusal>,
}

/// Events to append after `after`, all or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Number of durable events that it follows.
    pub after: u64,
    /// The events.
    pub events: Vec<Event>,
}

/// How a batch went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is durable.
    Durable,
    /// Nothing of it was written.
    Failed,
    /// It may have been written; another outcome follows.
    Unknown,
    /// Nothing of it was written: this command of it is in the log already, in the events up to this one.
    Repeated(CommandId, u64),
    /// Nothing of it was written: these durable events, of an earlier batch, were not known.
    Missed(Vec<Event>),
}
