//! Waiting for a condition, with a deadline: the only way in which tests let time pass.

use std::time::Duration;

use anyhow::bail;
use tokio::time::{Instant, sleep};

/// How often a condition is looked at; also the precision of what is measured this way.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Looks until `probe` has an answer; gives it and how long it took.
///
/// # Errors
/// The probe's own error at once; else, at the deadline, what was waited for in vain.
pub async fn until<T>(
    what: &str,
    within: Duration,
    mut probe: impl AsyncFnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<(T, Duration)> {
    let started = Instant::now();
    loop {
        if let Some(found) = probe().await? {
            return Ok((found, started.elapsed()));
        }
        if started.elapsed() > within {
            bail!("waited {within:?} in vain for {what}");
        }
        sleep(LOOK_EVERY).await;
    }
}
