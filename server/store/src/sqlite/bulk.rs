//! Many rows in one statement: `VALUES` of up to 256 rows, cut into powers of two, so that few statements
//! are ever prepared.

use std::sync::LazyLock;

/// Rows of the longest statement. Longer ones measured no faster.
const LONGEST: usize = 256;

/// A multi-row insert; `static`, so that its texts are prepared once.
pub(super) struct Bulk(LazyLock<Vec<(usize, String)>, Maker>);

type Maker = fn() -> Vec<(usize, String)>;

impl Bulk {
    pub(super) const fn new(maker: Maker) -> Self {
        Self(LazyLock::new(maker))
    }

    /// How many of the `left` rows to take now, and the statement for them. `None` when none are left.
    pub(super) fn next(&'static self, left: usize) -> Option<(usize, &'static str)> {
        self.0.iter().find(|(rows, _)| *rows <= left).map(|(rows, text)| (*rows, text.as_str()))
    }
}

/// The texts of an insert: `head VALUES (?,…),… tail`, the longest first.
pub(super) fn texts(head: &str, columns: usize, tail: &str) -> Vec<(usize, String)> {
    let row = format!("({})", vec!["?"; columns].join(","));
    let sizes = std::iter::successors(Some(LONGEST), |rows| (*rows > 1).then_some(rows / 2));
    sizes.map(|rows| (rows, format!("{head} VALUES {} {tail}", vec![row.as_str(); rows].join(",")))).collect()
}

/// Declares a [`Bulk`].
macro_rules! bulk {
    ($name:ident, $head:literal, $columns:literal, $tail:literal) => {
        static $name: $crate::sqlite::bulk::Bulk =
            $crate::sqlite::bulk::Bulk::new(|| $crate::sqlite::bulk::texts($head, $columns, $tail));
    };
}
pub(super) use bulk;

/// Runs a [`Bulk`] over all rows; `bind` adds one row's values. Gives the number of rows changed.
macro_rules! run {
    ($conn:expr, $bulk:ident, $rows:expr, |$query:ident, $row:pat_param| $bind:expr) => {{
        let mut rest = $rows;
        let mut changed = 0u64;
        while let Some((count, text)) = $bulk.next(rest.len()) {
            let (now, later) = rest.split_at(count);
            rest = later;
            let mut $query = sqlx::query(text);
            for $row in now {
                $query = $bind;
            }
            changed += $query.execute(&mut *$conn).await?.rows_affected();
        }
        changed
    }};
}
pub(super) use run;
