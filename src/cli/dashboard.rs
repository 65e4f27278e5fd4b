//! `untrackd dashboard`: the block log in a browser.

use super::{
    Context,
    exit::{Code, Failure},
    trace,
};
use crate::review::dashboard::{self, App};
use clap::Args;
use sd_notify::NotifyState;
use std::net::SocketAddr;
use tokio::signal::unix::{SignalKind, signal};
use tracing::{info, warn};

/// Show the block log in a browser
#[derive(Debug, Args)]
pub(super) struct DashboardArgs {
    /// Where to listen, instead of dashboard.listen
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

pub(super) fn run(args: &DashboardArgs, context: &Context) -> Result<Code, Failure> {
    let mut config = context.config()?;
    if let Some(listen) = args.listen {
        config.dashboard.listen = listen;
    }
    trace::init(config.trace, context.verbosity);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Failure::from_error(Code::Unavailable, "cannot start threads", &e))?;
    runtime.block_on(async {
        let cannot =
            |what: &str, e: std::io::Error| Failure::from_error(Code::Unavailable, what, &e);
        let mut terminate =
            signal(SignalKind::terminate()).map_err(|e| cannot("cannot handle signals", e))?;
        let mut interrupt =
            signal(SignalKind::interrupt()).map_err(|e| cannot("cannot handle signals", e))?;
        let listen = config.dashboard.listen;
        let bound = dashboard::bind(listen)
            .await
            .map_err(|e| Failure::from_error(Code::CannotCreate, &listen.to_string(), &e))?;
        info!("http://{}/", bound.address());
        let app = App::new(config).map_err(|e| cannot("cannot start", e))?;
        notify(&[NotifyState::Ready]);
        let shutdown = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        dashboard::run(bound, app, shutdown)
            .await
            .map_err(|e| cannot("the dashboard failed", e))?;
        Ok(Code::Ok)
    })
}

/// Does nothing without a service manager.
fn notify(state: &[NotifyState<'_>]) {
    if let Err(e) = sd_notify::notify(state) {
        warn!("cannot reach the service manager: {e}");
    }
}
