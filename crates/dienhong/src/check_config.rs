//! `dienhong check-config`: are the files right? It looks into no log, so it does not say whether a conference that was opened still
//! listens to them.

use std::path::Path;
use std::process::ExitCode;

use server::config::{ServerConfig, variables};

use crate::say;

pub(crate) fn run(file: &Path) -> anyhow::Result<ExitCode> {
    match ServerConfig::load(file, &variables()) {
        Ok(config) => {
            for conference in &config.conferences {
                let setup = &conference.setup;
                let (sites, items) = (setup.sites.len(), setup.agenda.len());
                say(&format!("{}: {sites} sites with the hall, {items} items of the agenda", setup.id));
            }
            say(&format!("{}: right", file.display()));
            Ok(ExitCode::SUCCESS)
        }
        Err(problems) => {
            say(&problems.to_string());
            Ok(ExitCode::FAILURE)
        }
    }
}
