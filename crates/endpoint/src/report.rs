//! What an endpoint observed, as JSON lines, and a summary of it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde::Serialize;

/// Changes of source kept per endpoint in the summary: ten takes of four slots, several times over.
const MAX_SOURCES_KEPT: usize = 400;

/// Wall clock, ms since the Unix epoch: all endpoints and the server of one machine share it.
pub fn unix_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

/// Wall clock, µs since the Unix epoch.
pub fn unix_micros() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as u64)
}

/// One observation. The line in the report has also `site` (slug, once the server has said it), `name`, `index`,
/// `at_ms` (Unix time) and `mono_ms` (since the process began).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Observation {
    /// The server welcomed the endpoint.
    Welcomed {
        /// This start of the server.
        instance: String,
        /// Which welcome of this endpoint it is, from 1.
        times: u32,
    },
    /// The control connection ended, or could not be made.
    ControlLost {
        /// Why.
        reason: String,
    },
    /// The peer connection's state changed.
    Media {
        /// Generation of the offer.
        generation: u32,
        /// State, as WebRTC names it, or `rebuilding`.
        state: String,
        /// Why, when rebuilding.
        reason: Option<String>,
    },
    /// The first whole frame of another source in a video slot.
    Source {
        /// Slot, for example `program/0`.
        slot: String,
        /// Site index of the marker.
        marker_site: u16,
        /// The site that was there before.
        before: Option<u16>,
        /// Frame number of the marker.
        frame: u32,
        /// Sender's clock when the frame was drawn, from the SEI; none if the picture was decoded.
        captured_ms: Option<u64>,
        /// True if the marker was read from decoded pixels.
        decoded: bool,
    },
    /// No frame came in a video slot that had a source.
    Freeze {
        /// Slot.
        slot: String,
        /// How long, ms: from the last frame to the next.
        ms: u64,
    },
    /// Another set of sites is heard in an audio slot; empty: silence.
    Tones {
        /// Slot.
        slot: String,
        /// Site indices, loudest first.
        sites: Vec<u16>,
        /// Mean level, dBFS.
        level_dbfs: f32,
    },
    /// Sound packets were missing.
    SoundGap {
        /// Slot.
        slot: String,
        /// How long, ms.
        ms: u64,
    },
    /// The new picture of a take was seen, and the server was told.
    Shown {
        /// The take.
        take: u64,
        /// From the `cut` message to the frame, ms; 0 if the frame was there first.
        elapsed_ms: u32,
    },
    /// The server asked for other layers.
    Uplink {
        /// RIDs that are sent now.
        layers: Vec<&'static str>,
    },
    /// The relay asked for a keyframe.
    KeyframeAsked {
        /// RID.
        layer: &'static str,
    },
}

#[derive(Serialize)]
struct Line<'a> {
    site: &'a str,
    name: &'a str,
    index: u16,
    at_ms: u64,
    mono_ms: u64,
    #[serde(flatten)]
    observation: &'a Observation,
}

/// Totals of one endpoint.
#[derive(Debug, Clone, Default, Serialize)]
pub struct EndpointSummary {
    /// Slug of the site; empty until the server has said it.
    pub site: String,
    /// Name.
    pub name: String,
    /// Site index.
    pub index: u16,
    /// True if it decodes pictures.
    pub decoding: bool,
    /// True while the control connection stands.
    pub control: bool,
    /// True while the peer connection stands.
    pub media: bool,
    /// Welcomes.
    pub welcomes: u32,
    /// Offers made.
    pub offers: u32,
    /// Video slots.
    pub video: BTreeMap<String, VideoSummary>,
    /// Audio slots.
    pub audio: BTreeMap<String, AudioSummary>,
    /// Latest changes of source, oldest first.
    pub sources: Vec<SourceChange>,
}

/// Totals of a video slot.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct VideoSummary {
    /// Whole frames.
    pub frames: u64,
    /// Frames that were damaged or not decodable.
    pub damaged: u64,
    /// Pauses longer than the freeze bound.
    pub freezes: u32,
    /// Longest pause between frames of a source, ms.
    pub longest_gap_ms: u64,
    /// Site index in the latest frame.
    pub marker_site: Option<u16>,
    /// When the latest whole frame came.
    pub last_frame_ms: u64,
}

/// Totals of an audio slot.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct AudioSummary {
    /// Packets.
    pub packets: u64,
    /// Packets missing from the sequence.
    pub lost: u64,
    /// Sites that are heard.
    pub sites: Vec<u16>,
    /// Every site that was ever heard here.
    pub ever: std::collections::BTreeSet<u16>,
    /// Mean level of the latest window, dBFS.
    pub level_dbfs: f32,
}

/// The first frame of a source.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SourceChange {
    /// Slot.
    pub slot: String,
    /// Site index.
    pub marker_site: u16,
    /// Unix time, ms.
    pub at_ms: u64,
}

#[derive(Serialize)]
struct Summary<'a> {
    at_ms: u64,
    endpoints: Vec<&'a EndpointSummary>,
}

/// Where lines go.
enum Output {
    Stdout,
    File(BufWriter<File>),
    Nowhere,
}

/// Collects the reports of all endpoints of a process.
#[derive(Clone)]
pub struct Reports {
    shared: Arc<Shared>,
}

