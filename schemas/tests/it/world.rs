//! The one function that changes a World: the same for a wall that was always there and one that came late.

use pantau_schemas::entry::{Change, Entry};
use pantau_schemas::ids::Seq;
use pantau_schemas::time::Timestamp;
use pantau_schemas::wire::LiveMessage;
use pantau_schemas::world::{Gap, MAX_COMPLAINTS, MAX_NOTES, World};
use proptest::prelude::*;

use crate::draw;
use crate::samples::entries;

fn after(start: World, entries: &[Entry]) -> World {
    entries.iter().fold(start, |mut world, entry| {
        world.apply(entry).unwrap();
        world
    })
}

/// As a reader gets it.
fn over_the_wire(message: &LiveMessage) -> LiveMessage {
    serde_json::from_str(&serde_json::to_string(message).unwrap()).unwrap()
}

proptest! {
    #![proptest_config(draw::cases(128))]

    #[test]
    fn the_same_entries_make_the_same_world(journal in draw::journal(40)) {
        let world = after(World::default(), &journal);
        prop_assert_eq!(world.seq, Seq(journal.len() as u64));
        prop_assert_eq!(after(World::default(), &journal).digest(), world.digest());

        let LiveMessage::Entries { entries } = over_the_wire(&LiveMessage::Entries { entries: journal }) else {
            unreachable!()
        };
        let read = after(World::default(), &entries);
        prop_assert_eq!(read.digest(), world.digest(), "the browser has another World than the server");
        prop_assert_eq!(read, world);
    }

    #[test]
    fn a_walk_along_all_devices_says_of_each_what_a_look_at_it_says(journal in draw::journal(40)) {
        let world = after(World::default(), &journal);
        prop_assert_eq!(world.standings().count(), world.registry.devices.len());
        for (standing, (id, device)) in world.standings().zip(&world.registry.devices) {
            prop_assert_eq!(standing.device, device);
            prop_assert_eq!(standing.state, world.device_state(id));
            prop_assert_eq!(standing.since, world.device_since(id));
        }
    }

    #[test]
    fn a_snapshot_and_what_follows_equal_everything(journal in draw::journal(40), at in any::<prop::sample::Index>()) {
        let (before, rest) = journal.split_at(at.index(journal.len() + 1));
        let world = after(World::default(), before);
        let snapshot = LiveMessage::Snapshot { seq: world.seq, world: Box::new(world.clone()) };
        let LiveMessage::Snapshot { world: late, .. } = over_the_wire(&snapshot) else { unreachable!() };
        // Digests alone would not see what JSON leaves out.
        prop_assert_eq!(&*late, &world);
        prop_assert_eq!(late.digest(), world.digest());
        prop_assert_eq!(after(*late, rest).digest(), after(World::default(), &journal).digest());
    }

    #[test]
    fn gaps_and_repeats_are_refused_and_change_nothing(journal in draw::journal(12), seq in any::<u64>(), near in 0u64..20) {
        let world = after(World::default(), &journal);
        for seq in [seq, near].map(Seq) {
            prop_assume!(seq != world.seq.next());
            let mut tried = world.clone();
            let entry = Entry { seq, ..journal[0].clone() };
            prop_assert_eq!(tried.apply(&entry), Err(Gap { at: world.seq, got: seq }));
            prop_assert_eq!(&tried, &world);
        }
    }

    #[test]
    fn a_device_that_left_the_registry_leaves_no_trace(journal in draw::journal(40)) {
        let mut world = World::default();
        for entry in &journal {
            world.apply(entry).unwrap();
            if let Change::RegistryChanged(change) = &entry.change {
                for gone in &change.removed.devices {
                    prop_assert!(!world.devices.contains_key(gone));
                    prop_assert!(!world.described.contains_key(gone));
                    prop_assert!(!world.streams.contains_key(gone));
                }
            }
        }
    }
}

/// Copies of a frozen entry's change, edited, as a journal of unsealed entries.
fn many(name: &str, count: u32, edit: impl Fn(u32, &mut Change)) -> World {
    let (_, sample) = entries().into_iter().find(|(entry, _)| *entry == name).unwrap();
    let mut world = World::default();
    for n in 0..count {
        let mut entry = Entry { seq: world.seq.next(), ..sample.clone() };
        edit(n, &mut entry.change);
        world.apply(&entry).unwrap();
    }
    world
}

#[test]
fn a_flood_of_notes_keeps_the_newest() {
    let world = many("agency_noted", 150, |_, _| {});
    let kept: Vec<u64> = world.notes.iter().map(|note| note.seq.0).collect();
    assert_eq!(kept, (51..=150).collect::<Vec<u64>>());
    assert_eq!(kept.len(), MAX_NOTES);
}

#[test]
fn a_flood_of_complaints_forgets_the_oldest() {
    let extra = 3;
    let count = u32::try_from(MAX_COMPLAINTS).unwrap() + extra;
    let world = many("complaint_received", count, |n, change| {
        if let Change::ComplaintReceived { complaint, received, .. } = change {
            complaint.id = format!("LPR-{n:06}").try_into().unwrap();
            *received = Timestamp::from_secs(n.into());
        }
    });
    assert_eq!(world.complaints.len(), MAX_COMPLAINTS);
    let first = world.complaints.keys().next().unwrap();
    assert_eq!(first.as_str(), format!("LPR-{extra:06}"));
}
