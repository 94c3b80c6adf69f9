//! Alarms take cells: which device's place is shown where, and for how long.
//!
//! **Invariants**: a pinned cell, and one in a zone that is kept from alarms, is never covered; a screen gives alarms at
//! most [`MAX_ALARM_CELLS`] cells; an alarm that rings keeps its cell until it is [`STALE_MS`] old, however many ring
//! after it; every alarm that is shown ends once.

use pantau_schemas::entry::{Change, DeviceChange, DeviceState};
use pantau_schemas::ids::{DeviceId, ScreenId};
use pantau_schemas::registry::{Device, DeviceClass, RegistryChange};
use pantau_schemas::time::Timestamp;
use pantau_schemas::wall::{
    Alarm, AlarmEnd, AlarmShown, At, Cell, Content, Layout, MAX_ALARM_CELLS, MAX_ALARMS, MAX_CAMERAS,
    MAX_SHOTS, Rank, Screen, Tile, Wall, WallAct, WallChange, Walls, rings,
};
use pantau_schemas::world::World;

/// How long the picture stays after the trouble is over, ms: whoever looked away sees how it ended.
const AFTERWARDS_MS: i64 = 60_000;
/// After so long an alarm that rings has been seen, ms: a newer one may have its cell. Sooner, pictures would be cycled
/// through and none be looked at.
const STALE_MS: i64 = 600_000;

/// What follows for the alarms on all screens from a change that is about to be made.
pub(crate) fn following(world: &World, change: &Change, now: Timestamp) -> Vec<Change> {
    match change {
        Change::DeviceChanged(change) if began(world, change) => {
            let screens = world.walls.screens.values();
            screens
                .flat_map(|screen| Hanging::of(world, screen, &screen.wall, now).show(&change.device))
                .collect()
        }
        Change::WallChanged(change) => {
            let screen = world.walls.screens.get(&change.screen);
            screen.map(|screen| rehang(world, screen, change, now)).unwrap_or_default()
        }
        Change::RegistryChanged(change) => gone(&world.walls, change),
        _ => Vec::new(),
    }
}

/// The ends of the alarms in the cell that a person takes in hand.
pub(super) fn set_aside(screen: &Screen, at: At) -> Vec<Change> {
    screen.alarms_at(at).map(|alarm| ended(&screen.id, alarm, AlarmEnd::SetAside)).collect()
}

/// When the first alarm that rings no longer has been shown for long enough.
pub(crate) fn deadline(world: &World) -> Option<Timestamp> {
    let alarms = world.walls.screens.values().flat_map(|screen| &screen.alarms);
    alarms.filter_map(|alarm| until(world, alarm)).min()
}

/// The alarms that have been shown for long enough.
pub(crate) fn over(world: &World, now: Timestamp) -> Vec<Change> {
    let alarms =
        world.walls.screens.values().flat_map(|screen| screen.alarms.iter().map(move |a| (screen, a)));
    let over = alarms.filter(|(_, alarm)| until(world, alarm).is_some_and(|until| until <= now));
    over.map(|(screen, alarm)| ended(&screen.id, alarm, AlarmEnd::Over)).collect()
}

/// How long an alarm stays that rings no longer.
fn until(world: &World, alarm: &Alarm) -> Option<Timestamp> {
    (!world.rings(&alarm.device)).then(|| alarm.changed.plus_millis(AFTERWARDS_MS))
}

fn ended(screen: &ScreenId, alarm: &Alarm, end: AlarmEnd) -> Change {
    Change::WallAlarmEnded { screen: screen.clone(), device: alarm.device.clone(), end }
}

/// Whether a device begins to ring. One that was never heard of has not gone down, whatever a broker kept of it.
fn began(world: &World, change: &DeviceChange) -> bool {
    let Some(device) = world.registry.devices.get(&change.device) else { return false };
    let before = world.devices.get(&change.device).map_or(DeviceState::Unknown, |status| status.state);
    rings(device.class, change.state)
        && !rings(device.class, before)
        && (change.state == DeviceState::Alert || before != DeviceState::Unknown)
}

