//! `schemas/fixtures/v1`: what has been written stays readable, and today's code writes the same.
//!
//! To add a sample: add it to [`samples`](crate::samples), name it in the list below and run
//! `cargo test -p pantau-schemas -- --ignored`, which writes the files that are missing and no others.

use std::fmt::Debug;
use std::path::PathBuf;

use pantau_schemas::command::{Command, KINDS};
use pantau_schemas::dead_letter::Reason as DeadLetterReason;
use pantau_schemas::entry::{Cause, Change, DeviceReason, DeviceState, Entry};
use pantau_schemas::event::ComplaintStep;
use pantau_schemas::hash::Hash;
use pantau_schemas::ladder::Rung;
use pantau_schemas::media::{HEADER_LEN, Header, MediaNotice, MediaRequest, Priority};
use pantau_schemas::registry::{AgencyKind, AppClass, DeviceClass, Domain, LinkKind, Purpose};
use pantau_schemas::stream::{StreamCause, StreamKind, StreamState};
use pantau_schemas::wall::{AlarmEnd, AlarmUse, PauseOn, Rank, WallAct};
use pantau_schemas::wire::{LiveMessage, LiveRequest, StoreState};
use pantau_schemas::world::World;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::samples::{self, Sample};

pub(crate) fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/v1").join(name)
}

pub(crate) fn read(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("failed to read {name}: {error}"))
}

/// Which files show which variant. A new variant does not compile until it is named here, and does not pass
/// until its files are there. No file stands for `Unknown`: those are in [`newer`](crate::newer).
macro_rules! shown_by {
    ($type:ty { $($pattern:pat => [$($file:literal),*]),+ $(,)? }) => {
        impl Shown for $type {
            const FILES: &'static [&'static str] = &[$($($file),*),+];
            fn files(&self) -> &'static [&'static str] {
                match self { $($pattern => &[$($file),*]),+ }
            }
        }
    };
}

trait Shown {
    const FILES: &'static [&'static str];
    fn files(&self) -> &'static [&'static str];
}

shown_by!(LiveRequest {
    LiveRequest::Hello { .. } => ["hello", "hello_resume"],
    LiveRequest::Watch { .. } => ["watch"],
    LiveRequest::Screen(_) => ["screen"],
    LiveRequest::Pong => ["pong"],
    LiveRequest::Unknown => [],
});
shown_by!(LiveMessage {
    LiveMessage::Welcome { .. } => ["welcome"],
    LiveMessage::Snapshot { .. } => ["snapshot"],
    LiveMessage::Entries { .. } => ["entries"],
    LiveMessage::Heads { .. } => ["heads"],
    LiveMessage::Settled { .. } => ["settled", "settled_down"],
    LiveMessage::Tick { .. } => ["tick"],
    LiveMessage::Notice { .. } => ["notice"],
    LiveMessage::Unknown => [],
});
shown_by!(MediaRequest {
    MediaRequest::Tiles { .. } => ["tiles"],
    MediaRequest::Shown { .. } => ["shown"],
    MediaRequest::Limit { .. } => ["limit"],
    MediaRequest::Unknown => [],
});
shown_by!(MediaNotice {
    MediaNotice::Stream { .. } => ["stream"],
    MediaNotice::State { .. } => ["state", "state_lost"],
    MediaNotice::Skipped { .. } => ["skipped"],
    MediaNotice::Rung { .. } => ["rung"],
    MediaNotice::Notice { .. } => ["notice"],
    MediaNotice::Unknown => [],
});
shown_by!(Change {
    Change::ServerStarted { .. } => ["server_started"],
    Change::RegistryChanged(_) => ["registry_changed"],
    Change::DeviceChanged(_) => ["device_changed", "device_changed_by_absence"],
    Change::DeviceDescribed(_) => ["device_described"],
    Change::StreamChanged { .. } => ["stream_changed"],
    Change::ComplaintReceived { .. } => ["complaint_received"],
    Change::ComplaintMoved { .. } => ["complaint_moved"],
    Change::AgencyNoted { .. } => ["agency_noted"],
    Change::MessagesMissing(_) => ["messages_missing"],
    Change::MessageFound { .. } => ["message_found"],
    Change::ScreenAdded(_) => ["screen_added", "second_screen_added", "alarm_screen_added", "third_screen_added"],
    Change::ScreenChanged(_) => ["screen_changed"],
    Change::ScreenRemoved { .. } => ["screen_removed"],
    Change::ScreenStateChanged { .. } => ["screen_up", "screen_down", "screen_forgotten"],
    Change::WallChanged(_) => [
        "wall_changed", "wall_left_to_itself", "wall_changed_by_preset", "wall_changed_by_tour",
        "alarm_wall_changed"
    ],
    Change::PresetSaved(_) => ["preset_saved"],
    Change::PresetDeleted { .. } => ["preset_deleted"],
    Change::TourSaved(_) => ["tour_saved"],
    Change::TourDeleted { .. } => ["tour_deleted"],
    Change::TourStepped { .. } => ["tour_stepped"],
    Change::WallAlarmShown(_) => ["alarm_marked", "alarm_shown"],
    Change::WallAlarmEnded { .. } => ["alarm_ended"],
    Change::DeadLettersReplayed { .. } => ["dead_letters_replayed", "dead_letters_replayed_by_hand"],
    Change::Unknown => [],
});
shown_by!(Cause {
    Cause::Start => ["server_started", "screen_added", "alarm_screen_added", "alarm_wall_changed", "third_screen_added"],
    Cause::Registry => ["registry_changed", "dead_letters_replayed"],
    Cause::Input(_) => [
        "device_changed", "device_described", "stream_changed", "messages_missing", "message_found",
        "dead_letters_replayed_by_hand", "screen_up"
    ],
    Cause::Event(_) => ["complaint_received", "complaint_moved"],
    Cause::Entry(_) => ["agency_noted", "alarm_marked", "alarm_shown"],
    Cause::Timer => ["device_changed_by_absence", "tour_stepped", "alarm_ended", "screen_down"],
    Cause::Command(_) => [
        "screen_changed", "wall_changed", "preset_saved", "wall_left_to_itself", "wall_changed_by_preset",
        "tour_saved", "wall_changed_by_tour", "tour_deleted", "preset_deleted", "second_screen_added",
        "screen_removed", "screen_forgotten"
    ],
    Cause::Unknown => [],
});

