//! Reading the files that the configuration names. What cannot be read is a fault, never a panic.

use std::path::Path;

use pantau_schemas::toml_reader::{Fault, Faults};
use secrecy::SecretString;

/// Largest configuration or registry file, bytes; a larger one is surely the wrong file.
const MAX_FILE: u64 = 16 * 1024 * 1024;

/// A text file.
pub(super) fn read(path: &Path, faults: &Faults) -> Option<String> {
    let text = match std::fs::metadata(path) {
        Ok(meta) if meta.len() > MAX_FILE => Err(format!("is larger than {MAX_FILE} bytes")),
        _ => std::fs::read_to_string(path).map_err(|error| format!("cannot be read: {error}")),
    };
    text.map_err(|message| {
        faults.push(Fault {
            file: path.display().to_string(),
            line: 1,
            key: String::new(),
            message,
            nearest: None,
        });
    })
    .ok()
}

/// A secret: the file's text without the line's end.
pub(super) fn secret(path: &Path, faults: &Faults) -> Option<SecretString> {
    let text = read(path, faults)?;
    let secret = text.trim();
    if secret.is_empty() {
        faults.push(Fault {
            file: path.display().to_string(),
            line: 1,
            key: String::new(),
            message: "is empty, but should hold a secret".to_owned(),
            nearest: None,
        });
        return None;
    }
    Some(SecretString::from(secret.to_owned()))
}

/// The `*.toml` files of the registry folder, by name.
pub(super) fn registry(dir: &Path, faults: &Faults) -> Vec<(String, String)> {
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) => {
            faults.push(Fault {
                file: dir.display().to_string(),
                line: 1,
                key: "city.registry".to_owned(),
                message: format!("the registry folder cannot be read: {error}"),
                nearest: None,
            });
            return Vec::new();
        }
    };
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
    paths.sort();
    paths.iter().filter_map(|path| Some((path.display().to_string(), read(path, faults)?))).collect()
}
