//! `[dead_letters]`: how many may wait.

use pantau_schemas::toml_reader::Table;
use pantau_store::LetterQuota;

/// Of one way in: at most 1.2 GiB of 64 KiB each, some 20 MiB of the usual ones.
const PER_SOURCE: u32 = 20_000;
/// Of one device: a reading a minute for a day and a half, while it waits to be registered.
const PER_DEVICE: u32 = 2_000;
/// More would make a look at the quota slow.
const MOST: i64 = 1_000_000;

pub(super) fn read(table: Option<Table<'_>>) -> LetterQuota {
    let fallback = LetterQuota { per_source: PER_SOURCE, per_device: PER_DEVICE };
    let Some(mut table) = table else { return fallback };
    let mut number = |key| table.integer(key, 1..=MOST).and_then(|number| u32::try_from(number).ok());
    let per_source = number("per_source").unwrap_or(fallback.per_source);
    let per_device = number("per_device").unwrap_or(fallback.per_device);
    table.finish();
    LetterQuota { per_source, per_device }
}
