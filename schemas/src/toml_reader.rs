//! Reading TOML so that a person can repair it: every fault at once, each with file, line, key and the
//! nearest key that exists.
//!
//! A [`Document`] is one file; [`Table`] hands out its values by key and remembers which keys were asked
//! for, so that [`Table::finish`] can name the ones nobody knows.

use std::cell::RefCell;
use std::fmt;

use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

/// Something wrong at one place of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file, as it was named on the command line or in the folder.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// The key's full path, for instance `device[3].camera.purpose`; empty for the file as a whole.
    pub key: String,
    /// What is wrong and what would be right.
    pub message: String,
    /// A known key that the wrong one may have meant.
    pub nearest: Option<String>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)?;
        if let Some(nearest) = &self.nearest {
            write!(f, "; did you mean `{nearest}`?")?;
        }
        Ok(())
    }
}

/// Faults found so far, in the order of their discovery.
#[derive(Debug, Default)]
pub struct Faults(RefCell<Vec<Fault>>);

impl Faults {
    /// Adds one.
    pub fn push(&self, fault: Fault) {
        self.0.borrow_mut().push(fault);
    }
    /// All of them, by file and line.
    #[must_use]
    pub fn into_sorted(self) -> Vec<Fault> {
        let mut faults = self.0.into_inner();
        faults.sort_by(|a, b| (&a.file, a.line, &a.key).cmp(&(&b.file, b.line, &b.key)));
        faults
    }
    /// No fault was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }
}

/// One TOML file that could be read as TOML.
#[derive(Debug)]
pub struct Document<'a> {
    file: &'a str,
    /// Where each line ends: a city's registry has far too many keys to count lines for each.
    newlines: Vec<usize>,
    root: Spanned<DeTable<'a>>,
}

impl<'a> Document<'a> {
    /// Reads the text; what is no TOML becomes faults.
    #[must_use]
    pub fn parse(file: &'a str, text: &'a str, faults: &Faults) -> Self {
        let (root, errors) = DeTable::parse_recoverable(text);
        let newlines =
            text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect();
        let document = Self { file, newlines, root };
        for error in errors {
            faults.push(Fault {
                file: file.to_owned(),
                line: error.span().map_or(1, |span| document.line(span.start)),
                key: String::new(),
                message: format!("not TOML: {}", error.message().replace('\n', ", ")),
                nearest: None,
            });
        }
        document
    }

    /// The file's outermost table.
    #[must_use]
    pub fn root<'d>(&'d self, faults: &'d Faults) -> Table<'d> {
        Table {
            document: self,
            table: self.root.get_ref(),
            path: String::new(),
            line: 1,
            asked: Vec::new(),
            faults,
        }
    }

    fn line(&self, offset: usize) -> usize {
        self.newlines.partition_point(|newline| *newline < offset) + 1
    }
}

/// A table of a document, being read.
#[derive(Debug)]
pub struct Table<'d> {
    document: &'d Document<'d>,
    table: &'d DeTable<'d>,
    path: String,
    line: usize,
    asked: Vec<&'static str>,
    faults: &'d Faults,
}

impl<'d> Table<'d> {
    /// The line on which the table begins.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// Where `key` of this table stands, or with `""` the table itself: a fault without a message yet.
    #[must_use]
    pub fn place(&self, key: &str) -> Fault {
        Fault {
            file: self.document.file.to_owned(),
            line: self.find(key).map_or(self.line, |value| self.document.line(value.span().start)),
            key: self.join(key),
            message: String::new(),
            nearest: None,
        }
    }

    /// Adds a fault about `key` of this table.
    pub fn fault(&self, key: &str, message: impl Into<String>) {
        self.faults.push(Fault { message: message.into(), ..self.place(key) });
    }

