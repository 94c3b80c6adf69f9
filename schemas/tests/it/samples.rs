//! One value of everything that is frozen, made by today's code.

use pantau_schemas::dead_letter::{DeadLetter, Reason};
use pantau_schemas::entry::{Actor, Cause, Change, DeviceChange, DeviceReason, DeviceState, Entry};
use pantau_schemas::event::{ComplaintStep, NewComplaint};
use pantau_schemas::hash::Hash;
use pantau_schemas::ids::{
    AgencyCode, AppCode, BootId, CityCode, ComplaintId, DeviceId, Epoch, EventKey, LinkCode, ScreenId, Seq,
    SeriesId, SiteCode,
};
use pantau_schemas::ladder::Rung;
use pantau_schemas::media::{Flags, Header, MediaNotice, MediaRequest, Priority, Tile};
use pantau_schemas::observation::MetaReport;
use pantau_schemas::registry::{
    Agency, AgencyKind, App, AppClass, CameraFacts, City, Device, DeviceClass, Domain, Link, LinkKind,
    Purpose, RegistryChange, Removed, Site,
};
use pantau_schemas::stream::{StreamCause, StreamHealth, StreamKind, StreamState};
use pantau_schemas::time::Timestamp;
use pantau_schemas::wire::{Head, LiveMessage, LiveRequest, ScreenBeat, StoreState};
use pantau_schemas::world::World;

pub(crate) mod alarms;
pub(crate) mod counts;
pub(crate) mod letters;
pub(crate) mod screens;
pub(crate) mod walls;

