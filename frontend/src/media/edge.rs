//! The live edge: how a `<video>` is kept close behind the newest picture, for a month.
//!
//! A camera's clock and the browser's never run alike, and every stall leaves a player further behind. Small
//! distances are caught up by playing a little faster, which nobody sees; large ones by a jump, which is seen, and so
//! happens seldom: jumps that do not help come ever further apart (a machine that cannot decode in time would
//! otherwise decode nothing but the way to its next jump).
//!
//! Positions are seconds of the media's own time, moments are monotonic milliseconds.

use std::collections::VecDeque;

/// Where a jump leads: so far behind the newest picture, s. What jitter of a network the picture survives.
const TARGET: f64 = 0.2;
/// Faster from here on…
const CATCH_UP: f64 = 0.4;
/// …until here.
const CAUGHT_UP: f64 = 0.25;
/// A jump from here on.
const JUMP: f64 = 1.0;
/// The fastest; at more, people who walk begin to look hasty.
const MAX_RATE: f64 = 1.1;
/// The slowest of the faster, so that it ends.
const MIN_RATE: f64 = 1.03;
/// The first pause between two jumps, and the longest, ms.
const PAUSE_MS: (f64, f64) = (2_000.0, 30_000.0);
/// So long near the edge, and earlier jumps are forgotten, ms.
const CALM_MS: f64 = 10_000.0;
/// A jump that takes longer than this, ms, leads nowhere: its goal was given back before it was reached.
const LOST_JUMP_MS: f64 = 3_000.0;
/// Positions are rounded on their way through a player, s.
const ROUNDING: f64 = 0.01;
/// A player with less than this to play, s, may stand: what comes next may be late.
const AMPLE: f64 = 0.5;
/// Whether it plays is looked at over so long, ms: positions go in steps.
const WATCH_MS: f64 = 250.0;
/// Buffer that lies so far behind what is shown is given back, s.
const KEEP: f64 = 4.0;

/// What a player is like now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Playing {
    /// What is shown.
    pub position: f64,
    /// Playback is on its way to another position.
    pub seeking: bool,
    /// The newest stretch that is buffered, begin and end.
    pub newest: (f64, f64),
}

/// What to do about it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Move {
    /// Play on at this rate.
    Rate(f64),
    /// Go there, and play on at the plain rate.
    Seek(f64),
}

/// Keeps one player at the edge.
#[derive(Debug, Clone)]
pub struct Edge {
    catching_up: bool,
    jumped: Option<f64>,
    pause: f64,
    near_since: Option<f64>,
    /// On its way since.
    seeking_since: Option<f64>,
    /// The next look leads to the edge, whatever the distance.
    asked: bool,
    /// When it was last watched, the position then, and what there was to play, s.
    watched: Option<(f64, f64, f64)>,
    stood: f64,
}

impl Default for Edge {
    fn default() -> Self {
        Self {
            catching_up: false,
            jumped: None,
            pause: PAUSE_MS.0,
            near_since: None,
            seeking_since: None,
            asked: false,
            watched: None,
            stood: 0.0,
        }
    }
}

impl Edge {
    /// Whatever was shown is old: the page was hidden.
    pub fn return_to_edge(&mut self) {
        self.asked = true;
        self.watched = None;
    }

    /// How long it stood in all although it had something to play, ms; the way to where a jump leads counts when the
    /// jump was for being late.
    #[must_use]
    pub const fn stood(&self) -> f64 {
        self.stood
    }

    /// Looks at a player.
    pub fn look(&mut self, now: f64, playing: Playing) -> Move {
        let (begin, end) = playing.newest;
        let behind = end - playing.position;
        self.watch(now, playing.position, behind);
        if !playing.seeking {
            self.seeking_since = None;
        } else if now - *self.seeking_since.get_or_insert(now) < LOST_JUMP_MS {
            return Move::Rate(1.0);
        } else {
            return self.jump(now, begin, end);
        }
        // A hole: what is wanted lies before the newest stretch, and nothing will fill it any more.
        if playing.position + ROUNDING < begin {
            self.watched = None;
            return self.jump(now, begin, end);
        }
        if self.asked {
            self.asked = false;
            if behind > CATCH_UP {
                self.watched = None;
                return self.jump(now, begin, end);
            }
        }
        if behind > JUMP {
            self.near_since = None;
            if self.jumped.is_none_or(|jumped| now - jumped >= self.pause) {
                // Too soon again: the last one did not help.
                self.pause = match self.jumped {
                    Some(_) => (self.pause * 2.0).min(PAUSE_MS.1),
                    None => PAUSE_MS.0,
                };
                return self.jump(now, begin, end);
            }
        } else if now - *self.near_since.get_or_insert(now) >= CALM_MS {
            self.jumped = None;
        }
        self.catching_up = behind > if self.catching_up { CAUGHT_UP } else { CATCH_UP };
        Move::Rate(if self.catching_up { (0.95 + behind / 5.0).clamp(MIN_RATE, MAX_RATE) } else { 1.0 })
    }

