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
    config::{Config, Socket},
    milter::{self, LiveAllowlist, Milter, Runtime},
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
    let recorder = start_recorder(&config)?;
    announce(&config, &listener, cleaner.rules().version());
    let service = settings::service(&config);
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
    let reloader = task::spawn(reload_on(hangup, sender, config, context.clone()));
    let watchdog = task::spawn(feed_watchdog());
    notify(&[NotifyState::Ready, NotifyState::Status("running")]);
    let teller = task::spawn(tell_of(allowlist.problem()));
    let record: Arc<dyn Record> = match &recorder {
        Some(recorder) => Arc::clone(recorder) as _,
        None => Arc::new(Discard),
    };
    let shutdown = stop_requested(interrupt, terminate);
    let result = Milter::new(listener, service, receiver, record)
        .with_allowlist(allowlist)
        .run(shutdown)
        .await;
    teller.abort();
    reloader.abort();
    watchdog.abort();
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

/// How long a stop waits for the block log to be written.
const LOG_PATIENCE: Duration = Duration::from_secs(5);

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

/// Tells the service manager whether the allowlist can be read.
async fn tell_of(mut problem: watch::Receiver<Option<Arc<str>>>) {
    problem.mark_changed();
    while problem.changed().await.is_ok() {
        let status = match &*problem.borrow_and_update() {
            Some(text) => format!("running; the allowlist cannot be read: {}", printable(text)),
            None => "running".to_owned(),
        };
        notify(&[NotifyState::Status(&status)]);
    }
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
async fn reload_on(
    mut hangup: Signal,
    sender: watch::Sender<Arc<Runtime>>,
    started_with: Config,
    context: Context,
) {
    while hangup.recv().await.is_some() {
        match NotifyState::monotonic_usec_now() {
            Ok(now) => notify(&[NotifyState::Reloading, now]),
            Err(e) => warn!("cannot tell the service manager about the reload: {e}"),
        }
        let context = context.clone();
        // Compiling the rules takes longer than a connection should wait.
        let result = task::spawn_blocking(move || reload(&context)).await;
        let result = result.unwrap_or_else(|e| {
            let text = format!("internal error: {e}");
            Err(Failure::new(Code::Config, text))
        });
        let status = match result {
            Ok((config, runtime)) => {
                for key in started_with.needing_restart(&config) {
                    warn!("{key} has changed, which takes effect only after a restart");
                }
                let version = runtime.cleaner.rules_version().to_owned();
                sender.send_replace(Arc::new(runtime));
                info!("reloaded; rules: version {version}");
                "running"
            }
            Err(e) => {
                error!("reload refused, what was in force stays in force:\n{e}");
                "running with the old configuration: the new one was refused, see the log"
            }
        };
        notify(&[NotifyState::Ready, NotifyState::Status(status)]);
    }
}

fn reload(context: &Context) -> Result<(Config, Runtime), Failure> {
    let config = context.config()?;
    let cleaner = engine::build_cleaner(&config)?;
    let policy = settings::policy(&config);
    Ok((config, Runtime { cleaner, policy }))
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

/// Does nothing without a service manager.
fn notify(state: &[NotifyState<'_>]) {
    if let Err(e) = sd_notify::notify(state) {
        warn!("cannot reach the service manager: {e}");
    }
}
