//! A milter that reads everything and does nothing: the floor.
//!
//! It is built on what untrackd is built on, indymilter and tokio with their
//! defaults, and asks the MTA for the same: the same actions, the same
//! commands, no replies but the last.

use indymilter::{Actions, Callbacks, Config, MacroStage, ProtoOpts, Status};
use std::{
    collections::HashMap,
    ffi::CString,
    future::{pending, ready},
    io,
    pin::Pin,
};
use tokio::net::{TcpListener, UnixListener};

/// The argument after which the benchmark's executable is this milter; the
/// socket follows.
pub(crate) const ARGUMENT: &str = "--be-the-no-op-milter";

const ACTIONS: Actions = Actions::REPLACE_BODY
    .union(Actions::CHANGE_HEADER)
    .union(Actions::ADD_HEADER);

const OPTIONS: ProtoOpts = ProtoOpts::NO_HELO
    .union(ProtoOpts::NO_DATA)
    .union(ProtoOpts::NO_EOH)
    .union(ProtoOpts::NO_UNKNOWN)
    .union(ProtoOpts::NOREPLY_CONNECT)
    .union(ProtoOpts::NOREPLY_MAIL)
    .union(ProtoOpts::NOREPLY_RCPT)
    .union(ProtoOpts::NOREPLY_HEADER)
    .union(ProtoOpts::NOREPLY_BODY)
    .union(ProtoOpts::LEADING_SPACE);

const MACROS: [(MacroStage, &str); 3] = [
    (MacroStage::Connect, "j v {client_addr} {daemon_name}"),
    (MacroStage::Mail, "i {auth_type} {auth_authen} {mail_addr}"),
    (MacroStage::Eom, "i"),
];

/// Serves `unix:PATH` or `inet:PORT@HOST` until the process ends.
pub(crate) fn serve(socket: &str) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let config = Config {
        max_connections: 4000,
        ..Config::default()
    };
    runtime.block_on(async {
        match socket.split_once(':') {
            Some(("unix", path)) => {
                let listener = UnixListener::bind(path)?;
                indymilter::run(listener, callbacks(), config, pending::<()>()).await
            }
            Some(("inet", address)) => {
                let (port, host) = address.split_once('@').unwrap_or((address, "127.0.0.1"));
                let listener = TcpListener::bind(format!("{host}:{port}")).await?;
                indymilter::run(listener, callbacks(), config, pending::<()>()).await
            }
            _ => Err(io::Error::other(format!("no such socket: {socket}"))),
        }
    })
}

/// Callbacks for the same commands as untrackd's, so that indymilter reads
/// them and calls us.
fn callbacks() -> Callbacks<()> {
    Callbacks::new()
        .on_negotiate(|cx, actions, options| {
            cx.requested_actions = ACTIONS & actions;
            cx.requested_opts = OPTIONS & options;
            if actions.contains(Actions::REQUEST_MACROS) {
                cx.requested_macros = macros();
            }
            now(Status::Continue)
        })
        .on_connect(|_, _, _| now(Status::Noreply))
        .on_mail(|_, _| now(Status::Noreply))
        .on_rcpt(|_, _| now(Status::Noreply))
        .on_header(|_, _, _| now(Status::Noreply))
        .on_body(|_, _| now(Status::Noreply))
        .on_eom(|_| now(Status::Accept))
}

fn now<'a>(status: Status) -> Pin<Box<dyn Future<Output = Status> + Send + 'a>> {
    Box::pin(ready(status))
}

fn macros() -> HashMap<MacroStage, CString> {
    MACROS
        .iter()
        .filter_map(|(stage, names)| Some((*stage, CString::new(*names).ok()?)))
        .collect()
}
