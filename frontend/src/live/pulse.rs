//! Whether the server still speaks, and what time it is there.
//!
//! Local time is monotonic milliseconds (`performance.now()`) for silence, and the machine's wall clock only
//! to be measured against the server's.

use std::collections::VecDeque;

use pantau_schemas::time::Timestamp;

/// After so long without a message a page says so, ms. The server ticks once a second.
pub const SILENT_MS: f64 = 3_000.0;
/// After so long without a message a connection is given up even though it looks open, ms.
pub const GIVE_UP_MS: f64 = 6_000.0;
/// Ticks that the clock offset is taken from: half a minute.
const WINDOW: usize = 30;

/// The server's clock minus this machine's, from the ticks.
///
/// A tick says `now` and arrives a little later, so every difference is too small by its latency: the largest
/// of the last half minute is nearest to the truth.
#[derive(Debug, Clone, Default)]
pub struct ClockOffset {
    recent: VecDeque<i64>,
}

impl ClockOffset {
    /// Takes a tick: the server's time, and this machine's on arrival.
    pub fn tick(&mut self, server: Timestamp, local: Timestamp) {
        while self.recent.len() >= WINDOW {
            self.recent.pop_front();
        }
        self.recent.push_back(server.millis_since(local));
    }
    /// Milliseconds to add to this machine's time; 0 before the first tick.
    #[must_use]
    pub fn millis(&self) -> i64 {
        self.recent.iter().copied().max().unwrap_or(0)
    }
}

/// When the server was last heard.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pulse {
    last: Option<(f64, Timestamp)>,
}

impl Pulse {
    /// A message came, at monotonic `now_ms`, when it was `server` there.
    pub fn heard(&mut self, now_ms: f64, server: Timestamp) {
        self.last = Some((now_ms, server));
    }
    /// The server's time of the last message, when it is so long ago that a page has to say so.
    #[must_use]
    pub fn silent_since(&self, now_ms: f64) -> Option<Timestamp> {
        self.last.filter(|(at, _)| now_ms - at >= SILENT_MS).map(|(_, server)| server)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_message_does_not_move_the_clock() {
        let mut offset = ClockOffset::default();
        let local = Timestamp::from_secs(1_000);
        offset.tick(local.plus_millis(5_000 - 3), local);
        offset.tick(local.plus_millis(5_000 - 900), local);
        assert_eq!(offset.millis(), 4_997);
    }

    #[test]
    fn a_clock_that_was_set_is_believed_after_half_a_minute() {
        let mut offset = ClockOffset::default();
        let local = Timestamp::from_secs(1_000);
        offset.tick(local.plus_millis(9_000), local);
        for _ in 0..WINDOW {
            offset.tick(local, local);
        }
        assert_eq!(offset.millis(), 0);
    }

    #[test]
    fn three_seconds_of_silence_are_said() {
        let mut pulse = Pulse::default();
        assert_eq!(pulse.silent_since(99_999.0), None, "before the first message there is nothing to be old");
        let at = Timestamp::from_secs(7);
        pulse.heard(1_000.0, at);
        assert_eq!(pulse.silent_since(3_999.0), None);
        assert_eq!(pulse.silent_since(4_000.0), Some(at));
    }
}
