//! A third journal, of what did not come: a chain of its own from [`Hash::ZERO`].

use pantau_schemas::entry::{Actor, Cause, Change, Entry};
use pantau_schemas::hash::Hash;
use pantau_schemas::ids::Seq;
use pantau_schemas::missing::{Missing, MissingChange};
use pantau_schemas::world::World;

use super::{Sample, device, time};

/// A hole of four messages, one of which came later.
pub(crate) fn entries() -> Vec<Sample<Entry>> {
    let missing = Missing {
        first: 18_214,
        last: 18_217,
        after: time("2026-11-22T04:11:09Z"),
        before: time("2026-11-22T04:16:09Z"),
    };
    let device = device("ap-01");
    let happenings = [
        ("messages_missing", Change::MessagesMissing(MissingChange { device: device.clone(), missing })),
        ("message_found", Change::MessageFound { device: device.clone(), number: 18_215 }),
    ];
    let mut previous = Hash::ZERO;
    let mut seq = Seq(0);
    happenings
        .into_iter()
        .map(|(name, change)| {
            seq = seq.next();
            let at = time("2026-11-22T04:16:10Z").plus_millis(i64::try_from(seq.0).unwrap() * 1_000);
            let cause = Cause::Input("mqtt".to_owned());
            let (entry, _) = Entry::seal(seq, at, Actor::device(&device), cause, change, &previous).unwrap();
            previous = entry.hash;
            (name, entry)
        })
        .collect()
}

/// The World after [`entries`].
pub(crate) fn world() -> World {
    let mut world = World::default();
    for (_, entry) in entries() {
        world.apply(&entry).unwrap();
    }
    world
}
