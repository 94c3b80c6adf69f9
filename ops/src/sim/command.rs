//! What a person may break, in one line of text.

use std::time::Duration;

use pantau_schemas::ids::DeviceId;
use pantau_schemas::registry::{DeviceClass, Registry};
use pantau_schemas::toml_reader::nearest;

use super::camera::CameraFault;

/// The faults, for a person.
pub const FAULTS: &str = "\
  freeze CAMERA [SECONDS]     the same picture again and again; its time goes on
  still CAMERA [SECONDS]      pictures go on, their time stands still
  stall CAMERA [SECONDS]      nothing is sent, the connection stays open
  drop CAMERA [SECONDS]       connections closed and refused
  401 CAMERA [SECONDS]        no password is good enough; a careful server stops trying after three times
                              until its registry is read again
  404 CAMERA [SECONDS]        no path exists
  slow CAMERA [SECONDS]       takes ten seconds to describe itself
  reboot CAMERA|DEVICE        gone for some seconds; a device comes back with a new boot
  ap-down ID [SECONDS]        an access point or any other device loses power: its last will is sent
  hub-down ID [SECONDS]       a switch or gateway loses power, and everything behind it with it
  storm [SECONDS] [PER_S]     many readings at once; 10 s of 1500 a second unless told otherwise
  burst [EVENTS]              many agency events at once; 1000 unless told otherwise
  clear [ID]                  repairs one thing, or everything
Without SECONDS a fault stays until it is cleared.";

/// Longest fault, seconds.
const LONGEST: u64 = 24 * 3600;
const STORM_SECONDS: u32 = 10;
const STORM_RATE: u32 = 1_500;
const MOST_STORM_SECONDS: u32 = 600;
const MOST_STORM_RATE: u32 = 50_000;
const BURST: u32 = 1_000;
const MOST_BURST: u32 = 20_000;

/// A command that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    Camera { id: DeviceId, fault: CameraFault, lasts: Option<Duration> },
    Down { id: DeviceId, lasts: Option<Duration> },
    HubDown { id: DeviceId, lasts: Option<Duration> },
    Reboot { id: DeviceId },
    Storm { seconds: u32, rate: u32 },
    Burst { events: u32 },
    Clear { id: DeviceId },
    ClearAll,
}

/// Why a command was not understood or not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// An empty line.
    #[error("there is no fault")]
    Empty,
    /// An unknown fault.
    #[error("there is no fault `{word}`{hint}")]
    Unknown {
        /// What was written.
        word: String,
        /// What may have been meant.
        hint: String,
    },
    /// A fault without what it is for.
    #[error("`{0}` needs the id of a device")]
    NoDevice(&'static str),
    /// A device that is not there, or not of the right kind.
    #[error("there is no {kind} `{id}`{hint}")]
    NoSuchDevice {
        /// What was looked for.
        kind: &'static str,
        /// What was written.
        id: String,
        /// What may have been meant, or what there is.
        hint: String,
    },
    /// A number that is none, or too large.
    #[error("`{0}` is not a number from 1 to {1}")]
    Number(String, u64),
    /// More words than the fault takes.
    #[error("`{0}` is one word too many")]
    TooMuch(String),
    /// The city is ending, or still busy with the last such command.
    #[error("the city is busy")]
    Busy,
}

const WORDS: [&str; 13] = [
    "freeze", "still", "stall", "drop", "401", "404", "slow", "reboot", "ap-down", "hub-down", "storm",
    "burst", "clear",
];

const CAMERAS: &[DeviceClass] = &[DeviceClass::Camera];
const HUBS: &[DeviceClass] = &[DeviceClass::Switch, DeviceClass::Gateway];
const DEVICES: &[DeviceClass] = &[
    DeviceClass::Ap,
    DeviceClass::Sensor,
    DeviceClass::Switch,
    DeviceClass::Gateway,
    DeviceClass::Ups,
    DeviceClass::Server,
];

impl Command {
    /// Reads a line.
    pub(crate) fn parse(line: &str, registry: &Registry) -> Result<Self, CommandError> {
        let mut words = line.split_whitespace();
        let word = words.next().ok_or(CommandError::Empty)?;
        let found = find(word, registry, &mut words)?;
        match words.next() {
            Some(more) => Err(CommandError::TooMuch(more.to_owned())),
            None => Ok(found),
        }
    }
}

type Words<'a> = std::str::SplitWhitespace<'a>;

fn find(word: &str, registry: &Registry, words: &mut Words<'_>) -> Result<Command, CommandError> {
    let fault = match word {
        "freeze" => CameraFault::Freeze,
        "still" => CameraFault::Still,
        "stall" => CameraFault::Stall,
        "drop" => CameraFault::Drop,
        "401" => CameraFault::Unauthorized,
        "404" => CameraFault::NotFound,
        "slow" => CameraFault::Slow,
        "reboot" => {
            let every: Vec<DeviceClass> = DEVICES.iter().chain(CAMERAS).copied().collect();
            return Ok(Command::Reboot { id: device("reboot", "device", &every, registry, words)? });
        }
        "ap-down" => {
            let id = device("ap-down", "device", DEVICES, registry, words)?;
            return Ok(Command::Down { id, lasts: lasts(words)? });
        }
        "hub-down" => {
            let id = device("hub-down", "switch or gateway", HUBS, registry, words)?;
            return Ok(Command::HubDown { id, lasts: lasts(words)? });
        }
        "storm" => {
            let seconds = number(words, MOST_STORM_SECONDS)?.unwrap_or(STORM_SECONDS);
            return Ok(Command::Storm {
                seconds,
                rate: number(words, MOST_STORM_RATE)?.unwrap_or(STORM_RATE),
            });
        }
        "burst" => return Ok(Command::Burst { events: number(words, MOST_BURST)?.unwrap_or(BURST) }),
        "clear" => {
            let every: Vec<DeviceClass> = DEVICES.iter().chain(CAMERAS).copied().collect();
            let some = words.clone().next().is_some_and(|word| word != "all");
            if !some {
                words.next();
                return Ok(Command::ClearAll);
            }
            return Ok(Command::Clear { id: device("clear", "device", &every, registry, words)? });
        }
        _ => {
            return Err(CommandError::Unknown {
                word: word.to_owned(),
                hint: meant(word, &WORDS).unwrap_or_default(),
            });
        }
    };
    let id = device(known(word), "camera", CAMERAS, registry, words)?;
    Ok(Command::Camera { id, fault, lasts: lasts(words)? })
}

