//! What a window of the wall has room for when its letters have their size.
//!
//! Letters never shrink to make room: what matters less goes instead. First the agencies' news, the figures and the
//! domains, then the list of devices in trouble down to their number; and there are as many cameras as have tiles on
//! which a state's word is whole. The numbers here are those of `tokens.css`.

use super::grid::{Area, arrange};
use super::legible::Scale;

/// A window, CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// From left to right.
    pub width: f64,
    /// From top to bottom.
    pub height: f64,
}

/// Which parts there are beside the cameras.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Room {
    /// All of them.
    #[default]
    Full,
    /// The devices in trouble, and readings where they leave room.
    Some,
    /// The number of devices in trouble; cameras have no headings.
    Little,
}

impl Room {
    /// Its word for the style sheet.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Some => "some",
            Self::Little => "little",
        }
    }
}

/// What goes where.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan {
    /// Which parts there are.
    pub room: Room,
    /// What is left for cameras.
    pub area: Area,
    /// How wide a camera's tile must be, CSS pixels.
    pub least: f64,
    /// Height of the line that says how many cameras are not shown, CSS pixels.
    pub line: f64,
}

/// Room in units of a hundredth of the height of a 16:9 window: around the wall, and between its parts.
const EDGE: f64 = 1.2;
const GAP: f64 = 0.9;

/// Lengths in the size of a label: the head, the domains, the news; the columns of figures and of trouble; a
/// heading and a name.
const HEAD: f64 = 2.3;
const DOMAINS: f64 = 3.4;
const FEED: f64 = 2.8;
const COLUMN: f64 = 20.0;
const NARROW_COLUMN: f64 = 15.0;
const GROUP: f64 = 1.3;
const NAME: f64 = 1.4;

/// From how many labels of width and height on there is room for all, and for some.
const FULL: (f64, f64) = (52.0, 26.0);
const SOME: (f64, f64) = (30.0, 14.0);

/// Width of a capital letter and of the mark before a word, in the size of their font; and what is left around the word,
/// in that of a label.
const CAPITAL: f64 = 0.72;
const MARK: f64 = 0.6;
const AROUND: f64 = 0.7;

/// What there is room for. `letters` is the longest word that a tile says of a camera that is not live. Without a scale
/// the wall is what it is on every screen, in the proportions of its height.
#[must_use]
pub fn plan(window: Window, scale: Option<&Scale>, letters: usize) -> Plan {
    let Window { width, height } = window;
    let unit = (height / 100.0).min(width / 177.78);
    let (edge, gap) = (EDGE * unit, GAP * unit);
    let Some(scale) = scale else {
        let text = 7.3 * unit;
        let area = Area { width: width - 57.84 * unit, height: height - 26.7 * unit, gap, text };
        return Plan { room: Room::Full, area, least: 0.0, line: 3.8 * unit };
    };
    let label = scale.label.max(1.0);
    let fits = |(columns, rows): (f64, f64)| width >= columns * label && height >= rows * label;
    let room = if fits(FULL) {
        Room::Full
    } else if fits(SOME) {
        Room::Some
    } else {
        Room::Little
    };
    let (column, bands, gaps, text) = match room {
        Room::Full => (COLUMN, HEAD + DOMAINS + FEED, 3.0, GROUP + NAME),
        Room::Some => (NARROW_COLUMN, HEAD, 1.0, GROUP + NAME),
        Room::Little => (0.0, HEAD + NAME, 2.0, NAME),
    };
    let beside = if column > 0.0 { column * label + 1.6 * gap } else { 0.0 };
    let area = Area {
        width: width - 2.0 * edge - beside,
        height: height - bands * label - gaps * gap - edge,
        gap,
        text: text * label,
    };
    let capitals = u32::try_from(letters).map_or(f64::MAX, f64::from);
    let least = (capitals * CAPITAL + MARK) * scale.alarm + AROUND * label;
    Plan { room, area, least, line: NAME * label }
}

impl Plan {
    /// Whether there is room for groups of tiles of these sizes, and for the line of what is left out.
    #[must_use]
    pub fn fits(&self, groups: &[usize], left_out: usize) -> bool {
        let area = self.area(left_out);
        let tiles = arrange(groups, &area);
        area.tile_width(tiles.columns, tiles.rows.len()) >= self.least
    }

    /// What is left for cameras when so many of them are not shown.
    #[must_use]
    pub fn area(&self, left_out: usize) -> Area {
        let line = if left_out > 0 { self.line } else { 0.0 };
        Area { height: self.area.height - line, ..self.area }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::legible::Reader;
    use pantau_schemas::measure::{PanelPitchMm, ViewingDistanceM};

    const FULL_HD: Window = Window { width: 1_920.0, height: 1_080.0 };
    const UHD: Window = Window { width: 3_840.0, height: 2_160.0 };

    fn scale(pitch: f64, distance: f64) -> Scale {
        let pitch = PanelPitchMm::new(pitch).unwrap();
        Scale::of(Reader { pitch, distance: ViewingDistanceM::new(distance).unwrap() }, 1.0, |size| {
            Some(size * 0.7)
        })
    }

    /// How many of that many cameras in one group there is room for.
    fn cameras(plan: &Plan, all: usize) -> usize {
        (1..=all).rev().find(|n| plan.fits(&[*n], all - n)).unwrap_or(1)
    }

    #[test]
    fn a_reader_who_is_farther_away_sees_less_and_not_smaller() {
        let at = |distance| {
            let plan = plan(FULL_HD, Some(&scale(0.63, distance)), "PADAM".len());
            (plan.room, cameras(&plan, 12))
        };
        assert_eq!(at(2.0), (Room::Full, 12));
        assert_eq!(at(3.0), (Room::Full, 12));
        assert_eq!(at(5.0), (Room::Some, 4));
        assert_eq!(at(8.0), (Room::Little, 2));
        assert_eq!(at(30.0), (Room::Little, 1), "one camera always");
    }

    #[test]
    fn a_finer_panel_of_the_same_size_shows_the_same() {
        let coarse = plan(FULL_HD, Some(&scale(0.634, 5.0)), 5);
        let fine = plan(UHD, Some(&scale(0.317, 5.0)), 5);
        assert_eq!((coarse.room, cameras(&coarse, 36)), (fine.room, cameras(&fine, 36)));
    }

    #[test]
    fn without_a_measure_the_wall_is_as_it_was() {
        let plan = plan(FULL_HD, None, 6);
        assert_eq!((plan.room, cameras(&plan, 36)), (Room::Full, 36));
        assert_eq!((plan.area.width.round(), plan.area.height.round()), (1_295.0, 792.0));
    }

    #[test]
    fn longer_words_need_larger_tiles() {
        let plan = |letters| plan(FULL_HD, Some(&scale(0.63, 3.0)), letters);
        assert!(cameras(&plan(9), 12) < cameras(&plan(5), 12));
    }
}
