//! The ways in, for the wall's header: how many of them work.

use super::figures::Share;
use super::status::Status;

/// Sources that work, of all. `None` before the server said anything of them.
#[must_use]
pub fn sources(status: Option<&Status>) -> Option<Share> {
    let status = status.filter(|status| !status.sources.is_empty())?;
    let mut share = Share::default();
    for source in &status.sources {
        share.add(source.is_well());
    }
    Some(share)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::status::SourceStatus;

    #[test]
    fn a_broker_that_is_away_is_missing_in_the_header() {
        let source = |state: &str| SourceStatus { state: Some(state.to_owned()), ..SourceStatus::default() };
        let status = Status { sources: vec![source("connected"), source("down")], ..Status::default() };
        assert_eq!(sources(Some(&status)), Some(Share { part: 1, total: 2 }));
        assert_eq!(sources(None), None);
    }
}
