//! The twelve places that the simulated cameras look at.
//!
//! Each has a part that stands still, drawn once, and a part that moves, drawn for every picture.

use super::canvas::{Canvas, HEIGHT, WIDTH};
use super::colour::{Colour, rgb};
use super::kit::{AFTERNOON, DAY, DUSK, Hour, NIGHT, paint, sway, travel};

/// One place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scene {
    /// The camera that sees it, by its identity in the registry.
    pub(crate) camera: &'static str,
    /// What is written in the picture.
    pub(crate) title: &'static str,
    hour: Hour,
    still: fn(&Hour, &mut Canvas),
    moving: fn(&Hour, &mut Canvas, f32),
}

impl Scene {
    /// What stands still.
    pub(crate) fn background(&self, canvas: &mut Canvas) {
        (self.still)(&self.hour, canvas);
    }
    /// What moves, at a part of the loop (0 to 1).
    pub(crate) fn draw(&self, canvas: &mut Canvas, time: f32) {
        (self.moving)(&self.hour, canvas, time);
    }
}

/// Every place, in the order of the registry.
pub(crate) const SCENES: [Scene; 12] = [
    Scene { camera: "cam-alun-01", title: "ALUN-ALUN UTARA", hour: DAY, still: square, moving: square_life },
    Scene { camera: "cam-taqwa-01", title: "SIMPANG TAQWA", hour: DUSK, still: mosque, moving: mosque_life },
    Scene {
        camera: "cam-kampus-01",
        title: "SIMPANG KAMPUS",
        hour: DAY,
        still: crossing,
        moving: crossing_life,
    },
    Scene {
        camera: "cam-cendrawasih-01",
        title: "PASAR CENDRAWASIH",
        hour: DAY,
        still: market,
        moving: market_life,
    },
    Scene {
        camera: "cam-kopindo-01",
        title: "PASAR KOPINDO",
        hour: DUSK,
        still: market,
        moving: market_life,
    },
    Scene {
        camera: "cam-terminal-01",
        title: "TERMINAL 16C",
        hour: AFTERNOON,
        still: terminal,
        moving: terminal_life,
    },
    Scene {
        camera: "cam-rsud-01",
        title: "RSUD A. YANI",
        hour: AFTERNOON,
        still: hospital,
        moving: hospital_life,
    },
    Scene {
        camera: "cam-balaikota-01",
        title: "BALAI KOTA",
        hour: DAY,
        still: city_hall,
        moving: city_hall_life,
    },
    Scene { camera: "cam-raman-01", title: "DAM RAMAN", hour: AFTERNOON, still: lake, moving: lake_life },
    Scene {
        camera: "cam-sekampung-01",
        title: "IRIGASI SEKAMPUNG",
        hour: DAY,
        still: canal,
        moving: canal_life,
    },
    Scene {
        camera: "cam-jembatan-01",
        title: "JEMBATAN KOTA",
        hour: NIGHT,
        still: bridge,
        moving: bridge_life,
    },
    Scene {
        camera: "cam-sudirman-01",
        title: "JL. SUDIRMAN",
        hour: NIGHT,
        still: avenue,
        moving: avenue_life,
    },
];

fn square(hour: &Hour, canvas: &mut Canvas) {
    hour.draw_sky(canvas, 150.0);
    hour.draw_houses(canvas, 168.0, 3);
    hour.draw_ground(canvas, 166.0);
    let stone = rgb(0xd9_d2_c2);
    canvas.ellipse(320.0, 268.0, 270.0, 62.0, stone);
    canvas.ellipse(320.0, 262.0, 96.0, 22.0, stone.towards(Colour::BLACK, 0.18));
    canvas.ellipse(320.0, 258.0, 84.0, 18.0, hour.water.0);
    for (x, size) in [(70.0, 120.0), (150.0, 84.0), (520.0, 92.0), (588.0, 128.0)] {
        hour.draw_tree(canvas, x, 226.0, size);
    }
    canvas.polygon(&[(304.0, 258.0), (314.0, 116.0), (326.0, 116.0), (336.0, 258.0)], rgb(0xf1_ed_e2));
    canvas.circle(320.0, 108.0, 12.0, rgb(0xe0_b2_3c));
}

