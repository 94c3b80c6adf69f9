//! What nobody is to see of a picture, covered.
//!
//! The cover is drawn over the canvas or the video in the picture's own shape, so it lies where the registry says,
//! whatever the tile's size, the stream and the player.

use leptos::prelude::*;
use pantau_schemas::registry::{FULL, Mask};

use crate::digits::fixed;

/// `picture` is the width and height of the pictures that come; before the first there is nothing to cover.
#[component]
pub(super) fn Masks(masks: Memo<Vec<Mask>>, picture: Memo<(u32, u32)>) -> impl IntoView {
    let drawn = move || {
        let (width, height) = picture.get();
        (width > 0 && height > 0 && masks.with(|masks| !masks.is_empty())).then(|| {
            let polygons: Vec<_> = masks
                .with(|masks| masks.iter().map(|mask| points(mask, width, height)).collect::<Vec<_>>())
                .into_iter()
                .map(|points| view! { <polygon points=points></polygon> })
                .collect();
            view! {
                <svg class="masks" viewBox=format!("0 0 {width} {height}") aria-hidden="true">
                    {polygons}
                </svg>
            }
        })
    };
    view! { {drawn} }
}

/// The corners in the picture's pixels, as SVG writes them.
fn points(mask: &Mask, width: u32, height: u32) -> String {
    let along = |part: u16, whole: u32| f64::from(part) * f64::from(whole) / f64::from(FULL);
    let corner = |&[x, y]: &[u16; 2]| format!("{},{}", fixed(along(x, width), 1), fixed(along(y, height), 1));
    mask.corners().iter().map(corner).collect::<Vec<_>>().join(" ")
}
