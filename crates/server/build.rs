//! Makes sure that the folder of the built pages exists.
//!
//! `rust-embed` finds out where the folder really is while this crate is compiled. Where it is missing then, a development
//! build would not find pages that are built later.

use std::path::Path;

fn main() -> std::io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    std::fs::create_dir_all(Path::new("../../web/dist"))
}
