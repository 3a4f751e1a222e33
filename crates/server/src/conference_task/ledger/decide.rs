//! From an input to events, and from events to the next state.

use conference::{Conference, Decision, Event, Live, Millis, Refusal};

use super::exchange::Input;

/// What an input leads to; a refusal only for commands.
pub(super) fn decide(conference: &Conference, input: &Input, live: &Live, now: Millis) -> Result<Vec<Event>, Refusal> {
    match input {
        Input::Command(request) => match conference.handle(request, live, now)? {
            Decision::Events(events) => Ok(events),
            Decision::AlreadyDone { .. } => Ok(Vec::new()),
        },
        Input::Fact(fact) => Ok(conference.handle_fact(fact.clone(), now)),
        Input::Timeout => Ok(conference.handle_timeout(live, now)),
    }
}

/// Applies what was decided and adds it to a batch.
pub(super) fn fold(conference: &mut Conference, events: &mut Vec<Event>, decided: Vec<Event>) {
    for event in &decided {
        conference.apply(event);
    }
    events.extend(decided);
}
