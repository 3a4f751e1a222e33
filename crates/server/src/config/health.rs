//! Bounds of the health judgement.

use health::{CheckBounds, ContentBounds, Settings, Thresholds};

use super::section::Section;

/// Reads the table; what it does not say has the default.
pub(super) fn read(section: Section<'_>) -> Settings {
    let settings = Settings { line: line(&section), content: content(&section), check: check(&section) };
    if let Err(errors) = settings.validate() {
        for error in errors {
            section.problem(section.place(), format!("`health`: {error}"));
        }
    }
    section.finish();
    settings
}

fn line(section: &Section<'_>) -> Thresholds {
    let read = Keys(section);
    let default = Thresholds::default();
    Thresholds {
        loss_weak: read.decimal("loss_weak", default.loss_weak),
        loss_bad: read.decimal("loss_bad", default.loss_bad),
        delay_weak_ms: read.decimal("delay_weak_ms", default.delay_weak_ms),
        delay_bad_ms: read.decimal("delay_bad_ms", default.delay_bad_ms),
        fps_weak: read.decimal("fps_weak", default.fps_weak),
        fps_bad: read.decimal("fps_bad", default.fps_bad),
        concealed_weak: read.decimal("concealed_weak", default.concealed_weak),
        concealed_bad: read.decimal("concealed_bad", default.concealed_bad),
        freezes_weak: read.count("freezes_weak", default.freezes_weak),
        freezes_bad: read.count("freezes_bad", default.freezes_bad),
        worse_after_ms: read.milliseconds("worse_after_ms", default.worse_after_ms),
        better_after_ms: read.milliseconds("better_after_ms", default.better_after_ms),
    }
}

fn content(section: &Section<'_>) -> ContentBounds {
    let read = Keys(section);
    let default = ContentBounds::default();
    ContentBounds {
        silent_peak_dbfs: read.decimal("silent_peak_dbfs", default.silent_peak_dbfs),
        silent_after_ms: read.milliseconds("silent_after_ms", default.silent_after_ms),
        clipped_share: read.decimal("clipped_share", default.clipped_share),
        clipped_reports: read.count("clipped_reports", default.clipped_reports),
        too_low_dbfs: read.decimal("too_low_dbfs", default.too_low_dbfs),
        too_loud_dbfs: read.decimal("too_loud_dbfs", default.too_loud_dbfs),
        black_mean: read.decimal("black_mean", default.black_mean),
        black_spread: read.decimal("black_spread", default.black_spread),
        black_after_ms: read.milliseconds("black_after_ms", default.black_after_ms),
        frozen_change: read.decimal("frozen_change", default.frozen_change),
        frozen_after_ms: read.milliseconds("frozen_after_ms", default.frozen_after_ms),
        echo_correlation: read.decimal("echo_correlation", default.echo_correlation),
        echo_windows: read.count("echo_windows", default.echo_windows),
        ends_after_ms: read.milliseconds("ends_after_ms", default.ends_after_ms),
    }
}

fn check(section: &Section<'_>) -> CheckBounds {
    let read = Keys(section);
    let default = CheckBounds::default();
    CheckBounds {
        up_weak_kbps: read.decimal("up_weak_kbps", default.up_weak_kbps),
        up_bad_kbps: read.decimal("up_bad_kbps", default.up_bad_kbps),
        down_weak_kbps: read.decimal("down_weak_kbps", default.down_weak_kbps),
        down_bad_kbps: read.decimal("down_bad_kbps", default.down_bad_kbps),
    }
}

/// Keys with their defaults. Ranges are checked by the core, which knows them.
struct Keys<'a, 'd>(&'a Section<'d>);

impl Keys<'_, '_> {
    fn decimal(&self, key: &str, default: f32) -> f32 {
        self.0.decimal(key).unwrap_or(default)
    }

    fn count(&self, key: &str, default: u32) -> u32 {
        let number = self.0.number(key, 0..=u64::from(u32::MAX));
        number.and_then(|number| u32::try_from(number).ok()).unwrap_or(default)
    }

    fn milliseconds(&self, key: &str, default: u64) -> u64 {
        self.0.number(key, 0..=u64::from(u32::MAX)).unwrap_or(default)
    }
}
