//! A long journal, and a start from it.

use pantau_schemas::entry::{Actor, Cause, Change, DeviceChange, DeviceReason, DeviceState, Entry};
use pantau_schemas::event::{ComplaintStep, NewComplaint};
use pantau_schemas::hash::Hash;
use pantau_schemas::ids::{ComplaintId, DeviceId, EventKey, SeriesId};
use pantau_schemas::observation::Sample;
use pantau_schemas::registry::RegistryChange;
use pantau_schemas::time::Timestamp;
use pantau_schemas::world::World;
use pantau_store::{Batch, InboxRow, SealedEntry, Store};
use tokio::time::Instant;

use crate::{Home, Numbers, Outcome, quantiles};

/// Entries of one commit.
const BATCH: u64 = 2_000;
/// The server keeps a snapshot every so many entries, so a start replays one less at most.
const SNAPSHOT_EVERY: u64 = 10_000;
/// Starts measured.
const STARTS: usize = 7;

/// Writes what happened the way the core does: every entry sealed, every entry applied.
struct Scribe {
    world: World,
    devices: u64,
    begins: Timestamp,
}

impl Scribe {
    fn at(&self, n: u64) -> Outcome<Timestamp> {
        Ok(self.begins.plus_millis(i64::try_from(n)? * 100))
    }

    fn write(&mut self, change: Change) -> Outcome<SealedEntry> {
        let seq = self.world.seq.next();
        let time = self.at(seq.0)?;
        let (entry, text) = Entry::seal(seq, time, Actor::system(), Cause::Timer, change, &self.world.hash)?;
        self.world.apply(&entry)?;
        Ok(SealedEntry { entry, text })
    }

    /// The city: one entry.
    fn registry(&mut self) -> Outcome<SealedEntry> {
        let device = |n: u64| {
            serde_json::json!({ "id": format!("d-{n}"), "class": "sensor", "name": format!("Sensor {n}"),
                "site": format!("site-{}", n % 500), "domain": "monitoring", "interval_s": 60 })
        };
        let site = |n: u64| serde_json::json!({ "code": format!("site-{n}"), "name": format!("Tempat {n}"), "category": "taman" });
        let change = serde_json::json!({
            "sites": (0..500).map(site).collect::<Vec<_>>(),
            "devices": (0..self.devices).map(device).collect::<Vec<_>>(),
        });
        let change: RegistryChange = serde_json::from_value(change)?;
        self.write(Change::RegistryChanged(Box::new(change)))
    }

    /// Of ten things that happen six are devices that go or come, and four are events of agencies.
    fn happens(&mut self, n: u64) -> Outcome<(SealedEntry, Option<InboxRow>)> {
        let at = self.at(n)?;
        let down = n.is_multiple_of(2);
        let change = match n % 10 {
            0 | 5 => complaint(n, at)?,
            1 | 6 => Change::ComplaintMoved {
                complaint: ticket(n - 1)?,
                step: ComplaintStep::Assigned,
                agency: None,
                at,
            },
            _ => Change::DeviceChanged(DeviceChange {
                device: DeviceId::new(&format!("d-{}", n * 7 % self.devices))?,
                state: if down { DeviceState::Down } else { DeviceState::Up },
                reason: if down { DeviceReason::Will } else { DeviceReason::Heard },
                since: at,
                boot_id: None,
                interval_s: Some(60),
                firmware: None,
            }),
        };
        let event = match n % 10 {
            0 | 1 | 5 | 6 => Some(event(n, at)?),
            _ => None,
        };
        Ok((self.write(change)?, event))
    }
}

fn ticket(n: u64) -> Outcome<ComplaintId> {
    Ok(ComplaintId::new(&format!("LPR-2026-{n}"))?)
}

fn complaint(n: u64, at: Timestamp) -> Outcome<Change> {
    let place = f64::from(u32::try_from(n % 1_000)?) / 10_000.0;
    let complaint = NewComplaint {
        id: ticket(n)?,
        service_code: "jalan-rusak".to_owned(),
        service_name: "Jalan rusak".to_owned(),
        description: "Lubang besar depan SDN 3, sudah dua minggu".to_owned(),
        address: "Jl. Jend. Sudirman".to_owned(),
        position: Some([-5.1 - place, 105.3 + place]),
        channel: "sms".to_owned(),
        requested: at,
    };
    Ok(Change::ComplaintReceived { complaint, agency: None, received: at })
}

