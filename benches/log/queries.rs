//! How fast the block log answers, on the made-up year of `benches/log/main.rs`.
//!
//! `cargo bench --bench log && cargo bench --bench queries`. LOG_BENCH_FILE
//! names another file. Each question is asked six times: the first time, and
//! the median of the others, with the processor time in it, which says more on
//! a busy machine.

use jiff::{Span, Timestamp, Zoned, civil::Date, tz::TimeZone};
use rusqlite::{Connection, OpenFlags};
use std::{
    env,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use untrackd::review::{Context, Cursor, Days, Dimension, Query, Reader, ReviewError};

/// Rows of a page of the log.
const PAGE: usize = 50;
/// How often each question is asked after the first time.
const REPEATS: usize = 5;
/// Nothing in the bench may run longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// The names that stand in a column: the field, and their numbers with what
/// they belong to.
const FIELDS: &[(&str, &str, &str)] = &[
    ("is", "disposition", "SELECT disposition AS n FROM message"),
    (
        "skip",
        "skip",
        "SELECT d.id AS n FROM message m JOIN skip d ON instr(m.skips, d.name)",
    ),
    ("ambiguity", "ambiguity", "SELECT id AS n FROM ambiguity"),
    ("sender", "domain", "SELECT sender_domain AS n FROM message"),
    (
        "recipient-domain",
        "domain",
        "SELECT domain AS n FROM recipient",
    ),
    ("client", "client", "SELECT client AS n FROM message"),
    ("privacy", "privacy", "SELECT privacy AS n FROM message"),
    (
        "rules-version",
        "version",
        "SELECT rules_version AS n FROM message",
    ),
    ("vector", "vector", "SELECT vector AS n FROM finding"),
    ("action", "action", "SELECT action AS n FROM finding"),
    ("rule", "rule", "SELECT rule AS n FROM finding"),
    ("vendor", "vendor", "SELECT vendor AS n FROM finding"),
    ("company", "company", "SELECT company AS n FROM finding"),
    ("category", "category", "SELECT category AS n FROM finding"),
    ("host", "tracker", "SELECT tracker AS n FROM finding"),
    (
        "domain",
        "domain",
        "SELECT tracker_domain AS n FROM finding",
    ),
    (
        "destination",
        "domain",
        "SELECT destination AS n FROM finding",
    ),
    ("allowed", "allowed", "SELECT allowed AS n FROM finding"),
    (
        "tells",
        "kind",
        "SELECT d.id AS n FROM finding JOIN tells t ON t.id = tells JOIN kind d ON instr(t.name, d.name)",
    ),
    (
        "evidence",
        "evidence_kind",
        "SELECT d.id AS n FROM finding JOIN evidence e ON e.id = evidence
         JOIN evidence_kind d ON instr(e.name, d.name)",
    ),
];

/// Numbers, with a value that nearly all messages have, one that few have, and
/// one that none has.
const NUMBERS: &[(&str, [&str; 3])] = &[
    ("score", [">=0", ">330", ">1000"]),
    ("count", ["1", ">25", ">1000"]),
    ("size", [">10k", "50000", ">1G"]),
    ("duration", ["<6", "3.456", ">60000"]),
    ("recipients", ["1", "5", ">999"]),
];

fn main() {
    // `cargo test --benches` only asks whether it can be built.
    if !env::args().any(|arg| arg == "--bench") {
        return;
    }
    let path = env::var_os("LOG_BENCH_FILE").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/log-bench/year.db"),
        PathBuf::from,
    );
    if !path.exists() {
        println!(
            "{} is not there; run: cargo bench --bench log",
            path.display()
        );
        return;
    }
    let connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .expect("the file can be read");
    let newest: i64 = number(&connection, "SELECT max(at) FROM message");
    println!(
        "{} messages, {} findings, {} segments of the index\n",
        number(&connection, "SELECT count(*) FROM message"),
        number(&connection, "SELECT count(*) FROM finding"),
        number(&connection, "SELECT count(*) FROM segment"),
    );
    println!(
        "{:<50} {:>9} {:>9} {:>9}  rows",
        "question", "first ms", "median ms", "cpu ms"
    );
    let bench = Bench {
        reader: Reader::open(&path).expect("the reader opens"),
        now: Timestamp::from_millisecond(newest)
            .expect("a time")
            .to_zoned(TimeZone::UTC),
    };
    bench.reader.set_patience(PATIENCE);
    bench.overviews();
    bench.pages(&connection);
    bench.lists();
}

