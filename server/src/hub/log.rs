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
    /// Where each entry begins in the text: a reader that has some of them gets the rest.
    starts: Box<[u32]>,
}

/// Memory of a frame beside its text and its starts.
const FRAME_OVERHEAD: usize = 128;

impl Frame {
    fn bytes(&self) -> usize {
        self.text.len() + self.starts.len() * size_of::<u32>() + FRAME_OVERHEAD
    }

    /// The message of the entries after `seq`.
    fn after(&self, seq: Seq) -> Utf8Bytes {
        if self.first > seq {
            return self.text.clone();
        }
        let had = usize::try_from(seq.0 - self.first.0).unwrap_or(usize::MAX).saturating_add(1);
        let start = self.starts.get(had).and_then(|start| usize::try_from(*start).ok());
        let rest = start.and_then(|start| self.text.get(start..)).unwrap_or(TAIL);
        Utf8Bytes::from(format!("{HEAD}{rest}"))
    }
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
            let frame = frame(first.entry.seq, last.entry.seq, chunk);
            self.bytes += frame.bytes();
            self.last = frame.last;
            self.frames.push_back(frame);
        }
        while self.bytes > MAX_BYTES && self.frames.len() > 1 {
            if let Some(gone) = self.frames.pop_front() {
                self.bytes -= gone.bytes();
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
        out.extend(self.frames.iter().skip(from).map(|frame| frame.after(seq)));
        self.last
    }
}

/// `{"type":"entries","entries":[…]}`: each entry is its canonical text with its hash put in.
fn frame(first: Seq, last: Seq, entries: &[Arc<SealedEntry>]) -> Frame {
    let mut text = String::with_capacity(1_024);
    let mut starts = Vec::with_capacity(entries.len());
    text.push_str(HEAD);
    for (index, sealed) in entries.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        starts.push(u32::try_from(text.len()).unwrap_or(u32::MAX));
        text.push_str(sealed.text.strip_suffix('}').unwrap_or(&sealed.text));
        text.push_str(",\"hash\":\"");
        text.push_str(&sealed.entry.hash.to_string());
        text.push_str("\"}");
    }
    text.push_str(TAIL);
    text.shrink_to_fit();
    Frame { first, last, text: Utf8Bytes::from(text), starts: starts.into_boxed_slice() }
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
