//! What people write for the measures of a screen, and what follows from it.

use pantau_schemas::measure::{MeasureError, PanelPitchMm, ViewingDistanceM};

use crate::view::legible::{Reader, Scale};
use crate::{digits, json};

/// The form as it is filled in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Form {
    /// The pitch, mm.
    pub pitch: String,
    /// The distance, m.
    pub distance: String,
}

impl Form {
    /// What is known of a screen, as people here write numbers.
    #[must_use]
    pub fn of(pitch: Option<PanelPitchMm>, distance: Option<ViewingDistanceM>, decimal: char) -> Self {
        let write = |number| digits::shortest(number).replace('.', &decimal.to_string());
        Self {
            pitch: pitch.map(|pitch| write(pitch.get())).unwrap_or_default(),
            distance: distance.map(|distance| write(distance.get())).unwrap_or_default(),
        }
    }

    /// The pitch.
    ///
    /// # Errors
    /// What it must be between.
    pub fn pitch(&self) -> Result<PanelPitchMm, MeasureError> {
        number(&self.pitch).and_then(|number| PanelPitchMm::new(number).ok()).ok_or(PanelPitchMm::LIMITS)
    }

    /// The distance.
    ///
    /// # Errors
    /// What it must be between.
    pub fn distance(&self) -> Result<ViewingDistanceM, MeasureError> {
        let distance = number(&self.distance).and_then(|number| ViewingDistanceM::new(number).ok());
        distance.ok_or(ViewingDistanceM::LIMITS)
    }

    /// About how large letters will be, in pixels of the panel, once both are numbers.
    #[must_use]
    pub fn scale(&self) -> Option<Scale> {
        let reader = Reader { pitch: self.pitch().ok()?, distance: self.distance().ok()? };
        Some(Scale::of(reader, 1.0, |size| Some(size * 0.7)))
    }
}

/// A number with a comma or a point; never one with both, of which nobody knows what it means.
fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let (whole, rest) = text.split_once(['.', ',']).unwrap_or((text, ""));
    if !digits(whole) || !digits(rest) || (whole.is_empty() && rest.is_empty()) {
        return None;
    }
    // As JSON has it: no zeros before, something before and after the point.
    let whole = Some(whole.trim_start_matches('0')).filter(|whole| !whole.is_empty()).unwrap_or("0");
    json::read(&format!("{whole}.{rest}0")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        let pitch =
            |text: &str| Form { pitch: text.into(), ..Form::default() }.pitch().map(PanelPitchMm::get);
        for text in ["0,63", "0.63", " ,63 ", "0,630"] {
            assert_eq!(pitch(text), Ok(0.63), "{text}");
        }
        for text in ["", ",", "0", "-1", "21", "1.000,5", "63 mm", "1e1", "NaN", "٣"] {
            assert_eq!(pitch(text), Err(PanelPitchMm::LIMITS), "{text}");
        }
    }

    #[test]
    fn a_form_says_what_it_means() {
        let form = Form { pitch: "0,63".into(), distance: "5".into() };
        assert_eq!(form.scale().map(|scale| scale.label.round()), Some(53.0));
        let known = Form::of(form.pitch().ok(), form.distance().ok(), ',');
        assert_eq!(known, form, "what was entered is shown again");
        assert_eq!(Form { distance: String::new(), ..form }.scale(), None);
    }
}