/// Every variant is shown by the files it names, and no file shows another one.
fn covers<T, K: Shown>(samples: &[Sample<T>], key: impl Fn(&T) -> &K) {
    for (name, value) in samples {
        assert!(key(value).files().contains(name), "{name} shows another variant than its list says");
    }
    let mut named: Vec<&str> = K::FILES.to_vec();
    named.sort_unstable();
    let mut there: Vec<&str> = samples.iter().map(|(name, _)| *name).collect();
    there.sort_unstable();
    assert_eq!(named, there);
}

/// The files read as the values, and the values write the files.
fn frozen<T: Serialize + DeserializeOwned + PartialEq + Debug>(folder: &str, samples: &[Sample<T>]) {
    for (name, value) in samples {
        let name = format!("{folder}{name}.json");
        let text = read(&name);
        let decoded: T = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(&decoded, value, "{name} reads as something else than before");
        let file: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_value(&decoded).unwrap(), file, "{name} is not written as it was read");
        assert_eq!(serde_json::to_value(value).unwrap(), file, "{name} is written differently today");
    }
}

#[test]
fn live_messages_are_what_they_were() {
    frozen("live_request/", &samples::live_requests());
    frozen("live_message/", &samples::live_messages());
    covers(&samples::live_requests(), |request| request);
    covers(&samples::live_messages(), |message| message);
}

#[test]
fn media_messages_are_what_they_were() {
    frozen("media_request/", &samples::media_requests());
    frozen("media_notice/", &samples::media_notices());
    covers(&samples::media_requests(), |request| request);
    covers(&samples::media_notices(), |notice| notice);
}

#[test]
fn entries_are_what_they_were() {
    frozen("entry/", &samples::entries());
    frozen("wall_entry/", &samples::walls::entries());
    frozen("alarm_entry/", &samples::alarms::entries());
    frozen("letter_entry/", &samples::letters::entries());
    frozen("screen_entry/", &samples::screens::entries());
    frozen("count_entry/", &samples::counts::entries());
    let all = [
        samples::entries(),
        samples::walls::entries(),
        samples::alarms::entries(),
        samples::letters::entries(),
        samples::screens::entries(),
        samples::counts::entries(),
    ]
    .concat();
    covers(&all, |entry| &entry.change);
    covers(&all, |entry| &entry.cause);
}

#[test]
fn commands_are_what_they_were() {
    let commands = samples::walls::commands();
    frozen("command/", &commands);
    let shown: Vec<&str> = commands.iter().map(|(name, _)| *name).collect();
    assert_eq!(shown, KINDS, "a sample for every kind, and every kind known by its name");
    for (name, command) in &commands {
        let value = serde_json::to_value(command).unwrap();
        assert_eq!(value["kind"], *name);
        assert_eq!(Command::try_from(&value).as_ref(), Ok(command));
    }
    assert_eq!(
        samples::walls::order().digest().to_string(),
        read("command.sha256").trim(),
        "a server of another build would do a command again that was done"
    );
}

