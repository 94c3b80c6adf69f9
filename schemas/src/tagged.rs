//! Enums whose JSON says in a field what they are: `{"kind": "text", "text": "…"}`.
//!
//! serde's own `#[serde(tag = "…")]` first reads a whole object into a tree, looks for the tag in it, and then reads
//! the tree. For a snapshot that is every device of the city twice, and in the page's WebAssembly it is every type
//! twice. Here the tag is read first and the fields after it go straight into the variant. What Pantau writes has the
//! tag in front; only the server meets other orders, from clients that we did not write, and there the fields are
//! kept until the tag is found.
//!
//! An enum gets its outside by `#[serde(remote = "Self")]` and [`tagged!`]:
//!
//! ```ignore
//! #[derive(Serialize, Deserialize)]
//! #[serde(remote = "Self", rename_all = "snake_case")]
//! enum Panel { Clock, Text { text: String }, #[serde(other)] Unknown }
//! tagged!(Panel, "kind");
//! ```
//!
//! **Invariant:** the text is the one that `#[serde(tag = "…")]` writes, byte for byte: journals are hashed over it.

mod read;
mod write;

pub(crate) use read::Reading;
pub(crate) use write::Writing;

/// Gives an enum with `#[serde(remote = "Self")]` the form with the tag `$tag` in its fields.
macro_rules! tagged {
    ($type:ty, $tag:literal) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                <$type>::serialize(self, $crate::tagged::Writing::new($tag, serializer))
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <$type>::deserialize($crate::tagged::Reading::new($tag, deserializer))
            }
        }
    };
}
pub(crate) use tagged;

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    /// The same enum twice: by serde's own tag, and by ours.
    macro_rules! shapes {
        ($name:ident, $($attribute:tt)*) => {
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
            #[serde($($attribute)*, rename_all = "snake_case")]
            enum $name {
                Nothing,
                Area { width: u32, #[serde(default, skip_serializing_if = "Option::is_none")] name: Option<String> },
                Inner(Box<Inner>),
                #[serde(other)]
                Unknown,
            }
        };
    }
    shapes!(Theirs, tag = "kind");
    shapes!(Ours, remote = "Self");
    tagged!(Ours, "kind");

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Inner {
        of: Vec<f64>,
        #[serde(default)]
        more: Option<Ours>,
    }

    fn both() -> Vec<(Theirs, Ours)> {
        let inner = Box::new(Inner { of: vec![0.1, 2.5], more: Some(Ours::Nothing) });
        let name = Some(String::from("\"north\""));
        vec![
            (Theirs::Nothing, Ours::Nothing),
            (Theirs::Area { width: 3, name: None }, Ours::Area { width: 3, name: None }),
            (Theirs::Area { width: 3, name: name.clone() }, Ours::Area { width: 3, name }),
            (Theirs::Inner(inner.clone()), Ours::Inner(inner)),
            (Theirs::Unknown, Ours::Unknown),
        ]
    }

    #[test]
    fn the_text_is_the_one_of_serde_byte_for_byte() {
        for (theirs, ours) in both() {
            assert_eq!(serde_json::to_string(&ours).unwrap(), serde_json::to_string(&theirs).unwrap());
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for (theirs, ours) in both() {
            let text = serde_json::to_string(&theirs).unwrap();
            assert_eq!(serde_json::from_str::<Ours>(&text).unwrap(), ours, "{text}");
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(serde_json::from_value::<Ours>(value).unwrap(), ours, "{text}");
        }
    }

    #[test]
    fn a_tag_that_stands_later_is_found() {
        let text = r#"{"more": {"kind": "area", "width": 2}, "of": [1], "kind": "inner", "later": {"a": 1}}"#;
        let read: Ours = serde_json::from_str(text).unwrap();
        let more = Some(Ours::Area { width: 2, name: None });
        assert_eq!(read, Ours::Inner(Box::new(Inner { of: vec![1.0], more })));
        let read: Ours = serde_json::from_str(r#"{"width": 7, "kind": "area"}"#).unwrap();
        assert_eq!(read, Ours::Area { width: 7, name: None });
    }

    #[test]
    fn kinds_and_fields_of_a_newer_version_are_passed_over() {
        let cases = [
            (r#"{"kind": "globe", "radius": [1, {"x": 2}]}"#, Ours::Unknown),
            (r#"{"radius": 1, "kind": "globe"}"#, Ours::Unknown),
            (r#"{"kind": "nothing", "why": {}}"#, Ours::Nothing),
            (r#"{"kind": "area", "width": 1, "colour": "red"}"#, Ours::Area { width: 1, name: None }),
        ];
        for (text, expected) in cases {
            assert_eq!(serde_json::from_str::<Ours>(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_has_no_tag_or_a_wrong_one_is_refused_with_the_reason() {
        let cases = [
            ("{}", "missing field `kind`"),
            (r#"{"width": 3}"#, "missing field `kind`"),
            (r#"{"kind": 3}"#, "invalid type: integer `3`"),
            (r#""nothing""#, "invalid type: string \"nothing\", expected an object with the field `kind`"),
            (r#"{"kind": "area"}"#, "missing field `width`"),
            (r#"{"width": "wide", "kind": "area"}"#, "invalid type: string \"wide\", expected u32"),
            (r#"{"kind": "area", "kind": "area", "width": 1}"#, ""),
        ];
        for (text, reason) in cases {
            match serde_json::from_str::<Ours>(text) {
                Err(error) => assert!(error.to_string().starts_with(reason), "{text}: {error}"),
                // A second tag is a field that nobody knows.
                Ok(read) => assert_eq!((reason, read), ("", Ours::Area { width: 1, name: None })),
            }
        }
    }
}
