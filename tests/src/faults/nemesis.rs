//! Who hurts the city: one fault at a time, each healed before the next, all of them rolled from the seed.

use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use pantau_schemas::time::Timestamp;
use rustix::process::Signal;
use tokio::time::{Instant, sleep};

use super::fault::Fault;
use super::history::History;
use super::{flood, torn};
use crate::city::TestCity;
use crate::dice::Dice;
use crate::line::{Line, Weather};
use crate::time::now;
use crate::{http, wait};

/// How long a part may take to come back.
const BACK_WITHIN: Duration = Duration::from_secs(60);
/// How often whatever came free on a full disk is taken.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Bytes a second on a thin line: a satellite in the rain.
const THIN: usize = 4_000;

/// Hurts the city for a while, and heals it.
pub(super) async fn strike(
    city: &mut TestCity,
    fault: Fault,
    held: Duration,
    history: &History,
    dice: &mut Dice,
) -> anyhow::Result<()> {
    history.note(&format!("{} for {held:?}", fault.name()));
    match fault {
        Fault::KillServer => {
            city.server.kill()?;
            start(city).await?;
        }
        Fault::ReplaceServer => {
            let status = city.server.stop().await?;
            ensure!(status.success(), "the server stopped with {status}");
            start(city).await?;
        }
        Fault::PauseServer => {
            signal(city, Signal::STOP)?;
            sleep(held).await;
            signal(city, Signal::CONT)?;
        }
        Fault::FillDisk => fill(city, held, history).await?,
        Fault::ReadOnlyDisk => {
            city.server.disk()?.refuse_writes()?;
            sleep(held).await;
            note_trouble(city, history).await;
            city.server.disk()?.take_writes()?;
        }
        Fault::FreezeDisk => {
            city.server.disk()?.freeze()?;
            sleep(held).await;
            note_trouble(city, history).await;
            city.server.disk()?.thaw()?;
        }
        Fault::TearLog => {
            let log = city.data().join("pantau.db-wal");
            // A log with nothing in it has no end to tear.
            wait::until("the log to be written to", BACK_WITHIN, async || {
                Ok(torn::end(&log).is_ok_and(|end| end.frames > 0).then_some(()))
            })
            .await?;
            city.server.kill()?;
            let end = torn::tear(&log, dice)?;
            history.note(&format!("half a frame behind the {} that were written: {end:?}", end.frames));
            start(city).await?;
        }
        Fault::MoveClock => {
            let away = [7_200, -7_200, -now().micros() / 1_000_000];
            let seconds = away.get(usize::try_from(dice.below(3))?).copied().unwrap_or(0);
            let right = |seconds: i64| seconds.abs() < 600;
            set_clock(city, seconds, |wrong| !right(wrong)).await?;
            history.note(&format!("the server's clock is wrong by {seconds} s"));
            sleep(held).await;
            set_clock(city, 0, right).await?;
        }
        Fault::FloodWebhook => {
            let flood = flood::flood(city.address(), held, history, dice).await?;
            history.note(&format!("{flood:?}"));
        }
        Fault::KillBroker => {
            city.broker()?.kill()?;
            sleep(held).await;
            city.broker()?.up().await?;
        }
        Fault::PauseBroker => {
            city.broker()?.signal(Signal::STOP)?;
            sleep(held).await;
            city.broker()?.signal(Signal::CONT)?;
        }
        Fault::CutBroker => weather(city.lines()?.broker.as_ref(), Weather::Cut, held).await?,
        Fault::SilenceBroker => weather(city.lines()?.broker.as_ref(), Weather::Silent, held).await?,
        Fault::ThinBroker => weather(city.lines()?.broker.as_ref(), Weather::Thin(THIN), held).await?,
        Fault::CutDevices => weather(city.lines()?.devices.as_ref(), Weather::Cut, held).await?,
        Fault::SilenceDevices => weather(city.lines()?.devices.as_ref(), Weather::Silent, held).await?,
        Fault::CutScreens => weather(Some(&city.lines()?.screens), Weather::Cut, held).await?,
        Fault::CutDatabase => weather(city.lines()?.database.as_ref(), Weather::Cut, held).await?,
        Fault::SilenceDatabase => weather(city.lines()?.database.as_ref(), Weather::Silent, held).await?,
        Fault::KillDatabase => {
            city.database()?.crash().await?;
            sleep(held).await;
            city.database()?.up().await?;
        }
        Fault::PauseDatabase => {
            city.database()?.pause()?;
            sleep(held).await;
            city.database()?.resume()?;
        }
        Fault::FailOver => {
            city.database()?.pause()?;
            sleep(held).await;
            city.database()?.fail_over().await?;
            // Whoever waited for the old one gets an answer from it.
            city.database()?.wake_former()?;
            sleep(held).await;
            city.database()?.follow().await?;
        }
        Fault::EndConnections => {
            for _ in 0..10 {
                city.database()?.sql(END_CONNECTIONS).await?;
                sleep(dice.time(Duration::ZERO, held / 10)).await;
            }
        }
        Fault::LockDatabase => {
            let seconds = held.as_secs_f64();
            let sql =
                format!("BEGIN; LOCK TABLE pantau.tip IN EXCLUSIVE MODE; SELECT pg_sleep({seconds}); COMMIT");
            city.database()?.sql(&sql).await?;
        }
        Fault::ReadOnlyDatabase => {
            let set = "ALTER DATABASE postgres SET default_transaction_read_only = on";
            city.database()?.sql(set).await?;
            // Connections that are there keep what they were told when they came.
            city.database()?.sql(END_CONNECTIONS).await?;
            sleep(held).await;
            let reset =
                "BEGIN READ WRITE; ALTER DATABASE postgres RESET default_transaction_read_only; COMMIT";
            city.database()?.sql(reset).await?;
            city.database()?.sql(END_CONNECTIONS).await?;
        }
    }
    history.note(&format!("{} is over", fault.name()));
    Ok(())
}