    /// Whether the key is there, whatever its value.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    /// A text, if the key is there.
    pub fn text(&mut self, key: &'static str) -> Option<String> {
        match self.take(key)?.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            other => self.wrong_type(key, "a text", other),
        }
    }

    /// A text that must be there and must not be blank.
    pub fn required_text(&mut self, key: &'static str) -> Option<String> {
        if self.find(key).is_none() {
            self.asked.push(key);
            self.fault(key, "is missing");
            return None;
        }
        let text = self.text(key)?;
        if text.trim().is_empty() {
            self.fault(key, "is empty");
            return None;
        }
        Some(text)
    }

    /// A text turned into something else, if the key is there.
    pub fn parsed<T, E: fmt::Display>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text(key)?;
        self.convert(key, &text, parse)
    }

    /// A text turned into something else, which must be there.
    pub fn required<T, E: fmt::Display>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.required_text(key)?;
        self.convert(key, &text, parse)
    }

    fn convert<T, E: fmt::Display>(
        &self,
        key: &str,
        text: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        match parse(text) {
            Ok(value) => Some(value),
            Err(error) => {
                self.fault(key, format!("`{}` {error}", crate::text::clean(text, 80)));
                None
            }
        }
    }

    /// One word of a fixed list, which must be there.
    pub fn required_word<T: Copy>(&mut self, key: &'static str, words: &[(&'static str, T)]) -> Option<T> {
        let text = self.required_text(key)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Some(*value);
        }
        let list: Vec<&'static str> = words.iter().map(|(word, _)| *word).collect();
        self.faults.push(Fault {
            message: format!("`{}` is none of: {}", crate::text::clean(&text, 80), list.join(", ")),
            nearest: nearest(&text, &list),
            ..self.place(key)
        });
        None
    }

    /// A whole number within bounds, if the key is there.
    pub fn integer(&mut self, key: &'static str, bounds: std::ops::RangeInclusive<i64>) -> Option<i64> {
        match self.take(key)?.get_ref() {
            DeValue::Integer(number) => {
                let inside = whole(number).filter(|value| bounds.contains(value));
                if inside.is_none() {
                    self.fault(key, format!("must be between {} and {}", bounds.start(), bounds.end()));
                }
                inside
            }
            other => self.wrong_type(key, "a whole number", other),
        }
    }

    /// A number turned into something else, if the key is there; with or without a decimal point.
    pub fn measured<T, E: fmt::Display>(
        &mut self,
        key: &'static str,
        take: impl FnOnce(f64) -> Result<T, E>,
    ) -> Option<T> {
        let value = self.take(key)?.get_ref();
        let Some(number) = number(value) else { return self.wrong_type(key, "a number", value) };
        take(number).map_err(|error| self.fault(key, error.to_string())).ok()
    }

    /// True or false, if the key is there.
    pub fn boolean(&mut self, key: &'static str) -> Option<bool> {
        match self.take(key)?.get_ref() {
            DeValue::Boolean(value) => Some(*value),
            other => self.wrong_type(key, "true or false", other),
        }
    }

    /// One text or a list of texts; empty if the key is not there.
    pub fn texts(&mut self, key: &'static str) -> Vec<String> {
        match self.take(key).map(Spanned::get_ref) {
            None => Vec::new(),
            Some(DeValue::String(text)) => vec![text.to_string()],
            Some(DeValue::Array(items)) => items
                .iter()
                .filter_map(|item| match item.get_ref() {
                    DeValue::String(text) => Some(text.to_string()),
                    other => self.wrong_type(key, "a list of texts", other),
                })
                .collect(),
            Some(other) => {
                self.wrong_type::<()>(key, "a text or a list of texts", other);
                Vec::new()
            }
        }
    }

    /// A list of numbers, if the key is there.
    pub fn numbers(&mut self, key: &'static str) -> Option<Vec<f64>> {
        let DeValue::Array(items) = self.take(key)?.get_ref() else {
            self.fault(key, "must be a list of numbers");
            return None;
        };
        let numbers: Option<Vec<f64>> = items.iter().map(|item| number(item.get_ref())).collect();
        if numbers.is_none() {
            self.fault(key, "must be a list of numbers");
        }
        numbers
    }

    /// The tables of `[[key]]`.
    pub fn tables(&mut self, key: &'static str) -> Vec<Table<'d>> {
        match self.take(key).map(Spanned::get_ref) {
            None => Vec::new(),
            Some(DeValue::Array(items)) => items
                .iter()
                .enumerate()
                .filter_map(|(index, item)| match item.get_ref() {
                    DeValue::Table(table) => {
                        Some(self.child(table, &format!("{key}[{index}]"), item.span().start))
                    }
                    other => self.wrong_type(key, "a list of tables, written [[…]]", other),
                })
                .collect(),
            Some(other) => {
                self.wrong_type::<()>(key, "a list of tables, written [[…]]", other);
                Vec::new()
            }
        }
    }

    /// The table of `[key]`, if it is there.
    pub fn table(&mut self, key: &'static str) -> Option<Table<'d>> {
        let value = self.take(key)?;
        match value.get_ref() {
            DeValue::Table(table) => Some(self.child(table, key, value.span().start)),
            other => self.wrong_type(key, "a table, written […]", other),
        }
    }

    /// Names the keys that nobody asked for.
    pub fn finish(self) {
        for (key, _) in self.table.iter().filter(|(key, _)| !self.asked.contains(&key.get_ref().as_ref())) {
            let name = key.get_ref().as_ref();
            self.faults.push(Fault {
                file: self.document.file.to_owned(),
                line: self.document.line(key.span().start),
                key: self.join(name),
                message: "is not a known key".to_owned(),
                nearest: nearest(name, &self.asked),
            });
        }
    }

    fn child(&self, table: &'d DeTable<'d>, name: &str, offset: usize) -> Table<'d> {
        Table {
            document: self.document,
            table,
            path: self.join(name),
            line: self.document.line(offset),
            asked: Vec::new(),
            faults: self.faults,
        }
    }

    fn join(&self, key: &str) -> String {
        match (self.path.as_str(), key) {
            ("", key) => key.to_owned(),
            (path, "") => path.to_owned(),
            (path, key) => format!("{path}.{key}"),
        }
    }

    fn find(&self, key: &str) -> Option<&'d Spanned<DeValue<'d>>> {
        self.table.iter().find(|(k, _)| k.get_ref().as_ref() == key).map(|(_, v)| v)
    }

    fn take(&mut self, key: &'static str) -> Option<&'d Spanned<DeValue<'d>>> {
        self.asked.push(key);
        self.find(key)
    }

    fn wrong_type<T>(&self, key: &str, wanted: &str, found: &DeValue<'_>) -> Option<T> {
        self.fault(key, format!("must be {wanted}, but is of the type {}", found.type_str()));
        None
    }
}

