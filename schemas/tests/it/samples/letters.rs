//! A third journal, of dead letters that were read again, a chain of its own from [`Hash::ZERO`].

use pantau_schemas::entry::{Actor, Cause, Change, Entry};
use pantau_schemas::hash::Hash;
use pantau_schemas::ids::Seq;

use super::{Sample, time};

pub(crate) fn entries() -> Vec<Sample<Entry>> {
    let mut previous = Hash::ZERO;
    let mut seq = Seq(0);
    let happenings = [
        (
            "dead_letters_replayed",
            Actor::system(),
            Cause::Registry,
            Change::DeadLettersReplayed { replayed: vec![7, 9], failed: vec![] },
        ),
        (
            "dead_letters_replayed_by_hand",
            Actor::operator("loopback"),
            Cause::Input("replay".to_owned()),
            Change::DeadLettersReplayed { replayed: vec![12], failed: vec![13] },
        ),
    ];
    let seal = |(name, actor, cause, change)| {
        seq = seq.next();
        let at = time("2026-11-22T04:11:09Z");
        let (entry, _) = Entry::seal(seq, at, actor, cause, change, &previous).unwrap();
        previous = entry.hash;
        (name, entry)
    };
    happenings.into_iter().map(seal).collect()
}
