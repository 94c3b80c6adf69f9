//! What a key means at the desk.
//!
//! As on the keyboards of CCTV matrices a number comes first, then what to do with it: `123 ⏎`, `123 *`, `1 L`. No
//! single key destroys anything: clearing the wall takes two. While somebody types into a field no key is a
//! shortcut, but Escape leaves the field.

use super::cells::Direction;

/// Where the focus is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In a field that takes text.
    Typing,
    /// In the field of the search.
    Search,
    /// On a camera of the list.
    List,
    /// On a cell of the wall.
    Cell,
    /// On something else that takes Enter and Space by itself: a button, a link, a choice.
    Control,
    /// On nothing.
    Page,
}

/// A key that went down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Press<'a> {
    /// `KeyboardEvent.key`.
    pub key: &'a str,
    /// Shift is held.
    pub shift: bool,
    /// Control or Command is held.
    pub control: bool,
    /// Alt is held.
    pub alt: bool,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// A digit of a call-up.
    Digit(char),
    /// The last digit away.
    Erase,
    /// All digits away.
    Forget,
    /// The called camera to the monitor.
    CallToMonitor,
    /// The called camera, or the one on the monitor, into the selected cell.
    CallToCell,
    /// The preset with the called number.
    CallPreset,
    /// To the search.
    Search,
    /// Out of the search, to the list.
    LeaveSearch,
    /// The first hit of the search to the monitor.
    FirstHit,
    /// One camera further in the list; `true` is down.
    Walk {
        /// Towards the end of the list.
        down: bool,
    },
    /// To an end of the list.
    WalkToEnd {
        /// To the last one.
        last: bool,
    },
    /// The focused camera of the list to the monitor.
    ItemToMonitor,
    /// The focused camera of the list into the selected cell.
    ItemToCell,
    /// To another cell.
    Select(Direction),
    /// What the selected cell shows to the monitor.
    CellToMonitor,
    /// The selected cell takes what lies beside it.
    Merge(Direction),
    /// The selected cell is single places again.
    Split,
    /// What alarms may do with the selected cell: the next that is possible.
    AlarmUse,
    /// Nothing into the selected cell.
    ClearCell,
    /// Nothing into any cell.
    ClearWall,
    /// The last change back.
    Undo,
    /// Pin the selected cell, or let it go.
    Pin,
    /// The monitor over the whole screen.
    FullScreen,
    /// The focus to the wall.
    ToWall,
    /// The sheet of shortcuts.
    Help,
}

/// What a key means; `None` leaves it to the browser. `calling` tells that digits wait.
#[must_use]
pub fn act(press: Press<'_>, place: Place, calling: bool) -> Option<Act> {
    let Press { key, shift, control, alt } = press;
    if alt {
        return None;
    }
    if matches!(place, Place::Typing | Place::Search) {
        return match (key, place) {
            ("Escape", Place::Search) if !shift => Some(Act::LeaveSearch),
            ("Enter", Place::Search) => Some(Act::FirstHit),
            ("ArrowDown", Place::Search) => Some(Act::LeaveSearch),
            _ => None,
        };
    }
    if control {
        return (!shift && key.eq_ignore_ascii_case("z")).then_some(Act::Undo);
    }
    if let Some(act) = numbers(key, shift, calling) {
        return Some(act);
    }
    match place {
        Place::List => list(key),
        Place::Cell => cell(key, shift),
        _ => None,
    }
    .or_else(|| anywhere(key, shift))
}

/// Digits, and what to do with them.
fn numbers(key: &str, shift: bool, calling: bool) -> Option<Act> {
    let mut letters = key.chars();
    if let (Some(digit @ '0'..='9'), None) = (letters.next(), letters.next()) {
        return Some(Act::Digit(digit));
    }
    match key {
        "*" => Some(Act::CallToCell),
        "Enter" if calling => Some(Act::CallToMonitor),
        "Backspace" if calling => Some(Act::Erase),
        "Escape" if calling && !shift => Some(Act::Forget),
        "l" | "L" if calling => Some(Act::CallPreset),
        _ => None,
    }
}

fn list(key: &str) -> Option<Act> {
    Some(match key {
        "ArrowDown" => Act::Walk { down: true },
        "ArrowUp" => Act::Walk { down: false },
        "Home" => Act::WalkToEnd { last: false },
        "End" => Act::WalkToEnd { last: true },
        "Enter" => Act::ItemToCell,
        " " => Act::ItemToMonitor,
        _ => return None,
    })
}

