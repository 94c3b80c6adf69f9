//! Numbers with a fraction, written.
//!
//! The browser does that well. Rust's way needs tables of powers in every page, which do not compress. A half is rounded up
//! by the browser and to the even digit by Rust: both are as near.

/// With exactly so many decimals, or with an exponent where there are more than 21 digits before the point.
#[cfg(target_arch = "wasm32")]
#[must_use]
pub fn fixed(value: f64, decimals: u8) -> String {
    // It refuses more than 100 decimals.
    js_sys::Number::from(value).to_fixed(decimals.min(100)).map_or_else(|_| String::new(), String::from)
}

/// With exactly so many decimals.
#[cfg(not(target_arch = "wasm32"))]
#[must_use]
pub fn fixed(value: f64, decimals: u8) -> String {
    format!("{value:.0$}", usize::from(decimals))
}

/// With as few digits as tell it from every other number.
#[cfg(target_arch = "wasm32")]
#[must_use]
pub fn shortest(value: f64) -> String {
    js_sys::Number::from(value).to_string_with_radix(10).map_or_else(|_| String::new(), String::from)
}

/// With as few digits as tell it from every other number.
#[cfg(not(target_arch = "wasm32"))]
#[must_use]
pub fn shortest(value: f64) -> String {
    value.to_string()
}
