//! `dienhong verify-log` and `dienhong acknowledge-findings`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::ensure;
use clap::Args;
use server::access::{ACCESS_FILE, Access, AuditEntry, system_clock};
use server::start::JOURNAL_FILE;

use crate::say;

/// Which log.
#[derive(Args)]
pub(crate) struct VerifyLogArgs {
    /// The server's data folder; the server must not be running
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

/// Changes nothing.
pub(crate) async fn run(arguments: VerifyLogArgs) -> anyhow::Result<ExitCode> {
    let inspected = journal::inspect(&journal_of(&arguments.data)?).await?;
    for (stream, head) in &inspected.streams {
        say(&format!("{stream}: {head} events"));
    }
    for finding in &inspected.findings {
        say(&format!("NOT WHOLE: {finding}"));
    }
    if inspected.findings.is_empty() {
        say("The log is whole.");
        Ok(ExitCode::SUCCESS)
    } else {
        say("Findings stay until `dienhong acknowledge-findings` is called.");
        Ok(ExitCode::FAILURE)
    }
}

/// Takes note of what was found; the audit says so.
pub(crate) async fn acknowledge(arguments: VerifyLogArgs) -> anyhow::Result<ExitCode> {
    let findings = journal::acknowledge(&journal_of(&arguments.data)?).await?;
    for finding in &findings {
        say(&format!("Acknowledged: {finding}"));
    }
    if findings.is_empty() {
        say("Nothing is to be acknowledged.");
    } else if arguments.data.join(ACCESS_FILE).exists() {
        let access = Access::open(&arguments.data, system_clock()).await?;
        for finding in findings {
            access.audit(AuditEntry {
                who: "command line".to_owned(),
                what: format!("acknowledge: {finding}"),
                reason: "done".to_owned(),
                address: None,
            });
        }
        access.close().await;
    }
    Ok(ExitCode::SUCCESS)
}

fn journal_of(data: &Path) -> anyhow::Result<PathBuf> {
    let file = data.join(JOURNAL_FILE);
    ensure!(file.exists(), "{} is not there: is {} a data folder?", file.display(), data.display());
    Ok(file)
}