struct Shared {
    began: Instant,
    summary_path: Option<PathBuf>,
    inner: Mutex<Inner>,
}

struct Inner {
    output: Output,
    endpoints: BTreeMap<u16, EndpointSummary>,
}

impl Reports {
    /// Lines to standard output, no summary file.
    pub fn to_stdout() -> Self {
        Self::new(Output::Stdout, None)
    }

    /// Nothing is written.
    pub fn to_nowhere() -> Self {
        Self::new(Output::Nowhere, None)
    }

    /// Lines to `path`, a summary to `path` + `.summary.json` whenever [`Reports::write_summary`] is called.
    pub fn to_file(path: &Path) -> io::Result<Self> {
        let mut summary = path.as_os_str().to_owned();
        summary.push(".summary.json");
        Ok(Self::new(Output::File(BufWriter::new(File::create(path)?)), Some(summary.into())))
    }

    fn new(output: Output, summary_path: Option<PathBuf>) -> Self {
        let inner = Mutex::new(Inner { output, endpoints: BTreeMap::new() });
        Self { shared: Arc::new(Shared { began: Instant::now(), summary_path, inner }) }
    }

    /// The report of one endpoint.
    pub fn of_site(&self, index: u16, name: &str, decoding: bool) -> Report {
        let summary = EndpointSummary { name: name.to_owned(), index, decoding, ..EndpointSummary::default() };
        self.lock().endpoints.insert(index, summary);
        Report { reports: self.clone(), index, name: name.into() }
    }

    /// Writes the summary file, whole, under another name first.
    pub fn write_summary(&self) -> io::Result<()> {
        let mut inner = self.lock();
        if let Output::File(file) = &mut inner.output {
            file.flush()?;
        }
        let Some(path) = &self.shared.summary_path else { return Ok(()) };
        let body = serde_json::to_vec(&Summary { at_ms: unix_ms(), endpoints: inner.endpoints.values().collect() })?;
        drop(inner);
        let mut fresh = path.as_os_str().to_owned();
        fresh.push(".new");
        std::fs::write(&fresh, body)?;
        std::fs::rename(fresh, path)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        // A panic while holding it leaves totals that are at worst one short.
        self.shared.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The report of one endpoint; clones share it.
#[derive(Clone)]
pub struct Report {
    reports: Reports,
    index: u16,
    name: Arc<str>,
}

impl Report {
    /// Writes a line.
    pub fn observe(&self, observation: &Observation) {
        let at_ms = unix_ms();
        let mono_ms = self.reports.shared.began.elapsed().as_millis() as u64;
        let mut inner = self.reports.lock();
        let site = inner.endpoints.get(&self.index).map_or("", |summary| summary.site.as_str());
        let line = Line { site, name: &self.name, index: self.index, at_ms, mono_ms, observation };
        let Ok(mut text) = serde_json::to_vec(&line) else { return };
        text.push(b'\n');
        // A full disk must not end the media: the line is lost, the summary says what happened.
        let _lost = match &mut inner.output {
            Output::Stdout => io::stdout().lock().write_all(&text),
            Output::File(file) => file.write_all(&text).and_then(|()| file.flush()),
            Output::Nowhere => Ok(()),
        };
        if let Observation::Source { slot, marker_site, .. } = observation
            && let Some(summary) = inner.endpoints.get_mut(&self.index)
        {
            if summary.sources.len() == MAX_SOURCES_KEPT {
                summary.sources.remove(0);
            }
            summary.sources.push(SourceChange { slot: slot.clone(), marker_site: *marker_site, at_ms });
        }
    }

    /// Changes the totals.
    pub fn update(&self, change: impl FnOnce(&mut EndpointSummary)) {
        if let Some(summary) = self.reports.lock().endpoints.get_mut(&self.index) {
            change(summary);
        }
    }

    /// The totals now.
    pub fn summary(&self) -> EndpointSummary {
        self.reports.lock().endpoints.get(&self.index).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_summary_say_which_site_saw_what() {
        let path = std::env::temp_dir().join(format!("endpoint-report-{}.jsonl", std::process::id()));
        let reports = Reports::to_file(&path).unwrap();
        let report = reports.of_site(4, "Cao Bằng", false);

        report.update(|summary| summary.site = "cao-bang".into());
        report.observe(&Observation::Source {
            slot: "program/0".into(),
            marker_site: 7,
            before: Some(0),
            frame: 9,
            captured_ms: Some(1),
            decoded: false,
        });
        report.update(|summary| summary.offers = 2);
        reports.write_summary().unwrap();

        let line: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!((line["event"].as_str(), line["name"].as_str()), (Some("source"), Some("Cao Bằng")));
        assert_eq!((line["site"].as_str(), line["index"].as_u64()), (Some("cao-bang"), Some(4)));
        assert_eq!((line["slot"].as_str(), line["marker_site"].as_u64()), (Some("program/0"), Some(7)));
        assert!(line["at_ms"].as_u64().unwrap() > 1_700_000_000_000);
        let summary_path = format!("{}.summary.json", path.display());
        let summary: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(&summary_path).unwrap()).unwrap();
        assert_eq!(summary["endpoints"][0]["offers"], 2);
        assert_eq!(summary["endpoints"][0]["sources"][0]["marker_site"], 7);
        std::fs::remove_file(path).unwrap();
        std::fs::remove_file(summary_path).unwrap();
    }
}
