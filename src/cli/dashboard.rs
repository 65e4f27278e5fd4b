//! `untrackd dashboard`: the block log in a browser.

mod users;

use super::{
    Context,
    exit::{Code, Failure},
    trace,
};
use crate::{
    config::{Auth, Config},
    review::dashboard::{self, App, BindError, BoundDashboard, auth::StartError},
};
use clap::{Args, Subcommand};
use sd_notify::NotifyState;
use std::{io, net::SocketAddr, time::Duration};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    task, time,
};
use tracing::{error, info, warn};

/// Threads for reading files, verifying passwords and writing the audit log;
/// few, so that they fit into the unit's TasksMax.
const BLOCKING_THREADS: usize = 16;

const EXAMPLES: &str = "\
Signals:
  SIGHUP            reads users and tokens anew (a change is noticed anyway)
  SIGTERM, SIGINT   stops after the answers under way

Examples:
  untrackd dashboard                               on http://127.0.0.1:8025/
  untrackd dashboard --listen '[::1]:8080'         elsewhere
  untrackd dashboard passwd ada --role admin       a user, for dashboard.auth = \"password\"
  untrackd dashboard token nightly                 a token, for \"Authorization: Bearer\"
  untrackd dashboard users                         who there is
  untrackd dashboard remove ada                    no longer";

/// Shows the block log in a browser
///
/// It reads the block log itself, so it needs no running milter. Without a
/// configuration it listens on 127.0.0.1:8025 and nobody has to log in;
/// another address than a loopback one needs dashboard.auth.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(super) struct DashboardArgs {
    #[command(subcommand)]
    command: Option<DashboardCommand>,
    /// Where to listen, instead of dashboard.listen
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

#[derive(Debug, Subcommand)]
enum DashboardCommand {
    Passwd(users::PasswdArgs),
    Token(users::TokenArgs),
    Users(users::UsersArgs),
    Remove(users::RemoveArgs),
}

pub(super) fn run(args: &DashboardArgs, context: &Context) -> Result<Code, Failure> {
    let mut config = context.config()?;
    match &args.command {
        Some(DashboardCommand::Passwd(args)) => users::passwd(args, &config),
        Some(DashboardCommand::Token(args)) => users::token(args, &config),
        Some(DashboardCommand::Users(args)) => users::list(args, &config),
        Some(DashboardCommand::Remove(args)) => users::remove(args, &config),
        None => {
            if let Some(listen) = args.listen {
                config.dashboard.listen = listen;
            }
            trace::init(config.trace, context.verbosity);
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .max_blocking_threads(BLOCKING_THREADS)
                .enable_all()
                .build()
                .map_err(|e| Failure::from_error(Code::Unavailable, "cannot start threads", &e))?;
            runtime.block_on(serve(config))
        }
    }
}

async fn serve(config: Config) -> Result<Code, Failure> {
    let signals = Signals::new()
        .map_err(|e| Failure::from_error(Code::Unavailable, "cannot handle signals", &e))?;
    let app = App::new(config.clone()).map_err(|e| {
        let code = match e {
            StartError::Users(_) => Code::Config,
            StartError::Random(_) => Code::Unavailable,
        };
        Failure::new(code, e.to_string())
    })?;
    let bound = dashboard::bind(&config.dashboard).await.map_err(|e| {
        let code = match e {
            BindError::Open(_) => Code::Config,
            BindError::Failed { .. } => Code::CannotCreate,
        };
        Failure::new(code, e.to_string())
    })?;
    announce(&config, &app, &bound);
    let Signals {
        hangup,
        interrupt,
        terminate,
    } = signals;
    let reloader = task::spawn(reread_on(hangup, app.clone()));
    let watchdog = task::spawn(feed_watchdog());
    notify(&[NotifyState::Ready, NotifyState::Status("running")]);
    dashboard::run(bound, app, stop_requested(interrupt, terminate)).await;
    reloader.abort();
    watchdog.abort();
    info!("stopped");
    Ok(Code::Ok)
}

fn announce(config: &Config, app: &App, bound: &BoundDashboard) {
    match &config.file {
        Some(file) => info!("configuration: {}", file.display()),
        None => info!("configuration: none, the defaults hold"),
    }
    info!("block log: {}", config.log.path.display());
    if app.is_without_users() {
        warn!(
            "nobody can log in: {} has no users; run: untrackd dashboard passwd NAME",
            config.dashboard.users.display()
        );
    }
    let address = bound.address();
    let is_open = config.dashboard.auth == Auth::Password && !address.ip().is_loopback();
    if is_open && !config.dashboard.https {
        warn!(
            "passwords cross the network in clear: put a proxy with HTTPS before {address}, and set dashboard.https"
        );
    }
    info!("listening on http://{address}/");
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

async fn stop_requested(mut interrupt: Signal, mut terminate: Signal) {
    let name = tokio::select! {
        _ = interrupt.recv() => "SIGINT",
        _ = terminate.recv() => "SIGTERM",
    };
    info!("{name}: stopping");
    notify(&[NotifyState::Stopping, NotifyState::Status("stopping")]);
}

async fn reread_on(mut hangup: Signal, app: App) {
    while hangup.recv().await.is_some() {
        match NotifyState::monotonic_usec_now() {
            Ok(now) => notify(&[NotifyState::Reloading, now]),
            Err(e) => warn!("cannot tell the service manager about the reload: {e}"),
        }
        match app.reread_users() {
            Ok(()) => info!("users reread"),
            Err(e) => error!("{e}; the users stay as they were"),
        }
        notify(&[NotifyState::Ready]);
    }
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
