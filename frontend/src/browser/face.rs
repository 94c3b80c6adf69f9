//! How high the letters of the page's font are, as this browser draws them.

use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// The weights that a wall uses; their faces need not be alike.
const WEIGHTS: [&str; 2] = ["400", "600"];
/// Elements are as high as so many capitals: heights are told in whole pixels.
const TIMES: f64 = 100.0;

/// The height of a capital letter of a font of this size, CSS pixels: the lower one of the weights. `None` where the
/// browser does not know its fonts so well (the unit `cap`).
pub(crate) fn capital(size: f64) -> Option<f64> {
    let document = web_sys::window()?.document()?;
    let body = document.body()?;
    let mut lowest: Option<f64> = None;
    for weight in WEIGHTS {
        let probe: HtmlElement = document.create_element("span").ok()?.dyn_into().ok()?;
        let style = probe.style();
        let rules = [
            ("position", "absolute"),
            ("visibility", "hidden"),
            ("width", "0"),
            ("font-size", &format!("{size}px")),
            ("font-size-adjust", "none"),
            ("font-weight", weight),
            ("height", &format!("{TIMES}cap")),
        ];
        for (name, value) in rules {
            super::best_effort(style.set_property(name, value));
        }
        super::best_effort(body.append_child(&probe));
        let height = f64::from(probe.offset_height()) / TIMES;
        probe.remove();
        lowest = Some(lowest.map_or(height, |lowest| lowest.min(height)));
    }
    lowest.filter(|height| *height > 0.0)
}