fn square_life(hour: &Hour, canvas: &mut Canvas, time: f32) {
    hour.draw_clouds(canvas, time);
    for (side, rounds) in [(-1.0, 6), (1.0, 6), (-0.5, 5), (0.5, 5)] {
        let lift = 26.0 + 8.0 * sway(time, rounds, side);
        canvas.line((320.0 + side * 26.0, 258.0), (320.0 + side * 52.0, 258.0 - lift), 3.0, rgb(0xe6_f4_fa));
    }
    hour.draw_crowd(canvas, time, 296.0, 48.0, 11, 9);
}

fn mosque(hour: &Hour, canvas: &mut Canvas) {
    hour.draw_sky(canvas, 190.0);
    hour.draw_houses(canvas, 204.0, 8);
    hour.draw_ground(canvas, 200.0);
    let wall = rgb(0xcf_c2_b8);
    canvas.rect(214.0, 142.0, 212.0, 76.0, wall);
    canvas.ellipse(320.0, 142.0, 62.0, 52.0, rgb(0x3f_7d_6d));
    canvas.rect(318.0, 76.0, 4.0, 18.0, rgb(0xe0_b2_3c));
    for x in [190.0, 436.0] {
        canvas.rect(x, 82.0, 15.0, 136.0, wall);
        canvas.polygon(&[(x - 2.0, 82.0), (x + 7.5, 54.0), (x + 17.0, 82.0)], rgb(0x3f_7d_6d));
    }
    for x in [236.0, 276.0, 338.0, 378.0] {
        canvas.rect(x, 170.0, 22.0, 48.0, rgb(0xff_d8_82));
        canvas.circle(x + 11.0, 170.0, 11.0, rgb(0xff_d8_82));
    }
    hour.draw_road(canvas, 240.0, 96.0);
}

fn mosque_life(hour: &Hour, canvas: &mut Canvas, time: f32) {
    hour.draw_crowd(canvas, time, 226.0, 8.0, 21, 5);
    traffic(hour, canvas, time, 280.0, 326.0);
}

/// Two directions of traffic on one road.
fn traffic(hour: &Hour, canvas: &mut Canvas, time: f32, far: f32, near: f32) {
    for (number, phase) in [0.02, 0.36, 0.7].into_iter().enumerate() {
        hour.draw_car(canvas, travel(time, -2, phase, 90.0), far, 76.0, false, paint(number + 1));
    }
    hour.draw_motorcycle(canvas, travel(time, -2, 0.55, 90.0), far + 4.0, paint(0));
    for (number, phase) in [0.1, 0.6].into_iter().enumerate() {
        hour.draw_car(canvas, travel(time, 2, phase, 90.0), near, 96.0, true, paint(number + 4));
    }
    for phase in [0.34, 0.4, 0.86] {
        hour.draw_motorcycle(canvas, travel(time, 2, phase, 90.0), near + 4.0, paint(3));
    }
}

fn crossing(hour: &Hour, canvas: &mut Canvas) {
    hour.draw_sky(canvas, 130.0);
    hour.draw_houses(canvas, 150.0, 15);
    hour.draw_ground(canvas, 148.0);
    canvas.polygon(&[(270.0, 148.0), (370.0, 148.0), (560.0, 360.0), (80.0, 360.0)], hour.road);
    hour.draw_road(canvas, 204.0, 92.0);
    let mut x = 196.0;
    while x < 440.0 {
        canvas.rect(x, 304.0, 13.0, 26.0, rgb(0xe9_e5_d6));
        x += 26.0;
    }
    for (x, size) in [(40.0, 96.0), (606.0, 104.0)] {
        hour.draw_tree(canvas, x, 198.0, size);
    }
    canvas.rect(470.0, 120.0, 5.0, 84.0, rgb(0x3a_3f_46));
    canvas.rect(462.0, 82.0, 21.0, 50.0, rgb(0x22_25_2a));
}

