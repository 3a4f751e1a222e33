//! Tables for spreadsheets.

use axum::http::HeaderName;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};

/// Without it spreadsheets take UTF-8 for something else.
pub(super) const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Headers of a table that is saved under this name.
pub(super) fn headers(name: &str) -> [(HeaderName, String); 2] {
    [
        (CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ]
}
