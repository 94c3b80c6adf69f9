//! When a page of another build than its server's loads itself anew.
//!
//! Such a page may not know what the server says, but nobody likes a wall that flashes: it waits for a moment at which
//! nothing is lost, and two reloads are a minute apart, however often a server changes its mind.

use pantau_schemas::wall::Touring;
use pantau_schemas::world::World;

/// Two reloads are at least so far apart, ms: a server that dies and comes back as another build, over and over, does
/// not make the wall flash.
pub const APART_MS: f64 = 60_000.0;
/// A tour that waits is not waited for longer than this, ms.
const PATIENCE_MS: f64 = 600_000.0;

/// What a reload would interrupt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Nothing.
    Calm,
    /// A step of a tour.
    Touring,
    /// An alarm that somebody looks at, a word that somebody types.
    Busy,
}

/// Which build the page is, and whether the server is another one.
#[derive(Debug, Clone, Default)]
pub struct Renewal {
    own: Option<String>,
    wanted: Option<f64>,
}

impl Renewal {
    /// A server said its build, at monotonic `now_ms`. The first one is the page's own: it came from there.
    pub fn welcomed(&mut self, build: &str, now_ms: f64) {
        let own = self.own.get_or_insert_with(|| build.to_owned());
        self.wanted = (own != build).then(|| self.wanted.unwrap_or(now_ms));
    }

    /// The page's build; empty before the first welcome.
    #[must_use]
    pub fn own(&self) -> &str {
        self.own.as_deref().unwrap_or_default()
    }

    /// The server is of another build.
    #[must_use]
    pub const fn is_wanted(&self) -> bool {
        self.wanted.is_some()
    }

    /// Whether to reload now; `since_last_ms` is the time since the last reload, where there was one.
    #[must_use]
    pub fn is_due(&self, moment: Moment, now_ms: f64, since_last_ms: Option<f64>) -> bool {
        let Some(wanted) = self.wanted else { return false };
        let apart = since_last_ms.is_none_or(|since| since >= APART_MS);
        apart
            && match moment {
                Moment::Calm => true,
                Moment::Touring => now_ms - wanted >= PATIENCE_MS,
                Moment::Busy => false,
            }
    }
}

/// The moment on a screen. `before` keeps where its tour was when this was last asked: the moment at which it has gone
/// on is a calm one, between two frames.
#[must_use]
pub fn moment(world: &World, screen: &str, before: &mut Option<Touring>) -> Moment {
    let walls = &world.walls;
    let Some(screen) = walls.screens.values().find(|known| known.id.as_str() == screen) else {
        return Moment::Calm;
    };
    let goes_on = |touring: &&Touring| {
        walls.tours.get(&touring.tour).is_some_and(|tour| tour.after(touring.step).is_some())
    };
    let touring = screen.wall.tour.as_ref().filter(goes_on).cloned();
    let same = touring.is_some() && touring == *before;
    // The first look is not yet a step.
    let first = touring.is_some() && before.is_none();
    *before = touring;
    if screen.alarms.is_empty() {
        if same || first { Moment::Touring } else { Moment::Calm }
    } else {
        Moment::Busy
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pantau_schemas::ids::{DeviceId, ScreenId, TourId};
    use pantau_schemas::time::Timestamp;
    use pantau_schemas::wall::{Alarm, At, Dwell, Label, PauseOn, Screen, Shot, Step, Tour, TourDraft, Wall};

    #[test]
    fn a_page_reloads_for_another_build_only_in_a_calm_moment() {
        let mut renewal = Renewal::default();
        renewal.welcomed("a", 0.0);
        renewal.welcomed("a", 10.0);
        assert!(!renewal.is_wanted() && !renewal.is_due(Moment::Calm, 20.0, None), "the same server again");
        renewal.welcomed("b", 1_000.0);
        assert_eq!((renewal.own(), renewal.is_wanted()), ("a", true));
        assert!(renewal.is_due(Moment::Calm, 1_000.0, None));
        assert!(!renewal.is_due(Moment::Busy, 1e9, None), "never in an alarm");
        assert!(!renewal.is_due(Moment::Touring, 1_000.0 + 599_999.0, None));
        assert!(renewal.is_due(Moment::Touring, 1_000.0 + 600_000.0, None), "a tour that waits for ever");
        renewal.welcomed("a", 2_000.0);
        assert!(!renewal.is_due(Moment::Calm, 3_000.0, None), "the old one is back");
    }

    #[test]
    fn a_server_that_changes_its_mind_does_not_make_the_wall_flash() {
        // Ten minutes of a server that is another build at every welcome, three seconds apart; every reload is a new page.
        let (mut reloads, mut last) = (0, None);
        let mut page = Renewal::default();
        for round in 0..200_u32 {
            let now = f64::from(round) * 3_000.0;
            page.welcomed(if round % 2 == 0 { "a" } else { "b" }, now);
            if page.is_due(Moment::Calm, now, last.map(|last| now - last)) {
                (reloads, last, page) = (reloads + 1, Some(now), Renewal::default());
            }
        }
        assert!((9..=10).contains(&reloads), "{reloads} reloads in ten minutes");
    }

    #[test]
    fn between_two_frames_of_a_tour_is_the_moment_and_an_alarm_is_none() {
        let id = ScreenId::new("main").unwrap();
        let step = Step {
            dwell_s: Dwell::new(10).unwrap(),
            shots: vec![Shot { at: At::new(1, 1).unwrap(), camera: DeviceId::new("cam-1").unwrap() }],
        };
        let tour = TourDraft {
            id: TourId::new("pasar").unwrap(),
            name: Label::new("Pasar").unwrap(),
            pause_on: PauseOn::Trouble,
            steps: vec![step.clone(), step],
        };
        let tour = Tour::try_from(tour).unwrap();
        let mut world = World::default();
        let screen = Screen {
            id: id.clone(),
            name: Label::new("main").unwrap(),
            panel_pitch_mm: None,
            viewing_distance_m: None,
            status: None,
            wall: Wall::default(),
            history: std::collections::VecDeque::new(),
            alarms: Vec::new(),
        };
        world.walls.screens.insert(id.clone(), screen);
        world.walls.tours.insert(tour.id().clone(), tour.clone());
        let mut before = None;
        let mut look = |world: &World| moment(world, "main", &mut before);
        assert_eq!(look(&world), Moment::Calm);
        let on = |world: &mut World, step| {
            let touring =
                Touring { tour: tour.id().clone(), step, since: Timestamp::from_secs(i64::from(step)) };
            world.walls.screens.get_mut(&id).unwrap().wall.tour = Some(touring);
        };
        on(&mut world, 0);
        assert_eq!((look(&world), look(&world)), (Moment::Touring, Moment::Touring));
        on(&mut world, 1);
        assert_eq!((look(&world), look(&world)), (Moment::Calm, Moment::Touring));
        let alarm = Alarm {
            device: DeviceId::new("cam-1").unwrap(),
            camera: DeviceId::new("cam-1").unwrap(),
            at: None,
            since: Timestamp::EPOCH,
            changed: Timestamp::EPOCH,
        };
        world.walls.screens.get_mut(&id).unwrap().alarms.push(alarm);
        on(&mut world, 0);
        assert_eq!(look(&world), Moment::Busy);
        assert_eq!(moment(&world, "pos-2", &mut None), Moment::Calm);
    }
}
