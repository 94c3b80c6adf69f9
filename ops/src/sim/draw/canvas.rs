//! A picture made of flat shapes.
//!
//! Coordinates are those of a 640×360 picture, whatever the real size: the same scene can be drawn small or
//! large. Shapes are drawn at twice the size and averaged down at the end, which smooths every edge without
//! any edge mathematics.

use super::colour::Colour;

/// Width of the coordinate system.
pub(crate) const WIDTH: f32 = 640.0;
/// Height of the coordinate system.
pub(crate) const HEIGHT: f32 = 360.0;
/// Drawn pixels per final pixel, each way.
const OVERSAMPLING: usize = 2;

/// A picture being drawn.
#[derive(Debug, Clone)]
pub(crate) struct Canvas {
    width: usize,
    height: usize,
    scale: f32,
    pixels: Vec<Colour>,
}

/// A finished picture as the encoder wants it: planes Y, U, V one after the other, 4:2:0, BT.601 limited range.
#[derive(Debug)]
pub(crate) struct Planes {
    /// Width in pixels.
    pub(crate) width: usize,
    /// Height in pixels.
    pub(crate) height: usize,
    /// The three planes.
    pub(crate) bytes: Vec<u8>,
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the saturating cast of a coordinate to the edge of the picture is what clips a shape"
)]
fn clip(value: f32, limit: usize) -> usize {
    (value.round() as usize).min(limit)
}

#[expect(clippy::cast_precision_loss, reason = "pixel numbers of a picture are small")]
fn real(value: usize) -> f32 {
    value as f32
}

impl Canvas {
    /// An empty picture that ends up `height` pixels high, 16:9.
    pub(crate) fn new(height: usize) -> Self {
        let (width, height) = (height * 16 / 9 * OVERSAMPLING, height * OVERSAMPLING);
        let scale = real(height) / HEIGHT;
        Self { width, height, scale, pixels: vec![Colour::BLACK; width * height] }
    }

    fn span(&mut self, y: usize, from: f32, to: f32, colour: Colour) {
        let (from, to) = (clip(from * self.scale, self.width), clip(to * self.scale, self.width));
        let row = y * self.width;
        let Some(pixels) = self.pixels.get_mut(row + from..row + to.max(from)) else { return };
        if colour.alpha == u8::MAX {
            pixels.fill(colour);
        } else {
            for pixel in pixels {
                *pixel = pixel.under(colour);
            }
        }
    }

    fn rows(&self, from: f32, to: f32) -> std::ops::Range<usize> {
        clip(from * self.scale, self.height)..clip(to * self.scale, self.height)
    }

    fn centre(&self, y: usize) -> f32 {
        (real(y) + 0.5) / self.scale
    }

    /// A rectangle from its left upper corner.
    pub(crate) fn rect(&mut self, x: f32, y: f32, width: f32, height: f32, colour: Colour) {
        for row in self.rows(y, y + height) {
            self.span(row, x, x + width, colour);
        }
    }

    /// A rectangle that goes from one colour at its top to another at its bottom.
    pub(crate) fn gradient(&mut self, y: f32, height: f32, top: Colour, bottom: Colour) {
        for row in self.rows(y, y + height) {
            let colour = top.towards(bottom, (self.centre(row) - y) / height);
            self.span(row, 0.0, WIDTH, colour);
        }
    }

    /// An ellipse around its centre.
    pub(crate) fn ellipse(&mut self, x: f32, y: f32, radius_x: f32, radius_y: f32, colour: Colour) {
        for row in self.rows(y - radius_y, y + radius_y) {
            let part = (self.centre(row) - y) / radius_y;
            let half = radius_x * (1.0 - part * part).max(0.0).sqrt();
            self.span(row, x - half, x + half, colour);
        }
    }

    /// A circle around its centre.
    pub(crate) fn circle(&mut self, x: f32, y: f32, radius: f32, colour: Colour) {
        self.ellipse(x, y, radius, radius, colour);
    }

    /// A filled polygon; crossings follow the even-odd rule.
    pub(crate) fn polygon(&mut self, points: &[(f32, f32)], colour: Colour) {
        let top = points.iter().map(|p| p.1).fold(f32::INFINITY, f32::min);
        let bottom = points.iter().map(|p| p.1).fold(f32::NEG_INFINITY, f32::max);
        let mut crossings = Vec::with_capacity(points.len());
        for row in self.rows(top, bottom) {
            let y = self.centre(row);
            crossings.clear();
            for (a, b) in points.iter().zip(points.iter().cycle().skip(1)) {
                if (a.1 <= y) != (b.1 <= y) {
                    crossings.push(a.0 + (y - a.1) / (b.1 - a.1) * (b.0 - a.0));
                }
            }
            crossings.sort_by(f32::total_cmp);
            for pair in crossings.chunks_exact(2) {
                if let &[from, to] = pair {
                    self.span(row, from, to, colour);
                }
            }
        }
    }

    /// A straight stroke.
    pub(crate) fn line(&mut self, from: (f32, f32), to: (f32, f32), width: f32, colour: Colour) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = dx.hypot(dy).max(f32::EPSILON);
        let (nx, ny) = (-dy / length * width / 2.0, dx / length * width / 2.0);
        self.polygon(
            &[
                (from.0 + nx, from.1 + ny),
                (to.0 + nx, to.1 + ny),
                (to.0 - nx, to.1 - ny),
                (from.0 - nx, from.1 - ny),
            ],
            colour,
        );
    }

    /// The finished picture.
    pub(crate) fn planes(&self) -> Planes {
        let (width, height) = (self.width / OVERSAMPLING, self.height / OVERSAMPLING);
        let mut luma = Vec::with_capacity(width * height * 3 / 2);
        for y in 0..height {
            for x in 0..width {
                luma.push(self.mean(x, y, OVERSAMPLING).luma());
            }
        }
        let mut blue = Vec::with_capacity(width * height / 4);
        let mut red = Vec::with_capacity(width * height / 4);
        for y in 0..height / 2 {
            for x in 0..width / 2 {
                let (u, v) = self.mean(x, y, OVERSAMPLING * 2).chroma();
                blue.push(u);
                red.push(v);
            }
        }
        luma.append(&mut blue);
        luma.append(&mut red);
        Planes { width, height, bytes: luma }
    }

    fn mean(&self, x: usize, y: usize, side: usize) -> Colour {
        let rows = self.pixels.chunks_exact(self.width).skip(y * side).take(side);
        Colour::mean(rows.flat_map(|row| row.iter().skip(x * side).take(side)))
    }
}