/// Time that this thread has spent on a processor (Linux; elsewhere nothing).
fn cpu_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = text.split(' ').next().and_then(|word| word.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or_default())
}

fn number(connection: &Connection, sql: &str) -> i64 {
    connection
        .query_row(sql, [], |row| row.get(0))
        .expect("a number")
}

struct Bench {
    reader: Reader,
    now: Zoned,
}

impl Bench {
    fn days(&self, count: i64) -> Days {
        let last: Date = self.now.date();
        let first = last.checked_sub(Span::new().days(count - 1));
        Days {
            first: first.expect("a date"),
            last,
        }
    }

    /// Asks, and prints how long it took.
    fn ask(&self, what: &str, ask: impl Fn(&Reader) -> Result<usize, ReviewError>) {
        let timed = || {
            let (begun, cpu) = (Instant::now(), cpu_time());
            let rows = ask(&self.reader);
            (begun.elapsed(), cpu_time().saturating_sub(cpu), rows)
        };
        let (first, _, rows) = timed();
        let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
        match rows {
            Err(error) => println!("{what:<50} {:>9.1} {error}", ms(first)),
            Ok(rows) => {
                let again: Vec<_> = (0..REPEATS).map(|_| timed()).collect();
                let median = |time: fn(&(Duration, Duration, _)) -> Duration| {
                    let mut times: Vec<Duration> = again.iter().map(time).collect();
                    times.sort_unstable();
                    ms(times[REPEATS / 2])
                };
                println!(
                    "{what:<50} {:>9.1} {:>9.1} {:>9.1}  {rows}",
                    ms(first),
                    median(|(wall, _, _)| *wall),
                    median(|(_, cpu, _)| *cpu)
                );
            }
        }
    }

    /// Tiles, two charts and five lists.
    fn overviews(&self) {
        for count in [1, 7, 30, 90, 366] {
            let days = self.days(count);
            self.ask(&format!("overview of {count} days"), |reader| {
                reader.totals(days)?;
                reader.series(Dimension::Disposition, days, 5)?;
                reader.series(Dimension::Company, days, 6)?;
                let mut rows = 0;
                for dimension in [
                    Dimension::Company,
                    Dimension::Tracker,
                    Dimension::Sender,
                    Dimension::Rule,
                    Dimension::Vector,
                ] {
                    rows += reader.top(dimension, days, 10)?.len();
                }
                Ok(rows)
            });
        }
        for dimension in [Dimension::Tracker, Dimension::Sender, Dimension::Company] {
            for count in [30, 366] {
                let days = self.days(count);
                let what = format!("top 20 of {dimension:?} in {count} days");
                self.ask(&what, |reader| Ok(reader.top(dimension, days, 20)?.len()));
            }
        }
        self.ask("a list of all senders in 366 days", |reader| {
            let days = self.days(366);
            Ok(reader.top(Dimension::Sender, days, 20_000)?.len())
        });
        let top = self.reader.top(Dimension::Sender, self.days(366), 1);
        let key = top.expect("a sender").pop().expect("a sender").key;
        self.ask("series of one sender in 366 days", |reader| {
            let days = self.days(366);
            Ok(reader.series_of(Dimension::Sender, &key, days)?.slots.len())
        });
        self.ask("span of one sender", |reader| {
            Ok(reader.span(Dimension::Sender, &key)?.into_iter().count())
        });
        let top = self.reader.top(Dimension::Company, self.days(366), 1);
        let key = top.expect("a company").pop().expect("a company").key;
        self.ask("series of one company in 366 days", |reader| {
            let days = self.days(366);
            Ok(reader
                .series_of(Dimension::Company, &key, days)?
                .slots
                .len())
        });
        self.ask("span of one company", |reader| {
            Ok(reader.span(Dimension::Company, &key)?.into_iter().count())
        });
    }