#[test]
fn records_are_what_they_were() {
    frozen("", &samples::dead_letters());
    frozen("", &samples::stream_healths());
    frozen("", &[("world", samples::world()), ("wall_world", samples::walls::world())]);
    frozen("", &[("alarm_world", samples::alarms::world()), ("screen_world", samples::screens::world())]);
    frozen("", &[("count_world", samples::counts::world())]);
}

#[test]
fn a_journal_on_disk_still_verifies_and_leads_to_the_same_world() {
    for (folder, after, samples) in [
        ("entry", "world", samples::entries()),
        ("wall_entry", "wall_world", samples::walls::entries()),
        ("alarm_entry", "alarm_world", samples::alarms::entries()),
        ("screen_entry", "screen_world", samples::screens::entries()),
        ("count_entry", "count_world", samples::counts::entries()),
    ] {
        let mut previous = Hash::ZERO;
        let mut world = World::default();
        for (name, _) in samples {
            let entry: Entry = serde_json::from_str(&read(&format!("{folder}/{name}.json"))).unwrap();
            let link = Hash::chain(&previous, entry.canonical().unwrap().as_bytes());
            assert_eq!(link, entry.hash, "the chain breaks at {name}");
            world.apply(&entry).unwrap();
            previous = entry.hash;
        }
        let frozen: World = serde_json::from_str(&read(&format!("{after}.json"))).unwrap();
        assert_eq!(world, frozen);
        assert_eq!(
            world.digest().to_string(),
            read(&format!("{after}.sha256")).trim(),
            "walls and servers of two builds disagree"
        );
    }
}

