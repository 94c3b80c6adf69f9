//! What is read is what `serde_json` reads.

use std::path::Path;

use pantau_schemas::media::{MediaNotice, MediaRequest};
use pantau_schemas::wire::LiveMessage;
use proptest::prelude::*;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value};

use super::{NotJson, read};
use crate::media::message::{Command, Reply};

/// Everything that JSON can hold.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter_map("JSON has no infinity", |x| Number::from_f64(x).map(Value::Number)),
        any::<String>().prop_map(Value::String),
    ];
    leaf.prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::Array),
            prop::collection::vec((any::<String>(), inner), 0..8)
                .prop_map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// Pieces that JSON is made of, and some that it is not.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\"a\"",
        "\\",
        "\\u",
        "\\ud83d",
        "\\ude00",
        "00e9",
        "\\n",
        "é",
        "\t",
        " ",
        "\n",
        "true",
        "false",
        "null",
        "nul",
        "0",
        "-",
        "-0",
        "01",
        "1",
        ".5",
        "5.",
        "1.5",
        "e",
        "E+2",
        "e400",
        "e-400",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775808",
        "-9223372036854775809",
        "\u{1}",
    ]);
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn every_value_is_read_as_it_was_written(value in value()) {
        let text = serde_json::to_string(&value).unwrap();
        prop_assert_eq!(read::<Value>(&text), Ok(value.clone()));
        let text = serde_json::to_string_pretty(&value).unwrap();
        prop_assert_eq!(read::<Value>(&text), Ok(value));
    }

    #[test]
    fn a_text_is_read_or_refused_as_serde_json_does(text in pieces()) {
        prop_assert_eq!(read::<Value>(&text).ok(), serde_json::from_str::<Value>(&text).ok(), "{}", text);
    }

    #[test]
    fn a_torn_message_is_refused(cut in 0_usize..4_000) {
        let text = fixture("live_message/snapshot.json");
        if let Some(torn) = text.trim_end().get(..cut).filter(|torn| torn.len() < text.trim_end().len()) {
            prop_assert!(read::<LiveMessage>(torn).is_err());
        }
    }
}

fn fixture(path: &str) -> String {
    std::fs::read_to_string(folder().join(path)).unwrap()
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/fixtures/v1")
}

/// Every sample of a folder is read by both readers alike; says how many there are.
fn agree<T: DeserializeOwned + PartialEq + std::fmt::Debug>(samples: &str) -> usize {
    let files = std::fs::read_dir(folder().join(samples)).unwrap();
    let texts = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    texts
        .inspect(|text| assert_eq!(read::<T>(text).unwrap(), serde_json::from_str(text).unwrap(), "{text}"))
        .count()
}

#[test]
fn every_sample_of_the_wire_is_read() {
    assert!(agree::<LiveMessage>("live_message") >= 8);
    assert!(agree::<MediaNotice>("media_notice") >= 6);
    assert!(agree::<MediaRequest>("media_request") >= 3);
    assert!(agree::<pantau_schemas::entry::Entry>("screen_entry") >= 4);
}

#[test]
fn page_and_worker_understand_each_other() {
    let said = [
        r#"{"tiles":{"tiles":[{"tile":1,"camera":"cam-1","width":640,"height":360,"priority":"focus"}]}}"#,
        r#"{"shown":{"tile":1,"sequence":7,"capture_us":-1}}"#,
        r#"{"player":{"player":"webcodecs"}}"#,
    ];
    for text in said {
        assert_eq!(read::<Command>(text).ok(), serde_json::from_str(text).ok(), "{text}");
    }
    assert_eq!(read::<Reply>("\"ready\""), Ok(Reply::Ready));
    assert_eq!(read::<Reply>("\"report\""), Err(NotJson), "a variant without its content");
    assert_eq!(read::<Reply>("{\"ready\":null}"), Ok(Reply::Ready));
}

#[test]
fn lists_inside_each_other_end_where_serde_json_ends_them() {
    for depth in [1, 127, 128, 10_000] {
        let text = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(read::<Value>(&text).is_ok(), depth < 128, "{depth}");
        assert_eq!(serde_json::from_str::<Value>(&text).is_ok(), depth < 128, "{depth}");
        // What nobody wants is bounded too: it costs stack as well.
        assert_eq!(read::<Little>(&format!("{{\"other\":{text}}}")).is_ok(), depth < 127, "{depth}");
    }
}

#[derive(Debug, PartialEq, Default, Deserialize)]
#[serde(default)]
struct Little {
    small: u8,
    word: Option<String>,
}

#[test]
fn what_does_not_fit_is_refused_and_what_is_unknown_is_passed_over() {
    let known = |small, word: Option<&str>| Ok(Little { small, word: word.map(str::to_owned) });
    let cases = [
        (r#"{"small": 255, "word": "\u00e9\n"}"#, known(255, Some("é\n"))),
        (r#"{"small": 256}"#, Err(NotJson)),
        (r#"{"small": -1}"#, Err(NotJson)),
        (r#"{"small": 1.0}"#, Err(NotJson)),
        (r#"{"small": "1"}"#, Err(NotJson)),
        (r#"{"word": null, "later": {"a": [1, {"b": "\\\""}], "c": -1e9}}"#, known(0, None)),
        (r#"{"small": 1, "small": 2}"#, Err(NotJson)),
        (r#"{"small": 1,}"#, Err(NotJson)),
        (r#"{"small" 1}"#, Err(NotJson)),
        (r#"{small: 1}"#, Err(NotJson)),
        (r#"{} {}"#, Err(NotJson)),
        ("", Err(NotJson)),
    ];
    for (text, expected) in cases {
        assert_eq!(read::<Little>(text), expected, "{text}");
    }
}
