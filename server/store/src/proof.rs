//! How a stored journal must end, and which snapshots belong to it: the same judgement for every home. Pure.

use pantau_schemas::hash::Hash;
use pantau_schemas::ids::Seq;
use pantau_schemas::world::World;

use crate::chain::{Broken, Chain, Fault};
use crate::numbers::{signed, unsigned};

/// Where the journal ends, and where it is recorded to end. Read in one statement: one state of the database, also
/// while a server writes.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct End {
    /// The last entry there is.
    last: Option<i64>,
    /// The last entry there must be.
    tip: Option<i64>,
    /// Its hash.
    hash: Option<Vec<u8>>,
}

impl End {
    /// Whether entries were added since `chain`; if not, the end must be the recorded one.
    pub(crate) fn grows(&self, chain: Chain) -> Result<bool, Broken> {
        if Seq(self.last.map_or(0, unsigned)) > chain.seq {
            return Ok(true);
        }
        let tip = Seq(self.tip.map_or(0, unsigned));
        if tip > chain.seq {
            return Err(Broken { seq: chain.seq.next(), why: Fault::CutOff });
        }
        let same_hash = self.hash.as_deref() == Some(chain.hash.bytes().as_slice());
        if tip == chain.seq && (tip == Seq(0) || same_hash) {
            return Ok(false);
        }
        Err(Broken { seq: chain.seq.min(tip.next()), why: Fault::Tip })
    }
}

/// A snapshot and the journal's entry at its place.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct SnapshotRow {
    /// The entry it was taken at.
    pub(crate) seq: i64,
    hash: Vec<u8>,
    digest: Vec<u8>,
    world: String,
    /// The hash that the journal has there.
    in_journal: Option<Vec<u8>>,
}

impl SnapshotRow {
    /// The World, if it is whole and of this build's shape; without it an older snapshot and the entries after that make
    /// it again.
    ///
    /// # Errors
    /// It was taken of another journal: replaying past one that was cut or rewritten would hide it.
    pub(crate) fn world(self) -> Result<Option<World>, Broken> {
        let Self { seq, hash, digest, world: text, in_journal } = self;
        if in_journal.as_ref() != Some(&hash) {
            return Err(misplaced(seq, in_journal.is_none()));
        }
        let whole = Hash::of(text.as_bytes()).bytes().as_slice() == digest;
        match serde_json::from_str::<World>(&text) {
            Ok(world) if whole && signed(world.seq.0) == seq && world.hash.bytes().as_slice() == hash => {
                return Ok(Some(world));
            }
            Ok(_) => tracing::warn!(seq, "a snapshot is damaged; taking the one before"),
            Err(error) => tracing::warn!(seq, %error, "a snapshot cannot be read; taking the one before"),
        }
        Ok(None)
    }
}

/// A snapshot that was taken of another journal; `cut` when the entry at its place is missing.
pub(crate) fn misplaced(seq: i64, cut: bool) -> Broken {
    let why = if cut { Fault::CutOff } else { Fault::Snapshot };
    Broken { seq: Seq(unsigned(seq)), why }
}
