//! Packs the sums of finished days, day by day, so that long ranges are added
//! up quickly, and adds up stretches of 32 days for ranges of many months.
//!
//! A message counts where its day stands: in the rows of `rollup_daily`, of
//! which a finished day has none after the next clean-up, or packed. What
//! comes late (from the queue at midnight, or after the clock was set back) is
//! added to the packed ones in the same way. Whoever reads adds up both, so no
//! sum depends on how far this has come.

use super::{
    packed::{Sum, Sums},
    rollup::OTHER,
};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

/// How many days a stretch has.
pub(crate) const STRETCH: i64 = 32;

/// Names that a finished day keeps in each dimension; the sums of the others
/// are put together. Without it, forged sender domains would fill the sums.
const KEYS_PER_DAY: usize = 2_000;

/// Deletes what is packed of days before this one. A stretch goes with its
/// first day; its other days are still there by themselves.
pub(super) fn expire(transaction: &Transaction<'_>, oldest: i64) -> rusqlite::Result<()> {
    // The rows are found in the index, which is small.
    transaction
        .prepare_cached(
            "DELETE FROM rollup_packed WHERE rowid IN (
                 SELECT rowid FROM rollup_packed WHERE first < ?1)",
        )?
        .execute([oldest])?;
    Ok(())
}

/// Packs one day, or adds up one stretch in one dimension. `oldest` is the
/// first day that is kept. Returns whether nothing was left to do.
pub(super) fn step(connection: &mut Connection, oldest: i64, today: i64) -> rusqlite::Result<bool> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let is_done = if let Some(day) = unpacked(&transaction, today)? {
        pack(&transaction, day)?;
        false
    } else if let Some((dim, first)) = missing(&transaction, oldest, today)? {
        add_up(&transaction, &dim, first)?;
        false
    } else {
        true
    };
    transaction.commit()?;
    Ok(is_done)
}

/// The first finished day that has rows.
fn unpacked(connection: &Connection, today: i64) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT min(day) FROM rollup_daily WHERE day < ?1")?
        .query_row([today], |row| row.get(0))
}

fn pack(transaction: &Transaction<'_>, day: i64) -> rusqlite::Result<()> {
    let mut dims: Vec<(String, Sums)> = Vec::new();
    let mut statement = transaction.prepare_cached(
        "SELECT dim, key, action, findings, messages FROM rollup_daily
         WHERE day = ?1 ORDER BY dim, key, action",
    )?;
    let mut rows = statement.query([day])?;
    while let Some(row) = rows.next()? {
        let dim = row.get_ref(0)?.as_str()?;
        if dims.last().is_none_or(|(last, _)| last != dim) {
            dims.push((dim.to_owned(), Sums::default()));
        }
        if let Some((_, sums)) = dims.last_mut() {
            let (key, action) = (row.get_ref(1)?.as_str()?, row.get_ref(2)?.as_str()?);
            sums.add(key, action, sum(row.get(3)?, row.get(4)?));
        }
    }
    for (dim, mut sums) in dims {
        let mut known = transaction.prepare_cached(
            "SELECT sums FROM rollup_packed WHERE days = 1 AND dim = ?1 AND first = ?2",
        )?;
        let packed: Option<Vec<u8>> = known
            .query_row(params![dim, day], |row| row.get(0))
            .optional()?;
        if let Some(packed) = packed {
            sums.add_packed(&packed)?;
        }
        sums.cut(KEYS_PER_DAY, OTHER);
        write(transaction, 1, &dim, day, &sums)?;
        // It no longer is what its days come to.
        transaction
            .prepare_cached(
                "DELETE FROM rollup_packed
                 WHERE days = ?1 AND dim = ?2 AND first > ?3 - ?1 AND first <= ?3",
            )?
            .execute(params![STRETCH, dim, day])?;
    }
    transaction
        .prepare_cached("DELETE FROM rollup_daily WHERE day = ?1")?
        .execute([day])?;
    Ok(())
}

/// A dimension and the first day of a stretch that is over, of which all days
/// are kept, and which is not added up.
fn missing(
    connection: &Connection,
    oldest: i64,
    today: i64,
) -> rusqlite::Result<Option<(String, i64)>> {
    // Days before 1970, which are no days of mail, have no stretch.
    let first = oldest.max(0).saturating_add(STRETCH - 1) / STRETCH * STRETCH;
    let end = today.max(0) / STRETCH * STRETCH;
    connection
        .prepare_cached(
            "SELECT p.dim, p.first / ?1 * ?1 FROM rollup_packed p
             WHERE p.days = 1 AND p.first >= ?2 AND p.first < ?3 AND NOT EXISTS (
                 SELECT 1 FROM rollup_packed s
                 WHERE s.days = ?1 AND s.dim = p.dim AND s.first = p.first / ?1 * ?1)
             LIMIT 1",
        )?
        .query_row([STRETCH, first, end], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

fn add_up(transaction: &Transaction<'_>, dim: &str, first: i64) -> rusqlite::Result<()> {
    let mut sums = Sums::default();
    let mut statement = transaction.prepare_cached(
        "SELECT sums FROM rollup_packed
         WHERE days = 1 AND dim = ?1 AND first >= ?2 AND first < ?2 + ?3",
    )?;
    let mut rows = statement.query(params![dim, first, STRETCH])?;
    while let Some(row) = rows.next()? {
        let packed = row.get_ref(0)?.as_blob()?;
        sums.add_packed(packed)?;
    }
    write(transaction, STRETCH, dim, first, &sums)
}

fn write(
    transaction: &Transaction<'_>,
    days: i64,
    dim: &str,
    first: i64,
    sums: &Sums,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("INSERT OR REPLACE INTO rollup_packed VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![days, dim, first, sums.pack()])?;
    Ok(())
}

fn sum(findings: i64, messages: i64) -> Sum {
    Sum {
        findings: findings.try_into().unwrap_or_default(),
        messages: messages.try_into().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests;
