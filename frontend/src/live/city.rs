//! What pages read: the replica behind a handful of signals.
//!
//! Signals carry no data but "this part is newer": views are memos over the replica, computed again only when
//! their part was touched, at most once per [`ENTRIES_MS`] (or [`HEADS_MS`] when only values came).

use leptos::prelude::*;
use pantau_schemas::time::Timestamp;
use pantau_schemas::wire::{LiveMessage, LiveRequest, StoreState};
use pantau_schemas::world::Gap;
use serde::de::DeserializeOwned;

use super::pulse::{ClockOffset, Pulse};
use super::renewal::{Moment, Renewal};
use super::repaint::{Repaint, Timer};
use super::replica::{Replica, Touched};
use super::tell::{put, tell};
use crate::browser::{Socket, after, get_json, monotonic_ms, now, reload, since_reload_ms};
use crate::text::Text;
use crate::view::figures::Share;
use crate::view::sources::Ways;
use crate::view::status::Status;
use crate::zone::Zone;

/// How long "connected again" stands, ms.
const CAUGHT_UP_MS: u32 = 4_000;

/// The link to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Link {
    /// Not yet, or not any more.
    Down,
    /// Welcome was said.
    Up,
}

/// The city as a page sees it. Copies are the same city.
#[derive(Clone, Copy)]
pub(crate) struct City {
    /// The page's language.
    pub(crate) text: &'static Text,
    replica: StoredValue<Replica>,
    pulse: StoredValue<(Pulse, ClockOffset)>,
    renewal: StoredValue<Renewal>,
    /// What a reload would interrupt at this moment.
    moment: StoredValue<Box<dyn FnMut() -> Moment>, LocalStorage>,
    socket: StoredValue<Option<Socket>, LocalStorage>,
    repaint: StoredValue<Repaint>,
    /// The last minute in which readers that ended were forgotten.
    swept: StoredValue<i64>,
    registry: Trigger,
    devices: Trigger,
    feed: Trigger,
    heads: Trigger,
    walls: Trigger,
    server: Trigger,
    /// The server's clock, once a second.
    pub(crate) now: RwSignal<Timestamp>,
    /// This machine's clock is so far behind the server's, ms; follows in steps of a second.
    pub(crate) skew_ms: RwSignal<i64>,
    /// A World was received.
    pub(crate) known: RwSignal<bool>,
    /// The link.
    pub(crate) link: RwSignal<Link>,
    /// The server has been silent for long enough to say so: since this time of its own clock.
    pub(crate) silent: RwSignal<Option<Timestamp>>,
    /// The link is back and everything is in.
    pub(crate) caught_up: RwSignal<bool>,
    /// Ways in that work, of all; `None` when the status could not be read.
    pub(crate) ways: RwSignal<Option<Share>>,
    /// `GET /v1/status` on the operations page; `None` when it could not be read.
    pub(crate) status: RwSignal<Option<Status>>,
}

impl City {
    /// A city that nothing is known of, about to connect.
    pub(crate) fn connect(text: &'static Text) -> Self {
        let replica = StoredValue::new(Replica::default());
        let city = Self {
            text,
            replica,
            pulse: StoredValue::default(),
            renewal: StoredValue::default(),
            moment: StoredValue::new_local(Box::new(|| Moment::Calm)),
            socket: StoredValue::new_local(None),
            repaint: StoredValue::default(),
            swept: StoredValue::default(),
            registry: Trigger::new(),
            devices: Trigger::new(),
            feed: Trigger::new(),
            heads: Trigger::new(),
            walls: Trigger::new(),
            server: Trigger::new(),
            now: RwSignal::new(now()),
            skew_ms: RwSignal::new(0),
            known: RwSignal::new(false),
            link: RwSignal::new(Link::Down),
            silent: RwSignal::new(None),
            caught_up: RwSignal::new(false),
            ways: RwSignal::new(None),
            status: RwSignal::new(None),
        };
        city.socket.set_value(Some(super::socket::connect(city)));
        city
    }