fn known(word: &str) -> &'static str {
    WORDS.iter().find(|known| **known == word).copied().unwrap_or_default()
}

fn meant(word: &str, known: &[&str]) -> Option<String> {
    nearest(word, known).map(|word| format!(", did you mean `{word}`?"))
}

fn device(
    fault: &'static str,
    kind: &'static str,
    classes: &[DeviceClass],
    registry: &Registry,
    words: &mut Words<'_>,
) -> Result<DeviceId, CommandError> {
    let id = words.next().ok_or(CommandError::NoDevice(fault))?;
    let known: Vec<&DeviceId> = registry
        .devices
        .values()
        .filter(|device| classes.contains(&device.class))
        .map(|device| &device.id)
        .collect();
    if let Some(id) = known.iter().find(|known| known.as_str() == id) {
        return Ok((*id).clone());
    }
    let names: Vec<&str> = known.iter().map(|id| id.as_str()).collect();
    let hint = meant(id, &names).unwrap_or_else(|| format!("; there are {}", list(&names)));
    Err(CommandError::NoSuchDevice { kind, id: id.to_owned(), hint })
}

/// Some names, not a screenful.
fn list(names: &[&str]) -> String {
    const SHOWN: usize = 14;
    let shown = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN { format!("{shown} and {} more", names.len() - SHOWN) } else { shown }
}

fn lasts(words: &mut Words<'_>) -> Result<Option<Duration>, CommandError> {
    let Some(word) = words.next() else { return Ok(None) };
    let seconds =
        word.strip_suffix('s').unwrap_or(word).parse().ok().filter(|seconds| (1..=LONGEST).contains(seconds));
    seconds.map(Duration::from_secs).map(Some).ok_or_else(|| CommandError::Number(word.to_owned(), LONGEST))
}

fn number(words: &mut Words<'_>, most: u32) -> Result<Option<u32>, CommandError> {
    let Some(word) = words.next() else { return Ok(None) };
    let number = word.parse().ok().filter(|number| (1..=most).contains(number));
    number.map(Some).ok_or_else(|| CommandError::Number(word.to_owned(), most.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::registry::{Plan, Size};

    fn parse(line: &str) -> Result<Command, String> {
        let registry = Plan::new(Size::default()).unwrap().registry;
        Command::parse(line, &registry).map_err(|error| error.to_string())
    }

    fn id(text: &str) -> DeviceId {
        DeviceId::new(text).unwrap()
    }

    #[test]
    fn faults_are_read_as_the_help_writes_them() {
        for line in FAULTS.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   ")) {
            let word = line.split_whitespace().next().unwrap();
            assert!(WORDS.contains(&word), "{word}");
        }
        let camera = |fault, lasts: Option<u64>| {
            Ok(Command::Camera { id: id("cam-alun-01"), fault, lasts: lasts.map(Duration::from_secs) })
        };
        assert_eq!(parse("freeze cam-alun-01"), camera(CameraFault::Freeze, None));
        assert_eq!(parse(" 401  cam-alun-01 20s "), camera(CameraFault::Unauthorized, Some(20)));
        assert_eq!(
            parse("ap-down ap-07 5"),
            Ok(Command::Down { id: id("ap-07"), lasts: Some(Duration::from_secs(5)) })
        );
        assert_eq!(parse("hub-down sw-alun-01"), Ok(Command::HubDown { id: id("sw-alun-01"), lasts: None }));
        assert_eq!(parse("storm 3 2000"), Ok(Command::Storm { seconds: 3, rate: 2000 }));
        assert_eq!(parse("burst"), Ok(Command::Burst { events: 1000 }));
        assert_eq!(parse("reboot sen-air-01"), Ok(Command::Reboot { id: id("sen-air-01") }));
        assert_eq!(parse("clear"), Ok(Command::ClearAll));
        assert_eq!(parse("clear ap-07"), Ok(Command::Clear { id: id("ap-07") }));
    }

    #[test]
    fn a_wrong_line_says_what_would_be_right() {
        let error = |line: &str| parse(line).unwrap_err();
        assert_eq!(error("freze cam-alun-01"), "there is no fault `freze`, did you mean `freeze`?");
        assert_eq!(error("freeze"), "`freeze` needs the id of a device");
        assert_eq!(
            error("freeze cam-alun-1"),
            "there is no camera `cam-alun-1`, did you mean `cam-alun-01`?"
        );
        assert_eq!(
            error("stall ap-01x"),
            "there is no camera `ap-01x`; there are cam-alun-01, cam-balaikota-01, \
            cam-cendrawasih-01, cam-jembatan-01, cam-kampus-01, cam-kopindo-01, cam-raman-01, cam-rsud-01, \
            cam-sekampung-01, cam-sudirman-01, cam-taqwa-01, cam-terminal-01"
        );
        assert_eq!(error("storm 0"), "`0` is not a number from 1 to 600");
        assert_eq!(error("drop cam-alun-01 5 6"), "`6` is one word too many");
        assert_eq!(error(""), "there is no fault");
    }
}
