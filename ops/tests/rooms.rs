//! The rooms of the house: which crate may lean on which, what may never enter where, and what no file may hold.

#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Which rooms a room may depend on, for its code and for its tests alike.
const ARROWS: [(&str, &[&str]); 9] = [
    ("pantau-schemas", &[]),
    ("pantau-camera", &["pantau-schemas"]),
    ("pantau-ingest", &["pantau-schemas"]),
    ("pantau-engine", &["pantau-schemas"]),
    ("pantau-store", &["pantau-schemas"]),
    ("pantau-frontend", &["pantau-schemas"]),
    ("pantau", &["pantau-schemas", "pantau-camera", "pantau-ingest", "pantau-engine", "pantau-store"]),
    (
        "pantau-ops",
        &["pantau-schemas", "pantau-camera", "pantau-ingest", "pantau-engine", "pantau-store", "pantau"],
    ),
    (
        "pantau-tests",
        &[
            "pantau-schemas",
            "pantau-camera",
            "pantau-ingest",
            "pantau-engine",
            "pantau-store",
            "pantau",
            "pantau-ops",
        ],
    ),
];

/// What comes from outside and may enter only these rooms.
const ENTRY: [(&str, &[&str]); 7] = [
    ("tokio", &["pantau-camera", "pantau-ingest", "pantau-store", "pantau", "pantau-ops", "pantau-tests"]),
    ("sqlx", &["pantau-store"]),
    ("axum", &["pantau"]),
    ("retina", &["pantau-camera"]),
    ("rumqttc", &["pantau-ingest", "pantau-ops", "pantau-tests"]),
    ("leptos", &["pantau-frontend"]),
    ("wasm-bindgen-cli-support", &["pantau-ops"]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// Each room with the names of everything it depends on, for building and for tests.
fn rooms() -> BTreeMap<String, Vec<String>> {
    let output = Command::new("cargo")
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let name = |value: &serde_json::Value| value["name"].as_str().unwrap().to_owned();
    let packages = metadata["packages"].as_array().unwrap();
    packages
        .iter()
        .map(|one| (name(one), one["dependencies"].as_array().unwrap().iter().map(name).collect()))
        .collect()
}

/// The files that are or would be committed, with their text. Anything that is not text is left out.
fn files() -> Vec<(String, String)> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let names = String::from_utf8(output.stdout).unwrap();
    names
        .split_terminator('\0')
        .filter_map(|name| Some((name.to_owned(), std::fs::read_to_string(root().join(name)).ok()?)))
        .collect()
}

#[test]
fn rooms_lean_only_the_way_the_arrows_point() {
    let rooms = rooms();
    let known: Vec<&str> = ARROWS.iter().map(|(room, _)| *room).collect();
    for (room, dependencies) in &rooms {
        let (_, allowed) =
            ARROWS.iter().find(|(name, _)| name == room).unwrap_or_else(|| panic!("{room} is a new room"));
        let wrong: Vec<&String> = dependencies
            .iter()
            .filter(|one| known.contains(&one.as_str()) && *one != room && !allowed.contains(&one.as_str()))
            .collect();
        assert!(wrong.is_empty(), "{room} must not depend on {wrong:?}");
    }
    assert_eq!(rooms.len(), known.len(), "a room is gone");
}

#[test]
fn databases_networks_and_clocks_stay_where_they_belong() {
    for (room, dependencies) in rooms() {
        for (foreign, allowed) in ENTRY {
            let entered = dependencies.iter().any(|one| one == foreign);
            assert!(!entered || allowed.contains(&room.as_str()), "{foreign} may not enter {room}");
        }
    }
}

#[test]
fn every_dependency_is_used() {
    let files = files();
    let mut unused = Vec::new();
    for (room, dependencies) in rooms() {
        let folder = match room.as_str() {
            "pantau" => "server/".to_owned(),
            "pantau-engine" | "pantau-store" => room.replace("pantau-", "server/") + "/",
            _ => room.replace("pantau-", "") + "/",
        };
        let nested = |name: &str| {
            room == "pantau" && (name.starts_with("server/engine/") || name.starts_with("server/store/"))
        };
        let sources: Vec<&str> = files
            .iter()
            .filter(|(name, _)| name.ends_with(".rs") && name.starts_with(&folder) && !nested(name))
            .map(|(_, text)| text.as_str())
            .collect();
        for one in &dependencies {
            let word = match one.as_str() {
                // The one package whose library has another name.
                "md-5" => "md5".to_owned(),
                _ => one.replace('-', "_"),
            };
            // A room may name itself among its tests' dependencies, to switch on a feature.
            if *one != room && !sources.iter().any(|text| names(text, &word)) {
                unused.push(format!("{room}: {one}"));
            }
        }
    }
    assert!(unused.is_empty(), "{unused:#?}");
}

/// Does a crate's name stand in this source, as a path (`serde::`), a macro or an import (`use bytes`)?
fn names(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric() && c != '_');
        let after = text[at + word.len()..].chars().next().is_none_or(|c| !c.is_alphanumeric() && c != '_');
        before && after
    })
}

#[test]
fn the_browsers_lints_hold_the_common_part_too() {
    let read = |name: &str| std::fs::read_to_string(root().join(name)).unwrap();
    let lines = |text: &str| -> Vec<String> {
        text.lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(str::to_owned)
            .collect()
    };
    let common = lines(&read("clippy.toml"));
    let browser = lines(&read("frontend/clippy.toml"));
    let missing: Vec<&String> = common.iter().filter(|line| !browser.contains(line)).collect();
    assert!(missing.is_empty(), "frontend/clippy.toml replaces the root's and lacks {missing:#?}");
}

#[test]
fn no_file_names_a_machine_or_a_package_server() {
    // Put together here, so that this file does not name them itself.
    let paths = ["root", "work", "tmp/t", "home"].map(|folder| format!("/{folder}/"));
    let hosts = ["static", "index", "registry", "files", "deb"].map(|host| format!("://{host}."));
    let mut found = Vec::new();
    for (name, text) in files().iter().filter(|(name, _)| name != "Cargo.lock") {
        for (number, line) in text.lines().enumerate() {
            let path = paths.iter().any(|path| {
                line.match_indices(path.as_str()).any(|(at, _)| {
                    // Inside an address or a longer path it is somebody else's folder.
                    line[..at]
                        .chars()
                        .next_back()
                        .is_none_or(|c| !c.is_alphanumeric() && !"._-}>".contains(c))
                })
            });
            if path || hosts.iter().any(|host| line.contains(host.as_str())) {
                found.push(format!("{name}:{}: {}", number + 1, line.chars().take(120).collect::<String>()));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn what_the_readme_and_ci_run_is_the_same() {
    let read = |name: &str| std::fs::read_to_string(root().join(name)).unwrap();
    assert!(read(".ci/run").contains("cargo verify"));
    let (readme, aliases) = (read("README.md"), read(".cargo/config.toml"));
    for command in ["cargo demo", "cargo verify"] {
        assert!(readme.contains(command), "README.md does not name `{command}`");
        let alias = command.trim_start_matches("cargo ");
        assert!(aliases.contains(&format!("{alias} = ")), "`{command}` is no alias");
    }
}
