//! Drawing what the simulated cameras see.
//!
//! Only needed to make the clips anew; the clips themselves are part of the repository.

mod canvas;
mod colour;
mod font;
mod kit;
mod overlay;
mod scenes;

pub(crate) use canvas::{Canvas, Planes};
pub(crate) use scenes::{SCENES, Scene};

/// A place, ready to be drawn picture by picture.
#[derive(Debug)]
pub(crate) struct Painter {
    scene: Scene,
    background: Canvas,
}

impl Painter {
    /// Prepares pictures of a place, `height` pixels high.
    pub(crate) fn new(scene: Scene, height: usize) -> Self {
        let mut background = Canvas::new(height);
        scene.background(&mut background);
        Self { scene, background }
    }

    /// Picture `number` of a loop of `count`.
    pub(crate) fn picture(&self, number: u16, count: u16) -> Planes {
        let mut canvas = self.background.clone();
        self.scene.draw(&mut canvas, f32::from(number) / f32::from(count.max(1)));
        overlay::write(&mut canvas, self.scene.title, number, count);
        canvas.planes()
    }
}
