//! Points and curves as texts: tables for spreadsheets, and JSON that is sent while it is read.

use wire::SiteCurve;

use super::Format;
use crate::health_store::{HealthStore, HealthStoreError, Page, PointRow};
use crate::health_watch::columns::{self, MEASURES};
use crate::http::spreadsheet::BYTE_ORDER_MARK;

/// Columns of an export; of each measure the mean, the least and the most of ten seconds.
const COLUMNS: &str = "site,second,points,worst,kbps_up,kbps_up_min,kbps_up_max,kbps_down,kbps_down_min,kbps_down_max,\
rtt_ms,rtt_ms_min,rtt_ms_max,loss,loss_min,loss_max,jitter_ms,jitter_ms_min,jitter_ms_max,fps,fps_min,fps_max,\
level_dbfs,level_dbfs_min,level_dbfs_max";

/// An export on its way.
pub(super) struct Export {
    pub(super) store: HealthStore,
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) format: Format,
    /// The next page, or why it cannot be read; none: everything was.
    pub(super) next: Option<Result<Vec<PointRow>, HealthStoreError>>,
    pub(super) begun: bool,
}

impl Export {
    /// The next part of the text; none: it is whole. After an error the connection breaks, so that nobody takes a part for the whole.
    pub(super) async fn part(&mut self) -> Option<Result<String, HealthStoreError>> {
        let rows = match self.next.take()? {
            Ok(rows) => rows,
            Err(error) => {
                tracing::error!(%error, "an export ended early");
                return Some(Err(error));
            }
        };
        let first = !std::mem::replace(&mut self.begun, true);
        if let Some(last) = rows.last() {
            let page = Page { second: last.second, site: last.site.clone() };
            self.next = Some(self.store.points(self.from, self.to, &page).await);
        }
        Some(Ok(match self.format {
            Format::Csv => csv_part(&rows, first),
            Format::Json => json_part(&rows, first),
        }))
    }
}

fn csv_part(rows: &[PointRow], first: bool) -> String {
    let mut text = if first { format!("{BYTE_ORDER_MARK}{COLUMNS}\n") } else { String::new() };
    for row in rows {
        text += &format!("{},{},{},{}", row.site, row.second, row.points, row.worst);
        for value in &row.values {
            text.push(',');
            text += &value.map(|value| value.to_string()).unwrap_or_default();
        }
        text.push('\n');
    }
    text
}

fn json_part(rows: &[PointRow], first: bool) -> String {
    let mut text = if first { "[".to_owned() } else { String::new() };
    for (index, row) in rows.iter().enumerate() {
        if !(first && index == 0) {
            text.push(',');
        }
        text += &serde_json::to_string(row).expect("rows are plain JSON");
    }
    // The page after the last one is empty.
    if rows.is_empty() {
        text.push(']');
    }
    text
}

/// Adds the seconds up to `to` to the points before them.
pub(super) fn append(curve: &mut SiteCurve, seconds: &SiteCurve, to: u32) {
    columns::append(curve, seconds, seconds.at.partition_point(|at| *at < to));
}

pub(super) fn curve_table(curve: &SiteCurve) -> String {
    let mut text = format!("{BYTE_ORDER_MARK}second,quality,{}\n", MEASURES.join(","));
    for index in 0..curve.at.len() {
        text += &format!("{},{}", curve.at[index], curve.quality[index]);
        for measure in columns::measures(curve) {
            text.push(',');
            text += &measure[index].map(|value| value.to_string()).unwrap_or_default();
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(site: &str, second: i64) -> PointRow {
        PointRow { site: site.to_owned(), second, points: 10, worst: 0, values: vec![Some(1.5), None] }
    }

    #[test]
    fn parts_of_an_export_make_one_text() {
        let rows = [row("a", 10), row("b", 10)];
        let json = [json_part(&rows, true), json_part(&[row("a", 20)], false), json_part(&[], false)].concat();
        let read: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
        assert_eq!(read.len(), 3);
        assert_eq!([json_part(&[], true)].concat(), "[]");

        let csv = [csv_part(&rows, true), csv_part(&[], false)].concat();
        assert_eq!(csv.lines().count(), 3);
        assert_eq!(csv.lines().nth(1), Some("a,10,10,0,1.5,"));
    }

    #[test]
    fn every_column_of_an_export_has_a_name() {
        assert_eq!(COLUMNS.split(',').count(), 4 + 7 * 3);
    }
}
