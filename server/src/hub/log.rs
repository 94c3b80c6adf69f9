//! The newest entries as text, shared by all readers.

use std::collections::VecDeque;
use std::sync::Arc;

use pantau_schemas::ids::Seq;
use pantau_store::SealedEntry;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// Text kept for readers that come back: about a quarter of a million entries. Oldest dropped first; whoever
/// needs them gets a snapshot instead.
pub(super) const MAX_BYTES: usize = 64 * 1024 * 1024;
/// Entries in one message; a reader far behind gets several.
const MAX_ENTRIES: usize = 1_000;
/// Entries after a snapshot that are cheaper to send than a new snapshot is to make.
const CLOSE: u64 = 2_000;

const HEAD: &str = r#"{"type":"entries","entries":["#;
const TAIL: &str = "]}";

/// Entries in the order of the journal, in frames that are messages already.
#[derive(Debug, Default)]
pub(super) struct Log {
    frames: VecDeque<Frame>,
    bytes: usize,
    /// The entry before the first frame.
    floor: Seq,
    last: Seq,
}

#[derive(Debug)]
struct Frame {
    first: Seq,
    last: Seq,
    text: Utf8Bytes,
    entries: Vec<Arc<SealedEntry>>,
}

impl Log {
    pub(super) fn starting_at(seq: Seq) -> Self {
        Self { floor: seq, last: seq, ..Self::default() }
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn push(&mut self, entries: &[Arc<SealedEntry>]) {
        for chunk in entries.chunks(MAX_ENTRIES) {
            let (Some(first), Some(last)) = (chunk.first(), chunk.last()) else { continue };
            let text = message(chunk.iter());
            self.bytes += text.len() * 2;
            self.last = last.entry.seq;
            self.frames.push_back(Frame {
                first: first.entry.seq,
                last: last.entry.seq,
                text,
                entries: chunk.to_vec(),
            });
        }
        while self.bytes > MAX_BYTES && self.frames.len() > 1 {
            if let Some(gone) = self.frames.pop_front() {
                self.bytes -= gone.text.len() * 2;
                self.floor = gone.last;
            }
        }
    }

    /// A reader that has `seq` can go on from the log.
    pub(super) fn reaches(&self, seq: Seq) -> bool {
        seq >= self.floor && seq <= self.last
    }

    /// A reader that has `seq` is better off with the entries since than with a new snapshot.
    pub(super) fn follows_closely(&self, seq: Seq) -> bool {
        self.reaches(seq) && self.last.0 - seq.0 <= CLOSE
    }

    /// Appends the messages after `seq`; returns the last entry in them.
    pub(super) fn after(&self, seq: Seq, out: &mut Vec<Utf8Bytes>) -> Seq {
        if seq >= self.last {
            return seq;
        }
        let from = self.frames.partition_point(|frame| frame.last <= seq);
        for frame in self.frames.iter().skip(from) {
            if frame.first > seq {
                out.push(frame.text.clone());
            } else {
                out.push(message(frame.entries.iter().filter(|sealed| sealed.entry.seq > seq)));
            }
        }
        self.last
    }
}

/// `{"type":"entries","entries":[…]}`: each entry is its canonical text with its hash put in.
fn message<'a>(entries: impl Iterator<Item = &'a Arc<SealedEntry>>) -> Utf8Bytes {
    let mut text = String::with_capacity(1_024);
    text.push_str(HEAD);
    for (index, sealed) in entries.enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(sealed.text.strip_suffix('}').unwrap_or(&sealed.text));
        text.push_str(",\"hash\":\"");
        text.push_str(&sealed.entry.hash.to_string());
        text.push_str("\"}");
    }
    text.push_str(TAIL);
    Utf8Bytes::from(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pantau_schemas::entry::{Actor, Cause, Change, Entry};
    use pantau_schemas::hash::Hash;
    use pantau_schemas::time::Timestamp;
    use pantau_schemas::wire::LiveMessage;

    fn journal(count: u64) -> Vec<Arc<SealedEntry>> {
        let mut hash = Hash::ZERO;
        (1..=count)
            .map(|seq| {
                let change = Change::ServerStarted { build: format!("b{seq}") };
                let (entry, text) =
                    Entry::seal(Seq(seq), Timestamp::EPOCH, Actor::system(), Cause::Start, change, &hash)
                        .unwrap();
                hash = entry.hash;
                Arc::new(SealedEntry { entry, text })
            })
            .collect()
    }

    fn read(texts: &[Utf8Bytes]) -> Vec<Entry> {
        texts
            .iter()
            .flat_map(|text| match serde_json::from_str(text).unwrap() {
                LiveMessage::Entries { entries } => entries,
                other => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn a_reader_gets_every_entry_after_its_own_exactly_once() {
        let journal = journal(2_500);
        let mut log = Log::default();
        log.push(&journal[..1]);
        log.push(&journal[1..2_400]);
        log.push(&journal[2_400..]);
        for from in [0, 1, 500, 2_399, 2_499, 2_500] {
            let mut texts = Vec::new();
            assert_eq!(log.after(Seq(from), &mut texts), Seq(2_500));
            let got = read(&texts);
            let wanted: Vec<Entry> =
                journal.iter().skip(from as usize).map(|sealed| sealed.entry.clone()).collect();
            assert_eq!(got, wanted, "from {from}");
        }
    }

    #[test]
    fn what_the_log_forgot_needs_a_snapshot() {
        let journal = journal(3_000);
        let mut log = Log::default();
        log.push(&journal[..1_000]);
        log.bytes += MAX_BYTES;
        log.push(&journal[1_000..]);
        assert!(!log.reaches(Seq(999)) && log.reaches(Seq(2_500)), "floor {:?}", log.floor);
    }
}
