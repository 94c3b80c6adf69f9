//! A backup is made while the city lives, and brings it back as it was.

use std::path::Path;
use std::process::Output;
use std::time::Duration;

use pantau_schemas::entry::Entry;
use pantau_schemas::world::World;
use pantau_tests::city::TestCity;
use pantau_tests::server::run;
use pantau_tests::tools::{Tool, have};
use pantau_tests::wait;
use pantau_tests::webhook::complaint;
use serde_json::Value;

use pantau_tests::readings::Readings;

const LONG: Duration = Duration::from_secs(60);

fn config(city: &TestCity) -> String {
    city.dir().join("pantau.toml").display().to_string()
}

fn error(output: &Output) -> String {
    assert!(!output.status.success(), "it was done: {}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn done(output: &Output) -> String {
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{stdout}{}", String::from_utf8_lossy(&output.stderr));
    stdout
}

/// Runs the program beside the test's own tasks.
async fn pantau(arguments: &[&str]) -> Output {
    let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    let ran =
        tokio::task::spawn_blocking(move || run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()));
    ran.await.unwrap().unwrap()
}

/// The World after so many entries of an export.
fn world_of(export: &str, entries: u64) -> World {
    let mut world = World::default();
    let count = usize::try_from(entries).unwrap();
    for line in export.lines().take(count) {
        world.apply(&serde_json::from_str::<Entry>(line).unwrap()).unwrap();
    }
    assert_eq!(world.seq.0, entries);
    world
}

