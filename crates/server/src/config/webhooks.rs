//! Receivers of webhooks.

use std::path::Path;

use super::section::Section;
use crate::webhooks::{MIN_SECRET_BYTES, Secret, WebhookConfig};

/// Receivers: each has a queue and sends of its own.
const MAX_RECEIVERS: usize = 8;

/// Reads the tables `[[webhooks]]`.
pub(super) fn read(root: &Section<'_>, folder: &Path) -> Vec<WebhookConfig> {
    let sections = root.sections("webhooks");
    if sections.len() > MAX_RECEIVERS {
        root.problem(root.place_of("webhooks"), format!("at most {MAX_RECEIVERS} receivers of webhooks"));
    }
    sections.into_iter().filter_map(|section| receiver(section, folder)).collect()
}

fn receiver(section: Section<'_>, folder: &Path) -> Option<WebhookConfig> {
    let url = section.required("url");
    if let Some(url) = url.as_ref().filter(|url| !is_url(url)) {
        section.problem(section.place_of("url"), format!("{url:?} is no address: write https://host/path"));
    }
    let secret = section.required("secret_file").and_then(|file| secret(&section, &folder.join(file)));
    section.finish();
    Some(WebhookConfig { url: url.filter(|url| is_url(url))?, secret: secret? })
}

fn is_url(url: &str) -> bool {
    url.parse::<axum::http::Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("https" | "http")) && uri.host().is_some_and(|host| !host.is_empty())
    })
}

fn secret(section: &Section<'_>, file: &Path) -> Option<Secret> {
    let place = section.place_of("secret_file");
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => {
            section.problem(place, format!("`webhooks.secret_file` {}: {error}", file.display()));
            return None;
        }
    };
    let secret = Secret::read(&text);
    if secret.is_none() {
        let what = format!(
            "`webhooks.secret_file` {} must hold whsec_ and Base64 of at least {MIN_SECRET_BYTES} random bytes",
            file.display()
        );
        section.problem(place, what);
    }
    secret
}
