//! What a start brings back.

use pantau_schemas::ids::{DeviceId, SeriesId};
use pantau_schemas::time::Timestamp;
use pantau_schemas::wire::Head;
use pantau_schemas::world::World;
use sqlx::SqlitePool;

use super::fault::FromSqlx as _;
use super::{dead_letters, journal, verify};
use crate::batch::SourceTotals;
use crate::chain::{Broken, Chain, Fault};
use crate::error::StoreError;
use crate::numbers::signed;
use crate::proof::SnapshotRow;
use crate::recovered::{INBOX_REMEMBERED, Recovered};
use crate::rows::{self, TotalsRow};

/// Entries read at once.
const PAGE: u32 = 1_000;
/// Digests of events read at once.
const DIGESTS: u32 = 4_096;

pub(super) async fn recover(pool: &SqlitePool, city: i64) -> Result<Recovered, StoreError> {
    let mut world = newest_snapshot(pool, city).await?;
    let mut chain = Chain { seq: world.seq, hash: world.hash };
    let mut entries_replayed = 0;
    loop {
        let page = journal::page(pool, city, signed(chain.seq.0), PAGE).await?;
        if page.is_empty() {
            break;
        }
        for row in &page {
            let entry = chain.follow(row)?;
            world.apply(&entry).or(Err(Broken { seq: entry.seq, why: Fault::Missing }))?;
            entries_replayed += 1;
        }
    }
    verify::check_end(pool, city, chain).await?;
    Ok(Recovered {
        world,
        heads: heads(pool, city).await?,
        heard: heard(pool, city).await?,
        inbox: inbox(pool, city).await?,
        totals: totals(pool, city).await?,
        letters: dead_letters::totals(pool, city).await.store()?,
        entries_replayed,
    })
}

/// The newest snapshot that is whole and belongs to the journal; an empty World when there is none.
async fn newest_snapshot(pool: &SqlitePool, city: i64) -> Result<World, StoreError> {
    let mut below = i64::MAX;
    loop {
        let row: Option<SnapshotRow> = sqlx::query_as(
            "SELECT seq, hash, digest, world, \
               (SELECT journal.hash FROM journal WHERE journal.city = ?1 AND journal.seq = snapshot.seq) \
             AS in_journal \
             FROM snapshot WHERE city = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT 1",
        )
        .bind(city)
        .bind(below)
        .fetch_optional(pool)
        .await
        .store()?;
        let Some(snapshot) = row else { return Ok(World::default()) };
        below = snapshot.seq;
        if let Some(world) = snapshot.world()? {
            return Ok(world);
        }
    }
}

async fn heads(pool: &SqlitePool, city: i64) -> Result<Vec<Head>, StoreError> {
    let rows: Vec<(String, i64, f64)> = sqlx::query_as(
        "SELECT series.name, head.time, head.value FROM head JOIN series ON series.id = head.series \
         WHERE series.city = ?1",
    )
    .bind(city)
    .fetch_all(pool)
    .await
    .store()?;
    let head = |(name, time, value): (String, i64, f64)| {
        Some(Head { series: SeriesId::new(&name).ok()?, time: Timestamp::from_micros(time), value })
    };
    Ok(rows.into_iter().filter_map(head).collect())
}

async fn heard(pool: &SqlitePool, city: i64) -> Result<Vec<(DeviceId, Timestamp)>, StoreError> {
    let rows: Vec<(String, i64)> =
        sqlx::query_as("SELECT device, time FROM heard WHERE city = ?1 ORDER BY device")
            .bind(city)
            .fetch_all(pool)
            .await
            .store()?;
    let heard =
        |(device, time): (String, i64)| Some((DeviceId::new(&device).ok()?, Timestamp::from_micros(time)));
    Ok(rows.into_iter().filter_map(heard).collect())
}

/// The digests of the newest events, oldest first. They come as hex digits, thousands in one row: as a row
/// each, a million of them would hold up a start for seconds.
async fn inbox(pool: &SqlitePool, city: i64) -> Result<Vec<(u128, u64)>, StoreError> {
    let before_oldest: Option<i64> =
        sqlx::query_scalar("SELECT id FROM inbox WHERE city = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2")
            .bind(city)
            .bind(INBOX_REMEMBERED)
            .fetch_optional(pool)
            .await
            .store()?;
    let mut after = before_oldest.unwrap_or(0);
    let mut digests = Vec::new();
    loop {
        let (last, text): (Option<i64>, Option<String>) = sqlx::query_as(
            "SELECT max(id), group_concat(hex(digest), '' ORDER BY id) FROM \
             (SELECT id, digest FROM inbox WHERE city = ?1 AND id > ?2 ORDER BY id LIMIT ?3)",
        )
        .bind(city)
        .bind(after)
        .bind(DIGESTS)
        .fetch_one(pool)
        .await
        .store()?;
        let (Some(last), Some(text)) = (last, text) else { return Ok(digests) };
        after = last;
        digests.extend(text.as_bytes().chunks_exact(48).filter_map(digest_pair));
    }
}

/// 32 hex digits of an identity and 16 of a body.
fn digest_pair(digits: &[u8]) -> Option<(u128, u64)> {
    let (key, body) = std::str::from_utf8(digits).ok()?.split_at_checked(32)?;
    Some((u128::from_str_radix(key, 16).ok()?, u64::from_str_radix(body, 16).ok()?))
}

async fn totals(pool: &SqlitePool, city: i64) -> Result<Vec<SourceTotals>, StoreError> {
    let rows: Vec<TotalsRow> = sqlx::query_as(
        "SELECT source, received, stored, duplicate, dead_lettered FROM total WHERE city = ?1",
    )
    .bind(city)
    .fetch_all(pool)
    .await
    .store()?;
    Ok(rows.into_iter().filter_map(rows::totals).collect())
}
