//! Values for the properties: any value of a type, from few identities, so that drawn things meet.

mod walls;

pub(crate) use walls::draft;

use pantau_schemas::entry::{Actor, Cause, Change, DeviceChange, DeviceReason, DeviceState, Entry};
use pantau_schemas::event::{ComplaintStep, NewComplaint};
use pantau_schemas::hash::Hash;
use pantau_schemas::ids::{
    AgencyCode, AppCode, BootId, CityCode, CommandId, ComplaintId, DeviceId, EventKey, LinkCode, Seq,
    SeriesId, SiteCode,
};
use pantau_schemas::measure::SceneWidthM;
use pantau_schemas::missing::{Missing, MissingChange};
use pantau_schemas::observation::MetaReport;
use pantau_schemas::registry::{
    Agency, AgencyKind, App, AppClass, CameraFacts, CameraNumber, City, Device, DeviceClass, Domain, FULL,
    Levels, Link, LinkKind, MAX_CAMERA_NUMBER, Mask, Purpose, Registry, RegistryChange, Removed, Site,
};
use pantau_schemas::stream::{StreamCause, StreamKind, StreamState};
use pantau_schemas::time::Timestamp;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::FileFailurePersistence;

/// How to run a property. What once failed is kept beside the crate's manifest and tried first.
pub(crate) fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct("proptest-regressions/it.txt"))),
        ..ProptestConfig::default()
    }
}

macro_rules! codes {
    ($($name:ident: $type:ident = $prefix:literal 0..$many:literal;)+) => {
        $(pub(crate) fn $name() -> impl Strategy<Value = $type> + Clone {
            (0u32..$many).prop_map(|n| $type::new(&format!("{}{n}", $prefix)).unwrap())
        })+
    };
}

codes! {
    device: DeviceId = "dev-" 0..6;
    agency_code: AgencyCode = "opd-" 0..4;
    site_code: SiteCode = "site_" 0..4;
    link_code: LinkCode = "link." 0..3;
    app_code: AppCode = "app-" 0..3;
    ticket: ComplaintId = "LPR/2026 №" 0..6;
    boot: BootId = "boot " 0..3;
    series: SeriesId = "dev-1/metric-" 0..4;
}

/// Any text at all, and not only what a keyboard has.
fn words() -> impl Strategy<Value = String> + Clone {
    prop_oneof![4 => "[a-zA-Z \"\\\\/<>]{0,12}", 1 => any::<String>()]
}

/// Any moment, also far away ones.
pub(crate) fn moment() -> impl Strategy<Value = Timestamp> + Clone {
    prop_oneof![
        4 => (1_700_000_000_000_000_i64..1_900_000_000_000_000).prop_map(Timestamp::from_micros),
        1 => any::<i64>().prop_map(Timestamp::from_micros),
    ]
}

/// Any finite number.
pub(crate) fn finite() -> impl Strategy<Value = f64> + Clone {
    use proptest::num::f64::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    prop_oneof![2 => -180.0..180.0, 1 => POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO]
}

fn position() -> impl Strategy<Value = Option<[f64; 2]>> + Clone {
    option::of((finite(), finite()).prop_map(|(lat, long)| [lat, long]))
}

pub(crate) fn city() -> impl Strategy<Value = City> + Clone {
    (select(vec!["metro", "ambon"]), words(), select(vec!["Asia/Jakarta", "Asia/Jayapura"])).prop_map(
        |(code, name, zone)| City { code: CityCode::new(code).unwrap(), name, zone: zone.to_owned() },
    )
}

/// Any word of the contract, or the unknown one.
fn word<T: Copy + std::fmt::Debug + 'static>(
    words: &'static [(&'static str, T)],
    unknown: T,
) -> impl Strategy<Value = T> + Clone {
    prop_oneof![9 => select(words).prop_map(|(_, value)| value), 1 => Just(unknown)]
}

fn agency() -> impl Strategy<Value = Agency> + Clone {
    (agency_code(), words(), word(AgencyKind::WORDS, AgencyKind::Unknown), vec(words(), 0..3), any::<bool>())
        .prop_map(|(code, name, kind, aliases, integrated)| Agency { code, name, kind, aliases, integrated })
}

fn site() -> impl Strategy<Value = Site> + Clone {
    (site_code(), words(), option::of(agency_code()), position(), option::of(words()))
        .prop_map(|(code, name, agency, position, category)| Site { code, name, agency, position, category })
}

