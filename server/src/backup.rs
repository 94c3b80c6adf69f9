//! `pantau backup` and `pantau restore`: a copy of the embedded store, and the way back. A store in PostgreSQL is backed up
//! by its own tools, which do it better; here it is said which.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use pantau_schemas::time::Clock;
use pantau_store::{Location, Manifest, Replace, Server, Sqlite, stamp};

use crate::clock::SystemClock;
use crate::config::Config;

/// Copies the store to a file, or into a folder under a name with the city and the time; also while a server runs.
///
/// # Errors
/// The copy could not be made, or its journal is not whole.
pub async fn backup(config: &Config, to: &Path, out: &mut impl Write) -> anyhow::Result<()> {
    let path = embedded(config)?;
    let (city, now) = (&config.city.code, SystemClock.now());
    let is_folder = to.is_dir() || to.as_os_str().as_encoded_bytes().ends_with(b"/");
    let to = if is_folder { to.join(format!("pantau-{city}-{}.db", stamp(now))) } else { to.to_owned() };
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("failed to make {}", folder.display()))?;
    }
    let manifest =
        Sqlite::backup(path, city, &to, now, crate::BUILD).await.context("failed to make a backup")?;
    writeln!(out, "{}: {}", to.display(), said(&manifest))?;
    Ok(())
}

/// Puts a backup in the place of the store, after it was proved to be what was made.
///
/// # Errors
/// The backup is not what was made, a server runs, or there is a city and `replace` is not said; nothing is then changed.
pub async fn restore(
    config: &Config,
    from: &Path,
    replace: Replace,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let path = embedded(config)?;
    let from = chosen(from)?;
    let restored = Sqlite::restore(&from, path, &config.city.code, replace, SystemClock.now()).await;
    let (manifest, aside) = restored.context("failed to restore; nothing was changed")?;
    writeln!(out, "{}: {}", path.display(), said(&manifest))?;
    if let Some(aside) = aside {
        writeln!(out, "the city that was there is {} now", aside.display())?;
    }
    Ok(())
}

fn said(manifest: &Manifest) -> String {
    let Manifest { city, made, entries, head, schema, bytes, counts, .. } = manifest;
    format!(
        "the city {city} as of {made}: {entries} entries, head {head}; {} samples, {} events, {} dead letters; schema {schema}, \
         {bytes} bytes",
        counts.samples, counts.events, counts.dead_letters
    )
}

fn embedded(config: &Config) -> anyhow::Result<&Path> {
    match &config.store {
        Location::Sqlite(path) => Ok(path),
        Location::Postgres(server) => bail!("{}", by_its_own_tools(server)),
    }
}

fn by_its_own_tools(server: &Server) -> String {
    format!(
        "the store {server} is backed up by PostgreSQL's own tools:\n  \
         pg_dump --format=custom --schema=pantau --file=pantau.dump '{server}'\n  \
         pg_restore --exit-on-error --dbname=… pantau.dump      # into an empty database\n\
         and proved afterwards by `pantau audit verify`; ops/docs/guide/backup.md says how, also with archived WAL"
    )
}

/// The copy that is meant: itself, its manifest, or the only one of a folder.
fn chosen(from: &Path) -> anyhow::Result<PathBuf> {
    if from.extension().is_some_and(|ending| ending == "json") {
        return Ok(from.with_extension(""));
    }
    if !from.is_dir() {
        return Ok(from.to_owned());
    }
    let mut found = Vec::new();
    let read = |error| format!("failed to read {}: {error}", from.display());
    for file in std::fs::read_dir(from).map_err(|error| anyhow::anyhow!(read(error)))? {
        let file = file.map_err(|error| anyhow::anyhow!(read(error)))?.path();
        if Manifest::beside(&file).is_file() {
            found.push(file);
        }
    }
    found.sort();
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => bail!("{} holds no backup", from.display()),
        many => {
            let names: Vec<String> = many.iter().map(|file| file.display().to_string()).collect();
            bail!("{} holds several backups; name one:\n{}", from.display(), names.join("\n"))
        }
    }
}
