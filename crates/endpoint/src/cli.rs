//! The commands `dienhong endpoint` and `dienhong simulate`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use tokio::task::JoinSet;
use wire::SiteSlug;

use crate::card_files;
use crate::control::ServerAddress;
use crate::fault::{self, Fault, PlantedFault};
use crate::links::{self, SiteLink};
use crate::marker::MAX_SITE;
use crate::report::Reports;
use crate::site::{self, SiteConfig};
use crate::speech::Seed;
use crate::test_card::Detail;
use crate::tone::tone_hz;
use crate::workshop::Workshop;

/// Tones that one endpoint tells apart when it does not know the conference: hall and 63 sites, and as many again.
const DEFAULT_TONES: u16 = 128;
/// Summaries are written this often.
const SUMMARY_EVERY: Duration = Duration::from_secs(2);
/// Files of the server are looked for this often.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Sites of one process join this far apart, so that two cores share 63 handshakes evenly.
const JOIN_SPREAD: Duration = Duration::from_millis(15);

/// One headless site.
#[derive(Debug, Clone, Args)]
pub struct EndpointArgs {
    /// The server, for example http://127.0.0.1:8080.
    #[arg(long)]
    pub server: String,
    /// Token of the site's join link.
    #[arg(long)]
    pub token: String,
    /// Index of the site in the conference (0: the hall); it decides colour, marker and tone.
    #[arg(long)]
    pub site_index: u16,
    /// Name to draw.
    #[arg(long)]
    pub name: String,
    /// Decode the received pictures and all sound.
    #[arg(long)]
    pub decode: bool,
    /// Send pictures that need a camera's bitrate instead of a calm test card.
    #[arg(long)]
    pub busy: bool,
    /// Flash and beep at one instant, every 1.28 s, for measuring how well lips are kept.
    #[arg(long)]
    pub clapper: bool,
    /// Speak in syllables and pauses instead of a steady tone. The seed (1 if none is given) decides which.
    #[arg(
        long, value_name = "SEED", num_args = 0..=1, require_equals = true, default_missing_value = "1",
        conflicts_with = "clapper"
    )]
    pub speech: Option<Seed>,
    /// Put the camera or the microphone out of order. The server is not told: it is in the picture or the sound alone.
    #[arg(long, value_enum, value_name = "KIND")]
    pub fault: Option<Fault>,
    /// Write observations as JSON lines here (and totals beside it) instead of to standard output.
    #[arg(long)]
    pub report: Option<PathBuf>,
}

/// Many headless sites in one process.
#[derive(Debug, Clone, Args)]
pub struct SimulateArgs {
    /// The server, for example http://127.0.0.1:8080.
    #[arg(long, required_unless_present = "data")]
    pub server: Option<String>,
    /// Join links as a demonstration server writes them; waited for if they are not there yet.
    #[arg(long, required_unless_present = "data")]
    pub links: Option<PathBuf>,
    /// Data folder of a demonstration server: address and links are found there, the hall is simulated too, and the
    /// report goes to a file beside them.
    #[arg(long, conflicts_with_all = ["server", "links"])]
    pub data: Option<PathBuf>,
    /// How many sites, besides the hall.
    #[arg(long, default_value_t = 63)]
    pub sites: usize,
    /// Simulate the hall too.
    #[arg(long)]
    pub hall: bool,
    /// Leave this site out (its slug), because somebody else joins as it. May be given several times.
    #[arg(long)]
    pub except: Vec<String>,
    /// How many of them decode pictures; the others read the marker beside the picture.
    #[arg(long, default_value_t = 2)]
    pub decode: usize,
    /// Send pictures that need a camera's bitrate instead of a calm test card.
    #[arg(long)]
    pub busy: bool,
    /// Speak in syllables and pauses instead of steady tones. The seed (1 if none is given) decides which; each site says
    /// something else.
    #[arg(long, value_name = "SEED", num_args = 0..=1, require_equals = true, default_missing_value = "1")]
    pub speech: Option<Seed>,
    /// Put the camera or the microphone of a site (its slug) out of order: silent-microphone, clipping, black, frozen or
    /// echo. The server is not told: it is in the picture or the sound alone. May be given several times, for several sites.
    #[arg(long, value_name = "SITE=KIND", value_parser = PlantedFault::parse)]
    pub fault: Vec<PlantedFault>,
    /// Write observations as JSON lines here (and totals beside it) instead of to standard output.
    #[arg(long)]
    pub report: Option<PathBuf>,
}

