//! Numbers: whole ones exactly, others as the nearest `f64`.

use super::NotJson;

/// A number as it is kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    /// Not negative.
    Unsigned(u64),
    /// Negative.
    Signed(i64),
    /// With a fraction or an exponent, or too large for the others.
    Real(f64),
}

/// The powers of ten that an `f64` holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];
/// Up to here every whole number is an `f64`.
const EXACT: u64 = 1 << 53;

/// Goes through the digits of a text.
struct Digits<'t> {
    bytes: &'t [u8],
    at: usize,
    /// What the digits are together, without their point; `None` when that is too much.
    sum: Option<u64>,
}

impl Digits<'_> {
    fn next_is(&self, byte: u8) -> bool {
        self.bytes.get(self.at) == Some(&byte)
    }

    /// Passes over digits, of which there must be one; says how many there were.
    fn run(&mut self) -> Result<usize, NotJson> {
        let from = self.at;
        while let Some(digit) = self.bytes.get(self.at).filter(|byte| byte.is_ascii_digit()) {
            self.sum = self.sum.and_then(|sum| sum.checked_mul(10)?.checked_add(u64::from(digit - b'0')));
            self.at += 1;
        }
        if self.at == from { Err(NotJson) } else { Ok(self.at - from) }
    }
}

impl Number {
    /// The number that a text begins with, and how many bytes it takes.
    pub(super) fn first_in(text: &str) -> Result<(Self, usize), NotJson> {
        let minus = text.starts_with('-');
        let mut digits = Digits { bytes: text.as_bytes(), at: usize::from(minus), sum: Some(0) };
        let zero = digits.next_is(b'0');
        // No number begins with a zero but zero.
        if digits.run()? > 1 && zero {
            return Err(NotJson);
        }
        let mut whole = true;
        let mut exponent = 0_i64;
        if digits.next_is(b'.') {
            whole = false;
            digits.at += 1;
            exponent -= i64::try_from(digits.run()?).or(Err(NotJson))?;
        }
        let sum = digits.sum;
        if digits.next_is(b'e') || digits.next_is(b'E') {
            whole = false;
            digits.at += 1;
            let down = digits.next_is(b'-');
            digits.at += usize::from(down || digits.next_is(b'+'));
            digits.sum = Some(0);
            digits.run()?;
            let shift = digits.sum.and_then(|shift| i64::try_from(shift).ok()).unwrap_or(i64::MAX);
            exponent = exponent.saturating_add(if down { -shift } else { shift });
        }
        let exact = sum.filter(|_| whole).and_then(|sum| match minus {
            false => Some(Self::Unsigned(sum)),
            // Minus zero is no integer.
            true if sum == 0 => None,
            true => 0_i64.checked_sub_unsigned(sum).map(Self::Signed),
        });
        let number = match exact {
            Some(exact) => exact,
            None => {
                let number = text.get(..digits.at).ok_or(NotJson)?;
                let value = short(minus, sum, exponent).unwrap_or_else(|| nearest(number));
                // JSON knows no infinity.
                Self::Real(Some(value).filter(|value| value.is_finite()).ok_or(NotJson)?)
            }
        };
        Ok((number, digits.at))
    }
}

/// A number of few digits: both of its parts are exact, so one step of arithmetic gives the nearest value.
fn short(minus: bool, digits: Option<u64>, exponent: i64) -> Option<f64> {
    let digits = digits.filter(|digits| *digits <= EXACT)?;
    let power = POWERS.get(usize::try_from(exponent.unsigned_abs()).ok()?)?;
    #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53, and there is no other way to write it")]
    let digits = digits as f64;
    let size = if exponent < 0 { digits / power } else { digits * power };
    Some(if minus { -size } else { size })
}

/// Any number. The browser does that well, and it needs tables of powers that would weigh as much as a page of texts.
#[cfg(target_arch = "wasm32")]
fn nearest(number: &str) -> f64 {
    js_sys::parse_float(number)
}

/// Any number.
#[cfg(not(target_arch = "wasm32"))]
fn nearest(number: &str) -> f64 {
    // The grammar of JSON is part of the grammar of Rust.
    number.parse().unwrap_or(f64::NAN)
}
