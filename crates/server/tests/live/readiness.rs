//! Verdicts of the relay on sources, as consoles see them.

use relay_core::{EndpointId, Kind, LineId, PlaneEvent, SourceFault, Watch};
use server::conference_task::{Opening, RelayOrder};
use wire::{Command, EndpointRole, Readiness, ReadinessReason, RequestKind, Role, ServerMessage};

use crate::doors::{connected, encoder, outline};
use crate::world::{Page, RecordingRelay, World, camera};

/// What the relay was told to watch last.
fn watches(relay: &RecordingRelay) -> Vec<Watch> {
    let orders = relay.orders();
    let watches = orders.iter().rev().find_map(|(_, order)| match order {
        RelayOrder::SetWatches(watches) => Some(watches.iter().copied().collect()),
        _ => None,
    });
    watches.unwrap_or_default()
}

/// Their endpoints.
fn watched(relay: &RecordingRelay) -> Vec<EndpointId> {
    watches(relay).iter().map(|watch| watch.endpoint).collect()
}

async fn watched_until(world: &World, expected: &[EndpointId]) {
    world.relay_until(|relay| (watched(relay) == expected).then_some(())).await;
}

/// Camera and microphone are the first two lines of a site's page.
fn judge(world: &World, endpoint: EndpointId, readiness: relay_core::Readiness) {
    let (picture, sound) = (LineId(0), LineId(1));
    world.plane(PlaneEvent::Readiness { watch: Watch { endpoint, picture, sound }, readiness });
}

async fn ready_until(page: &mut Page, site: &str, expected: Readiness) {
    // What was told may have come before the answer to a command.
    while page.ready.get(site) != Some(&expected) {
        page.next().await;
    }
}

async fn preview(lead: &mut Page, site: &str) {
    lead.command(Command::SetPreview { layout: wire::Layout::Single, sources: vec![camera(site)] }).await.unwrap();
}

/// Cao Bằng with media in the lead's preview, watched by the relay: the lead, its end at the relay, and the sites' pages.
async fn previewed(world: &World) -> (Page, EndpointId, [Page; 2]) {
    let mut lead = world.operator("lan", Role::Lead).await;
    let (hall, _) = world.site_with_media("hall").await;
    let (cao_bang, end) = world.site_with_media("cao-bang").await;
    preview(&mut lead, "cao-bang").await;
    watched_until(world, &[end]).await;
    (lead, end, [hall, cao_bang])
}

#[tokio::test]
async fn the_relay_watches_the_preview_and_the_first_of_the_queue() {
    let world = World::new().await;
    let mut lead = world.operator("lan", Role::Lead).await;
    let (_hall, _) = world.site_with_media("hall").await;
    let (mut cao_bang, cao_bang_end) = world.site_with_media("cao-bang").await;
    let (_ca_mau, ca_mau_end) = world.site_with_media("ca-mau").await;
    assert!(watched(&world.relay).is_empty());

    lead.command(Command::SetFloorMode { mode: wire::FloorMode::Queue }).await.unwrap();
    lead.command(Command::OpenConference).await.unwrap();
    cao_bang.command(Command::RequestFloor { kind: RequestKind::Request }).await.unwrap();
    watched_until(&world, &[cao_bang_end]).await;
    preview(&mut lead, "ca-mau").await;

    watched_until(&world, &[cao_bang_end, ca_mau_end]).await;
    let orders = world.relay.orders();
    let last = |wanted: fn(&RelayOrder) -> bool| orders.iter().rposition(|(_, order)| wanted(order));
    let routes = last(|order| matches!(order, RelayOrder::SetRoutes(_)));
    let watches = last(|order| matches!(order, RelayOrder::SetWatches(_)));
    assert!(routes < watches, "the relay must know what is asked of a source before it judges it");

    lead.command(Command::ClearPreview).await.unwrap();
    watched_until(&world, &[cao_bang_end]).await;
}

