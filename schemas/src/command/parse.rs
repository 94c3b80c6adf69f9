//! Commands as they are written: an object with a `kind`.
//!
//! serde reads such an object from a copy of it, and an error there does not know its place. So the object is
//! turned into `{kind: {…}}` first, and read with the place kept in mind.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use serde_path_to_error::{Path, Segment};

use super::Command;

/// Every kind, as on the wire.
pub const KINDS: &[&str] = &[
    "wall_show",
    "wall_clear",
    "wall_clear_all",
    "wall_layout",
    "wall_auto",
    "wall_pin",
    "wall_unpin",
    "wall_undo",
    "wall_preset_save",
    "wall_preset_apply",
    "wall_preset_delete",
    "wall_tour_save",
    "wall_tour_start",
    "wall_tour_stop",
    "wall_tour_delete",
    "screen_add",
    "screen_change",
    "screen_forget",
    "screen_unmeasure",
    "screen_remove",
];

/// Why a JSON value is no command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// It has no `kind`, or is no object.
    #[error("is not an object with a `kind`")]
    NoKind,
    /// Nobody knows its kind.
    #[error("`{0}` is no kind of command")]
    UnknownKind(String),
    /// Something in it cannot be read.
    #[error("{detail}")]
    Malformed {
        /// Where, as a JSON pointer into the command.
        pointer: String,
        /// What is wrong with it.
        detail: String,
    },
}

impl TryFrom<&Value> for Command {
    type Error = CommandError;

    fn try_from(value: &Value) -> Result<Self, CommandError> {
        let Value::Object(fields) = value else { return Err(CommandError::NoKind) };
        let Some(Value::String(kind)) = fields.get("kind") else { return Err(CommandError::NoKind) };
        if !KINDS.contains(&kind.as_str()) {
            return Err(CommandError::UnknownKind(crate::text::clean(kind, 80)));
        }
        let mut content = fields.clone();
        content.remove("kind");
        let tagged = Value::Object(Map::from_iter([(kind.clone(), Value::Object(content))]));
        let mut track = serde_path_to_error::Track::new();
        let reader = serde_path_to_error::Deserializer::new(tagged, &mut track);
        // The derived function, not the trait's.
        Self::deserialize(reader).map_err(|error: serde_json::Error| CommandError::Malformed {
            pointer: pointer(&track.path()),
            detail: error.to_string(),
        })
    }
}

/// A path below `{kind: {…}}` as a JSON pointer below the command.
fn pointer(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path.iter().skip(1) {
        let token = match segment {
            Segment::Seq { index } => index.to_string(),
            Segment::Map { key } => key.clone(),
            Segment::Enum { variant } => variant.clone(),
            Segment::Unknown => break,
        };
        pointer.push('/');
        pointer.push_str(&token.replace('~', "~0").replace('/', "~1"));
    }
    pointer
}

impl<'de> Deserialize<'de> for Command {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::try_from(&value).map_err(serde::de::Error::custom)
    }
}

impl Serialize for Command {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::Error;
        let tagged = Self::serialize(self, serde_json::value::Serializer).map_err(S::Error::custom)?;
        let Value::Object(tagged) = tagged else { return Err(S::Error::custom("a command is no object")) };
        let mut written = Map::new();
        for (kind, content) in tagged {
            written.insert("kind".to_owned(), Value::String(kind));
            if let Value::Object(fields) = content {
                written.extend(fields);
            }
        }
        written.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: &Value) -> Result<Command, CommandError> {
        Command::try_from(value)
    }

    #[test]
    fn a_command_is_written_as_it_was_read() {
        let value = json!({"kind": "wall_show", "screen": "main", "at": {"column": 2, "row": 1},
                           "tile": {"kind": "camera", "camera": "cam-01"}, "rank": "context"});
        let command = read(&value).unwrap();
        assert_eq!(serde_json::to_value(&command).unwrap(), value);
        assert_eq!(serde_json::from_value::<Command>(value).unwrap(), command);
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_place() {
        let place = |value: Value| match read(&value) {
            Err(CommandError::Malformed { pointer, .. }) => pointer,
            other => panic!("{value}: {other:?}"),
        };
        let cell = json!({"area": {"column": 1, "row": 0}});
        assert_eq!(
            place(json!({"kind": "wall_layout", "screen": "main",
                         "layout": {"columns": 2, "rows": 2, "cells": [cell]}})),
            "/layout/cells/0/area/row"
        );
        assert_eq!(place(json!({"kind": "wall_undo", "screen": "a/b"})), "/screen");
        assert_eq!(place(json!({"kind": "wall_undo"})), "");
        let step = json!({"dwell_s": 2, "shots": []});
        assert_eq!(
            place(json!({"kind": "wall_tour_save", "tour": {"id": "t", "name": "T", "steps": [step]}})),
            "/tour/steps/0/dwell_s"
        );
    }

    #[test]
    fn a_command_without_a_known_kind_is_none() {
        assert_eq!(read(&json!([])), Err(CommandError::NoKind));
        assert_eq!(read(&json!({"kind": 3})), Err(CommandError::NoKind));
        let unknown = CommandError::UnknownKind("wall_undu".into());
        assert_eq!(read(&json!({"kind": "wall_undu", "screen": "main"})), Err(unknown));
    }
}
