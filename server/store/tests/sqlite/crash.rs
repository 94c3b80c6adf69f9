//! Kill -9 in the middle of commits: what was acknowledged is there, and no batch is there by half.
//!
//! The test starts itself again as a child that commits as fast as it can and says so on its standard output,
//! kills it at some moment, and looks.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::conformance::scribe::{NOON, Scribe, everything, series, totals};
use pantau_schemas::dead_letter::Reason;
use pantau_schemas::ids::CityCode;
use pantau_store::{EntryQuery, Settings, Sqlite, Store};

const KILLS: u64 = 20;
/// Before the number of the last acknowledged entry.
const ACKNOWLEDGED: &str = "acknowledged ";

async fn open(path: &Path) -> Sqlite {
    Sqlite::open(path, &CityCode::new("metro").unwrap(), &Settings::default()).await.unwrap()
}

#[test]
#[ignore = "the child of the test below; reads its file's path from standard input"]
fn child() {
    let mut path = String::new();
    std::io::stdin().read_line(&mut path).unwrap();
    if path.trim().is_empty() {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let store = open(Path::new(path.trim())).await;
        let mut scribe = Scribe { world: store.recover().await.unwrap().world };
        loop {
            store.commit(&everything(&mut scribe)).await.unwrap();
            writeln!(std::io::stdout(), "{ACKNOWLEDGED}{}", scribe.world.seq).unwrap();
            if scribe.world.seq.0.is_multiple_of(5) {
                store.snapshot(&scribe.world).await.unwrap();
            }
        }
    });
}

/// The child, and what it says.
fn start(path: &Path) -> (Child, mpsc::Receiver<u64>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["crash::child", "--exact", "--ignored", "--nocapture"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "{}", path.display()).unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (sender, receiver) = mpsc::sync_channel(100_000);
    thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            // The harness writes the test's name without a line's end before our first word.
            if let Some((_, number)) = line.split_once(ACKNOWLEDGED)
                && sender.send(number.parse().unwrap()).is_err()
            {
                return;
            }
        }
    });
    (child, receiver)
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_is_there_by_half() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pantau.db");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mut acknowledged = 0;
    for kill in 0..KILLS {
        let (mut child, said) = start(&path);
        // The first word shows that it is at it; then a moment that differs from kill to kill.
        acknowledged = said.recv_timeout(Duration::from_secs(60)).unwrap();
        let moment = Duration::from_micros(kill * 7_919 % 40_000);
        thread::park_timeout(moment);
        child.kill().unwrap();
        child.wait().unwrap();
        // The pipe still holds what it said before it died.
        acknowledged = said.iter().last().unwrap_or(acknowledged);

        runtime.block_on(async {
            let store = open(&path).await;
            let recovered = store.recover().await.unwrap();
            let seq = recovered.world.seq.0;
            assert!(seq >= acknowledged, "kill {kill}: {acknowledged} was acknowledged, {seq} is there");
            assert_eq!(recovered.totals, [totals(seq)], "kill {kill}");
            assert_eq!(recovered.inbox.len(), usize::try_from(seq).unwrap(), "kill {kill}");
            assert_eq!(store.dead_letter_counts().await.unwrap(), [(Reason::Json, seq)], "kill {kill}");
            let a = series("a/x");
            let end = NOON.plus_millis(i64::try_from(seq + 1).unwrap() * 700_000);
            let samples = store.samples(&a, NOON, end, u32::MAX).await.unwrap();
            assert_eq!(samples.len(), usize::try_from(seq).unwrap(), "kill {kill}");
            // The snapshot and the tail make the same World as the whole journal.
            let mut replayed = Scribe::default();
            let mut after = None;
            loop {
                let query = EntryQuery { after, ..EntryQuery::first(1_000) };
                let page = store.entries(&query).await.unwrap();
                page.iter().for_each(|entry| replayed.world.apply(entry).unwrap());
                after = page.last().map(|entry| entry.seq);
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(recovered.world.digest(), replayed.world.digest(), "kill {kill}");
            assert_eq!(store.verify(|_| ()).await.unwrap().entries, seq);
            store.close().await;
        });
    }
    assert!(acknowledged > KILLS, "only {acknowledged} entries were acknowledged in {KILLS} lives");
}
