//! The beat of a screen: its page says that it lives, from within a frame that it paints. A page that runs but paints
//! nothing is silent, and is missed.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use leptos::prelude::*;
use pantau_schemas::ids::ScreenId;
use pantau_schemas::wire::{LiveRequest, SCREEN_BEAT_MS, ScreenBeat};

use super::beat::Tally;
use super::city::{City, Link};
use crate::browser::{every, monotonic_ms, on_paint};
use crate::media::choice::Missing;
use crate::media::message::Report;
use crate::media::screen::Screen;
use crate::media::watchdog::Seen;

/// Beats for a screen, for as long as the page lives. A name that no screen can have has no heart.
pub(crate) fn start(city: City, screen: &str, pictures: Result<Screen, Missing>) {
    let Ok(screen) = ScreenId::new(screen) else { return };
    let (asked, told) = (Rc::new(Cell::new(false)), Rc::new(Cell::new(monotonic_ms())));
    let tally = Rc::new(RefCell::new(Tally::default()));
    let beat = move || {
        // One is enough: a page that paints nothing for an hour does not say so a thousand times afterwards.
        if asked.replace(true) {
            return;
        }
        let (asked, told, tally, screen) = (asked.clone(), told.clone(), tally.clone(), screen.clone());
        let began = monotonic_ms();
        on_paint(move || {
            asked.set(false);
            let now = monotonic_ms();
            let report = pictures.map(Screen::report).unwrap_or_default();
            let drawn = tally.borrow_mut().since(report.tiles.iter().map(|tile| (tile.tile, tile.drawn)));
            let span = whole(now - told.replace(now)).max(1);
            let (tiles, live) = counts(&report);
            city.tell(&LiveRequest::Screen(ScreenBeat {
                screen,
                build: city.build(),
                tiles,
                live,
                drawn_per_s: u32::try_from(drawn * 1_000 / u64::from(span)).unwrap_or(u32::MAX),
                paint_ms: whole(now - began),
            }));
        });
    };
    let at_once = beat.clone();
    Effect::new(move |_| {
        if city.link.get() == Link::Up {
            at_once();
        }
    });
    every(SCREEN_BEAT_MS, beat);
}

/// How many tiles there are, and how many of them move by what is seen on them.
fn counts(report: &Report) -> (u16, u16) {
    let count = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    let live = report.tiles.iter().filter(|tile| tile.seen == Seen::Live).count();
    (count(report.tiles.len()), count(live))
}

/// Whole milliseconds.
fn whole(ms: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what fits")]
    let whole = ms.round().clamp(0.0, 4_000_000_000.0) as u32;
    whole
}
