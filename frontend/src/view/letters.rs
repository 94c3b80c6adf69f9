//! Dead letters as the page shows them, and the walk of a replay through many. What the server says is read leniently.

use std::collections::BTreeMap;
use std::fmt::Write;

use pantau_schemas::dead_letter::Reason;
use pantau_schemas::text::is_invisible;
use pantau_schemas::time::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Letters of one request; the server's own bound.
pub const STEP: usize = 256;
/// Characters of a culprit that are shown beside its place.
const CULPRIT: usize = 300;
/// Bytes of a line of a dump.
const LINE: usize = 16;

/// `GET /v1/dead-letters`.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct DeadLetters {
    /// Newest first.
    pub items: Vec<Letter>,
    /// There are more.
    pub next: Option<String>,
    /// How many messages of each reason wait.
    pub counts: BTreeMap<Reason, u64>,
    /// What became of all of them, by way in.
    pub sources: Vec<Account>,
    /// How many letters may wait.
    pub quota: Quota,
}

/// What became of the dead letters of one way in, in messages.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Account {
    /// The way in.
    pub source: String,
    /// They wait.
    pub waiting: u64,
    /// They were understood later.
    pub replayed: u64,
    /// They went because there were too many.
    pub dropped: u64,
}

/// How many letters may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Quota {
    /// Of one way in.
    pub per_source: u64,
    /// Of one device.
    pub per_device: u64,
}

/// One dead letter.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Letter {
    /// Its number.
    pub id: u64,
    /// When it came first.
    pub received: Option<Timestamp>,
    /// When it came last.
    pub last: Option<Timestamp>,
    /// How often it came.
    pub count: u64,
    /// The way in.
    pub source: String,
    /// The login or the sender.
    pub speaker: String,
    /// The device on whose topic it came.
    pub device: Option<String>,
    /// Topic or path.
    pub topic: String,
    /// Why.
    pub reason: Option<Reason>,
    /// JSON pointer to the culprit.
    pub pointer: String,
    /// What is wrong.
    pub detail: String,
    /// Bytes of the whole message.
    pub size: u64,
    /// Not all of them were kept.
    pub truncated: bool,
    /// How often it was replayed.
    pub tries: u64,
    /// When that was last.
    pub tried: Option<Timestamp>,
    /// When it was understood.
    pub replayed: Option<Timestamp>,
    /// The bytes, as text.
    pub raw: String,
    /// The bytes in digits, where they are no text.
    pub raw_hex: Option<String>,
}

/// Which letters are looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Only of this reason.
    pub reason: Option<Reason>,
    /// Only of this device; empty for all.
    pub device: String,
    /// Those that are dead letters no longer.
    pub replayed: bool,
}

impl Filter {
    /// Where they are read.
    #[must_use]
    pub fn path(&self, limit: u32) -> String {
        let mut path = format!("/v1/dead-letters?brief=true&limit={limit}");
        if let Some(reason) = self.reason {
            path.push_str("&reason=");
            path.push_str(reason.as_str());
        }
        if !self.device.trim().is_empty() {
            path.push_str("&device=");
            path.push_str(&encoded(self.device.trim()));
        }
        if self.replayed {
            path.push_str("&state=replayed");
        }
        path
    }

    fn body(&self, cursor: Option<&str>) -> Value {
        let mut body = Map::new();
        if let Some(reason) = self.reason {
            body.insert("reason".to_owned(), json!(reason));
        }
        if !self.device.trim().is_empty() {
            body.insert("device".to_owned(), json!(self.device.trim()));
        }
        if let Some(cursor) = cursor {
            body.insert("cursor".to_owned(), json!(cursor));
        }
        Value::Object(body)
    }
}

/// RFC 3986: everything but the unreserved characters as `%XX`.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ok = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// A replay of many, step by step: where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Walk {
    /// These letters; what is left of them.
    Chosen(Vec<u64>),
    /// All that the filter finds, from a cursor on.
    All(Filter, Option<String>),
}

