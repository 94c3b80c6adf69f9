//! What is written over every picture: whose it is, which one it is, and a hand that turns.
//!
//! The name shows a swapped picture, the number a dropped one, the hand a frozen one.

use std::f32::consts::{PI, TAU};

use super::canvas::{Canvas, HEIGHT, WIDTH};
use super::colour::{Colour, rgb};
use super::font;

const TITLE_DOT: f32 = 3.4;
const NUMBER_DOT: f32 = 3.0;

/// Writes over the picture `number` of `count`.
pub(crate) fn write(canvas: &mut Canvas, title: &str, number: u16, count: u16) {
    let plate = rgb(0x0d_14_1c).glass(190);
    canvas.rect(0.0, 0.0, font::width(title, TITLE_DOT) + 26.0, 7.0 * TITLE_DOT + 20.0, plate);
    font::write(canvas, title, 14.0, 10.0, TITLE_DOT, Colour::WHITE);

    let text = format!("{number:03}/{count:03}");
    let top = HEIGHT - 7.0 * NUMBER_DOT - 18.0;
    canvas.rect(0.0, top, font::width(&text, NUMBER_DOT) + 22.0, HEIGHT - top, plate);
    font::write(canvas, &text, 12.0, top + 9.0, NUMBER_DOT, rgb(0xff_d7_6a));

    let (x, y, radius) = (WIDTH - 40.0, 40.0, 28.0);
    canvas.circle(x, y, radius + 5.0, plate);
    let part = f32::from(number) / f32::from(count.max(1));
    let (sin, cos) = (part * TAU - PI / 2.0).sin_cos();
    for hour in 0u8..12 {
        let (s, c) = (f32::from(hour) / 12.0 * TAU).sin_cos();
        canvas.circle(x + c * radius, y + s * radius, 1.8, rgb(0x9a_a7_b4));
    }
    canvas.line((x, y), (x + cos * radius * 0.9, y + sin * radius * 0.9), 4.0, rgb(0xff_d7_6a));
    canvas.circle(x, y, 4.0, Colour::WHITE);
}
