//! A city that is hurt keeps its promises; one that does not keep them is caught. `cargo verify -- faults` is longer.

use std::time::Duration;

use pantau_tests::faults::{Fault, Home, Report, Settings, run};
use pantau_tests::said::say;
use pantau_tests::tools::{Tool, have};

fn settings(home: Home, seed: u64, faults: &[Fault]) -> Settings {
    Settings {
        seed,
        home,
        lasting: Duration::from_secs(60),
        strikes: u32::try_from(faults.len()).unwrap(),
        faults: faults.to_vec(),
        readings: 200,
        events: 10,
        rest: (Duration::from_millis(300), Duration::from_millis(900)),
        held: (Duration::from_millis(200), Duration::from_millis(800)),
        patience: Duration::from_secs(120),
        store: "answer_within_s = 10".to_owned(),
        server: None,
    }
}

async fn tried(settings: &Settings) -> Report {
    let report = run(settings).await.unwrap();
    say(&format!(
        "MEASURED: seed {}, {} faults, {} of {} operations acknowledged, {} entries, drained {:?} after the last, {} MiB held; \
         messages a second: {}; webhooks a second: {}",
        settings.seed,
        report.strikes,
        report.ops.1,
        report.ops.0,
        report.entries,
        report.drained,
        report.memory_kib / 1024,
        report.messages,
        report.webhooks
    ));
    report
}

/// Rolled anew each time; what it was is printed.
fn seed() -> u64 {
    pantau_tests::time::now().micros().unsigned_abs()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hurt_city_loses_and_doubles_nothing() {
    if !have("a_hurt_city_loses_and_doubles_nothing", &[Tool::Mosquitto]) {
        return;
    }
    // Those that this machine cannot make are left out, and named.
    let faults = [
        Fault::KillServer,
        Fault::TearLog,
        Fault::PauseServer,
        Fault::CutBroker,
        Fault::SilenceDevices,
        Fault::CutScreens,
        Fault::FillDisk,
        Fault::MoveClock,
        Fault::FloodWebhook,
    ];
    let report = tried(&settings(Home::Sqlite, seed(), &faults)).await;
    assert_eq!(report.broken, [], "history in {:?}", report.history);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hurt_city_on_postgres_loses_and_doubles_nothing() {
    if have("a_hurt_city_on_postgres_loses_and_doubles_nothing", &[Tool::Mosquitto, Tool::Postgres]) {
        hurt_with_its_database(Home::Postgres).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hurt_city_on_a_hypertable_loses_and_doubles_nothing() {
    if have("a_hurt_city_on_a_hypertable_loses_and_doubles_nothing", &[Tool::Mosquitto, Tool::Timescale]) {
        hurt_with_its_database(Home::Timescale).await;
    }
}

async fn hurt_with_its_database(home: Home) {
    let faults = [
        Fault::KillServer,
        Fault::KillDatabase,
        Fault::SilenceDatabase,
        Fault::EndConnections,
        Fault::LockDatabase,
        Fault::ReadOnlyDatabase,
    ];
    let report = tried(&settings(home, seed(), &faults)).await;
    assert_eq!(report.broken, [], "history in {:?}", report.history);
}

/// The test of the test: a server that acknowledges first and commits afterwards, killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_acknowledges_before_it_commits_is_caught() {
    if !have("a_server_that_acknowledges_before_it_commits_is_caught", &[Tool::Mosquitto]) {
        return;
    }
    let settings = Settings {
        strikes: 3,
        // What was lost behind the broker's back never comes.
        patience: Duration::from_secs(2),
        store: "commit_after_ms = 1000\nsabotage_acknowledge_before_commit = true".to_owned(),
        ..settings(Home::Sqlite, seed(), &[Fault::KillServer])
    };
    let report = tried(&settings).await;
    let lost = report.broken.iter().any(|broken| broken.invariant == "I1");
    assert!(lost, "nothing was missed: {:?}", report.broken);
    if let Some(history) = report.history {
        std::fs::remove_file(history).unwrap();
    }
}
