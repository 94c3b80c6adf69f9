//! The ways in, for the header of a page: how many of them work.

use serde::Deserialize;

use super::figures::Share;
use super::status::is_well;

/// As much of `GET /v1/status` as a wall and a desk need.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct Ways {
    sources: Vec<Way>,
}

/// One way in.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
struct Way {
    state: Option<String>,
}

impl Ways {
    /// Those that work, of all.
    #[must_use]
    pub fn share(&self) -> Option<Share> {
        share(self.sources.iter().map(|way| way.state.as_deref()))
    }
}

/// Ways in that work, of all of these states. `None` before the server said anything of them.
pub(super) fn share<'a>(states: impl Iterator<Item = Option<&'a str>>) -> Option<Share> {
    let mut share = Share::default();
    states.for_each(|state| share.add(is_well(state)));
    Some(share).filter(|share| share.total > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::status::Status;

    #[test]
    fn a_broker_that_is_away_is_missing_in_the_header() {
        let text = r#"{"seq":7,"sources":[{"source":"mqtt","state":"connected"},{"state":"down"},{}]}"#;
        let known = Some(Share { part: 2, total: 3 });
        assert_eq!(serde_json::from_str::<Ways>(text).unwrap().share(), known);
        assert_eq!(serde_json::from_str::<Status>(text).unwrap().share(), known, "every page says the same");
        assert_eq!(Ways::default().share(), None);
    }
}
