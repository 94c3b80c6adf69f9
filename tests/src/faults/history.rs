//! What was asked of the server and what it promised, in order: the generator's diary.
//!
//! An operation is invoked, perhaps several times, and ends as acknowledged, refused, or unknown (the answer did not
//! come). Every line goes to a file at once, so that a run that fails can be read afterwards.

use std::fmt;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context;
use serde_json::json;
use tokio::time::Instant;

/// One thing that somebody wants kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A numbered reading of a sensor.
    Reading {
        /// Which sensor.
        device: &'static str,
        /// Which reading.
        number: u32,
    },
    /// A reading that was acknowledged already, sent again as brokers and devices do.
    Repeat {
        /// Which sensor.
        device: &'static str,
        /// Which reading.
        number: u32,
    },
    /// A message that nobody can use, with a mark to find it by.
    Poison {
        /// Whose.
        device: &'static str,
        /// The mark.
        mark: String,
        /// Why not, in the server's word.
        reason: &'static str,
    },
    /// How a device says it is.
    State,
    /// A complaint, by its ticket.
    Event {
        /// The ticket.
        ticket: String,
    },
    /// A complaint signed by somebody who may not.
    Forged {
        /// The ticket.
        ticket: String,
    },
    /// A complaint of somebody who sends too many: it may be refused, and is then nowhere.
    Flood {
        /// The ticket.
        ticket: String,
    },
    /// A command, by its id.
    Command {
        /// The id.
        id: String,
    },
}

impl What {
    /// Whether it is an MQTT message.
    #[must_use]
    pub const fn is_message(&self) -> bool {
        matches!(self, Self::Reading { .. } | Self::Repeat { .. } | Self::Poison { .. } | Self::State)
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reading { device, number } => write!(f, "reading {number} of {device}"),
            Self::Repeat { device, number } => write!(f, "reading {number} of {device} again"),
            Self::Poison { mark, reason, .. } => write!(f, "useless message {mark} ({reason})"),
            Self::State => f.write_str("state"),
            Self::Event { ticket } => write!(f, "complaint {ticket}"),
            Self::Forged { ticket } => write!(f, "forged complaint {ticket}"),
            Self::Flood { ticket } => write!(f, "complaint {ticket} of a flood"),
            Self::Command { id } => write!(f, "command {id}"),
        }
    }
}

/// How an operation stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Invoked, and not answered (yet).
    Unknown,
    /// Acknowledged: it must be there.
    Ok,
    /// Refused: the answer said so.
    Failed,
}

/// An operation.
#[derive(Debug, Clone)]
pub struct Op {
    /// What.
    pub what: What,
    /// How it stands.
    pub fate: Fate,
}

/// The place of an operation in the history.
pub type OpId = usize;

/// The diary, shared by everybody who writes into it.
#[derive(Debug, Clone)]
pub struct History(Arc<Mutex<Book>>);

#[derive(Debug)]
struct Book {
    ops: Vec<Op>,
    file: BufWriter<File>,
    path: PathBuf,
    began: Instant,
}

impl History {
    /// An empty one in this folder.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn begin(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("history.jsonl");
        let file = BufWriter::new(File::create(&path).context("failed to make the history's file")?);
        Ok(Self(Arc::new(Mutex::new(Book { ops: Vec::new(), file, path, began: Instant::now() }))))
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something is asked for the first time.
    #[must_use]
    pub fn invoke(&self, what: What) -> OpId {
        let mut book = self.book();
        let id = book.ops.len();
        book.line(id, "invoke", &what.to_string());
        book.ops.push(Op { what, fate: Fate::Unknown });
        id
    }

    /// The same is asked again.
    pub fn again(&self, id: OpId) {
        self.book().line(id, "again", "");
    }

    /// It was acknowledged.
    pub fn ok(&self, id: OpId) {
        self.end(id, Fate::Ok, "ok", "");
    }

    /// It was refused.
    pub fn failed(&self, id: OpId, why: &str) {
        self.end(id, Fate::Failed, "fail", why);
    }

    /// No answer came.
    pub fn unknown(&self, id: OpId, why: &str) {
        self.book().line(id, "unknown", why);
    }

    /// Somebody hurt the city, or stopped doing so.
    pub fn note(&self, text: &str) {
        let mut book = self.book();
        let at = book.began.elapsed().as_millis();
        let line = json!({ "at_ms": u64::try_from(at).unwrap_or(u64::MAX), "nemesis": text });
        book.write(&line);
    }

    fn end(&self, id: OpId, fate: Fate, word: &str, why: &str) {
        let mut book = self.book();
        book.line(id, word, why);
        if let Some(op) = book.ops.get_mut(id) {
            op.fate = fate;
        }
    }

    /// How many operations of a kind there were so far, and how many of them are acknowledged.
    #[must_use]
    pub fn tally(&self, kind: impl Fn(&What) -> bool) -> (usize, usize) {
        let book = self.book();
        let of_kind = book.ops.iter().filter(|op| kind(&op.what));
        of_kind.fold((0, 0), |(all, ok), op| (all + 1, ok + usize::from(op.fate == Fate::Ok)))
    }

    /// Every operation so far.
    #[must_use]
    pub fn ops(&self) -> Vec<Op> {
        self.book().ops.clone()
    }

    /// The file, with everything in it.
    ///
    /// # Errors
    /// The disk is full.
    pub fn file(&self) -> anyhow::Result<PathBuf> {
        let mut book = self.book();
        book.file.flush().context("failed to write the history")?;
        Ok(book.path.clone())
    }
}

impl Book {
    /// Three of them a message, a thousand messages a second: written without a tree of values.
    fn line(&mut self, id: OpId, word: &str, more: &str) {
        let at = self.began.elapsed().as_millis();
        let more = serde_json::to_string(more).unwrap_or_default();
        // The history is read from memory; its file is for people.
        let _best_effort = writeln!(self.file, r#"{{"at_ms":{at},"op":{id},"is":"{word}","what":{more}}}"#);
    }

    fn write(&mut self, line: &serde_json::Value) {
        // The history is read from memory; its file is for people.
        let _best_effort = writeln!(self.file, "{line}");
    }
}
