//! `dienhong verify-log`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::ensure;
use clap::Args;
use journal::{Journal as _, SqliteJournal};
use server::start::JOURNAL_FILE;

use crate::say;

/// Which log.
#[derive(Args)]
pub(crate) struct VerifyLogArgs {
    /// The server's data folder; the server must not be running
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

pub(crate) async fn run(arguments: VerifyLogArgs) -> anyhow::Result<ExitCode> {
    let file = arguments.data.join(JOURNAL_FILE);
    ensure!(file.exists(), "{} is not there: is {} a data folder?", file.display(), arguments.data.display());
    let opened = SqliteJournal::open(&file).await?;
    let journal = opened.journal;
    // What the opening found is about the tail; both are reported, each finding once.
    let mut findings = opened.findings;
    findings.extend(journal.verify().await?);
    findings.sort();
    findings.dedup();
    for stream in journal.streams().await? {
        let head = journal.head(&stream).await?;
        say(&format!("{stream}: {} events", head.seq.0));
    }
    journal.close().await?;
    for finding in &findings {
        say(&format!("NOT WHOLE: {finding:?}"));
    }
    if findings.is_empty() {
        say("The log is whole.");
        Ok(ExitCode::SUCCESS)
    } else {
        Ok(ExitCode::FAILURE)
    }
}