    /// Reads in `/v1/status` every so many milliseconds how many ways in work.
    pub(crate) fn follow_ways(self, every_ms: u32) {
        follow_status(every_ms, move |ways: Option<Ways>| put(self.ways, ways.and_then(|ways| ways.share())));
    }

    /// Reads all of it, for the page that shows it.
    pub(crate) fn follow_status(self, every_ms: u32) {
        follow_status(every_ms, move |status: Option<Status>| {
            put(self.ways, status.as_ref().and_then(Status::share));
            put(self.status, status);
        });
    }

    /// Zone of the city.
    pub(crate) fn zone(self) -> Zone {
        self.of_registry(|r| r.world().registry.city.as_ref().map_or(Zone::UTC, |city| Zone::of(&city.zone)))
    }

    /// Reads the replica without following it.
    pub(crate) fn read<T>(self, read: impl FnOnce(&Replica) -> T) -> T {
        self.replica.with_value(read)
    }
    /// Reads the replica, again whenever the registry is newer.
    pub(crate) fn of_registry<T>(self, read: impl FnOnce(&Replica) -> T) -> T {
        self.registry.track();
        self.read(read)
    }
    /// Reads the replica, again whenever states or the registry are newer.
    pub(crate) fn of_devices<T>(self, read: impl FnOnce(&Replica) -> T) -> T {
        self.devices.track();
        self.of_registry(read)
    }
    /// Reads the replica, again whenever complaints, notes or the registry are newer.
    pub(crate) fn of_feed<T>(self, read: impl FnOnce(&Replica) -> T) -> T {
        self.feed.track();
        self.of_registry(read)
    }
    /// Reads the replica, again whenever values, states or the registry are newer.
    pub(crate) fn of_heads<T>(self, read: impl FnOnce(&Replica) -> T) -> T {
        self.heads.track();
        self.of_devices(read)
    }
    /// Reads the replica, again whenever something else hangs on a screen.
    pub(crate) fn of_walls<T>(self, read: impl FnOnce(&Replica) -> T) -> T {
        self.walls.track();
        self.read(read)
    }
    /// Reads the replica, again whenever the server says something new of itself.
    pub(crate) fn of_server<T>(self, read: impl FnOnce(&Replica) -> T) -> T {
        self.server.track();
        self.read(read)
    }

    /// History is not being saved: since when, where the server says so.
    pub(crate) fn store_down(self) -> Option<Option<Timestamp>> {
        self.of_server(|r| (r.server.store == Some(StoreState::Down)).then_some(r.server.store_since))
    }

    /// Milliseconds to add to this machine's clock.
    pub(crate) fn offset_ms(self) -> i64 {
        self.pulse.with_value(|(_, offset)| offset.millis())
    }

    pub(super) fn hello(self) -> String {
        // A hello always has a JSON form.
        self.read(|r| serde_json::to_string(&r.hello()).unwrap_or_default())
    }

    pub(super) fn take(self, message: LiveMessage) -> Result<(), Gap> {
        let local = now();
        self.pulse.update_value(|(pulse, offset)| {
            if let LiveMessage::Tick { now: server, .. } | LiveMessage::Welcome { now: server, .. } = &message
            {
                offset.tick(*server, local);
            }
            pulse.heard(monotonic_ms(), local.plus_millis(offset.millis()));
        });
        if let LiveMessage::Welcome { build, .. } = &message {
            self.welcomed(build);
        }
        let complete =
            matches!(message, LiveMessage::Snapshot { .. } | LiveMessage::Welcome { resumed: true, .. });
        let Some(touched) = self.replica.try_update_value(|replica| replica.take(message)).transpose()?
        else {
            return Ok(());
        };
        self.touch(touched);
        if complete {
            // A whole city is shown at once: whoever was cut off, or has just come, waits for nothing more.
            self.show(self.repaint.try_update_value(Repaint::flush).unwrap_or_default());
            put(self.known, true);
            if self.silent.get_untracked().is_some() {
                put(self.caught_up, true);
                after(CAUGHT_UP_MS, move || put(self.caught_up, false));
            }
        }
        self.pass_time();
        Ok(())
    }