fn manifest(copy: &Path) -> Value {
    let text = std::fs::read(format!("{}.json", copy.display())).unwrap();
    serde_json::from_slice(&text).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_load_brings_the_city_back() {
    let mut city = TestCity::plan().direct().start().await.unwrap();
    let config = config(&city);
    let copy = city.dir().join("backups/evening.db");
    let to = copy.display().to_string();
    let readings = Readings::of("sen-01");
    let mut device = city.device("sen-01").await.unwrap();

    // Readings and complaints go on while the copy is made, and after it.
    let mut making = None;
    let mut number = 0;
    let mut tickets = 0;
    loop {
        for _ in 0..50 {
            device.publish(&readings.topic(), readings.payload(number)).await.unwrap();
            number += 1;
        }
        city.post(&complaint(&format!("LPR-{tickets}"), "Lampu mati")).await.unwrap();
        tickets += 1;
        if tickets == 10 {
            let (config, to) = (config.clone(), to.clone());
            making = Some(tokio::task::spawn_blocking(move || {
                run(&["backup", "--config", &config, "--to", &to]).unwrap()
            }));
        }
        if tickets >= 20 && making.as_ref().is_some_and(tokio::task::JoinHandle::is_finished) {
            break;
        }
    }
    let said = done(&making.unwrap().await.unwrap());
    assert!(said.contains("the city metro as of"), "{said}");
    device.acknowledged(LONG).await.unwrap();
    let kept = manifest(&copy);
    let entries = kept["entries"].as_u64().unwrap();
    assert!(entries >= 10, "{kept}");

    // Not over a city that lives, not over one that is there; and nothing is overwritten.
    let again = error(&pantau(&["backup", "--config", &config, "--to", &to]).await);
    assert!(again.contains("is there already"), "{again}");
    let refused = error(&pantau(&["restore", "--config", &config, "--from", &to, "--replace"]).await);
    assert!(refused.contains("in use by another Pantau"), "{refused}");
    city.server.stop_blocking().unwrap();
    let export = done(&pantau(&["export", "--config", &config]).await);
    let refused = error(&pantau(&["restore", "--config", &config, "--from", &to]).await);
    assert!(refused.contains("--replace"), "{refused}");

    let damaged = city.dir().join("damaged.db");
    let mut bytes = std::fs::read(&copy).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    std::fs::write(&damaged, &bytes).unwrap();
    std::fs::copy(format!("{to}.json"), format!("{}.json", damaged.display())).unwrap();
    let damaged = damaged.display().to_string();
    let refused = error(&pantau(&["restore", "--config", &config, "--from", &damaged, "--replace"]).await);
    assert!(refused.contains("damaged") && refused.contains("nothing was changed"), "{refused}");

    let folder = copy.parent().unwrap().display().to_string();
    let said = done(&pantau(&["restore", "--config", &config, "--from", &folder, "--replace"]).await);
    assert!(said.contains("the city that was there is"), "{said}");
    city.server.audit().unwrap();
    city.server.start().await.unwrap();
    let status = city.get("/v1/status").await.unwrap();
    assert_eq!(status["recovered"]["seq"], kept["entries"], "{status}");
    assert_eq!(status["recovered"]["digest"], world_of(&export, entries).digest().to_string());

    // What came after it is not there; what the device says again is, once each.
    let stored = readings.stored(&city).await.unwrap();
    let there = u32::try_from(stored.len()).unwrap();
    assert_eq!(stored, (0..there).collect::<Vec<_>>());
    assert_eq!(kept["counts"]["samples"].as_u64(), Some(u64::from(there)));
    let mut device = city.device("sen-01").await.unwrap();
    for number in 0..number {
        device.publish(&readings.topic(), readings.payload(number)).await.unwrap();
    }
    device.acknowledged(LONG).await.unwrap();
    let all = wait::until("every reading", LONG, async || {
        let stored = readings.stored(&city).await?;
        Ok((stored.len() >= usize::try_from(number)?).then_some(stored))
    });
    assert_eq!(all.await.unwrap().0, (0..number).collect::<Vec<_>>());
}

/// What the refusal and the guide say, done: dumped while the city lives, restored into an empty database.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_in_postgres_says_which_tools_to_use_and_they_bring_it_back() {
    if !have("a_store_in_postgres_says_which_tools_to_use_and_they_bring_it_back", &[Tool::Postgres]) {
        return;
    }
    let mut city = TestCity::plan().postgres().start().await.unwrap();
    let config = config(&city);
    let to = city.dir().join("x.db").display().to_string();
    for arguments in [["backup", "--to"], ["restore", "--from"]] {
        let [verb, flag] = arguments;
        let said = error(&pantau(&[verb, "--config", &config, flag, &to]).await);
        for words in ["pg_dump --format=custom --schema=pantau", "pg_restore", "pantau audit verify"] {
            assert!(said.contains(words), "{verb}: {said}");
        }
    }
    for ticket in 0..20 {
        city.post(&complaint(&format!("LPR-{ticket}"), "Lampu mati")).await.unwrap();
    }
    let (url, other) = {
        let database = city.database().unwrap();
        let (url, other) = (database.url(), database.url_of("other"));
        let (dump, from) = ("--file=pantau.dump", format!("--dbname={url}"));
        database.tool("pg_dump", &["--format=custom", "--schema=pantau", dump, &from]).unwrap();
        database.tool("createdb", &[&format!("--maintenance-db={url}"), "other"]).unwrap();
        let into = format!("--dbname={other}");
        database.tool("pg_restore", &["--exit-on-error", &into, "pantau.dump"]).unwrap();
        (url, other)
    };
    let before = city.server.status().await.unwrap();
    // What comes after the dump is not in it.
    city.post(&complaint("LPR-LATE", "Lampu mati")).await.unwrap();
    city.server.stop_blocking().unwrap();
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace(&url, &other)).unwrap();
    city.server.audit().unwrap();
    city.server.start().await.unwrap();
    let status = city.get("/v1/status").await.unwrap();
    assert_eq!(status["recovered"]["digest"], before["world"]["digest"], "{status}");
    city.post(&complaint("LPR-LATE", "Lampu mati")).await.unwrap();
    assert_eq!(city.count("webhook", "stored").await.unwrap(), 21);
}
