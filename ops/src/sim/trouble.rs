//! A state that a fault command puts something into, until it is cleared or its time is over.

use std::time::Duration;

use tokio::time::Instant;

/// What is wrong, if anything, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Trouble<T> {
    what: Option<T>,
    until: Option<Instant>,
}

impl<T: Copy> Trouble<T> {
    /// Nothing is wrong.
    pub(crate) const NONE: Self = Self { what: None, until: None };

    /// Something is wrong, for a while or until it is cleared.
    pub(crate) fn new(what: T, lasts: Option<Duration>) -> Self {
        Self { what: Some(what), until: lasts.map(|lasts| Instant::now() + lasts) }
    }

    /// What is wrong now.
    pub(crate) fn now(&self) -> Option<T> {
        self.what.filter(|_| self.until.is_none_or(|until| Instant::now() < until))
    }

    /// When it is over by itself; never returns when it is not.
    pub(crate) async fn over(&self) {
        match (self.what, self.until) {
            (Some(_), Some(until)) => tokio::time::sleep_until(until).await,
            _ => std::future::pending().await,
        }
    }
}
