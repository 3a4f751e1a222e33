//! A process that dies in the middle, or whose disk takes no more: what it acknowledged is there, exactly once.
//!
//! The process is this test program again: it runs [`child`] alone, which does its work if a folder is named to it.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use journal::contract::event;
use journal::{Cause, Finding, Journal, JournalError, MAX_READ_EVENTS, Seq, SqliteJournal, StreamId};

const FOLDER: &str = "JOURNAL_CRASH_FOLDER";
const ABORT_AFTER_MS: &str = "JOURNAL_CRASH_AFTER_MS";
/// Events of each command of the child.
const BATCH: u64 = 3;

fn stream() -> StreamId {
    StreamId("bau-cu-2021".into())
}

/// Appends until it dies. Does nothing when it runs as one of the tests, without a folder.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    if let Ok(after) = std::env::var(ABORT_AFTER_MS) {
        let after = Duration::from_millis(after.parse().expect("a number"));
        std::thread::spawn(move || {
            std::thread::sleep(after);
            std::process::abort();
        });
    }
    let opened = SqliteJournal::open(&Path::new(&folder).join("journal.db")).await.expect("the journal opens");
    let mut out = std::io::stdout();
    writeln!(out, "findings {:?}", opened.findings).expect("the parent listens");
    let mut head = opened.journal.head(&stream()).await.expect("a head").seq;
    loop {
        let command = format!("after-{head}");
        let batch = vec![event(Some(&command), &"x".repeat(200)); BATCH as usize];
        match opened.journal.append(&stream(), head, batch).await {
            Ok(appended) => {
                head = appended.last;
                writeln!(out, "acknowledged {command}").expect("the parent listens");
            }
            Err(error) => {
                let readable = opened.journal.read(&stream(), Seq::START, 1).await.is_ok();
                writeln!(out, "refused {error:?} readable {readable}").expect("the parent listens");
                return;
            }
        }
    }
}

/// Runs [`child`] and answers with the lines it printed. `shell` runs before it in the same process.
fn run_child(folder: &Path, shell: &str, abort_after_ms: Option<u64>) -> Vec<String> {
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg(format!("{shell} exec \"$0\" --exact child --nocapture --test-threads 1"))
        .arg(std::env::current_exe().expect("this program has a path"))
        .env(FOLDER, folder)
        .stderr(Stdio::null());
    if let Some(after) = abort_after_ms {
        command.env(ABORT_AFTER_MS, after.to_string());
    }
    let output = command.output().expect("the child runs");
    String::from_utf8(output.stdout).expect("text").lines().map(str::to_owned).collect()
}

fn acknowledged(lines: &[String]) -> Vec<String> {
    lines.iter().filter_map(|line| line.split_once("acknowledged ")).map(|(_, command)| command.to_owned()).collect()
}

/// How many events each command has in the log; the log itself must be whole.
async fn commands_of_whole_log(folder: &Path) -> BTreeMap<String, u64> {
    let opened = SqliteJournal::open(&folder.join("journal.db")).await.expect("the journal opens");
    assert_eq!(opened.findings, []);
    assert_eq!(opened.journal.verify().await.expect("verified"), Vec::<Finding>::new());
    let mut commands = BTreeMap::new();
    let mut after = Seq::START;
    loop {
        let page = opened.journal.read(&stream(), after, MAX_READ_EVENTS).await.expect("read");
        let Some(last) = page.last() else { return commands };
        after = last.seq;
        for stored in page {
            *commands.entry(stored.event.command_id.expect("the child names its commands").0).or_default() += 1;
        }
    }
}

#[tokio::test]
async fn what_was_acknowledged_survives_each_abort_exactly_once() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut all = Vec::new();

    // Different moments of a commit, of the lazy mark and of the opening itself.
    for after in [30, 150, 277, 401, 555] {
        let lines = run_child(folder.path(), "", Some(after));
        assert!(!lines.iter().any(|line| line.contains("findings") && !line.contains("[]")), "{lines:?}");
        all.extend(acknowledged(&lines));
    }

    assert!(all.len() > 5, "the child was given time to work: {}", all.len());
    let commands = commands_of_whole_log(folder.path()).await;
    for command in &all {
        assert_eq!(commands.get(command), Some(&BATCH), "{command}");
    }
    assert!(commands.values().all(|events| *events == BATCH), "no batch is there in part");
    // At most the one under way at each abort was written and not acknowledged.
    assert!(commands.len() <= all.len() + 5, "{} written, {} acknowledged", commands.len(), all.len());
}

#[tokio::test]
async fn a_disk_that_takes_no_more_is_an_answer_and_loses_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");

    // No file may grow beyond 1,024 blocks; the write then fails instead of killing the process.
    let lines = run_child(folder.path(), "trap '' XFSZ; ulimit -f 1024;", None);

    let refused = JournalError::Unavailable { cause: Cause::Io };
    let last = format!("refused {refused:?} readable true");
    assert!(lines.iter().any(|line| line.contains(&last)), "{:?}", lines.iter().rev().take(8).collect::<Vec<_>>());
    let acknowledged = acknowledged(&lines);
    assert!(!acknowledged.is_empty());
    let commands = commands_of_whole_log(folder.path()).await;
    assert_eq!(commands.len(), acknowledged.len());
    assert!(acknowledged.iter().all(|command| commands.get(command) == Some(&BATCH)));
}
