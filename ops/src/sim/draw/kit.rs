//! What a small city is built from: sky, houses, trees, roads, water, people, vehicles.
//!
//! Everything that moves is a function of `time`, the part of the loop that has passed (0 to 1), and comes
//! round a whole number of times, so that the last picture leads into the first.

use std::f32::consts::TAU;

use super::canvas::{Canvas, HEIGHT, WIDTH};
use super::colour::{Colour, rgb};

/// Light and colours of an hour of the day.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hour {
    pub(crate) sky: (Colour, Colour),
    pub(crate) haze: Colour,
    pub(crate) grass: Colour,
    pub(crate) road: Colour,
    pub(crate) wall: Colour,
    pub(crate) water: (Colour, Colour),
    pub(crate) leaf: Colour,
    pub(crate) lamps: bool,
}

/// Broad daylight.
pub(crate) const DAY: Hour = Hour {
    sky: (rgb(0x5b_a3_d0), rgb(0xcf_e6_ee)),
    haze: rgb(0x8f_b5_b9),
    grass: rgb(0x7d_a4_5c),
    road: rgb(0x6b_6f_76),
    wall: rgb(0xe3_d9_c6),
    water: (rgb(0x6f_a3_b8), rgb(0x3d_73_8c)),
    leaf: rgb(0x4d_84_48),
    lamps: false,
};
/// The low sun of the afternoon.
pub(crate) const AFTERNOON: Hour = Hour {
    sky: (rgb(0x7c_a6_bf), rgb(0xf4_df_b8)),
    haze: rgb(0xa9_ad_94),
    grass: rgb(0x93_9b_55),
    road: rgb(0x75_70_6b),
    wall: rgb(0xe8_cf_a6),
    water: (rgb(0x9b_ac_9c), rgb(0x53_77_78)),
    leaf: rgb(0x66_7d_3d),
    lamps: false,
};
/// Dusk.
pub(crate) const DUSK: Hour = Hour {
    sky: (rgb(0x3d_3f_6b), rgb(0xee_9a_6c)),
    haze: rgb(0x6c_57_70),
    grass: rgb(0x4d_59_4c),
    road: rgb(0x45_43_4f),
    wall: rgb(0x8d_71_73),
    water: (rgb(0x9a_77_7a), rgb(0x39_43_61)),
    leaf: rgb(0x33_47_40),
    lamps: true,
};
/// Night.
pub(crate) const NIGHT: Hour = Hour {
    sky: (rgb(0x0c_14_26), rgb(0x24_32_4c)),
    haze: rgb(0x1d_29_3f),
    grass: rgb(0x1f_30_2e),
    road: rgb(0x2a_2e_38),
    wall: rgb(0x3b_42_52),
    water: (rgb(0x24_38_50), rgb(0x11_1f_33)),
    leaf: rgb(0x18_2d_2b),
    lamps: true,
};

const PAINTS: [Colour; 7] = [
    rgb(0xd6_4a_3f),
    rgb(0xf0_ea_df),
    rgb(0x2f_5f_8f),
    rgb(0xe3_b4_3c),
    rgb(0x49_8a_6b),
    rgb(0xa9_ae_b5),
    rgb(0x7a_4c_73),
];

/// A paint, by any number.
pub(crate) fn paint(number: usize) -> Colour {
    PAINTS.iter().cycle().nth(number % PAINTS.len()).copied().unwrap_or(Colour::WHITE)
}

/// Up and down between -1 and 1, `rounds` times in the loop.
pub(crate) fn sway(time: f32, rounds: u8, phase: f32) -> f32 {
    ((time * f32::from(rounds) + phase) * TAU).sin()
}

/// A place on a way that leads past both edges of the picture, `rounds` times in the loop; leftwards when
/// `rounds` is negative.
pub(crate) fn travel(time: f32, rounds: i8, phase: f32, margin: f32) -> f32 {
    (time * f32::from(rounds) + phase).rem_euclid(1.0) * (WIDTH + 2.0 * margin) - margin
}

/// Numbers 0.0 to 1.0 that look random and are the same every time.
pub(crate) fn scatter(seed: u16, count: u16) -> impl Iterator<Item = f32> {
    let mut state = u32::from(seed).wrapping_mul(0x9E37_79B9) | 1;
    (0..count).map(move |_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        f32::from(u16::try_from(state >> 16).unwrap_or(0)) / 65_536.0
    })
}

impl Hour {
    /// Sky down to `horizon`, with sun or moon and hills.
    pub(crate) fn draw_sky(&self, canvas: &mut Canvas, horizon: f32) {
        canvas.gradient(0.0, horizon, self.sky.0, self.sky.1);
        if self.lamps {
            canvas.circle(520.0, 70.0, 15.0, rgb(0xf3_ec_d2));
        }
        for (x, size) in [(60.0, 150.0), (250.0, 190.0), (430.0, 140.0), (610.0, 180.0)] {
            canvas.ellipse(x, horizon + 14.0, size, size * 0.28, self.haze);
        }
    }

