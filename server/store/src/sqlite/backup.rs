//! A copy of the whole store while a server writes to it, and the way back.
//!
//! The copy is `VACUUM INTO`: one read of one state of the database, written as a new file without a log. **Invariant:** a
//! manifest lies only beside a copy that is whole, on disk, and whose chain held. A restore looks at everything before it
//! touches the city, and never deletes one: what was there is put aside.

use std::fs::File;
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use pantau_schemas::hash::Hash;
use pantau_schemas::ids::CityCode;
use pantau_schemas::time::Timestamp;
use sha2::{Digest as _, Sha256};
use sqlx::{ConnectOptions as _, Connection as _};

use super::Sqlite;
use super::fault::FromSqlx as _;
use super::lock::Lock;
use super::open::{Settings, check_schema, create_private, reader_options, schema_version};
use crate::backup::{BackupError, Counts, FORMAT, Manifest, with_ending};
use crate::chain::Verified;
use crate::error::StoreError;
use crate::numbers::unsigned;
use crate::store::Store as _;

/// Bytes read and written at once.
const CHUNK: usize = 1024 * 1024;
/// What SQLite keeps beside a database: its log belongs to it, and moves with it.
const COMPANIONS: [&str; 3] = ["", "-wal", "-shm"];

impl Sqlite {
    /// Copies the store of `city` in the file `path` to the file `to`, with its manifest beside it, also while a server
    /// writes. The copy is one state of the store: every batch is in it whole, or not at all.
    ///
    /// # Errors
    /// [`BackupError`]; nothing is then left that could be taken for a backup.
    pub async fn backup(
        path: &Path,
        city: &CityCode,
        to: &Path,
        made: Timestamp,
        build: &str,
    ) -> Result<Manifest, BackupError> {
        let beside = Manifest::beside(to);
        for taken in [to, beside.as_path()] {
            if taken.exists() {
                return Err(BackupError::Exists(taken.to_owned()));
            }
        }
        let part = with_ending(to, ".part");
        // Of a backup that was killed.
        remove(&part)?;
        let finished = async {
            copy(path, &part).await?;
            let Look { verified, schema, counts } = look(&part, city).await?;
            let (bytes, sha256) = digest(&part)?;
            let Verified { entries, head } = verified;
            let (city, build) = (city.clone(), build.to_owned());
            let manifest =
                Manifest { format: FORMAT, city, made, build, schema, bytes, sha256, entries, head, counts };
            rename(&part, to)?;
            write(&beside, &manifest)?;
            Ok(manifest)
        };
        let finished = finished.await;
        if finished.is_err() {
            remove(&part)?;
        }
        finished
    }

    /// Puts the backup whose manifest lies beside the file `from` in the place of the store of `city` in the file `path`.
    /// Gives its manifest, and where the city that was there is now.
    ///
    /// # Errors
    /// [`StoreError::InUse`] while a server runs, [`BackupError::HasData`] where there is a city and `replace` is not said;
    /// the rest is wrong with the backup. The city is as it was.
    pub async fn restore(
        from: &Path,
        path: &Path,
        city: &CityCode,
        replace: Replace,
        now: Timestamp,
    ) -> Result<(Manifest, Option<PathBuf>), BackupError> {
        let manifest = read(&Manifest::beside(from))?;
        if manifest.city != *city {
            return Err(BackupError::City { found: manifest.city, wanted: city.clone() });
        }
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(file_error(folder))?;
        }
        let _lock = Lock::take(path)?;
        let is_there = std::fs::metadata(path).is_ok_and(|file| file.len() > 0);
        if is_there && replace == Replace::Never {
            return Err(BackupError::HasData(path.to_owned()));
        }
        let part = with_ending(path, ".restore");
        remove(&part)?;
        let checked = async {
            let (found, digest) = copy_file(from, &part)?;
            if (found, digest) != (manifest.bytes, manifest.sha256) {
                let (bytes, wanted) = (manifest.bytes, manifest.sha256);
                return Err(BackupError::Damaged { found, digest, bytes, wanted });
            }
            let Look { verified, schema, .. } = look(&part, city).await?;
            if schema != manifest.schema {
                return Err(BackupError::Schema { found: schema, stated: manifest.schema });
            }
            if verified != (Verified { entries: manifest.entries, head: manifest.head }) {
                return Err(BackupError::Head);
            }
            Ok(())
        };
        if let Err(error) = checked.await {
            remove(&part)?;
            return Err(error);
        }
        let aside = is_there.then(|| with_ending(path, &format!(".before-{}", stamp(now))));
        for ending in COMPANIONS {
            let old = with_ending(path, ending);
            match &aside {
                Some(aside) if old.exists() => rename(&old, &with_ending(aside, ending))?,
                // A log without its database would be taken for the new one's.
                _ => remove(&old)?,
            }
        }
        rename(&part, path)?;
        Ok((manifest, aside))
    }
}

/// What to do with a city that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replace {
    /// Leave it, and restore nothing.
    Never,
    /// Put it aside.
    PutAside,
}

