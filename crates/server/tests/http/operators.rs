//! Operators sign in and out, by password and by link.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, COOKIE};
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode};
use serde_json::json;
use server::access::{ATTEMPT_BURST, Access, COOKIE_NAME, SIGN_IN_LIFETIME};
use server::http::{Scheme, router};
use wire::Role;

use crate::world::{Credential, World, assert_problem, send_to};

#[tokio::test(flavor = "multi_thread")]
async fn the_first_start_makes_passwords_once_and_they_work() {
    let world = World::start(false).await;
    let made = world.server.new_passwords().to_vec();
    assert_eq!(made.iter().map(|made| made.name.as_str()).collect::<Vec<_>>(), ["assistant", "lead"]);
    assert!(world.server.sign_in_link().is_none());
    let lead = made.iter().find(|made| made.name == "lead").unwrap();
    let right = json!({ "name": "lead", "password": lead.password });

    let answer = world.post("/api/v1/sign-in", &right, &Credential::Nobody).await;

    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.json(), json!({ "name": "lead", "role": "lead", "conferences": ["bau-cu-2021"] }));
    let set = answer.header("set-cookie");
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Strict") && set.contains("Path=/"), "{set}");
    let cookie = Credential::Cookie(answer.cookie());
    assert_eq!(world.get("/api/v1/me", &cookie).await.json()["name"], "lead");

    // The next start makes none, and neither sign-in nor password is lost.
    let data = world.stop().await;
    let world = World::start_in(data, false).await;
    assert!(world.server.new_passwords().is_empty());
    assert_eq!(world.get("/api/v1/me", &cookie).await.status, StatusCode::OK);

    assert_eq!(world.post("/api/v1/sign-out", &json!({}), &cookie).await.status, StatusCode::NO_CONTENT);
    assert_problem(&world.get("/api/v1/me", &cookie).await, StatusCode::UNAUTHORIZED);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_is_slowed_down_where_it_comes_from_and_locks_nobody_out_elsewhere() {
    let world = World::start(false).await;
    let made = world.server.new_passwords().to_vec();
    let lead = &made.iter().find(|made| made.name == "lead").unwrap().password;
    let (guesser, control_room) = ([203, 0, 113, 7], [203, 0, 113, 8]);
    for _ in 0..ATTEMPT_BURST {
        assert_problem(&world.sign_in_from(guesser, "lead", "guess-guess-guess").await, StatusCode::UNAUTHORIZED);
    }

    let there = world.sign_in_from(guesser, "lead", lead).await;
    let here = world.sign_in_from(control_room, "lead", lead).await;

    assert_problem(&there, StatusCode::TOO_MANY_REQUESTS);
    assert!(there.header("retry-after").parse::<u64>().unwrap() <= 11);
    assert_eq!(here.status, StatusCode::OK, "a stranger cannot keep the lead out");
    assert!(world.audit().await.iter().any(|row| row.who == "lead" && row.what == "sign in"));
    let long = world.sign_in_from(control_room, &"x".repeat(10_000), "guess-guess-guess").await;
    assert_problem(&long, StatusCode::UNAUTHORIZED);
    assert!(world.audit().await.iter().all(|row| row.who.len() <= 64));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_one_time_link_is_used_once_and_only_by_post() {
    let world = World::start(true).await;
    let token = world.server.sign_in_link().unwrap().reveal().to_owned();
    // Opening the page, as a preview of a chat program would, uses nothing up.
    world.get("/sign-in", &Credential::Nobody).await;
    let get = world.get(&format!("/api/v1/sign-in/link?token={token}"), &Credential::Nobody).await;
    assert_problem(&get, StatusCode::METHOD_NOT_ALLOWED);
    let body = json!({ "token": token });

    let first = world.post("/api/v1/sign-in/link", &body, &Credential::Nobody).await;
    let second = world.post("/api/v1/sign-in/link", &body, &Credential::Nobody).await;

    assert_eq!(first.status, StatusCode::OK);
    assert_eq!(first.json()["role"], "lead");
    assert_problem(&second, StatusCode::UNAUTHORIZED);
    let data = world.stop().await;
    let world = World::start_in(data, true).await;
    assert_problem(&world.post("/api/v1/sign-in/link", &body, &Credential::Nobody).await, StatusCode::UNAUTHORIZED);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_https_the_cookie_is_for_https_alone() {
    let world = World::start(true).await;
    let token = world.server.sign_in_link().unwrap().reveal();
    let secure = router(world.server.app().clone(), Scheme::Https);
    let request = Request::post("/api/v1/sign-in/link")
        .header(CONTENT_TYPE, "application/json")
        .body(Body::from(json!({ "token": token }).to_string()))
        .unwrap();

    let answer = send_to(secure.clone(), request).await;

    let set = answer.header("set-cookie");
    assert!(set.starts_with("__Host-dienhong_sign_in=") && set.ends_with("; Secure"), "{set}");
    let me = Request::get("/api/v1/me").header(COOKIE, format!("{COOKIE_NAME}=old; {}", answer.cookie()));
    let me = send_to(secure, me.body(Body::empty()).unwrap()).await;
    assert_eq!(me.status, StatusCode::OK, "an old cookie of plain HTTP does not hide it");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_makes_and_removes_operators() {
    let world = World::start(true).await;
    let lead = world.operator("lead", Role::Lead).await;
    let body = json!({ "name": "chủ tọa", "role": "chair", "password": null });

    let made = world.post("/api/v1/operators", &body, &lead).await;

    assert_eq!(made.status, StatusCode::CREATED);
    let password = made.json()["password"].as_str().unwrap().to_owned();
    let right = json!({ "name": "chủ tọa", "password": password });
    let chair = world.post("/api/v1/sign-in", &right, &Credential::Nobody).await;
    assert_eq!(chair.json()["role"], "chair");
    let chair = Credential::Cookie(chair.cookie());
    assert_problem(&world.post("/api/v1/operators", &body, &lead).await, StatusCode::CONFLICT);
    for bad in [
        json!({ "name": "", "role": "chair", "password": null }),
        json!({ "name": "a", "role": "site", "password": null }),
        json!({ "name": "a", "role": "chair", "password": "short" }),
        json!({ "name": "a", "role": "emperor", "password": null }),
    ] {
        assert_problem(&world.post("/api/v1/operators", &bad, &lead).await, StatusCode::BAD_REQUEST);
    }

    let gone = world.delete("/api/v1/operators/ch%E1%BB%A7%20t%E1%BB%8Da", &lead).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_problem(&world.get("/api/v1/me", &chair).await, StatusCode::UNAUTHORIZED);
    assert_problem(&world.delete("/api/v1/operators/lead", &lead).await, StatusCode::CONFLICT);
    assert_problem(&world.delete("/api/v1/operators/nobody", &lead).await, StatusCode::NOT_FOUND);
    world.stop().await;
}

#[tokio::test]
async fn a_sign_in_lasts_while_it_is_used() {
    let data = tempfile::tempdir().unwrap();
    let time = Arc::new(AtomicU64::new(1_000_000));
    let clock = Arc::clone(&time);
    let access = Access::open(data.path(), Arc::new(move || clock.load(Ordering::SeqCst))).await.unwrap();
    access.ensure_operator("lead", Role::Lead).await.unwrap();
    let link = access.create_sign_in_link("lead");
    let signed_in = access.sign_in_by_link(link.reveal(), None).await.unwrap();
    let mut headers = HeaderMap::new();
    let cookie = format!("{COOKIE_NAME}={}", signed_in.cookie.reveal());
    headers.insert(COOKIE, HeaderValue::from_str(&cookie).unwrap());
    let most = u64::try_from(SIGN_IN_LIFETIME.as_millis()).unwrap() - 1;

    for _ in 0..3 {
        time.fetch_add(most, Ordering::SeqCst);
        assert!(access.operator_from_headers(&headers).await.is_some());
        // The new end is written in the background; a read of the audit waits for it.
        access.audit_rows(None, 1).await.unwrap();
    }
    time.fetch_add(most + 2, Ordering::SeqCst);
    assert!(access.operator_from_headers(&headers).await.is_none());
}
