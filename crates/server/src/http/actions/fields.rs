//! From the parameters of a request to a command. What a button may leave out, or write shorter, is said here.

use serde_json::{Map, Value};
use wire::Command;

use super::shapes::{Fields, fields_of};
use crate::http::problem::ApiError;

/// Fields that may be left out, and what they are then: nothing that would act on more than was meant.
const LEFT_OUT: [(&str, &str, &str); 4] = [
    ("mark_presence", "reason", ""),
    ("show_holding", "text", ""),
    ("start_tour", "sites", ""),
    ("start_tour", "repeat", "false"),
];

/// Parameters of the query as they come, and the fields of the body.
#[derive(Debug, Default)]
pub(super) struct Given {
    /// Of the query, in order.
    pub(super) query: Vec<(String, String)>,
    /// Of the body.
    pub(super) body: Map<String, Value>,
}

/// The command of this name with what was given.
///
/// # Errors
/// There is no such command, or a field is missing, unknown, twice there, or not what it should be.
pub(super) fn command(name: &str, given: Given) -> Result<Command, ApiError> {
    let Some(fields) = fields_of(name) else {
        return Err(ApiError::NotFound(format!("there is no action {name:?}")));
    };
    let mut object = Map::from_iter([("type".to_owned(), Value::from(name))]);
    let read = |field: &str, text: &str| match fields.get(field) {
        Some(shape) => shape.read(text).map_err(|wanted| not_so(name, field, wanted)),
        None => Err(unknown(name, field, fields)),
    };
    for (field, text) in &expanded(name, given.query)? {
        insert(&mut object, field, read(field, text)?)?;
    }
    for (field, value) in given.body {
        let shape = fields.get(&field).ok_or_else(|| unknown(name, &field, fields))?;
        let value = shape.settle(value).map_err(|wanted| not_so(name, &field, wanted))?;
        insert(&mut object, &field, value)?;
    }
    for (_, field, text) in LEFT_OUT.iter().filter(|(command, _, _)| *command == name) {
        if !object.contains_key(*field) {
            object.insert((*field).to_owned(), read(field, text)?);
        }
    }
    if name == "take" && !object.contains_key("preview") {
        let detail = "a take names the preview that it puts on air: ?preview=<number>, as the tally tells it";
        return Err(ApiError::BadRequest(detail.to_owned()));
    }
    serde_json::from_value(Value::from(object)).map_err(|error| ApiError::BadRequest(format!("{name}: {error}")))
}

/// Shorter ways to write the same: `set_preview?site=…` for the camera of one site alone, `set_lower_third` by its texts.
fn expanded(name: &str, query: Vec<(String, String)>) -> Result<Vec<(String, String)>, ApiError> {
    let value = |wanted: &str| query.iter().find(|(field, _)| field == wanted).map(|(_, text)| text.as_str());
    match name {
        "set_preview" => {
            let Some(site) = value("site") else { return Ok(query) };
            let others = query.iter().any(|(field, _)| field != "site" && field != "layout");
            if others {
                return Err(ApiError::BadRequest("set_preview: give site, or sources, not both".to_owned()));
            }
            let layout = value("layout").unwrap_or("single");
            Ok(vec![("layout".to_owned(), layout.to_owned()), ("sources".to_owned(), site.to_owned())])
        }
        "set_lower_third" => {
            let lower_third = match (value("lower_third"), value("name")) {
                (Some(word @ ("automatic" | "hidden")), None) => serde_json::json!({ "type": word }),
                (None, Some(name)) => {
                    let description = value("description").unwrap_or_default();
                    serde_json::json!({ "type": "text", "name": name, "description": description })
                }
                _ => return Ok(query),
            };
            Ok(vec![("lower_third".to_owned(), lower_third.to_string())])
        }
        _ => Ok(query),
    }
}

fn insert(object: &mut Map<String, Value>, field: &str, value: Value) -> Result<(), ApiError> {
    match object.insert(field.to_owned(), value) {
        None => Ok(()),
        Some(_) => Err(ApiError::BadRequest(format!("{field} is given twice"))),
    }
}

