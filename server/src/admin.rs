//! The commands beside `serve`: they look at a store, and leave it as it is.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, bail};
use pantau_schemas::ids::Seq;
use pantau_schemas::time::Timestamp;
use pantau_store::{EntryQuery, Location, Postgres, Server, Sqlite, Store, StoreError};

use crate::config::Config;
use crate::serve::open_sqlite;

/// Entries read from the store at once.
const PAGE: u32 = 1_000;

/// Brings the store to the schema of this version.
///
/// # Errors
/// The store cannot be opened.
pub async fn migrate(config: &Config, out: &mut impl Write) -> anyhow::Result<()> {
    match &config.store {
        Location::Sqlite(path) => {
            std::fs::create_dir_all(&config.data)?;
            open_sqlite(path, config).await?.close().await;
        }
        // Also beside a running server: migrations only expand.
        Location::Postgres(server) => Postgres::migrate(server, &config.keeping.postgres)
            .await
            .with_context(|| format!("failed to migrate the store {server}"))?,
    }
    writeln!(out, "the store {} has the schema of {}", config.store, crate::BUILD)?;
    Ok(())
}

/// Walks the hash chain from the first entry; says how far it holds.
///
/// # Errors
/// The first broken entry, by its number.
pub async fn verify(config: &Config, out: &mut impl Write) -> anyhow::Result<()> {
    match &config.store {
        Location::Sqlite(path) => verify_on(read_sqlite(path, config).await?, out).await,
        Location::Postgres(server) => verify_on(read_postgres(server, config).await?, out).await,
    }
}

async fn verify_on(store: impl Store, out: &mut impl Write) -> anyhow::Result<()> {
    let result = store
        .verify(|seq: Seq| {
            if seq.0.is_multiple_of(1_000_000) {
                tracing::info!(%seq, "verified so far");
            }
        })
        .await;
    match result {
        Ok(verified) => {
            writeln!(out, "the chain holds: {} entries, head {}", verified.entries, verified.head)?;
            Ok(())
        }
        Err(StoreError::Broken(broken)) => bail!("the chain is broken: {broken}"),
        Err(error) => Err(error).context("failed to read the journal"),
    }
}

/// Writes entries as JSON lines.
///
/// # Errors
/// The store cannot be read, or the output cannot be written.
pub async fn export(
    config: &Config,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    match &config.store {
        Location::Sqlite(path) => export_from(read_sqlite(path, config).await?, from, to, out).await,
        Location::Postgres(server) => export_from(read_postgres(server, config).await?, from, to, out).await,
    }
}

async fn export_from(
    store: impl Store,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let mut query = EntryQuery { from, to, ..EntryQuery::first(PAGE) };
    loop {
        let entries = store.entries(&query).await.context("failed to read the journal")?;
        for entry in &entries {
            serde_json::to_writer(&mut *out, entry)?;
            out.write_all(b"\n")?;
        }
        match entries.last() {
            Some(last) if u32::try_from(entries.len()).is_ok_and(|count| count == PAGE) => {
                query.after = Some(last.seq);
            }
            _ => return Ok(()),
        }
    }
}

async fn read_sqlite(path: &Path, config: &Config) -> anyhow::Result<Sqlite> {
    Sqlite::open_read_only(path, &config.city.code, &config.keeping.sqlite)
        .await
        .with_context(|| format!("failed to open the store {}", config.store))
}

async fn read_postgres(server: &Server, config: &Config) -> anyhow::Result<Postgres> {
    Postgres::open_read_only(server, &config.city.code, &config.keeping.postgres)
        .await
        .with_context(|| format!("failed to open the store {server}"))
}
