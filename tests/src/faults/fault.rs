//! What can be done to a city.

use std::str::FromStr;

use super::Home;
use crate::tools::Tool;

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
    /// F11: the database stands still, its synchronous standby takes its place, and then it wakes up.
    FailOver,
    /// F10, F14: the disk of the embedded store is full.
    FillDisk,
    /// F10: it takes no writes.
    ReadOnlyDisk,
    /// F09: it stands still.
    FreezeDisk,
    /// F15: the server is killed in the middle of a write to its disk.
    TearLog,
    /// F24: the server's clock is two hours ahead, two hours behind, or in 1970.
    MoveClock,
    /// F38: an agency sends far more than it may.
    FloodWebhook,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 25] = [
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
        Self::FailOver,
        Self::FillDisk,
        Self::ReadOnlyDisk,
        Self::FreezeDisk,
        Self::TearLog,
        Self::MoveClock,
        Self::FloodWebhook,
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
            Self::FailOver => "fail-over",
            Self::FillDisk => "fill-disk",
            Self::ReadOnlyDisk => "read-only-disk",
            Self::FreezeDisk => "freeze-disk",
            Self::TearLog => "tear-log",
            Self::MoveClock => "move-clock",
            Self::FloodWebhook => "flood-webhook",
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
            | Self::ReadOnlyDatabase
            | Self::FailOver => matches!(home, Home::Postgres | Home::Timescale),
            Self::FillDisk | Self::ReadOnlyDisk | Self::FreezeDisk | Self::TearLog => {
                matches!(home, Home::Sqlite)
            }
            _ => true,
        }
    }

    /// What a machine must have for it, beside what every city has.
    #[must_use]
    pub const fn needs(self) -> Option<Tool> {
        match self {
            Self::FillDisk | Self::ReadOnlyDisk | Self::FreezeDisk => Some(Tool::BlockDisk),
            Self::MoveClock => Some(Tool::FalseClock),
            _ => None,
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
