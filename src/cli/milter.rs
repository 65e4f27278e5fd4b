//! `untrackd milter`: the service.

use super::{
    Context, engine,
    exit::{Code, Failure, chain},
    settings,
    terminal::printable,
    trace,
};
use crate::{
    allow::AllowFile,
    clean::Cleaner,
    config::{Config, Socket},
    metrics::{Gauges, Server, Sources},
    milter::{self, LiveAllowlist, Milter, Runtime, Stats},
    telemetry::{Discard, Record, Recorder},
};
use clap::Args;
use sd_notify::NotifyState;
use std::{
    fs::DirBuilder,
    io,
    os::unix::fs::DirBuilderExt,
    process,
    sync::Arc,
    time::{Duration, SystemTime},
};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
    task, time,
};
use tracing::{error, info, warn};

const EXAMPLES: &str = "\
Signals:
  SIGHUP            reads configuration and rules anew; if anything is wrong,
                    what was in force stays in force
  SIGTERM, SIGINT   stops after the messages in flight, within drain_time;
                    a second one stops at once

Examples:
  untrackd milter                        with the configuration in its usual place
  UNTRACKD_MODE=observe untrackd milter  changes nothing, only logs
  untrackd check                         prints the line that Postfix needs";

/// Runs the milter in the foreground
///
/// It needs no configuration: as root or a service user it listens on
/// /run/untrackd/milter.sock and logs to /var/lib/untrackd/log.db, as anybody
/// else below $XDG_RUNTIME_DIR and $XDG_STATE_HOME. At start it says where,
/// and which line Postfix needs. It talks to systemd (Type=notify, reload,
/// watchdog).
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct MilterArgs {}

pub(super) fn run(_args: &MilterArgs, context: &Context) -> Result<Code, Failure> {
    let config = context.config()?;
    trace::init(config.trace, context.verbosity);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Failure::from_error(Code::Unavailable, "cannot start threads", &e))?;
    runtime.block_on(serve(config, context))
}

async fn serve(config: Config, context: &Context) -> Result<Code, Failure> {
    let cleaner = engine::build_cleaner(&config)?;
    let signals = Signals::new()
        .map_err(|e| Failure::from_error(Code::Unavailable, "cannot handle signals", &e))?;
    make_socket_directory(&config)?;
    let address = settings::socket(&config);
    let listener = milter::bind(&address).map_err(|e| {
        let text = format!("{}; {}", chain(&e), e.remedy());
        Failure::new(Code::CannotCreate, text)
    })?;
    let metrics = bind_metrics(&config).await?;
    let recorder = start_recorder(&config)?;
    announce(&config, &listener, cleaner.rules().version());
    let gauges = Arc::new(Gauges::new(cleaner.rules(), SystemTime::now()));
    let mut service = settings::service(&config);
    service.max_connections = fitting(service.max_connections);
    let first = Arc::new(Runtime {
        cleaner,
        policy: settings::policy(&config),
    });
    let (sender, receiver) = watch::channel(first);
    let Signals {
        hangup,
        interrupt,
        terminate,
    } = signals;
    let allowlist = open_allowlist(&config);
    let (refused, is_refused) = watch::channel(false);
    let reloader = Reloader {
        sender,
        refused,
        started_with: config,
        context: context.clone(),
        gauges: Arc::clone(&gauges),
    };
    let reloader = task::spawn(reloader.run(hangup));
    let watchdog = task::spawn(feed_watchdog());
    notify(&[NotifyState::Ready]);
    let teller = task::spawn(tell_of(is_refused, allowlist.problem()));
    let record: Arc<dyn Record> = match &recorder {
        Some(recorder) => Arc::clone(recorder) as _,
        None => Arc::new(Discard),
    };
    let milter = Milter::new(listener, service, receiver, record).with_allowlist(allowlist);
    let sources = Sources::new(milter.stats(), recorder.clone(), gauges);
    let sources = Arc::new(sources);
    let metrics = metrics.map(|server| task::spawn(server.run(Arc::clone(&sources))));
    let notes = recorder
        .clone()
        .map(|recorder| task::spawn(note(milter.stats(), recorder)));
    let shutdown = async {
        stop_requested(interrupt, terminate).await;
        sources.stop();
    };
    let result = milter.run(shutdown).await;
    teller.abort();
    reloader.abort();
    watchdog.abort();
    for task in [metrics, notes].into_iter().flatten() {
        task.abort();
    }
    if let Some(recorder) = recorder
        && !recorder.stop(LOG_PATIENCE)
    {
        let lost = recorder.statistics();
        warn!(
            "the block log could not be completed: {} of {} messages stored",
            lost.stored, lost.taken
        );
    }
    match result {
        Ok(summary) => {
            info!("stopped: {summary}");
            Ok(Code::Ok)
        }
        Err(e) => Err(Failure::from_error(Code::Io, "the milter failed", &e)),
    }
}

