//! Test cards as files, for browsers' fake cameras and microphones.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::frame::Size;
use crate::test_card::TestCard;
use crate::tone::{SAMPLE_RATE, Tone};

/// Bytes of the header of a PCM WAV file.
const WAV_HEADER_BYTES: u32 = 44;

/// Writes a `.y4m` (YUV4MPEG2, 4:2:0) of a site's test card. Frame *i* carries frame number *i*; the clock starts at
/// midnight of Vietnam's time. Chromium plays it in a loop with `--use-file-for-fake-video-capture`.
pub fn write_y4m(
    path: &Path,
    site_index: u16,
    name: &str,
    seconds: u32,
    width: usize,
    height: usize,
    fps: u32,
) -> io::Result<()> {
    let mut card = TestCard::new(site_index, name, Size { width, height });
    let mut file = BufWriter::new(File::create(path)?);
    writeln!(file, "YUV4MPEG2 W{width} H{height} F{fps}:1 Ip A1:1 C420mpeg2")?;
    // 17:00 UTC is midnight in Vietnam.
    let midnight_ms = 17 * 3_600_000;
    for frame in 0..seconds * fps {
        let picture = card.draw(midnight_ms + u64::from(frame) * 1_000 / u64::from(fps), frame);
        file.write_all(b"FRAME\n")?;
        for plane in picture.planes() {
            file.write_all(plane)?;
        }
    }
    file.flush()
}

/// Writes a `.wav` (48 kHz, mono, 16 bit) of `seconds` of a tone of `hz`, a whole number of periods of whole hertz, so
/// that Chromium's loop (`--use-file-for-fake-audio-capture`) does not click.
pub fn write_wav(path: &Path, hz: f32, seconds: u32) -> io::Result<()> {
    let mut samples = vec![0.0; (SAMPLE_RATE * seconds) as usize];
    Tone::new(hz).fill(&mut samples);
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(&wav_header(samples.len() as u32 * 2))?;
    for sample in samples {
        file.write_all(&((sample * f32::from(i16::MAX)) as i16).to_le_bytes())?;
    }
    file.flush()
}

/// RIFF header of 16-bit mono PCM.
fn wav_header(data_bytes: u32) -> Vec<u8> {
    let mut header = Vec::with_capacity(WAV_HEADER_BYTES as usize);
    header.extend_from_slice(b"RIFF");
    header.extend_from_slice(&(WAV_HEADER_BYTES - 8 + data_bytes).to_le_bytes());
    header.extend_from_slice(b"WAVEfmt ");
    header.extend_from_slice(&16_u32.to_le_bytes());
    header.extend_from_slice(&1_u16.to_le_bytes()); // PCM
    header.extend_from_slice(&1_u16.to_le_bytes()); // channels
    header.extend_from_slice(&SAMPLE_RATE.to_le_bytes());
    header.extend_from_slice(&(SAMPLE_RATE * 2).to_le_bytes()); // bytes a second
    header.extend_from_slice(&2_u16.to_le_bytes()); // bytes a sample
    header.extend_from_slice(&16_u16.to_le_bytes()); // bits a sample
    header.extend_from_slice(b"data");
    header.extend_from_slice(&data_bytes.to_le_bytes());
    header
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marker::{self, Marker};
    use crate::tone::{tone_hz, tones_heard};

    fn path(name: &str) -> std::path::PathBuf {
        std::env::temp_dir().join(format!("endpoint-{}-{name}", std::process::id()))
    }

    #[test]
    fn each_frame_of_a_file_carries_its_number() {
        let path = path("card.y4m");
        write_y4m(&path, 5, "Bắc Kạn", 1, 320, 180, 10).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();

        let header = b"YUV4MPEG2 W320 H180 F10:1 Ip A1:1 C420mpeg2\n";
        assert!(bytes.starts_with(header));
        let frame_bytes = 6 + 320 * 180 * 3 / 2;
        let frames: Vec<&[u8]> = bytes[header.len()..].chunks(frame_bytes).collect();
        assert_eq!(frames.len(), 10);
        for (number, frame) in frames.iter().enumerate() {
            assert!(frame.starts_with(b"FRAME\n"));
            assert_eq!(marker::read(&frame[6..], 320, 180), Some(Marker { site: 5, frame: number as u32 }));
        }
    }

    #[test]
    fn a_sound_file_holds_the_tone() {
        let path = path("tone.wav");
        write_wav(&path, tone_hz(7), 1).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();

        assert_eq!(bytes.len(), 44 + 96_000);
        assert_eq!(u32::from_le_bytes(bytes[4..8].try_into().unwrap()) as usize, bytes.len() - 8);
        let samples: Vec<f32> = bytes[44..44 + 9_600]
            .chunks(2)
            .map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0)
            .collect();
        assert_eq!(tones_heard(&samples, 64, 20.0)[0].0, 7);
    }
}
