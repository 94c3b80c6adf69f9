//! The judge: what was promised, held against what is there. Knows nothing of how the city was hurt.
//!
//! | invariant | how it is checked |
//! |---|---|
//! | I1 acknowledged ⊆ durable | every reading, complaint, command and dead letter that was acknowledged is in the store |
//! | I2 each once | one entry a ticket, one set of entries a command, one row a reading; nothing that nobody sent |
//! | I3 order per device | readings come back in the order in which they were measured |
//! | I4 a screen that comes back ends equal | its World is the journal's at its entry, and so is a fresh one's |
//! | I6 the audit chain | walked entry by entry from zero; what a screen was told is durable is in it, byte for byte |
//! | I8 clocks unchanged by restarts | the World of the server is the replay of the journal from zero |
//! | I10 memory below its limit | the largest resident size seen |
//! | I11 fail closed | nothing forged was ever taken |
//! | I12 counters monotone | read all the time, over every restart; their sum holds in every reading |
//!
//! I5 (the age of pictures) is shown by the tests of the wall; I7 and I9 speak of alarms, which there are none of
//! yet.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;

use pantau_schemas::entry::{Cause, Change, Entry};
use pantau_schemas::hash::Hash;
use pantau_schemas::ids::Seq;
use pantau_schemas::world::World;

use serde_json::Value;

use super::history::{Fate, Op, What};
use super::watch::{Counters, Screen};

/// What stands before a mark in a message, and how long a mark is.
pub const MARK: &str = "mark:";
const MARK_CHARS: usize = 16;
/// Most memory that the server may hold, MiB: that of the smallest machine which is promised to be enough (F18).
pub const MEMORY_MIB: u32 = 256;
/// Examples of one kind of broken promise that are named.
const EXAMPLES: usize = 5;

/// What a sensor's series holds.
#[derive(Debug, Clone, Default)]
pub struct Series {
    /// The numbers, in the order of their times.
    pub numbers: Vec<u32>,
    /// Numbers that the server says never came, by the device's own count.
    pub missing: BTreeSet<u32>,
    /// Somebody between the device and the server may have lost what it acknowledged itself.
    pub forgetful: bool,
}

/// A message that was acknowledged, and could not be used.
#[derive(Debug, Clone, Default)]
pub struct Letter {
    /// Whose.
    pub device: String,
    /// Why not.
    pub reason: String,
    /// What came.
    pub raw: String,
}

impl Letter {
    /// The number of a device's reading that came when the server's clock was wrong.
    fn reading(&self) -> Option<(&str, u32)> {
        let parsed: Value = serde_json::from_str(&self.raw).ok().filter(|_| self.reason == "clock_skew")?;
        let number = parsed[0]["x-pantau"]["seq"].as_u64()?;
        Some((&self.device, u32::try_from(number).ok()?))
    }

    /// Whether it is this reading.
    pub(super) fn is_reading(&self, device: &str, number: u32) -> bool {
        self.reading() == Some((device, number))
    }
}

/// Everything the judge looks at.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// The generator's diary.
    pub ops: Vec<Op>,
    /// The journal, from the store.
    pub entries: Vec<Entry>,
    /// The series, from the store.
    pub series: BTreeMap<&'static str, Series>,
    /// The dead letters, from the store.
    pub letters: Vec<Letter>,
    /// The server's own World: its entry and digest.
    pub server: (Seq, String),
    /// The World of a screen that was opened at the end.
    pub fresh: World,
    /// A screen that was there all along.
    pub screen: Screen,
    /// What the counters did.
    pub counters: Counters,
    /// Most memory that was seen, KiB.
    pub memory_kib: u64,
}

/// A promise that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Which invariant.
    pub invariant: &'static str,
    /// What happened.
    pub what: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant, self.what)
    }
}

/// Every promise that was broken; empty when all were kept.
#[must_use]
pub fn judge(evidence: &Evidence) -> Vec<Broken> {
    let mut judge = Judge { evidence, broken: Vec::new() };
    judge.series();
    judge.complaints();
    judge.commands();
    judge.letters();
    judge.forged();
    judge.journal();
    judge.screen();
    judge.all("I12", "", evidence.counters.broken.iter());
    if evidence.memory_kib > u64::from(MEMORY_MIB) * 1024 {
        judge.one("I10", format!("the server held {} KiB", evidence.memory_kib));
    }
    judge.broken
}

struct Judge<'a> {
    evidence: &'a Evidence,
    broken: Vec<Broken>,
}