/// As many connections as were asked for, or as there are file descriptors
/// for.
fn fitting(wanted: usize) -> usize {
    let Some(descriptors) = milter::descriptor_limit() else {
        return wanted;
    };
    let possible = milter::connections_within(descriptors);
    if wanted > possible {
        warn!(
            "milter.max_connections is {wanted}, but the process may open {descriptors} files: \
             at most {possible} connections are served at a time; raise the limit \
             (systemd: LimitNOFILE=) or lower max_connections"
        );
    }
    wanted.min(possible)
}

/// How long a stop waits for the block log to be written.
const LOG_PATIENCE: Duration = Duration::from_secs(5);

/// The listener for a monitoring system, if there is to be one.
async fn bind_metrics(config: &Config) -> Result<Option<Server>, Failure> {
    let Some(address) = config.metrics.listen else {
        return Ok(None);
    };
    let server = Server::bind(address).await;
    let server = server.map_err(|e| Failure::new(Code::CannotCreate, chain(&e)))?;
    let address = server.address().unwrap_or(address);
    info!("metrics: http://{address}/metrics");
    if !address.ip().is_loopback() {
        warn!(%address, "metrics: other machines can read the numbers, without a password");
    }
    Ok(Some(server))
}

/// The block log, if there is to be one.
fn start_recorder(config: &Config) -> Result<Option<Arc<Recorder>>, Failure> {
    if !config.log.enabled {
        return Ok(None);
    }
    let recorder = Recorder::start(&config.log).map_err(|e| {
        let context = format!("cannot open the block log {}", config.log.path.display());
        Failure::from_error(Code::CannotCreate, &context, &e)
    })?;
    Ok(Some(Arc::new(recorder)))
}

/// The allowlist, read now, so that a mistake in it shows at the start.
fn open_allowlist(config: &Config) -> Arc<LiveAllowlist> {
    let allowlist = LiveAllowlist::new(AllowFile::new(&config.review.allowlist));
    allowlist.at(SystemTime::now());
    Arc::new(allowlist)
}

/// Tells the service manager whether a reload was refused and whether the
/// allowlist can be read.
async fn tell_of(
    mut refused: watch::Receiver<bool>,
    mut problem: watch::Receiver<Option<Arc<str>>>,
) {
    loop {
        let status = status(
            *refused.borrow_and_update(),
            problem.borrow_and_update().as_deref(),
        );
        notify(&[NotifyState::Status(&status)]);
        let is_open = tokio::select! {
            changed = refused.changed() => changed.is_ok(),
            changed = problem.changed() => changed.is_ok(),
        };
        if !is_open {
            return;
        }
    }
}

fn status(is_refused: bool, allowlist: Option<&str>) -> String {
    let mut status = String::from("running");
    if is_refused {
        status += " with the old configuration: the new one was refused, see the log";
    }
    if let Some(problem) = allowlist {
        status += "; the allowlist cannot be read: ";
        status += &printable(problem);
    }
    status
}

struct Signals {
    hangup: Signal,
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }
}

/// The mode and group of the socket file decide who may connect; its
/// directory only has to let them through.
fn make_socket_directory(config: &Config) -> Result<(), Failure> {
    let Socket::Unix(path) = &config.milter.socket else {
        return Ok(());
    };
    let Some(dir) = path.parent() else {
        return Ok(());
    };
    let mut builder = DirBuilder::new();
    let made = builder.recursive(true).mode(0o755).create(dir);
    made.map_err(|e| {
        let mut failure = Failure::file(Code::CannotCreate, dir, &e);
        failure.message += "; make the directory, or set milter.socket";
        failure
    })
}

fn announce(config: &Config, listener: &milter::BoundListener, rules: &str) {
    match &config.file {
        Some(file) => info!("configuration: {}", file.display()),
        None => info!("configuration: none, the defaults hold"),
    }
    info!("rules: version {rules}");
    info!("block log: {}", config.log.path.display());
    info!("allowlist: {}", config.review.allowlist.display());
    info!("listening on {}", listener.describe());
    // Its comments are for those who edit the file; `check` prints them.
    let lines = milter::postfix_lines(listener.address());
    for line in lines.iter().filter(|line| !line.starts_with('#')) {
        info!("for Postfix, in main.cf: {line}");
    }
}

