//! What the tool says: headings and lines.
//!
//! One place, so that our own words and a step's output keep their order, and a reader that went away ends
//! nothing.

use std::io::Write as _;

/// Where the tool speaks.
#[derive(Debug, Clone, Copy)]
pub enum Console {
    /// Standard output.
    Out,
    /// Standard error: standard output belongs to a report that a machine reads.
    Err,
}

impl Console {
    /// One line of text.
    pub fn line(self, text: impl AsRef<str>) {
        let text = text.as_ref();
        let written = match self {
            Self::Out => writeln!(std::io::stdout().lock(), "{text}"),
            Self::Err => writeln!(std::io::stderr().lock(), "{text}"),
        };
        // A closed pipe (`| head`) is not an error of the work.
        drop(written);
    }

    /// A heading with its place in the whole: `── 3/12  lints ─────`.
    pub fn heading(self, place: usize, total: usize, title: &str) {
        let head = format!("── {place}/{total}  {title} ");
        self.line(format!("\n{head:─<100}"));
    }
}
