use health::{Quality, Spread, TenSeconds};
use wire::{HealthChange, HealthEntry};

use super::*;

/// Years ahead: what is old is forgotten by the real clock meanwhile.
const NOW_S: u32 = 3_000_000_000;
const BEGAN_MS: u64 = NOW_S as u64 * 1_000;

fn point(site: &str, second: u32) -> StoredPoint {
    let spread = |mean: f32| Some(Spread { mean, min: mean / 2.0, max: mean * 2.0 });
    let ten = TenSeconds {
        second,
        points: 10,
        worst: Quality::Weak,
        kbps_up: spread(500.0),
        kbps_down: spread(900.0),
        rtt_ms: spread(20.0),
        loss: spread(0.01),
        jitter_ms: None,
        fps: spread(10.0),
        level_dbfs: spread(-30.0),
    };
    StoredPoint { site: SiteSlug(site.to_owned()), ten }
}

fn conference() -> ConferenceId {
    ConferenceId("c".to_owned())
}

async fn opened() -> (tempfile::TempDir, HealthDatabase) {
    let folder = tempfile::tempdir().unwrap();
    let database = HealthDatabase::open(folder.path()).await.unwrap();
    (folder, database)
}

#[tokio::test]
async fn points_are_read_as_they_were_kept_page_by_page() {
    let (_folder, database) = opened().await;
    let (store, other) = (database.of(&conference()), database.of(&ConferenceId("other".to_owned())));
    for second in (0..100).step_by(10) {
        store.point(point("cao-bang", NOW_S + second));
        store.point(point("ca-mau", NOW_S + second));
    }
    other.point(point("cao-bang", NOW_S));
    store.flush().await;

    let all = store.points(0, u32::MAX, &Page::default()).await.unwrap();
    assert_eq!(all.len(), 20);
    assert_eq!((all[0].site.as_str(), all[0].second, all[0].points, all[0].worst), ("ca-mau", i64::from(NOW_S), 10, 1));
    assert_eq!(all[0].values.len(), 21);
    assert_eq!(&all[0].values[..3], [Some(500.0), Some(250.0), Some(1_000.0)]);
    assert_eq!(&all[0].values[12..15], [None, None, None]);

    let after = Page { second: all[4].second, site: all[4].site.clone() };
    let rest = store.points(0, NOW_S + 50, &after).await.unwrap();
    assert_eq!(rest, all[5..12]);
    let curve = store.curve(&SiteSlug("cao-bang".to_owned()), NOW_S + 20, NOW_S + 50).await.unwrap();
    assert_eq!(curve.at, [NOW_S + 20, NOW_S + 30, NOW_S + 40]);
    assert_eq!((curve.quality[0], curve.rtt_ms[0], curve.jitter_ms[0]), (1, Some(20.0), None));
}

#[tokio::test]
async fn two_parts_of_the_same_ten_seconds_become_one() {
    let (_folder, database) = opened().await;
    let store = database.of(&conference());
    let part = |points, worst, kbps: f32, jitter_ms| {
        let mut part = point("cao-bang", NOW_S);
        part.ten.points = points;
        part.ten.worst = worst;
        part.ten.kbps_up = Some(Spread { mean: kbps, min: kbps - 10.0, max: kbps + 10.0 });
        part.ten.jitter_ms = jitter_ms;
        part
    };
    let jitter = Some(Spread { mean: 3.0, min: 2.0, max: 4.0 });

    store.point(part(6, Quality::Bad, 500.0, None));
    store.point(part(2, Quality::Good, 900.0, jitter));
    store.flush().await;

    let all = store.points(0, u32::MAX, &Page::default()).await.unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].points, all[0].worst), (8, 2));
    assert_eq!(all[0].values[..3], [Some(600.0), Some(490.0), Some(910.0)]);
    assert_eq!(all[0].values[12..15], [Some(3.0), Some(2.0), Some(4.0)], "what one part alone has");
}

#[tokio::test]
async fn a_file_that_cannot_be_written_for_a_while_loses_nothing_and_holds_up_nobody_who_reads() {
    let (folder, database) = opened().await;
    let store = database.of(&conference());
    // Another program keeps the file to itself, as a careless backup does.
    let options = SqliteConnectOptions::new().filename(folder.path().join(HEALTH_FILE));
    let careless = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
    let mut transaction = careless.begin_with("BEGIN IMMEDIATE").await.unwrap();
    sqlx::query("DELETE FROM entry").execute(&mut *transaction).await.unwrap();

    store.point(point("cao-bang", NOW_S));
    let asked = std::time::Instant::now();
    store.flush().await;
    assert!(store.points(0, u32::MAX, &Page::default()).await.unwrap().is_empty());
    assert!(asked.elapsed() < BUSY_TIMEOUT, "{:?}", asked.elapsed());
    // Longer than the database itself waits.
    tokio::time::sleep(BUSY_TIMEOUT + Duration::from_millis(500)).await;
    transaction.rollback().await.unwrap();

    let written = async {
        while store.points(0, u32::MAX, &Page::default()).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), written).await.expect("written in the end");
    assert_eq!(database.lost_rows(), 0);
}

