//! Reads one received track until it ends, and reports what flows in it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtp;
use tokio::sync::mpsc;
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};
use wire::{MediaKind, Slot, TakeId, VideoCodec};

use crate::echo::{Echo, Loudspeaker};
use crate::meter::Meter;
use crate::report::{Observation, Report};
use crate::slots::ReceivedLine;
use crate::watch::{AudioOutcome, AudioWatch, SILENT_AFTER, Seen, VideoOutcome, VideoWatch};

/// A pause between two frames that a viewer calls frozen; a slow layer comes every 160 ms.
const FREEZE: Duration = Duration::from_millis(500);

/// What every receiver of one peer connection shares.
#[derive(Clone)]
pub struct Receivers {
    /// Received lines by m-line index.
    pub lines: Arc<[Option<ReceivedLine>]>,
    /// Where observations go.
    pub report: Report,
    /// Counts and takes.
    pub meter: Arc<Meter>,
    /// Takes that were shown, with their time in ms.
    pub shown: mpsc::Sender<(TakeId, u32)>,
    /// Codec of the pictures; VP8 is counted and not judged.
    pub codec: VideoCodec,
    /// Decode pictures and listen always.
    pub decode: bool,
    /// Number of tones that may be heard.
    pub tones: u16,
    /// Where the programme is played, if the microphone hears it.
    pub echo: Option<Arc<Echo>>,
}

/// Serves a track from its first packet to its end.
pub async fn receive(track: Arc<dyn TrackRemote>, shared: Receivers) {
    let Some((line, ssrc)) = opened(&*track, &shared).await else { return };
    let served = match line.kind {
        MediaKind::Video => receive_video(&*track, &shared, &line, ssrc).await,
        MediaKind::Audio => receive_audio(&*track, &shared, &line).await,
    };
    if let Err(error) = served {
        tracing::error!(%error, slot = line.name, "a received track cannot be judged");
    }
}

/// Which line the track belongs to; its first event says so.
async fn opened(track: &dyn TrackRemote, shared: &Receivers) -> Option<(ReceivedLine, u32)> {
    loop {
        if let TrackRemoteEvent::OnOpen(init) = track.poll().await? {
            let index = usize::from(Wrapped(init.receiver_id));
            let line = shared.lines.get(index).cloned().flatten();
            if line.is_none() {
                tracing::warn!(index, "a track on a line that does not receive");
            }
            return Some((line?, init.ssrc));
        }
    }
}

/// Receivers are numbered as the transceivers were added, which is the order of the lines.
struct Wrapped(rtc::rtp_transceiver::RTCRtpReceiverId);

impl From<Wrapped> for usize {
    fn from(id: Wrapped) -> usize {
        rtc::rtp_transceiver::RTCRtpTransceiverId::from(id.0)
    }
}

async fn receive_video(
    track: &dyn TrackRemote,
    shared: &Receivers,
    line: &ReceivedLine,
    ssrc: u32,
) -> anyhow::Result<()> {
    let mut watch = VideoWatch::new(shared.decode)?;
    let mut outcomes = Vec::new();
    let mut lost = 0;
    while let Some(event) = track.poll().await {
        let TrackRemoteEvent::OnRtpPacket(rtp::Packet { header, payload }) = event else { continue };
        if payload.is_empty() {
            continue; // padding only
        }
        let now = Instant::now();
        shared.meter.packet(payload.len());
        if header.marker {
            frame_ended(shared, line, now, header.timestamp);
        }
        if shared.codec == VideoCodec::Vp8 {
            continue;
        }
        let packet = crate::assemble::VideoPacket {
            sequence: header.sequence_number,
            timestamp: header.timestamp,
            marker: header.marker,
            payload,
        };
        watch.packet(now, packet, &mut outcomes);
        if watch.lost() > lost {
            shared.meter.count(|counts| counts.lost += watch.lost() - lost);
            lost = watch.lost();
        }
        for outcome in outcomes.drain(..) {
            match outcome {
                VideoOutcome::Seen(seen) => saw(shared, line, now, seen),
                VideoOutcome::Damaged => shared.report.update(|summary| {
                    summary.video.entry(line.name.clone()).or_default().damaged += 1;
                }),
                VideoOutcome::AskKeyframe => {
                    let ask = PictureLossIndication { sender_ssrc: 0, media_ssrc: ssrc };
                    // A connection that is going away ends this track by itself.
                    if let Err(error) = track.write_rtcp(vec![Box::new(ask)]).await {
                        tracing::debug!(%error, "asking for a keyframe");
                    }
                }
            }
        }
    }
    Ok(())
}

