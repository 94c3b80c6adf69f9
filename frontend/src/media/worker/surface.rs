//! Where pictures go: a tile's canvas.

use wasm_bindgen::JsValue;
use web_sys::{OffscreenCanvas, VideoFrame};

use crate::media::sampler::{Pen, pen};

/// A canvas and its pen.
pub(super) struct Surface {
    canvas: OffscreenCanvas,
    pen: Pen,
}

impl Surface {
    /// Takes a canvas over. `None` when the browser gives no 2D context.
    pub(super) fn new(canvas: OffscreenCanvas) -> Option<Self> {
        Some(Self { pen: pen(&canvas, false)?, canvas })
    }

    /// Draws a picture as large as the tile has use for.
    pub(super) fn draw(&self, frame: &VideoFrame, tile: (u32, u32)) -> Result<(), JsValue> {
        let (width, height) = fit((frame.display_width(), frame.display_height()), tile);
        // Setting a size clears the canvas, so only when it is another one.
        if (self.canvas.width(), self.canvas.height()) != (width, height) {
            self.canvas.set_width(width);
            self.canvas.set_height(height);
        }
        stretch(&self.pen, frame, width.into(), height.into())
    }
}

/// Draws a picture over a whole canvas of that size.
pub(super) fn stretch(pen: &Pen, frame: &VideoFrame, width: f64, height: f64) -> Result<(), JsValue> {
    pen.draw_image_with_video_frame_and_dw_and_dh(frame, 0.0, 0.0, width, height)
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