fn camera() -> impl Strategy<Value = CameraFacts> + Clone {
    let number = option::of((1..=MAX_CAMERA_NUMBER).prop_map(|number| CameraNumber::new(number).unwrap()));
    (
        word(Purpose::WORDS, Purpose::Unknown),
        words(),
        any::<u16>(),
        any::<bool>(),
        option::of(words()),
        number,
        vec(mask(), 0..3),
        option::of((0.1..10_000.0).prop_map(|metres| SceneWidthM::new(metres).unwrap())),
    )
        .prop_map(
            |(purpose, notice, retention_days, has_sub, category, number, masks, scene_width_m)| {
                CameraFacts {
                    purpose,
                    notice,
                    retention_days,
                    has_sub,
                    category,
                    number,
                    masks,
                    scene_width_m,
                }
            },
        )
}

fn mask() -> impl Strategy<Value = Mask> + Clone {
    vec([0..=FULL, 0..=FULL], 3..6).prop_map(|corners| Mask::new(corners).unwrap())
}

fn registered() -> impl Strategy<Value = Device> + Clone {
    (
        device(),
        word(DeviceClass::WORDS, DeviceClass::Unknown),
        words(),
        site_code(),
        vec(device(), 0..3),
        word(Domain::WORDS, Domain::Unknown),
        option::of(any::<u32>()),
        option::of(camera()),
    )
        .prop_map(|(id, class, name, site, uplink, domain, interval_s, camera)| Device {
            id,
            class,
            name,
            site,
            uplink,
            domain,
            interval_s,
            camera,
        })
}

fn link() -> impl Strategy<Value = Link> + Clone {
    (link_code(), words(), word(LinkKind::WORDS, LinkKind::Unknown), site_code(), site_code())
        .prop_map(|(code, name, kind, from, to)| Link { code, name, kind, from, to })
}

fn app() -> impl Strategy<Value = App> + Clone {
    (app_code(), words(), option::of(agency_code()), word(AppClass::WORDS, AppClass::Unknown))
        .prop_map(|(code, name, agency, class)| App { code, name, agency, class })
}

/// Any registry; with a city, as every registry that was read has one.
pub(crate) fn registry() -> impl Strategy<Value = Registry> {
    macro_rules! keyed {
        ($value:expr, $key:ident) => {
            vec($value, 0..6).prop_map(|all| all.into_iter().map(|v| (v.$key.clone(), v)).collect())
        };
    }
    (
        city().prop_map(Some),
        keyed!(agency(), code),
        keyed!(site(), code),
        keyed!(registered(), id),
        keyed!(link(), code),
        keyed!(app(), code),
        levels(),
    )
        .prop_map(|(city, agencies, sites, devices, links, apps, levels)| Registry {
            city,
            agencies,
            sites,
            devices,
            links,
            apps,
            levels,
        })
}

/// Those of the standard, or others.
fn levels() -> impl Strategy<Value = Levels> + Clone {
    let own = vec(0.5..500.0, 5).prop_map(|steps: Vec<f64>| {
        let mut sum = 0.0;
        let rising = std::array::from_fn(|index| {
            sum += steps[index];
            sum
        });
        Levels::new(rising).unwrap()
    });
    prop_oneof![Just(Levels::default()), own]
}

fn registry_change() -> impl Strategy<Value = RegistryChange> {
    let removed =
        (vec(agency_code(), 0..2), vec(site_code(), 0..2), vec(device(), 0..3), vec(link_code(), 0..2));
    (
        option::of(city()),
        vec(agency(), 0..3),
        vec(site(), 0..3),
        vec(registered(), 0..4),
        vec(link(), 0..2),
        vec(app(), 0..2),
        removed,
        (vec(app_code(), 0..2), option::of(levels())),
    )
        .prop_map(|(city, agencies, sites, devices, links, apps, removed, (gone_apps, levels))| {
            RegistryChange {
                city,
                agencies,
                sites,
                devices,
                links,
                apps,
                levels,
                removed: Removed {
                    agencies: removed.0,
                    sites: removed.1,
                    devices: removed.2,
                    links: removed.3,
                    apps: gone_apps,
                },
            }
        })
}

pub(crate) fn stream_kind() -> impl Strategy<Value = StreamKind> + Clone {
    select(vec![StreamKind::Sub, StreamKind::Main, StreamKind::Unknown])
}

pub(crate) fn stream_state() -> impl Strategy<Value = StreamState> + Clone {
    use StreamState::{Closed, Connecting, Delayed, Forbidden, Frozen, Live, Lost, Masked, Unknown};
    select(vec![Closed, Connecting, Live, Delayed, Frozen, Lost, Forbidden, Masked, Unknown])
}

pub(crate) fn stream_cause() -> impl Strategy<Value = Option<StreamCause>> + Clone {
    use StreamCause::{Late, NoKeyFrame, Quarantined, Refused, RepeatedPicture, Stalled, Unknown};
    option::of(select(vec![Late, NoKeyFrame, Quarantined, Refused, RepeatedPicture, Stalled, Unknown]))
}

