//! What the service says about its work, on standard error.

use crate::config::{Format, Level, Trace};
use std::{
    env, fmt, fs,
    io::{self, IsTerminal, stderr},
    os::unix::fs::MetadataExt,
};
use tracing::{Event, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
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
        Format::Json => builder.json().with_ansi(false).try_init(),
        Format::Auto if is_journal() => {
            let inner = format().without_time().with_ansi(false).with_target(false);
            let builder = builder.with_ansi(false);
            builder.event_format(Prioritized(inner)).try_init()
        }
        Format::Auto | Format::Text => builder.with_ansi(is_coloured()).try_init(),
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
