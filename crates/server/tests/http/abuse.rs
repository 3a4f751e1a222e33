//! What does not fit is refused clearly, and the server goes on.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, COOKIE, HOST, ORIGIN};
use axum::http::{Request, StatusCode};
use serde_json::json;
use server::http::MAX_COMMAND_BYTES;
use wire::{EndpointRole, Role};

use crate::world::{CONFERENCE, Credential, World, assert_problem, known};

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_do_not_fit_are_problems_and_nothing_stops() {
    let world = World::start(true).await;
    let site = world.site("cao-bang", EndpointRole::Main).await;
    let path = format!("/api/v1/conferences/{CONFERENCE}/commands");
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    let large = "x".repeat(MAX_COMMAND_BYTES + 1);
    let cases: [(&str, Vec<u8>, StatusCode); 8] = [
        ("application/json", b"{".to_vec(), StatusCode::BAD_REQUEST),
        ("application/json", Vec::new(), StatusCode::BAD_REQUEST),
        ("application/json", vec![0xff, 0xfe, 0x00], StatusCode::BAD_REQUEST),
        ("application/json", deep.into_bytes(), StatusCode::BAD_REQUEST),
        ("application/json", br#"{"command":{"type":"fly"}}"#.to_vec(), StatusCode::BAD_REQUEST),
        ("application/json", br#"{"command":{"type":"undo"},"extra":1}"#.to_vec(), StatusCode::BAD_REQUEST),
        ("application/json", large.into_bytes(), StatusCode::PAYLOAD_TOO_LARGE),
        ("text/plain", br#"{"command":{"type":"undo"}}"#.to_vec(), StatusCode::UNSUPPORTED_MEDIA_TYPE),
    ];
    for (kind, body, status) in cases {
        let request = known(Request::post(&path), &site).header(CONTENT_TYPE, kind).body(Body::from(body)).unwrap();
        assert_problem(&world.send(request).await, status);
    }

    let message = json!({ "type": "send_message", "to": [], "text": "<script>alert(1)</script>" });
    assert_eq!(world.command(&message, &site).await.status, StatusCode::OK);
    let long = json!({ "type": "send_message", "to": [], "text": "x".repeat(wire::MAX_TEXT_CHARS + 1) });
    let refused = world.command(&long, &site).await;
    assert_problem(&refused, StatusCode::CONFLICT);
    assert_eq!(refused.json()["refusal"]["code"], "bad_text");
    assert_eq!(world.get("/readyz", &Credential::Nobody).await.status, StatusCode::OK);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_page_cannot_act() {
    let world = World::start(true).await;
    let Credential::Cookie(cookie) = world.operator("thu-ky", Role::Secretary).await else { unreachable!() };
    let command = json!({ "command": { "type": "mark_presence", "site": "ha-noi", "present": true, "reason": "" } });
    let ask = |origin: &str| {
        Request::post(format!("/api/v1/conferences/{CONFERENCE}/commands"))
            .header(HOST, "localhost:8080")
            .header(ORIGIN, origin)
            .header(COOKIE, &cookie)
            .header(CONTENT_TYPE, "application/json")
            .body(Body::from(command.to_string()))
            .unwrap()
    };

    for foreign in ["https://evil.example", "null", "http://localhost:9090", "http://localhost:8080.evil.example"] {
        let answer = world.send(ask(foreign)).await;
        assert_problem(&answer, StatusCode::FORBIDDEN);
        assert_eq!(answer.json()["type"], "/problems/foreign-origin");
        assert!(world.audit().await[0].reason.contains(foreign));
    }
    let socket = Request::get(wire::SOCKET_PATH)
        .header(HOST, "localhost:8080")
        .header(ORIGIN, "https://evil.example")
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
        .body(Body::empty())
        .unwrap();
    assert_problem(&world.send(socket).await, StatusCode::FORBIDDEN);

    assert_eq!(world.send(ask("http://localhost:8080")).await.status, StatusCode::OK);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_credentials_are_nobody() {
    let world = World::start(true).await;
    for by in [
        Credential::Token(String::new()),
        Credential::Token("x".repeat(8_000)),
        Credential::Token("' OR 1=1 --".to_owned()),
        Credential::Cookie("dienhong_sign_in=".to_owned()),
        Credential::Cookie("dienhong_sign_in=' OR 1=1 --; __Host-dienhong_sign_in=x; dienhong_sign_in=y".to_owned()),
    ] {
        let answer = world.get(&format!("/api/v1/conferences/{CONFERENCE}/state"), &by).await;
        assert_problem(&answer, StatusCode::UNAUTHORIZED);
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_is_read_by_a_lead_page_by_page() {
    let world = World::start(true).await;
    let lead = world.operator("lead", Role::Lead).await;
    let site = world.site("cao-bang", EndpointRole::Screen).await;
    for _ in 0..5 {
        world.command(&json!({ "type": "undo" }), &site).await;
    }

    let first = world.get("/api/v1/audit?limit=3", &lead).await.json();
    let last = first[2]["id"].as_i64().unwrap();
    let second = world.get(&format!("/api/v1/audit?limit=3&before={last}"), &lead).await.json();

    assert_eq!(first.as_array().unwrap().len(), 3);
    assert_eq!(second.as_array().unwrap().len(), 2);
    assert!(second[0]["id"].as_i64().unwrap() < last);
    assert_problem(&world.get("/api/v1/audit?limit=-1", &lead).await, StatusCode::BAD_REQUEST);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_of_the_path_that_do_not_fit_are_problems() {
    let world = World::start(true).await;
    let lead = world.operator("lead", Role::Lead).await;
    let revoke = format!("/api/v1/conferences/{CONFERENCE}/links/cao-bang/nonsense/revoke");
    assert_problem(&world.post(&revoke, &json!({ "reissue": true }), &lead).await, StatusCode::BAD_REQUEST);
    assert_problem(&world.get("/api/v1/conferences/%ff/state", &lead).await, StatusCode::BAD_REQUEST);
    world.stop().await;
}