/// Another wall hangs on a screen: alarms whose place is still there stay, the others look for one.
fn rehang(world: &World, screen: &Screen, change: &WallChange, now: Timestamp) -> Vec<Change> {
    let in_hand = match change.act {
        WallAct::Shown | WallAct::Pinned => change.at,
        _ => None,
    };
    let mut changes: Vec<Change> = in_hand.map(|at| set_aside(screen, at)).unwrap_or_default();
    let mut hanging = Hanging::of(world, screen, &change.wall, now);
    if let Some(at) = in_hand {
        let aside: Vec<DeviceId> = screen.alarms_at(at).map(|alarm| alarm.device.clone()).collect();
        hanging.alarms.retain(|alarm| !aside.contains(&alarm.device));
    }
    let homeless: Vec<Alarm> =
        hanging.alarms.iter().filter(|alarm| !hanging.has_place(alarm)).cloned().collect();
    hanging.alarms.retain(|alarm| !homeless.contains(alarm));
    changes.extend(homeless.iter().map(|alarm| ended(&screen.id, alarm, AlarmEnd::Moved)));
    for alarm in homeless.iter().filter(|alarm| world.rings(&alarm.device)) {
        changes.extend(hanging.show(&alarm.device));
    }
    changes
}

/// The alarms whose device or camera leaves the registry.
fn gone(walls: &Walls, change: &RegistryChange) -> Vec<Change> {
    let gone = &change.removed.devices;
    let of = |screen: &Screen| {
        let alarms = screen.alarms.iter();
        let lost = alarms.filter(|alarm| gone.contains(&alarm.device) || gone.contains(&alarm.camera));
        lost.map(|alarm| ended(&screen.id, alarm, AlarmEnd::Gone)).collect::<Vec<_>>()
    };
    walls.screens.values().flat_map(of).collect()
}

/// A screen as it will hang, and the alarms that it will have.
struct Hanging<'a> {
    world: &'a World,
    screen: &'a ScreenId,
    wall: &'a Wall,
    alarms: Vec<Alarm>,
    now: Timestamp,
}

impl<'a> Hanging<'a> {
    fn of(world: &'a World, screen: &'a Screen, wall: &'a Wall, now: Timestamp) -> Self {
        Self { world, screen: &screen.id, wall, alarms: screen.alarms.clone(), now }
    }

    /// Whether an alarm may stay where it is.
    fn has_place(&self, alarm: &Alarm) -> bool {
        match (&self.wall.content, alarm.at) {
            (Content::Auto, None) => true,
            (Content::Layout(layout), Some(at)) => {
                layout.cell(at).is_some_and(|cell| cell.area.at() == at && layout.alarms_may_use(&cell))
            }
            _ => false,
        }
    }

    /// Shows the place of a device, unless it is shown already, nothing shows it, or there is no room.
    fn show(&mut self, device: &DeviceId) -> Vec<Change> {
        if self.alarms.iter().any(|alarm| alarm.device == *device) {
            return Vec::new();
        }
        let before = self.alarms.clone();
        let mut changes = Vec::new();
        // Looked at before the camera is looked for: a flood is over here.
        if self.is_full() {
            let leaving = self.leaving();
            if leaving.is_empty() {
                return changes;
            }
            changes.extend(leaving.iter().map(|alarm| ended(self.screen, alarm, AlarmEnd::GaveWay)));
            self.alarms.retain(|alarm| !leaving.contains(alarm));
        }
        let Some((camera, at)) = self.find(device) else {
            self.alarms = before;
            return Vec::new();
        };
        let (device, screen, now) = (device.clone(), self.screen.clone(), self.now);
        self.alarms.push(Alarm {
            device: device.clone(),
            camera: camera.clone(),
            at,
            since: now,
            changed: now,
        });
        changes.push(Change::WallAlarmShown(AlarmShown { screen, device, camera, at }));
        changes
    }

    /// The pictures of alarms, each once.
    fn pictures(&self) -> Vec<(&DeviceId, Option<At>)> {
        let mut pictures: Vec<_> = self.alarms.iter().map(|alarm| (&alarm.camera, alarm.at)).collect();
        pictures.sort_unstable();
        pictures.dedup();
        pictures
    }

    fn is_full(&self) -> bool {
        self.pictures().len() >= MAX_ALARM_CELLS || self.alarms.len() >= MAX_ALARMS
    }

