//! What a program without the feature has instead.

use super::{SpanLayer, is_wanted};

/// Nothing.
pub(crate) struct Telemetry;

impl Telemetry {
    pub(crate) fn start() -> (Self, Option<SpanLayer>) {
        (Self, None)
    }

    /// Who named a collector waits for spans that never come.
    pub(crate) fn announce(&self) {
        if is_wanted() {
            tracing::warn!("a collector is named, but this program was built without the feature `telemetry`");
        }
    }

    pub(crate) async fn stop(self) {}
}
