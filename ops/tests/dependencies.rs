//! What we lean on from outside: only permissive licences, and no crate twice without a reason.
//!
//! The lists are those of `deny.toml`; this test needs nothing but Cargo.

#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What we ship for.
const TARGETS: [&str; 2] = ["x86_64-unknown-linux-gnu", "wasm32-unknown-unknown"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn deny() -> toml::Table {
    std::fs::read_to_string(root().join("deny.toml")).unwrap().parse().unwrap()
}

/// Every package in any of our programs: name, version, licence.
fn packages() -> BTreeSet<(String, String, String)> {
    let mut all = BTreeSet::new();
    for target in TARGETS {
        let output = Command::new("cargo")
            .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", target])
            .current_dir(root())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let packages = metadata["packages"].as_array().unwrap();
        all.extend(
            packages.iter().map(|one| (text(&one["name"]), text(&one["version"]), text(&one["license"]))),
        );
    }
    all
}

/// Can a licence expression be met by the allowed licences? `OR` binds weaker than `AND`; `/` is an old `OR`.
fn allows(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let (met, rest) = either(&words, allowed);
    met && rest.is_empty()
}

fn either<'a>(words: &'a [&'a str], allowed: &BTreeSet<String>) -> (bool, &'a [&'a str]) {
    let (mut met, mut rest) = both(words, allowed);
    while let Some((&"OR", more)) = rest.split_first() {
        let (also, left) = both(more, allowed);
        (met, rest) = (met || also, left);
    }
    (met, rest)
}

fn both<'a>(words: &'a [&'a str], allowed: &BTreeSet<String>) -> (bool, &'a [&'a str]) {
    let (mut met, mut rest) = one(words, allowed);
    while let Some((&"AND", more)) = rest.split_first() {
        let (also, left) = one(more, allowed);
        (met, rest) = (met && also, left);
    }
    (met, rest)
}

fn one<'a>(words: &'a [&'a str], allowed: &BTreeSet<String>) -> (bool, &'a [&'a str]) {
    match words {
        ["(", rest @ ..] => {
            let (met, left) = either(rest, allowed);
            (met, left.strip_prefix(&[")"]).unwrap_or(left))
        }
        [name, "WITH", exception, rest @ ..] => (allowed.contains(&format!("{name} WITH {exception}")), rest),
        [name, rest @ ..] => (allowed.contains(*name), rest),
        [] => (false, words),
    }
}

#[test]
fn a_city_may_run_change_and_hand_on_all_of_it() {
    let deny = deny();
    let allowed: BTreeSet<String> = deny["licenses"]["allow"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap().to_owned())
        .collect();
    let wrong: Vec<_> = packages().into_iter().filter(|(_, _, licence)| !allows(licence, &allowed)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn licence_expressions_are_read_as_they_are_meant() {
    let allowed = BTreeSet::from(["MIT".to_owned(), "Unicode-3.0".to_owned()]);
    for good in ["MIT", "GPL-3.0 OR MIT", "(GPL-3.0 OR MIT) AND Unicode-3.0", "MIT/Apache-2.0"] {
        assert!(allows(good, &allowed), "{good}");
    }
    for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "MIT WITH Some-exception", "(MIT OR GPL-3.0) AND GPL-3.0"] {
        assert!(!allows(bad, &allowed), "{bad}");
    }
}

#[test]
fn no_crate_comes_twice_without_a_reason() {
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, version, _) in packages() {
        versions.entry(name).or_default().insert(version);
    }
    let deny = deny();
    let mut reasons: BTreeSet<String> = BTreeSet::new();
    for skip in deny["bans"]["skip"].as_array().unwrap() {
        assert!(!skip["reason"].as_str().unwrap().is_empty());
        reasons.insert(skip["crate"].as_str().unwrap().to_owned());
    }
    // `digest@0.10` explains every 0.10.x.
    let explains = |reason: &String, name: &str, version: &str| {
        reason.split_once('@').is_some_and(|(crate_name, line)| {
            crate_name == name && (version == line || version.starts_with(&format!("{line}.")))
        })
    };
    let (mut unexplained, mut used) = (Vec::new(), BTreeSet::new());
    for (name, all) in versions.iter().filter(|(_, all)| all.len() > 1) {
        let explained: Vec<&String> = all
            .iter()
            .filter_map(|version| reasons.iter().find(|reason| explains(reason, name, version)))
            .collect();
        if explained.len() + 1 < all.len() {
            unexplained.push(format!("{name}: {all:?}"));
        }
        used.extend(explained.into_iter().cloned());
    }
    assert!(unexplained.is_empty(), "each needs a `skip` with its reason in deny.toml: {unexplained:#?}");
    let stale: Vec<&String> = reasons.difference(&used).collect();
    assert!(stale.is_empty(), "deny.toml explains what is no more: {stale:#?}");
}
