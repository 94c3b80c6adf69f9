//! `cargo verify`: everything that must hold before a change lands, in one run, from a fresh clone.
//!
//! A step that fails does not stop the steps that do not stand on it, so that one run names everything that
//! is wrong. The last line is the sum, alone: `412 passed, 0 failed`.

pub mod faults;
pub mod run;
pub mod step;
pub mod tally;

use std::time::Duration;

use tokio::time::Instant;

use super::console::Console;
use super::workspace::Workspace;
pub use step::Step;
pub use tally::Tally;

/// What a person may ask of `cargo verify`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: cargo verify --only format,lint")]
pub struct Options {
    /// Run only these steps, and what they stand on
    #[arg(long, value_delimiter = ',', value_name = "STEP")]
    only: Vec<Step>,
    /// Run only the integration tests of this name: `--test browser`
    #[arg(long, value_name = "NAME", conflicts_with = "only")]
    test: Option<String>,
    /// Instead: hurt a city under load for long, `-- faults --for 10m`; `-- faults --help` says more
    #[arg(last = true, value_name = "FAULTS", conflicts_with_all = ["only", "test"])]
    long: Vec<String>,
}

/// How a step ended.
#[derive(Debug)]
enum Ending {
    Passed,
    Failed(String),
    /// It was not tried, because this other step failed.
    Blocked(Step),
}

/// What is said about one step at the end.
#[derive(Debug)]
struct Line {
    step: Step,
    took: Duration,
    ending: Ending,
}

/// Runs the steps, and answers whether all is well.
///
/// # Errors
/// When the steps cannot even be started; a failing step is not an error.
pub fn verify(workspace: &Workspace, options: &Options, console: Console) -> anyhow::Result<bool> {
    if !options.long.is_empty() {
        return faults::run(workspace, &options.long, console);
    }
    let steps = match (&options.test, options.only.as_slice()) {
        (Some(_), _) => Step::with_needs(&[Step::Integration]),
        (None, []) => Step::all().to_vec(),
        (None, only) => Step::with_needs(only),
    };
    let mut lines: Vec<Line> = Vec::with_capacity(steps.len());
    let mut tally = Tally::default();
    let begin = Instant::now();
    for (place, step) in steps.iter().enumerate() {
        console.heading(place.saturating_add(1), steps.len(), step.title());
        let blocker = lines
            .iter()
            .find(|line| !matches!(line.ending, Ending::Passed) && step.needs().contains(&line.step));
        let start = Instant::now();
        let ending = match blocker {
            Some(line) => Ending::Blocked(line.step),
            None => attempt(workspace, *step, options, &mut tally, console),
        };
        let took = start.elapsed();
        console.line(format!("{} ({})", said(&ending), seconds(took)));
        lines.push(Line { step: *step, took, ending });
    }
    Ok(summary(&lines, &tally, begin.elapsed(), console))
}

/// Runs one step and takes its tests, or else the step itself, into the tally.
fn attempt(
    workspace: &Workspace,
    step: Step,
    options: &Options,
    tally: &mut Tally,
    console: Console,
) -> Ending {
    let mut seen = Tally::default();
    let result = run::run(workspace, step, options.test.as_deref(), &mut seen, console);
    let tests = seen.passed() > 0 || seen.failed > 0;
    match &result {
        // A test program that died or did not compile counts no failed test of its own.
        Err(_) if seen.failed == 0 => seen.count(false),
        Ok(()) if !tests => seen.count(true),
        _ => {}
    }
    tally.add(seen);
    result.map_or_else(|error| Ending::Failed(format!("{error:#}")), |()| Ending::Passed)
}

/// Prints what each step did, what was skipped and why, and the sum. Is all well?
fn summary(lines: &[Line], tally: &Tally, took: Duration, console: Console) -> bool {
    console.line(format!("\n{:═<100}", "══ in all "));
    for line in lines {
        console.line(format!("{:>8}  {:<34}{}", seconds(line.took), line.step.title(), said(&line.ending)));
    }
    console.line(format!("{:>8}  in all", seconds(took)));
    for skipped in &tally.skipped {
        console.line(format!("skipped: {skipped}"));
    }
    let blocked = lines.iter().filter(|line| matches!(line.ending, Ending::Blocked(_))).count();
    if blocked > 0 {
        console.line(format!("not tried: {blocked} steps"));
    }
    console.line(format!("{} passed, {} failed", tally.passed(), tally.failed));
    lines.iter().all(|line| matches!(line.ending, Ending::Passed))
}

fn said(ending: &Ending) -> String {
    match ending {
        Ending::Passed => String::from("ok"),
        Ending::Failed(why) => format!("FAILED: {why}"),
        Ending::Blocked(step) => format!("not tried: `{}` failed", step.title()),
    }
}

fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}