impl Judge<'_> {
    fn one(&mut self, invariant: &'static str, what: String) {
        self.broken.push(Broken { invariant, what });
    }

    /// One line for many of a kind.
    fn all<T: fmt::Display>(&mut self, invariant: &'static str, what: &str, cases: impl Iterator<Item = T>) {
        let cases: Vec<String> = cases.map(|case| case.to_string()).collect();
        if !cases.is_empty() {
            let first: Vec<&str> = cases.iter().take(EXAMPLES).map(String::as_str).collect();
            self.one(invariant, format!("{} {what}: {}", cases.len(), first.join("; ")));
        }
    }

    fn series(&mut self) {
        let refused: HashSet<(&str, u32)> =
            self.evidence.letters.iter().filter_map(Letter::reading).collect();
        for (device, series) in &self.evidence.series {
            let stored: BTreeSet<u32> = series.numbers.iter().copied().collect();
            if !series.numbers.is_sorted() {
                self.one("I3", format!("the readings of {device} are out of order"));
            }
            if stored.len() != series.numbers.len() {
                self.one("I2", format!("{device} has readings more than once"));
            }
            let of_device = |op: &&Op| matches!(op.what, What::Reading { device: of, .. } if of == *device);
            let number = |op: &Op| match op.what {
                What::Reading { number, .. } => Some(number),
                _ => None,
            };
            let ops: Vec<&Op> = self.evidence.ops.iter().filter(of_device).collect();
            let asked: BTreeSet<u32> = ops.iter().filter_map(|op| number(op)).collect();
            self.all("I2", &format!("readings of {device} that it never sent"), stored.difference(&asked));
            let lost =
                ops.iter().filter(|op| op.fate == Fate::Ok).filter_map(|op| number(op)).filter(|number| {
                    let shown = series.forgetful && series.missing.contains(number);
                    !stored.contains(number) && !shown && !refused.contains(&(*device, *number))
                });
            self.all("I1", &format!("readings of {device} were acknowledged and are not stored"), lost);
            let wrong = series.missing.intersection(&stored);
            self.all("I3", &format!("readings of {device} are stored, and said to be missing"), wrong);
        }
    }

    fn complaints(&mut self) {
        let mut counts: HashMap<&str, u32> = HashMap::new();
        for entry in &self.evidence.entries {
            if let Change::ComplaintReceived { complaint, .. } = &entry.change {
                *counts.entry(complaint.id.as_str()).or_default() += 1;
            }
        }
        let mut asked: HashSet<&str> = HashSet::new();
        let (mut lost, mut twice, mut taken) = (Vec::new(), Vec::new(), Vec::new());
        for op in &self.evidence.ops {
            let (What::Event { ticket } | What::Flood { ticket }) = &op.what else { continue };
            asked.insert(ticket);
            match counts.get(ticket.as_str()).copied().unwrap_or_default() {
                0 if op.fate == Fate::Ok => lost.push(ticket),
                1 if op.fate == Fate::Failed => taken.push(ticket),
                0 | 1 => {}
                _ => twice.push(ticket),
            }
        }
        self.all("I2", "complaints were refused, and are in the journal", taken.into_iter());
        let mut invented: Vec<&&str> = counts.keys().filter(|ticket| !asked.contains(**ticket)).collect();
        invented.sort_unstable();
        self.all("I1", "complaints were answered with 202 and are not in the journal", lost.into_iter());
        self.all("I2", "complaints are in the journal more than once", twice.into_iter());
        self.all("I2", "complaints are in the journal and were never sent", invented.into_iter());
    }

    fn commands(&mut self) {
        let mut counts: HashMap<&str, u32> = HashMap::new();
        for entry in &self.evidence.entries {
            if let Cause::Command(id) = &entry.cause {
                *counts.entry(id.as_str()).or_default() += 1;
            }
        }
        let (mut lost, mut twice) = (Vec::new(), Vec::new());
        for op in &self.evidence.ops {
            let What::Command { id } = &op.what else { continue };
            match counts.get(id.as_str()).copied().unwrap_or_default() {
                0 if op.fate == Fate::Ok => lost.push(id),
                0 | 1 => {}
                _ => twice.push(id),
            }
        }
        let refused = self.evidence.ops.iter().filter(|op| op.fate == Fate::Failed);
        let refused: Vec<&What> = refused
            .map(|op| &op.what)
            .filter(|what| !matches!(what, What::Forged { .. } | What::Flood { .. }))
            .collect();
        self.all("I1", "commands were answered with 200 and are not in the journal", lost.into_iter());
        self.all("I2", "commands were carried out more than once", twice.into_iter());
        self.all("I1", "were refused, though nothing was wrong with them", refused.into_iter());
    }

    fn letters(&mut self) {
        // What nobody can read has no number either: what a forgetful broker lost of it leaves no gap.
        let forgetful = |device| self.evidence.series.get(device).is_some_and(|series| series.forgetful);
        let (mut lost, mut wrong) = (Vec::new(), Vec::new());
        let mut by_mark: HashMap<&str, &str> = HashMap::new();
        for letter in &self.evidence.letters {
            let mark = letter.raw.split(MARK).nth(1).and_then(|rest| rest.get(..MARK_CHARS));
            if let Some(mark) = mark {
                by_mark.insert(mark, &letter.reason);
            }
        }
        for op in self.evidence.ops.iter().filter(|op| op.fate == Fate::Ok) {
            let What::Poison { device, mark, reason } = &op.what else { continue };
            match by_mark.get(mark.as_str()) {
                None if forgetful(device) => {}
                None => lost.push(mark),
                Some(found) if found != reason => wrong.push(format!("{mark} is {found}, not {reason}")),
                Some(_) => {}
            }
        }
        self.all("I1", "useless messages were acknowledged and are no dead letters", lost.into_iter());
        self.all("I1", "dead letters have another reason than they should", wrong.into_iter());
    }

    fn forged(&mut self) {
        let taken =
            self.evidence.ops.iter().filter(|op| op.fate == Fate::Ok).filter_map(|op| match &op.what {
                What::Forged { ticket } => Some(ticket),
                _ => None,
            });
        self.all("I11", "forged complaints were taken", taken);
    }

    fn journal(&mut self) {
        let mut world = World::default();
        for entry in &self.evidence.entries {
            let chained = entry.canonical().map(|text| Hash::chain(&world.hash, text.as_bytes()));
            if chained.ok() != Some(entry.hash) {
                return self.one("I6", format!("the chain breaks at entry {}", entry.seq));
            }
            if let Err(gap) = world.apply(entry) {
                return self.one("I6", gap.to_string());
            }
            let digest = |of: Seq| (of == world.seq).then(|| world.digest().to_string());
            if digest(self.evidence.server.0).is_some_and(|digest| digest != self.evidence.server.1) {
                self.one("I8", format!("the server's World at {} is not the journal's", world.seq));
            }
            for (who, other) in [("fresh", &self.evidence.fresh), ("old", &self.evidence.screen.world)] {
                if digest(other.seq).is_some_and(|digest| digest != other.digest().to_string()) {
                    self.one(
                        "I4",
                        format!("the World of the {who} screen at {} is not the journal's", world.seq),
                    );
                }
            }
        }
        let server = self.evidence.server.0;
        for (who, seq) in [
            ("the server", server),
            ("a fresh screen", self.evidence.fresh.seq),
            ("the old screen", self.evidence.screen.world.seq),
        ] {
            if seq > world.seq || seq == Seq(0) {
                self.one("I4", format!("{who} is at entry {seq}, the journal ends at {}", world.seq));
            }
        }
    }

    fn screen(&mut self) {
        let screen = &self.evidence.screen;
        self.all("I4", "promises of the stream were broken", screen.broken.iter());
        let journal: HashMap<Seq, Hash> =
            self.evidence.entries.iter().map(|entry| (entry.seq, entry.hash)).collect();
        for life in &screen.lives {
            let epoch = &life.epoch;
            let durable = life.hashes.iter().filter(|(seq, _)| **seq <= life.settled);
            let other = durable.filter(|(seq, hash)| journal.get(seq) != Some(hash)).map(|(seq, _)| seq);
            self.all(
                "I6",
                &format!("entries were said to be durable in {epoch}, and others are there"),
                other,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use pantau_schemas::entry::Actor;

    use super::*;

    /// A small city that kept its promises.
    fn good() -> Evidence {
        let mut world = World::default();
        let mut entries = Vec::new();
        for title in ["satu", "dua", "tiga"] {
            let change = Change::AgencyNoted {
                agency: None,
                event: "agency.note".to_owned(),
                subject: String::new(),
                title: title.to_owned(),
                at: world.time,
            };
            let (entry, _) =
                Entry::seal(world.seq.next(), world.time, Actor::system(), Cause::Start, change, &world.hash)
                    .unwrap();
            world.apply(&entry).unwrap();
            entries.push(entry);
        }
        let numbers = vec![0, 1, 2];
        let ops = numbers
            .iter()
            .map(|number| Op { what: What::Reading { device: "sen-01", number: *number }, fate: Fate::Ok })
            .collect();
        let series = Series { numbers, ..Series::default() };
        Evidence {
            ops,
            series: BTreeMap::from([("sen-01", series)]),
            server: (world.seq, world.digest().to_string()),
            fresh: world.clone(),
            screen: Screen { world, ..Screen::default() },
            entries,
            ..Evidence::default()
        }
    }

    fn broken(change: impl FnOnce(&mut Evidence)) -> Vec<&'static str> {
        let mut evidence = good();
        change(&mut evidence);
        judge(&evidence).into_iter().map(|broken| broken.invariant).collect()
    }

    fn op(what: What, fate: Fate) -> impl FnOnce(&mut Evidence) {
        move |evidence| evidence.ops.push(Op { what, fate })
    }

    #[test]
    fn a_city_that_kept_its_promises_is_not_blamed() {
        assert_eq!(judge(&good()), []);
        let unknown = Op { what: What::Reading { device: "sen-01", number: 3 }, fate: Fate::Unknown };
        assert!(broken(|evidence| evidence.ops.push(unknown)).is_empty(), "nobody was promised anything");
        assert!(broken(op(What::Forged { ticket: "x".to_owned() }, Fate::Failed)).is_empty());
    }

    #[test]
    fn every_broken_promise_is_seen() {
        let series = |evidence: &mut Evidence, numbers: &[u32]| {
            evidence.series.get_mut("sen-01").unwrap().numbers = numbers.to_vec();
        };
        assert_eq!(broken(|evidence| series(evidence, &[0, 2])), ["I1"]);
        assert_eq!(broken(|evidence| series(evidence, &[0, 1, 1, 2])), ["I2"]);
        assert_eq!(broken(|evidence| series(evidence, &[1, 0, 2])), ["I3"]);
        assert_eq!(broken(|evidence| series(evidence, &[0, 1, 2, 3])), ["I2"]);
        assert_eq!(broken(op(What::Event { ticket: "a".to_owned() }, Fate::Ok)), ["I1"]);
        assert_eq!(broken(op(What::Command { id: "a".to_owned() }, Fate::Ok)), ["I1"]);
        let poison = What::Poison { device: "sen-01", mark: "0123456789abcdef".to_owned(), reason: "json" };
        assert_eq!(broken(op(poison.clone(), Fate::Ok)), ["I1"]);
        let found = |reason: &str| {
            let (device, raw) = ("sen-01".to_owned(), "mark:0123456789abcdef".to_owned());
            let letter = Letter { device, reason: reason.to_owned(), raw };
            broken(|evidence| {
                evidence.ops.push(Op { what: poison.clone(), fate: Fate::Ok });
                evidence.letters.push(letter);
            })
        };
        assert!(found("json").is_empty());
        assert_eq!(found("unit"), ["I1"]);
        assert_eq!(broken(op(What::Flood { ticket: "a".to_owned() }, Fate::Ok)), ["I1"]);
        assert!(broken(op(What::Flood { ticket: "a".to_owned() }, Fate::Failed)).is_empty());
        assert_eq!(broken(op(What::Forged { ticket: "a".to_owned() }, Fate::Ok)), ["I11"]);
        assert_eq!(broken(op(What::Event { ticket: "a".to_owned() }, Fate::Failed)), ["I1"]);
        assert_eq!(broken(|evidence| drop(evidence.entries.remove(1))), ["I6"]);
        assert_eq!(broken(|evidence| evidence.server.1 = "another".to_owned()), ["I8"]);
        assert_eq!(broken(|evidence| evidence.fresh.notes.clear()), ["I4"]);
        assert_eq!(broken(|evidence| drop(evidence.entries.pop())), ["I4", "I4", "I4"]);
        assert_eq!(broken(|evidence| evidence.memory_kib = 256 * 1024 + 1), ["I10"]);
        assert_eq!(broken(|evidence| evidence.counters.broken.push("x".to_owned())), ["I12"]);
    }

    #[test]
    fn a_reading_that_came_when_the_servers_clock_was_wrong_is_a_letter() {
        let came = |reason: &str, seq: u32| {
            broken(|evidence| {
                evidence.series.get_mut("sen-01").unwrap().numbers = vec![0, 2];
                let raw = format!(r#"[{{"x-pantau":{{"seq":{seq}}},"n":"water_level","v":{seq}}}]"#);
                let (device, reason) = ("sen-01".to_owned(), reason.to_owned());
                evidence.letters.push(Letter { device, reason, raw });
            })
        };
        assert!(came("clock_skew", 1).is_empty());
        assert_eq!(came("clock_skew", 3), ["I1"]);
        assert_eq!(came("json", 1), ["I1"]);
    }

    #[test]
    fn what_a_forgetful_broker_lost_must_be_shown_as_missing() {
        let lost = |missing: &[u32]| {
            broken(|evidence| {
                let series = evidence.series.get_mut("sen-01").unwrap();
                (series.numbers, series.forgetful) = (vec![0, 2], true);
                series.missing = missing.iter().copied().collect();
            })
        };
        assert_eq!(lost(&[]), ["I1"]);
        assert!(lost(&[1]).is_empty());
        assert_eq!(lost(&[1, 2]), ["I3"]);
    }
}
