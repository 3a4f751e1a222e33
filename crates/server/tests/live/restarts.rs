//! Starts: with other files than before, and with a journal that cannot be written.

use std::time::Duration;

use conference::{Setup, VideoCodec};
use journal::Cause;
use journal::fault::{Fate, Fault};
use server::conference_task::Refused;
use server::view::Audience;
use wire::{Command, ConferenceView, EndpointRole, ErrorCode, FloorMode, Refusal, Role, SiteSlug};

use crate::world::{Page, World, camera, endpoint, new_id, setup, slug};

const DOWN: Fault = Fault { fsync_delay: Duration::ZERO, fate: Fate::Refuse(Cause::DiskFull) };

/// The file after an edit: a site is gone, the agenda has another item, the codec is another.
fn edited() -> Setup {
    let mut edited = setup();
    edited.sites.retain(|site| site.slug != slug("da-nang"));
    edited.agenda[0].id = "bc-02".into();
    edited.codec = VideoCodec::Vp8;
    edited
}

async fn state(world: &World) -> ConferenceView {
    world.handle.state(Audience::Centre).await.unwrap().1
}

fn audited(world: &World) -> Vec<Refused> {
    world.audit.lock().unwrap().clone()
}

/// Opens the conference with a site on air.
async fn open_with_a_site_on_air(world: &World) -> Page {
    let mut lead = world.operator("lan", Role::Lead).await;
    lead.command(Command::OpenConference).await.unwrap();
    let (_hall, _) = world.site_with_media("hall").await;
    let (_site, _) = world.site_with_media("cao-bang").await;
    let take = lead.order_take("cao-bang").await;
    lead.answer(&take).await.unwrap();
    let (_, take, routes) = world.relay_until(|relay| relay.takes().last().cloned()).await;
    world.take_done(take, routes.slots.keys().map(|slot| (*slot, 1)).collect());
    world.logged("take_shown", 1).await;
    lead
}

#[tokio::test]
async fn files_that_are_edited_after_the_opening_change_nothing_and_people_are_told() {
    let world = World::new().await;
    let mut lead = world.operator("lan", Role::Lead).await;
    let mut site = world.site("da-nang").await;
    lead.command(Command::OpenConference).await.unwrap();
    site.command(Command::RequestFloor { kind: wire::RequestKind::Request }).await.unwrap();
    let before = state(&world).await;
    drop((lead, site));

    let world = world.restart_with(edited(), Fault::default()).await;

    assert_eq!(state(&world).await, before);
    assert_eq!(*world.handle.setup(), setup());
    assert_eq!(world.count("setup_recorded").await, 1);
    let told = audited(&world);
    let [Refused { reason, .. }] = &told[..] else { panic!("told once: {told:?}") };
    for part in ["codec Vp8 instead of H264", "sites removed: da-nang", "items added: bc-02", "items removed: bc-01"] {
        assert!(reason.contains(part), "{reason}");
    }
    let mut page = world.visit(endpoint("da-nang", EndpointRole::Main, "device")).await.unwrap();
    assert_eq!(page.welcome().await.media.codec, wire::VideoCodec::H264, "who was in it takes part, as before");
    drop(page);

    let world = world.restart().await;
    assert!(audited(&world).is_empty(), "the files say again what the log says");
    let mut lead = world.operator("lan", Role::Lead).await;
    lead.command(Command::EndConference { confirmation: "bau-cu-2021".to_owned() }).await.unwrap();
    let ended = state(&world).await;
    drop(lead);
    let world = world.restart_with(edited(), Fault::default()).await;
    assert_eq!(state(&world).await, ended, "a conference that is over keeps its setup");
}

#[tokio::test]
async fn files_that_are_edited_before_the_opening_count() {
    let world = World::new().await;
    let mut lead = world.operator("lan", Role::Lead).await;
    lead.command(Command::SetPreview { layout: wire::Layout::Single, sources: vec![camera("da-nang")] }).await.unwrap();
    drop(lead);

    let world = world.restart_with(edited(), Fault::default()).await;

    assert!(audited(&world).is_empty());
    assert_eq!(world.count("setup_recorded").await, 2);
    let view = state(&world).await;
    assert_eq!(view.sites.iter().map(|site| site.slug.0.as_str()).collect::<Vec<_>>(), ["hall", "cao-bang", "ca-mau"]);
    assert_eq!(view.agenda.items[0].id.0, "bc-02");
    assert_eq!(view.stage.preview, None);
    let mut console = world.operator("lan", Role::Lead).await;
    let welcome = console.welcome().await;
    assert_eq!(welcome.media.codec, wire::VideoCodec::Vp8);
    let tiles = |line: &&wire::MediaLine| matches!(line.slot, wire::Slot::Wall { .. });
    assert_eq!(welcome.media.lines.iter().filter(tiles).count(), 3);
    // The link of the site that is gone opens nothing.
    let gone = endpoint("da-nang", EndpointRole::Main, "device");
    let sender = server::conference_task::Sender { who: gone.who.clone(), address: None };
    let refused = world.visit(gone).await.err().expect("not let in");
    assert_eq!(refused.code, ErrorCode::Unauthorized);
    assert_eq!(audited(&world).len(), 1);
    let ask = Command::RequestFloor { kind: wire::RequestKind::Request };
    let refused = world.handle.command(sender, new_id(), None, ask).await;
    assert_eq!(refused, Err(Refusal::UnknownSite { site: SiteSlug("da-nang".to_owned()) }));
}

