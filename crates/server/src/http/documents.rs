//! Documents of the agenda: uploaded by those who plan, read by everybody who takes part.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _};
use serde::Deserialize;
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;
use wire::{ConferenceId, Document, Problem};

use super::audit;
use super::body::{Path, Query};
use super::conferences::conference;
use super::identity::{Caller, From, Planner};
use super::problem::ApiError;
use crate::app::App;
use crate::conference_task::ConferenceHandle;
use crate::documents::{DocumentError, DocumentId, MAX_DOCUMENT_BYTES};

/// Longest name of a file, in characters: what file systems take.
const MAX_NAME_CHARS: usize = 200;
/// The next piece of an upload comes within this time; whoever sends nothing holds no place.
const PIECE_WITHIN: Duration = Duration::from_secs(20);
/// A whole upload: 20 MiB at 300 kbit/s take nine minutes.
const UPLOAD_WITHIN: Duration = Duration::from_secs(10 * 60);
/// A document is read from the disk in pieces of this size.
const PIECE_BYTES: usize = 64 * 1024;
/// With letters and digits the bytes that RFC 8187 §3.2.1 leaves as they are; others are written as %XX.
const ATTR_CHARS: &[u8] = b"!#$&+-.^_`|~";

/// How it is called.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct UploadQuery {
    /// Name of the file; its end says what it is: pdf, docx, xlsx, pptx, odt, ods, odp, png, jpg, txt.
    name: String,
}

/// These take longer than other requests: large bodies over slow lines have bounds of their own.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(upload)).routes(routes!(download))
}

/// Uploads a document, at most 20 MiB, as the body of the request. For leads, assistants and the secretary.
///
/// It is there for sites once an item of the agenda names it (`SetAgenda`). There is no way to delete one: what no item names is
/// removed after a day.
#[utoipa::path(
    post, path = "/api/v1/conferences/{id}/documents", tag = "documents",
    params(("id" = String, Path, description = "Id of the conference"), UploadQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 201, body = Document),
        (status = 400, body = Problem, content_type = "application/problem+json", description = "The name does not fit"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 408, body = Problem, content_type = "application/problem+json", description = "It did not come in time"),
        (status = 413, body = Problem, content_type = "application/problem+json", description = "Too large"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "Not a kind that is taken, or not what its name says"),
        (status = 503, body = Problem, content_type = "application/problem+json", description = "No room, or too many uploads at the same time")
    ),
    security(("operator" = []))
)]
pub(super) async fn upload(
    State(app): State<App>,
    Planner(operator): Planner,
    From(address): From,
    Path(id): Path<ConferenceId>,
    Query(query): Query<UploadQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Document>), ApiError> {
    let id = conference(&app, &Caller::Operator(operator.clone()), &id, address)?.id().clone();
    check_name(&query.name)?;
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let stored = tokio::time::timeout(UPLOAD_WITHIN, store(&app, &id, &query.name, length, body)).await;
    let (document, bytes) = stored.unwrap_or(Err(ApiError::Late))?;
    let what = format!("upload document {document} {:?}, {bytes} bytes", query.name);
    audit::done(&app, operator.name, what, address);
    Ok((StatusCode::CREATED, Json(Document { id: document.to_string(), name: query.name, bytes })))
}

/// A document. Sites and screens read those that an item of the agenda names.
#[utoipa::path(
    get, path = "/api/v1/conferences/{id}/documents/{document}", tag = "documents",
    params(
        ("id" = String, Path, description = "Id of the conference"),
        ("document" = String, Path, description = "Id of the document")
    ),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/octet-stream", description = "The file, of its own media type"),
        (status = 404, body = Problem, content_type = "application/problem+json")
    ),
    security(("operator" = []), ("site" = []))
)]
pub(super) async fn download(
    State(app): State<App>,
    caller: Caller,
    From(address): From,
    Path((id, document)): Path<(ConferenceId, String)>,
) -> Result<Response, ApiError> {
    let conference = conference(&app, &caller, &id, address)?;
    let missing = || ApiError::NotFound("there is no such document".to_owned());
    let document = Uuid::try_parse(&document).map_err(|_| missing())?;
    let name = name_of(conference, document);
    if name.is_none() && matches!(caller, Caller::Endpoint(_)) {
        return Err(missing());
    }
    let stored = app.documents.find(conference.id(), document).ok_or_else(missing)?;
    let file = File::open(&stored.path).await.map_err(|error| ApiError::Fault(error.to_string()))?;
    let name = name.unwrap_or_else(|| format!("{document}.{}", stored.kind.extension()));
    let headers = [
        (CONTENT_TYPE, stored.kind.media_type().to_owned()),
        (CONTENT_LENGTH, stored.bytes.to_string()),
        (CONTENT_DISPOSITION, attachment(&name, stored.kind.extension())),
        (CACHE_CONTROL, "private, no-cache".to_owned()),
    ];
    Ok((headers, Body::from_stream(pieces(file))).into_response())
}

