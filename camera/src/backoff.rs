//! When to try again.
//!
//! Two clocks, because two things are wanted at once. A camera that is restarted must be back within seconds,
//! so the pause depends on the age of *this outage*: short while it is young, up to a minute later. And a
//! camera that drops every connection must not get thousands of them a day, so connections that end before a
//! good minute come out of a small budget; when it is spent, every pause is the long one.

use std::time::Duration;

use tokio::time::Instant;

use crate::settings::Settings;

/// The pauses of one stream.
#[derive(Debug)]
pub(crate) struct Backoff {
    first: Duration,
    cap: Duration,
    young: Duration,
    cap_old: Duration,
    good: Duration,
    flaps: u32,
    flap_refill: Duration,
    /// Failures since the last good minute.
    level: u32,
    /// Failures since the outage became old.
    old_level: u32,
    outage: Option<Instant>,
    tokens: u32,
    refilled: Instant,
    random: Random,
}

impl Backoff {
    /// `seed` tells streams apart, so that they do not all come at once.
    pub(crate) fn new(settings: &Settings, seed: u64, now: Instant) -> Self {
        Self {
            first: settings.retry_first,
            cap: settings.retry_cap,
            young: settings.retry_young,
            cap_old: settings.retry_cap_old,
            good: settings.good,
            flaps: settings.flaps,
            flap_refill: settings.flap_refill,
            level: 0,
            old_level: 0,
            outage: None,
            tokens: settings.flaps,
            refilled: now,
            random: Random(seed),
        }
    }

    /// A connection that had been live for so long ended.
    pub(crate) fn ended(&mut self, live_for: Duration, now: Instant) {
        (self.outage, self.old_level) = (Some(now), 0);
        if live_for >= self.good {
            self.level = 0;
        } else {
            self.refill(now);
            self.tokens = self.tokens.saturating_sub(1);
        }
    }

    /// The pause before the next try: a random part between one half and all of what is due.
    pub(crate) fn pause(&mut self, now: Instant) -> Duration {
        self.refill(now);
        let outage = *self.outage.get_or_insert(now);
        let due = if self.tokens == 0 {
            self.cap_old
        } else if now.saturating_duration_since(outage) <= self.young {
            doubled(self.first, self.level).min(self.cap)
        } else {
            self.old_level = self.old_level.saturating_add(1);
            doubled(self.cap, self.old_level).min(self.cap_old)
        };
        self.level = self.level.saturating_add(1);
        self.random.jitter(due)
    }

    /// A pause of about this length, for faults that time does not mend.
    pub(crate) fn fixed(&mut self, due: Duration, now: Instant) -> Duration {
        self.outage.get_or_insert(now);
        self.random.jitter(due)
    }

    /// The configuration changed: a clean slate.
    pub(crate) fn reset(&mut self, now: Instant) {
        (self.level, self.old_level, self.outage) = (0, 0, None);
        (self.tokens, self.refilled) = (self.flaps, now);
    }

    fn refill(&mut self, now: Instant) {
        while self.tokens < self.flaps && now.saturating_duration_since(self.refilled) >= self.flap_refill {
            self.tokens += 1;
            self.refilled += self.flap_refill;
        }
        if self.tokens >= self.flaps {
            self.refilled = now;
        }
    }
}

/// `base` doubled so often, without overflow.
pub(crate) fn doubled(base: Duration, times: u32) -> Duration {
    base.saturating_mul(1_u32.checked_shl(times.min(16)).unwrap_or(u32::MAX))
}

/// The generator `SplitMix64`: spreads streams apart, and gives a test the same pauses every time.
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn jitter(&mut self, due: Duration) -> Duration {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        let part = u32::try_from(z >> 48).unwrap_or(0); // 16 bits
        due / 2 + (due / 2).saturating_mul(part) / 65_536
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn the_first_retry_is_fast_and_the_pauses_grow_to_their_caps() {
        let (settings, start) = (Settings::default(), Instant::now());
        for seed in 0..50 {
            let mut backoff = Backoff::new(&settings, seed, start);
            let mut now = start;
            let (mut young, mut old) = (Vec::new(), Vec::new());
            for _ in 0..80 {
                let pause = backoff.pause(now);
                if now - start <= settings.retry_young {
                    young.push(pause)
                } else {
                    old.push(pause)
                }
                now += pause;
            }
            assert!(young[0] <= settings.retry_first && young[0] >= settings.retry_first / 2);
            assert!(young.iter().all(|pause| *pause <= 2 * SECOND));
            assert!(old.iter().all(|pause| *pause <= 60 * SECOND));
            assert!(old.last().unwrap() >= &(30 * SECOND), "{old:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn twenty_restarts_in_a_row_are_each_answered_within_two_seconds() {
        let (settings, mut now) = (Settings::default(), Instant::now());
        let mut backoff = Backoff::new(&settings, 7, now);
        for _ in 0..20 {
            backoff.ended(SECOND, now);
            for _ in 0..5 {
                let pause = backoff.pause(now);
                assert!(pause <= 2 * SECOND, "{pause:?}");
                now += pause;
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_flapping_camera_gets_few_connections_a_day() {
        let (settings, start) = (Settings::default(), Instant::now());
        let mut backoff = Backoff::new(&settings, 7, start);
        let (mut now, mut connections) = (start, 0);
        while now - start < 86_400 * SECOND {
            connections += 1;
            now += SECOND;
            backoff.ended(SECOND, now);
            now += backoff.pause(now);
        }
        assert!(connections < 3_000, "{connections} connections");
    }

    #[tokio::test(start_paused = true)]
    async fn only_a_good_minute_makes_the_next_retry_fast_again() {
        let (settings, now) = (Settings::default(), Instant::now());
        let mut backoff = Backoff::new(&settings, 7, now);
        for _ in 0..6 {
            backoff.pause(now);
        }
        backoff.ended(59 * SECOND, now);
        assert!(backoff.pause(now) >= SECOND);
        backoff.ended(60 * SECOND, now);
        assert!(backoff.pause(now) <= settings.retry_first);
    }
}
