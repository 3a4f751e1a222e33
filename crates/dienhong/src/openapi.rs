//! `dienhong openapi`

use std::process::ExitCode;

use crate::say;

pub(crate) fn run() -> anyhow::Result<ExitCode> {
    say(&serde_json::to_string_pretty(&server::http::openapi())?);
    Ok(ExitCode::SUCCESS)
}
