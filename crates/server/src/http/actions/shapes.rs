//! What each command needs, read from the API's own description: so a button can send text, and a new command needs nothing here.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};

/// How the value of a field is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    /// As it is.
    Text,
    /// A number.
    Number,
    /// `true` or `false`, also `1` or `0`.
    Flag,
    /// Separated by commas.
    List(Box<Shape>),
    /// The slug of a site, for its camera; `slug:content` for its content.
    Source,
    /// Empty: nothing.
    Optional(Box<Shape>),
    /// JSON.
    Structure,
}

/// Fields of a command by name.
pub(super) type Fields = BTreeMap<String, Shape>;

static COMMANDS: LazyLock<BTreeMap<String, Fields>> = LazyLock::new(|| {
    let api = serde_json::to_value(crate::http::openapi()).expect("the description of the API is plain JSON");
    read(&api["components"]["schemas"])
});

/// The fields of a command; none: there is no such command.
pub(super) fn fields_of(command: &str) -> Option<&'static Fields> {
    COMMANDS.get(command)
}

/// Names of all commands.
#[cfg(test)]
pub(super) fn commands() -> impl Iterator<Item = &'static String> {
    COMMANDS.keys()
}

impl Shape {
    /// The JSON of a value that was written as text.
    ///
    /// # Errors
    /// What it should have been.
    pub(super) fn read(&self, text: &str) -> Result<Value, &'static str> {
        match self {
            Self::Text => Ok(Value::from(text)),
            Self::Number => text.trim().parse::<u64>().map(Value::from).map_err(|_| "a whole number"),
            Self::Flag => match text.trim() {
                "true" | "1" => Ok(Value::from(true)),
                "false" | "0" => Ok(Value::from(false)),
                _ => Err("true or false"),
            },
            Self::List(_) if text.trim_start().starts_with('[') => json(text),
            Self::List(item) => {
                let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
                parts.map(|part| item.read(part)).collect()
            }
            Self::Source if text.trim_start().starts_with('{') => json(text),
            Self::Source => {
                let (site, kind) = text.split_once(':').unwrap_or((text, "camera"));
                Ok(serde_json::json!({ "site": site, "kind": kind }))
            }
            Self::Optional(_) if text.is_empty() => Ok(Value::Null),
            Self::Optional(inner) => inner.read(text),
            Self::Structure => json(text),
        }
    }

    /// A value of a JSON body: texts may stand for what is no text, also inside a list.
    ///
    /// # Errors
    /// What it should have been.
    pub(super) fn settle(&self, value: Value) -> Result<Value, &'static str> {
        match (self, value) {
            (Self::Text, value) => Ok(value),
            (Self::List(item), Value::Array(values)) => values.into_iter().map(|value| item.settle(value)).collect(),
            (Self::Optional(inner), Value::Object(object)) => inner.settle(Value::Object(object)),
            (shape, Value::String(text)) => shape.read(&text),
            (_, value) => Ok(value),
        }
    }
}

fn json(text: &str) -> Result<Value, &'static str> {
    serde_json::from_str(text).map_err(|_| "JSON")
}

fn read(schemas: &Value) -> BTreeMap<String, Fields> {
    let variants = schemas["Command"]["oneOf"].as_array().expect("a command is one of several");
    let command = |variant: &Value| {
        let properties = variant["properties"].as_object().expect("each of them is an object");
        let name = properties["type"]["enum"][0].as_str().expect("and named by its type");
        let fields = properties.iter().filter(|(field, _)| *field != "type");
        (name.to_owned(), fields.map(|(field, schema)| (field.clone(), shape(schemas, schema))).collect())
    };
    variants.iter().map(command).collect()
}

fn shape(schemas: &Value, schema: &Value) -> Shape {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return if name == "SourceRef" { Shape::Source } else { shape(schemas, &schemas[name]) };
    }
    let none = Map::new();
    match kinds(schema).as_slice() {
        ["string"] => Shape::Text,
        ["integer" | "number"] => Shape::Number,
        ["boolean"] => Shape::Flag,
        ["array"] => Shape::List(Box::new(shape(schemas, &schema["items"]))),
        [kind, "null"] | ["null", kind] => {
            let mut inner = schema.as_object().unwrap_or(&none).clone();
            inner.insert("type".to_owned(), Value::from(*kind));
            Shape::Optional(Box::new(shape(schemas, &Value::from(inner))))
        }
        _ => match schema["oneOf"].as_array().map(Vec::as_slice) {
            Some([one, other]) if kinds(one) == ["null"] => Shape::Optional(Box::new(shape(schemas, other))),
            Some([one, other]) if kinds(other) == ["null"] => Shape::Optional(Box::new(shape(schemas, one))),
            _ => Shape::Structure,
        },
    }
}

fn kinds(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_every_command_has_the_shape_that_its_type_has() {
        let shape = |command: &str, field: &str| fields_of(command).unwrap()[field].clone();

        assert_eq!(shape("take", "preview"), Shape::Number);
        assert_eq!(shape("mute", "site"), Shape::Text);
        assert_eq!(shape("set_preview", "layout"), Shape::Text);
        assert_eq!(shape("set_preview", "sources"), Shape::List(Box::new(Shape::Source)));
        assert_eq!(shape("start_tour", "sites"), Shape::List(Box::new(Shape::Text)));
        assert_eq!(shape("start_tour", "repeat"), Shape::Flag);
        assert_eq!(shape("start_item", "current"), Shape::Optional(Box::new(Shape::Text)));
        assert_eq!(shape("set_details", "details"), Shape::Structure);
        assert!(fields_of("back_to_hall").unwrap().is_empty());
        assert!(fields_of("fire").is_none());
    }

    #[test]
    fn texts_become_what_a_field_needs() {
        let list = Shape::List(Box::new(Shape::Source));
        let sources = list.read("ha-noi, ca-mau:content").unwrap();

        let (camera, content) = (("ha-noi", "camera"), ("ca-mau", "content"));
        let source = |(site, kind): (&str, &str)| serde_json::json!({ "site": site, "kind": kind });
        assert_eq!(sources, Value::from(vec![source(camera), source(content)]));
        assert_eq!(list.settle(serde_json::json!(["ha-noi"])).unwrap(), Value::from(vec![source(camera)]));
        assert_eq!(Shape::Number.read("12"), Ok(Value::from(12)));
        assert_eq!(Shape::Number.read("-1"), Err("a whole number"));
        assert_eq!(Shape::Flag.settle(Value::from("1")), Ok(Value::from(true)));
        assert_eq!(Shape::Optional(Box::new(Shape::Text)).read(""), Ok(Value::Null));
        assert_eq!(Shape::Structure.read("x"), Err("JSON"));
    }
}
