//! Counting the tests of a run from what the test programs print.

/// A test that cannot run on this machine prints a line with this word, its name and the reason, past the
/// test harness's capture: `SKIPPED: broker_restart because mosquitto is not installed`.
pub const SKIPPED: &str = "SKIPPED: ";

/// What was counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Tests that the harness says passed: those that left early among them.
    reported: u64,
    /// Tests that left early, saying [`SKIPPED`].
    left_early: u64,
    /// Tests that failed.
    pub failed: u64,
    /// Tests that were left out, with the reason where one was given.
    pub skipped: Vec<String>,
}

impl Tally {
    /// Takes in one line of a test program's output.
    pub fn read(&mut self, line: &str) {
        if let Some((_, reason)) = line.split_once(SKIPPED) {
            self.skipped.push(reason.trim().to_owned());
            self.left_early = self.left_early.saturating_add(1);
        } else if let Some(rest) = line.strip_prefix("test result: ") {
            self.reported = self.reported.saturating_add(number_before(rest, " passed"));
            self.failed = self.failed.saturating_add(number_before(rest, " failed"));
        } else if let Some(name) = line.strip_prefix("test ").and_then(|rest| rest.split_once(" ... ignored"))
        {
            let (name, why) = name;
            self.skipped.push(format!("{name}{}", why.replacen(", ", ": ", 1)));
        }
    }

    /// Counts a check that is not a test program's.
    pub fn count(&mut self, passed: bool) {
        let counter = if passed { &mut self.reported } else { &mut self.failed };
        *counter = counter.saturating_add(1);
    }

    /// Tests that ran and passed.
    #[must_use]
    pub fn passed(&self) -> u64 {
        self.reported.saturating_sub(self.left_early)
    }

    /// Adds another tally to this one.
    pub fn add(&mut self, other: Self) {
        self.reported = self.reported.saturating_add(other.reported);
        self.left_early = self.left_early.saturating_add(other.left_early);
        self.failed = self.failed.saturating_add(other.failed);
        self.skipped.extend(other.skipped);
    }
}

/// The number that stands right before a word: 12 in `ok. 12 passed; 0 failed`.
fn number_before(text: &str, word: &str) -> u64 {
    let before = text.split_once(word).map_or("", |(before, _)| before);
    before.rsplit(|c: char| !c.is_ascii_digit()).next().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(text: &str) -> Tally {
        let mut tally = Tally::default();
        text.lines().for_each(|line| tally.read(line));
        tally
    }

    #[test]
    fn the_sum_of_several_test_programs_is_counted() {
        let seen = tally(
            "test a ... ok\n\
             test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.1s\n\
             test result: FAILED. 3 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out; finished in 2s\n",
        );
        assert_eq!((seen.passed(), seen.failed), (15, 2));
    }

    #[test]
    fn a_test_that_could_not_run_is_named_and_not_counted_as_passed() {
        let seen = tally(
            "test media::kill ... SKIPPED: kill because gst-rtsp-server is not installed\n\
             ok\n\
             test slow ... ignored, takes an hour\n\
             test result: ok. 4 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s\n",
        );
        assert_eq!(seen.skipped, ["kill because gst-rtsp-server is not installed", "slow: takes an hour"]);
        assert_eq!((seen.passed(), seen.failed), (3, 0));
    }
}
