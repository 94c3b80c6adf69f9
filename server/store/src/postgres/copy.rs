//! Rows of samples as PostgreSQL's binary COPY wants them.
//!
//! The format (postgresql.org/docs/current/sql-copy.html, "Binary Format"): a signature, flags, the length of
//! an extension; each row the number of its columns and each column its length and its bytes, all big-endian;
//! −1 for the end.

use sqlx::{Error, PgConnection};

use super::days::Days;
use super::insert::insert_other;
use super::measured::Measured;

const STATEMENT: &str = "COPY sample (city, series, time, value) FROM STDIN (FORMAT binary)";
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const END: [u8; 2] = (-1_i16).to_be_bytes();
/// Two bytes for the number of columns, four for the length of each.
const ROW: usize = 2 + 4 * 4 + 4 + 4 + 8 + 8;
/// Rows sent at once, about 170 KiB: the server works on them while the next are written.
const ROWS: usize = 4_096;

/// Copies rows; a row that is there already is an error, and then none is.
pub(super) async fn copy(
    conn: &mut PgConnection,
    (city, days): (i32, &Days),
    rows: &[Measured],
) -> Result<u64, Error> {
    let (rows, other) = days.part(rows);
    let count = insert_other(conn, city, &other).await?.len();
    if rows.is_empty() {
        return Ok(u64::try_from(count).unwrap_or(u64::MAX));
    }
    let mut copy = conn.copy_in_raw(STATEMENT).await?;
    let mut buffer = Vec::with_capacity(HEADER.len() + ROWS.min(rows.len()) * ROW + END.len());
    buffer.extend_from_slice(HEADER);
    for part in rows.chunks(ROWS) {
        part.iter().for_each(|row| write(&mut buffer, city, row));
        if part.len() == ROWS {
            copy.send(buffer.as_slice()).await?;
            buffer.clear();
        }
    }
    buffer.extend_from_slice(&END);
    copy.send(buffer.as_slice()).await?;
    Ok(copy.finish().await? + u64::try_from(count).unwrap_or(u64::MAX))
}

fn write(buffer: &mut Vec<u8>, city: i32, row: &Measured) {
    buffer.extend_from_slice(&4_i16.to_be_bytes());
    buffer.extend_from_slice(&4_i32.to_be_bytes());
    buffer.extend_from_slice(&city.to_be_bytes());
    buffer.extend_from_slice(&4_i32.to_be_bytes());
    buffer.extend_from_slice(&row.series.to_be_bytes());
    buffer.extend_from_slice(&8_i32.to_be_bytes());
    buffer.extend_from_slice(&row.time.to_be_bytes());
    buffer.extend_from_slice(&8_i32.to_be_bytes());
    buffer.extend_from_slice(&row.value.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_written_as_the_manual_says() {
        let mut buffer = Vec::new();
        write(&mut buffer, 1, &Measured { series: 2, time: -3, value: 1.5 });
        let expected: &[u8] = &[
            0, 4, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 8, 255, 255, 255, 255, 255, 255,
            255, 253, 0, 0, 0, 8, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0,
        ];
        assert_eq!(buffer, expected);
        assert_eq!(buffer.len(), ROW);
    }
}
