//! Beats of screens: what pages of walls say of themselves, every few seconds.
//!
//! The newest of each screen is kept for the operations page; that it came is told to the core, which knows when a screen
//! falls silent. **Invariant:** however many pages beat, and however often, a screen is told of once a second at most, and
//! only screens that the city has are kept: the map is no larger than the city's walls.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pantau_schemas::ids::ScreenId;
use pantau_schemas::text::clean;
use pantau_schemas::time::Timestamp;
use pantau_schemas::wall::Walls;
use pantau_schemas::wire::ScreenBeat;
use tokio::sync::mpsc;

use crate::core::Control;

/// Beats of one screen that come sooner after each other are one, ms: several windows may show it.
const APART_MS: i64 = 1_000;
/// Longest build that is kept, in characters.
const MAX_BUILD: usize = 80;

/// The newest beat of every screen. Clones are the same.
#[derive(Debug, Clone)]
pub(crate) struct Beats {
    newest: Arc<Mutex<BTreeMap<ScreenId, (Timestamp, ScreenBeat)>>>,
    core: mpsc::Sender<Control>,
}

impl Beats {
    pub(crate) fn new(core: mpsc::Sender<Control>) -> Self {
        Self { newest: Arc::default(), core }
    }

    fn newest(&self) -> MutexGuard<'_, BTreeMap<ScreenId, (Timestamp, ScreenBeat)>> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a beat; one of a screen that the city does not have is passed over.
    pub(crate) fn take(&self, walls: &Walls, mut beat: ScreenBeat, now: Timestamp) {
        if !walls.screens.contains_key(&beat.screen) {
            return;
        }
        beat.build = clean(&beat.build, MAX_BUILD);
        let screen = beat.screen.clone();
        {
            let mut newest = self.newest();
            newest.retain(|screen, _| walls.screens.contains_key(screen));
            let before = newest.insert(screen.clone(), (now, beat)).map(|(at, _)| at);
            if let Some(at) = before.filter(|at| (0..APART_MS).contains(&now.millis_since(*at))) {
                // The next one is measured against what the core was told.
                if let Some((told, _)) = newest.get_mut(&screen) {
                    *told = at;
                }
                return;
            }
        }
        // Full: the core is busy with registries, and the next beat comes in seconds.
        drop(self.core.try_send(Control::Beat(screen)));
    }

    /// The newest beat of a screen, and when it came.
    pub(crate) fn of(&self, screen: &ScreenId) -> Option<(Timestamp, ScreenBeat)> {
        self.newest().get(screen).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pantau_schemas::wall::{Label, Screen, Wall};

    fn walls() -> Walls {
        let id = ScreenId::new("main").unwrap();
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
        Walls { screens: [(id, screen)].into(), ..Walls::default() }
    }

    fn beat(screen: &str, live: u16) -> ScreenBeat {
        let screen = ScreenId::new(screen).unwrap();
        ScreenBeat { screen, build: "b\u{0}1".to_owned(), tiles: 4, live, drawn_per_s: 60, paint_ms: 16 }
    }

    #[test]
    fn a_flood_of_beats_is_one_a_second_and_strangers_are_none() {
        let (core, mut told) = mpsc::channel(16);
        let beats = Beats::new(core);
        for millis in 0..2_500 {
            beats.take(&walls(), beat("main", 3), Timestamp::from_millis(millis));
            beats.take(&walls(), beat("pos-2", 3), Timestamp::from_millis(millis));
        }
        let mut count = 0;
        while let Ok(Control::Beat(screen)) = told.try_recv() {
            assert_eq!(screen.as_str(), "main");
            count += 1;
        }
        assert_eq!(count, 3);
        let (_, newest) = beats.of(&ScreenId::new("main").unwrap()).unwrap();
        assert_eq!((newest.build.as_str(), newest.live), ("b1", 3));
        assert_eq!(beats.of(&ScreenId::new("pos-2").unwrap()), None);
    }
}
