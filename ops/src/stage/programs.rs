//! Where programs are that are not part of the workspace.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A program on the path; daemons live in `sbin`, which a person's path often leaves out.
#[must_use]
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from))
        .map(|dir| dir.join(program))
        .find(|candidate| candidate.is_file())
}

/// The folder with the programs of the newest PostgreSQL, which Debian keeps off the path; 15 or newer.
#[must_use]
pub fn postgres() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|entry| {
            Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path().join("bin")))
        })
        .filter(|(version, folder)| *version >= 15 && folder.join("postgres").is_file())
        .max();
    newest.map(|(_, folder)| folder).or_else(|| find("initdb")?.parent().map(PathBuf::from))
}

/// Whether that PostgreSQL has TimescaleDB.
#[must_use]
pub fn timescale() -> bool {
    let Some(binaries) = postgres() else { return false };
    let output = Command::new(binaries.join("pg_config")).arg("--pkglibdir").output();
    output.is_ok_and(|output| {
        let folder = String::from_utf8_lossy(&output.stdout);
        Path::new(folder.trim()).join("timescaledb.so").is_file()
    })
}