fn crossing_life(hour: &Hour, canvas: &mut Canvas, time: f32) {
    hour.draw_clouds(canvas, time);
    let lit = if time < 0.45 {
        2
    } else if time < 0.55 {
        1
    } else {
        0
    };
    let lamps = [rgb(0xe2_4a_3b), rgb(0xf0_b9_3a), rgb(0x4f_b3_6a)];
    for (number, (y, colour)) in [91.0, 107.0, 123.0].into_iter().zip(lamps).enumerate() {
        canvas.circle(
            472.5,
            y,
            6.0,
            if number == lit { colour } else { colour.towards(Colour::BLACK, 0.72) },
        );
    }
    traffic(hour, canvas, time, 244.0, 288.0);
    hour.draw_crowd(canvas, time, 318.0, 20.0, 31, 5);
}

fn market(hour: &Hour, canvas: &mut Canvas) {
    hour.draw_sky(canvas, 120.0);
    hour.draw_houses(canvas, 148.0, 24);
    canvas.gradient(146.0, HEIGHT - 146.0, rgb(0xb8_a0_84).towards(hour.road, 0.4), hour.road);
    for stall in 0u8..6 {
        let x = 6.0 + f32::from(stall) * 107.0;
        let cloth = paint(usize::from(stall) + 2);
        canvas.rect(x + 6.0, 168.0, 88.0, 54.0, rgb(0x4a_3c_33).towards(hour.road, 0.3));
        for strip in 0u8..6 {
            let left = x + f32::from(strip) * 16.7;
            let colour = if strip % 2 == 0 { cloth } else { rgb(0xf2_ec_df) };
            let colour = if hour.lamps { colour.towards(hour.road, 0.3) } else { colour };
            canvas.polygon(
                &[(left + 4.0, 150.0), (left + 16.0, 150.0), (left + 17.0, 178.0), (left, 178.0)],
                colour,
            );
        }
        canvas.rect(x + 2.0, 210.0, 96.0, 22.0, rgb(0x8a_6b_4c));
        for fruit in 0u8..7 {
            canvas.circle(x + 12.0 + f32::from(fruit) * 12.6, 208.0, 6.2, paint(usize::from(fruit + stall)));
        }
        if hour.lamps {
            canvas.circle(x + 50.0, 190.0, 6.0, rgb(0xff_e2_98));
            canvas.circle(x + 50.0, 190.0, 22.0, rgb(0xff_e2_98).glass(46));
        }
    }
}

fn market_life(hour: &Hour, canvas: &mut Canvas, time: f32) {
    hour.draw_crowd(canvas, time, 252.0, 96.0, if hour.lamps { 58 } else { 45 }, 15);
    let x = travel(time, if hour.lamps { -1 } else { 1 }, 0.3, 60.0);
    hour.draw_motorcycle(canvas, x, 300.0, paint(2));
}

fn terminal(hour: &Hour, canvas: &mut Canvas) {
    hour.draw_sky(canvas, 140.0);
    hour.draw_houses(canvas, 156.0, 33);
    canvas.gradient(154.0, HEIGHT - 154.0, hour.road.towards(Colour::WHITE, 0.16), hour.road);
    canvas.rect(40.0, 120.0, 560.0, 16.0, rgb(0x3f_66_7d));
    for x in [60.0, 190.0, 320.0, 450.0, 580.0] {
        canvas.rect(x - 4.0, 136.0, 8.0, 84.0, rgb(0xcf_d2_d0));
    }
    canvas.rect(40.0, 214.0, 560.0, 10.0, rgb(0xc9_be_a8));
    for x in [70.0, 190.0, 310.0, 430.0, 550.0] {
        canvas
            .polygon(&[(x, 226.0), (x + 4.0, 226.0), (x - 26.0, 300.0), (x - 31.0, 300.0)], rgb(0xe9_d9_7a));
    }
    hour.draw_bus(canvas, 132.0, 286.0, rgb(0xd1_6b_3b));
}

