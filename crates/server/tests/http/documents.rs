//! Documents of the agenda: who uploads and reads them, and what is no document.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::json;
use server::documents::{DOCUMENTS_FOLDER, MAX_DOCUMENT_BYTES};
use wire::{EndpointRole, Role};

use crate::world::{Answer, CONFERENCE, Credential, World, assert_problem, known};

const PDF: &[u8] = b"%PDF-1.7\nxin chao";

fn path(rest: &str) -> String {
    format!("/api/v1/conferences/{CONFERENCE}/documents{rest}")
}

async fn upload(world: &World, name: &str, content: impl Into<Body>, by: &Credential) -> Answer {
    let name: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
    world.send(known(Request::post(path(&format!("?name={name}"))), by).body(content.into()).unwrap()).await
}

/// Files below the folder of documents.
fn files(world: &World) -> usize {
    let folder = world.data.path().join(DOCUMENTS_FOLDER);
    let folders = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    folders.map(|folder| std::fs::read_dir(folder).unwrap().count()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_read_as_it_was_uploaded_also_after_a_restart() {
    let world = World::start(true).await;
    let assistant = world.operator("minh", Role::Assistant).await;

    let answer = upload(&world, "Báo cáo số 2.pdf", PDF, &assistant).await;

    assert_eq!(answer.status, StatusCode::CREATED, "{}", String::from_utf8_lossy(&answer.body));
    let document = answer.json();
    assert_eq!((&document["name"], &document["bytes"]), (&json!("Báo cáo số 2.pdf"), &json!(PDF.len())));
    let id = document["id"].as_str().unwrap().to_owned();
    let world = World::start_in(world.stop().await, true).await;
    let assistant = world.operator("minh", Role::Assistant).await;
    let read = world.get(&path(&format!("/{id}")), &assistant).await;
    assert_eq!((read.status, read.body.as_slice()), (StatusCode::OK, PDF));
    assert_eq!(read.header("content-type"), "application/pdf");
    assert!(read.header("content-disposition").starts_with("attachment; "), "{}", read.header("content-disposition"));
    assert_eq!(read.header("x-content-type-options"), "nosniff");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_plans_uploads_and_strangers_read_nothing() {
    let world = World::start(true).await;
    let site = world.site("cao-bang", EndpointRole::Main).await;
    let lead = world.operator("lan", Role::Lead).await;
    for role in [Role::Chair, Role::Technician] {
        let operator = world.operator(&format!("{role:?}"), role).await;
        assert_problem(&upload(&world, "a.pdf", PDF, &operator).await, StatusCode::FORBIDDEN);
    }
    assert_problem(&upload(&world, "a.pdf", PDF, &site).await, StatusCode::FORBIDDEN);
    assert_problem(&upload(&world, "a.pdf", PDF, &Credential::Nobody).await, StatusCode::UNAUTHORIZED);
    assert_eq!(files(&world), 0);

    let secretary = world.operator("thu-ky", Role::Secretary).await;
    assert_eq!(upload(&world, "b.pdf", PDF, &secretary).await.status, StatusCode::CREATED);
    let document = upload(&world, "a.pdf", PDF, &lead).await.json();
    let place = path(&format!("/{}", document["id"].as_str().unwrap()));

    assert_problem(&world.get(&place, &Credential::Nobody).await, StatusCode::UNAUTHORIZED);
    // No item names it yet.
    assert_problem(&world.get(&place, &site).await, StatusCode::NOT_FOUND);
    assert_eq!(world.get(&place, &lead).await.status, StatusCode::OK);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_document_is_refused_and_leaves_nothing_behind() {
    let world = World::start(true).await;
    let lead = world.operator("lan", Role::Lead).await;
    let large = || vec![b'x'; usize::try_from(MAX_DOCUMENT_BYTES).unwrap() + 1];
    let mut large_pdf = large();
    large_pdf[..5].copy_from_slice(b"%PDF-");
    let refused: [(&str, Vec<u8>, StatusCode); 9] = [
        ("trang.html", b"<html>".to_vec(), StatusCode::UNPROCESSABLE_ENTITY),
        ("chay.exe", b"MZ".to_vec(), StatusCode::UNPROCESSABLE_ENTITY),
        ("khong-duoi", PDF.to_vec(), StatusCode::UNPROCESSABLE_ENTITY),
        ("gia.pdf", b"<html>".to_vec(), StatusCode::UNPROCESSABLE_ENTITY),
        ("gia.docx", PDF.to_vec(), StatusCode::UNPROCESSABLE_ENTITY),
        ("rong.pdf", Vec::new(), StatusCode::UNPROCESSABLE_ENTITY),
        ("lon.pdf", large_pdf, StatusCode::PAYLOAD_TOO_LARGE),
        ("../../etc/passwd.pdf", PDF.to_vec(), StatusCode::BAD_REQUEST),
        ("a\nb.pdf", PDF.to_vec(), StatusCode::BAD_REQUEST),
    ];
    for (name, content, status) in refused {
        let answer = upload(&world, name, content, &lead).await;
        assert_problem(&answer, status);
    }
    // A length that is claimed is believed before anything is read.
    let claimed = known(Request::post(path("?name=a.pdf")), &lead).header("content-length", MAX_DOCUMENT_BYTES + 1);
    assert_problem(&world.send(claimed.body(Body::from(PDF)).unwrap()).await, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(files(&world), 0);
    // The bound of other requests does not hold here, and that of documents holds nowhere else.
    let mut fits = vec![b' '; 5 * 1024 * 1024];
    fits[..5].copy_from_slice(b"%PDF-");
    assert_eq!(upload(&world, "vua.pdf", fits, &lead).await.status, StatusCode::CREATED);
    let body = Body::from(vec![b' '; 2 * 1024 * 1024]);
    let request = known(Request::post("/api/v1/sign-in"), &lead).header("content-type", "application/json");
    assert_eq!(world.send(request.body(body).unwrap()).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_climbs_is_no_document() {
    let world = World::start(true).await;
    let lead = world.operator("lan", Role::Lead).await;
    upload(&world, "a.pdf", PDF, &lead).await;

    for id in ["..%2F..%2Faccess.db", "%2e%2e%2faccess.db", "access.db", "a", "..", "0198%00"] {
        let answer = world.get(&path(&format!("/{id}")), &lead).await;
        assert!(answer.status.is_client_error(), "{id}: {}", answer.status);
        assert!(!answer.body.starts_with(b"SQLite"), "{id}");
    }
    let unknown = path("/01890000-0000-7000-8000-000000000000");
    assert_problem(&world.get(&unknown, &lead).await, StatusCode::NOT_FOUND);
    world.stop().await;
}
