//! Writes the seeds into `seeds/TARGET/`, after a change of a target's steps. Files that are there besides stay.

use std::{fs, io, path::Path};

fn main() -> io::Result<()> {
    for seed in fuzz::seeds() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(seed.target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(seed.name), seed.bytes)?;
    }
    Ok(())
}