    /// Slow clouds.
    pub(crate) fn draw_clouds(&self, canvas: &mut Canvas, time: f32) {
        let white = if self.lamps { self.sky.1.glass(90) } else { Colour::WHITE.glass(190) };
        for (phase, y, size) in [(0.1, 48.0, 24.0), (0.55, 64.0, 18.0), (0.8, 38.0, 16.0)] {
            let x = travel(time, 1, phase, 90.0);
            canvas.ellipse(x, y, size * 2.2, size * 0.42, white);
            canvas.ellipse(x - size * 0.5, y - size * 0.34, size, size * 0.42, white);
        }
    }

    /// A row of houses standing on `ground`.
    pub(crate) fn draw_houses(&self, canvas: &mut Canvas, ground: f32, seed: u16) {
        let mut x = -20.0;
        for (number, part) in scatter(seed, 14).enumerate() {
            let (width, height) = (40.0 + part * 34.0, 34.0 + (part * 7.3).fract() * 46.0);
            let wall = self.wall.towards(paint(number + usize::from(seed)), 0.16);
            canvas.rect(x, ground - height, width, height, wall);
            canvas.polygon(
                &[
                    (x - 4.0, ground - height),
                    (x + width / 2.0, ground - height - 15.0),
                    (x + width + 4.0, ground - height),
                ],
                wall.towards(rgb(0x7b_33_22), 0.6),
            );
            let light = if self.lamps { rgb(0xff_d8_82) } else { self.road.towards(Colour::WHITE, 0.25) };
            let mut window = x + 7.0;
            while window + 8.0 < x + width {
                if !self.lamps || (window * 0.37 + part).fract() > 0.35 {
                    canvas.rect(window, ground - height + 11.0, 8.0, 10.0, light);
                }
                window += 15.0;
            }
            x += width + 4.0;
        }
    }

    /// A tree with its foot at `(x, y)`.
    pub(crate) fn draw_tree(&self, canvas: &mut Canvas, x: f32, y: f32, size: f32) {
        canvas.rect(
            x - size * 0.06,
            y - size * 0.5,
            size * 0.12,
            size * 0.5,
            rgb(0x5b_44_33).towards(self.road, 0.4),
        );
        canvas.circle(x, y - size * 0.72, size * 0.34, self.leaf);
        canvas.circle(x - size * 0.16, y - size * 0.84, size * 0.22, self.leaf.towards(Colour::WHITE, 0.08));
    }

    /// A palm with its foot at `(x, y)`.
    pub(crate) fn draw_palm(&self, canvas: &mut Canvas, x: f32, y: f32, size: f32) {
        canvas.line(
            (x, y),
            (x + size * 0.06, y - size),
            size * 0.05,
            rgb(0x6f_5a_45).towards(self.road, 0.4),
        );
        for (dx, dy) in [(-0.4, 0.12), (0.45, 0.1), (-0.28, -0.18), (0.32, -0.2), (0.02, -0.3)] {
            canvas.line(
                (x + size * 0.06, y - size),
                (x + size * (0.06 + dx), y - size * (1.0 - dy)),
                size * 0.07,
                self.leaf,
            );
        }
    }

    /// A road from side to side with its centre line.
    pub(crate) fn draw_road(&self, canvas: &mut Canvas, top: f32, height: f32) {
        let kerb = self.road.towards(Colour::WHITE, 0.35);
        canvas.rect(0.0, top - 4.0, WIDTH, height + 8.0, kerb);
        canvas.rect(0.0, top, WIDTH, height, self.road);
        let mut x = 10.0;
        while x < WIDTH {
            canvas.rect(x, top + height / 2.0 - 1.5, 30.0, 3.0, rgb(0xe9_e5_d6).towards(self.road, 0.25));
            x += 64.0;
        }
    }

    /// Still water from `top` to the lower edge.
    pub(crate) fn draw_water(&self, canvas: &mut Canvas, top: f32, height: f32) {
        canvas.gradient(top, height, self.water.0, self.water.1);
    }

    /// Ripples running over water.
    pub(crate) fn draw_ripples(&self, canvas: &mut Canvas, time: f32, top: f32, height: f32, rounds: i8) {
        let light = self.water.0.towards(Colour::WHITE, 0.35);
        for (phase, depth) in scatter(77, 14).zip(scatter(41, 14)) {
            let near = 0.08 + 0.9 * depth;
            let x = travel(time, rounds, phase, 60.0);
            canvas.rect(x, top + height * near, 16.0 + 34.0 * near, 1.6 + 1.6 * near, light);
        }
    }