#[tokio::test]
async fn a_long_curve_is_whole_and_thinned_out() {
    let (_folder, database) = opened().await;
    let store = database.of(&conference());
    let points = 3 * MAX_CURVE_POINTS / 2;
    for index in 0..points {
        let mut one = point("a", NOW_S + 10 * index);
        one.ten.worst = if index == points / 2 { Quality::Lost } else { Quality::Good };
        store.point(one);
        if index.is_multiple_of(1_000) {
            store.flush().await;
        }
    }
    store.flush().await;

    let curve = store.curve(&SiteSlug("a".to_owned()), 0, u32::MAX).await.unwrap();

    assert!(curve.at.len() <= MAX_CURVE_POINTS as usize, "{}", curve.at.len());
    assert_eq!(curve.at.first(), Some(&NOW_S));
    assert!(*curve.at.last().unwrap() >= NOW_S + 10 * (points - 2), "to its end");
    assert_eq!(curve.quality.iter().filter(|quality| **quality == 3).count(), 1, "the worst of them is kept");
    assert!(curve.rtt_ms.iter().all(|rtt| *rtt == Some(20.0)));
}

#[tokio::test]
async fn the_log_goes_on_after_a_restart_and_knows_its_starts() {
    let (folder, database) = opened().await;
    let store = database.of(&conference());
    for entry in 1..=5 {
        let what = match entry {
            1 | 4 => HealthChange::Started,
            _ => HealthChange::Verdict { site: SiteSlug("a".to_owned()), quality: None, reason: None },
        };
        store.entry(HealthEntry { entry, at: BEGAN_MS + 1_000 * entry, what });
    }
    database.close().await;

    let store = HealthDatabase::open(folder.path()).await.unwrap().of(&conference());

    assert_eq!(store.told(u64::MAX).await.unwrap().entry, 5);
    let starts = [(999, 0), (1_000, 1), (3_999, 1), (4_000, 4), (1_000_000, 4)];
    for (at, start) in starts {
        assert_eq!(store.start_before(BEGAN_MS + at).await.unwrap(), start, "{at}");
    }
    let numbers = |entries: Vec<HealthEntry>| entries.into_iter().map(|entry| entry.entry).collect::<Vec<_>>();
    assert_eq!(numbers(store.log(None, 2).await.unwrap()), [5, 4]);
    assert_eq!(numbers(store.log(Some(4), 2).await.unwrap()), [3, 2]);
    assert_eq!(numbers(store.log_after(2, 10).await.unwrap()), [3, 4, 5]);
}

#[tokio::test]
async fn what_is_older_than_ninety_days_is_forgotten() {
    let (_folder, database) = opened().await;
    let store = database.of(&conference());
    let day = 24 * 60 * 60;
    for days in [91, 89] {
        store.point(point("a", NOW_S - days * day));
        let at = u64::from(NOW_S - days * day) * 1_000;
        store.entry(HealthEntry { entry: u64::from(100 - days), at, what: HealthChange::Started });
    }
    store.flush().await;

    writer::forget_old(&database.pool, u64::from(NOW_S) * 1_000).await.unwrap();

    let points = store.points(0, u32::MAX, &Page::default()).await.unwrap();
    assert_eq!(points.iter().map(|point| point.second).collect::<Vec<_>>(), [i64::from(NOW_S - 89 * day)]);
    assert_eq!(store.log(None, 10).await.unwrap().iter().map(|entry| entry.entry).collect::<Vec<_>>(), [11]);
}

fn run(number: u64, sites: &[(&str, Option<&str>)]) -> wire::CheckRun {
    let check = |by: Option<&str>| wire::SiteCheck {
        state: wire::CheckState::Done,
        started_at: number,
        ended_at: Some(number + 1),
        by: by.map(str::to_owned),
        report: None,
    };
    wire::CheckRun {
        number,
        conference: conference(),
        started_at: number,
        ended_at: Some(number + 1),
        sites: sites.iter().map(|(site, by)| (SiteSlug((*site).to_owned()), check(*by))).collect(),
    }
}

#[tokio::test]
async fn sites_that_check_themselves_push_no_rehearsal_out() {
    let (_folder, database) = opened().await;
    let store = database.of(&conference());
    store.check(run(1, &[("cao-bang", Some("lan")), ("ca-mau", Some("lan"))]));
    store.check(run(2, &[("cao-bang", Some("lan"))]));
    for number in 3..40 {
        store.check(run(number, &[(if number % 2 == 0 { "cao-bang" } else { "ca-mau" }, None)]));
    }
    store.flush().await;

    let kept = store.checks(2).await.unwrap();
    let told: Vec<_> =
        kept.iter().map(|check| (check.number, check.own.as_ref().map(|site| site.0.as_str()))).collect();
    assert_eq!(told, [(39, Some("ca-mau")), (38, Some("cao-bang")), (2, None), (1, None)]);
    assert_eq!(store.last_check().await.unwrap(), 39);
    for number in [1, 2, 20, 39] {
        let signed = store.signed_check(number).await.unwrap().expect("it is kept");
        assert!(signed.report.contains(&format!("\"number\":{number},")), "{}", signed.report);
    }
    assert!(store.signed_check(3).await.unwrap().is_none(), "of each site the last ten");
}