    /// What a reload would interrupt, asked for while one is wanted.
    pub(crate) fn reloads_in(self, moment: impl FnMut() -> Moment + 'static) {
        self.moment.set_value(Box::new(moment));
    }

    /// The page's build, once a server said it.
    pub(crate) fn build(self) -> String {
        self.renewal.with_value(|renewal| renewal.own().to_owned())
    }

    /// Says something to the server; what cannot be sent is dropped.
    pub(crate) fn tell(self, request: &LiveRequest) {
        if let (true, Ok(text)) = (self.link.get_untracked() == Link::Up, serde_json::to_string(request)) {
            self.socket.with_value(|socket| socket.iter().for_each(|socket| socket.send(&text)));
        }
    }

    fn welcomed(self, build: &str) {
        put(self.link, Link::Up);
        self.renewal.update_value(|renewal| renewal.welcomed(build, monotonic_ms()));
    }

    /// A page of another build than its server's loads itself anew when nothing is lost by it. While there is no link
    /// there is nothing to load.
    pub(super) fn renew(self) {
        if self.link.get_untracked() == Link::Down || !self.renewal.with_value(Renewal::is_wanted) {
            return;
        }
        let moment = self.moment.try_update_value(|moment| moment()).unwrap_or(Moment::Busy);
        let now = monotonic_ms();
        if self.renewal.with_value(|renewal| renewal.is_due(moment, now, since_reload_ms())) {
            reload();
        }
    }

    pub(super) fn unlinked(self) {
        put(self.link, Link::Down);
    }

    /// Looks at the clock: the second, and whether the server is silent.
    pub(super) fn pass_time(self) {
        let (silent, offset) =
            self.pulse.with_value(|(pulse, offset)| (pulse.silent_since(monotonic_ms()), offset.millis()));
        if self.silent.get_untracked() != silent {
            put(self.silent, silent);
        }
        let time = now().plus_millis(offset);
        if self.now.get_untracked().millis().div_euclid(1_000) != time.millis().div_euclid(1_000) {
            put(self.now, time);
        }
        self.sweep(time);
        let seconds = offset / 1_000 * 1_000;
        if self.skew_ms.get_untracked() != seconds {
            put(self.skew_ms, seconds);
        }
    }

    /// Once a minute, tells everybody everything: whoever ended since is forgotten.
    fn sweep(self, time: Timestamp) {
        let minute = time.millis().div_euclid(60_000);
        if self.swept.try_update_value(|swept| std::mem::replace(swept, minute)) == Some(minute) {
            return;
        }
        self.show(Touched::ALL);
        tell(self.skew_ms);
        tell(self.known);
        tell(self.link);
        tell(self.silent);
        tell(self.caught_up);
        tell(self.ways);
        tell(self.status);
    }

    /// Notes what is newer and sees to it that views follow soon.
    fn touch(self, touched: Touched) {
        if let Some(Timer { ms, turn }) =
            self.repaint.try_update_value(|repaint| repaint.touch(touched)).flatten()
        {
            after(ms, move || self.show(self.repaint.try_update_value(|r| r.due(turn)).unwrap_or_default()));
        }
    }

    fn show(self, dirty: Touched) {
        let parts = [
            (dirty.registry, self.registry),
            (dirty.devices, self.devices),
            (dirty.feed, self.feed),
            (dirty.heads, self.heads),
            (dirty.walls, self.walls),
            (dirty.server, self.server),
        ];
        for (touched, trigger) in parts {
            if touched {
                tell(trigger);
            }
        }
    }
}

fn follow_status<T: DeserializeOwned>(every_ms: u32, tell: impl Fn(Option<T>) + Copy + 'static) {
    let read = move || leptos::task::spawn_local(async move { tell(get_json("/v1/status").await) });
    read();
    crate::browser::every(every_ms, read);
}
