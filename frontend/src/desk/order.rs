//! Commands on their way, and what became of the last ones.
//!
//! One command is under way at a time, so that they arrive in the order in which they were given; at most
//! [`MAX_WAITING`] wait, one more is refused here. An answer that was lost is asked for again with the same id, which
//! the server answers the same; after [`TRIES`] attempts the person is told.

use std::collections::VecDeque;

use pantau_schemas::ids::{ScreenId, Seq};
use pantau_schemas::wall::At;
use serde_json::Value;

use crate::json;

/// Commands that may wait behind the one under way.
pub const MAX_WAITING: usize = 8;
/// Lines that are remembered; only those that are over are forgotten.
const MAX_LINES: usize = 12;
/// Waits between the attempts, ms: half a minute in all, a restart of the server included.
const WAITS_MS: [u32; 8] = [250, 500, 1_000, 2_000, 4_000, 6_000, 8_000, 8_000];
/// How often a command is sent.
pub const TRIES: usize = WAITS_MS.len() + 1;

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Carried out; durable up to the last entry that it made. `None`: it was so already.
    Done {
        /// Its last entry.
        seq: Option<Seq>,
        /// What the server warns of, in the page's language.
        warnings: Vec<String>,
    },
    /// The server says no, in the page's language.
    Refused(String),
    /// No answer, however often it was sent.
    Unanswered,
}

/// Where a line stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It waits for the one before.
    Waiting,
    /// It was sent so many times.
    Sent(usize),
    /// It is over.
    Over(Outcome),
    /// No command, but something that the person should know.
    Note,
}

/// A command, or a note, as a person reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number, counting from 1.
    pub number: u32,
    /// What it is, in the page's language.
    pub words: String,
    /// The cell that it is about.
    pub at: Option<(ScreenId, At)>,
    /// Where it stands.
    pub state: State,
    /// What is posted.
    body: String,
}

impl Line {
    /// Nobody knows yet what becomes of it, or it is not durable yet at this browser's word.
    #[must_use]
    pub fn is_open(&self, settled: Seq) -> bool {
        match &self.state {
            State::Waiting | State::Sent(_) => true,
            State::Over(Outcome::Done { seq: Some(seq), .. }) => *seq > settled,
            State::Over(_) | State::Note => false,
        }
    }
}

/// The newest commands, newest last.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Orders {
    lines: VecDeque<Line>,
    last: u32,
}

/// More commands wait than anybody gave on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany;

impl Orders {
    /// The newest lines, newest last.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &Line> {
        self.lines.iter()
    }

    /// Another command, to be posted as `body`.
    ///
    /// # Errors
    /// [`TooMany`] when [`MAX_WAITING`] wait already.
    pub fn give(&mut self, words: String, at: Option<(ScreenId, At)>, body: String) -> Result<(), TooMany> {
        if self.lines.iter().filter(|line| line.state == State::Waiting).count() >= MAX_WAITING {
            return Err(TooMany);
        }
        self.add(words, at, body, State::Waiting);
        Ok(())
    }

    /// Something that the person should know.
    pub fn note(&mut self, words: String) {
        self.add(words, None, String::new(), State::Note);
    }

    fn add(&mut self, words: String, at: Option<(ScreenId, At)>, body: String, state: State) {
        self.last = self.last.wrapping_add(1);
        self.lines.push_back(Line { number: self.last, words, at, state, body });
        let over = |line: &Line| matches!(line.state, State::Over(_) | State::Note);
        while self.lines.len() > MAX_LINES {
            let Some(oldest) = self.lines.iter().position(over) else { return };
            self.lines.remove(oldest);
        }
    }

    /// Takes the next command that waits: its number and its body.
    pub fn take(&mut self) -> Option<(u32, String)> {
        let line = self.lines.iter_mut().find(|line| line.state == State::Waiting)?;
        line.state = State::Sent(1);
        Some((line.number, line.body.clone()))
    }

    /// Where a line stands now.
    pub fn is(&mut self, number: u32, state: State) {
        if let Some(line) = self.lines.iter_mut().find(|line| line.number == number) {
            line.state = state;
        }
    }
}

/// What to do after an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Send it again, after so many milliseconds.
    Again(u32),
    /// It is over.
    Over(Outcome),
}