/// Written by a server into its data folder.
const ADDRESSES_FILE: &str = "addresses.json";
/// Written by a demonstration server into its data folder.
const LINKS_FILE: &str = "demo-links.json";
/// Report of a demonstration.
const REPORT_FILE: &str = "simulated-sites.jsonl";

/// Test cards as files, for browsers' fake cameras and microphones.
#[derive(Debug, Clone, Args)]
pub struct TestCardArgs {
    /// Index of the site in the conference (0: the hall).
    #[arg(long)]
    pub site_index: u16,
    /// Name to draw.
    #[arg(long)]
    pub name: String,
    /// Where the picture is written (YUV4MPEG2).
    #[arg(long)]
    pub y4m: PathBuf,
    /// Where the sound is written (WAV).
    #[arg(long)]
    pub wav: PathBuf,
    /// Width, pixels.
    #[arg(long, default_value_t = 1280)]
    pub width: usize,
    /// Height, pixels.
    #[arg(long, default_value_t = 720)]
    pub height: usize,
    /// Frames a second.
    #[arg(long, default_value_t = 15)]
    pub fps: u32,
    /// Length, seconds; players loop it.
    #[arg(long, default_value_t = 4)]
    pub seconds: u32,
}

/// Writes the picture and the sound of a site's test card.
pub fn write_test_card(args: &TestCardArgs) -> anyhow::Result<()> {
    anyhow::ensure!(args.site_index <= MAX_SITE, "a site index is at most {MAX_SITE}");
    let TestCardArgs { site_index, name, seconds, width, height, fps, .. } = args;
    card_files::write_y4m(&args.y4m, *site_index, name, *seconds, *width, *height, *fps)
        .with_context(|| args.y4m.display().to_string())?;
    card_files::write_wav(&args.wav, tone_hz(*site_index), *seconds).with_context(|| args.wav.display().to_string())
}

/// Runs one site until Ctrl-C or SIGTERM.
pub async fn run_endpoint(args: EndpointArgs) -> anyhow::Result<()> {
    anyhow::ensure!(args.site_index <= MAX_SITE, "a site index is at most {MAX_SITE}");
    let reports = reports(args.report.as_deref())?;
    let config = SiteConfig {
        server: ServerAddress::parse(&args.server)?,
        token: args.token,
        index: args.site_index,
        name: args.name,
        decode: args.decode,
        detail: detail(args.busy),
        clapper: args.clapper,
        speech: args.speech,
        fault: args.fault,
        tones: DEFAULT_TONES.max(args.site_index + 1),
        workshop: workshop()?,
        check: None,
    };
    let mut sites = JoinSet::new();
    sites.spawn(site::run(config.clone(), reports.of_site(config.index, &config.name, config.decode)));
    until_stopped(&reports).await
}

/// Runs many sites until Ctrl-C or SIGTERM.
pub async fn run_simulate(args: SimulateArgs) -> anyhow::Result<()> {
    let in_data = |name: &str| args.data.as_ref().map(|data| data.join(name));
    let links = args.links.clone().or_else(|| in_data(LINKS_FILE)).context("--links or --data is needed")?;
    let hall = args.hall || args.data.is_some();
    let reports = reports(args.report.clone().or_else(|| in_data(REPORT_FILE)).as_deref())?;
    let workshop = workshop()?;
    let mut sites = JoinSet::new();
    let starting = async {
        let chosen = links::choose(wait_for(|| links::read(&links)).await, args.sites, hall, &args.except);
        let server = match &args.server {
            Some(server) => ServerAddress::parse(server)?,
            None => {
                let addresses = in_data(ADDRESSES_FILE).context("--server or --data is needed")?;
                wait_for(|| links::read_address(&addresses)).await
            }
        };
        let cast = Cast {
            server,
            detail: detail(args.busy),
            speech: args.speech,
            faults: fault::by_site(&args.fault, &chosen)?,
            decode: args.decode,
            workshop,
        };
        tracing::info!(sites = chosen.len(), server = ?cast.server, "joining");
        start_sites(&mut sites, &cast, &chosen, &reports).await;
        std::future::pending::<anyhow::Result<()>>().await
    };
    tokio::select! {
        stopped = until_stopped(&reports) => stopped,
        failed = starting => failed,
    }
}