fn terminal_life(hour: &Hour, canvas: &mut Canvas, time: f32) {
    hour.draw_crowd(canvas, time, 208.0, 8.0, 66, 8);
    hour.draw_bus(canvas, travel(time, 1, 0.15, 120.0), 322.0, rgb(0x3c_7a_a8));
    hour.draw_bus(canvas, travel(time, 1, 0.62, 120.0), 322.0, rgb(0x5c_9a_62));
    hour.draw_car(canvas, travel(time, -2, 0.4, 120.0), 350.0, 84.0, false, rgb(0xe3_b4_3c));
}

fn hospital(hour: &Hour, canvas: &mut Canvas) {
    hour.draw_sky(canvas, 160.0);
    hour.draw_ground(canvas, 200.0);
    let wall = rgb(0xf0_ec_e4);
    canvas.rect(110.0, 92.0, 420.0, 132.0, wall);
    canvas.rect(110.0, 84.0, 420.0, 10.0, rgb(0x4e_9b_8f));
    for row in [104.0, 136.0] {
        let mut x = 128.0;
        while x < 510.0 {
            canvas.rect(x, row, 26.0, 20.0, rgb(0x6f_97_ab));
            x += 40.0;
        }
    }
    canvas.rect(266.0, 168.0, 108.0, 56.0, rgb(0x54_73_82));
    canvas.rect(246.0, 160.0, 148.0, 12.0, rgb(0x4e_9b_8f));
    canvas.rect(304.0, 46.0, 32.0, 32.0, wall);
    canvas.rect(316.0, 50.0, 8.0, 24.0, rgb(0xd1_40_3a));
    canvas.rect(308.0, 58.0, 24.0, 8.0, rgb(0xd1_40_3a));
    for (x, size) in [(60.0, 116.0), (584.0, 124.0)] {
        hour.draw_palm(canvas, x, 236.0, size);
    }
    hour.draw_road(canvas, 258.0, 78.0);
}

fn hospital_life(hour: &Hour, canvas: &mut Canvas, time: f32) {
    hour.draw_crowd(canvas, time, 236.0, 12.0, 71, 6);
    let x = travel(time, 1, 0.05, 120.0);
    canvas.rect(x - 44.0, 286.0, 88.0, 38.0, rgb(0xf4_f4_f0));
    canvas.rect(x - 44.0, 306.0, 88.0, 6.0, rgb(0xd1_40_3a));
    canvas.rect(x + 22.0, 291.0, 16.0, 13.0, rgb(0x27_37_47));
    let flash = if sway(time, 24, 0.0) > 0.0 { rgb(0x4f_8b_f0) } else { rgb(0xe2_4a_3b) };
    canvas.rect(x + 2.0, 279.0, 14.0, 7.0, flash);
    for wheel in [-26.0, 26.0] {
        canvas.circle(x + wheel, 324.0, 8.0, rgb(0x1b_1c_20));
    }
    hour.draw_car(canvas, travel(time, -2, 0.4, 90.0), 290.0, 72.0, false, paint(2));
    hour.draw_motorcycle(canvas, travel(time, 2, 0.7, 90.0), 330.0, paint(3));
}

fn city_hall(hour: &Hour, canvas: &mut Canvas) {
    hour.draw_sky(canvas, 170.0);
    hour.draw_ground(canvas, 206.0);
    let wall = rgb(0xf3_ee_df);
    canvas.rect(90.0, 128.0, 460.0, 96.0, wall);
    canvas.polygon(&[(190.0, 128.0), (320.0, 66.0), (450.0, 128.0)], rgb(0x8d_4a_36));
    canvas.polygon(&[(70.0, 128.0), (110.0, 104.0), (530.0, 104.0), (570.0, 128.0)], rgb(0x9b_54_3e));
    canvas.polygon(&[(230.0, 128.0), (320.0, 84.0), (410.0, 128.0)], wall);
    for x in [120.0, 160.0, 200.0, 400.0, 440.0, 480.0] {
        canvas.rect(x, 148.0, 24.0, 44.0, rgb(0x5d_7f_93));
    }
    for x in [236.0, 268.0, 362.0, 394.0] {
        canvas.rect(x, 128.0, 11.0, 96.0, Colour::WHITE);
    }
    canvas.rect(296.0, 158.0, 48.0, 66.0, rgb(0x6a_4a_36));
    canvas.polygon(&[(250.0, 224.0), (390.0, 224.0), (470.0, 360.0), (170.0, 360.0)], rgb(0xcd_c6_b6));
    canvas.rect(148.0, 60.0, 4.0, 226.0, rgb(0xd5_d8_da));
    for x in [30.0, 604.0] {
        hour.draw_palm(canvas, x, 262.0, 130.0);
    }
}

