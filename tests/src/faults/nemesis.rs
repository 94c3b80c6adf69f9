//! Who hurts the city: one fault at a time, each healed before the next, all of them rolled from the seed.

use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use rustix::process::Signal;
use tokio::time::sleep;

use super::Home;
use super::history::History;
use crate::city::TestCity;
use crate::dice::Dice;
use crate::line::{Line, Weather};
use crate::{http, wait};

/// How long a part may take to come back.
const BACK_WITHIN: Duration = Duration::from_secs(60);
/// Bytes a second on a thin line: a satellite in the rain.
const THIN: usize = 4_000;

/// What is done to whom. Numbers are those of the reference's list of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// F16: the server is killed, and started again.
    KillServer,
    /// F17: the server stands still, and goes on.
    PauseServer,
    /// F40: the server is told to stop, and another one takes over.
    ReplaceServer,
    /// F01: the broker is killed with all it has, and comes back empty.
    KillBroker,
    /// F02: the broker takes connections, and says nothing.
    PauseBroker,
    /// F20: the line to the broker is cut.
    CutBroker,
    /// F02, F20: the line to the broker swallows what it is given.
    SilenceBroker,
    /// F03, F21: the line to the broker is thin.
    ThinBroker,
    /// F20: the line of devices that publish to the server is cut.
    CutDevices,
    /// F20: it swallows what it is given.
    SilenceDevices,
    /// F20: the line of the screens is cut.
    CutScreens,
    /// F08: the database dies, and comes back.
    KillDatabase,
    /// F09: the database stands still, and goes on.
    PauseDatabase,
    /// F11: the line to the database is cut, in whatever it was doing.
    CutDatabase,
    /// F20: it swallows what it is given.
    SilenceDatabase,
    /// F11: the database ends our connections, again and again.
    EndConnections,
    /// F09, F12: somebody else holds what we want to write.
    LockDatabase,
    /// F10: the database takes no writes, as one that became a standby.
    ReadOnlyDatabase,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 18] = [
        Self::KillServer,
        Self::PauseServer,
        Self::ReplaceServer,
        Self::KillBroker,
        Self::PauseBroker,
        Self::CutBroker,
        Self::SilenceBroker,
        Self::ThinBroker,
        Self::CutDevices,
        Self::SilenceDevices,
        Self::CutScreens,
        Self::KillDatabase,
        Self::PauseDatabase,
        Self::CutDatabase,
        Self::SilenceDatabase,
        Self::EndConnections,
        Self::LockDatabase,
        Self::ReadOnlyDatabase,
    ];

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::KillServer => "kill-server",
            Self::PauseServer => "pause-server",
            Self::ReplaceServer => "replace-server",
            Self::KillBroker => "kill-broker",
            Self::PauseBroker => "pause-broker",
            Self::CutBroker => "cut-broker",
            Self::SilenceBroker => "silence-broker",
            Self::ThinBroker => "thin-broker",
            Self::CutDevices => "cut-devices",
            Self::SilenceDevices => "silence-devices",
            Self::CutScreens => "cut-screens",
            Self::KillDatabase => "kill-database",
            Self::PauseDatabase => "pause-database",
            Self::CutDatabase => "cut-database",
            Self::SilenceDatabase => "silence-database",
            Self::EndConnections => "end-connections",
            Self::LockDatabase => "lock-database",
            Self::ReadOnlyDatabase => "read-only-database",
        }
    }

    /// Whether a city with its store there can have it.
    #[must_use]
    pub const fn applies(self, home: Home) -> bool {
        match self {
            Self::KillDatabase
            | Self::PauseDatabase
            | Self::CutDatabase
            | Self::SilenceDatabase
            | Self::EndConnections
            | Self::LockDatabase
            | Self::ReadOnlyDatabase => matches!(home, Home::Postgres),
            _ => true,
        }
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|fault| fault.name() == text).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|fault| fault.name()).collect();
            format!("there is no fault {text}; there are {}", names.join(", "))
        })
    }
}

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