fn pieces(file: File) -> impl Stream<Item = std::io::Result<Bytes>> {
    futures_util::stream::try_unfold(file, |mut file| async move {
        let mut piece = BytesMut::with_capacity(PIECE_BYTES);
        let read = file.read_buf(&mut piece).await?;
        Ok((read > 0).then(|| (piece.freeze(), file)))
    })
}

async fn store(
    app: &App,
    id: &ConferenceId,
    name: &str,
    length: Option<u64>,
    body: Body,
) -> Result<(DocumentId, u64), ApiError> {
    let mut incoming = app.documents.begin(id, name, length).await?;
    let mut pieces = body.into_data_stream();
    loop {
        match tokio::time::timeout(PIECE_WITHIN, pieces.next()).await {
            Ok(Some(Ok(piece))) => incoming.write(&piece).await?,
            Ok(Some(Err(error))) => return Err(ApiError::BadRequest(format!("the upload broke off: {error}"))),
            Ok(None) => return Ok(incoming.finish().await?),
            Err(_elapsed) => return Err(ApiError::Late),
        }
    }
}

/// Documents that the items of a conference name.
pub(crate) fn named(conference: &ConferenceHandle) -> BTreeSet<DocumentId> {
    let setup = conference.setup();
    let documents = setup.agenda.iter().flat_map(|item| &item.documents);
    documents.filter_map(|document| Uuid::try_parse(&document.id).ok()).collect()
}

/// How an item names a document.
fn name_of(conference: &ConferenceHandle, id: DocumentId) -> Option<String> {
    let setup = conference.setup();
    let mut documents = setup.agenda.iter().flat_map(|item| &item.documents);
    documents
        .find(|document| Uuid::try_parse(&document.id).is_ok_and(|named| named == id))
        .map(|found| found.name.clone())
}

fn check_name(name: &str) -> Result<(), ApiError> {
    let fits = (1..=MAX_NAME_CHARS).contains(&name.chars().count()) && name.trim() == name;
    let plain = !name.chars().any(|char| conference::is_unreadable(char) || matches!(char, '/' | '\\'));
    if fits && plain {
        return Ok(());
    }
    let detail = format!("the name of a file has 1 to {MAX_NAME_CHARS} readable characters and no slash");
    Err(ApiError::BadRequest(detail))
}

/// RFC 6266 with a plain name for programs that do not know RFC 8187.
fn attachment(name: &str, extension: &str) -> String {
    let escaped: String = name
        .bytes()
        .map(|byte| match byte.is_ascii_alphanumeric() || ATTR_CHARS.contains(&byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect();
    format!("attachment; filename=\"document.{extension}\"; filename*=UTF-8''{escaped}")
}

impl std::convert::From<DocumentError> for ApiError {
    fn from(error: DocumentError) -> Self {
        match error {
            DocumentError::UnknownKind | DocumentError::WrongContent | DocumentError::Empty => {
                Self::Unprocessable(error.to_string())
            }
            DocumentError::TooLarge => Self::TooLarge(format!("a document has at most {MAX_DOCUMENT_BYTES} bytes")),
            DocumentError::Full | DocumentError::Busy => Self::Unavailable(error.to_string()),
            DocumentError::Disk(error) => Self::Fault(format!("a document: {error}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_attachment_is_escaped_whatever_it_holds() {
        let header = attachment("Báo cáo \"1\"; x=\r\n.pdf", "pdf");

        assert_eq!(
            header,
            "attachment; filename=\"document.pdf\"; filename*=UTF-8''B%C3%A1o%20c%C3%A1o%20%221%22%3B%20x%3D%0D%0A.pdf"
        );
        assert!(header.is_ascii());
    }

    #[test]
    fn a_name_is_no_path() {
        for name in ["", " a.pdf", "../a.pdf", "a\\b.pdf", "a\0.pdf", "a\u{202e}fdp.exe", "a\n.pdf"] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
        assert!(check_name("Báo cáo số 2 – Cao Bằng.pdf").is_ok());
    }
}
