//! Join links: the same until revoked, and nothing after.

use axum::http::StatusCode;
use serde_json::json;
use server::access::{Revocation, TokenError};
use wire::{EndpointRole, Role};

use crate::world::{CONFERENCE, Credential, World, assert_problem};

#[tokio::test(flavor = "multi_thread")]
async fn a_link_opens_the_page_of_its_endpoint() {
    let world = World::start(true).await;
    for (endpoint, page) in
        [(EndpointRole::Main, "/site"), (EndpointRole::Backup, "/site"), (EndpointRole::Screen, "/screen")]
    {
        let token = world.token("cao-bang", endpoint).await;
        let answer = world.get(&format!("/join/{token}"), &Credential::Nobody).await;
        assert_eq!(answer.header("cache-control"), "no-store");
        if answer.status == StatusCode::SERVICE_UNAVAILABLE {
            // Without the pages' build there is nothing to open; `cargo xtask test` builds them before.
            continue;
        }
        assert_eq!((answer.status, answer.header("content-location")), (StatusCode::OK, page));
        let text = String::from_utf8(answer.body).unwrap();
        assert!(text.contains("content=\"{&quot;codec&quot;:&quot;h264&quot;,&quot;lines&quot;:[{"), "{text}");
        assert!(!text.contains(&token), "a page is kept by whoever sees it; the token stays in its address");
    }

    let unknown = world.get("/join/abc", &Credential::Nobody).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert!(String::from_utf8(unknown.body).unwrap().contains("Đường dẫn tham gia không đúng"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn links_stay_the_same_after_a_restart_and_their_use_is_recorded() {
    let world = World::start(true).await;
    let token = world.token("ha-noi", EndpointRole::Main).await;
    world.get(&format!("/join/{token}"), &Credential::Nobody).await;

    let data = world.stop().await;
    let world = World::start_in(data, true).await;

    assert_eq!(world.token("ha-noi", EndpointRole::Main).await, token);
    let operator = world.operator("tro-ly", Role::Assistant).await;
    let links = world.get(&format!("/api/v1/conferences/{CONFERENCE}/links"), &operator).await.json();
    let links = links.as_array().unwrap();
    assert_eq!(links.len(), 64 * 3);
    let link = links.iter().find(|link| link["path"] == format!("/join/{token}")).unwrap();
    assert_eq!((link["site"].as_str(), link["endpoint"].as_str()), (Some("ha-noi"), Some("main")));
    assert!(link["last_used_at"].as_u64().unwrap() > 0);
    assert_eq!(links.iter().filter(|link| !link["last_used_at"].is_null()).count(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_link_opens_nothing_and_its_sockets_are_told() {
    let world = World::start(true).await;
    let lead = world.operator("lead", Role::Lead).await;
    let access = world.server.app().access.clone();
    let mut revocations = access.revocations();
    let old = world.token("cao-bang", EndpointRole::Main).await;
    let id = access.join(&old).await.unwrap().token_id;
    let path = format!("/api/v1/conferences/{CONFERENCE}/links/cao-bang/main/revoke");

    let assistant = world.operator("tro-ly", Role::Assistant).await;
    assert_problem(&world.post(&path, &json!({ "reissue": true }), &assistant).await, StatusCode::FORBIDDEN);
    let answer = world.post(&path, &json!({ "reissue": true }), &lead).await;

    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(revocations.recv().await.unwrap(), Revocation::Token(id));
    assert!(matches!(access.join(&old).await, Err(TokenError::Revoked)));
    let gone = world.get(&format!("/join/{old}"), &Credential::Nobody).await;
    assert_eq!(gone.status, StatusCode::GONE);
    let as_site = world.command(&json!({ "type": "request_floor", "kind": "request" }), &Credential::Token(old)).await;
    assert_problem(&as_site, StatusCode::UNAUTHORIZED);
    let fresh = answer.json()["path"].as_str().unwrap().to_owned();
    let opened = world.get(&fresh, &Credential::Nobody).await.status;
    assert!(matches!(opened, StatusCode::OK | StatusCode::SERVICE_UNAVAILABLE), "{opened}");

    // Revoked for good, it does not come back by a restart, but by a lead.
    assert_eq!(world.post(&path, &json!({ "reissue": false }), &lead).await.json()["path"], json!(null));
    let data = world.stop().await;
    let world = World::start_in(data, true).await;
    let tokens = world.server.app().access.tokens(&wire::ConferenceId(CONFERENCE.to_owned())).await.unwrap();
    let valid = tokens.iter().filter(|token| token.site.0 == "cao-bang" && !token.revoked).count();
    assert_eq!(valid, 2, "backup and screen");
    let lead = world.operator("lead", Role::Lead).await;
    let again = world.post(&path, &json!({ "reissue": true }), &lead).await;
    assert!(again.json()["path"].as_str().unwrap().starts_with("/join/"));
    let nowhere = format!("/api/v1/conferences/{CONFERENCE}/links/nowhere/main/revoke");
    assert_problem(&world.post(&nowhere, &json!({ "reissue": true }), &lead).await, StatusCode::NOT_FOUND);
    world.stop().await;
}