/// A file's name below its folder, without ending, and the value in it.
pub(crate) type Sample<T> = (&'static str, T);

pub(crate) fn device(id: &str) -> DeviceId {
    DeviceId::new(id).unwrap()
}

pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn city() -> City {
    City { code: CityCode::new("metro").unwrap(), name: "Kota Metro".into(), zone: "Asia/Jakarta".into() }
}

fn agency(code: &str) -> AgencyCode {
    AgencyCode::new(code).unwrap()
}

fn ticket() -> ComplaintId {
    ComplaintId::new("LPR-2026-118273").unwrap()
}

pub(crate) fn live_requests() -> Vec<Sample<LiveRequest>> {
    vec![
        ("hello", LiveRequest::Hello { epoch: None, seq: None }),
        (
            "hello_resume",
            LiveRequest::Hello { epoch: Some(Epoch::new("e-7f3a").unwrap()), seq: Some(Seq(1234)) },
        ),
        ("watch", LiveRequest::Watch { series: vec![SeriesId::new("ap-01/clients").unwrap()] }),
        (
            "screen",
            LiveRequest::Screen(ScreenBeat {
                screen: ScreenId::new("main").unwrap(),
                build: "0.1.0 7f3a".to_owned(),
                tiles: 12,
                live: 11,
                drawn_per_s: 165,
                paint_ms: 14,
            }),
        ),
        ("pong", LiveRequest::Pong),
    ]
}

pub(crate) fn live_messages() -> Vec<Sample<LiveMessage>> {
    let entries = entries();
    let head = |series: &str, text: &str, value: f64| Head {
        series: SeriesId::new(series).unwrap(),
        time: time(text),
        value,
    };
    vec![
        (
            "welcome",
            LiveMessage::Welcome {
                epoch: Epoch::new("e-7f3a").unwrap(),
                seq: Seq(9),
                city: CityCode::new("metro").unwrap(),
                build: "0.1.0+5e1f".into(),
                now: time("2026-11-22T04:11:09.482001Z"),
                resumed: false,
            },
        ),
        ("snapshot", LiveMessage::Snapshot { seq: Seq(9), world: Box::new(world()) }),
        (
            "entries",
            LiveMessage::Entries {
                entries: entries.iter().skip(2).take(2).map(|(_, e)| e.clone()).collect(),
            },
        ),
        (
            "heads",
            LiveMessage::Heads {
                heads: vec![
                    head("ap-01/clients", "2026-11-22T04:11:09Z", 17.0),
                    head("tma-01/water_level", "2026-11-22T04:11:09.25Z", 1.84),
                ],
            },
        ),
        ("settled", LiveMessage::Settled { seq: Seq(9), store: StoreState::Ok, since: None }),
        (
            "settled_down",
            LiveMessage::Settled {
                seq: Seq(7),
                store: StoreState::Down,
                since: Some(time("2026-11-22T04:02:00Z")),
            },
        ),
        ("tick", LiveMessage::Tick { now: time("2026-11-22T04:11:10Z"), behind_ms: 40 }),
        (
            "notice",
            LiveMessage::Notice {
                code: "watch_limited".into(),
                text: "only 10,000 series are watched".into(),
            },
        ),
    ]
}

pub(crate) fn media_requests() -> Vec<Sample<MediaRequest>> {
    let tile = |tile, camera: &str, priority| Tile {
        tile,
        camera: device(camera),
        width: 640,
        height: 360,
        priority,
    };
    vec![
        (
            "tiles",
            MediaRequest::Tiles {
                tiles: vec![
                    tile(1, "cam-alun-01", Priority::Visible),
                    tile(2, "cam-alun-02", Priority::Alarm),
                ],
            },
        ),
        ("shown", MediaRequest::Shown { tile: 1, sequence: 812, capture_us: 1_795_320_669_482_001 }),
        ("limit", MediaRequest::Limit { tile: 1, rung: Rung::KeyFrames }),
    ]
}

pub(crate) fn media_notices() -> Vec<Sample<MediaNotice>> {
    let state =
        |state, cause| MediaNotice::State { tile: 1, state, since: time("2026-11-22T04:11:02Z"), cause };
    vec![
        (
            "stream",
            MediaNotice::Stream {
                tile: 1,
                quality: StreamKind::Sub,
                codec: "avc1.4d401e".into(),
                description: "AU1AHv/hABZnTUAe2UCgL/lwEQAAAwABAAADADIPFi2WAQAFaOvjyyA=".into(),
                width: 640,
                height: 360,
            },
        ),
        ("state", state(StreamState::Live, None)),
        ("state_lost", state(StreamState::Lost, Some(StreamCause::Refused))),
        ("skipped", MediaNotice::Skipped { tile: 1, frames: 14 }),
        ("rung", MediaNotice::Rung { tile: 1, rung: Rung::Reference }),
        ("notice", MediaNotice::Notice { code: "too_many_tiles".into(), text: "at most 128 tiles".into() }),
    ]
}

pub(crate) fn headers() -> Vec<Sample<Header>> {
    let whole = Header {
        flags: Flags { key: true, ..Flags::default() },
        tile: 1,
        sequence: 812,
        capture: Timestamp::from_micros(1_795_320_669_482_001),
        received: Timestamp::from_micros(1_795_320_669_490_500),
        payload_len: 0,
        offset: 0,
    };
    vec![
        ("key_frame", whole),
        (
            "last_chunk_after_a_gap",
            Header {
                flags: Flags { key: true, disposable: false, discontinuity: true, more: false },
                tile: 0x0102,
                sequence: 0x0304_0506,
                offset: 32 * 1024,
                ..whole
            },
        ),
        (
            "disposable_first_chunk",
            Header { flags: Flags { disposable: true, more: true, ..Flags::default() }, ..whole },
        ),
    ]
}

pub(crate) fn dead_letters() -> Vec<Sample<DeadLetter>> {
    let letter = DeadLetter::new(
        time("2026-11-22T04:11:09Z"),
        "mqtt",
        "pantau/1/metro/sensor/tma-01/tele/senml",
        Reason::Unit,
        "/0/u",
        "`V` does not measure water_level, which is in m",
        b"",
    );
    vec![("dead_letter", letter)]
}

pub(crate) fn stream_healths() -> Vec<Sample<StreamHealth>> {
    let health = StreamHealth {
        fps: 15.0,
        bitrate_bps: 820_000.0,
        packets_lost: 0,
        jitter_ms: Some(1.25),
        gop_frames: Some(30),
        key_frame_age_s: Some(0.8),
        clock_skew_ms: None,
        reconnects: 2,
    };
    vec![("stream_health", health)]
}

/// The journal of a small city, every kind of change once: a chain from [`Hash::ZERO`].
pub(crate) fn entries() -> Vec<Sample<Entry>> {
    let mut previous = Hash::ZERO;
    let mut seq = Seq(0);
    happenings()
        .into_iter()
        .map(|(name, at, actor, cause, change)| {
            seq = seq.next();
            let (entry, _) = Entry::seal(seq, time(at), actor, cause, change, &previous).unwrap();
            previous = entry.hash;
            (name, entry)
        })
        .collect()
}

/// The World after [`entries`].
pub(crate) fn world() -> World {
    let mut world = World::default();
    for (_, entry) in entries() {
        world.apply(&entry).unwrap();
    }
    world
}

type Happening = (&'static str, &'static str, Actor, Cause, Change);

fn happenings() -> Vec<Happening> {
    let camera = device("cam-alun-01");
    let key = EventKey::new("/metro/dinkominfo/lapor", "LPR-2026-118273/1").unwrap();
    let answer = EventKey::new("/metro/dinkominfo/lapor", "LPR-2026-118273/2").unwrap();
    let mqtt = || Cause::Input("mqtt".into());
    vec![
        (
            "server_started",
            "2026-11-22T04:00:00Z",
            Actor::system(),
            Cause::Start,
            Change::ServerStarted { build: "0.1.0+5e1f".into() },
        ),
        (
            "registry_changed",
            "2026-11-22T04:00:00.000120Z",
            Actor::system(),
            Cause::Registry,
            Change::RegistryChanged(Box::new(first_registry())),
        ),
        (
            "device_changed",
            "2026-11-22T04:00:01Z",
            Actor::device(&device("ap-01")),
            mqtt(),
            Change::DeviceChanged(DeviceChange {
                device: device("ap-01"),
                state: DeviceState::Up,
                reason: DeviceReason::Reported,
                since: time("2026-11-22T04:00:01Z"),
                boot_id: Some(BootId::new("b-19").unwrap()),
                interval_s: Some(60),
                firmware: Some("23.05.3".into()),
            }),
        ),
        (
            "device_described",
            "2026-11-22T04:00:01.5Z",
            Actor::device(&device("ap-01")),
            mqtt(),
            Change::DeviceDescribed(MetaReport {
                device: device("ap-01"),
                manufacturer: Some("TP-Link".into()),
                model: Some("EAP225-Outdoor v3".into()),
                serial: Some("2214AX".into()),
                uplink: Some(device("sw-alun-01")),
            }),
        ),
        (
            "stream_changed",
            "2026-11-22T04:00:02Z",
            Actor::device(&camera),
            Cause::Input("camera".into()),
            Change::StreamChanged {
                device: camera,
                stream: StreamKind::Sub,
                state: StreamState::Lost,
                cause: Some(StreamCause::Refused),
                since: time("2026-11-22T04:00:02Z"),
            },
        ),
        (
            "complaint_received",
            "2026-11-22T04:05:32Z",
            Actor::agency("dinkominfo"),
            Cause::Event(key),
            Change::ComplaintReceived {
                complaint: NewComplaint {
                    id: ticket(),
                    service_code: "jalan-rusak".into(),
                    service_name: "Jalan rusak".into(),
                    description: "Lubang besar depan SDN 3".into(),
                    address: "Jl. Jend. Sudirman".into(),
                    position: Some([-5.117, 105.309]),
                    channel: "sms".into(),
                    requested: time("2026-11-22T04:05:31+07:00"),
                },
                agency: Some(agency("pupr")),
                received: time("2026-11-22T04:05:32Z"),
            },
        ),
        (
            "complaint_moved",
            "2026-11-22T04:09:00Z",
            Actor::agency("pupr"),
            Cause::Event(answer),
            Change::ComplaintMoved {
                complaint: ticket(),
                step: ComplaintStep::Responded,
                agency: None,
                at: time("2026-11-22T04:08:59Z"),
            },
        ),
        (
            "agency_noted",
            "2026-11-22T04:10:00Z",
            Actor::agency("pupr"),
            Cause::Entry(Seq(7)),
            Change::AgencyNoted {
                agency: Some(agency("pupr")),
                event: "budget.realised".into(),
                subject: "budget/1.03.10.2.01".into(),
                title: "Rehabilitasi jalan: Rp1.250.000.000".into(),
                at: time("2026-11-22T04:09:58Z"),
            },
        ),
        (
            "device_changed_by_absence",
            "2026-11-22T04:12:36Z",
            Actor::system(),
            Cause::Timer,
            Change::DeviceChanged(DeviceChange {
                device: device("ap-01"),
                state: DeviceState::Down,
                reason: DeviceReason::Absence,
                since: time("2026-11-22T04:12:36Z"),
                boot_id: None,
                interval_s: None,
                firmware: None,
            }),
        ),
    ]
}

fn first_registry() -> RegistryChange {
    let site = SiteCode::new("alun-alun").unwrap();
    let plain = |id: &str, class, name: &str, domain| Device {
        id: device(id),
        class,
        name: name.into(),
        site: site.clone(),
        uplink: Vec::new(),
        domain,
        interval_s: None,
        camera: None,
    };
    let facts = CameraFacts {
        purpose: Purpose::LaluLintas,
        notice: "papan di tiang".into(),
        retention_days: 14,
        has_sub: true,
        category: Some("taman".into()),
        number: None,
        masks: Vec::new(),
        scene_width_m: None,
    };
    RegistryChange {
        city: Some(city()),
        agencies: vec![Agency {
            code: agency("dinkominfo"),
            name: "Dinas Komunikasi dan Informatika".into(),
            kind: AgencyKind::Dinas,
            aliases: vec!["Kominfo".into()],
            integrated: true,
        }],
        sites: vec![Site {
            code: site.clone(),
            name: "Alun-Alun Kota".into(),
            agency: Some(agency("dinkominfo")),
            position: Some([-5.1139, 105.3067]),
            category: Some("taman".into()),
        }],
        devices: vec![
            Device {
                interval_s: Some(60),
                ..plain("ap-01", DeviceClass::Ap, "AP Alun-Alun", Domain::Wireless)
            },
            Device {
                uplink: vec![device("sw-alun-01")],
                camera: Some(facts),
                ..plain("cam-alun-01", DeviceClass::Camera, "Alun-Alun utara", Domain::Cctv)
            },
            plain("sw-alun-01", DeviceClass::Switch, "Switch", Domain::Fibre),
        ],
        links: vec![Link {
            code: LinkCode::new("fo-ring-01").unwrap(),
            name: "Ring utara".into(),
            kind: LinkKind::Fibre,
            from: site.clone(),
            to: site,
        }],
        apps: vec![App {
            code: AppCode::new("lapor").unwrap(),
            name: "SP4N-LAPOR!".into(),
            agency: Some(agency("dinkominfo")),
            class: AppClass::Ministry,
        }],
        levels: None,
        removed: Removed { devices: vec![device("cam-tua-07")], ..Removed::default() },
    }
}
