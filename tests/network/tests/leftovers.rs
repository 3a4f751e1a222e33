//! What a killed star left behind is removed by the next one. A binary of its own: the tests of one process share its id.

// Helpers unwrap as the tests do.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use network_bed::Star;

fn namespaces() -> String {
    let listed = Command::new("ip").args(["netns", "list"]).output().unwrap();
    String::from_utf8_lossy(&listed.stdout).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_star_removes_what_a_killed_one_left() {
    let mut bed =
        Command::new(env!("CARGO_BIN_EXE_network-bed")).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    bed.stdin.as_mut().unwrap().write_all(b"{\"lines\": [\"a\"], \"seed\": 7}\n").unwrap();
    let mut ready = String::new();
    BufReader::new(bed.stdout.as_mut().unwrap()).read_line(&mut ready).unwrap();
    let owned = format!("dienhong-bed-{}-", bed.id());
    assert!(namespaces().contains(&owned), "{ready}");
    bed.kill().unwrap();
    bed.wait().unwrap();
    assert!(namespaces().contains(&owned), "a killed process cleans nothing up");

    let star = Star::new(&["a"], 7).unwrap();

    assert!(!namespaces().contains(&owned));
    assert!(namespaces().contains(star.server().name()));
}
