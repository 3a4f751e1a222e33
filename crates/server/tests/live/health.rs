//! The health of sites from the relay's reports and the pages', as pages are told and as it is kept.

use std::time::{Duration, Instant};

use relay_core::{DisconnectReason, EndpointId, RelayEvent};
use wire::{
    AlarmKind, ClientMessage, Command, ContentFault, EndpointRole, HealthChange, HealthView, IncidentCause, Quality,
    Role,
};

use crate::doors::{connected, encoder};
use crate::world::{Page, World, camera};

/// Reports come this often here; the relay gives one a second.
const REPORT_EVERY: Duration = Duration::from_millis(100);
/// A drop is told within this time.
const TOLD_WITHIN: Duration = Duration::from_secs(3);
/// Nothing here takes longer, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// Camera and microphone are the first two lines of a site's page.
fn flows(world: &World, ends: &[EndpointId]) {
    for end in ends {
        world.track_stats(*end, 0, Duration::ZERO);
        world.track_stats(*end, 1, Duration::ZERO);
    }
}

/// Lets the media of `ends` flow until something holds of the health. Gives how long it took.
async fn until(world: &World, ends: &[EndpointId], holds: impl Fn(&HealthView) -> bool) -> Duration {
    let began = Instant::now();
    loop {
        flows(world, ends);
        let view = world.handle.health().await.unwrap();
        if holds(&view) {
            return began.elapsed();
        }
        assert!(began.elapsed() < PATIENCE, "{view:#?}");
        tokio::time::sleep(REPORT_EVERY).await;
    }
}

fn quality(view: &HealthView, site: &str) -> Option<Quality> {
    view.sites[&wire::SiteSlug(site.to_owned())].quality
}

/// The hall and the three sites with media that flows.
async fn everybody(world: &World) -> ([Page; 4], [EndpointId; 4]) {
    let (hall, hall_end) = world.site_with_media("hall").await;
    let (cao_bang, cao_bang_end) = world.site_with_media("cao-bang").await;
    let (ca_mau, ca_mau_end) = world.site_with_media("ca-mau").await;
    let (da_nang, da_nang_end) = world.site_with_media("da-nang").await;
    let ends = [hall_end, cao_bang_end, ca_mau_end, da_nang_end];
    until(world, &ends, |view| view.sites.values().all(|site| site.quality == Some(Quality::Good))).await;
    ([hall, cao_bang, ca_mau, da_nang], ends)
}

#[tokio::test]
async fn a_site_that_drops_is_an_incident_and_an_alarm_in_three_seconds_and_comes_back_at_once() {
    let world = World::new().await;
    let (_pages, [hall, cao_bang, ca_mau, da_nang]) = everybody(&world).await;
    let others = [hall, ca_mau, da_nang];

    let told = until(&world, &others, |view| !view.incidents.is_empty()).await;

    assert!(told < TOLD_WITHIN + 2 * REPORT_EVERY, "{told:?}");
    let view = world.handle.health().await.unwrap();
    let slug = wire::SiteSlug("cao-bang".to_owned());
    assert_eq!(view.incidents[0].cause, IncidentCause::Site(slug.clone()));
    assert_eq!(
        view.alarms.iter().map(|alarm| (&alarm.site, alarm.kind)).collect::<Vec<_>>(),
        [(&slug, AlarmKind::Lost)]
    );

    let alarm = view.alarms[0].id;
    world.handle.settle_alarm(alarm, false, "lan".to_owned()).await.unwrap().unwrap();
    let twice = world.handle.settle_alarm(alarm, false, "minh".to_owned()).await.unwrap();
    assert_eq!(twice, Err(health::AlarmRefusal::AlreadyAcknowledged));
    let early = world.handle.settle_alarm(alarm, true, "lan".to_owned()).await.unwrap();
    assert_eq!(early, Err(health::AlarmRefusal::StillThere));

    let ends = [hall, cao_bang, ca_mau, da_nang];
    let back = until(&world, &ends, |view| quality(view, "cao-bang") == Some(Quality::Good)).await;
    assert!(back < Duration::from_secs(2), "{back:?}");
    world.handle.settle_alarm(alarm, true, "lan".to_owned()).await.unwrap().unwrap();
    let view = world.handle.health().await.unwrap();
    assert!(view.alarms.is_empty() && view.incidents[0].ended.is_some(), "{view:#?}");
    let kinds = |entry: &wire::HealthEntry| match &entry.what {
        HealthChange::Acknowledged { alarm } => alarm.acknowledged_by.clone(),
        HealthChange::Cleared { alarm } => alarm.cleared_by.clone(),
        _ => None,
    };
    world.handle.health_store().flush().await;
    let log = world.handle.health_store().log(None, 100).await.unwrap();
    assert_eq!(log.iter().filter_map(kinds).collect::<Vec<_>>(), ["lan", "lan"], "{log:#?}");
    assert!(log.windows(2).all(|pair| pair[0].entry == pair[1].entry + 1), "no entry is missing");
}