fn step() -> impl Strategy<Value = ComplaintStep> + Clone {
    use ComplaintStep::{Assigned, Closed, FeedbackSent, Received, Reopened, Responded, Unknown};
    select(vec![Received, Assigned, Responded, FeedbackSent, Reopened, Closed, Unknown])
}

fn device_change() -> impl Strategy<Value = DeviceChange> {
    use DeviceState::{Alert, Down, Other, Sleeping, Unknown, Up};
    let reason = select(vec![
        DeviceReason::Reported,
        DeviceReason::Will,
        DeviceReason::Absence,
        DeviceReason::Goodbye,
        DeviceReason::Heard,
        DeviceReason::Unknown,
    ]);
    (
        device(),
        select(vec![Unknown, Up, Alert, Sleeping, Down, Other]),
        reason,
        moment(),
        option::of(boot()),
        option::of(any::<u32>()),
        option::of(words()),
    )
        .prop_map(|(device, state, reason, since, boot_id, interval_s, firmware)| DeviceChange {
            device,
            state,
            reason,
            since,
            boot_id,
            interval_s,
            firmware,
        })
}

fn meta() -> impl Strategy<Value = MetaReport> {
    (device(), option::of(words()), option::of(words()), option::of(words()), option::of(device())).prop_map(
        |(device, manufacturer, model, serial, uplink)| MetaReport {
            device,
            manufacturer,
            model,
            serial,
            uplink,
        },
    )
}

fn complaint() -> impl Strategy<Value = NewComplaint> {
    (ticket(), words(), words(), words(), words(), position(), words(), moment()).prop_map(
        |(id, service_code, service_name, description, address, position, channel, requested)| NewComplaint {
            id,
            service_code,
            service_name,
            description,
            address,
            position,
            channel,
            requested,
        },
    )
}

/// Any change, every kind as likely as another.
pub(crate) fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        1 => words().prop_map(|build| Change::ServerStarted { build }),
        1 => registry_change().prop_map(|change| Change::RegistryChanged(Box::new(change))),
        1 => device_change().prop_map(Change::DeviceChanged),
        1 => meta().prop_map(Change::DeviceDescribed),
        1 => (device(), stream_kind(), stream_state(), stream_cause(), moment()).prop_map(
            |(device, stream, state, cause, since)| {
                Change::StreamChanged { device, stream, state, cause, since }
            }
        ),
        1 => (complaint(), option::of(agency_code()), moment()).prop_map(|(complaint, agency, received)| {
            Change::ComplaintReceived { complaint, agency, received }
        }),
        1 => (ticket(), step(), option::of(agency_code()), moment()).prop_map(|(complaint, step, agency, at)| {
            Change::ComplaintMoved { complaint, step, agency, at }
        }),
        1 => (option::of(agency_code()), words(), words(), words(), moment()).prop_map(
            |(agency, event, subject, title, at)| Change::AgencyNoted { agency, event, subject, title, at }
        ),
        1 => (device(), 0_u64..9, 0_u64..5, moment(), moment()).prop_map(|(device, first, more, after, before)| {
            let missing = Missing { first, last: first + more, after, before };
            Change::MessagesMissing(MissingChange { device, missing })
        }),
        1 => (device(), 0_u64..14).prop_map(|(device, number)| Change::MessageFound { device, number }),
        9 => walls::change(),
        1 => (vec(any::<u64>(), 0..4), vec(any::<u64>(), 0..4))
            .prop_map(|(replayed, failed)| Change::DeadLettersReplayed { replayed, failed }),
        1 => Just(Change::Unknown),
    ]
}

fn cause() -> impl Strategy<Value = Cause> {
    prop_oneof![
        Just(Cause::Start),
        Just(Cause::Registry),
        Just(Cause::Timer),
        Just(Cause::Unknown),
        words().prop_map(Cause::Input),
        any::<u64>().prop_map(|seq| Cause::Entry(Seq(seq))),
        (0u32..4).prop_map(|n| {
            Cause::Command(CommandId::new(&format!("01936f2e-5c1b-7a3e-9c55-{n:012}")).unwrap())
        }),
        "[a-z/]{1,9}".prop_map(|source| Cause::Event(EventKey::new(&source, "№ 1").unwrap())),
    ]
}

/// A journal from its first entry, sealed, of at most `max` entries.
pub(crate) fn journal(max: usize) -> impl Strategy<Value = Vec<Entry>> {
    vec((moment(), words().prop_map(Actor), cause(), change()), 1..=max).prop_map(|rows| {
        let mut previous = Hash::ZERO;
        let mut seq = Seq(0);
        rows.into_iter()
            .map(|(time, actor, cause, change)| {
                seq = seq.next();
                let (entry, _) = Entry::seal(seq, time, actor, cause, change, &previous).unwrap();
                previous = entry.hash;
                entry
            })
            .collect()
    })
}
