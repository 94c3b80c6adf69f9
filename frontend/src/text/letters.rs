//! The words about dead letters.

mod en;
mod id;

pub use en::EN;
pub use id::ID;
use pantau_schemas::dead_letter::Reason;

use super::Text;

/// They are no part of [`Text`], so that only a page that says them loads them.
#[must_use]
pub fn of(text: &Text) -> &'static Letters {
    if text.is_english() { &EN } else { &ID }
}

/// All of them, in one language.
#[derive(Debug)]
pub struct Letters {
    /// Heading.
    pub title: &'static str,
    /// What they are.
    pub hint: &'static str,
    /// There are none.
    pub none: &'static str,
    /// There are none that the filter finds.
    pub none_found: &'static str,
    /// They may be seen only at the server itself.
    pub only_here: &'static str,
    /// They could not be read.
    pub unread: &'static str,
    /// Column: messages that wait.
    pub waiting: &'static str,
    /// Column: messages that were understood later.
    pub replayed: &'static str,
    /// Column: messages that went.
    pub dropped: &'static str,
    /// How many may wait: of a way in, of a device.
    pub quota: fn(&str, &str) -> String,
    /// Some went already.
    pub dropped_some: fn(&str) -> String,
    /// Label: the reasons to choose from.
    pub reasons: &'static str,
    /// Every reason.
    pub all_reasons: &'static str,
    /// Label: only of a device.
    pub device: &'static str,
    /// Switch: those that were replayed.
    pub show_replayed: &'static str,
    /// Choose all that are shown.
    pub choose_all: &'static str,
    /// Choose this one.
    pub choose: fn(&str) -> String,
    /// Replay one.
    pub replay: &'static str,
    /// Replay so many.
    pub replay_chosen: fn(&str) -> String,
    /// Replay all that the filter finds.
    pub replay_all: &'static str,
    /// Replay all of a reason.
    pub replay_reason: fn(&str) -> String,
    /// Stop.
    pub stop: &'static str,
    /// How to work with keys.
    pub keys: &'static str,
    /// More can be shown.
    pub more: &'static str,
    /// A replay goes on: letters read, of how many.
    pub going: fn(&str, Option<&str>) -> String,
    /// It is through.
    pub over: &'static str,
    /// It was stopped.
    pub stopped: &'static str,
    /// It failed.
    pub failed: fn(&str) -> String,
    /// The server does not answer, or does not save.
    pub no_answer: &'static str,
    /// What became of them: stored, known, still dead letters.
    pub sum: fn(&str, &str, &str) -> String,
    /// How often it came.
    pub times: fn(&str) -> String,
    /// What to do about a reason.
    pub to_do: fn(Reason) -> &'static str,
    /// Heading of that.
    pub to_do_title: &'static str,
    /// Label: the place to blame.
    pub place: &'static str,
    /// What stands there.
    pub stands: fn(&str) -> String,
    /// There is nothing there.
    pub stands_nothing: &'static str,
    /// Label: first and last receipt.
    pub came: &'static str,
    /// From first to last.
    pub from_to: fn(&str, &str) -> String,
    /// Label: who brought it.
    pub speaker: &'static str,
    /// Label: size.
    pub size: &'static str,
    /// Bytes.
    pub bytes: fn(&str) -> String,
    /// Only the beginning was kept.
    pub cut: &'static str,
    /// It is no text: digits.
    pub no_text: &'static str,
    /// Label: replays.
    pub tries: &'static str,
    /// So often, last at.
    pub tried: fn(&str, &str) -> String,
    /// It was understood at.
    pub understood: fn(&str) -> String,
}
