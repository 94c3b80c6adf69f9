//! What hangs on one screen: the page's own arrangement, or the cells of a layout.
//!
//! Cells have a name that stays theirs when they move, so that a page moves a picture instead of starting it
//! anew.

use pantau_schemas::wall::{Area, Cell, Content, Rank, Tile, Walls};

/// What a page is to draw.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Hanging {
    /// Every camera, grouped, beside the figures.
    #[default]
    Auto,
    /// A grid.
    Grid(Grid),
}

/// A layout as it is seen at this moment, a tour's step included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    /// How many columns.
    pub columns: u8,
    /// How many rows.
    pub rows: u8,
    /// The cells that show something.
    pub cells: Vec<Hung>,
}

/// A cell that shows something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hung {
    /// Its name: what it shows, and which of the cells that show the same.
    pub key: String,
    /// Where it is.
    pub area: Area,
    /// What it shows.
    pub tile: Tile,
    /// How firmly.
    pub rank: Rank,
}

/// What hangs on the screen of that name. A screen that nobody has added shows everything, like a new one.
#[must_use]
pub fn hanging(walls: &Walls, screen: &str) -> Hanging {
    let id = walls.screens.keys().find(|id| id.as_str() == screen);
    let shown = id.and_then(|id| walls.shown(id));
    let Some(Content::Layout(layout)) = shown.as_deref() else { return Hanging::Auto };
    Hanging::Grid(Grid { columns: layout.columns(), rows: layout.rows(), cells: named(layout.cells()) })
}

/// The cells that show something, each with its name.
#[must_use]
pub fn named(cells: &[Cell]) -> Vec<Hung> {
    let mut hung: Vec<Hung> = Vec::with_capacity(cells.len());
    for cell in cells {
        let Some(what) = what(&cell.tile) else { continue };
        let count = hung.iter().filter(|other| other.tile == cell.tile).count() + 1;
        let key = format!("{what} {count}");
        hung.push(Hung { key, area: cell.area, tile: cell.tile.clone(), rank: cell.rank });
    }
    hung
}

/// What a tile shows, in one word; `None` for nothing, and for what this build cannot draw.
fn what(tile: &Tile) -> Option<String> {
    Some(match tile {
        Tile::Empty | Tile::Unknown => return None,
        Tile::Camera { camera } => format!("camera {camera}"),
        Tile::Series { series } => format!("series {series}"),
        Tile::Text { text } => format!("text {text}"),
        Tile::Trouble => "trouble".to_owned(),
        Tile::Domains => "domains".to_owned(),
        Tile::Figures => "figures".to_owned(),
        Tile::Feed => "feed".to_owned(),
        Tile::Clock => "clock".to_owned(),
    })
}

/// The name of a screen, where somebody gave it one.
#[must_use]
pub fn name(walls: &Walls, screen: &str) -> Option<String> {
    let screen = walls.screens.values().find(|known| known.id.as_str() == screen)?;
    Some(screen.name.to_string()).filter(|name| name != screen.id.as_str())
}

/// An area as `grid-column` and `grid-row`.
#[must_use]
pub fn lines(area: &Area) -> (String, String) {
    (format!("{} / span {}", area.column, area.columns), format!("{} / span {}", area.row, area.rows))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pantau_schemas::ids::{DeviceId, ScreenId};
    use pantau_schemas::wall::{At, Label, Layout, Screen, Wall};
    use std::collections::VecDeque;

    fn walls(content: Content, name: &str) -> Walls {
        let id = ScreenId::new("main").unwrap();
        let screen = Screen {
            id: id.clone(),
            name: Label::new(name).unwrap(),
            panel_pitch_mm: None,
            viewing_distance_m: None,
            status: None,
            wall: Wall { content, ..Wall::default() },
            history: VecDeque::new(),
            alarms: Vec::new(),
        };
        Walls { screens: [(id, screen)].into(), ..Walls::default() }
    }

    fn shown(layout: &Layout) -> Vec<(String, String)> {
        match hanging(&walls(Content::Layout(layout.clone()), "main"), "main") {
            Hanging::Grid(grid) => {
                grid.cells.iter().map(|cell| (cell.key.clone(), lines(&cell.area).0)).collect()
            }
            Hanging::Auto => panic!("a layout hangs there"),
        }
    }

    #[test]
    fn a_camera_that_moves_keeps_its_name_and_its_picture() {
        let camera = Tile::Camera { camera: DeviceId::new("cam-01").unwrap() };
        let at = |column| At::new(column, 1).unwrap();
        let grid = Layout::grid(3, 1).unwrap();
        let left = grid.with(at(1), camera.clone(), Rank::Watched).unwrap();
        let right = grid.with(at(3), camera.clone(), Rank::Watched).unwrap();
        let name = || "camera cam-01 1".to_owned();
        assert_eq!(shown(&left), [(name(), "1 / span 1".to_owned())]);
        assert_eq!(shown(&right), [(name(), "3 / span 1".to_owned())]);
        let both = left.with(at(3), camera, Rank::Context).unwrap();
        assert_eq!(shown(&both).len(), 2);
        assert_ne!(shown(&both)[0].0, shown(&both)[1].0, "twice the same camera is two tiles");
    }

    #[test]
    fn what_this_build_cannot_draw_is_left_empty() {
        let grid = Layout::grid(2, 1).unwrap();
        let newer = grid.with(At::new(1, 1).unwrap(), Tile::Unknown, Rank::Watched).unwrap();
        assert_eq!(shown(&newer), []);
    }

    #[test]
    fn a_screen_without_a_layout_or_a_name_is_the_wall_as_it_was() {
        assert_eq!(hanging(&Walls::default(), "main"), Hanging::Auto);
        assert_eq!(hanging(&walls(Content::Auto, "main"), "main"), Hanging::Auto);
        assert_eq!(hanging(&walls(Content::Auto, "main"), "pos 2 %"), Hanging::Auto);
        assert_eq!(name(&walls(Content::Auto, "main"), "main"), None);
        assert_eq!(name(&walls(Content::Auto, "Dinding utama"), "main").as_deref(), Some("Dinding utama"));
    }
}
