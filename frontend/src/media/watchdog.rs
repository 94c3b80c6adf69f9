//! The picture's own watchdog: what the browser can say of a tile without believing the server.
//!
//! It sees only what reached the canvas: when a picture was drawn, and whether its content was new. Times are
//! monotonic milliseconds of the worker.

use pantau_schemas::ladder::{Rung, STILL_MS};
use serde::{Deserialize, Serialize};

/// A picture later than this (and than two and a half frame intervals) is late, ms.
const DELAYED_MS: f64 = 2_000.0;
/// Without a new picture for so long, the last one is frozen, ms (and at least six frame intervals).
const FROZEN_MS: f64 = 10_000.0;
/// So many key frames in a row with the same content are a frozen picture…
const SAME_KEYS: u32 = 3;
/// …when they span at least this, ms.
const SAME_KEYS_MS: f64 = 2_500.0;
/// Frame intervals are believed up to this, ms; beyond it a stream is a slide show.
const MAX_INTERVAL_MS: f64 = 10_000.0;
/// Key frames are taken to come this often before two of them came, ms.
const KEY_INTERVAL_MS: f64 = 2_000.0;

/// What the browser says of a tile's picture. A later word is worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// Nothing was drawn yet.
    Nothing,
    /// New pictures are drawn in time.
    Live,
    /// The newest picture is late.
    Delayed,
    /// No new picture content.
    Frozen,
    /// The decoder cannot show this stream.
    Lost,
}

/// What may be said of a picture that was so old when it was drawn, ms: on its way, not by its camera.
#[must_use]
pub fn seen_late(ms: i64) -> Seen {
    let beyond = |limit: f64| i32::try_from(ms).map_or(ms > 0, |ms| f64::from(ms) > limit);
    match () {
        () if beyond(FROZEN_MS) => Seen::Frozen,
        () if beyond(DELAYED_MS) => Seen::Delayed,
        () => Seen::Nothing,
    }
}

/// Watches one tile.
#[derive(Debug, Clone, Default)]
pub struct Watchdog {
    drawn: Option<f64>,
    /// Content that was last seen, and since when.
    content: Option<(u64, f64)>,
    /// Key frames seen since the content changed.
    content_keys: u32,
    /// Content of the last key frame, since when it is the same, and in how many key frames in a row. Kept apart,
    /// because a group of pictures that comes again and again moves between its key frames.
    key: Option<(u64, f64, u32)>,
    /// Smoothed time between drawn pictures, ms.
    interval: f64,
    /// When a key frame was last drawn, and the time between it and the one before, ms.
    key_drawn: Option<f64>,
    key_interval: Option<f64>,
    rung: Rung,
    /// Pictures come no more often than this on the rung, ms.
    floor: f64,
}

impl Watchdog {
    /// A picture was drawn.
    pub fn drawn(&mut self, now: f64) {
        if let Some(before) = self.drawn {
            let interval = (now - before).clamp(0.0, MAX_INTERVAL_MS);
            // A pause is no frame rate: an interval of another order hardly moves the mean.
            let share = match self.interval {
                0.0 => 1.0,
                mean if interval < mean * 4.0 => 8.0,
                _ => 32.0,
            };
            self.interval += (interval - self.interval) / share;
        }
        self.drawn = Some(now);
    }

    /// The tile stands on this rung of the ladder: pictures come as often as that lets them, from now on.
    pub fn paced(&mut self, rung: Rung) {
        if std::mem::replace(&mut self.rung, rung) == rung {
            return;
        }
        let keys = self.key_interval.unwrap_or(KEY_INTERVAL_MS);
        self.floor = match rung {
            Rung::Full | Rung::Reference => 0.0,
            Rung::KeyFrames => keys,
            Rung::Still | Rung::Unknown => still_interval().max(keys).min(MAX_INTERVAL_MS),
        };
        // To be learned anew; what was under way still comes as before.
        self.interval = 0.0;
    }

    /// How long ago the last picture was drawn, ms.
    #[must_use]
    pub fn silent(&self, now: f64) -> Option<f64> {
        self.drawn.map(|drawn| now - drawn)
    }

    /// The content of a drawn picture was looked at.
    pub fn content(&mut self, now: f64, fingerprint: u64, key: bool) {
        match self.content {
            Some((known, _)) if known == fingerprint => self.content_keys += u32::from(key),
            _ => {
                self.content = Some((fingerprint, now));
                self.content_keys = u32::from(key);
            }
        }
        if key {
            let before = self.key_drawn.replace(now);
            if !self.rung.is_sparse() {
                self.key_interval = before.map(|before| (now - before).min(MAX_INTERVAL_MS));
            }
            self.key = match self.key {
                Some((known, since, count)) if known == fingerprint => Some((known, since, count + 1)),
                _ => Some((fingerprint, now, 1)),
            };
        }
    }

    /// What may be said now, and since when (worker's time); `None` for never.
    #[must_use]
    pub fn seen(&self, now: f64) -> (Seen, Option<f64>) {
        let Some(drawn) = self.drawn else { return (Seen::Nothing, None) };
        let (silent, interval) = (now - drawn, self.interval.max(self.floor));
        if silent > FROZEN_MS.max(interval * 6.0) {
            return (Seen::Frozen, Some(drawn));
        }
        if let Some((_, since, count)) = self.key
            && count >= SAME_KEYS
            && drawn - since >= SAME_KEYS_MS
        {
            return (Seen::Frozen, Some(since));
        }
        // Without a key frame in between, ten seconds of nothing new may be a quiet night: a key frame redraws
        // everything, and real sensors never give the same noise twice.
        if let Some((_, since)) = self.content
            && self.content_keys >= 2
            && drawn - since >= FROZEN_MS
        {
            return (Seen::Frozen, Some(since));
        }
        if silent > DELAYED_MS.max(interval * 2.5) {
            return (Seen::Delayed, Some(drawn));
        }
        (Seen::Live, Some(drawn))
    }
}