/// What follows from the answer to the attempt with this number, from 1: status and body, or `None` when there was
/// no answer.
#[must_use]
pub fn after(answer: Option<(u16, &str)>, attempt: usize) -> Next {
    let again = || {
        let wait = WAITS_MS.get(attempt.saturating_sub(1));
        wait.map_or(Next::Over(Outcome::Unanswered), |wait| Next::Again(*wait))
    };
    let Some((status, body)) = answer else { return again() };
    let said: Value = json::read(body).unwrap_or(Value::Null);
    match status {
        200 => Next::Over(done(&said)),
        // Not now: the store is down, the server begins, a proxy stands before it.
        408 | 425 | 429 | 500 | 502..=504 => again(),
        status => {
            let detail = said.get("detail").or_else(|| said.get("title")).and_then(Value::as_str);
            Next::Over(Outcome::Refused(detail.map_or_else(|| status.to_string(), str::to_owned)))
        }
    }
}

fn done(said: &Value) -> Outcome {
    let list = |key: &str| said.get(key).and_then(Value::as_array).into_iter().flatten();
    let seq = list("entries").filter_map(|entry| entry.get("seq")?.as_u64()).max().map(Seq);
    let warnings = list("warnings").filter_map(|warning| warning.get("text")?.as_str().map(str::to_owned));
    Outcome::Done { seq, warnings: warnings.collect() }
}

/// A random UUID (version 4) of these bytes: the idempotency key.
#[must_use]
pub fn uuid(mut bytes: [u8; 16]) -> String {
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for nibble in [byte >> 4, byte & 0x0f] {
            text.extend(char::from_digit(u32::from(nibble), 16));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use pantau_schemas::ids::CommandId;

    #[test]
    fn a_lost_answer_is_asked_for_again_and_not_for_ever() {
        let mut waited = 0;
        for attempt in 1..TRIES {
            for lost in [None, Some((503, "{}")), Some((502, "<html>"))] {
                assert!(matches!(after(lost, attempt), Next::Again(_)), "{attempt}");
            }
            if let Next::Again(ms) = after(None, attempt) {
                waited += ms;
            }
        }
        assert!((20_000..60_000).contains(&waited), "long enough for a restart: {waited}");
        assert_eq!(after(None, TRIES), Next::Over(Outcome::Unanswered));
        assert_eq!(after(Some((503, "")), TRIES), Next::Over(Outcome::Unanswered));
    }

    #[test]
    fn the_servers_words_reach_the_person() {
        let refused = r#"{"type":"urn:pantau:problem:pinned","detail":"sel ini disematkan"}"#;
        assert_eq!(after(Some((422, refused)), 1), Next::Over(Outcome::Refused("sel ini disematkan".into())));
        assert_eq!(after(Some((413, "")), 1), Next::Over(Outcome::Refused("413".into())));
        let heavy =
            r#"{"entries":[{"seq":7},{"seq":9}],"warnings":[{"code":"many-moving","text":"10 bergerak"}]}"#;
        let done = Outcome::Done { seq: Some(Seq(9)), warnings: vec!["10 bergerak".into()] };
        assert_eq!(after(Some((200, heavy)), 3), Next::Over(done));
        let same = Outcome::Done { seq: None, warnings: Vec::new() };
        assert_eq!(after(Some((200, r#"{"entries":[]}"#)), 1), Next::Over(same));
    }

    #[test]
    fn it_is_saved_when_the_journal_is_durable_up_to_it() {
        let mut orders = Orders::default();
        orders.give("a".into(), None, "{}".into()).unwrap();
        let open = |orders: &Orders, settled| orders.lines().next().unwrap().is_open(Seq(settled));
        assert!(open(&orders, 99));
        let (number, _) = orders.take().unwrap();
        assert!(open(&orders, 99));
        orders.is(number, State::Over(Outcome::Done { seq: Some(Seq(9)), warnings: Vec::new() }));
        assert!(open(&orders, 8) && !open(&orders, 9));
    }

    #[test]
    fn commands_go_in_their_order_and_few_wait() {
        let mut orders = Orders::default();
        for n in 0..MAX_WAITING {
            orders.give(n.to_string(), None, n.to_string()).unwrap();
        }
        assert_eq!(orders.give("more".into(), None, String::new()), Err(TooMany));
        let bodies: Vec<String> = std::iter::from_fn(|| orders.take().map(|(_, body)| body)).collect();
        assert_eq!(bodies, ["0", "1", "2", "3", "4", "5", "6", "7"]);
        for n in 0..40 {
            orders.note(n.to_string());
        }
        let open = orders.lines().filter(|line| line.is_open(Seq(0))).count();
        assert_eq!(
            (open, orders.lines().count()),
            (MAX_WAITING, MAX_LINES),
            "what is under way is not forgotten"
        );
    }

    #[test]
    fn a_key_is_one_that_the_server_takes() {
        let key = uuid([0xff; 16]);
        assert_eq!(key, "ffffffff-ffff-4fff-bfff-ffffffffffff");
        CommandId::new(&key).unwrap();
        CommandId::new(&uuid([0; 16])).unwrap();
    }
}
