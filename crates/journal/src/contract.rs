//! What every store of the log must do, as tests that run on any implementation.
//!
//! An implementation gives a [`Store`] and names it to [`crate::contract_tests!`], which makes a test of each case.

use std::sync::Arc;

use crate::{
    Answer, Appended, CommandId, FIRST_LINK, Head, Journal, JournalError, MAX_BATCH_EVENTS, MAX_BODY_BYTES, NewEvent,
    Seq, StreamId,
};

/// A place where a journal is kept; opened again, it has what was appended before.
pub trait Store: Sync {
    /// Opens the journal of this place.
    fn open(&self) -> Answer<'_, Arc<dyn Journal>>;
}

/// Makes a tokio test of each case for the store that the expression gives (a new and empty one for each case).
#[macro_export]
macro_rules! contract_tests {
    ($store:expr) => {
        $crate::contract_tests!(@cases $store;
            an_empty_stream_has_the_starting_head,
            what_was_appended_is_read_back_in_order,
            a_read_is_paged,
            streams_do_not_see_each_other,
            a_reopened_journal_has_everything,
            a_batch_is_there_as_a_whole_or_not_at_all,
            a_command_is_in_a_stream_once,
            the_events_of_a_command_are_found,
            a_sender_that_missed_an_event_is_told,
            only_one_of_many_senders_wins_a_place,
            bounds_are_refused_with_their_names,
            a_whole_log_has_no_findings,
            a_closed_journal_says_so,
        );
    };
    (@cases $store:expr; $($case:ident,)+) => {
        $(
            #[tokio::test]
            async fn $case() {
                $crate::contract::$case(&$store).await;
            }
        )+
    };
}

/// An event of a test.
#[must_use]
pub fn event(command: Option<&str>, body: &str) -> NewEvent {
    NewEvent {
        at_ms: 1_611_190_800_000,
        actor: "lead".into(),
        command_id: command.map(|id| CommandId(id.into())),
        kind: "noted".into(),
        version: 1,
        body: body.as_bytes().to_vec(),
    }
}

fn stream() -> StreamId {
    StreamId("bau-cu-2021".into())
}

async fn open(store: &impl Store) -> Arc<dyn Journal> {
    store.open().await.expect("the store opens")
}

async fn append(journal: &dyn Journal, after: u64, events: Vec<NewEvent>) -> Appended {
    journal.append(&stream(), Seq(after), events).await.expect("the append is accepted")
}

async fn bodies(journal: &dyn Journal, stream: &StreamId) -> Vec<String> {
    let events = journal.read(stream, Seq::START, u32::MAX).await.expect("the stream is read");
    events.into_iter().map(|stored| String::from_utf8(stored.event.body).expect("bodies of tests are text")).collect()
}

/// Nothing there: place 0, the first link, no events.
pub async fn an_empty_stream_has_the_starting_head(store: &impl Store) {
    let journal = open(store).await;

    let head = journal.head(&stream()).await.expect("a head");

    assert_eq!(head, Head { seq: Seq::START, hash: FIRST_LINK });
    assert!(bodies(&*journal, &stream()).await.is_empty());
    assert!(journal.streams().await.expect("streams").is_empty());
}