/// A time as a part of a file's name: `20261122T041109Z`.
#[must_use]
pub fn stamp(time: Timestamp) -> String {
    let seconds = Timestamp::from_secs(time.millis().div_euclid(1_000));
    seconds.to_string().chars().filter(|c| !matches!(c, '-' | ':')).collect()
}

/// Copies one state of the database, and brings it to the disk.
async fn copy(path: &Path, part: &Path) -> Result<(), BackupError> {
    let mut conn = reader_options(path, &Settings::default()).connect().await.store()?;
    check_schema(&mut conn, path).await?;
    // Made before SQLite opens it, so that nobody else may read it meanwhile.
    create_private(part)?;
    let name = part.to_str().ok_or_else(|| {
        file_error(part)(std::io::Error::new(ErrorKind::InvalidFilename, "the name is not UTF-8"))
    })?;
    sqlx::query("VACUUM INTO ?1").bind(name).execute(&mut conn).await.store()?;
    conn.close().await.store()?;
    File::open(part).and_then(|file| file.sync_all()).map_err(file_error(part))
}

/// What a copy holds.
struct Look {
    verified: Verified,
    schema: i64,
    counts: Counts,
}

async fn look(copy: &Path, city: &CityCode) -> Result<Look, BackupError> {
    let store = Sqlite::open_read_only(copy, city, &Settings::default()).await.map_err(of_city(city))?;
    let verified = store.verify(|_| ()).await;
    store.close().await;
    let verified = verified?;
    let mut conn = reader_options(copy, &Settings::default()).connect().await.store()?;
    let schema = schema_version(&mut conn).await?.unwrap_or(0);
    let (samples, events, dead_letters): (i64, i64, i64) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM sample), (SELECT count(*) FROM inbox), (SELECT count(*) FROM dead_letter)",
    )
    .fetch_one(&mut conn)
    .await
    .store()?;
    conn.close().await.store()?;
    let counts =
        Counts { samples: unsigned(samples), events: unsigned(events), dead_letters: unsigned(dead_letters) };
    Ok(Look { verified, schema, counts })
}

/// A database without the city says so in those words.
fn of_city(city: &CityCode) -> impl FnOnce(StoreError) -> StoreError {
    let city = city.clone();
    |error| match error {
        StoreError::Database(sqlx::Error::RowNotFound) => StoreError::NoCity(city),
        other => other,
    }
}

fn digest(path: &Path) -> Result<(u64, Hash), BackupError> {
    let mut file = File::open(path).map_err(file_error(path))?;
    pour(&mut file, &mut std::io::sink()).map_err(file_error(path))
}

/// Copies a file to one that only its owner may read, to the disk; gives its length and digest.
fn copy_file(from: &Path, to: &Path) -> Result<(u64, Hash), BackupError> {
    let mut source = File::open(from).map_err(file_error(from))?;
    create_private(to)?;
    let mut target = File::options().write(true).open(to).map_err(file_error(to))?;
    let poured = pour(&mut source, &mut target).and_then(|poured| target.sync_all().map(|()| poured));
    poured.map_err(file_error(to))
}

fn pour(from: &mut File, to: &mut impl std::io::Write) -> std::io::Result<(u64, Hash)> {
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    let mut bytes = 0;
    loop {
        let count = match from.read(&mut chunk) {
            Ok(0) => return Ok((bytes, Hash::from_bytes(hasher.finalize().into()))),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let read = chunk.get(..count).unwrap_or_default();
        hasher.update(read);
        to.write_all(read)?;
        bytes += u64::try_from(count).unwrap_or(0);
    }
}

fn read(path: &Path) -> Result<Manifest, BackupError> {
    let text = std::fs::read(path).map_err(file_error(path))?;
    let not_one = |source| BackupError::Manifest { path: path.to_owned(), source };
    // The form first: of a newer one the rest may not be readable.
    #[derive(serde::Deserialize)]
    struct Form {
        format: u32,
    }
    let Form { format } = serde_json::from_slice(&text).map_err(not_one)?;
    if format > FORMAT {
        return Err(BackupError::Newer(format));
    }
    serde_json::from_slice(&text).map_err(|source| BackupError::Manifest { path: path.to_owned(), source })
}

/// Writes the manifest, whole or not at all.
fn write(path: &Path, manifest: &Manifest) -> Result<(), BackupError> {
    let part = with_ending(path, ".part");
    let mut text = serde_json::to_vec_pretty(manifest)
        .map_err(|source| BackupError::Manifest { path: path.to_owned(), source })?;
    text.push(b'\n');
    let written = File::create(&part).and_then(|mut file| {
        file.write_all(&text)?;
        file.sync_all()
    });
    written.map_err(file_error(&part))?;
    rename(&part, path)
}

/// Renames within a folder, for good.
fn rename(from: &Path, to: &Path) -> Result<(), BackupError> {
    std::fs::rename(from, to).map_err(file_error(to))?;
    let folder =
        to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(file_error(folder))
}

/// Removes a file, if it is there.
fn remove(path: &Path) -> Result<(), BackupError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(file_error(path)(error)),
        _ => Ok(()),
    }
}

fn file_error(path: &Path) -> impl FnOnce(std::io::Error) -> BackupError {
    let path = path.to_owned();
    |source| BackupError::File { path, source }
}
