//! What the service says about its work, on standard error.

use super::terminal::printable;
use crate::config::{Format, Level, Trace};
use std::{
    env,
    fmt::{self, Write as _},
    fs,
    io::{self, IsTerminal, stderr},
    os::unix::fs::MetadataExt,
};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
};
use tracing_subscriber::{
    field::RecordFields,
    fmt::{FmtContext, FormatEvent, FormatFields, format},
    registry::LookupSpan,
};

/// Levels from the least to the most that is said.
const LEVELS: &[(Level, LevelFilter)] = &[
    (Level::Error, LevelFilter::ERROR),
    (Level::Warn, LevelFilter::WARN),
    (Level::Info, LevelFilter::INFO),
    (Level::Debug, LevelFilter::DEBUG),
    (Level::Trace, LevelFilter::TRACE),
];

/// Sets up the messages of this process. `verbosity` is how often `-v` was
/// given, less how often `-q` was.
pub(super) fn init(trace: Trace, verbosity: i8) {
    let builder = tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_max_level(level(trace.level, verbosity))
        .with_target(false);
    // Fails only if it was set up before, and then it is set up.
    let _ = match trace.format {
        Format::Json => builder
            .json()
            .flatten_event(true)
            .with_ansi(false)
            .try_init(),
        Format::Auto if is_journal() => {
            let builder = builder.fmt_fields(Line);
            let inner = format().without_time().with_ansi(false).with_target(false);
            let builder = builder.with_ansi(false);
            builder.event_format(Prioritized(inner)).try_init()
        }
        Format::Auto | Format::Text => builder.fmt_fields(Line).with_ansi(is_coloured()).try_init(),
    };
}

fn level(level: Level, verbosity: i8) -> LevelFilter {
    let at = LEVELS.iter().position(|(l, _)| *l == level);
    let at = at
        .unwrap_or_default()
        .saturating_add_signed(verbosity.into());
    LEVELS
        .get(at)
        .map_or(LevelFilter::TRACE, |(_, filter)| *filter)
}

fn is_coloured() -> bool {
    match anstream::ColorChoice::global() {
        anstream::ColorChoice::Never => false,
        anstream::ColorChoice::Always | anstream::ColorChoice::AlwaysAnsi => true,
        anstream::ColorChoice::Auto => stderr().is_terminal() && env::var_os("NO_COLOR").is_none(),
    }
}

/// Whether standard error goes to the journal: `JOURNAL_STREAM` has its
/// device and inode (systemd.exec(5)). A shell started from a service
/// inherits the variable, but its output goes elsewhere.
fn is_journal() -> bool {
    let Ok(stream) = env::var("JOURNAL_STREAM") else {
        return false;
    };
    fs::metadata("/proc/self/fd/2").is_ok_and(|m| stream == format!("{}:{}", m.dev(), m.ino()))
}

/// What a line of text leaves out, because its message begins with it.
const IN_THE_MESSAGE: &[&str] = &["queue_id", "disposition"];

/// Writes the message, then the fields as `name=value`. What comes from a mail
/// cannot break out of the line.
struct Line;

impl<'w> FormatFields<'w> for Line {
    fn format_fields<R: RecordFields>(&self, writer: format::Writer<'w>, fields: R) -> fmt::Result {
        let mut line = LineVisitor {
            writer,
            is_empty: true,
            result: Ok(()),
        };
        fields.record(&mut line);
        line.result
    }
}

struct LineVisitor<'w> {
    writer: format::Writer<'w>,
    is_empty: bool,
    result: fmt::Result,
}

impl LineVisitor<'_> {
    /// Writes a field as it is. Nothing is made on the heap: a line is
    /// written for every message.
    fn field(&mut self, field: &Field, value: impl fmt::Display) {
        let name = field.name();
        if self.result.is_err() || IN_THE_MESSAGE.contains(&name) {
            return;
        }
        let space = if self.is_empty { "" } else { " " };
        self.is_empty = false;
        self.result = match name {
            "message" => write!(self.writer, "{space}{value}"),
            name => write!(self.writer, "{space}{name}={value}"),
        };
    }
}

impl Visit for LineVisitor<'_> {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.field(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.field(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.field(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.field(field, Visible(value));
    }
}

/// Shows a value with its control characters made visible.
struct Visible<'a>(&'a dyn fmt::Debug);

impl fmt::Display for Visible<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Pieces(f), "{:?}", self.0)
    }
}

/// Makes what is written to it visible, piece by piece: what is looked for is
/// one character each.
struct Pieces<'a, 'f>(&'a mut fmt::Formatter<'f>);

impl fmt::Write for Pieces<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write_str(&printable(text))
    }
}

/// Puts the priority before a line, in the form that the journal understands
/// (sd-daemon(3)), so that `journalctl -p warning` works.
struct Prioritized<F>(F);

impl<S, N, F> FormatEvent<S, N> for Prioritized<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: format::Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let priority = match *event.metadata().level() {
            tracing::Level::ERROR => 3,
            tracing::Level::WARN => 4,
            tracing::Level::INFO => 6,
            tracing::Level::DEBUG | tracing::Level::TRACE => 7,
        };
        write!(writer, "<{priority}>")?;
        self.0.format_event(context, writer, event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    /// What one event looks like as text.
    fn line(say: impl FnOnce()) -> String {
        #[derive(Clone, Default)]
        struct Buffer(Arc<Mutex<Vec<u8>>>);

        impl io::Write for Buffer {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.lock().unwrap().write(bytes)
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }

        let buffer = Buffer::default();
        let writer = buffer.clone();
        let subscriber = tracing_subscriber::fmt()
            .fmt_fields(Line)
            .with_ansi(false)
            .with_target(false)
            .without_time()
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, say);
        let bytes = buffer.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_line_begins_with_the_queue_id() {
        let queue_id = "4XyZ";
        let text = line(|| {
            tracing::info!(queue_id, disposition = "changed", n = 3, why = %"-", "{queue_id}: changed");
        });
        assert_eq!(text, " INFO 4XyZ: changed n=3 why=-\n");
    }

    #[test]
    fn a_mail_cannot_break_out_of_its_line() {
        let text = line(|| {
            tracing::info!(sender = "a\n<0>b\u{202e}\x1b[2J", plain = %"c\nd\u{9b}", "m\re");
        });
        assert_eq!(text.matches('\n').count(), 1, "{text}");
        assert!(text.ends_with('\n'));
        assert!(
            !text.trim_end().contains(crate::visible::is_control),
            "{text:?}"
        );
    }

    #[test]
    fn verbosity_moves_the_level() {
        for (from, verbosity, expected) in [
            (Level::Info, 0, LevelFilter::INFO),
            (Level::Info, 1, LevelFilter::DEBUG),
            (Level::Info, 9, LevelFilter::TRACE),
            (Level::Info, -1, LevelFilter::WARN),
            (Level::Info, -9, LevelFilter::ERROR),
        ] {
            assert_eq!(level(from, verbosity), expected);
        }
    }
}
