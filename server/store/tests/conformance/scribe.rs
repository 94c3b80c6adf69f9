//! Writes a journal the way the core does: every entry sealed, every entry applied.

use pantau_schemas::dead_letter::{DeadLetter, Reason};
use pantau_schemas::entry::{Actor, Cause, Change, DeviceChange, DeviceReason, DeviceState, Entry};
use pantau_schemas::event::{ComplaintStep, NewComplaint};
use pantau_schemas::hash::Hash;
use pantau_schemas::ids::{ComplaintId, DeviceId, EventKey, SeriesId};
use pantau_schemas::observation::{Sample, Source};
use pantau_schemas::time::Timestamp;
use pantau_schemas::world::World;
use pantau_store::{Batch, InboxRow, SealedEntry, SourceTotals};

/// 2026-11-22T04:11:09Z.
pub(crate) const NOON: Timestamp = Timestamp::from_secs(1_795_320_669);

/// The World as it should be.
#[derive(Default)]
pub(crate) struct Scribe {
    pub(crate) world: World,
}

impl Scribe {
    /// Writes what happened, one second after what happened before.
    pub(crate) fn write(&mut self, change: Change) -> SealedEntry {
        let seq = self.world.seq.next();
        let time = NOON.plus_millis(i64::try_from(seq.0).unwrap() * 1_000);
        let actor = Actor::system();
        let (entry, text) = Entry::seal(seq, time, actor, Cause::Timer, change, &self.world.hash).unwrap();
        self.world.apply(&entry).unwrap();
        SealedEntry { entry, text }
    }

    /// A complaint somewhere, and what became of it; a device that went down; a note.
    pub(crate) fn write_some(&mut self, count: u64) -> Vec<SealedEntry> {
        let first = self.world.seq.0;
        (first..first + count).map(|n| self.write(change(n))).collect()
    }

    /// As a batch.
    pub(crate) fn batch(&mut self, count: u64) -> Batch {
        Batch { entries: self.write_some(count), ..Batch::default() }
    }
}

/// Different every time, the same for the same number.
fn change(n: u64) -> Change {
    match n % 4 {
        0 => complaint(n, [-5.0 - f(n) / 7.0, 105.0 + f(n) / 11.0]),
        1 => Change::ComplaintMoved {
            complaint: ticket(n - 1),
            step: ComplaintStep::Assigned,
            agency: None,
            at: NOON,
        },
        2 => Change::DeviceChanged(DeviceChange {
            device: device(n),
            state: DeviceState::Down,
            reason: DeviceReason::Will,
            since: NOON,
            boot_id: None,
            interval_s: Some(60),
            firmware: None,
        }),
        _ => Change::AgencyNoted {
            agency: None,
            event: "budget.realised".to_owned(),
            subject: "budget/1".to_owned(),
            title: format!("Baris «{n}» 'tersimpan'"),
            at: NOON,
        },
    }
}

#[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "small numbers")]
fn f(n: u64) -> f64 {
    n as f64
}

/// A complaint at a place.
pub(crate) fn complaint(n: u64, position: [f64; 2]) -> Change {
    let complaint = NewComplaint {
        id: ticket(n),
        service_code: "jalan-rusak".to_owned(),
        service_name: "Jalan rusak".to_owned(),
        description: "Lubang besar depan SDN 3 \u{1F6A7}".to_owned(),
        address: String::new(),
        position: Some(position),
        channel: "sms".to_owned(),
        requested: NOON,
    };
    Change::ComplaintReceived { complaint, agency: None, received: NOON }
}

pub(crate) fn ticket(n: u64) -> ComplaintId {
    ComplaintId::new(&format!("LPR-2026-{n}")).unwrap()
}

pub(crate) fn device(n: u64) -> DeviceId {
    DeviceId::new(&format!("ap-{}", n % 50)).unwrap()
}

pub(crate) fn series(name: &str) -> SeriesId {
    SeriesId::new(name).unwrap()
}

/// A sample so many milliseconds after noon.
pub(crate) fn sample(name: &str, millis: i64, value: f64) -> Sample {
    Sample { series: series(name), time: NOON.plus_millis(millis), value }
}

/// A batch of samples that are surely new.
pub(crate) fn of_samples(samples: Vec<Sample>) -> Batch {
    Batch { samples, ..Batch::default() }
}

/// An event with a body.
pub(crate) fn event(id: &str, body: &str) -> InboxRow {
    InboxRow {
        key: EventKey::new("/metro/dinkominfo/lapor", id).unwrap(),
        body_hash: Hash::of(body.as_bytes()),
        received: NOON,
        raw: body.to_owned(),
        reporter: None,
    }
}

pub(crate) fn totals(received: u64) -> SourceTotals {
    SourceTotals { source: Source::Mqtt, received, stored: received, duplicate: 0, dead_lettered: 0 }
}

/// A batch that carries one of everything for each of its entries, so that a half would show.
pub(crate) fn everything(scribe: &mut Scribe) -> Batch {
    let first = scribe.world.seq.0 + 1;
    let entries = scribe.write_some(1 + first % 40);
    let at = |seq: u64| i64::try_from(seq).unwrap() * 700_000;
    let last = scribe.world.seq.0;
    let all = first..=last;
    Batch {
        entries,
        samples: all.clone().filter(|n| n % 2 == 0).map(|n| sample("a/x", at(n), 1.0)).collect(),
        suspects: all.clone().filter(|n| n % 2 == 1).map(|n| vec![sample("a/x", at(n), 1.0)]).collect(),
        suspects_from: Vec::new(),
        inbox: all.clone().map(|n| event(&format!("e-{n}"), &"x".repeat(500))).collect(),
        dead_letters: all.map(|_| DeadLetter::new(NOON, "mqtt", "t", Reason::Json, "", "", b"{")).collect(),
        heard: Vec::new(),
        totals: vec![totals(last)],
        ..Batch::default()
    }
}
