//! The small canvas that fingerprints are taken from, in the worker and in the page.

use js_sys::{Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{OffscreenCanvas, OffscreenCanvasRenderingContext2d};

use super::picture::{HEIGHT, WIDTH, fingerprint};
use crate::browser::best_effort;

/// What draws.
pub(super) type Pen = OffscreenCanvasRenderingContext2d;

/// A canvas of a fixed size.
pub(super) struct Sampler(Pen);

impl Sampler {
    /// `None` when the browser gives no such canvas.
    pub(super) fn new() -> Option<Self> {
        let pen = pen(&OffscreenCanvas::new(WIDTH, HEIGHT).ok()?, true)?;
        pen.set_image_smoothing_enabled(false);
        Some(Self(pen))
    }

    /// The fingerprint of what `draw` puts on the canvas, told its width and height.
    pub(super) fn fingerprint(
        &self,
        draw: impl FnOnce(&Pen, f64, f64) -> Result<(), JsValue>,
    ) -> Option<u64> {
        draw(&self.0, WIDTH.into(), HEIGHT.into()).ok()?;
        let data = self.0.get_image_data(0, 0, WIDTH.try_into().ok()?, HEIGHT.try_into().ok()?).ok()?;
        Some(fingerprint(&data.data()))
    }
}

/// The pen of a canvas without transparency. `None` when the browser gives no 2D context.
pub(super) fn pen(canvas: &OffscreenCanvas, read_often: bool) -> Option<Pen> {
    let options = Object::new();
    let set = |name: &str, value: bool| best_effort(Reflect::set(&options, &name.into(), &value.into()));
    set("alpha", false);
    set("willReadFrequently", read_often);
    let pen = canvas.get_context_with_context_options("2d", &options).ok().flatten()?;
    Some(pen.unchecked_into())
}
