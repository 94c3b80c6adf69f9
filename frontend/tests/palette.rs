//! The palette of `tokens.css`: told apart by people with any colour vision, and readable on every ground it stands on.
//!
//! Colour vision is simulated by the matrices of Machado, Oliveira and Fernandes 2009 (severity 1) in linear light;
//! distances are those of CIE 1976. In grey the four priorities keep apart by lightness, and whatever is wrong has a mark
//! and a word beside its colour: the browser tests see to that.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

use std::collections::BTreeMap;

type Rgb = [f64; 3];
type Matrix = [[f64; 3]; 3];

const TOKENS: &str = include_str!("../style/tokens.css");

/// Four priorities and the neutral one.
const SIGNALS: [&str; 5] = ["critical", "high", "medium", "low", "text-quiet"];

const VISIONS: [(&str, Matrix); 4] = [
    ("every cone", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    (
        "no long-wave cone (protan)",
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
    ),
    (
        "no middle-wave cone (deutan)",
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ],
    ),
    (
        "no short-wave cone (tritan)",
        [
            [1.255_528, -0.076_749, -0.178_779],
            [-0.078_411, 0.930_809, 0.147_602],
            [0.004_733, 0.691_367, 0.303_900],
        ],
    ),
];

/// The colours that the root names, linear light.
fn palette() -> BTreeMap<&'static str, Rgb> {
    let root = TOKENS.split("@media").next().unwrap();
    let mut colours = BTreeMap::new();
    for line in root.lines() {
        let Some((name, value)) = line.trim().strip_prefix("--").and_then(|line| line.split_once(": #"))
        else {
            continue;
        };
        let digits = value.trim_end_matches(';');
        assert_eq!(digits.len(), 6, "{name} is written #rrggbb");
        let part =
            |at: usize| linear(f64::from(u8::from_str_radix(&digits[at..at + 2], 16).unwrap()) / 255.0);
        colours.insert(name, [part(0), part(2), part(4)]);
    }
    colours
}

fn linear(value: f64) -> f64 {
    if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

fn luminance([red, green, blue]: Rgb) -> f64 {
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn contrast(a: Rgb, b: Rgb) -> f64 {
    let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
    a.max(b) / a.min(b)
}

fn seen(colour: Rgb, matrix: &Matrix) -> Rgb {
    matrix.map(|row| row.iter().zip(colour).map(|(weight, part)| weight * part).sum::<f64>().clamp(0.0, 1.0))
}

/// CIE L*a*b* under D65.
fn lab([red, green, blue]: Rgb) -> [f64; 3] {
    let f = |t: f64| if t > 216.0 / 24_389.0 { t.cbrt() } else { (24_389.0 / 27.0 * t + 16.0) / 116.0 };
    let x = f((0.412_456 * red + 0.357_576 * green + 0.180_437 * blue) / 0.950_47);
    let y = f(0.212_673 * red + 0.715_152 * green + 0.072_175 * blue);
    let z = f((0.019_334 * red + 0.119_192 * green + 0.950_304 * blue) / 1.088_83);
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

fn distance(a: Rgb, b: Rgb) -> f64 {
    lab(a).iter().zip(lab(b)).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

#[test]
fn no_two_signals_look_alike_to_anybody() {
    let palette = palette();
    for (vision, matrix) in &VISIONS {
        for (index, a) in SIGNALS.iter().enumerate() {
            for b in SIGNALS.iter().skip(index + 1) {
                let apart = distance(seen(palette[a], matrix), seen(palette[b], matrix));
                assert!(apart >= 30.0, "{a} and {b} are {apart:.1} apart for an eye with {vision}");
            }
        }
    }
}

#[test]
fn in_grey_the_priorities_keep_apart() {
    let palette = palette();
    let lightness = |name: &&str| lab(palette[*name])[0];
    let mut greys: Vec<(f64, &str)> = SIGNALS[..4].iter().map(|name| (lightness(name), *name)).collect();
    greys.sort_by(|a, b| a.0.total_cmp(&b.0));
    for pair in greys.windows(2) {
        assert!(pair[1].0 - pair[0].0 >= 5.0, "{pair:?}");
    }
}

#[test]
fn every_word_is_read_on_every_ground_it_stands_on() {
    let palette = palette();
    let on = |words: &[&str], grounds: &[&str], least: f64| {
        for word in words {
            for ground in grounds {
                let ratio = contrast(palette[word], palette[ground]);
                assert!(ratio >= least, "{word} on {ground} has {ratio:.2}");
            }
        }
    };
    on(&["text", "text-soft", "text-quiet"], &["ground", "surface", "raised", "picture"], 4.5);
    on(&["critical", "high", "low"], &["ground", "surface", "raised", "picture"], 4.5);
    on(&["on-signal"], &["critical", "high", "medium", "low"], 4.5);
}
