//! Line checks by HTTP: which sites are meant, and who may fill lines.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::Response;
use serde_json::json;
use server::http::{MAX_TRANSFER_BYTES, Scheme, router};
use tower::ServiceExt as _;
use wire::{EndpointRole, Role};

use crate::world::{CONFERENCE, Credential, World, assert_problem, known};

/// Asks for bytes and reads none of them.
async fn download(world: &World, by: &Credential) -> Response {
    let path = format!("/api/v1/line/down?bytes={MAX_TRANSFER_BYTES}");
    let request = known(Request::get(path), by).body(Body::empty()).unwrap();
    router(world.server.app().clone(), Scheme::Http).oneshot(request).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_has_two_transfers_at_once_and_keeps_no_other_from_its_own() {
    let world = World::start(true).await;
    let main = world.site("ca-mau", EndpointRole::Main).await;
    let backup = world.site("ca-mau", EndpointRole::Backup).await;
    let other = world.site("cao-bang", EndpointRole::Main).await;

    let (first, second) = (download(&world, &main).await, download(&world, &backup).await);
    assert_eq!((first.status(), second.status()), (StatusCode::OK, StatusCode::OK));
    let down = format!("/api/v1/line/down?bytes={MAX_TRANSFER_BYTES}");
    for by in [&main, &backup] {
        let refused = world.get(&down, by).await;
        assert_problem(&refused, StatusCode::SERVICE_UNAVAILABLE);
        assert!(refused.json()["detail"].as_str().unwrap().contains("at most 2 transfers"), "{}", refused.json());
        assert_problem(&world.post("/api/v1/line/up", &json!({}), by).await, StatusCode::SERVICE_UNAVAILABLE);
    }
    assert_eq!(world.get("/api/v1/line/down?bytes=1000", &other).await.body.len(), 1_000);

    drop(first);
    assert_eq!(world.get(&down, &main).await.body.len(), MAX_TRANSFER_BYTES);
    assert_eq!(world.post("/api/v1/line/up", &json!({}), &main).await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.get(&down, &main).await.status, StatusCode::OK, "what came to its end holds no place");
    drop(second);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_with_unknown_sites_begins_nothing_and_names_them() {
    let world = World::start(true).await;
    let technician = world.operator("ky-thuat", Role::Technician).await;
    let checks = format!("/api/v1/conferences/{CONFERENCE}/line-checks");

    for sites in [json!(["ca-mau", "nope"]), json!(["nope"])] {
        let refused = world.post(&checks, &json!({ "sites": sites }), &technician).await;
        assert_problem(&refused, StatusCode::NOT_FOUND);
        let detail = refused.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains("nope") && !detail.contains("ca-mau"), "{detail}");
    }
    let health = world.get(&format!("/api/v1/conferences/{CONFERENCE}/health"), &technician).await.json();
    assert!(health["check"].is_null(), "{health}");

    let begun = world.post(&checks, &json!({ "sites": ["ca-mau", "cao-bang"] }), &technician).await;
    assert_eq!(begun.status, StatusCode::ACCEPTED, "{}", String::from_utf8_lossy(&begun.body));
}
