//! Where the measured server keeps what it stores: a file, or a database of a PostgreSQL server of our own.
//!
//! The database server is durable as it comes; only the memory it may use is what its manual recommends for a machine
//! that it does not have to itself.

use anyhow::Context as _;
use clap::ValueEnum;

use crate::stage::postgres::{Database, TIMESCALE};

/// The kinds of store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// The embedded one
    #[default]
    Sqlite,
    /// PostgreSQL over its Unix socket
    Postgres,
    /// The same with TimescaleDB
    Timescale,
}

/// A database server's memory, and how much log it writes between two checkpoints.
const SETTINGS: [&str; 2] = ["shared_buffers=1GB", "max_wal_size=4GB"];

/// Gives every server under measurement a store of its own.
#[derive(Debug)]
pub(super) struct Home {
    kind: Kind,
    database: Option<Database>,
    made: u32,
}

impl Home {
    /// Prepares one.
    ///
    /// # Errors
    /// PostgreSQL is not installed or does not start.
    pub(super) async fn open(kind: Kind) -> anyhow::Result<Self> {
        let database = match kind {
            Kind::Sqlite => None,
            Kind::Postgres => Some(Database::start_with(&SETTINGS).await?),
            Kind::Timescale => Some(Database::start_with(&[&SETTINGS[..], &TIMESCALE[..]].concat()).await?),
        };
        Ok(Self { kind, database, made: 0 })
    }

    /// What it is called in a figure's name.
    pub(super) fn name(&self) -> &'static str {
        match self.kind {
            Kind::Sqlite => "SQLite",
            Kind::Postgres => "PostgreSQL",
            Kind::Timescale => "TimescaleDB",
        }
    }

    /// The address of an empty store; `None` for a file where the server puts it by itself. The one given before is
    /// gone, and what it left to write is written.
    ///
    /// # Errors
    /// The database server says why not.
    pub(super) async fn fresh(&mut self) -> anyhow::Result<Option<String>> {
        let Some(database) = &self.database else { return Ok(None) };
        if self.made > 0 {
            let gone = format!("DROP DATABASE IF EXISTS bench_{} WITH (FORCE)", self.made);
            database.sql(&gone).await?;
        }
        self.made += 1;
        let name = format!("bench_{}", self.made);
        database.sql(&format!("CREATE DATABASE {name}")).await?;
        database.sql("CHECKPOINT").await.context("the database does not write its memory to disk")?;
        Ok(Some(database.url_of(&name)))
    }
}
