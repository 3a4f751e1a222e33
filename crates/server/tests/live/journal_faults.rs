//! A slow journal costs a take its time and nothing more; a journal that is down costs everything but what is safe.

use std::time::{Duration, Instant};

use journal::Cause;
use journal::fault::{Fate, Fault};
use server::conference_task::RelayOrder;
use wire::{Command, FloorMode, Refusal, Role, SiteSlug};

use crate::world::World;

const SLOW: Fault = Fault { fsync_delay: Duration::from_millis(100), fate: Fate::Commit };
const DOWN: Fault = Fault { fsync_delay: Duration::ZERO, fate: Fate::Refuse(Cause::DiskFull) };

fn cao_bang() -> SiteSlug {
    SiteSlug("cao-bang".to_owned())
}

#[tokio::test]
async fn with_a_slow_disk_a_take_costs_one_commit_and_hall_and_mute_do_not_wait() {
    let world = World::new().await;
    let mut lead = world.operator("lan", Role::Lead).await;
    let (_hall, _) = world.site_with_media("hall").await;
    let (_site, site_end) = world.site_with_media("cao-bang").await;
    lead.command(Command::SetFloorMode { mode: FloorMode::Open }).await.unwrap();
    let preview = lead.order_take("cao-bang").await;
    lead.answer(&preview).await.unwrap();
    let (_, take, routes) = world.relay_until(|relay| relay.takes().last().cloned()).await;
    let cuts = routes.slots.keys().map(|slot| (*slot, 1)).collect();
    world.take_done(take, cuts);
    world.relay_until(|relay| (!relay.receivers_of(site_end).is_empty()).then_some(())).await;
    world.journal.set(SLOW);

    // Mute while on air: its sound stops before the disk is done.
    let asked = Instant::now();
    let mute = lead.send(Command::Mute { site: cao_bang() }).await;
    let silent = |routes: &relay_core::Routes| {
        routes.slots.values().all(|feed| feed.track.endpoint != site_end || feed.track.line.0 != 1)
    };
    let muted_at = world
        .relay_until(|relay| {
            let orders = relay.orders();
            orders.iter().find_map(|(at, order)| match order {
                RelayOrder::SetRoutes(routes) if *at >= asked && silent(routes) => Some(*at),
                _ => None,
            })
        })
        .await;
    assert!(muted_at - asked < Duration::from_millis(20), "mute took {:?}", muted_at - asked);

    // The hall overtakes a commit that is under way.
    let other = lead.send(Command::SetFloorMode { mode: FloorMode::Queue }).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    let asked = Instant::now();
    let hall = lead.send(Command::BackToHall).await;
    let program = |routes: &relay_core::Routes| {
        routes.slots.iter().any(|(slot, feed)| {
            feed.track.endpoint == site_end && slot.endpoint != site_end && (3..11).contains(&slot.line.0)
        })
    };
    let hall_at = world
        .relay_until(|relay| {
            let orders = relay.orders();
            orders.iter().find_map(|(at, order)| match order {
                RelayOrder::SetRoutes(routes) if *at >= asked && !program(routes) => Some(*at),
                _ => None,
            })
        })
        .await;
    assert!(hall_at - asked < Duration::from_millis(20), "hall took {:?}", hall_at - asked);
    for id in [mute, other, hall] {
        lead.answer(&id).await.unwrap();
    }

    // A take waits for its commit, once.
    world.journal.set(Fault::default());
    lead.command(Command::SetPreview { layout: wire::Layout::Single, sources: vec![crate::world::camera("cao-bang")] })
        .await
        .unwrap();
    let (_, view) = world.handle.state(server::view::Audience::Centre).await.unwrap();
    world.journal.set(SLOW);
    let before = world.relay.takes().len();
    let asked = Instant::now();
    lead.send(Command::Take { preview: view.stage.preview.unwrap().id }).await;
    let (ordered_at, ..) = world.relay_until(|relay| relay.takes().get(before).cloned()).await;
    let cost = ordered_at - asked;
    assert!(cost >= Duration::from_millis(100) && cost < Duration::from_millis(180), "a take cost {cost:?}");

    let kinds: Vec<String> = world.log().await.into_iter().map(|event| event.kind).collect();
    for kind in ["site_muted", "stage_cut"] {
        assert!(kinds.iter().any(|logged| logged == kind), "{kind} is in the log");
    }
}

