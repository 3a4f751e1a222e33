//! The clock of who speaks runs for what is seen and heard, not for a page that answers.

use std::time::{Duration, Instant};

use relay_core::EndpointId;
use server::conference_task::{SPEAKER_BEGINS_WITHIN, SPEAKER_LOST_AFTER};
use server::live::SILENT_AFTER;
use wire::{Command, Role};

use crate::reserve::live_on;
use crate::world::{Page, World};

/// Between two looks of the task, and what a busy machine adds.
const LATE: Duration = Duration::from_secs(2);

/// Cao Bằng speaks, is seen and heard.
async fn speaking() -> (World, EndpointId, Vec<Page>) {
    let world = World::new().await;
    let mut lead = world.operator("lan", Role::Lead).await;
    lead.command(Command::OpenConference).await.unwrap();
    let (hall, _) = world.site_with_media("hall").await;
    let (page, end) = world.site_with_media("cao-bang").await;
    live_on(&world, &[&lead, &hall, &page], &[end], Duration::from_millis(500)).await;
    let id = lead.order_take("cao-bang").await;
    let (_, take, _) = world.relay_until(|relay| relay.takes().last().cloned()).await;
    lead.answer(&id).await.unwrap();
    world.take_done(take, Vec::new());
    world.logged("take_shown", 1).await;
    (world, end, vec![lead, hall, page])
}

/// Pages answer, nothing of a line arrives; how long until the log knows of it.
async fn until_logged(world: &World, pages: &[Page], kind: &str, at_most: Duration) -> Option<Duration> {
    let began = Instant::now();
    while began.elapsed() < at_most {
        if world.count(kind).await > 0 {
            return Some(began.elapsed());
        }
        live_on(world, &pages.iter().collect::<Vec<_>>(), &[], Duration::from_millis(100)).await;
    }
    None
}

#[tokio::test]
async fn the_clock_of_a_speaker_who_is_neither_seen_nor_heard_stands_until_it_is_back() {
    let (world, end, pages) = speaking().await;
    let all: Vec<&Page> = pages.iter().collect();
    live_on(&world, &all, &[end], Duration::from_secs(1)).await;
    assert_eq!(world.count("holder_dropped").await, 0);

    let bound = SILENT_AFTER + SPEAKER_LOST_AFTER;
    let noticed = until_logged(&world, &pages, "holder_dropped", bound + LATE).await.expect("its place is held");
    assert!(noticed > SPEAKER_LOST_AFTER, "{noticed:?}: a page may build its media anew");
    assert_eq!(world.count("endpoint_dropped").await, 0, "its page answers");

    live_on(&world, &all, &[end], Duration::from_secs(1)).await;
    assert_eq!((world.count("holder_returned").await, world.count("holder_dropped").await), (1, 1));
}

#[tokio::test]
async fn who_comes_back_has_time_to_begin() {
    let (world, end, pages) = speaking().await;
    live_on(&world, &pages.iter().collect::<Vec<_>>(), &[end], Duration::from_millis(500)).await;
    let world = world.restart().await;
    drop(pages);
    let page = world.site("cao-bang").await;
    world.logged("holder_returned", 1).await;
    let dropped = world.count("holder_dropped").await;

    live_on(&world, &[&page], &[], SPEAKER_BEGINS_WITHIN - Duration::from_secs(1)).await;
    assert_eq!(world.count("holder_dropped").await, dropped, "a camera starts");
    live_on(&world, &[&page], &[], LATE).await;
    assert_eq!(world.count("holder_dropped").await, dropped + 1, "it was never seen");
}