fn still_interval() -> f64 {
    u32::try_from(STILL_MS).map_or(MAX_INTERVAL_MS, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Draws 15 pictures a second from `from` for `seconds`; a key frame and a look at the content each second.
    fn play(watchdog: &mut Watchdog, from: f64, seconds: u32, content: impl Fn(u32) -> u64) -> f64 {
        for frame in 0..seconds * 15 {
            let now = from + f64::from(frame) * 1_000.0 / 15.0;
            watchdog.drawn(now);
            if frame % 15 == 0 {
                watchdog.content(now, content(frame), true);
            }
        }
        from + f64::from(seconds) * 1_000.0
    }

    #[test]
    fn a_moving_picture_is_live() {
        let mut watchdog = Watchdog::default();
        assert_eq!(watchdog.seen(5.0).0, Seen::Nothing);
        let now = play(&mut watchdog, 0.0, 60, u64::from);
        assert_eq!(watchdog.seen(now).0, Seen::Live);
    }

    #[test]
    fn silence_is_first_late_then_frozen() {
        let mut watchdog = Watchdog::default();
        let now = play(&mut watchdog, 0.0, 10, u64::from);
        assert_eq!(watchdog.seen(now + 1_900.0).0, Seen::Live);
        assert_eq!(watchdog.seen(now + 2_100.0).0, Seen::Delayed);
        assert_eq!(watchdog.seen(now + 10_100.0).0, Seen::Frozen);
    }

    #[test]
    fn a_repeated_picture_is_frozen_since_it_stopped_changing() {
        let mut watchdog = Watchdog::default();
        let stopped = play(&mut watchdog, 0.0, 10, u64::from);
        let now = play(&mut watchdog, stopped, 4, |_| 42);
        assert_eq!(watchdog.seen(now), (Seen::Frozen, Some(stopped)));
        let now = play(&mut watchdog, now, 1, |_| 43);
        assert_eq!(watchdog.seen(now).0, Seen::Live, "it moves again");
    }

    #[test]
    fn the_same_second_again_and_again_is_frozen_although_it_moves() {
        let mut watchdog = Watchdog::default();
        for frame in 0..60_u32 {
            let now = f64::from(frame) * 100.0;
            watchdog.drawn(now);
            watchdog.content(now, u64::from(frame % 10), frame % 10 == 0);
        }
        assert_eq!(watchdog.seen(6_000.0), (Seen::Frozen, Some(0.0)));
    }

    #[test]
    fn a_slow_camera_is_not_called_late() {
        let mut watchdog = Watchdog::default();
        for frame in 0..30 {
            let now = f64::from(frame) * 3_000.0;
            watchdog.drawn(now);
            watchdog.content(now, u64::try_from(frame).unwrap(), true);
            // The first few teach the interval.
            if frame >= 8 {
                assert_eq!(watchdog.seen(now + 2_900.0).0, Seen::Live);
            }
        }
    }

    #[test]
    fn a_quiet_night_between_key_frames_is_not_frozen() {
        let mut watchdog = Watchdog::default();
        for second in 0..20 {
            let now = f64::from(second) * 1_000.0;
            watchdog.drawn(now);
            watchdog.content(now, 1, second == 0);
            assert_eq!(watchdog.seen(now).0, Seen::Live);
        }
    }

    #[test]
    fn fewer_pictures_by_the_ladder_are_neither_late_nor_frozen() {
        let mut watchdog = Watchdog::default();
        let now = play(&mut watchdog, 0.0, 10, u64::from);
        watchdog.paced(Rung::KeyFrames);
        for second in 0..10 {
            let at = now + f64::from(second) * 1_000.0;
            watchdog.drawn(at);
            watchdog.content(at, 1_000 + u64::try_from(second).unwrap(), true);
            assert_eq!(watchdog.seen(at + 990.0).0, Seen::Live);
        }
        let mut now = now + 9_000.0;
        assert_eq!(watchdog.seen(now + 2_600.0).0, Seen::Delayed, "two of them did not come");
        watchdog.paced(Rung::Still);
        for _ in 0..10 {
            now += 20.0;
            watchdog.drawn(now); // what was under way
        }
        assert_eq!(watchdog.seen(now + 9_900.0).0, Seen::Live);
        watchdog.paced(Rung::Full);
        assert_eq!(watchdog.seen(now + 9_900.0).0, Seen::Delayed, "whole again: a picture is due");
    }

    #[test]
    fn a_picture_that_was_old_when_it_came_is_late_however_regularly_they_come() {
        let said = [-5_000, 40, 1_900, 2_100, 9_900, 10_100, i64::MAX].map(seen_late);
        use Seen::{Delayed, Frozen, Nothing};
        assert_eq!(said, [Nothing, Nothing, Nothing, Delayed, Delayed, Frozen, Frozen]);
        assert_eq!(Seen::Live.max(Nothing), Seen::Live, "in time: nothing to add");
    }

    #[test]
    fn a_repeated_picture_is_found_on_key_frames_alone() {
        let mut watchdog = Watchdog::default();
        watchdog.paced(Rung::KeyFrames);
        for second in 0..5 {
            let at = f64::from(second) * 1_000.0;
            watchdog.drawn(at);
            watchdog.content(at, 42, true);
        }
        assert_eq!(watchdog.seen(4_100.0), (Seen::Frozen, Some(0.0)));
    }
}