fn cell(key: &str, shift: bool) -> Option<Act> {
    let to = if shift { Act::Merge } else { Act::Select };
    Some(match key {
        "ArrowLeft" => to(Direction::Left),
        "ArrowRight" => to(Direction::Right),
        "ArrowUp" => to(Direction::Up),
        "ArrowDown" => to(Direction::Down),
        "B" | "b" if shift => Act::Split,
        "A" | "a" if shift => Act::AlarmUse,
        "Enter" | " " => Act::CellToMonitor,
        "Delete" if shift => Act::ClearCell,
        _ => return None,
    })
}

fn anywhere(key: &str, shift: bool) -> Option<Act> {
    Some(match key {
        "/" => Act::Search,
        "?" => Act::Help,
        "Escape" if shift => Act::ClearWall,
        "p" | "P" => Act::Pin,
        "f" | "F" => Act::FullScreen,
        "w" | "W" => Act::ToWall,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn plain(key: &str) -> Press<'_> {
        Press { key, shift: false, control: false, alt: false }
    }

    const fn shifted(key: &str) -> Press<'_> {
        Press { key, shift: true, control: false, alt: false }
    }

    const PLACES: [Place; 6] =
        [Place::Typing, Place::Search, Place::List, Place::Cell, Place::Control, Place::Page];

    #[test]
    fn whoever_types_a_name_calls_nobody_up() {
        for key in ["1", "*", "l", "p", "f", "w", "/", "?", "Backspace", "Delete", " "] {
            assert_eq!(act(plain(key), Place::Search, true), None, "{key}");
            assert_eq!(act(plain(key), Place::Typing, true), None, "{key}");
        }
        assert_eq!(act(shifted("Escape"), Place::Search, false), None, "nor clears the wall");
        assert_eq!(act(plain("Escape"), Place::Search, false), Some(Act::LeaveSearch));
        let undo = Press { control: true, ..plain("z") };
        assert_eq!(act(undo, Place::Search, false), None, "the field's own undo");
    }

    #[test]
    fn a_number_goes_where_the_next_key_says_wherever_the_focus_is() {
        for place in [Place::List, Place::Cell, Place::Control, Place::Page] {
            assert_eq!(act(plain("7"), place, false), Some(Act::Digit('7')));
            assert_eq!(act(plain("Enter"), place, true), Some(Act::CallToMonitor));
            assert_eq!(act(shifted("*"), place, true), Some(Act::CallToCell));
            assert_eq!(act(plain("l"), place, true), Some(Act::CallPreset));
            assert_eq!(act(plain("Escape"), place, true), Some(Act::Forget));
        }
        assert_eq!(act(plain("l"), Place::Page, false), None);
    }

    #[test]
    fn enter_means_what_the_focus_is_on() {
        assert_eq!(act(plain("Enter"), Place::List, false), Some(Act::ItemToCell));
        assert_eq!(act(plain(" "), Place::List, false), Some(Act::ItemToMonitor));
        assert_eq!(act(plain("Enter"), Place::Cell, false), Some(Act::CellToMonitor));
        assert_eq!(act(plain("Enter"), Place::Control, false), None, "a button is pressed");
        assert_eq!(act(plain("Enter"), Place::Search, false), Some(Act::FirstHit));
        assert_eq!(act(plain("ArrowDown"), Place::Control, false), None, "a choice is made");
        assert_eq!(act(plain("ArrowDown"), Place::Cell, false), Some(Act::Select(Direction::Down)));
        assert_eq!(act(shifted("ArrowDown"), Place::Cell, false), Some(Act::Merge(Direction::Down)));
        assert_eq!(act(shifted("B"), Place::Cell, false), Some(Act::Split));
        assert_eq!(act(plain("b"), Place::Cell, false), None);
        assert_eq!(act(shifted("A"), Place::Cell, false), Some(Act::AlarmUse));
        assert_eq!(act(plain("a"), Place::Cell, false), None);
    }

    #[test]
    fn no_single_key_destroys() {
        let destroys = |act| {
            matches!(act, Some(Act::ClearWall | Act::ClearCell | Act::Undo | Act::Merge(_) | Act::Split))
        };
        let keys = (' '..='~')
            .map(String::from)
            .chain(["Escape", "Enter", "Delete", "Backspace", "Tab", "Home", "End", "F1"].map(str::to_owned));
        for key in keys {
            for place in PLACES {
                assert!(!destroys(act(plain(&key), place, false)), "{key:?} {place:?}");
                assert!(!destroys(act(plain(&key), place, true)), "{key:?} {place:?}");
            }
        }
        assert_eq!(act(shifted("Escape"), Place::Page, true), Some(Act::ClearWall));
        assert_eq!(act(shifted("Delete"), Place::Cell, false), Some(Act::ClearCell));
        assert_eq!(act(Press { control: true, ..plain("z") }, Place::Cell, false), Some(Act::Undo));
        assert_eq!(act(Press { alt: true, ..plain("1") }, Place::Page, false), None, "the browser's");
    }
}
