//! Where pictures go: a tile's canvas, and the small one that fingerprints are taken from.

use js_sys::{Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{OffscreenCanvas, OffscreenCanvasRenderingContext2d, VideoFrame};

use crate::browser::best_effort;
use crate::media::picture;

/// A canvas and its pen.
pub(super) struct Surface {
    canvas: OffscreenCanvas,
    pen: OffscreenCanvasRenderingContext2d,
}

impl Surface {
    /// Takes a canvas over. `None` when the browser gives no 2D context.
    pub(super) fn new(canvas: OffscreenCanvas, read_often: bool) -> Option<Self> {
        let options = Object::new();
        let set = |name: &str, value: bool| best_effort(Reflect::set(&options, &name.into(), &value.into()));
        set("alpha", false);
        set("willReadFrequently", read_often);
        let pen = canvas.get_context_with_context_options("2d", &options).ok().flatten()?;
        Some(Self { pen: pen.unchecked_into::<OffscreenCanvasRenderingContext2d>(), canvas })
    }

    /// Draws a picture as large as the tile has use for.
    pub(super) fn draw(&self, frame: &VideoFrame, tile: (u32, u32)) -> Result<(), JsValue> {
        let (width, height) = fit((frame.display_width(), frame.display_height()), tile);
        // Setting a size clears the canvas, so only when it is another one.
        if (self.canvas.width(), self.canvas.height()) != (width, height) {
            self.canvas.set_width(width);
            self.canvas.set_height(height);
        }
        self.stretch(frame, width, height)
    }

    fn stretch(&self, frame: &VideoFrame, width: u32, height: u32) -> Result<(), JsValue> {
        let (width, height) = (f64::from(width), f64::from(height));
        self.pen.draw_image_with_video_frame_and_dw_and_dh(frame, 0.0, 0.0, width, height)
    }
}

/// The canvas for fingerprints.
pub(super) struct Sampler(Surface);

impl Sampler {
    /// A small canvas of its own.
    pub(super) fn new() -> Option<Self> {
        let canvas = OffscreenCanvas::new(picture::WIDTH, picture::HEIGHT).ok()?;
        let surface = Surface::new(canvas, true)?;
        surface.pen.set_image_smoothing_enabled(false);
        Some(Self(surface))
    }

    /// The fingerprint of a picture.
    pub(super) fn fingerprint(&self, frame: &VideoFrame) -> Option<u64> {
        self.0.stretch(frame, picture::WIDTH, picture::HEIGHT).ok()?;
        let (width, height) = (picture::WIDTH.try_into().ok()?, picture::HEIGHT.try_into().ok()?);
        let data = self.0.pen.get_image_data(0, 0, width, height).ok()?;
        Some(picture::fingerprint(&data.data()))
    }
}

/// The size to draw at: the picture's own, or that of the tile when it is smaller, in the picture's shape.
fn fit((width, height): (u32, u32), (tile_width, tile_height): (u32, u32)) -> (u32, u32) {
    let (width, height) = (width.max(1), height.max(1));
    if width <= tile_width || height <= tile_height || tile_width == 0 || tile_height == 0 {
        return (width, height);
    }
    let scaled = u64::from(tile_width) * u64::from(height) / u64::from(width);
    (tile_width, u32::try_from(scaled).unwrap_or(tile_height).max(1))
}