#[tokio::test]
async fn a_console_is_told_the_first_reason_and_the_take_is_not_refused_for_it() {
    let world = World::new().await;
    let (mut lead, end, _pages) = previewed(&world).await;
    ready_until(&mut lead, "cao-bang", Readiness::Checking).await;

    judge(&world, end, relay_core::Readiness::Ready);
    ready_until(&mut lead, "cao-bang", Readiness::Ready).await;
    judge(&world, end, relay_core::Readiness::NotReady(SourceFault::Silent));
    ready_until(&mut lead, "cao-bang", Readiness::Warning { reason: ReadinessReason::Silent }).await;

    let (_, view) = world.handle.state(server::view::Audience::Centre).await.unwrap();
    let taken = lead.command(Command::Take { preview: view.stage.preview.unwrap().id }).await;
    assert!(taken.is_ok(), "{taken:?}");
}

#[tokio::test]
async fn a_verdict_ends_with_the_watch_and_one_that_comes_late_is_not_believed() {
    let world = World::new().await;
    let (mut lead, end, _pages) = previewed(&world).await;
    judge(&world, end, relay_core::Readiness::NotReady(SourceFault::Loss));
    ready_until(&mut lead, "cao-bang", Readiness::Warning { reason: ReadinessReason::Loss }).await;

    lead.command(Command::ClearPreview).await.unwrap();
    watched_until(&world, &[]).await;
    judge(&world, end, relay_core::Readiness::NotReady(SourceFault::Clipping));
    preview(&mut lead, "cao-bang").await;
    watched_until(&world, &[end]).await;

    ready_until(&mut lead, "cao-bang", Readiness::Checking).await;
    // Everything that was published until then: the late verdict is nowhere.
    tokio::time::sleep(2 * server::conference_task::TICK).await;
    let late = Readiness::Warning { reason: ReadinessReason::Clipping };
    for message in lead.drain() {
        if let ServerMessage::Live(live) = message {
            assert!(live.sites.values().all(|site| site.ready != late), "{live:?}");
        }
    }
}

#[tokio::test]
async fn an_encoder_without_sound_is_judged_and_the_sound_is_missed() {
    let world = World::new().await;
    let mut lead = world.operator("lan", Role::Lead).await;
    let picture_alone = Opening { outline: outline(true, &[Kind::Video]), ..encoder("cao-bang", EndpointRole::Main) };
    let (_encoder, end) = connected(&world, picture_alone).await;

    preview(&mut lead, "cao-bang").await;
    watched_until(&world, &[end]).await;
    let no_sound = relay_core::Readiness::NotReady(SourceFault::NoSound);
    world.plane(PlaneEvent::Readiness { watch: watches(&world.relay)[0], readiness: no_sound });

    ready_until(&mut lead, "cao-bang", Readiness::Warning { reason: ReadinessReason::NoSound }).await;
    assert_eq!((watches(&world.relay)[0].picture, watches(&world.relay)[0].sound), (LineId(0), LineId(1)));
}

#[tokio::test]
async fn a_site_without_media_is_offline() {
    let world = World::new().await;
    let mut lead = world.operator("lan", Role::Lead).await;
    let _page = world.site("cao-bang").await;

    ready_until(&mut lead, "cao-bang", Readiness::Offline).await;
}

#[tokio::test]
async fn consoles_are_told_when_the_relay_cannot_keep_up_and_when_it_can_again() {
    let world = World::new().await;
    let mut lead = world.operator("lan", Role::Lead).await;
    let mut told = async |layer, keeps_up: bool| {
        world.plane(PlaneEvent::Ceiling { layer });
        loop {
            if let ServerMessage::Live(live) = lead.next().await
                && live.relay_keeps_up == keeps_up
            {
                return;
            }
        }
    };

    told(relay_core::Layer::Mid, false).await;
    told(relay_core::Layer::High, true).await;
}