/// Every field comes back as it went in, the places count from 1.
pub async fn what_was_appended_is_read_back_in_order(store: &impl Store) {
    let journal = open(store).await;
    let events = vec![
        NewEvent { at_ms: -5, actor: "điểm cầu".into(), body: vec![0, 255, 0], ..event(None, "") },
        NewEvent { kind: "take_ordered".into(), version: 7, ..event(Some("c-1"), "{}") },
    ];

    let appended = append(&*journal, 0, events.clone()).await;

    assert_eq!(appended, Appended { first: Seq(1), last: Seq(2) });
    let stored = journal.read(&stream(), Seq::START, 10).await.expect("the stream is read");
    assert_eq!(stored.iter().map(|stored| stored.seq.0).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(stored.iter().map(|stored| stored.event.clone()).collect::<Vec<_>>(), events);
    let head = journal.head(&stream()).await.expect("a head");
    assert_eq!(head, Head { seq: Seq(2), hash: stored[1].hash });
}

/// `after` and `limit` cut a window.
pub async fn a_read_is_paged(store: &impl Store) {
    let journal = open(store).await;
    append(&*journal, 0, (1..=10).map(|n| event(None, &n.to_string())).collect()).await;

    let page = journal.read(&stream(), Seq(4), 3).await.expect("a page");
    let beyond = journal.read(&stream(), Seq(10), 3).await.expect("a page");

    assert_eq!(page.iter().map(|stored| stored.seq.0).collect::<Vec<_>>(), [5, 6, 7]);
    assert!(beyond.is_empty());
}

/// Each stream counts from 1 and knows its own commands only.
pub async fn streams_do_not_see_each_other(store: &impl Store) {
    let journal = open(store).await;
    let other = StreamId("another".into());
    append(&*journal, 0, vec![event(Some("c-1"), "here")]).await;

    let there = journal.append(&other, Seq::START, vec![event(Some("c-1"), "there")]).await.expect("accepted");

    assert_eq!(there, Appended { first: Seq(1), last: Seq(1) });
    assert_eq!(bodies(&*journal, &stream()).await, ["here"]);
    assert_eq!(bodies(&*journal, &other).await, ["there"]);
    assert_eq!(journal.streams().await.expect("streams"), [other, stream()]);
}

/// Closing and opening loses nothing and the next place follows.
pub async fn a_reopened_journal_has_everything(store: &impl Store) {
    let journal = open(store).await;
    append(&*journal, 0, vec![event(None, "one"), event(None, "two")]).await;
    journal.close().await.expect("closed");
    drop(journal);

    let journal = open(store).await;
    let appended = append(&*journal, 2, vec![event(None, "three")]).await;

    assert_eq!(appended.first, Seq(3));
    assert_eq!(bodies(&*journal, &stream()).await, ["one", "two", "three"]);
}

/// The last event of the largest batch is refused: none of the batch is there.
pub async fn a_batch_is_there_as_a_whole_or_not_at_all(store: &impl Store) {
    let journal = open(store).await;
    append(&*journal, 0, vec![event(Some("taken"), "first")]).await;
    let mut batch: Vec<_> = (1..MAX_BATCH_EVENTS).map(|n| event(Some(&format!("c-{n}")), &n.to_string())).collect();
    batch.push(event(Some("taken"), "last"));

    let refused = journal.append(&stream(), Seq(1), batch.clone()).await;
    let rest = bodies(&*journal, &stream()).await;
    batch.pop();
    let appended = append(&*journal, 1, batch).await;

    assert!(matches!(refused, Err(JournalError::Repeated { .. })), "{refused:?}");
    assert_eq!(rest, ["first"]);
    assert_eq!(appended, Appended { first: Seq(2), last: Seq(MAX_BATCH_EVENTS as u64) });
}

/// The same command again is refused with the place of its events, also by a later process.
pub async fn a_command_is_in_a_stream_once(store: &impl Store) {
    let journal = open(store).await;
    append(&*journal, 0, vec![event(None, "before")]).await;
    append(&*journal, 1, vec![event(Some("c-1"), "a"), event(Some("c-1"), "b")]).await;
    journal.close().await.expect("closed");
    drop(journal);
    let journal = open(store).await;

    let again = journal.append(&stream(), Seq(3), vec![event(Some("c-1"), "a"), event(Some("c-1"), "b")]).await;
    // A sender that saw neither the acknowledgement nor the events retries with its old head.
    let stale = journal.append(&stream(), Seq(1), vec![event(Some("c-1"), "a")]).await;

    for refused in [again, stale] {
        let Err(JournalError::Repeated { command_id, events }) = refused else { panic!("{refused:?}") };
        assert_eq!(command_id, CommandId("c-1".into()));
        assert_eq!(events, Appended { first: Seq(2), last: Seq(3) });
    }
    assert_eq!(bodies(&*journal, &stream()).await, ["before", "a", "b"]);
}

/// All events of a command, in order, and none of another one.
pub async fn the_events_of_a_command_are_found(store: &impl Store) {
    let journal = open(store).await;
    let batch = vec![event(Some("c-1"), "a"), event(Some("c-2"), "x"), event(None, "y"), event(Some("c-1"), "b")];
    append(&*journal, 0, batch).await;

    let found = journal.find_command(&stream(), &CommandId("c-1".into())).await.expect("an answer");
    let unknown = journal.find_command(&stream(), &CommandId("c-3".into())).await.expect("an answer");

    assert_eq!(found.iter().map(|stored| stored.seq.0).collect::<Vec<_>>(), [1, 4]);
    assert!(unknown.is_empty());
}

/// An append after anything but the head is refused and names the head.
pub async fn a_sender_that_missed_an_event_is_told(store: &impl Store) {
    let journal = open(store).await;
    append(&*journal, 0, vec![event(None, "one"), event(None, "two")]).await;

    for after in [0, 1, 3] {
        let refused = journal.append(&stream(), Seq(after), vec![event(None, "three")]).await;
        assert!(matches!(refused, Err(JournalError::HeadMoved { head: Seq(2) })), "{refused:?}");
    }
    assert_eq!(bodies(&*journal, &stream()).await, ["one", "two"]);
}

/// Twenty senders with the same head at once: one is in the log, the others know that they are not.
pub async fn only_one_of_many_senders_wins_a_place(store: &impl Store) {
    let journal = open(store).await;
    let senders = (0..20).map(|n| {
        let journal = journal.clone();
        tokio::spawn(async move {
            journal.append(&stream(), Seq::START, vec![event(Some(&format!("c-{n}")), &n.to_string())]).await
        })
    });
    let senders: Vec<_> = senders.collect();

    let mut accepted = 0;
    for sender in senders {
        match sender.await.expect("the sender ends") {
            Ok(_) => accepted += 1,
            Err(JournalError::HeadMoved { head: Seq(1) }) => {}
            Err(other) => panic!("{other:?}"),
        }
    }

    assert_eq!(accepted, 1);
    assert_eq!(bodies(&*journal, &stream()).await.len(), 1);
}

/// What is too large is refused before anything is written.
pub async fn bounds_are_refused_with_their_names(store: &impl Store) {
    let journal = open(store).await;
    let large = NewEvent { body: vec![b'x'; MAX_BODY_BYTES + 1], ..event(None, "") };
    let long = NewEvent { actor: "x".repeat(crate::MAX_NAME_BYTES + 1), ..event(None, "") };
    let cases = [
        (vec![large], "body"),
        (vec![event(None, "fits"), long], "actor"),
        (vec![event(None, ""); MAX_BATCH_EVENTS + 1], "batch"),
    ];

    for (events, name) in cases {
        let refused = journal.append(&stream(), Seq::START, events).await;
        assert!(matches!(&refused, Err(JournalError::TooLarge { what, .. }) if *what == name), "{refused:?}");
    }
    let empty = journal.append(&stream(), Seq::START, Vec::new()).await;
    assert!(matches!(empty, Err(JournalError::EmptyBatch)), "{empty:?}");
    assert!(bodies(&*journal, &stream()).await.is_empty());
}

/// Verification passes across checkpoints, streams and a reopening.
pub async fn a_whole_log_has_no_findings(store: &impl Store) {
    let journal = open(store).await;
    for batch in 0..3_u64 {
        let events = (0..900).map(|n| event(Some(&format!("c-{batch}-{n}")), "{}")).collect();
        append(&*journal, batch * 900, events).await;
    }
    journal.append(&StreamId("another".into()), Seq::START, vec![event(None, "x")]).await.expect("accepted");
    let live = journal.verify().await.expect("verified");
    journal.close().await.expect("closed");
    drop(journal);

    let reopened = open(store).await.verify().await.expect("verified");

    assert_eq!((live, reopened), (Vec::new(), Vec::new()));
}

/// After `close`, nothing hangs and nothing is written.
pub async fn a_closed_journal_says_so(store: &impl Store) {
    let journal = open(store).await;
    journal.close().await.expect("closed");

    let refused = journal.append(&stream(), Seq::START, vec![event(None, "late")]).await;

    assert!(matches!(refused, Err(JournalError::Unavailable { cause: crate::Cause::Closed })), "{refused:?}");
    journal.close().await.expect("closing twice is harmless");
}