fn city_hall_life(hour: &Hour, canvas: &mut Canvas, time: f32) {
    hour.draw_clouds(canvas, time);
    for strip in 0u8..13 {
        let x = 152.0 + f32::from(strip) * 5.0;
        let y = 64.0 + 3.5 * sway(time, 9, -f32::from(strip) / 9.0);
        canvas.rect(x, y, 5.2, 17.0, rgb(0xd8_30_2f));
        canvas.rect(x, y + 17.0, 5.2, 17.0, rgb(0xfa_f8_f4));
    }
    hour.draw_crowd(canvas, time, 286.0, 58.0, 83, 8);
    hour.draw_car(canvas, travel(time, 1, 0.5, 90.0), 252.0, 70.0, true, rgb(0x22_25_2a));
}

fn lake(hour: &Hour, canvas: &mut Canvas) {
    hour.draw_sky(canvas, 128.0);
    hour.draw_ground(canvas, 126.0);
    for (number, x) in [30.0, 96.0, 180.0, 468.0, 540.0, 610.0].into_iter().enumerate() {
        if number % 2 == 0 {
            hour.draw_palm(canvas, x, 148.0, 76.0);
        } else {
            hour.draw_tree(canvas, x, 148.0, 74.0);
        }
    }
    hour.draw_water(canvas, 146.0, HEIGHT - 146.0);
    canvas.polygon(&[(0.0, 262.0), (150.0, 240.0), (150.0, 360.0), (0.0, 360.0)], rgb(0xa8_a2_95));
    for gate in [22.0, 62.0, 102.0] {
        canvas.rect(gate, 232.0, 22.0, 62.0, rgb(0x5d_63_69));
        canvas.rect(gate - 3.0, 222.0, 28.0, 12.0, rgb(0xc7_5b_39));
    }
}

fn lake_life(hour: &Hour, canvas: &mut Canvas, time: f32) {
    hour.draw_ripples(canvas, time, 146.0, 214.0, 1);
    for (phase, y, number) in [(0.2, 206.0, 0), (0.7, 252.0, 3)] {
        let x = travel(time, if number == 0 { 1 } else { -1 }, phase, 70.0);
        let bob = y + 2.2 * sway(time, 5, phase);
        canvas.polygon(
            &[(x - 36.0, bob), (x + 36.0, bob), (x + 24.0, bob + 13.0), (x - 24.0, bob + 13.0)],
            paint(number),
        );
        canvas.rect(x - 1.5, bob - 36.0, 3.0, 36.0, rgb(0x5b_44_33));
        canvas
            .polygon(&[(x + 2.0, bob - 36.0), (x + 28.0, bob - 6.0), (x + 2.0, bob - 6.0)], rgb(0xf4_ee_e0));
    }
    for gate in [24.0, 64.0, 104.0] {
        let fall = 6.0 + 3.0 * sway(time, 8, gate);
        canvas.rect(gate, 294.0, 18.0, 46.0 + fall, rgb(0xdd_e9_ee).glass(200));
    }
}

fn canal(hour: &Hour, canvas: &mut Canvas) {
    hour.draw_sky(canvas, 140.0);
    hour.draw_ground(canvas, 138.0);
    for row in 0u8..5 {
        let y = 146.0 + f32::from(row) * 9.0;
        canvas.rect(0.0, y, WIDTH, 3.5, hour.leaf.towards(rgb(0xb7_c9_5c), 0.5));
    }
    canvas.polygon(&[(262.0, 150.0), (378.0, 150.0), (610.0, 360.0), (30.0, 360.0)], rgb(0xb7_b1_a4));
    canvas.polygon(&[(282.0, 150.0), (358.0, 150.0), (528.0, 360.0), (112.0, 360.0)], hour.water.1);
    for (x, size) in [(80.0, 108.0), (566.0, 118.0)] {
        hour.draw_palm(canvas, x, 226.0, size);
    }
    canvas.rect(546.0, 214.0, 20.0, 116.0, rgb(0xf6_f4_ec));
    for mark in 0u8..11 {
        let width = if mark % 5 == 0 { 14.0 } else { 8.0 };
        let colour = if mark < 3 { rgb(0xd1_40_3a) } else { rgb(0x22_25_2a) };
        canvas.rect(546.0, 218.0 + f32::from(mark) * 10.6, width, 3.0, colour);
    }
}

