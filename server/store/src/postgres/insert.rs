//! Writing samples one way or the other, and the numbers of their series.

use pantau_schemas::ids::SeriesId;
use sqlx::PgConnection;

use super::column::column;
use super::days::Days;
use super::measured::Measured;
use crate::numbers::Numbers;

/// Gives every new series its number.
pub(super) async fn number_series(
    conn: &mut PgConnection,
    city: i32,
    numbers: &mut Numbers<'_>,
) -> Result<(), sqlx::Error> {
    if numbers.new.is_empty() {
        return Ok(());
    }
    let mut names: Vec<SeriesId> = numbers.new.keys().cloned().collect();
    names.sort();
    let texts = column(&names, SeriesId::as_str);
    sqlx::query(
        "INSERT INTO series (city, name) SELECT $1, name FROM unnest($2::text[]) AS name ON CONFLICT DO NOTHING",
    )
    .bind(city)
    .bind(&texts)
    .execute(&mut *conn)
    .await?;
    let found: Vec<(String, i32)> =
        sqlx::query_as("SELECT name, id FROM series WHERE city = $1 AND name = ANY($2)")
            .bind(city)
            .bind(&texts)
            .fetch_all(conn)
            .await?;
    for (found, id) in found {
        if let Some(number) = SeriesId::new(&found).ok().and_then(|name| numbers.new.get_mut(&name)) {
            *number = i64::from(id);
        }
    }
    Ok(())
}

/// Inserts rows in one statement, leaving alone those that are there; gives how many were new.
pub(super) async fn insert(
    conn: &mut PgConnection,
    (city, days): (i32, &Days),
    rows: &[Measured],
) -> Result<u64, sqlx::Error> {
    let (rows, other) = days.part(rows);
    let other = insert_other(conn, city, &other).await?.len();
    let inserted = sqlx::query(
        "INSERT INTO sample (city, series, time, value) SELECT $1, * FROM unnest( \
         $2::integer[], $3::bigint[], $4::float8[]) ON CONFLICT DO NOTHING",
    )
    .bind(city)
    .bind(column(&rows, |row| row.series))
    .bind(column(&rows, |row| row.time))
    .bind(column(&rows, |row| row.value))
    .execute(conn)
    .await?;
    Ok(inserted.rows_affected() + u64::try_from(other).unwrap_or(u64::MAX))
}

/// The same; gives the keys of those that were new.
pub(super) async fn insert_each(
    conn: &mut PgConnection,
    (city, days): (i32, &Days),
    rows: &[Measured],
) -> Result<Vec<(i32, i64)>, sqlx::Error> {
    let (rows, other) = days.part(rows);
    let mut new = insert_other(conn, city, &other).await?;
    let own = "INSERT INTO sample (city, series, time, value) SELECT $1, * FROM unnest( \
         $2::integer[], $3::bigint[], $4::float8[]) ON CONFLICT DO NOTHING RETURNING series, time";
    new.extend(insert_into(conn, own, city, &rows).await?);
    Ok(new)
}

/// The same for rows of odd days beside a hypertable ([`Days::part`]).
pub(super) async fn insert_other(
    conn: &mut PgConnection,
    city: i32,
    rows: &[Measured],
) -> Result<Vec<(i32, i64)>, sqlx::Error> {
    let other = "INSERT INTO sample_other (city, series, time, value) SELECT $1, * FROM unnest( \
         $2::integer[], $3::bigint[], $4::float8[]) ON CONFLICT DO NOTHING RETURNING series, time";
    insert_into(conn, other, city, rows).await
}

async fn insert_into(
    conn: &mut PgConnection,
    statement: &'static str,
    city: i32,
    rows: &[Measured],
) -> Result<Vec<(i32, i64)>, sqlx::Error> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    sqlx::query_as(statement)
        .bind(city)
        .bind(column(rows, |row| row.series))
        .bind(column(rows, |row| row.time))
        .bind(column(rows, |row| row.value))
        .fetch_all(conn)
        .await
}