fn saw(shared: &Receivers, line: &ReceivedLine, now: Instant, seen: Seen) {
    // A pause is a pause only between two frames of a source in a slot that was shown all the time.
    let shown_all_the_time =
        shared.meter.shown_since(&line.name).is_some_and(|since| now.duration_since(since) >= seen.gap);
    let pause = if seen.new_source.is_none() && shown_all_the_time { seen.gap } else { Duration::ZERO };
    let frozen = pause > FREEZE;
    if matches!(line.slot, Slot::Program { .. } | Slot::ProgramContent) {
        shared.meter.count(|counts| {
            counts.frames += 1;
            counts.freezes += u32::from(frozen);
        });
    }
    shared.report.update(|summary| {
        let slot = match summary.video.get_mut(&line.name) {
            Some(slot) => slot,
            None => summary.video.entry(line.name.clone()).or_default(),
        };
        slot.frames += 1;
        slot.freezes += u32::from(frozen);
        slot.longest_gap_ms = slot.longest_gap_ms.max(pause.as_millis() as u64);
        slot.marker_site = Some(seen.marker.site);
        slot.last_frame_ms = crate::report::unix_ms();
    });
    if frozen {
        let ms = pause.as_millis() as u64;
        shared.report.observe(&Observation::Freeze { slot: line.name.clone(), ms });
    }
    if let Some(before) = seen.new_source {
        shared.report.observe(&Observation::Source {
            slot: line.name.clone(),
            marker_site: seen.marker.site,
            before,
            frame: seen.marker.frame,
            captured_ms: seen.captured_ms,
            decoded: shared.decode,
        });
    }
}

/// A frame ended: a take that waited for it is shown. Any source counts, also one whose picture carries no test card.
fn frame_ended(shared: &Receivers, line: &ReceivedLine, now: Instant, timestamp: u32) {
    if let Some(shown) = shared.meter.frame_seen(now, &line.name, timestamp)
        && shared.shown.try_send(shown).is_err()
    {
        tracing::warn!(take = shown.0.0, "nobody could be told that a take is shown");
    }
}

async fn receive_audio(track: &dyn TrackRemote, shared: &Receivers, line: &ReceivedLine) -> anyhow::Result<()> {
    let mut watch = AudioWatch::new(shared.tones, shared.decode)?;
    let echo = shared.echo.as_ref().filter(|_| matches!(line.slot, Slot::Program { .. }));
    let mut loudspeaker = echo.map(|echo| Loudspeaker::new(Arc::clone(echo), &line.name)).transpose()?;
    let mut outcomes = Vec::new();
    let mut patience: Option<Duration> = Some(SILENT_AFTER);
    loop {
        let event = match patience {
            Some(patience) => tokio::time::timeout(patience, track.poll()).await,
            None => Ok(track.poll().await),
        };
        match event {
            Ok(Some(TrackRemoteEvent::OnRtpPacket(rtp::Packet { header, payload }))) if !payload.is_empty() => {
                let now = Instant::now();
                shared.meter.packet(payload.len());
                watch.packet(now, header.sequence_number, &payload, &mut outcomes)?;
                if let Some(loudspeaker) = &mut loudspeaker {
                    loudspeaker.packet(header.sequence_number, &payload)?;
                }
                shared.meter.count(|counts| counts.sound_packets += 1);
                shared.report.update(|summary| {
                    summary.audio.entry(line.name.clone()).or_default().packets += 1;
                });
                patience = Some(SILENT_AFTER);
            }
            Ok(Some(_)) => {}
            Ok(None) => return Ok(()),
            Err(_elapsed) => {
                watch.silent(&mut outcomes);
                // One silence is told once; the next packet ends it.
                patience = None;
            }
        }
        for outcome in outcomes.drain(..) {
            heard(shared, line, outcome);
        }
    }
}

fn heard(shared: &Receivers, line: &ReceivedLine, outcome: AudioOutcome) {
    let slot = || line.name.clone();
    match outcome {
        AudioOutcome::Tones(sites, level_dbfs) => {
            shared.report.update(|summary| {
                let audio = summary.audio.entry(slot()).or_default();
                audio.ever.extend(&sites);
                audio.sites.clone_from(&sites);
                audio.level_dbfs = level_dbfs;
            });
            shared.report.observe(&Observation::Tones { slot: slot(), sites, level_dbfs });
        }
        AudioOutcome::Level(level_dbfs) => shared.report.update(|summary| {
            summary.audio.entry(slot()).or_default().level_dbfs = level_dbfs;
        }),
        AudioOutcome::Gap(length, missing) => {
            shared.meter.count(|counts| {
                counts.lost += u64::from(missing);
                counts.sound_lost += u64::from(missing);
            });
            shared.report.update(|summary| {
                summary.audio.entry(slot()).or_default().lost += u64::from(missing);
            });
            let ms = length.as_millis() as u64;
            shared.report.observe(&Observation::SoundGap { slot: slot(), ms });
        }
    }
}