impl Walk {
    /// How many letters it is, where that is known.
    #[must_use]
    pub fn total(&self) -> Option<u64> {
        match self {
            Self::Chosen(ids) => u64::try_from(ids.len()).ok(),
            Self::All(..) => None,
        }
    }

    /// What is posted for the next step.
    #[must_use]
    pub fn body(&self) -> String {
        match self {
            Self::Chosen(ids) => json!({ "ids": ids.iter().take(STEP).collect::<Vec<_>>() }).to_string(),
            Self::All(filter, cursor) => filter.body(cursor.as_deref()).to_string(),
        }
    }

    /// Goes past a step that was answered; false at the end.
    #[must_use]
    pub fn advance(&mut self, answer: &Step) -> bool {
        match self {
            Self::Chosen(ids) => {
                ids.drain(..ids.len().min(STEP));
                !ids.is_empty()
            }
            Self::All(_, cursor) => {
                cursor.clone_from(&answer.next);
                cursor.is_some()
            }
        }
    }
}

/// `POST /v1/dead-letters/replay`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Step {
    /// Letters that were understood, and said something new.
    pub stored: u64,
    /// Letters that said what was known.
    pub duplicate: u64,
    /// Letters that stay.
    pub dead_lettered: u64,
    /// Where the next step goes on.
    pub next: Option<String>,
}

/// How far a replay is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Progress {
    /// Letters it is, where that is known.
    pub total: Option<u64>,
    /// What became of those that were read.
    pub sum: Step,
    /// Whether it goes on.
    pub going: Going,
}

/// Whether a replay goes on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Going {
    /// It does.
    #[default]
    On,
    /// A person stopped it.
    Stopped,
    /// It is through.
    Over,
    /// It failed, with the server's words where it had some.
    Failed(String),
}

impl Progress {
    /// At the beginning.
    #[must_use]
    pub fn of(walk: &Walk) -> Self {
        Self { total: walk.total(), ..Self::default() }
    }

    /// With one more step.
    pub fn add(&mut self, step: &Step) {
        self.sum.stored += step.stored;
        self.sum.duplicate += step.duplicate;
        self.sum.dead_lettered += step.dead_lettered;
    }

    /// Letters that were read.
    #[must_use]
    pub fn read(&self) -> u64 {
        self.sum.stored + self.sum.duplicate + self.sum.dead_lettered
    }
}

/// A stranger's text with what has no ink written out, so that nothing hides and nothing turns a line round.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\n' | '\t') || !(c.is_control() || is_invisible(c)) {
            out.push(c);
        } else {
            // Writing to a string cannot fail.
            let _ok = write!(out, "⟨U+{:04X}⟩", u32::from(c));
        }
    }
    out
}

/// Bytes as a dump: place, digits, and what of them is ASCII.
#[must_use]
pub fn dump(digits: &str) -> String {
    let pairs = digits.as_bytes().chunks_exact(2).filter_map(|pair| std::str::from_utf8(pair).ok());
    let bytes: Vec<u8> = pairs.filter_map(|pair| u8::from_str_radix(pair, 16).ok()).collect();
    let mut out = String::with_capacity(bytes.len() * 5);
    for (line, chunk) in bytes.chunks(LINE).enumerate() {
        let _ok = write!(out, "{:06x} ", line * LINE);
        for place in 0..LINE {
            let _ok = match chunk.get(place) {
                Some(byte) => write!(out, " {byte:02x}"),
                None => write!(out, "   "),
            };
        }
        out.push_str("  ");
        let shown = |byte: &u8| if (32..127).contains(byte) { char::from(*byte) } else { '·' };
        out.extend(chunk.iter().map(shown));
        out.push('\n');
    }
    out
}