#[tokio::test]
async fn a_page_that_says_goodbye_is_absent_and_no_incident() {
    let world = World::new().await;
    let (pages, [hall, _, ca_mau, da_nang]) = everybody(&world).await;
    let [_hall, cao_bang, _ca_mau, _da_nang] = pages;

    world.handle.disconnect(cao_bang.joined.socket, server::conference_task::Departure::Left).await;

    until(&world, &[hall, ca_mau, da_nang], |view| quality(view, "cao-bang").is_none()).await;
    tokio::time::sleep(TOLD_WITHIN).await;
    flows(&world, &[hall, ca_mau, da_nang]);
    let view = world.handle.health().await.unwrap();
    assert!(view.incidents.iter().all(|incident| !incident.sites.contains_key(&wire::SiteSlug("cao-bang".to_owned()))));
}

#[tokio::test]
async fn an_encoder_that_the_relay_forgets_stays_lost_until_it_is_back_or_its_session_is_closed() {
    let world = World::new().await;
    let (_hall, hall) = world.site_with_media("hall").await;
    let (_opened, first) = connected(&world, encoder("cao-bang", EndpointRole::Main)).await;
    let is = |told: Option<Quality>| move |view: &HealthView| quality(view, "cao-bang") == told;
    until(&world, &[hall, first], is(Some(Quality::Good))).await;

    let forgotten = RelayEvent::Disconnected { endpoint: first, reason: DisconnectReason::Silent };
    world.relay_events.send(forgotten).unwrap();

    until(&world, &[hall], is(Some(Quality::Lost))).await;
    let lost = Instant::now();
    until(&world, &[hall], |_| lost.elapsed() > TOLD_WITHIN).await;
    let view = world.handle.health().await.unwrap();
    assert_eq!(quality(&view, "cao-bang"), Some(Quality::Lost));
    let open = view.incidents.iter().filter(|incident| incident.ended.is_none());
    let causes: Vec<_> = open.map(|incident| incident.cause.clone()).collect();
    assert_eq!(causes, [IncidentCause::Site(wire::SiteSlug("cao-bang".to_owned()))]);

    let (_opened, second) = connected(&world, encoder("cao-bang", EndpointRole::Main)).await;
    until(&world, &[hall, second], is(Some(Quality::Good))).await;
    let closed = RelayEvent::Disconnected { endpoint: second, reason: DisconnectReason::Closed };
    world.relay_events.send(closed).unwrap();
    until(&world, &[hall], is(None)).await;
}

#[tokio::test]
async fn what_a_page_measures_of_its_own_microphone_is_named() {
    let world = World::new().await;
    let (pages, ends) = everybody(&world).await;
    let [_, cao_bang, ..] = &pages;
    let silent = |peak: f32| wire::EndpointStats {
        frames: 20,
        freezes: 0,
        concealed: 0.0,
        loss: 0.0,
        rtt_ms: 10.0,
        kbps: 500.0,
        sent: Some(wire::SentStats {
            luma: Some(100.0),
            spread: Some(40.0),
            change: Some(1.5),
            rms_dbfs: Some(peak - 10.0),
            peak_dbfs: Some(peak),
            clipped: Some(0.0),
            ..wire::SentStats::default()
        }),
    };

    let slug = wire::SiteSlug("cao-bang".to_owned());
    let began = Instant::now();
    loop {
        cao_bang.say(ClientMessage::Stats(silent(-127.0))).await;
        flows(&world, &ends);
        let view = world.handle.health().await.unwrap();
        if view.sites[&slug].faults == [ContentFault::SilentMicrophone] {
            break;
        }
        assert!(began.elapsed() < PATIENCE, "{:#?}", view.sites[&slug]);
        tokio::time::sleep(REPORT_EVERY).await;
    }
    let view = world.handle.health().await.unwrap();
    assert_eq!(view.alarms.iter().map(|alarm| alarm.kind).collect::<Vec<_>>(), [AlarmKind::SilentMicrophone]);
    assert!(view.sites.iter().all(|(site, health)| *site == slug || health.faults.is_empty()));
}

