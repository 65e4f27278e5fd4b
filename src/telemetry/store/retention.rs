//! Takes away what is too old or too much, in small steps, so that entries
//! never wait long for the writer.

use super::{finish, rollup, schema, segment};
use rusqlite::{Connection, TransactionBehavior, params};

/// Messages that one step deletes.
const CHUNK: usize = 250;
/// Free pages that one step gives back to the file system.
const VACUUM_PAGES: u32 = 512;
/// Days that sums by the hour are kept: a week, and the day that runs.
const KEEP_HOURLY_DAYS: i64 = 8;
/// Names that one step looks at.
const NAMES: i64 = 10_000;
/// Steps that delete for space before names are looked at: on their own, the
/// messages may not free enough.
const SIZE_STEPS: u32 = 40;
/// Percentage of the size bound at which deleting for space stops.
const LOW_WATER: u64 = 95;

const DAY_MS: i64 = 86_400_000;

/// What is kept for how long, and how far the clean-up has come.
#[derive(Clone, Debug)]
pub(crate) struct Janitor {
    keep_days: u32,
    keep_rollup_days: u32,
    max_bytes: u64,
    stage: Stage,
    /// Names may have become unused since they were last looked through.
    is_names_due: bool,
    /// Which dictionary comes next, and after which number.
    names_from: (usize, i64),
    is_over: bool,
    /// Steps that have deleted for space since names were looked at.
    size_steps: u32,
    /// Messages that were deleted for space before their time.
    pub(crate) evicted: u64,
}

/// What comes next, in order.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Stage {
    Expired,
    Size,
    Rollups,
    Finish,
    Names,
    Vacuum,
}

/// What one step did.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Progress {
    /// Whether everything is tidy now.
    pub(crate) is_done: bool,
    /// Whether dictionary numbers that are held in memory may be gone.
    pub(crate) names_changed: bool,
}

impl Janitor {
    pub(crate) fn new(keep_days: u32, keep_rollup_days: u32, max_bytes: u64) -> Self {
        Self {
            keep_days,
            keep_rollup_days,
            max_bytes,
            stage: Stage::Expired,
            is_names_due: false,
            names_from: (0, 0),
            is_over: false,
            size_steps: 0,
            evicted: 0,
        }
    }

    /// Whether so many bytes are more than the database may have.
    pub(crate) fn is_above(&self, used: u64) -> bool {
        used > self.max_bytes
    }

    fn advance(&mut self) -> bool {
        self.stage = match self.stage {
            Stage::Expired => Stage::Size,
            Stage::Size => Stage::Rollups,
            Stage::Rollups => Stage::Finish,
            Stage::Finish => Stage::Names,
            Stage::Names => Stage::Vacuum,
            Stage::Vacuum => {
                self.stage = Stage::Expired;
                self.size_steps = 0;
                return !self.is_over;
            }
        };
        false
    }
}

/// Does the next small piece of work.
pub(crate) fn step(
    connection: &mut Connection,
    janitor: &mut Janitor,
    last_id: i64,
    now_ms: i64,
) -> rusqlite::Result<Progress> {
    let mut names_changed = false;
    let is_stage_done = match janitor.stage {
        Stage::Expired => {
            let cutoff = now_ms.saturating_sub(i64::from(janitor.keep_days).saturating_mul(DAY_MS));
            let ids = expired(connection, cutoff, last_id, now_ms)?;
            delete(connection, &ids)?;
            janitor.is_names_due |= !ids.is_empty();
            ids.len() < CHUNK
        }
        Stage::Size => {
            let used = used_bytes(connection)?;
            let low = janitor.max_bytes / 100 * LOW_WATER;
            janitor.is_over = used
                > if janitor.is_over {
                    low
                } else {
                    janitor.max_bytes
                };
            if janitor.is_over {
                let ids = oldest(connection)?;
                delete(connection, &ids)?;
                janitor.evicted = janitor.evicted.saturating_add(ids.len() as u64);
                janitor.is_names_due |= !ids.is_empty();
                janitor.is_over = !ids.is_empty();
                janitor.size_steps += 1;
            }
            !janitor.is_over || janitor.size_steps >= SIZE_STEPS
        }
        Stage::Rollups => {
            rollups(connection, janitor.keep_rollup_days, now_ms)?;
            true
        }
        Stage::Finish => {
            let oldest = oldest_day(janitor.keep_rollup_days, now_ms);
            finish::step(connection, oldest, rollup::day(now_ms))?
        }
        Stage::Names => {
            if janitor.is_names_due {
                let next;
                (next, names_changed) = names(connection, janitor.names_from)?;
                janitor.is_names_due = next.is_some();
                janitor.names_from = next.unwrap_or_default();
            }
            !janitor.is_names_due
        }
        Stage::Vacuum => vacuum(connection)?,
    };
    Ok(Progress {
        is_done: is_stage_done && janitor.advance(),
        names_changed,
    })
}

