//! What can be told from a camera's picture on this screen.

use pantau_schemas::ids::DeviceId;
use pantau_schemas::registry::{Detail, Level, Registry};

/// What can be told; `None` inside when it is less than the lowest level.
///
/// `stream` is the size of the stream's pictures, `tile` that of the tile in device pixels, which the picture fills as
/// far as its shape allows. `None` while the scene's width or one of the sizes is not known: then nothing is said.
#[must_use]
pub fn detail(
    registry: &Registry,
    camera: &DeviceId,
    stream: (u32, u32),
    tile: (f64, f64),
    px_per_arcmin: Option<f64>,
) -> Option<Option<Level>> {
    let scene = registry.devices.get(camera)?.camera.as_ref()?.scene_width_m?;
    let (width, height) = (f64::from(stream.0), f64::from(stream.1));
    if width <= 0.0 || height <= 0.0 {
        return None;
    }
    let picture = tile.0.min(tile.1 * width / height).round();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what fits")]
    let tile_px = picture.clamp(0.0, 65_536.0) as u32;
    if tile_px == 0 {
        return None;
    }
    let detail = Detail { scene, stream_px: stream.0, tile_px, px_per_arcmin };
    Some(registry.levels.reached(detail.shown()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::figures::tests::{camera, registry};
    use pantau_schemas::measure::SceneWidthM;

    #[test]
    fn nothing_is_said_of_a_scene_that_nobody_measured() {
        let mut city = registry();
        let id = camera(&mut city, "cam-1", None);
        let told = |city: &Registry, stream| detail(city, &id, stream, (640.0, 360.0), None);
        assert_eq!(told(&city, (1_920, 1_080)), None);
        city.devices.get_mut(&id).unwrap().camera.as_mut().unwrap().scene_width_m =
            SceneWidthM::new(5.0).ok();
        assert_eq!(told(&city, (0, 0)), None, "no picture yet");
        assert_eq!(told(&city, (1_920, 1_080)), Some(Some(Level::Recognise)));
        assert_eq!(told(&city, (320, 180)), Some(Some(Level::Observe)), "a small stream shows little");
        // A picture that stands upright fills a part of its tile.
        assert_eq!(told(&city, (1_080, 1_920)), Some(Some(Level::Detect)));
        assert_eq!(detail(&city, &id, (1_920, 1_080), (40.0, 30.0), None), Some(None));
    }
}