    /// A vehicle driving right (or left for a negative `rounds`) with its wheels on `y`.
    pub(crate) fn draw_car(
        &self,
        canvas: &mut Canvas,
        x: f32,
        y: f32,
        size: f32,
        right: bool,
        colour: Colour,
    ) {
        let (w, h) = (size, size * 0.27);
        canvas.ellipse(x, y, w * 0.52, 3.0, Colour::BLACK.glass(70));
        canvas.rect(x - w / 2.0, y - h * 1.25, w, h, colour);
        let front = if right { 1.0 } else { -1.0 };
        canvas.polygon(
            &[
                (x - front * w * 0.36, y - h * 1.25),
                (x - front * w * 0.26, y - h * 2.1),
                (x + front * w * 0.14, y - h * 2.1),
                (x + front * w * 0.28, y - h * 1.25),
            ],
            colour.towards(rgb(0x1d_28_33), 0.72),
        );
        for wheel in [-0.29, 0.29] {
            canvas.circle(x + w * wheel, y - h * 0.22, h * 0.36, rgb(0x1b_1c_20));
        }
        canvas.rect(x - front * w * 0.48 - 2.0, y - h * 1.1, 4.0, h * 0.35, rgb(0xd8_3a_2f));
        if self.lamps {
            let tip = x + front * w * 0.5;
            canvas.polygon(
                &[
                    (tip, y - h * 0.95),
                    (tip + front * w * 0.9, y - h * 1.4),
                    (tip + front * w * 0.9, y + h * 0.1),
                    (tip, y - h * 0.7),
                ],
                rgb(0xff_ec_b3).glass(80),
            );
        }
    }

    /// A bus, like [`Self::draw_car`].
    pub(crate) fn draw_bus(&self, canvas: &mut Canvas, x: f32, y: f32, colour: Colour) {
        canvas.rect(x - 56.0, y - 50.0, 112.0, 44.0, colour);
        canvas.rect(x - 56.0, y - 18.0, 112.0, 5.0, colour.towards(Colour::WHITE, 0.6));
        for window in [-48.0, -28.0, -8.0, 12.0, 32.0] {
            canvas.rect(x + window, y - 43.0, 16.0, 15.0, rgb(0x27_37_47));
        }
        for wheel in [-34.0, 34.0] {
            canvas.circle(x + wheel, y - 6.0, 8.5, rgb(0x1b_1c_20));
        }
    }

    /// A motorcycle with its rider.
    pub(crate) fn draw_motorcycle(&self, canvas: &mut Canvas, x: f32, y: f32, colour: Colour) {
        for wheel in [-8.0, 8.0] {
            canvas.circle(x + wheel, y - 5.0, 5.0, rgb(0x1b_1c_20));
        }
        canvas.rect(x - 9.0, y - 13.0, 18.0, 6.0, colour);
        canvas.rect(x - 4.0, y - 24.0, 7.0, 13.0, colour.towards(rgb(0x33_39_46), 0.6));
        canvas.circle(x, y - 27.0, 4.6, colour.towards(Colour::WHITE, 0.3));
    }

    /// A person walking, feet on `y`.
    pub(crate) fn draw_person(&self, canvas: &mut Canvas, x: f32, y: f32, step: f32, colour: Colour) {
        let shade = if self.lamps { 0.35 } else { 0.0 };
        let cloth = colour.towards(self.road, shade);
        let legs = rgb(0x30_34_40);
        canvas.line((x, y - 14.0), (x - step * 4.5, y), 3.4, legs);
        canvas.line((x, y - 14.0), (x + step * 4.5, y), 3.4, legs);
        canvas.rect(x - 4.2, y - 27.0, 8.4, 14.5, cloth);
        canvas.circle(x, y - 31.5, 4.4, rgb(0x9c_6b_4a).towards(self.road, shade));
    }

    /// People walking to and fro on a strip.
    pub(crate) fn draw_crowd(
        &self,
        canvas: &mut Canvas,
        time: f32,
        top: f32,
        height: f32,
        seed: u16,
        count: u16,
    ) {
        let mut people: Vec<(f32, f32)> = scatter(seed, count).zip(scatter(seed + 9, count)).collect();
        people.sort_by(|a, b| a.1.total_cmp(&b.1));
        for (number, (phase, depth)) in people.into_iter().enumerate() {
            let right = number % 2 == 0;
            let x = travel(time, if right { 1 } else { -1 }, phase, 20.0);
            let step = sway(time, 12, phase);
            self.draw_person(canvas, x, top + height * depth, step, paint(number + usize::from(seed)));
        }
    }

    /// A street lamp.
    pub(crate) fn draw_lamp(&self, canvas: &mut Canvas, x: f32, y: f32) {
        canvas.rect(x - 1.5, y - 92.0, 3.0, 92.0, rgb(0x4a_4f_57));
        canvas.rect(x - 1.5, y - 92.0, 20.0, 3.0, rgb(0x4a_4f_57));
        let light = if self.lamps { rgb(0xff_e2_98) } else { rgb(0xd5_d8_da) };
        canvas.ellipse(x + 17.0, y - 88.0, 7.0, 3.0, light);
        if self.lamps {
            canvas.polygon(
                &[(x + 12.0, y - 86.0), (x + 22.0, y - 86.0), (x + 54.0, y), (x - 20.0, y)],
                rgb(0xff_e2_98).glass(26),
            );
        }
    }

    /// The ground from `top` to the lower edge.
    pub(crate) fn draw_ground(&self, canvas: &mut Canvas, top: f32) {
        canvas.gradient(top, HEIGHT - top, self.grass.towards(Colour::WHITE, 0.1), self.grass);
    }
}
