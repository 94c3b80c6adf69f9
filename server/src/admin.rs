//! The commands beside `serve`: they look at a store, and leave it as it is.

use std::io::Write;

use anyhow::{Context, bail};
use pantau_schemas::ids::Seq;
use pantau_schemas::time::Timestamp;
use pantau_store::{EntryQuery, Location, Sqlite, Store, StoreError};

use crate::config::Config;
use crate::serve::open_store;

/// Entries read from the store at once.
const PAGE: u32 = 1_000;

/// Brings the store to the schema of this version.
///
/// # Errors
/// The store cannot be opened.
pub async fn migrate(config: &Config, out: &mut impl Write) -> anyhow::Result<()> {
    std::fs::create_dir_all(&config.data)?;
    let store = open_store(config).await?;
    store.close().await;
    writeln!(out, "the store {} has the schema of {}", config.store_url, crate::BUILD)?;
    Ok(())
}

/// Walks the hash chain from the first entry; says how far it holds.
///
/// # Errors
/// The first broken entry, by its number.
pub async fn verify(config: &Config, out: &mut impl Write) -> anyhow::Result<()> {
    let store = open_read_only(config).await?;
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
    let store = open_read_only(config).await?;
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

async fn open_read_only(config: &Config) -> anyhow::Result<Sqlite> {
    let location = Location::parse(&config.store_url, std::path::Path::new("."))?;
    let Location::Sqlite(path) = &location;
    Sqlite::open_read_only(path, &config.city.code, &pantau_store::Settings::default())
        .await
        .with_context(|| format!("failed to open the store {location}"))
}