#[tokio::test]
async fn the_curve_of_a_site_has_its_seconds() {
    let world = World::new().await;
    let (_pages, ends) = everybody(&world).await;
    let site = wire::SiteSlug("ca-mau".to_owned());

    let curve = loop {
        flows(&world, &ends);
        let curves = world.handle.curves(Some(site.clone()), 0).await.unwrap();
        if curves[0].at.len() >= 2 {
            break curves[0].clone();
        }
        tokio::time::sleep(REPORT_EVERY).await;
    };

    assert!(curve.at.windows(2).all(|pair| pair[0] < pair[1]), "{curve:?}");
    assert!(curve.quality.iter().all(|quality| *quality == 0), "{curve:?}");
    assert_eq!(curve.kbps_up.last(), Some(&Some(300.0)), "150 kbit/s of each of two lines");
    assert_eq!(curve.fps.last(), Some(&Some(10.0)));
}

#[tokio::test]
async fn a_replay_shows_what_was_shown_then_also_after_a_restart() {
    let world = World::new().await;
    let mut lead = world.operator("lan", Role::Lead).await;
    let (_pages, ends) = everybody(&world).await;
    let [hall, _, ca_mau, da_nang] = ends;
    lead.command(Command::OpenConference).await.unwrap();
    let mut moments = Vec::new();
    // A report is dropped now and then, so that verdicts change between the moments.
    for step in 0..20_u64 {
        match step {
            2 => drop(lead.command(Command::SetFloorMode { mode: wire::FloorMode::Queue }).await),
            5 => drop(lead.command(Command::Cue { site: wire::SiteSlug("ca-mau".to_owned()) }).await),
            8 => {
                let preview = Command::SetPreview { layout: wire::Layout::Single, sources: vec![camera("da-nang")] };
                lead.command(preview).await.unwrap();
            }
            12 => drop(lead.command(Command::Mute { site: wire::SiteSlug("ca-mau".to_owned()) }).await),
            _ => {}
        }
        let flowing: &[EndpointId] = if (3..16).contains(&step) { &[hall, ca_mau, da_nang] } else { &ends };
        flows(&world, flowing);
        tokio::time::sleep(Duration::from_millis(150 + 37 * (step % 7))).await;
        let seen = world.handle.health().await.unwrap();
        let moment = world.handle.moment().await.unwrap();
        if seen.entry == moment.entry {
            assert_eq!(seen.alarms, moment.alarms, "what people see is what a replay will tell");
        }
        moments.push(moment);
        // What comes in the same millisecond as the moment is not what it shows.
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    let hashes: std::collections::BTreeSet<_> = moments.iter().map(|moment| moment.hash.clone()).collect();
    assert!(hashes.len() >= 5, "moments differ: {hashes:?}");

    let same = async |world: &World| {
        for live in &moments {
            let replayed = world.handle.replayer().moment(live.at).await.unwrap();
            assert_eq!((replayed.revision, replayed.entry), (live.revision, live.entry));
            assert_eq!(replayed.hash, live.hash, "{live:#?}\n{replayed:#?}");
        }
    };
    same(&world).await;
    let line = world.handle.replayer().time_line(moments[19].at).await.unwrap();
    assert!(line.from <= moments[0].at && line.marks.iter().any(|mark| mark.kind == "alarm_raised"), "{line:?}");
    drop(lead);

    let world = world.restart().await;
    same(&world).await;
    let before = world.handle.replayer().moment(1).await;
    assert!(matches!(before, Err(server::conference_task::ReplayError::NoSuchMoment)), "{before:?}");
}