#[tokio::test]
async fn a_hall_that_overtakes_a_take_on_its_way_to_the_disk_ends_at_the_hall() {
    let world = World::new().await;
    let mut lead = world.operator("lan", Role::Lead).await;
    let (_hall, _) = world.site_with_media("hall").await;
    let (_site, _) = world.site_with_media("cao-bang").await;
    lead.command(Command::SetPreview { layout: wire::Layout::Single, sources: vec![crate::world::camera("cao-bang")] })
        .await
        .unwrap();
    let (_, view) = world.handle.state(server::view::Audience::Centre).await.unwrap();
    world.journal.set(SLOW);

    let take = lead.send(Command::Take { preview: view.stage.preview.unwrap().id }).await;
    tokio::time::sleep(Duration::from_millis(30)).await;
    let hall = lead.send(Command::BackToHall).await;

    assert!(lead.answer(&take).await.is_ok());
    assert!(lead.answer(&hall).await.is_ok(), "the hall was on air already, and yet the call counts");
    let (_, view) = world.handle.state(server::view::Audience::Centre).await.unwrap();
    assert!(view.stage.pending.is_none());
    assert_eq!(view.stage.program.sources[0].source.site.0, "hall");
    assert!(world.relay.takes().is_empty(), "the relay never heard of the take");
    world.journal.set(Fault::default());
    let before = view;
    drop(lead);
    let world = world.restart().await;
    let (_, after) = world.handle.state(server::view::Audience::Centre).await.unwrap();
    assert_eq!(before, after, "the log says what was shown");
}

#[tokio::test]
async fn without_a_journal_safe_commands_act_and_others_are_refused_in_time() {
    let world = World::new().await;
    let mut lead = world.operator("lan", Role::Lead).await;
    lead.command(Command::OpenConference).await.unwrap();
    world.journal.set(DOWN);

    let asked = Instant::now();
    let refused = lead.command(Command::SetFloorMode { mode: FloorMode::Open }).await;
    assert_eq!(refused, Err(Refusal::JournalUnavailable));
    assert!(asked.elapsed() < Duration::from_secs(2));
    let refused = lead.command(Command::SetFloorMode { mode: FloorMode::Open }).await;
    assert_eq!(refused, Err(Refusal::JournalUnavailable));
    let mute = lead.send(Command::Mute { site: cao_bang() }).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let (_, view) = world.handle.state(server::view::Audience::Centre).await.unwrap();
    assert!(view.sites.iter().any(|site| site.slug.0 == "cao-bang" && site.muted), "muted at once");
    assert!(!world.handle.live(server::view::Audience::Centre).await.unwrap().journal_ok);
    assert_eq!(world.count("site_muted").await, 0);

    world.journal.set(Fault::default());
    assert!(lead.answer(&mute).await.is_ok(), "answered once it is written");
    let log = world.log().await;
    let muted = log.iter().position(|event| event.kind == "site_muted").unwrap();
    let caught_up = log.iter().position(|event| event.kind == "journal_caught_up").unwrap();
    assert!(muted < caught_up, "what was late is marked by what follows it");
    assert!(lead.command(Command::SetFloorMode { mode: FloorMode::Open }).await.is_ok());
    assert!(world.handle.live(server::view::Audience::Centre).await.unwrap().journal_ok);
}

#[tokio::test]
async fn a_take_that_was_refused_for_want_of_an_answer_of_the_disk_never_goes_to_air() {
    let world = World::new().await;
    let mut lead = world.operator("lan", Role::Lead).await;
    let (_hall, _) = world.site_with_media("hall").await;
    let (_site, _) = world.site_with_media("cao-bang").await;
    lead.command(Command::SetPreview { layout: wire::Layout::Single, sources: vec![crate::world::camera("cao-bang")] })
        .await
        .unwrap();
    let (_, view) = world.handle.state(server::view::Audience::Centre).await.unwrap();
    world.journal.set(Fault { fsync_delay: Duration::ZERO, fate: Fate::LoseAnswer });

    let refused = lead.command(Command::Take { preview: view.stage.preview.unwrap().id }).await;
    world.journal.set(Fault::default());

    assert_eq!(refused, Err(Refusal::JournalUnavailable));
    while lead.command(Command::SetFloorMode { mode: FloorMode::Queue }).await == Err(Refusal::JournalUnavailable) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(world.relay.takes().is_empty(), "it was written, but the operator was told that it was not done");
    let (_, before) = world.handle.state(server::view::Audience::Centre).await.unwrap();
    assert!(before.stage.pending.is_none());
    assert_eq!(world.count("take_ordered").await, 1);
    assert_eq!(world.count("take_failed").await, 1);
    drop(lead);
    let world = world.restart().await;
    let (_, after) = world.handle.state(server::view::Audience::Centre).await.unwrap();
    assert_eq!(before, after);
}

#[tokio::test]
async fn commands_beyond_the_bound_are_refused_as_busy() {
    let world = World::new().await;
    let lead = world.operator("lan", Role::Lead).await;
    world.journal.set(Fault { fsync_delay: Duration::from_millis(500), fate: Fate::Commit });

    let mut answers = Vec::new();
    for number in 0..400_u32 {
        let command = Command::SendMessage { to: vec![], text: number.to_string() };
        let sender = crate::world::http_sender("lan", Role::Lead);
        let handle = world.handle.clone();
        answers.push(tokio::spawn(async move { handle.command(sender, crate::world::new_id(), None, command).await }));
    }
    let mut busy = 0;
    for answer in answers {
        if answer.await.unwrap() == Err(Refusal::Busy) {
            busy += 1;
        }
    }

    assert!(busy > 0, "the queue is bounded");
    drop(lead);
}