    /// The alarms of the picture that gives way to a newer one: one whose trouble is over, else the oldest that is
    /// stale.
    fn leaving(&self) -> Vec<Alarm> {
        let of = |picture: (&DeviceId, Option<At>)| {
            let alarms = self.alarms.iter().filter(move |alarm| (&alarm.camera, alarm.at) == picture);
            alarms.cloned().collect::<Vec<_>>()
        };
        let age = |alarms: &Vec<Alarm>| {
            let ringing = alarms.iter().any(|alarm| self.world.rings(&alarm.device));
            let since = alarms.iter().map(|alarm| alarm.since).max();
            since
                .filter(|since| !ringing || self.now.millis_since(*since) >= STALE_MS)
                .map(|since| (ringing, since))
        };
        let pictures = self.pictures().into_iter().map(of);
        let may = pictures.filter_map(|alarms| Some((age(&alarms)?, alarms)));
        may.min_by_key(|(age, _)| *age).map(|(_, alarms)| alarms).unwrap_or_default()
    }

    /// The camera that shows the place of a device, and the cell that it gets.
    fn find(&self, device: &DeviceId) -> Option<(DeviceId, Option<At>)> {
        let camera = camera(self.world, self.world.registry.devices.get(device)?)?;
        if let Some(shown) = self.alarms.iter().find(|alarm| alarm.camera == camera) {
            return Some((camera, shown.at));
        }
        match &self.wall.content {
            Content::Auto => Some((camera, None)),
            Content::Layout(layout) => {
                let at = self.cell(layout, &camera)?;
                Some((camera, Some(at)))
            }
        }
    }

    /// The cell that gives way: one that shows the camera already, else an empty one, else the lowest rank. Panels go
    /// after pictures that are looked at in passing, and the list of troubles stays: it has the alarms that find no
    /// room. Of several the largest.
    fn cell(&self, layout: &Layout, camera: &DeviceId) -> Option<At> {
        let toured = self.world.walls.toured(self.wall);
        let seen = |cell: &Cell| toured.layout().and_then(|layout| layout.cell(cell.area.at()));
        let cameras = layout.cells().iter().filter(|cell| cell.tile.camera().is_some()).count();
        let room = cameras + MAX_SHOTS + MAX_ALARM_CELLS <= MAX_CAMERAS;
        let order = |cell: &Cell| {
            if cell.tile.camera() == Some(camera) {
                return 0;
            }
            // What a tour shows at this moment is watched.
            let seen = seen(cell).unwrap_or_else(|| cell.clone());
            match &seen.tile {
                Tile::Empty => 1,
                Tile::Camera { .. } if seen.rank == Rank::Context => 2,
                Tile::Camera { .. } => 4,
                _ => 3,
            }
        };
        let free = |cell: &Cell| {
            let at = cell.area.at();
            layout.alarms_may_use(cell)
                && cell.tile != Tile::Trouble
                && (room || cell.tile.camera().is_some())
                && self.alarms.iter().all(|alarm| alarm.at != Some(at))
        };
        let size = |cell: &Cell| u16::from(cell.area.columns.get()) * u16::from(cell.area.rows.get());
        let cells = layout.every_cell().into_iter().filter(free);
        let best = cells.min_by_key(|cell| (order(cell), std::cmp::Reverse(size(cell)), cell.area));
        best.map(|cell| cell.area.at())
    }
}

/// The camera that shows the place of a device: itself, if it is one; else one of its site or on the same wire that is
/// not known to have no picture. On the same wire goes before the rest of the site, live before not yet opened.
fn camera(world: &World, device: &Device) -> Option<DeviceId> {
    if device.class == DeviceClass::Camera {
        return Some(device.id.clone());
    }
    let wired = |camera: &Device| {
        camera.uplink.iter().any(|up| *up == device.id || device.uplink.contains(up))
            || device.uplink.contains(&camera.id)
    };
    let cameras = world.registry.devices.values().filter(|other| other.class == DeviceClass::Camera);
    let near = cameras.filter(|camera| camera.site == device.site || wired(camera));
    let with_picture = near
        .filter(|camera| !matches!(world.device_state(&camera.id), DeviceState::Down | DeviceState::Alert));
    let best = with_picture.min_by_key(|camera| {
        (camera.site != device.site, !wired(camera), !world.is_live(&camera.id), &camera.id)
    });
    best.map(|camera| camera.id.clone())
}