/// A number, whole or not.
fn number(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Integer(n) => whole(n).and_then(|n| n.to_string().parse().ok()),
        DeValue::Float(n) => n.as_str().replace('_', "").parse().ok(),
        _ => None,
    }
}

/// A whole number in any of TOML's spellings.
fn whole(number: &DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}

/// The known word closest to `word`, if it is close enough to be meant.
#[must_use]
pub fn nearest(word: &str, known: &[&str]) -> Option<String> {
    known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), *candidate))
        .filter(|(distance, candidate)| *distance * 2 <= candidate.len().max(word.len()))
        .min()
        .map(|(_, candidate)| candidate.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_named_with_its_line() {
        let text = "[server]\nlisen = \"x\"\ndata = 3\n";
        let faults = Faults::default();
        let document = Document::parse("pantau.toml", text, &faults);
        let mut root = document.root(&faults);
        if let Some(mut server) = root.table("server") {
            server.text("listen");
            server.text("data");
            server.finish();
        }
        root.finish();
        let lines: Vec<String> = faults.into_sorted().iter().map(ToString::to_string).collect();
        assert_eq!(
            lines,
            [
                "pantau.toml:2: server.lisen: is not a known key; did you mean `listen`?",
                "pantau.toml:3: server.data: must be a text, but is of the type integer",
            ]
        );
    }

    #[test]
    fn broken_toml_is_a_fault_with_a_line() {
        let faults = Faults::default();
        let _document = Document::parse("a.toml", "x = 1\ny = [\n", &faults);
        let faults = faults.into_sorted();
        assert!(faults.first().is_some_and(|fault| fault.message.starts_with("not TOML")), "{faults:?}");
    }
}
