//! Which of a camera's streams a tile needs: the large one only where its detail can be seen.

use pantau_schemas::media::{Priority, Tile};
use pantau_schemas::stream::StreamKind;

/// A small picture stretched further than this looks soft, percent of its own size.
const SOFT: u64 = 150;
/// A large picture goes back to the small one below this, percent of the small one's size. Between the two nothing
/// changes, so that a tile whose size wavers does not change its stream each time.
const SHARP: u64 = 120;

/// The stream for a tile that shows `now`, when the small stream has pictures of `small` pixels.
pub(super) fn choose(now: StreamKind, tile: &Tile, small: (u32, u32)) -> StreamKind {
    if tile.priority == Priority::Focus {
        return StreamKind::Main;
    }
    // The picture is fitted into the tile, so the tighter side decides.
    let percent = |tile: u32, picture: u32| u64::from(tile) * 100 / u64::from(picture.max(1));
    let stretch = percent(tile.width, small.0).min(percent(tile.height, small.1));
    match now {
        _ if stretch > SOFT => StreamKind::Main,
        _ if stretch < SHARP => StreamKind::Sub,
        StreamKind::Main => StreamKind::Main,
        StreamKind::Sub | StreamKind::Unknown => StreamKind::Sub,
    }
}

#[cfg(test)]
mod tests {
    use pantau_schemas::ids::DeviceId;

    use super::*;

    fn tile(width: u32, height: u32, priority: Priority) -> Tile {
        Tile { tile: 1, camera: DeviceId::new("cam").unwrap(), width, height, priority }
    }

    #[test]
    fn a_tile_gets_the_large_stream_when_the_small_one_would_look_soft_and_keeps_it_for_a_while() {
        let chosen = |now, width, height| choose(now, &tile(width, height, Priority::Visible), (640, 360));
        assert_eq!(chosen(StreamKind::Sub, 640, 360), StreamKind::Sub);
        assert_eq!(chosen(StreamKind::Sub, 900, 506), StreamKind::Sub);
        assert_eq!(chosen(StreamKind::Sub, 1_000, 562), StreamKind::Main);
        assert_eq!(chosen(StreamKind::Main, 900, 506), StreamKind::Main);
        assert_eq!(chosen(StreamKind::Main, 700, 394), StreamKind::Sub);
        // A wide and low tile shows no more of the picture than its height allows.
        assert_eq!(chosen(StreamKind::Sub, 3_000, 360), StreamKind::Sub);
    }

    #[test]
    fn a_picture_alone_is_the_large_one_whatever_its_size() {
        assert_eq!(choose(StreamKind::Sub, &tile(320, 180, Priority::Focus), (640, 360)), StreamKind::Main);
    }
}