    fn jump(&mut self, now: f64, begin: f64, end: f64) -> Move {
        self.jumped = Some(now);
        self.seeking_since = None;
        self.catching_up = false;
        let to = (end - TARGET).max(begin);
        if let Some((at, position, _)) = &mut self.watched {
            (*at, *position) = (now, to);
        }
        Move::Seek(to)
    }

    fn watch(&mut self, now: f64, position: f64, behind: f64) {
        if let Some((at, before, had)) = self.watched {
            if now - at < WATCH_MS {
                return;
            }
            if had > AMPLE {
                let played = (position - before).max(0.0);
                self.stood += ((now - at).min(had * 1_000.0) - played * 1_000.0).max(0.0);
            }
        }
        self.watched = Some((now, position, behind));
    }
}

/// Up to where a buffer that begins at `begin` may be given back.
///
/// That is a key frame's beginning, so that what is shown can still be decoded. `keys` are the beginnings of key
/// frames, in order; those that are of no more use are forgotten.
pub fn spare(keys: &mut VecDeque<f64>, begin: f64, position: f64) -> Option<f64> {
    while keys.get(1).is_some_and(|next| *next <= position - KEEP) {
        keys.pop_front();
    }
    // Few and large pieces: giving back takes the buffer's time as much as taking in.
    keys.front().copied().filter(|key| *key <= position - KEEP && *key - begin >= KEEP)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(position: f64, end: f64) -> Playing {
        Playing { position, seeking: false, newest: (0.0, end) }
    }

    /// A player of which `share` of the time passes: for so many seconds, 20 looks a second, at a camera that runs as
    /// it should, each way to a jump's goal taking `seek` ms. Gives how long it stood, ms.
    fn strained(share: f64, seek: u32, seconds: u32) -> f64 {
        let (mut edge, mut position, mut arrives) = (Edge::default(), 100.0, None::<u32>);
        for look in 0..seconds * 20 {
            let now = look * 50;
            let end = 100.3 + f64::from(now) / 1_000.0;
            let seeking = arrives.is_some_and(|arrives| now < arrives);
            let newest = (0.0, end);
            match edge.look(f64::from(now), Playing { position, seeking, newest }) {
                Move::Rate(rate) if !seeking => position = end.min(position + 0.05 * rate * share),
                Move::Rate(_) => {}
                Move::Seek(to) => (position, arrives) = (to, Some(now + seek)),
            }
        }
        edge.stood()
    }

    #[test]
    fn a_player_that_plays_all_never_stands_and_one_that_cannot_does() {
        assert!(strained(1.0, 100, 60) < 1.0);
        let half = strained(0.5, 400, 60) / 60_000.0;
        assert!((0.3..0.7).contains(&half), "{half} of the time");
        let none = strained(0.0, 5_000, 60) / 60_000.0;
        assert!((0.8..=1.0).contains(&none), "{none} of the time");
    }

    #[test]
    fn a_player_that_is_given_too_little_does_not_stand_by_its_own_fault() {
        let mut edge = Edge::default();
        // A picture comes each 200 ms of the wall's time for each 67 ms of the camera's, and is played at once.
        for look in 0..600_u32 {
            let end = 10.0 + f64::from(look / 4) / 15.0;
            edge.look(f64::from(look) * 50.0, at(end - 0.1, end));
        }
        assert!(edge.stood() < 1.0, "{}", edge.stood());
        // All of it comes at once: one jump, and one way to where it leads.
        for (look, seeking) in
            (600..620_u32).zip([false, true, true, true].into_iter().chain(std::iter::repeat(false)))
        {
            let since = f64::from(look - 600) * 0.05;
            let position = if look == 600 { 20.0 } else { 29.8 + (since - 0.2).max(0.0) };
            edge.look(f64::from(look) * 50.0, Playing { seeking, ..at(position, 30.0 + since) });
        }
        assert!(edge.stood() < 500.0, "{}", edge.stood());
    }

    #[test]
    fn what_was_hidden_or_missing_is_no_standing() {
        let mut edge = Edge::default();
        edge.look(0.0, at(10.0, 10.9));
        edge.return_to_edge();
        edge.look(60_000.0, at(10.0, 70.0));
        edge.look(60_300.0, at(70.1, 70.3));
        let hole = Playing { position: 70.3, seeking: false, newest: (90.0, 91.0) };
        edge.look(60_600.0, hole);
        edge.look(60_900.0, at(91.0, 91.3));
        assert!(edge.stood() < 1.0, "{}", edge.stood());
    }

    /// Plays for so many seconds, 20 looks a second; the camera runs at `pace`. Gives the distances, and the jumps.
    fn play(edge: &mut Edge, behind: f64, seconds: u32, pace: f64) -> (Vec<f64>, u32) {
        let (mut position, mut end, mut jumps) = (100.0, 100.0 + behind, 0);
        let mut distances = Vec::new();
        for look in 0..seconds * 20 {
            let rate = match edge.look(f64::from(look) * 50.0, at(position, end)) {
                Move::Rate(rate) => rate,
                Move::Seek(to) => {
                    position = to;
                    jumps += 1;
                    1.0
                }
            };
            end += 0.05 * pace;
            position = end.min(position + 0.05 * rate);
            distances.push(end - position);
        }
        (distances, jumps)
    }

    #[test]
    fn a_camera_that_runs_fast_is_never_far_away_and_nobody_sees_a_jump() {
        let (distances, jumps) = play(&mut Edge::default(), 0.3, 3_600, 1.01);
        assert!(distances.iter().all(|distance| *distance < 0.45), "drift");
        assert_eq!(jumps, 0);
    }

    #[test]
    fn a_small_distance_is_caught_up_by_playing_faster_and_no_further_than_needed() {
        let (distances, jumps) = play(&mut Edge::default(), 0.9, 60, 1.0);
        let last = distances.last().copied().unwrap_or_default();
        assert!((0.2..0.3).contains(&last), "{last}");
        assert_eq!(jumps, 0);
    }

    #[test]
    fn a_second_is_jumped_over_at_once() {
        let mut edge = Edge::default();
        assert_eq!(edge.look(0.0, at(10.0, 12.0)), Move::Seek(11.8));
        assert_eq!(edge.look(50.0, Playing { seeking: true, ..at(10.0, 12.0) }), Move::Rate(1.0));
    }

    #[test]
    fn a_machine_that_cannot_keep_up_does_not_spend_itself_on_jumps() {
        let mut edge = Edge::default();
        // Always three seconds behind, whatever is done.
        let jumps = (0..20 * 60)
            .filter(|look| matches!(edge.look(f64::from(*look) * 50.0, at(10.0, 13.0)), Move::Seek(_)))
            .count();
        assert!((3..=6).contains(&jumps), "{jumps} jumps in a minute");
    }

    #[test]
    fn a_bad_minute_is_forgotten() {
        let mut edge = Edge::default();
        for look in 0..100 {
            edge.look(f64::from(look) * 1_000.0, at(10.0, 13.0));
        }
        for look in 100..120 {
            assert_eq!(edge.look(f64::from(look) * 1_000.0, at(10.0, 10.2)), Move::Rate(1.0));
        }
        assert_eq!(edge.look(121_000.0, at(10.0, 13.0)), Move::Seek(12.8));
        assert!(matches!(edge.look(121_050.0, at(10.0, 13.0)), Move::Rate(_)));
    }

    #[test]
    fn a_hole_is_jumped_over_to_where_pictures_are() {
        let mut edge = Edge::default();
        let hole = Playing { position: 5.0, seeking: false, newest: (9.0, 9.04) };
        assert_eq!(edge.look(0.0, hole), Move::Seek(9.0));
        let hole = Playing { position: 9.04, seeking: false, newest: (12.0, 13.0) };
        assert_eq!(edge.look(50.0, hole), Move::Seek(12.8), "a hole does not wait for the next jump's turn");
    }

    #[test]
    fn a_jump_that_never_arrives_is_tried_again() {
        let mut edge = Edge::default();
        let lost = |end| Playing { seeking: true, ..at(10.0, end) };
        assert_eq!(edge.look(0.0, lost(12.0)), Move::Rate(1.0));
        assert_eq!(edge.look(2_900.0, lost(15.0)), Move::Rate(1.0));
        assert_eq!(edge.look(3_100.0, lost(15.0)), Move::Seek(15.0 - TARGET));
        assert_eq!(edge.look(3_150.0, lost(15.0)), Move::Rate(1.0), "it has its time again");
    }

    #[test]
    fn a_page_that_was_hidden_is_live_at_the_first_look() {
        let mut edge = Edge::default();
        assert!(matches!(edge.look(0.0, at(10.0, 10.75)), Move::Rate(_)));
        edge.return_to_edge();
        assert_eq!(edge.look(50.0, at(10.0, 10.75)), Move::Seek(10.75 - TARGET));
        assert!(matches!(edge.look(100.0, at(10.55, 10.75)), Move::Rate(_)));
    }

    #[test]
    fn what_is_shown_can_always_be_decoded() {
        let mut keys: VecDeque<f64> = [0.0, 2.0, 4.0, 6.0, 8.0, 10.0].into();
        assert_eq!(spare(&mut keys, 0.0, 3.0), None);
        assert_eq!(spare(&mut keys, 0.0, 9.0), Some(4.0));
        assert_eq!(spare(&mut keys, 4.0, 9.5), None, "given back already");
        // One key frame a minute: nothing can be spared before the next one.
        let mut keys: VecDeque<f64> = [0.0, 60.0].into();
        assert_eq!(spare(&mut keys, 0.0, 59.0), None);
        assert_eq!(spare(&mut keys, 0.0, 63.0), None);
        assert_eq!(spare(&mut keys, 0.0, 64.5), Some(60.0));
    }
}
