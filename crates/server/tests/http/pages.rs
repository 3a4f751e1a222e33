//! Pages, health, metrics, the description of the API, and the files of a start.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::Value;
use server::announce::{ADDRESSES_FILE, DEMO_LINKS_FILE, announce};
use wire::Role;

use crate::world::{Credential, World, assert_problem};

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_tells_browsers_to_load_nothing_from_elsewhere() {
    let world = World::start(true).await;
    for path in ["/console", "/site", "/screen", "/sign-in", "/healthz", "/nothing-here", "/api/v1/me"] {
        let answer = world.get(path, &Credential::Nobody).await;
        let policy = answer.header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'") && policy.contains("script-src 'self' 'sha256-"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("http") && !policy.contains('*'), "{path}: {policy}");
        assert!(!policy.contains("script-src 'self' 'unsafe") && !policy.contains("'unsafe-eval'"), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        let permissions = answer.header("permissions-policy");
        assert!(permissions.contains("camera=(self)") && !permissions.contains("speaker"), "{path}: {permissions}");
        assert!(!answer.header("x-request-id").is_empty());
    }
    let root = world.get("/", &Credential::Nobody).await;
    assert_eq!((root.status, root.header("location")), (StatusCode::SEE_OTHER, "/console"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_there_or_say_how_to_build_them() {
    let world = World::start(true).await;
    for page in server::assets::PAGES {
        let answer = world.get(&format!("/{page}"), &Credential::Nobody).await;
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
        match answer.status {
            StatusCode::OK => assert_eq!(answer.header("cache-control"), "no-cache"),
            StatusCode::SERVICE_UNAVAILABLE => {
                assert!(String::from_utf8(answer.body).unwrap().contains("npm run build"));
            }
            other => panic!("{page}: {other}"),
        }
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_travel_compressed_and_what_the_api_says_does_not() {
    let world = World::start(true).await;
    let ask = |path: &str| Request::get(path).header("accept-encoding", "gzip, br").body(Body::empty()).unwrap();
    let api = world.send(ask("/api/v1/openapi.json")).await;
    assert_eq!((api.status, api.header("content-encoding")), (StatusCode::OK, ""));
    let plain = world.get("/sw.js", &Credential::Nobody).await;
    if plain.status == StatusCode::NOT_FOUND {
        // Without the pages' build there is nothing to compress; `cargo xtask test` builds them before.
        return;
    }

    let packed = world.send(ask("/sw.js")).await;

    assert_eq!((packed.status, packed.header("content-encoding")), (StatusCode::OK, "gzip"));
    assert!(packed.body.len() * 2 < plain.body.len(), "{} of {} bytes", packed.body.len(), plain.body.len());
    let again = Request::get("/sw.js").header("if-none-match", packed.header("etag")).body(Body::empty()).unwrap();
    assert_eq!(world.send(again).await.status, StatusCode::NOT_MODIFIED);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_outside_the_build_is_served() {
    let world = World::start(true).await;
    for path in [
        "/../Cargo.toml",
        "/assets/../../package.json",
        "/%2e%2e/package.json",
        "/assets/%2e%2e/%2e%2e/package.json",
        "//etc/passwd",
        "/.hidden",
        "/..%5cpackage.json",
        "/api/v1/nothing",
    ] {
        assert_problem(&world.get(path, &Credential::Nobody).await, StatusCode::NOT_FOUND);
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health_is_open_and_metrics_are_not() {
    let world = World::start(true).await;
    assert_eq!(world.get("/healthz", &Credential::Nobody).await.body, b"ok\n");
    assert_eq!(world.get("/readyz", &Credential::Nobody).await.status, StatusCode::OK);
    // Without a socket the sender is not on this machine.
    assert_problem(&world.get("/metrics", &Credential::Nobody).await, StatusCode::UNAUTHORIZED);

    let technician = world.operator("ky-thuat", Role::Technician).await;
    let text = String::from_utf8(world.get("/metrics", &technician).await.body).unwrap();

    for name in [
        "dienhong_sockets{conference=\"bau-cu-2021\"} 0",
        "dienhong_journal_writable{conference=\"bau-cu-2021\"} 1",
        "dienhong_relay_running{conference=\"bau-cu-2021\"} 1",
        "dienhong_journal_append_seconds_count 1",
        "dienhong_commands_total{conference=\"bau-cu-2021\",outcome=\"accepted\"} 0",
        "# TYPE dienhong_take_seconds histogram",
        "# TYPE dienhong_relay_packets counter",
        "# EOF",
    ] {
        assert!(text.contains(name), "{name} is not in\n{text}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_is_described() {
    let world = World::start(true).await;
    let description = world.get("/api/v1/openapi.json", &Credential::Nobody).await.json();
    assert_eq!(description["openapi"], "3.1.0");
    let paths = description["paths"].as_object().unwrap();
    for path in ["/api/v1/sign-in", "/api/v1/conferences/{id}/commands", "/api/v1/conferences/{id}/links"] {
        assert!(paths.contains_key(path), "{path}");
    }
    assert_eq!(description, serde_json::to_value(server::http::openapi()).unwrap());
    assert_eq!(world.get("/api/docs/", &Credential::Nobody).await.status, StatusCode::OK);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demonstration_prints_and_writes_its_links() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::start(true).await;

    let text = announce(&world.server, world.data.path()).await;

    let read = |name: &str| -> Value {
        let path = world.data.path().join(name);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    };
    let addresses = read(ADDRESSES_FILE);
    let port = world.server.addresses().http.port();
    assert_ne!(port, 0);
    assert_eq!(addresses["http"], format!("http://localhost:{port}"));
    assert_eq!(addresses["media"][0], world.server.addresses().media[0].to_string());
    let links = read(DEMO_LINKS_FILE);
    let links = links.as_array().unwrap();
    assert_eq!(links.len(), 64 * 3);
    let hall = links.iter().find(|link| link["index"] == 0).unwrap();
    assert_eq!((hall["site"].as_str(), hall["name"].as_str()), (Some("dien-hong"), Some("Hội trường Diên Hồng")));
    assert!(text.contains(addresses["sign_in"].as_str().unwrap()), "{text}");
    assert_eq!(text.matches("/join/").count(), 3, "{text}");
    for name in ["Join Cao Bằng", "Join Hà Nội", "Screen Cao Bằng"] {
        assert!(text.contains(name), "{text}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_end_of_the_log_is_in_the_metrics_of_every_later_start() {
    let data = World::start(true).await.stop().await;
    let pool = journal::open_pool(&data.path().join("journal.db"), 1).await.unwrap();
    let last = "DELETE FROM event WHERE seq = (SELECT max(seq) FROM event)";
    assert_eq!(sqlx::query(last).execute(&pool).await.unwrap().rows_affected(), 1);
    pool.close().await;

    let mut data = data;
    for start in 1..=3 {
        let world = World::start_in(data, true).await;
        let technician = world.operator("ky-thuat", Role::Technician).await;
        let text = String::from_utf8(world.get("/metrics", &technician).await.body).unwrap();
        assert!(text.contains("dienhong_journal_findings 1\n"), "start {start}: {text}");
        data = world.stop().await;
    }
    journal::acknowledge(&data.path().join("journal.db")).await.unwrap();
    let world = World::start_in(data, true).await;
    let technician = world.operator("ky-thuat", Role::Technician).await;
    let text = String::from_utf8(world.get("/metrics", &technician).await.body).unwrap();
    assert!(text.contains("dienhong_journal_findings 0\n"), "{text}");
    world.stop().await;
}