    fn page(&self, text: &str) {
        let context = Context {
            now: &self.now,
            keys: None,
        };
        let query = Query::parse(text, &context).expect("a query");
        self.ask(text, |reader| {
            Ok(reader.page(&query, Cursor::Newest, PAGE)?.rows.len())
        });
    }

    /// The first page of single values: frequent, rare and absent ones.
    fn pages(&self, connection: &Connection) {
        println!();
        self.page("");
        for (field, dictionary, numbers) in FIELDS {
            let mut names = connection
                .prepare(&format!(
                    "SELECT name FROM ({numbers}) JOIN {dictionary} ON id = n
                     GROUP BY n ORDER BY count(*) DESC"
                ))
                .expect("a dimension");
            let names: Vec<String> = names
                .query_map([], |row| row.get(0))
                .expect("names")
                .collect::<Result<_, _>>()
                .expect("names");
            let mut places = vec![0, names.len() / 2, names.len().saturating_sub(1)];
            places.dedup();
            for (n, name) in places.iter().filter_map(|n| Some((*n, names.get(*n)?))) {
                self.page(&Query::term(field, name));
                if n == 0 {
                    self.page(&format!("-{}", Query::term(field, name)));
                }
            }
        }
        for (field, values) in NUMBERS {
            for value in values {
                self.page(&format!("{field}:{value}"));
                self.page(&format!("-{field}:{value}"));
            }
        }
        for text in [
            "sender:absent.example",
            "host:absent.example",
            "company:absent",
            "rule:absent",
            "vector:attributionsrc",
            "skip:timeout",
            "ambiguity:nul",
            "ambiguity:*",
            "evidence:absent",
            "allowed:*",
            "privacy:full",
            "queue:absent",
            "-queue:absent",
            "message-id:absent@mail.example",
            "recipient:r_absent",
            "-recipient:r_absent",
        ] {
            self.page(text);
        }
        for column in ["queue_id", "message_id"] {
            let sql = format!("SELECT {column} FROM message ORDER BY id LIMIT 1 OFFSET 1000");
            let value: String = connection
                .query_row(&sql, [], |row| row.get(0))
                .expect("a message");
            let field = column
                .trim_end_matches("_id")
                .replace("message", "message-id");
            self.page(&Query::term(&field, &value));
        }
        let sql = "SELECT who FROM recipient WHERE who IS NOT NULL LIMIT 1 OFFSET 1000";
        let who: String = connection
            .query_row(sql, [], |row| row.get(0))
            .expect("a recipient");
        self.page(&Query::term("recipient", &who));
        println!();
        for text in [
            "host:*.example",
            "host:a*",
            "sender:*1*",
            "mail",
            "absent",
            "is:changed -company:*",
            "vector:img-src action:neutralize",
            "category:sales vector:img-src since:30d",
            "tells:address tells:link vector:css-url",
        ] {
            self.page(text);
        }
        let all = Query::default();
        let oldest = self.reader.after(0, &all, 500_000 / 1_000);
        let middle = oldest.expect("messages").pop().expect("a message").id;
        self.ask("the page before an old message", |reader| {
            let page = reader.page(&all, Cursor::Before(middle), PAGE)?;
            Ok(page.rows.len())
        });
        self.ask("the page after an old message", |reader| {
            let page = reader.page(&all, Cursor::After(middle), PAGE)?;
            Ok(page.rows.len())
        });
        self.ask("one message", |reader| {
            Ok(reader.message(middle)?.into_iter().count())
        });
        self.ask("find by an absent Message-ID", |reader| {
            Ok(reader.find("absent@mail.example", None)?.len())
        });
    }

    /// What looks at many messages of a query.
    fn lists(&self) {
        println!();
        for text in ["", "is:changed", "vector:img-src since:30d", "-company:*"] {
            let context = Context {
                now: &self.now,
                keys: None,
            };
            let query = Query::parse(text, &context).expect("a query");
            self.ask(&format!("facets of {text:?}"), |reader| {
                Ok(reader.facets(&query)?.iter().map(|f| f.values.len()).sum())
            });
            for dimension in [Dimension::Company, Dimension::Tracker, Dimension::Sender] {
                self.ask(&format!("top of {dimension:?} in {text:?}"), |reader| {
                    Ok(reader.top_in(&query, dimension, 10)?.rows.len())
                });
            }
        }
    }
}
