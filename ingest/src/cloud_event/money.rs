//! `plan.item`, `budget.*`, `contract.*`: whole rupiah, never a fraction, never a float.

use pantau_schemas::text::clean;

use crate::cloud_event::content::MAX_LINE;
use crate::fault::Fault;
use crate::fields::Fields;

/// Largest amount: what a browser holds exactly, 9 × 10^15; more than the state's budget.
const MAX_AMOUNT: i64 = 9_007_199_254_740_991;
/// The amount that a type is about.
const AMOUNT: &str = "amount";
/// Further fields that are money wherever they stand.
const OTHERS: [&str; 5] = ["ceiling", "realised", "accounted", "paid", "value"];

/// Whether the type is nothing without its amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// It is.
    Required,
    /// It may be known later.
    Optional,
}

/// The line for people: what it is and how much.
pub(crate) fn title(data: &Fields<'_>, subject: &str, rule: Rule) -> Result<String, Fault> {
    let amount = rupiah(data, AMOUNT)?;
    if rule == Rule::Required {
        data.required(AMOUNT, amount)?;
    }
    for key in OTHERS {
        rupiah(data, key)?;
    }
    let mut name = None;
    for key in ["title", "name", "description"] {
        name = name.or(data.shown(key, MAX_LINE)?);
    }
    let name = name.or_else(|| (!subject.is_empty()).then(|| subject.to_owned()));
    let name = data.required("title", name)?;
    Ok(match amount {
        Some(amount) => clean(&format!("{name}: {}", written(amount)), MAX_LINE),
        None => name,
    })
}

fn rupiah(data: &Fields<'_>, key: &str) -> Result<Option<i64>, Fault> {
    let amount = data.signed(key)?;
    match amount {
        Some(amount) if !(0..=MAX_AMOUNT).contains(&amount) => {
            Err(data.fault(key, format!("must be rupiah from 0 to {MAX_AMOUNT}")))
        }
        amount => Ok(amount),
    }
}

/// `Rp 1.250.000`, as Indonesia writes it.
fn written(amount: i64) -> String {
    let digits = amount.to_string();
    let mut out = String::from("Rp ");
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push('.');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rupiah_are_written_as_people_read_them() {
        assert_eq!(written(0), "Rp 0");
        assert_eq!(written(700), "Rp 700");
        assert_eq!(written(1_250_000), "Rp 1.250.000");
        assert_eq!(written(123_456_789), "Rp 123.456.789");
    }
}