/// Bytes as lines of hex, with a comment on each.
fn bytes(text: &str) -> Vec<u8> {
    let digits: String = text
        .lines()
        .filter_map(|line| line.split('#').next())
        .flat_map(|line| line.chars().filter(char::is_ascii_hexdigit))
        .collect();
    digits
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn hex_text(header: &Header) -> String {
    let encoded = header.encode();
    let fields = [
        ("version", 0..1),
        ("flags", 1..2),
        ("tile", 2..4),
        ("sequence", 4..8),
        ("capture time, microseconds", 8..16),
        ("receive time, microseconds", 16..24),
        ("payload bytes", 24..28),
        ("offset in the frame", 28..HEADER_LEN),
    ];
    fields.into_iter().fold(String::new(), |text, (name, range)| {
        let digits: Vec<String> = encoded[range].iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{text}{:<24}# {name}\n", digits.join(" "))
    })
}

#[test]
fn media_headers_are_what_they_were_byte_for_byte() {
    for (name, header) in samples::headers() {
        let file = bytes(&read(&format!("media_header/{name}.hex")));
        assert_eq!(file, header.encode(), "{name} is written differently today");
        assert_eq!(
            Header::decode(&file),
            Ok((header, &[][..])),
            "{name} reads as something else than before"
        );
    }
}

/// Every word of an enumeration without content, the one for the unknown, and how unknown words read. A new word does not compile until it is named here, and
/// does not pass until it is in `words.json`.
macro_rules! words {
    ($($type:ident { $($variant:ident),+ $(,)? } $($other:ident)? => $unknown:ident;)+) => {
        fn words() -> Vec<(&'static str, Vec<String>)> {
            fn word(value: impl Serialize) -> String {
                serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
            }
            vec![$((stringify!($type), {
                let _exhaustive = |value: $type| match value { $($type::$variant)|+ $(| $type::$other)? => () };
                vec![$(word($type::$variant)),+]
            })),+]
        }
        /// The file's words read as themselves; a word that nobody knows reads as the unknown.
        fn read_words(frozen: &Value) {
            $(for word in frozen.get(stringify!($type)).unwrap().as_array().unwrap() {
                let value: $type = serde_json::from_value(word.clone()).unwrap();
                assert_eq!(&serde_json::to_value(value).unwrap(), word, "{}", stringify!($type));
            }
            let newer: $type = serde_json::from_str("\"a_word_of_a_newer_version\"").unwrap();
            assert_eq!(newer, $type::$unknown);)+
        }
    };
}

words! {
    AlarmEnd { Over, SetAside, GaveWay, Moved, Gone } Unknown => Unknown;
    AlarmUse { May, MayNot } => MayNot;
    PauseOn { Trouble, Nothing } => Nothing;
    Rank { Pinned, Alarm, Watched, Context } => Context;
    WallAct {
        Shown, Cleared, AllCleared, LaidOut, LeftToItself, PresetApplied, TourStarted, TourStopped, Pinned,
        Unpinned, Undone,
    } Unknown => Unknown;
    AgencyKind { Dinas, Badan, Bagian, Lembaga, Kecamatan, Kelurahan, Rsud, Inspektorat } Unknown => Unknown;
    AppClass { Ministry, Online, Local } Unknown => Unknown;
    ComplaintStep { Received, Assigned, Responded, FeedbackSent, Reopened, Closed } Unknown => Unknown;
    DeviceClass { Camera, Ap, Switch, Sensor, Gateway, Ups, Server, App } Unknown => Unknown;
    DeviceReason { Reported, Will, Absence, Goodbye, Heard } Unknown => Unknown;
    DeviceState { Unknown, Up, Alert, Sleeping, Down } Other => Other;
    Domain { DataCenter, Fibre, Vpn, Wireless, Cctv, Monitoring } Unknown => Unknown;
    LinkKind { Fibre, Vpn, Wireless, Cellular } Unknown => Unknown;
    Priority { Focus, Alarm, Visible, Hidden } => Visible;
    Purpose { Keamanan, Bencana, LaluLintas } Unknown => Unknown;
    Rung { Full, Reference, KeyFrames, Still } Unknown => Unknown;
    StoreState { Ok, Down } Unknown => Unknown;
    StreamCause {
        Refused, Unreachable, ConnectTimeout, HandshakeTimeout, Unauthorized, Quarantined, NotFound,
        NoKeyFrame, Stalled, Closed, UnsupportedCodec, TimestampsJumped, TimestampsStill, RepeatedPicture,
        Protocol, Configuration, Queued, Late,
    } Unknown => Unknown;
    StreamKind { Sub, Main } Unknown => Unknown;
    StreamState { Closed, Connecting, Live, Delayed, Frozen, Lost, Forbidden, Masked } Unknown => Unknown;
    DeadLetterReason {
        Utf8, Json, Schema, Topic, UnknownDevice, UnknownAgency, Identity, ClockSkew, TooBig, Unit, Conflict,
        Source,
    } Other => Other;
}

#[test]
fn every_word_is_what_it_was() {
    let frozen: Value = serde_json::from_str(&read("words.json")).unwrap();
    read_words(&frozen);
    for (name, words) in words() {
        let before: Vec<&str> =
            frozen.get(name).unwrap().as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert_eq!(words, before, "{name}");
    }
}

#[test]
#[ignore = "writes the samples that are missing; run by hand after adding one"]
fn write_what_is_missing() {
    fn save(name: &str, text: &str) {
        let path = path(name);
        if !path.exists() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
    }
    fn save_all<T: Serialize>(folder: &str, samples: &[Sample<T>]) {
        for (name, value) in samples {
            let text = serde_json::to_string_pretty(value).unwrap();
            save(&format!("{folder}{name}.json"), &format!("{text}\n"));
        }
    }
    save_all("live_request/", &samples::live_requests());
    save_all("live_message/", &samples::live_messages());
    save_all("media_request/", &samples::media_requests());
    save_all("media_notice/", &samples::media_notices());
    save_all("entry/", &samples::entries());
    save_all("wall_entry/", &samples::walls::entries());
    save_all("alarm_entry/", &samples::alarms::entries());
    save_all("", &[("alarm_world", samples::alarms::world())]);
    save("alarm_world.sha256", &format!("{}\n", samples::alarms::world().digest()));
    save_all("letter_entry/", &samples::letters::entries());
    save_all("screen_entry/", &samples::screens::entries());
    save_all("", &[("screen_world", samples::screens::world())]);
    save("screen_world.sha256", &format!("{}\n", samples::screens::world().digest()));
    save_all("command/", &samples::walls::commands());
    save("command.sha256", &format!("{}\n", samples::walls::order().digest()));
    save_all("", &[("wall_world", samples::walls::world())]);
    save_all("count_entry/", &samples::counts::entries());
    save_all("", &[("count_world", samples::counts::world())]);
    save("count_world.sha256", &format!("{}\n", samples::counts::world().digest()));
    save("wall_world.sha256", &format!("{}\n", samples::walls::world().digest()));
    save_all("", &samples::dead_letters());
    save_all("", &samples::stream_healths());
    save_all("", &[("world", samples::world())]);
    save("world.sha256", &format!("{}\n", samples::world().digest()));
    for (name, header) in samples::headers() {
        save(&format!("media_header/{name}.hex"), &hex_text(&header));
    }
    let all = words().into_iter().fold(Vec::new(), |mut lines, (name, words)| {
        lines.push(format!("  \"{name}\": {}", serde_json::to_string(&words).unwrap()));
        lines
    });
    save("words.json", &format!("{{\n{}\n}}\n", all.join(",\n")));
}
