//! Newest values, one slot per series, told in numbered windows.
//!
//! Window 0 is "never told anything". A reader that has seen every window but the last gets the window's
//! shared text; one that missed some gets a text with everything that changed since: newest values only, however
//! long it was away. Readers that are equally late share that text too: when the machine is busy all are late, and a text
//! for each of them would make it busier still.

use std::collections::{HashMap, HashSet};

use pantau_schemas::ids::SeriesId;
use pantau_schemas::time::Timestamp;
use pantau_schemas::wire::Head;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// Values in one message.
const MAX_HEADS: usize = 5_000;

/// Different lags whose texts are kept; each may hold every series once.
const MAX_LATE: usize = 4;

/// A newer value of a series. The first one of a slot brings its name.
#[derive(Debug)]
pub(crate) struct HeadUpdate {
    pub(crate) slot: u32,
    pub(crate) time: Timestamp,
    pub(crate) value: f64,
    pub(crate) series: Option<SeriesId>,
}

#[derive(Debug, Default)]
pub(super) struct Heads {
    slots: Vec<Slot>,
    index: HashMap<SeriesId, u32>,
    /// Slots that changed since the last window was closed.
    dirty: Vec<u32>,
    window: u64,
    shared: Vec<Utf8Bytes>,
    /// Texts of this window for readers that missed some, by the last window they saw; at most [`MAX_LATE`].
    late: HashMap<u64, Vec<Utf8Bytes>>,
}

#[derive(Debug)]
struct Slot {
    head: Head,
    /// The window in which it changed last.
    window: u64,
    dirty: bool,
}

impl Heads {
    pub(super) fn recovered(heads: &[Head]) -> Self {
        let slots = heads.iter().map(|head| Slot { head: head.clone(), window: 1, dirty: false }).collect();
        let index = heads.iter().zip(0u32..).map(|(head, slot)| (head.series.clone(), slot)).collect();
        Self { slots, index, dirty: Vec::new(), window: 1, shared: Vec::new(), late: HashMap::new() }
    }

    pub(super) fn put(&mut self, update: HeadUpdate) {
        if let Some(series) = update.series {
            self.index.insert(series.clone(), update.slot);
            let head = Head { series, time: update.time, value: update.value };
            self.slots.push(Slot { head, window: 0, dirty: true });
            self.dirty.push(update.slot);
            return;
        }
        let Some(slot) = self.slots.get_mut(update.slot as usize) else { return };
        slot.head.time = update.time;
        slot.head.value = update.value;
        if !slot.dirty {
            slot.dirty = true;
            self.dirty.push(update.slot);
        }
    }

    /// Some values were not told yet.
    pub(super) fn waits(&self) -> bool {
        !self.dirty.is_empty()
    }

    /// Closes the window: what changed gets its number and its shared text. False when nothing changed.
    pub(super) fn close_window(&mut self) -> bool {
        if self.dirty.is_empty() {
            return false;
        }
        self.window += 1;
        let window = self.window;
        let dirty = std::mem::take(&mut self.dirty);
        for slot in &dirty {
            if let Some(slot) = self.slots.get_mut(*slot as usize) {
                slot.window = window;
                slot.dirty = false;
            }
        }
        self.late.clear();
        self.shared = messages(dirty.iter().filter_map(|slot| self.slots.get(*slot as usize)));
        true
    }

    /// Appends what a reader who saw `seen` has not been told; `seen` moves to the present.
    pub(super) fn news(
        &mut self,
        watch: Option<&HashSet<SeriesId>>,
        seen: &mut u64,
        out: &mut Vec<Utf8Bytes>,
    ) {
        let since = std::mem::replace(seen, self.window);
        if since >= self.window {
            return;
        }
        match watch {
            None if since != 0 && since + 1 == self.window => out.extend(self.shared.iter().cloned()),
            None => {
                if self.late.len() >= MAX_LATE && !self.late.contains_key(&since) {
                    self.late.clear();
                }
                let slots = &self.slots;
                let late = self.late.entry(since);
                let texts = late.or_insert_with(|| messages(slots.iter().filter(|slot| slot.window > since)));
                out.extend(texts.iter().cloned());
            }
            Some(watched) => {
                let mut slots: Vec<u32> =
                    watched.iter().filter_map(|series| self.index.get(series).copied()).collect();
                slots.sort_unstable();
                let slots = slots.iter().filter_map(|slot| self.slots.get(*slot as usize));
                out.extend(messages(slots.filter(|slot| slot.window > since)));
            }
        }
    }

