//! How far a build is: a bar where a person looks on, plain lines where a file does.
//!
//! Cargo knows the count (`Building [==>   ] 45/322: serde`) and prints it only to a terminal; it is asked to
//! print it always, and read. What Cargo says beside that is kept, bounded, and shown when the build fails.

use std::collections::VecDeque;
use std::io::{IsTerminal as _, Read};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use indicatif::{ProgressBar, ProgressStyle};

use super::console::Console;

/// Lines of a failing build that are shown: the errors stand at the end.
const LINES_KEPT: usize = 400;
/// Bytes of one line that are kept; progress lines are short.
const LINE_BYTES: usize = 4096;

/// Where a build's progress goes.
#[derive(Debug)]
pub enum Progress {
    /// Cargo speaks for itself, on our own standard error.
    Cargo,
    /// A bar that is redrawn.
    Bar(ProgressBar),
    /// A line at each tenth of the way.
    Lines {
        /// Where the lines go.
        console: Console,
        /// What is being built.
        title: String,
        /// The last tenth that was told.
        told: u64,
    },
}

impl Progress {
    /// A bar on a terminal, else lines.
    #[must_use]
    pub fn begin(title: &str, console: Console) -> Self {
        if !std::io::stderr().is_terminal() {
            console.line(format!("{title} …"));
            return Self::Lines { console, title: title.to_owned(), told: 0 };
        }
        let bar = ProgressBar::new_spinner();
        let style = "{spinner} {prefix:<26} {wide_bar:.cyan/blue} {pos:>4}/{len:<4} {elapsed:>4}  {msg:30!}";
        // The template is ours; if it were wrong, the plain bar is good enough.
        bar.set_style(ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_prefix(title.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        Self::Bar(bar)
    }

    /// The build is done.
    pub fn end(self, result: &str) {
        match self {
            Self::Cargo => {}
            Self::Bar(bar) => {
                let title = bar.prefix();
                let took = bar.elapsed().as_secs();
                bar.set_style(
                    ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_bar()),
                );
                bar.finish_with_message(format!("✓ {title:<26} {result} ({took} s)"));
            }
            Self::Lines { console, title, .. } => console.line(format!("{title}: {result}")),
        }
    }

    /// Takes in one line of Cargo's.
    fn read(&mut self, line: &str) -> bool {
        let Some((done, total, what)) = counted(line) else { return false };
        match self {
            Self::Cargo => {}
            Self::Bar(bar) => {
                bar.set_length(total);
                bar.set_position(done);
                bar.set_message(what.to_owned());
            }
            Self::Lines { console, title, told } => {
                let tenth = done.saturating_mul(10).checked_div(total).unwrap_or(0);
                if tenth > *told {
                    *told = tenth;
                    console.line(format!("{title}: {done} of {total}"));
                }
            }
        }
        true
    }
}

/// Runs Cargo to its end and answers what it wrote to its standard output.
///
/// # Errors
/// When it cannot be started or fails; its last lines were shown then.
pub fn run(mut cargo: Command, progress: &mut Progress, console: Console) -> anyhow::Result<String> {
    cargo.stdin(Stdio::null()).stdout(Stdio::piped());
    if !matches!(progress, Progress::Cargo) {
        cargo.stderr(Stdio::piped());
        cargo.env("CARGO_TERM_PROGRESS_WHEN", "always").env("CARGO_TERM_PROGRESS_WIDTH", "120");
    }
    let mut child = cargo.spawn().context("failed to run cargo")?;
    let Some(mut stdout) = child.stdout.take() else { bail!("cargo has no output") };
    // Both pipes must be emptied at once, or a full one stops Cargo.
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        stdout.read_to_string(&mut text).map(|_| text)
    });
    let mut kept: VecDeque<String> = VecDeque::new();
    if let Some(stderr) = child.stderr.take() {
        lines(stderr, |line| {
            if !progress.read(&line) && !line.trim().is_empty() {
                if kept.len() == LINES_KEPT {
                    kept.pop_front();
                }
                kept.push_back(line);
            }
        })
        .context("failed to read from cargo")?;
    }
    let status = child.wait().context("failed to wait for cargo")?;
    let text = reader
        .join()
        .ok()
        .context("the reader of cargo's output died")?
        .context("failed to read from cargo")?;
    if !status.success() {
        if let Progress::Bar(bar) = progress {
            bar.finish_and_clear();
        }
        kept.iter().for_each(|line| console.line(line));
        bail!("cargo ended with {status}");
    }
    Ok(text)
}

/// Calls back for each line; a carriage return ends one too, as progress is overwritten in place.
fn lines(mut from: impl Read, mut each: impl FnMut(String)) -> std::io::Result<()> {
    let (mut buffer, mut line) = ([0; 4096], Vec::new());
    loop {
        let count = from.read(&mut buffer)?;
        for byte in buffer.iter().take(count) {
            match byte {
                b'\n' | b'\r' => each(String::from_utf8_lossy(&std::mem::take(&mut line)).into_owned()),
                _ if line.len() < LINE_BYTES => line.push(*byte),
                _ => {}
            }
        }
        if count == 0 {
            if !line.is_empty() {
                each(String::from_utf8_lossy(&line).into_owned());
            }
            return Ok(());
        }
    }
}

/// Reads `Building [==>  ] 45/322: serde, tokio` into (45, 322, `serde, tokio`).
fn counted(line: &str) -> Option<(u64, u64, &str)> {
    let (_, after) = line.split_once("Building [")?.1.split_once(']')?;
    let (numbers, what) = after.split_once(':').unwrap_or((after, ""));
    let (done, total) = numbers.trim().split_once('/')?;
    let what = what.split('\u{1b}').next().unwrap_or_default();
    Some((done.trim().parse().ok()?, total.trim().parse().ok()?, what.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargos_count_is_read() {
        let line = "    Building [=====>       ] 45/322: serde, tokio(build)\u{1b}[K";
        assert_eq!(counted(line), Some((45, 322, "serde, tokio(build)")));
        assert_eq!(counted("   Compiling serde v1.0.229"), None);
        assert_eq!(counted("error: [1/2]: no"), None);
    }

    #[test]
    fn a_line_that_is_overwritten_in_place_is_a_line() {
        let mut seen = Vec::new();
        lines("one\rtwo\nthree".as_bytes(), |line| seen.push(line)).unwrap();
        assert_eq!(seen, ["one", "two", "three"]);
    }

    #[test]
    fn a_failing_build_says_so() {
        let mut sh = Command::new("sh");
        sh.args(["-c", "echo out; echo 'error: broken' >&2; exit 3"]);
        let mut lines = Progress::Lines { console: Console::Err, title: String::from("x"), told: 0 };
        assert!(run(sh, &mut lines, Console::Err).is_err());
        let mut sh = Command::new("sh");
        sh.args(["-c", "echo out"]);
        assert_eq!(run(sh, &mut lines, Console::Err).unwrap(), "out\n");
    }
}