fn event(n: u64, received: Timestamp) -> Outcome<InboxRow> {
    let raw = format!("{{\"id\":\"{n}\",\"data\":\"{}\"}}", "x".repeat(500));
    let key = EventKey::new("/metro/dinkominfo/lapor", &format!("LPR-2026-{n}"))?;
    Ok(InboxRow { key, body_hash: Hash::of(raw.as_bytes()), received, raw, reporter: None })
}

pub(crate) async fn run(home: &impl Home, devices: u64, entries: u64, ends: Timestamp) -> Outcome<Numbers> {
    let begins = ends.plus_millis(-i64::try_from(entries)? * 100);
    let mut scribe = Scribe { world: World::default(), devices, begins };
    let store = home.open().await?;
    let began = Instant::now();
    store.commit(&Batch { entries: vec![scribe.registry()?], ..Batch::default() }).await?;
    while scribe.world.seq.0 < entries {
        let first = scribe.world.seq.0;
        let mut batch = Batch::default();
        // A batch ends where a snapshot is due: the last one as long before the end as can be.
        while scribe.world.seq.0 < entries {
            let (entry, event) = scribe.happens(scribe.world.seq.0)?;
            batch.entries.push(entry);
            batch.inbox.extend(event);
            if due(entries, &scribe) || scribe.world.seq.0 >= first + BATCH {
                break;
            }
        }
        store.commit(&batch).await?;
        if due(entries, &scribe) {
            store.snapshot(&scribe.world).await?;
        }
    }
    let took = began.elapsed();
    store.commit(&last_words(devices, ends)?).await?;
    store.close().await;
    home.settle().await?;
    let text = serde_json::to_string(&scribe.world)?.len();
    let mut numbers: Numbers = vec![
        ("entries".to_owned(), f64::from(u32::try_from(entries)?)),
        ("entries_written_per_s".to_owned(), f64::from(u32::try_from(entries)?) / took.as_secs_f64()),
        ("world_kib".to_owned(), f64::from(u32::try_from(text / 1_024)?)),
    ];
    start(home, &scribe.world, &mut numbers).await?;
    Ok(numbers)
}

/// Whether a snapshot is due: of the last three that the server would have kept.
fn due(entries: u64, scribe: &Scribe) -> bool {
    let left = entries - scribe.world.seq.0.min(entries);
    (1..=3).any(|back| left == back * SNAPSHOT_EVERY - 1)
}

/// Every device spoke a moment ago, and has two values.
fn last_words(devices: u64, now: Timestamp) -> Outcome<Batch> {
    let mut batch = Batch::default();
    for n in 0..devices {
        batch.heard.push((DeviceId::new(&format!("d-{n}"))?, now));
        for metric in ["level", "battery"] {
            let series = SeriesId::new(&format!("d-{n}/{metric}"))?;
            batch.samples.push(Sample { series, time: now, value: 1.0 });
        }
    }
    Ok(batch)
}

/// Starts a few times; each must bring back the same World.
async fn start(home: &impl Home, world: &World, numbers: &mut Numbers) -> Outcome<()> {
    let (mut opened, mut recovered, mut all) = (Vec::new(), Vec::new(), Vec::new());
    let digest = world.digest();
    let mut replayed = 0;
    for _ in 0..STARTS {
        let began = Instant::now();
        let store = home.open().await?;
        let open = began.elapsed();
        let found = store.recover().await?;
        let took = began.elapsed();
        opened.push(open);
        recovered.push(took - open);
        all.push(took);
        if found.world.digest() != digest || found.inbox.is_empty() {
            return Err("another World came back".into());
        }
        replayed = found.entries_replayed;
        store.close().await;
    }
    numbers.push(("replayed".to_owned(), f64::from(u32::try_from(replayed)?)));
    quantiles(numbers, "open", opened);
    quantiles(numbers, "recover", recovered);
    quantiles(numbers, "start", all);
    Ok(())
}
