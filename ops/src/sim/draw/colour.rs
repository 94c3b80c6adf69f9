//! Colours of the drawn scenes.

/// Red, green, blue, and how much of it covers what is below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Colour {
    red: u8,
    green: u8,
    blue: u8,
    /// 255 covers, 0 leaves everything as it was.
    pub(crate) alpha: u8,
}

/// The colour of `0xRRGGBB`.
pub(crate) const fn rgb(code: u32) -> Colour {
    let [_, red, green, blue] = code.to_be_bytes();
    Colour { red, green, blue, alpha: u8::MAX }
}

impl Colour {
    pub(crate) const BLACK: Self = rgb(0);
    pub(crate) const WHITE: Self = rgb(0xff_ff_ff);

    /// The same colour, see-through.
    pub(crate) const fn glass(self, alpha: u8) -> Self {
        Self { alpha, ..self }
    }

    /// What is seen when `top` lies over this colour.
    pub(crate) fn under(self, top: Self) -> Self {
        let mixed = self.towards(top, f32::from(top.alpha) / 255.0);
        Self { alpha: u8::MAX, ..mixed }
    }

    /// A colour on the way from this one (0) to `other` (1).
    pub(crate) fn towards(self, other: Self, part: f32) -> Self {
        let part = part.clamp(0.0, 1.0);
        let mix = |a: u8, b: u8| byte(f32::from(a) + (f32::from(b) - f32::from(a)) * part);
        Self {
            red: mix(self.red, other.red),
            green: mix(self.green, other.green),
            blue: mix(self.blue, other.blue),
            alpha: self.alpha,
        }
    }

    /// The average of some colours.
    pub(crate) fn mean<'a>(colours: impl Iterator<Item = &'a Self>) -> Self {
        let mut sums = [0u32; 4];
        for colour in colours {
            for (sum, part) in sums.iter_mut().zip([colour.red, colour.green, colour.blue, 1]) {
                *sum += u32::from(part);
            }
        }
        let [red, green, blue, count] = sums;
        let part = |sum: u32| u8::try_from(sum / count.max(1)).unwrap_or(u8::MAX);
        Self { red: part(red), green: part(green), blue: part(blue), alpha: u8::MAX }
    }

    /// Y of BT.601, limited range.
    pub(crate) fn luma(self) -> u8 {
        let (r, g, b) = (f32::from(self.red), f32::from(self.green), f32::from(self.blue));
        byte(16.0 + 0.257 * r + 0.504 * g + 0.098 * b)
    }

    /// U and V of BT.601, limited range.
    pub(crate) fn chroma(self) -> (u8, u8) {
        let (r, g, b) = (f32::from(self.red), f32::from(self.green), f32::from(self.blue));
        (byte(128.0 - 0.148 * r - 0.291 * g + 0.439 * b), byte(128.0 + 0.439 * r - 0.368 * g - 0.071 * b))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the saturating cast is the clamp to a byte"
)]
fn byte(value: f32) -> u8 {
    value.round() as u8
}