#[tokio::test]
async fn the_holder_who_comes_back_is_welcomed_before_anything_else_and_its_clock_runs() {
    let world = World::new().await;
    drop(open_with_a_site_on_air(&world).await);
    let world = world.restart().await;

    let mut page = world.visit(endpoint("cao-bang", EndpointRole::Main, "device")).await.unwrap();

    let state = page.welcome().await.state.expect("it has seen nothing yet");
    let holder = state.floor.holder.expect("its place was held");
    assert!(holder.grace_until.is_none() && holder.clock.running_since.is_some(), "{holder:?}");
}

#[tokio::test]
async fn a_start_with_a_full_disk_lets_sites_in_calls_the_hall_and_writes_late_what_happened() {
    let world = World::new().await;
    drop(open_with_a_site_on_air(&world).await);
    let written = world.log().await.len();

    let world = world.restart_with(setup(), DOWN).await;

    let (_hall, _) = world.site_with_media("hall").await;
    let (_site, site_end) = world.site_with_media("cao-bang").await;
    world.relay_until(|relay| (!relay.receivers_of(site_end).is_empty()).then_some(())).await;
    let mut lead = world.operator("lan", Role::Lead).await;
    let refused = lead.command(Command::SetFloorMode { mode: FloorMode::Open }).await;
    assert_eq!(refused, Err(Refusal::JournalUnavailable));
    let hall = lead.send(Command::BackToHall).await;
    let at_the_hall = async {
        while state(&world).await.stage.program.sources[0].source.site.0 != "hall" {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(1), at_the_hall).await.expect("the hall does not wait for the disk");
    assert_eq!(world.log().await.len(), written, "nothing could be written");

    world.journal.set(Fault::default());

    lead.answer(&hall).await.expect("answered once it is written");
    let log = world.log().await;
    let late: Vec<&str> = log[written..].iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(late[0], "server_started");
    assert!(late.contains(&"endpoint_joined") && late.contains(&"stage_cut"), "{late:?}");
    let marked = late.iter().position(|kind| *kind == "journal_caught_up").expect("marked");
    assert_eq!(log[written + marked].body["late"], marked, "all of it was late");
    lead.command(Command::SetFloorMode { mode: FloorMode::Open }).await.expect("and commands are done again");
    let before = state(&world).await;
    drop(lead);
    let world = world.restart().await;
    let after = state(&world).await;
    assert_eq!((after.stage, after.floor.mode), (before.stage, before.floor.mode));
}

#[tokio::test]
async fn a_start_with_a_full_disk_uses_the_edited_files_and_records_them_late() {
    let world = World::new().await;

    let world = world.restart_with(edited(), DOWN).await;

    assert_eq!(*world.handle.setup(), edited());
    assert_eq!(state(&world).await.sites.len(), 3);
    assert_eq!(world.count("setup_recorded").await, 1);
    world.journal.set(Fault::default());
    world.logged("setup_recorded", 2).await;
    world.logged("journal_caught_up", 1).await;
    let before = state(&world).await;
    let world = world.restart_with(edited(), Fault::default()).await;
    assert_eq!(state(&world).await.sites.len(), before.sites.len());
    assert_eq!(world.count("setup_recorded").await, 2);
}

#[tokio::test]
async fn the_very_first_start_with_a_full_disk_records_its_setup_late() {
    let world = World::with_fault(DOWN).await;
    let _site = world.site("cao-bang").await;
    assert!(world.log().await.is_empty());

    world.journal.set(Fault::default());

    world.logged("journal_caught_up", 1).await;
    let kinds: Vec<String> = world.log().await.into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, ["server_started", "setup_recorded", "endpoint_joined", "journal_caught_up"]);
}
