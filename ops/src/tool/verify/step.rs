//! The steps of a verification: their order, and which stands on which.

use clap::ValueEnum;

/// One step, in the order in which they run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Step {
    /// The compiler's wasm32 half
    Target,
    /// A broker, a camera server and a browser for the tests
    Prerequisites,
    /// The script packages of the browser tests
    Npm,
    /// The look of the code
    Format,
    /// Lints of everything that runs on a server
    Lint,
    /// Lints of everything that runs in a browser
    LintWeb,
    /// The browser bundle, and its weight
    Bundle,
    /// The programs and the tests
    Build,
    /// Tests beside the code
    Unit,
    /// Tests of whole rooms and of the whole product
    Integration,
    /// Examples in the documentation
    Doctest,
    /// The front end's tests that need no browser
    UnitWeb,
    /// The documentation of the code
    Docs,
    /// Advisories, licences and duplicates of what we depend on
    Dependencies,
    /// The lock file as it is committed
    Lock,
}

impl Step {
    /// Every step, in order.
    #[must_use]
    pub fn all() -> &'static [Self] {
        Self::value_variants()
    }

    /// The steps that must have gone well before this one makes sense.
    #[must_use]
    pub fn needs(self) -> &'static [Self] {
        match self {
            Self::LintWeb | Self::Bundle => &[Self::Target],
            Self::Build => &[Self::Bundle],
            Self::Unit => &[Self::Build],
            Self::Integration => &[Self::Prerequisites, Self::Npm, Self::Build],
            _ => &[],
        }
    }

    /// These steps and all that they stand on, in order, each once.
    #[must_use]
    pub fn with_needs(wanted: &[Self]) -> Vec<Self> {
        let mut all: Vec<Self> = wanted.to_vec();
        let mut at = 0;
        while let Some(step) = all.get(at) {
            for need in step.needs() {
                if !all.contains(need) {
                    all.push(*need);
                }
            }
            at += 1;
        }
        all.sort_unstable();
        all.dedup();
        all
    }

    /// What it is called, in a few words.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Target => "compiler target for the browser",
            Self::Prerequisites => "what the tests need",
            Self::Npm => "script packages",
            Self::Format => "format",
            Self::Lint => "lints",
            Self::LintWeb => "lints, browser",
            Self::Bundle => "browser bundle",
            Self::Build => "programs and tests",
            Self::Unit => "unit tests",
            Self::Integration => "integration and end-to-end tests",
            Self::Doctest => "examples in the documentation",
            Self::UnitWeb => "unit tests, browser",
            Self::Docs => "documentation",
            Self::Dependencies => "dependencies",
            Self::Lock => "lock file",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asking_for_the_end_to_end_tests_brings_what_they_stand_on() {
        let steps = Step::with_needs(&[Step::Integration]);
        let expected =
            [Step::Target, Step::Prerequisites, Step::Npm, Step::Bundle, Step::Build, Step::Integration];
        assert_eq!(steps, expected);
    }

    #[test]
    fn no_step_stands_on_a_later_one() {
        for step in Step::all() {
            assert!(step.needs().iter().all(|need| need < step), "{step:?}");
        }
    }
}
