//! `[levels]`: from how many pixels per metre on which level of detail is reached.

use pantau_schemas::registry::{Level, Levels, MAX_PIXELS_PER_METRE};
use pantau_schemas::toml_reader::Table;

/// The table; what it does not name is as in EN 62676-4.
pub(super) fn read(table: Option<Table<'_>>) -> Levels {
    let standard = Levels::default();
    let Some(mut table) = table else { return standard };
    let mut thresholds = standard.thresholds();
    for (level, threshold) in Level::ALL.into_iter().zip(&mut thresholds) {
        let positive = |number: f64| {
            let fits = number > 0.0 && number <= f64::from(MAX_PIXELS_PER_METRE);
            fits.then_some(number).ok_or_else(|| {
                format!("must be more than 0 and at most {MAX_PIXELS_PER_METRE} pixels per metre")
            })
        };
        if let Some(own) = table.measured(level.as_str(), positive) {
            *threshold = own;
        }
    }
    let levels = Levels::new(thresholds);
    if let Err(error) = levels {
        table.fault("", error.to_string());
    }
    table.finish();
    levels.unwrap_or(standard)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pantau_schemas::toml_reader::{Document, Faults};

    fn of(text: &str) -> Result<Levels, Vec<String>> {
        let faults = Faults::default();
        let document = Document::parse("pantau.toml", text, &faults);
        let mut root = document.root(&faults);
        let levels = read(root.table("levels"));
        root.finish();
        let faults = faults.into_sorted();
        if faults.is_empty() { Ok(levels) } else { Err(faults.iter().map(ToString::to_string).collect()) }
    }

    #[test]
    fn a_threshold_that_is_not_named_is_the_standards() {
        assert_eq!(of(""), Ok(Levels::default()));
        let own = of("[levels]\nrecognise = 100\nidentify = 200.5\n").unwrap();
        assert_eq!(own.thresholds(), [12.5, 25.0, 62.5, 100.0, 200.5]);
    }

    #[test]
    fn levels_that_do_not_rise_are_a_fault_with_its_place() {
        let faults = of("[levels]\ndetect = 70\nobserve = -1\nidentfy = 1\n").unwrap_err();
        let starts =
            ["pantau.toml:1: levels", "pantau.toml:3: levels.observe", "pantau.toml:4: levels.identfy"];
        assert_eq!(faults.len(), starts.len(), "{faults:#?}");
        for (fault, start) in faults.iter().zip(starts) {
            assert!(fault.starts_with(start), "{fault}");
        }
        assert!(faults[2].ends_with("did you mean `identify`?"));
    }
}