/// Takes whatever room there is on the disk, and whatever comes free meanwhile.
async fn fill(city: &mut TestCity, held: Duration, history: &History) -> anyhow::Result<()> {
    let path = city.server.disk()?.folder().join("ballast");
    let mut file = std::fs::File::create(&path)?;
    let until = Instant::now() + held;
    let (mut taken, mut refused) = (0_usize, 0_u32);
    while Instant::now() < until || refused == 0 {
        for piece in [vec![0; 1024 * 1024], vec![0; 4 * 1024]] {
            while file.write_all(&piece).is_ok() {
                taken += piece.len();
            }
            refused += 1;
        }
        sleep(LOOK_EVERY).await;
    }
    history.note(&format!("{taken} bytes of ballast, refused {refused} times"));
    note_trouble(city, history).await;
    drop(file);
    std::fs::remove_file(&path).context("the ballast cannot be thrown off")
}

/// Writes down what the server says of its store.
async fn note_trouble(city: &TestCity, history: &History) {
    match http::get(city.address(), "/readyz").await {
        Ok(ready) => history.note(&format!("ready: {} {}", ready.status, ready.text())),
        Err(error) => history.note(&format!("ready: {error:#}")),
    }
}

/// Sets the server's clock, and waits until its answers show it.
async fn set_clock(city: &TestCity, seconds: i64, done: impl Fn(i64) -> bool) -> anyhow::Result<()> {
    city.server.clock()?.set(seconds)?;
    wait::until("the server's clock to be set", BACK_WITHIN, async || {
        let status = http::get_json(city.address(), "/v1/status").await?;
        let told: Timestamp = status["now"].as_str().context("no time")?.parse()?;
        Ok(done((told.micros() - now().micros()) / 1_000_000).then_some(()))
    })
    .await?;
    Ok(())
}

/// Every connection but the asker's own.
const END_CONNECTIONS: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
     WHERE datname = current_database() AND pid <> pg_backend_pid()";

fn signal(city: &TestCity, signal: Signal) -> anyhow::Result<()> {
    city.server.process().context("the server is down")?.signal(signal)
}

async fn weather(line: Option<&Line>, weather: Weather, held: Duration) -> anyhow::Result<()> {
    let line = line.context("the city has no such line")?;
    line.set(weather);
    sleep(held).await;
    line.set(Weather::Clear);
    Ok(())
}

/// Starts the server as its supervisor would, and waits until it answers; not until it is ready, which it may be
/// long after.
pub(super) async fn start(city: &mut TestCity) -> anyhow::Result<Duration> {
    city.server.launch()?;
    let address = city.address();
    let server = &mut city.server;
    let mut lives = 1;
    let (_, took) = wait::until("the server to answer", BACK_WITHIN, async || {
        if !server.runs() {
            lives += 1;
            if lives > 10 {
                bail!("the server does not stay up\n{}", server.tail());
            }
            server.launch()?;
        }
        Ok(http::get(address, "/healthz").await.ok().filter(|answer| answer.status == 200).map(drop))
    })
    .await?;
    Ok(took)
}
