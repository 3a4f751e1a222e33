//! `dienhong reset-password`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use clap::Args;
use server::access::{ACCESS_FILE, Access, system_clock};

use crate::say;

/// Whose password, and where.
#[derive(Args)]
pub(crate) struct ResetPasswordArgs {
    /// Name of the operator
    name: String,
    /// The server's data folder; the server may be running
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

pub(crate) async fn run(arguments: ResetPasswordArgs) -> anyhow::Result<ExitCode> {
    let file = arguments.data.join(ACCESS_FILE);
    ensure!(file.exists(), "{} is not there: is {} a data folder?", file.display(), arguments.data.display());
    let access = Access::open(&arguments.data, system_clock()).await?;
    let password = access.reset_password(&arguments.name).await.with_context(|| arguments.name.clone())?;
    access.close().await;
    say(&format!("New password of {}: {password}", arguments.name));
    say("All sign-ins of this person have ended; pages that are open stay until they reconnect.");
    Ok(ExitCode::SUCCESS)
}
