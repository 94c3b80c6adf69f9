//! The proof that the journal is as it was written.

use pantau_schemas::ids::Seq;
use sqlx::SqlitePool;

use super::fault::FromSqlx as _;
use super::journal;
use crate::chain::{Chain, Verified};
use crate::error::StoreError;
use crate::numbers::signed;
use crate::proof::{End, misplaced};

/// Entries read at once; each page is a read of its own, so that the log can be moved on meanwhile.
const PAGE: u32 = 1_000;

pub(super) async fn verify(
    pool: &SqlitePool,
    city: i64,
    mut progress: impl FnMut(Seq) + Send,
) -> Result<Verified, StoreError> {
    let mut chain = Chain::START;
    loop {
        let page = journal::page(pool, city, signed(chain.seq.0), PAGE).await?;
        for row in &page {
            chain.follow(row)?;
        }
        if page.is_empty() && !grows(pool, city, chain).await? {
            break;
        }
        progress(chain.seq);
    }
    check_snapshots(pool, city).await?;
    Ok(Verified { entries: chain.seq.0, head: chain.hash })
}

/// Whether entries were added since the last page; if not, the end must be the recorded one.
async fn grows(pool: &SqlitePool, city: i64, chain: Chain) -> Result<bool, StoreError> {
    let end: End = sqlx::query_as(
        "SELECT (SELECT max(seq) FROM journal WHERE city = ?1) AS last, \
                (SELECT seq FROM tip WHERE city = ?1) AS tip, (SELECT hash FROM tip WHERE city = ?1) AS hash",
    )
    .bind(city)
    .fetch_one(pool)
    .await
    .store()?;
    Ok(end.grows(chain)?)
}

/// The journal must end where it is recorded to end; for a start, when nobody writes yet.
pub(super) async fn check_end(pool: &SqlitePool, city: i64, chain: Chain) -> Result<(), StoreError> {
    grows(pool, city, chain).await.map(drop)
}

/// Every snapshot must have been taken at an entry of this journal.
async fn check_snapshots(pool: &SqlitePool, city: i64) -> Result<(), StoreError> {
    let wrong: Option<(i64, bool)> = sqlx::query_as(
        "SELECT snapshot.seq, journal.seq IS NULL FROM snapshot \
         LEFT JOIN journal ON journal.city = snapshot.city AND journal.seq = snapshot.seq \
         WHERE snapshot.city = ?1 AND snapshot.hash IS NOT journal.hash ORDER BY snapshot.seq LIMIT 1",
    )
    .bind(city)
    .fetch_optional(pool)
    .await
    .store()?;
    match wrong {
        None => Ok(()),
        Some((seq, cut)) => Err(misplaced(seq, cut).into()),
    }
}
