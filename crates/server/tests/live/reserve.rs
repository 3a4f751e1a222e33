//! A site with two lines: the reserve carries it when the main line is interrupted, without an operator.

use std::time::{Duration, Instant};

use relay_core::{DisconnectReason, EndpointId, RelayEvent};
use server::live::{INTERRUPTED_AFTER, STEADY_AFTER};
use wire::{EndpointRole, Role};

use crate::doors::{connected, player};
use crate::world::{Page, World, endpoint};

/// What the hall is promised; half a second of it is the keyframe's and the relay's.
const TAKES_OVER_WITHIN: Duration = Duration::from_millis(1_500);
const CAMERA: u16 = 0;
const MICROPHONE: u16 = 1;

/// The relay's reports of a second in which a line was silent for so long at its end.
fn report(world: &World, end: EndpointId, silent_for: Duration) {
    for line in [CAMERA, MICROPHONE] {
        world.track_stats(end, line, silent_for);
    }
}

/// Lets some time pass, in which pages are heard and lines are reported to flow.
pub async fn live_on(world: &World, pages: &[&Page], lines: &[EndpointId], time: Duration) {
    let until = Instant::now() + time;
    while Instant::now() < until {
        for page in pages {
            page.joined.heard.note(Instant::now());
        }
        for line in lines {
            report(world, *line, Duration::ZERO);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Cao Bằng is on air by its main line; Cà Mau sees and hears it.
async fn on_air() -> (World, [EndpointId; 3], Vec<Page>) {
    let world = World::new().await;
    let mut lead = world.operator("lan", Role::Lead).await;
    let (hall, _) = world.site_with_media("hall").await;
    let (main_page, main) = world.site_with_media("cao-bang").await;
    let mut reserve_page = world.visit(endpoint("cao-bang", EndpointRole::Backup, "reserve")).await.unwrap();
    reserve_page.welcome().await;
    let reserve = world.connect_media(&mut reserve_page).await;
    let (watching, viewer) = world.site_with_media("ca-mau").await;
    // The main line has the site when it was steady for so long.
    let pages = [&hall, &main_page, &reserve_page, &watching];
    live_on(&world, &pages, &[main, reserve, viewer], STEADY_AFTER + Duration::from_millis(200)).await;
    let id = lead.order_take("cao-bang").await;
    let (_, take, _) = world.relay_until(|relay| relay.takes().last().cloned()).await;
    lead.answer(&id).await.unwrap();
    world.take_done(take, vec![]);
    world.relay_until(|relay| relay.receivers_of(main).contains(&viewer).then_some(())).await;
    assert!(!world.relay.receivers_of(reserve).contains(&viewer));
    (world, [main, reserve, viewer], vec![lead, hall, main_page, reserve_page, watching])
}

/// Waits until the viewer gets one line and not the other; gives how long that took.
pub async fn carried_by(world: &World, line: EndpointId, other: EndpointId, viewer: EndpointId) -> Duration {
    let asked = Instant::now();
    world
        .relay_until(|relay| {
            let gets = |end| relay.receivers_of(end).contains(&viewer);
            (gets(line) && !gets(other)).then_some(())
        })
        .await;
    asked.elapsed()
}

#[tokio::test]
async fn a_main_line_that_leaves_is_replaced_at_once() {
    let (world, [main, reserve, viewer], _pages) = on_air().await;

    world.relay_events.send(RelayEvent::Disconnected { endpoint: main, reason: DisconnectReason::Closed }).unwrap();

    let elapsed = carried_by(&world, reserve, main, viewer).await;
    assert!(elapsed < TAKES_OVER_WITHIN, "{elapsed:?}");
}

#[tokio::test]
async fn a_main_line_that_falls_silent_is_replaced_by_the_first_report_that_says_so_and_not_before() {
    let (world, [main, reserve, viewer], pages) = on_air().await;
    let just_before = INTERRUPTED_AFTER - Duration::from_millis(10);

    report(&world, main, just_before);
    report(&world, reserve, Duration::ZERO);
    // Long enough for the task to have acted on it.
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!world.relay.receivers_of(reserve).contains(&viewer), "one more report to come");
    report(&world, main, just_before + Duration::from_secs(1));

    let elapsed = carried_by(&world, reserve, main, viewer).await;
    // The cut was at worst `just_before` before the report that did not say so, which is a second old now.
    assert!(just_before + Duration::from_secs(1) + elapsed < Duration::from_secs(2), "{elapsed:?}");

    // It comes back, and has the site again when it is steady.
    let pages: Vec<&Page> = pages.iter().collect();
    let lines = [main, reserve, viewer];
    live_on(&world, &pages, &lines, STEADY_AFTER - Duration::from_millis(500)).await;
    assert!(world.relay.receivers_of(reserve).contains(&viewer), "not yet");
    live_on(&world, &pages, &lines, Duration::from_millis(800)).await;
    carried_by(&world, main, reserve, viewer).await;
}

#[tokio::test]
async fn a_player_by_the_main_lines_token_does_not_take_the_site_from_it() {
    let (world, [main, reserve, viewer], pages) = on_air().await;

    let (_player, playing) = connected(&world, player("cao-bang", EndpointRole::Main)).await;
    world.relay_until(|relay| relay.routes().slots.keys().any(|slot| slot.endpoint == playing).then_some(())).await;
    live_on(&world, &Vec::from_iter(&pages), &[main, reserve, viewer], Duration::from_millis(500)).await;

    assert!(!world.relay.receivers_of(reserve).contains(&viewer), "the main line carries the site");
    assert!(world.relay.receivers_of(main).contains(&viewer));
}

#[tokio::test]
async fn a_player_by_the_reserves_token_does_not_hide_that_the_reserve_works() {
    let (world, [main, reserve, viewer], pages) = on_air().await;
    let (_player, playing) = connected(&world, player("cao-bang", EndpointRole::Backup)).await;
    world.relay_until(|relay| relay.routes().slots.keys().any(|slot| slot.endpoint == playing).then_some(())).await;
    live_on(&world, &Vec::from_iter(&pages), &[main, reserve, viewer], Duration::from_millis(300)).await;

    report(&world, main, INTERRUPTED_AFTER);
    report(&world, reserve, Duration::ZERO);

    let elapsed = carried_by(&world, reserve, main, viewer).await;
    assert!(elapsed < Duration::from_secs(1), "{elapsed:?}");
}
