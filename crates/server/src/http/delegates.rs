//! The delegates of all sites, for the centre.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;
use wire::{ConferenceId, Problem, SiteDelegates, SiteSlug};

use super::body::{Path, Query};
use super::conferences::{conference, stopped};
use super::identity::{Caller, From, SignedInOperator};
use super::problem::ApiError;
use super::spreadsheet::{self, BYTE_ORDER_MARK};
use crate::app::App;
use crate::convert;

/// A spreadsheet would compute what begins so; sites write these texts.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// How they are given.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct DelegatesQuery {
    /// `csv`: a table for spreadsheets; none or `json`: JSON.
    format: Option<Format>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum Format {
    Json,
    Csv,
}

/// Delegates of every site, in the order of the wall; a site that has named nobody has an empty list.
#[utoipa::path(
    get, path = "/api/v1/conferences/{id}/delegates", tag = "conferences",
    params(("id" = String, Path, description = "Id of the conference"), DelegatesQuery),
    responses(
        (status = 200, content(
            (Vec<SiteDelegates> = "application/json"),
            (String = "text/csv")
        )),
        (status = 403, body = Problem, content_type = "application/problem+json")
    ),
    security(("operator" = []))
)]
pub(super) async fn list(
    State(app): State<App>,
    SignedInOperator(operator): SignedInOperator,
    From(address): From,
    Path(id): Path<ConferenceId>,
    Query(query): Query<DelegatesQuery>,
) -> Result<Response, ApiError> {
    let conference = conference(&app, &Caller::Operator(operator), &id, address)?;
    let sites = conference.delegates().await.map_err(stopped)?;
    match query.format {
        None | Some(Format::Json) => Ok(Json(sites).into_response()),
        Some(Format::Csv) => {
            let setup = conference.setup();
            let name = |site: &SiteSlug| setup.site(&convert::site_in(site.clone())).map(|site| site.name.clone());
            let headers = spreadsheet::headers(&format!("delegates-{}.csv", id.0));
            Ok((headers, table(&sites, |site| name(site).unwrap_or_default())).into_response())
        }
    }
}

fn table(sites: &[SiteDelegates], name_of: impl Fn(&SiteSlug) -> String) -> String {
    let mut rows = csv::Writer::from_writer(Vec::new());
    let mut row = |fields: [&str; 6]| rows.write_record(fields.map(harmless)).expect("a vector takes every row");
    row(["site", "site_name", "name", "title", "organisation", "present"]);
    for SiteDelegates { site, delegates } in sites {
        let site_name = name_of(site);
        for delegate in delegates {
            let present = if delegate.present { "1" } else { "0" };
            row([&site.0, &site_name, &delegate.name, &delegate.title, &delegate.organisation, present]);
        }
    }
    let bytes = rows.into_inner().expect("a vector takes every row");
    BYTE_ORDER_MARK.to_owned() + &String::from_utf8(bytes).expect("texts are UTF-8")
}

/// A text that a spreadsheet shows and does not compute.
fn harmless(text: &str) -> String {
    if text.starts_with(FORMULA) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use wire::Delegate;

    use super::*;

    #[test]
    fn what_a_site_wrote_is_no_formula_of_a_spreadsheet() {
        let delegate = Delegate {
            name: "=HYPERLINK(\"http://x\")".to_owned(),
            title: "Phó Chủ tịch, \"quyền\"".to_owned(),
            organisation: "UBND".to_owned(),
            present: true,
        };
        let sites = [SiteDelegates { site: SiteSlug("cao-bang".to_owned()), delegates: vec![delegate] }];

        let text = table(&sites, |_| "Cao Bằng".to_owned());

        let expected = "\u{feff}site,site_name,name,title,organisation,present\n\
            cao-bang,Cao Bằng,\"'=HYPERLINK(\"\"http://x\"\")\",\"Phó Chủ tịch, \"\"quyền\"\"\",UBND,1\n";
        assert_eq!(text, expected);
    }
}