/// Resolves when the service is to stop. A second request ends the process at
/// once.
async fn stop_requested(mut interrupt: Signal, mut terminate: Signal) {
    let name = next_of(&mut interrupt, &mut terminate).await;
    info!("{name}: stopping");
    notify(&[NotifyState::Stopping, NotifyState::Status("stopping")]);
    task::spawn(async move {
        let name = next_of(&mut interrupt, &mut terminate).await;
        warn!("{name} again: stopping at once");
        process::exit(Code::TempFail as i32);
    });
}

async fn next_of(interrupt: &mut Signal, terminate: &mut Signal) -> &'static str {
    tokio::select! {
        _ = interrupt.recv() => "SIGINT",
        _ = terminate.recv() => "SIGTERM",
    }
}

/// Reloads on each SIGHUP. A new configuration and rules are used as a whole
/// or not at all.
struct Reloader {
    sender: watch::Sender<Arc<Runtime>>,
    /// Whether the last reload was refused.
    refused: watch::Sender<bool>,
    started_with: Config,
    context: Context,
    gauges: Arc<Gauges>,
}

impl Reloader {
    async fn run(self, mut hangup: Signal) {
        while hangup.recv().await.is_some() {
            match NotifyState::monotonic_usec_now() {
                Ok(now) => notify(&[NotifyState::Reloading, now]),
                Err(e) => warn!("cannot tell the service manager about the reload: {e}"),
            }
            let context = self.context.clone();
            // Compiling the rules takes longer than a connection should wait.
            let result = task::spawn_blocking(move || reload(&context)).await;
            let result = result.unwrap_or_else(|e| {
                let text = format!("internal error: {e}");
                Err(Failure::new(Code::Config, text))
            });
            let is_refused = !self.take(result);
            notify(&[NotifyState::Ready]);
            self.refused.send_replace(is_refused);
        }
    }

    /// Puts a new configuration in force. Returns whether it could be.
    fn take(&self, result: Result<Reloaded, Failure>) -> bool {
        match result {
            Ok(new) => {
                for key in self.started_with.needing_restart(&new.config) {
                    warn!("{key} has changed, which takes effect only after a restart");
                }
                self.gauges.reloaded(new.cleaner.rules(), SystemTime::now());
                let version = new.cleaner.rules().version().to_owned();
                self.sender.send_replace(Arc::new(Runtime {
                    cleaner: new.cleaner,
                    policy: settings::policy(&new.config),
                }));
                info!("reloaded; rules: version {version}");
                true
            }
            Err(e) => {
                self.gauges.refused(SystemTime::now());
                error!("reload refused, what was in force stays in force:\n{e}");
                false
            }
        }
    }
}

/// A configuration that was read anew, with its cleaner.
struct Reloaded {
    config: Config,
    cleaner: Arc<Cleaner>,
}

fn reload(context: &Context) -> Result<Reloaded, Failure> {
    let config = context.config()?;
    let cleaner = engine::build_cleaner(&config)?;
    Ok(Reloaded { config, cleaner })
}

/// Tells the service manager twice per period that the process is alive, if
/// it wants to know (sd_watchdog_enabled(3)).
async fn feed_watchdog() {
    let Some(period) = sd_notify::watchdog_enabled() else {
        return;
    };
    let mut interval = time::interval((period / 2).max(Duration::from_millis(100)));
    loop {
        interval.tick().await;
        notify(&[NotifyState::Watchdog]);
    }
}

/// How often the block log is told how the milter is.
const NOTE_EVERY: Duration = Duration::from_secs(5);

/// Tells the block log how the milter is, for those who look at it without a
/// monitoring system.
async fn note(stats: Arc<Stats>, recorder: Arc<Recorder>) {
    let mut interval = time::interval(NOTE_EVERY);
    loop {
        interval.tick().await;
        let sum = |count: fn(&Stats, milter::Failure) -> u64| -> u64 {
            milter::Failure::ALL
                .iter()
                .map(|cause| count(&stats, *cause))
                .sum()
        };
        recorder.note("connections", stats.open());
        recorder.note("failures", sum(Stats::failures));
        recorder.note("passed_after_failure", sum(Stats::fail_open));
        recorder.note("powerless", stats.powerless());
        let end = stats.end_time().distribution();
        if let Some(bound) = end.percentile(95) {
            recorder.note("end_p95_us", bound);
        }
    }
}

/// Does nothing without a service manager.
fn notify(state: &[NotifyState<'_>]) {
    if let Err(e) = sd_notify::notify(state) {
        warn!("cannot reach the service manager: {e}");
    }
}
