//! Whether a source's time can be a reading of now.

use pantau_schemas::dead_letter::Reason;
use pantau_schemas::time::Timestamp;

use crate::fault::Fault;

/// How far ahead of ours a source's clock may run, milliseconds.
pub const MAX_AHEAD_MS: i64 = 5 * 60 * 1000;
/// How old a reading may be that is not declared as backfill, milliseconds.
pub const MAX_BEHIND_MS: i64 = 24 * 60 * 60 * 1000;

/// Refuses a time more than [`MAX_AHEAD_MS`] ahead of `received`.
///
/// # Errors
/// [`Fault`] with the reason `clock_skew`.
pub(crate) fn not_ahead(time: Timestamp, received: Timestamp, pointer: &str) -> Result<(), Fault> {
    let ahead = time.millis_since(received);
    if ahead > MAX_AHEAD_MS {
        return Err(Fault::new(Reason::ClockSkew, pointer, format!("is {} s in the future", ahead / 1000)));
    }
    Ok(())
}

/// Refuses a time that is ahead, or more than [`MAX_BEHIND_MS`] old and not `backfill`.
///
/// # Errors
/// [`Fault`] with the reason `clock_skew`.
pub(crate) fn near(time: Timestamp, received: Timestamp, backfill: bool, pointer: &str) -> Result<(), Fault> {
    not_ahead(time, received, pointer)?;
    let behind = received.millis_since(time);
    if behind > MAX_BEHIND_MS && !backfill {
        let detail = format!("is {} s old and not marked as backfill", behind / 1000);
        return Err(Fault::new(Reason::ClockSkew, pointer, detail));
    }
    Ok(())
}

/// Seconds since 1970 as a time; `None` beyond what a clock of ours can mean (about the year 5000).
pub(crate) fn from_seconds(seconds: f64) -> Option<Timestamp> {
    const LIMIT: f64 = 1e11;
    if !seconds.is_finite() || seconds.abs() > LIMIT {
        return None;
    }
    // Within ±1e17, which an i64 holds.
    Some(Timestamp::from_micros((seconds * 1e6).round() as i64))
}
