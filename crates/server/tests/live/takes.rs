//! A take is ordered, then shown or failed.

use relay_core::{PlaneEvent, Routes, TakeFailure, TakeId};
use server::conference_task::RelayOrder;
use wire::{ClientMessage, Command, Role, ServerMessage};

use crate::world::World;

/// Slots of `routes` that carry the picture of the given endpoint's camera (line 0), with a first RTP timestamp.
fn cuts(routes: &relay_core::Routes, source: relay_core::EndpointId) -> Vec<(relay_core::SlotId, u32)> {
    let carries = routes
        .slots
        .iter()
        .filter(|(slot, feed)| feed.track.endpoint == source && feed.track.line.0 == 0 && slot.endpoint != source);
    carries.map(|(slot, _)| (*slot, 90_000)).collect()
}

#[tokio::test]
async fn a_take_is_logged_before_the_relay_hears_of_it_and_shown_to_everybody_at_once() {
    let world = World::new().await;
    let mut lead = world.operator("lan", Role::Lead).await;
    let (_hall, _) = world.site_with_media("hall").await;
    let (_cao_bang, cao_bang) = world.site_with_media("cao-bang").await;
    let (mut ca_mau, ca_mau_end) = world.site_with_media("ca-mau").await;

    let id = lead.order_take("cao-bang").await;
    let (_, take, after) = world.relay_until(|relay| relay.takes().last().cloned()).await;

    assert!(lead.answer(&id).await.is_ok());
    assert_eq!(world.count("take_ordered").await, 1, "in the log before the relay's order");
    assert!(!world.relay.receivers_of(cao_bang).contains(&ca_mau_end), "the old picture stays");

    let cuts = cuts(&after, cao_bang);
    assert!(cuts.iter().any(|(slot, _)| slot.endpoint == ca_mau_end));
    world.take_done(take, cuts);

    let (shown, cut, picture) = ca_mau
        .until(|message| match message {
            ServerMessage::Cut { take, cuts, picture } => Some((take, cuts, picture)),
            _ => None,
        })
        .await;
    assert_eq!(shown.0, take.0);
    assert_eq!(cut[0].rtp_timestamp, 90_000);
    assert_eq!(picture.cells[0].site.0, "cao-bang");
    assert!(world.relay_until(|relay| relay.receivers_of(cao_bang).contains(&ca_mau_end).then_some(true)).await);
    let report = lead
        .until(|message| match message {
            ServerMessage::TakeReport(report) => Some(report),
            _ => None,
        })
        .await;
    assert_eq!((report.site.0.as_str(), report.forwarded, report.shown, report.failed), ("cao-bang", 3, 0, None));

    ca_mau.say(ClientMessage::Shown { take: shown, elapsed_ms: 12 }).await;
    let report = lead
        .until(|message| match message {
            ServerMessage::TakeReport(report) => Some(report),
            _ => None,
        })
        .await;
    assert_eq!(report.shown, 1);
    world.logged("take_shown", 1).await;
}

#[tokio::test]
async fn a_take_without_a_keyframe_stays_on_the_old_source_and_says_so() {
    let world = World::new().await;
    let mut lead = world.operator("lan", Role::Lead).await;
    let (_hall, _) = world.site_with_media("hall").await;
    let (_cao_bang, _) = world.site_with_media("cao-bang").await;

    lead.order_take("cao-bang").await;
    let (_, take, _) = world.relay_until(|relay| relay.takes().last().cloned()).await;
    world.plane(PlaneEvent::TakeFailed { take, reason: TakeFailure::NoKeyframe });

    let report = lead
        .until(|message| match message {
            ServerMessage::TakeReport(report) => Some(report),
            _ => None,
        })
        .await;
    assert_eq!(report.failed, Some(wire::TakeFailure::NoKeyframe));
    let (_, view) = world.handle.state(server::view::Audience::Centre).await.unwrap();
    assert_eq!(view.stage.program.sources[0].source.site.0, "hall");
    assert!(view.stage.pending.is_none());
}

#[tokio::test]
async fn the_hall_called_while_a_take_is_under_way_cancels_it() {
    let world = World::new().await;
    let mut lead = world.operator("lan", Role::Lead).await;
    let (_hall, _) = world.site_with_media("hall").await;
    let (_cao_bang, cao_bang) = world.site_with_media("cao-bang").await;

    lead.order_take("cao-bang").await;
    let (_, take, after) = world.relay_until(|relay| relay.takes().last().cloned()).await;
    lead.command(Command::BackToHall).await.unwrap();
    // The relay may have switched before it heard of the hall.
    world.take_done(take, cuts(&after, cao_bang));
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;

    let cancelled = |order: &RelayOrder| matches!(order, RelayOrder::CancelTake(cancelled) if *cancelled == take);
    assert!(world.relay.orders().iter().any(|(_, order)| cancelled(order)));
    let routes = world.relay.routes();
    let leaks = routes.slots.iter().filter(|(slot, feed)| {
        let is_program = slot.line.0 >= 3 && slot.line.0 < 11;
        feed.track.endpoint == cao_bang && slot.endpoint != cao_bang && is_program
    });
    assert_eq!(leaks.count(), 0, "after the hall nobody gets the site's picture");
    assert!(
        matches!(world.relay.orders().last(), Some((_, RelayOrder::SetRoutes(_)))),
        "the relay is told the hall's routes once more"
    );
}