/// Bytes of the file that hold something.
pub(crate) fn used_bytes(connection: &Connection) -> rusqlite::Result<u64> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let pages = pragma("page_count")?.saturating_sub(pragma("freelist_count")?);
    Ok(u64::try_from(pages.saturating_mul(pragma("page_size")?)).unwrap_or(0))
}

fn expired(
    connection: &Connection,
    cutoff: i64,
    last_id: i64,
    now_ms: i64,
) -> rusqlite::Result<Vec<i64>> {
    // While ids are ahead of the clock (it once ran ahead and was set back),
    // only the stored time tells a message's age, at the price of a full scan.
    if schema::time_of(last_id) > now_ms.saturating_add(DAY_MS) {
        return ids(
            connection,
            "SELECT id FROM message WHERE at < ?1 LIMIT ?2",
            cutoff,
        );
    }
    ids(
        connection,
        "SELECT id FROM message WHERE id < ?1 ORDER BY id LIMIT ?2",
        schema::first_id(cutoff),
    )
}

fn oldest(connection: &Connection) -> rusqlite::Result<Vec<i64>> {
    ids(
        connection,
        "SELECT id FROM message WHERE id <= ?1 ORDER BY id LIMIT ?2",
        i64::MAX,
    )
}

fn ids(connection: &Connection, sql: &str, bound: i64) -> rusqlite::Result<Vec<i64>> {
    connection
        .prepare_cached(sql)?
        .query_map(params![bound, CHUNK as i64], |row| row.get(0))?
        .collect()
}

fn delete(connection: &mut Connection, ids: &[i64]) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for &id in ids {
        let findings = schema::first_finding(id);
        transaction
            .prepare_cached("DELETE FROM finding WHERE id >= ?1 AND id < ?2")?
            .execute([findings, findings.saturating_add(1 << schema::FINDING_BITS)])?;
        transaction
            .prepare_cached("DELETE FROM recipient WHERE message = ?1")?
            .execute([id])?;
        transaction
            .prepare_cached("DELETE FROM message WHERE id = ?1")?
            .execute([id])?;
    }
    segment::forget(&transaction)?;
    transaction.commit()
}

/// The first day whose sums are kept.
fn oldest_day(keep_days: u32, now_ms: i64) -> i64 {
    rollup::day(now_ms).saturating_sub(i64::from(keep_days))
}

/// Deletes the sums of old days and hours.
fn rollups(connection: &mut Connection, keep_days: u32, now_ms: i64) -> rusqlite::Result<()> {
    let oldest = oldest_day(keep_days, now_ms);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute("DELETE FROM rollup_daily WHERE day < ?1", [oldest])?;
    finish::expire(&transaction, oldest)?;
    let hours = KEEP_HOURLY_DAYS.min(i64::from(keep_days)) * 24;
    transaction.execute(
        "DELETE FROM rollup_hourly WHERE hour < ?1",
        [rollup::hour(now_ms).saturating_sub(hours)],
    )?;
    transaction.commit()
}

/// Deletes names that no message has used since the day of the oldest one, in
/// one piece of one dictionary. Returns where to go on, and whether any were
/// deleted.
fn names(
    connection: &mut Connection,
    (table, after): (usize, i64),
) -> rusqlite::Result<(Option<(usize, i64)>, bool)> {
    let Some(name) = schema::PERISHABLE.get(table) else {
        return Ok((None, false));
    };
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let oldest: Option<i64> =
        transaction.query_row("SELECT min(id) FROM message", [], |row| row.get(0))?;
    let day = oldest.map_or(i64::MAX, |id| rollup::day(schema::time_of(id)));
    let last: Option<i64> = transaction.query_row(
        &format!("SELECT max(id) FROM (SELECT id FROM {name} WHERE id > ?1 ORDER BY id LIMIT ?2)"),
        [after, NAMES],
        |row| row.get(0),
    )?;
    let mut deleted = 0;
    if let Some(last) = last {
        deleted = transaction
            .prepare_cached(&format!(
                "DELETE FROM {name} WHERE id > ?1 AND id <= ?2 AND seen < ?3"
            ))?
            .execute([after, last, day])?;
    }
    transaction.commit()?;
    let next = match last {
        Some(last) => (table, last),
        None => (table + 1, 0),
    };
    Ok((Some(next), deleted > 0))
}

/// Gives free pages back. Returns whether none is left.
fn vacuum(connection: &Connection) -> rusqlite::Result<bool> {
    let free = || -> rusqlite::Result<i64> {
        connection.pragma_query_value(None, "freelist_count", |row| row.get(0))
    };
    let before = free()?;
    let mut statement =
        connection.prepare(&format!("PRAGMA incremental_vacuum({VACUUM_PAGES})"))?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    let after = free()?;
    Ok(after == 0 || after >= before)
}
