//! Health by HTTP: curves, exports and the log as they are kept, and who may settle alarms.

use axum::http::StatusCode;
use health::{Quality, Spread, TenSeconds};
use server::conference_task::ConferenceHandle;
use server::health_store::StoredPoint;
use wire::{HealthChange, HealthEntry, Role, SiteSlug};

use crate::world::{CONFERENCE, Credential, World, assert_problem};

/// Years ahead: nothing forgets it.
const THEN: u32 = 3_000_000_000;
/// More than a page of an export, of two sites.
const SECONDS: u32 = 60_000;
const SITES: [&str; 2] = ["ca-mau", "cao-bang"];

fn path(rest: &str) -> String {
    format!("/api/v1/conferences/{CONFERENCE}/health{rest}")
}

fn handle(world: &World) -> ConferenceHandle {
    world.server.app().conferences().into_iter().find(|handle| handle.id().0 == CONFERENCE).unwrap()
}

fn point(site: &str, second: u32) -> StoredPoint {
    let spread = Some(Spread { mean: 20.5, min: 10.0, max: 40.0 });
    let ten = TenSeconds {
        second,
        points: 10,
        worst: Quality::Weak,
        kbps_up: spread,
        kbps_down: None,
        rtt_ms: spread,
        loss: None,
        jitter_ms: None,
        fps: None,
        level_dbfs: None,
    };
    StoredPoint { site: SiteSlug(site.to_owned()), ten }
}

async fn world_with_points() -> (World, Credential) {
    let world = World::start(true).await;
    let store = handle(&world).health_store().clone();
    for second in (0..SECONDS).step_by(10) {
        for site in SITES {
            store.point(point(site, THEN + second));
        }
        if second.is_multiple_of(10_000) {
            store.flush().await;
        }
    }
    store.flush().await;
    let technician = world.operator("ky-thuat", Role::Technician).await;
    (world, technician)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_of_many_pages_is_whole_as_a_table_and_as_json() {
    let (world, technician) = world_with_points().await;

    let json = world.get(&path(&format!("/export?from={THEN}")), &technician).await;
    assert_eq!(json.status, StatusCode::OK);
    let rows = json.json();
    let rows = rows.as_array().unwrap();
    assert_eq!(rows.len(), 2 * SECONDS as usize / 10);
    let order: Vec<_> =
        rows.iter().map(|row| (row["second"].as_u64().unwrap(), row["site"].as_str().unwrap())).collect();
    assert!(order.is_sorted(), "by time, then by site");

    let csv = world.get(&path(&format!("/export?format=csv&from={THEN}&to={}", THEN + 20)), &technician).await;
    assert!(csv.header("content-disposition").contains(".csv"));
    let text = String::from_utf8(csv.body).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 1 + 6, "{text}");
    assert_eq!(lines[1], format!("ca-mau,{THEN},10,1,20.5,10,40,,,,20.5,10,40,,,,,,,,,,,,"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_curve_is_of_one_site_and_of_the_part_that_is_asked_for() {
    let (world, technician) = world_with_points().await;

    let part = format!("from={}&to={}", THEN + 100, THEN + 200);
    let curve = world.get(&path(&format!("/sites/cao-bang/curve?{part}")), &technician).await.json();
    assert_eq!(curve["site"], "cao-bang");
    assert_eq!(curve["at"].as_array().unwrap().len(), 10);
    assert_eq!((&curve["quality"][0], &curve["rtt_ms"][0], curve["fps"][0].is_null()), (&1.into(), &20.5.into(), true));

    let table = world.get(&path(&format!("/sites/cao-bang/curve?format=csv&{part}")), &technician).await;
    assert_eq!(String::from_utf8(table.body).unwrap().lines().count(), 11);

    assert_problem(&world.get(&path("/sites/nowhere/curve"), &technician).await, StatusCode::NOT_FOUND);
    assert_problem(&world.get(&path("/sites/cao-bang/curve?from=-1"), &technician).await, StatusCode::BAD_REQUEST);
    let recent = world.get(&path("/recent?seconds=99999"), &technician).await;
    assert_eq!(recent.json().as_array().map(Vec::len), Some(64), "one curve for each site");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_paged_backwards() {
    let world = World::start(true).await;
    let technician = world.operator("ky-thuat", Role::Technician).await;
    let started = world.get(&path("/log"), &technician).await.json()[0]["entry"].as_u64().unwrap();
    let store = handle(&world).health_store().clone();
    for entry in started + 1..=started + 5 {
        let what = HealthChange::Verdict { site: SiteSlug("cao-bang".to_owned()), quality: None, reason: None };
        store.entry(HealthEntry { entry, at: 1_000 * u64::from(THEN), what });
    }

    let numbers = async |query: &str| -> Vec<u64> {
        let answer = world.get(&path(&format!("/log?{query}")), &technician).await.json();
        answer.as_array().unwrap().iter().map(|entry| entry["entry"].as_u64().unwrap() - started).collect()
    };
    assert_eq!(numbers("limit=2").await, [5, 4]);
    assert_eq!(numbers(&format!("limit=2&before={}", started + 4)).await, [3, 2]);
    assert_problem(&world.get(&path("/log?limit=many"), &technician).await, StatusCode::BAD_REQUEST);
}

#[tokio::test(flavor = "multi_thread")]
async fn alarms_are_settled_by_those_who_watch_and_only_while_they_are_open() {
    let world = World::start(true).await;
    for deed in ["acknowledge", "clear"] {
        let alarm = path(&format!("/alarms/7/{deed}"));
        let nothing = serde_json::json!({});
        let chair = world.operator("chu-tri", Role::Chair).await;
        let technician = world.operator("ky-thuat", Role::Technician).await;

        assert_problem(&world.post(&alarm, &nothing, &Credential::Nobody).await, StatusCode::UNAUTHORIZED);
        assert_problem(&world.post(&alarm, &nothing, &chair).await, StatusCode::FORBIDDEN);
        assert_problem(&world.post(&alarm, &nothing, &technician).await, StatusCode::CONFLICT);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moment_that_has_not_come_is_not_found() {
    let world = World::start(true).await;
    let technician = world.operator("ky-thuat", Role::Technician).await;
    let moment = |at: u64| format!("/api/v1/conferences/{CONFERENCE}/replay/moment?at={at}");

    assert_problem(&world.get(&moment(u64::from(THEN) * 1_000), &technician).await, StatusCode::NOT_FOUND);
    assert_problem(&world.get(&moment(1), &technician).await, StatusCode::NOT_FOUND);
    assert_problem(&world.get(&moment(1), &Credential::Nobody).await, StatusCode::UNAUTHORIZED);
}