#[tokio::test]
async fn a_site_that_joins_during_a_take_is_part_of_it() {
    let world = World::new().await;
    let mut lead = world.operator("lan", Role::Lead).await;
    let (_hall, _) = world.site_with_media("hall").await;
    let (_cao_bang, cao_bang) = world.site_with_media("cao-bang").await;

    lead.order_take("cao-bang").await;
    world.relay_until(|relay| relay.takes().last().cloned()).await;
    let (_ca_mau, ca_mau) = world.site_with_media("ca-mau").await;

    let reordered = world
        .relay_until(|relay| {
            let (_, _, routes) = relay.takes().last().cloned()?;
            cuts(&routes, cao_bang).iter().any(|(slot, _)| slot.endpoint == ca_mau).then_some(routes)
        })
        .await;
    assert!(reordered.slots.iter().any(|(slot, _)| slot.endpoint == ca_mau));
}

/// What the relay was told of routes since the take was ordered first.
fn routes_since(world: &World, take: TakeId) -> Vec<Routes> {
    let orders = world.relay.orders();
    let ordered = orders.iter().position(|(_, order)| matches!(order, RelayOrder::OrderTake(id, _) if *id == take));
    let routes = orders[ordered.unwrap()..].iter().filter_map(|(_, order)| match order {
        RelayOrder::SetRoutes(routes) => Some(routes.clone()),
        _ => None,
    });
    routes.collect()
}

#[tokio::test]
async fn routes_that_are_sent_while_a_take_may_be_done_already_say_so() {
    let world = World::new().await;
    let mut lead = world.operator("lan", Role::Lead).await;
    let (_hall, hall) = world.site_with_media("hall").await;
    let (_cao_bang, cao_bang) = world.site_with_media("cao-bang").await;

    lead.order_take("cao-bang").await;
    let (_, take, after) = world.relay_until(|relay| relay.takes().last().cloned()).await;
    // The relay carries the take out, and before the server knows of it a site comes.
    let (_ca_mau, ca_mau) = world.site_with_media("ca-mau").await;
    world.relay_until(|relay| relay.receivers_of(hall).contains(&ca_mau).then_some(())).await;

    let meanwhile = routes_since(&world, take);
    assert!(!meanwhile.is_empty());
    assert!(meanwhile.iter().all(|routes| routes.until == Some(take)), "the relay can tell that they are late");

    world.take_done(take, cuts(&after, cao_bang));
    let routes =
        world.relay_until(|relay| relay.receivers_of(cao_bang).contains(&ca_mau).then(|| relay.routes())).await;
    assert_eq!(routes.until, None, "these know how the take ended");
}

#[tokio::test]
async fn routes_that_the_relay_may_have_left_out_are_told_again_when_the_take_has_ended() {
    let world = World::new().await;
    let mut lead = world.operator("lan", Role::Lead).await;
    let (_hall, hall) = world.site_with_media("hall").await;
    let (_cao_bang, _) = world.site_with_media("cao-bang").await;

    lead.order_take("cao-bang").await;
    let (_, take, _) = world.relay_until(|relay| relay.takes().last().cloned()).await;
    let (_ca_mau, ca_mau) = world.site_with_media("ca-mau").await;
    let late = world.relay_until(|relay| relay.receivers_of(hall).contains(&ca_mau).then(|| relay.routes())).await;
    assert_eq!(late.until, Some(take));
    lead.command(Command::BackToHall).await.unwrap();

    // What flows is the same as before; that it holds whatever became of the take is new.
    world.relay_until(|relay| (relay.routes().until.is_none()).then_some(())).await;
    assert_eq!(world.relay.routes().slots, late.slots);
}

#[tokio::test]
async fn the_report_of_a_take_counts_no_site_whose_picture_did_not_change() {
    let world = World::new().await;
    let mut lead = world.operator("lan", Role::Lead).await;
    let (_hall, _) = world.site_with_media("hall").await;
    let (_cao_bang, cao_bang) = world.site_with_media("cao-bang").await;
    let (_ca_mau, ca_mau) = world.site_with_media("ca-mau").await;

    lead.order_take("cao-bang").await;
    let (_, take, after) = world.relay_until(|relay| relay.takes().last().cloned()).await;
    let cut = cuts(&after, cao_bang).into_iter().filter(|(slot, _)| slot.endpoint != ca_mau);
    world.take_done(take, cut.collect());

    let report = lead
        .until(|message| match message {
            ServerMessage::TakeReport(report) => Some(report),
            _ => None,
        })
        .await;
    // Cao Bằng itself sees the hall as before, so nothing had to be cut for it.
    assert_eq!((report.forwarded, report.receivers), (2, 3));
}

#[tokio::test]
async fn a_step_of_the_clock_neither_ends_a_speech_nor_moves_the_time() {
    let stepped = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(1_000_000_000));
    let read = std::sync::Arc::clone(&stepped);
    let world = World::with_clock(std::sync::Arc::new(move || read.load(std::sync::atomic::Ordering::Relaxed))).await;
    let before = world.handle.now();

    stepped.fetch_add(2 * 60 * 60 * 1_000, std::sync::atomic::Ordering::Relaxed);

    assert!(world.handle.now().since(before) < 10_000);
    stepped.store(0, std::sync::atomic::Ordering::Relaxed);
    assert!(world.handle.now() >= before);
}

#[tokio::test]
async fn a_take_of_which_the_relay_says_nothing_is_told_as_failed() {
    let world = World::new().await;
    let mut lead = world.operator("lan", Role::Lead).await;
    let (_hall, _) = world.site_with_media("hall").await;
    let (_cao_bang, _) = world.site_with_media("cao-bang").await;

    let id = lead.order_take("cao-bang").await;
    assert!(lead.answer(&id).await.is_ok());

    let report = lead
        .until(|message| match message {
            ServerMessage::TakeReport(report) => Some(report),
            _ => None,
        })
        .await;
    assert_eq!((report.site.0.as_str(), report.failed), ("cao-bang", Some(wire::TakeFailure::NoKeyframe)));
}