/// What the sites of one process share, and what tells them apart but their links.
struct Cast {
    server: ServerAddress,
    detail: Detail,
    speech: Option<Seed>,
    faults: BTreeMap<SiteSlug, Fault>,
    /// How many of the first decode pictures.
    decode: usize,
    workshop: Workshop,
}

async fn start_sites(
    sites: &mut JoinSet<std::convert::Infallible>,
    cast: &Cast,
    chosen: &[SiteLink],
    reports: &Reports,
) {
    let tones = chosen.iter().map(|link| link.index + 1).max().unwrap_or(1);
    for (place, link) in chosen.iter().enumerate() {
        let Some(token) = link.token() else { continue };
        let decode = place < cast.decode;
        let config = SiteConfig {
            server: cast.server.clone(),
            token: token.to_owned(),
            index: link.index,
            name: link.name.clone(),
            detail: cast.detail,
            clapper: false,
            speech: cast.speech,
            fault: cast.faults.get(&link.site).copied(),
            decode,
            tones,
            workshop: cast.workshop.clone(),
            check: None,
        };
        sites.spawn(site::run(config, reports.of_site(link.index, &link.name, decode)));
        tokio::time::sleep(JOIN_SPREAD).await;
    }
}

fn workshop() -> anyhow::Result<Workshop> {
    Workshop::new().context("starting the encoders")
}

fn detail(busy: bool) -> Detail {
    if busy { Detail::Busy } else { Detail::Calm }
}

fn reports(path: Option<&Path>) -> anyhow::Result<Reports> {
    match path {
        Some(path) => Reports::to_file(path).with_context(|| format!("creating {}", path.display())),
        None => Ok(Reports::to_stdout()),
    }
}

/// Tries until a file is there and whole: the server may still be starting, or writing it.
async fn wait_for<T, F>(mut read: impl FnMut() -> F) -> T
where
    F: Future<Output = anyhow::Result<T>>,
{
    let mut told = false;
    loop {
        match read().await {
            Ok(value) => return value,
            Err(error) if !told => {
                told = true;
                tracing::info!(error = format!("{error:#}"), "waiting for the server");
            }
            Err(_again) => {}
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Writes summaries until the process is asked to stop, and a last one then.
async fn until_stopped(reports: &Reports) -> anyhow::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    let mut summaries = tokio::time::interval(SUMMARY_EVERY);
    loop {
        tokio::select! {
            _ = summaries.tick() => reports.write_summary().context("writing the summary")?,
            interrupted = tokio::signal::ctrl_c() => {
                interrupted?;
                break;
            }
            _ = terminate.recv() => break,
        }
    }
    reports.write_summary().context("writing the summary")
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    enum Program {
        Endpoint(EndpointArgs),
        Simulate(SimulateArgs),
    }

    fn parsed(line: &str) -> Result<Program, String> {
        Program::try_parse_from(line.split_whitespace()).map_err(|error| error.to_string())
    }

    const ENDPOINT: &str = "x endpoint --server http://a --token t --site-index 3 --name B";

    fn endpoint(options: &str) -> EndpointArgs {
        match parsed(&format!("{ENDPOINT} {options}")).unwrap() {
            Program::Endpoint(args) => args,
            Program::Simulate(args) => panic!("{args:?}"),
        }
    }

    #[test]
    fn a_seed_of_speech_may_be_left_out() {
        assert_eq!(endpoint("").speech, None);
        assert_eq!(endpoint("--speech --decode").speech, Some(Seed(1)));
        assert_eq!(endpoint("--speech=7").speech, Some(Seed(7)));
        assert!(parsed(&format!("{ENDPOINT} --speech --clapper")).unwrap_err().contains("cannot be used with"));
    }

    #[test]
    fn faults_are_planted_by_name() {
        assert_eq!(endpoint("--fault silent-microphone").fault, Some(Fault::SilentMicrophone));
        let Program::Simulate(args) = parsed("x simulate --data d --speech --fault a=black --fault b=echo").unwrap()
        else {
            panic!()
        };
        assert_eq!(args.fault.iter().map(|planted| planted.fault).collect::<Vec<_>>(), [Fault::Black, Fault::Echo]);
    }

    #[test]
    fn an_unknown_fault_is_refused_with_those_that_there_are() {
        for line in [&format!("{ENDPOINT} --fault deaf"), "x simulate --data d --fault a=deaf"] {
            let told = parsed(line).unwrap_err();
            assert!(
                told.contains("deaf") && told.contains("silent-microphone, clipping, black, frozen, echo"),
                "{told}"
            );
        }
    }
}
