//! What this browser's decoders take: whether they keep up with what they are given.
//!
//! A decoder that is behind shows it in its queue, long before a picture is late; a worker that is behind, in pictures
//! that a newer one replaces before they are drawn. How long one picture takes to decode says less: a stream with
//! reordered pictures waits for the next one by its nature. Nor do timers that ring late say that less would help:
//! another program may have the machine. They say that now is no time for more.
//!
//! What plays in the page is judged by the same signs where it has them: pictures that wait for the page, and players that
//! stand although they have something to play. A page is often late for a moment, so there only what lasts counts. What
//! a player says that it left out proves nothing: one that is given too little leaves out all of it, and less would not
//! help; and one that leaves out some at the live edge still shows more than key frames would.
//!
//! A long queue that gets shorter is no reason to show even less: what was done about it works, and takes its time.

use pantau_schemas::ladder::Pressure;

use super::choice::PlayerKind;

/// How often it is judged, ms.
const LOOK_MS: f64 = 500.0;
/// Access units waiting at one decoder: half a second of a camera is being behind …
const BACKLOG_HIGH: u32 = 8;
/// … and these few are a burst.
const BACKLOG_CALM: u32 = 3;
/// Segments of one tile under way to the page, of which it says every eighth that it took it …
const PAGE_HIGH: u32 = 24;
/// … and these few are a page that was busy for a moment.
const PAGE_CALM: u32 = 16;
/// Players stood for this share of the time: too much, when it is the mean of some looks …
const STOOD_HIGH: f64 = 0.4;
/// … and so little is one jump.
const STOOD_CALM: f64 = 0.1;
/// A look counts so much in that mean: players that only stand, or a queue that stays long, are too much after 2 s.
const STOOD_WEIGHT: f64 = 1.0 / 8.0;
/// One in so many decoded pictures was not drawn: too many …
const SUPERSEDED_HIGH: u64 = 10;
/// … and so few are chance.
const SUPERSEDED_CALM: u64 = 100;
/// With fewer than this, a share says nothing.
const SUPERSEDED_LEAST: u64 = 5;
/// All queues together that lost this share, one in so many, since the last look are getting shorter …
const DRAINED: u64 = 8;
/// … and those for the page, which are longer, and emptied by one program alone.
const PAGE_DRAINED: u64 = 32;
/// While the worker's timer rings later than this, ms, nobody climbs. A busy machine is late by half of it every now
/// and then.
const LATE_MS: f64 = 400.0;

/// What all tiles counted so far, and the longest queue now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Access units that wait at the decoder that is furthest behind, or for the page.
    pub backlog: u32,
    /// Access units that wait at all of them.
    pub waiting: u64,
    /// Frames that a full decoder, or the page, did not take.
    pub refused: u64,
    /// Pictures that came out of decoders.
    pub decoded: u64,
    /// Pictures that a newer one replaced before they were drawn.
    pub superseded: u64,
    /// How long players in the page stood although they had something to play, ms; their mean.
    pub stood: u64,
}

/// Watches the decoders of one worker. Times are monotonic ms.
#[derive(Debug, Clone)]
pub struct Load {
    player: PlayerKind,
    /// The mean share of time that players stood.
    strain: f64,
    looked: Option<f64>,
    rang: Option<f64>,
    late: f64,
    backlog: u32,
    before: Tally,
}

impl Load {
    /// For what is played in this way.
    #[must_use]
    pub const fn of(player: PlayerKind) -> Self {
        let before = Tally { backlog: 0, waiting: 0, refused: 0, decoded: 0, superseded: 0, stood: 0 };
        Self { player, strain: 0.0, looked: None, rang: None, late: 0.0, backlog: 0, before }
    }

    /// To be called every `every` ms. What may be said since the last time it said something.
    pub fn look(&mut self, now: f64, every: f64, tally: Tally) -> Option<Pressure> {
        let rang = self.rang.replace(now).unwrap_or(now - every);
        self.late = self.late.max(now - rang - every);
        self.backlog = self.backlog.max(tally.backlog);
        if now - *self.looked.get_or_insert(now) < LOOK_MS {
            return None;
        }
        let passed = now - self.looked.replace(now).unwrap_or(now);
        let (late, backlog) = (std::mem::take(&mut self.late), std::mem::take(&mut self.backlog));
        let before = std::mem::replace(&mut self.before, tally);
        // Tiles that went took their counts with them.
        let new = |now: u64, before: u64| now.saturating_sub(before);
        let refused = new(tally.refused, before.refused);
        let (decoded, superseded) =
            (new(tally.decoded, before.decoded), new(tally.superseded, before.superseded));
        let many = superseded >= SUPERSEDED_LEAST && superseded.saturating_mul(SUPERSEDED_HIGH) >= decoded;
        let few = superseded == 0 || superseded.saturating_mul(SUPERSEDED_CALM) <= decoded;
        let drained = before.waiting.saturating_sub(tally.waiting);
        let shorter = |share: u64| drained > 0 && drained.saturating_mul(share) >= before.waiting;
        let (high, calm) = match self.player {
            PlayerKind::WebCodecs => {
                let high = refused > 0 || backlog >= BACKLOG_HIGH || many;
                (high && !shorter(DRAINED), !high && backlog <= BACKLOG_CALM && few)
            }
            PlayerKind::MediaSource => {
                let long = refused > 0 || backlog >= PAGE_HIGH && !shorter(PAGE_DRAINED);
                let stood = if long { 1.0 } else { share(new(tally.stood, before.stood), passed) };
                (self.lasts(stood), backlog <= PAGE_CALM && stood <= STOOD_CALM)
            }
        };
        Some(match (high, calm && late < LATE_MS) {
            (true, _) => Pressure::High,
            (false, true) => Pressure::Calm,
            (false, false) => Pressure::Even,
        })
    }

    /// Whether players have stood for long enough; then what is done about it gets as much time to help.
    fn lasts(&mut self, stood: f64) -> bool {
        self.strain += (stood - self.strain) * STOOD_WEIGHT;
        let lasts = self.strain >= STOOD_HIGH;
        if lasts {
            self.strain = 0.0;
        }
        lasts
    }
}

/// The share of the time that passed, ms; all of it at most, whatever a page that was late says at once.
fn share(of: u64, passed: f64) -> f64 {
    (f64::from(u32::try_from(of).unwrap_or(u32::MAX)) / passed.max(LOOK_MS)).min(1.0)
}

#[cfg(test)]
mod tests;