/// What stands at the place that is to blame, where the message is JSON and has that place.
#[must_use]
pub fn culprit(raw: &str, pointer: &str) -> Option<String> {
    if pointer.is_empty() {
        return None;
    }
    let value: Value = crate::json::read(raw).ok()?;
    let text = value.pointer(pointer)?.to_string();
    let mut short: String = text.chars().take(CULPRIT).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    Some(visible(&short))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_of_another_version_is_still_read() {
        let letters: DeadLetters = serde_json::from_str(
            r#"{"items":[{"id":7,"reason":"json","count":3,"novel":1}],"counts":{"json":3,"utf8":1},"next":null}"#,
        )
        .unwrap();
        assert_eq!(letters.counts.get(&Reason::Json), Some(&3));
        assert_eq!((letters.items[0].id, letters.items[0].reason), (7, Some(Reason::Json)));
    }

    #[test]
    fn a_filter_becomes_a_question_and_a_body() {
        assert_eq!(Filter::default().path(50), "/v1/dead-letters?brief=true&limit=50");
        let filter = Filter { reason: Some(Reason::UnknownDevice), device: " sen&7 ".into(), replayed: true };
        assert_eq!(
            filter.path(9),
            "/v1/dead-letters?brief=true&limit=9&reason=unknown_device&device=sen%267&state=replayed"
        );
        let body: Value = serde_json::from_str(&Walk::All(filter, Some("12".into())).body()).unwrap();
        assert_eq!(body, json!({"reason": "unknown_device", "device": "sen&7", "cursor": "12"}));
        assert_eq!(Walk::All(Filter::default(), None).body(), "{}");
    }

    #[test]
    fn a_walk_takes_every_letter_once_and_ends() {
        let mut walk = Walk::Chosen((0..600).collect());
        let mut progress = Progress::of(&walk);
        let mut seen: Vec<u64> = Vec::new();
        loop {
            let body: Value = serde_json::from_str(&walk.body()).unwrap();
            let ids: Vec<u64> = serde_json::from_value(body["ids"].clone()).unwrap();
            assert!(ids.len() <= STEP);
            let step = Step { stored: ids.len() as u64, ..Step::default() };
            seen.extend(ids);
            progress.add(&step);
            if !walk.advance(&step) {
                break;
            }
        }
        assert_eq!(seen, (0..600).collect::<Vec<_>>());
        assert_eq!((progress.read(), progress.total), (600, Some(600)));

        let mut walk = Walk::All(Filter::default(), None);
        assert!(walk.advance(&Step { next: Some("9".into()), ..Step::default() }));
        assert_eq!(walk.body(), r#"{"cursor":"9"}"#);
        assert!(!walk.advance(&Step::default()));
    }

    #[test]
    fn nothing_hides_in_what_is_shown() {
        assert_eq!(visible("a\u{202e}b\u{0}c\n\td\u{200b}"), "a⟨U+202E⟩b⟨U+0000⟩c\n\td⟨U+200B⟩");
        assert_eq!(visible("<b>é 🚧</b>"), "<b>é 🚧</b>");
    }

    #[test]
    fn bytes_are_dumped_with_their_place() {
        assert_eq!(
            dump("7b226d6163223a2261fffe00313233343536"),
            "000000  7b 22 6d 61 63 22 3a 22 61 ff fe 00 31 32 33 34  {\"mac\":\"a···1234\n\
             000010  35 36                                            56\n"
        );
        assert_eq!(dump(""), "");
    }

    #[test]
    fn the_culprit_is_shown_where_it_can_be_found() {
        let raw = r#"[{"n":"water_level","u":"V","v":1}]"#;
        assert_eq!(culprit(raw, "/0/u").as_deref(), Some("\"V\""));
        assert_eq!(culprit(raw, "/0/x"), None);
        assert_eq!(culprit(raw, ""), None);
        assert_eq!(culprit("{", "/0"), None);
        let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(900));
        assert_eq!(culprit(&long, "/a").unwrap().chars().count(), CULPRIT + 1);
    }
}