    pub(super) fn all(&self, device: Option<&str>) -> Vec<Head> {
        self.slots
            .iter()
            .map(|slot| &slot.head)
            .filter(|head| device.is_none_or(|device| head.series.device() == device))
            .cloned()
            .collect()
    }
}

/// `{"type":"heads","heads":[["ap-01/clients","2026-…Z",3.0],…]}`
fn messages<'a>(slots: impl Iterator<Item = &'a Slot>) -> Vec<Utf8Bytes> {
    const HEAD: &str = r#"{"type":"heads","heads":["#;
    let mut out = Vec::new();
    let mut text = Vec::new();
    let mut count = 0;
    let mut close = |text: &mut Vec<u8>| {
        text.extend_from_slice(b"]}");
        // serde_json writes UTF-8 only.
        out.extend(String::from_utf8(std::mem::take(text)).map(Utf8Bytes::from));
    };
    for slot in slots {
        text.extend_from_slice(if count == 0 { HEAD.as_bytes() } else { b"," });
        // A series name and a finite number always have a JSON form, and a Vec always takes it.
        if serde_json::to_writer(&mut text, &slot.head).is_err() {
            continue;
        }
        count += 1;
        if count == MAX_HEADS {
            close(&mut text);
            count = 0;
        }
    }
    if count > 0 {
        close(&mut text);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use pantau_schemas::wire::LiveMessage;

    fn series(slot: u32) -> SeriesId {
        SeriesId::new(&format!("ap-{slot}/clients")).unwrap()
    }

    fn put(heads: &mut Heads, slot: u32, value: f64) {
        let name = (slot as usize >= heads.slots.len()).then(|| series(slot));
        heads.put(HeadUpdate { slot, time: Timestamp::EPOCH, value, series: name });
    }

    fn read(heads: &mut Heads, watch: Option<&HashSet<SeriesId>>, seen: &mut u64) -> Vec<(String, f64)> {
        let mut texts = Vec::new();
        heads.news(watch, seen, &mut texts);
        let mut all: Vec<(String, f64)> = texts
            .iter()
            .flat_map(|text| match serde_json::from_str(text).unwrap() {
                LiveMessage::Heads { heads } => heads,
                other => panic!("{other:?}"),
            })
            .map(|head| (head.series.to_string(), head.value))
            .collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }

    #[test]
    fn a_reader_that_was_away_gets_the_newest_value_and_not_a_queue() {
        let mut heads = Heads::default();
        put(&mut heads, 0, 1.0);
        heads.close_window();
        let (mut quick, mut slow) = (0, 0);
        assert_eq!(read(&mut heads, None, &mut quick), [("ap-0/clients".to_owned(), 1.0)]);
        assert_eq!(read(&mut heads, None, &mut slow).len(), 1);
        for value in 2..10 {
            put(&mut heads, 0, f64::from(value));
            put(&mut heads, 1, f64::from(value));
            assert!(heads.close_window());
            assert_eq!(read(&mut heads, None, &mut quick).len(), 2);
        }
        assert_eq!(read(&mut heads, None, &mut quick), []);
        assert_eq!(
            read(&mut heads, None, &mut slow),
            [("ap-0/clients".to_owned(), 9.0), ("ap-1/clients".to_owned(), 9.0)]
        );
    }

    #[test]
    fn a_reader_that_watches_one_series_gets_no_other() {
        let mut heads = Heads::default();
        put(&mut heads, 0, 1.0);
        put(&mut heads, 1, 2.0);
        heads.close_window();
        let watch = HashSet::from([series(1), series(7)]);
        let mut seen = 0;
        assert_eq!(read(&mut heads, Some(&watch), &mut seen), [("ap-1/clients".to_owned(), 2.0)]);
        put(&mut heads, 0, 3.0);
        heads.close_window();
        assert_eq!(read(&mut heads, Some(&watch), &mut seen), []);
    }
}