fn not_so(name: &str, field: &str, wanted: &str) -> ApiError {
    ApiError::BadRequest(format!("{name}: {field} must be {wanted}"))
}

fn unknown(name: &str, field: &str, fields: &Fields) -> ApiError {
    let known: Vec<&str> = fields.keys().map(String::as_str).collect();
    let known = if known.is_empty() { "no fields".to_owned() } else { known.join(", ") };
    let field: String = field.chars().take(64).collect();
    ApiError::BadRequest(format!("{name} has {known}, not {field:?}"))
}

#[cfg(test)]
mod tests {
    use wire::{ItemId, Layout, LowerThird, PreviewId, SiteSlug, SourceKind, SourceRef};

    use super::super::shapes::commands;
    use super::*;

    fn by_query(name: &str, query: &[(&str, &str)]) -> Result<Command, String> {
        let query = query.iter().map(|(field, text)| ((*field).to_owned(), (*text).to_owned())).collect();
        command(name, Given { query, body: Map::new() }).map_err(|error| format!("{error:?}"))
    }

    fn slug(text: &str) -> SiteSlug {
        SiteSlug(text.to_owned())
    }

    #[test]
    fn a_button_sends_text_and_the_command_gets_what_it_needs() {
        let camera = SourceRef { site: slug("ha-noi"), kind: SourceKind::Camera };
        let single = Command::SetPreview { layout: Layout::Single, sources: vec![camera] };
        let item = || ItemId("bc-02".to_owned());
        let tour = Command::StartTour { sites: vec![], dwell_ms: 5_000, repeat: false };
        let text = LowerThird::Text { name: "A".to_owned(), description: String::new() };

        assert_eq!(by_query("take", &[("preview", "7")]), Ok(Command::Take { preview: PreviewId(7) }));
        assert_eq!(by_query("set_preview", &[("site", "ha-noi")]), Ok(single.clone()));
        assert_eq!(by_query("set_preview", &[("layout", "single"), ("sources", "ha-noi")]), Ok(single));
        assert_eq!(by_query("back_to_hall", &[]), Ok(Command::BackToHall));
        assert_eq!(
            by_query("start_item", &[("item", "bc-02")]),
            Ok(Command::StartItem { item: item(), current: None })
        );
        assert_eq!(by_query("start_tour", &[("dwell_ms", "5000")]), Ok(tour));
        assert_eq!(by_query("set_lower_third", &[("name", "A")]), Ok(Command::SetLowerThird { lower_third: text }));
        let hidden = Command::SetLowerThird { lower_third: LowerThird::Hidden };
        assert_eq!(by_query("set_lower_third", &[("lower_third", "hidden")]), Ok(hidden));
    }

    #[test]
    fn what_is_wrong_is_said_by_name() {
        let problem = |name, query: &[(&str, &str)]| by_query(name, query).unwrap_err();

        assert!(problem("take", &[]).contains("names the preview"));
        assert!(problem("take", &[("preview", "x")]).contains("preview must be a whole number"));
        assert!(problem("mute", &[("place", "ha-noi")]).contains("mute has site, not \\\"place\\\""));
        assert!(problem("mute", &[("site", "a"), ("site", "b")]).contains("given twice"));
        assert!(problem("mute", &[]).contains("missing field `site`"));
        assert!(
            problem("send_message", &[("text", "x")]).contains("missing field `to`"),
            "everybody is never meant by mistake"
        );
        assert!(problem("fire", &[]).contains("no action"));
        assert!(problem("mute", &[("type", "unmute"), ("site", "a")]).contains("not"));
    }

    #[test]
    fn every_command_can_be_sent_with_the_fields_that_it_has() {
        for name in commands() {
            let problem = by_query(name, &[("no_such_field", "x")]).unwrap_err();

            assert!(problem.starts_with("BadRequest"), "{name}: {problem}");
        }
        assert!(commands().count() > 50);
    }
}