fn canal_life(hour: &Hour, canvas: &mut Canvas, time: f32) {
    hour.draw_clouds(canvas, time);
    for strip in 0u8..12 {
        let way = (time * 3.0 + f32::from(strip) / 12.0).rem_euclid(1.0);
        let near = way * way;
        let (y, half) = (152.0 + near * 204.0, 30.0 + near * 160.0);
        let shift = f32::from(strip % 3) - 1.0;
        canvas.rect(320.0 + shift * half * 0.5 - half * 0.22, y, half * 0.44, 1.5 + near * 4.0, hour.water.0);
    }
    let level = 288.0 + 10.0 * sway(time, 1, 0.0);
    canvas.rect(538.0, level, 36.0, 4.0, rgb(0x2c_74_d6));
    hour.draw_motorcycle(canvas, travel(time, 1, 0.2, 40.0), 196.0, paint(0));
}

fn bridge(hour: &Hour, canvas: &mut Canvas) {
    hour.draw_sky(canvas, 170.0);
    hour.draw_houses(canvas, 182.0, 47);
    hour.draw_water(canvas, 180.0, HEIGHT - 180.0);
    let steel = rgb(0x5a_66_7a);
    canvas.rect(0.0, 216.0, WIDTH, 26.0, steel.towards(Colour::BLACK, 0.3));
    canvas.rect(0.0, 212.0, WIDTH, 5.0, steel);
    for x in [150.0, 480.0] {
        canvas.rect(x, 96.0, 12.0, 210.0, steel);
        for reach in [40.0, 84.0, 128.0] {
            canvas.line((x + 6.0, 100.0), (x + 6.0 + reach, 214.0), 2.0, steel);
            canvas.line((x + 6.0, 100.0), (x + 6.0 - reach, 214.0), 2.0, steel);
        }
        canvas.circle(x + 6.0, 92.0, 5.0, rgb(0xff_e2_98));
    }
}

fn bridge_life(hour: &Hour, canvas: &mut Canvas, time: f32) {
    hour.draw_ripples(canvas, time, 246.0, 112.0, -1);
    for (number, phase) in [0.0, 0.3, 0.64].into_iter().enumerate() {
        let x = travel(time, if number % 2 == 0 { 1 } else { -1 }, phase, 100.0);
        hour.draw_car(canvas, x, 214.0, 60.0, number % 2 == 0, paint(number + 3));
    }
    let x = travel(time, 1, 0.5, 60.0);
    let bob = 306.0 + 2.0 * sway(time, 4, 0.0);
    canvas.polygon(
        &[(x - 30.0, bob), (x + 30.0, bob), (x + 20.0, bob + 11.0), (x - 20.0, bob + 11.0)],
        rgb(0x6a_4a_36),
    );
    canvas.circle(x + 20.0, bob - 9.0, 4.0, rgb(0xff_c8_5a));
}

fn avenue(hour: &Hour, canvas: &mut Canvas) {
    hour.draw_sky(canvas, 150.0);
    hour.draw_houses(canvas, 186.0, 52);
    hour.draw_ground(canvas, 184.0);
    hour.draw_road(canvas, 226.0, 114.0);
    for x in [60.0, 230.0, 400.0, 570.0] {
        hour.draw_lamp(canvas, x, 222.0);
    }
}

fn avenue_life(hour: &Hour, canvas: &mut Canvas, time: f32) {
    hour.draw_crowd(canvas, time, 206.0, 10.0, 91, 4);
    traffic(hour, canvas, time, 268.0, 326.0);
}
