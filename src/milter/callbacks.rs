//! Adapters between indymilter and the session. They decide nothing.

use super::{
    negotiate, reply,
    session::{Service, Session, queue_id},
};
use indymilter::{
    Actions, Callbacks, Context, EomContext, NegotiateContext, ProtoOpts, SocketInfo, Status,
};
use std::{ffi::CString, future::ready, sync::Arc};
use tracing::warn;

/// The callbacks of a milter.
pub(super) fn callbacks(service: Arc<Service>) -> Callbacks<Session> {
    Callbacks::new()
        .on_negotiate(move |cx, actions, opts| {
            Box::pin(ready(negotiate(cx, &service, actions, opts)))
        })
        .on_connect(|cx, _, info| Box::pin(ready(connect(cx, &info))))
        .on_helo(|cx, _| Box::pin(ready(status(cx, ProtoOpts::NOREPLY_HELO))))
        .on_mail(|cx, args| Box::pin(ready(mail(cx, &args))))
        .on_rcpt(|cx, args| Box::pin(ready(rcpt(cx, &args))))
        .on_data(|cx| Box::pin(ready(status(cx, ProtoOpts::NOREPLY_DATA))))
        .on_header(|cx, name, value| Box::pin(ready(header(cx, name.as_bytes(), value.as_bytes()))))
        .on_eoh(|cx| Box::pin(ready(status(cx, ProtoOpts::NOREPLY_EOH))))
        .on_body(|cx, chunk| Box::pin(ready(body(cx, &chunk))))
        .on_eom(|cx| Box::pin(eom(cx)))
        .on_abort(|cx| Box::pin(ready(abort(cx))))
        .on_close(|cx| Box::pin(ready(close(cx))))
        .on_unknown(|cx, _| Box::pin(ready(status(cx, ProtoOpts::NOREPLY_UNKNOWN))))
}

fn negotiate(
    cx: &mut NegotiateContext<Session>,
    service: &Arc<Service>,
    actions: Actions,
    opts: ProtoOpts,
) -> Status {
    let agreement = service.negotiate(actions, opts);
    cx.requested_actions = agreement.actions;
    cx.requested_opts = agreement.opts;
    cx.requested_macros = negotiate::macros(actions);
    cx.data = Some(Session::new(Arc::clone(service), agreement));
    Status::Continue
}

fn connect(cx: &mut Context<Session>, info: &SocketInfo) -> Status {
    if let Some(session) = &mut cx.data {
        session.connect(info, &cx.macros);
    }
    status(cx, ProtoOpts::NOREPLY_CONNECT)
}

fn mail(cx: &mut Context<Session>, args: &[CString]) -> Status {
    if let Some(session) = &mut cx.data {
        session.mail(args, &cx.macros);
    }
    status(cx, ProtoOpts::NOREPLY_MAIL)
}

fn rcpt(cx: &mut Context<Session>, args: &[CString]) -> Status {
    if let Some(session) = &mut cx.data {
        session.recipient(args);
    }
    status(cx, ProtoOpts::NOREPLY_RCPT)
}

fn header(cx: &mut Context<Session>, name: &[u8], value: &[u8]) -> Status {
    if let Some(session) = &mut cx.data {
        session.header(name, value);
    }
    status(cx, ProtoOpts::NOREPLY_HEADER)
}

fn body(cx: &mut Context<Session>, chunk: &[u8]) -> Status {
    if let Some(session) = &mut cx.data {
        session.body(chunk);
    }
    status(cx, ProtoOpts::NOREPLY_BODY)
}

async fn eom(cx: &mut EomContext<Session>) -> Status {
    let id = queue_id(&cx.macros);
    let Some(session) = &mut cx.data else {
        return Status::Accept;
    };
    let agreement = session.agreement();
    let Some(ended) = session.end(id.clone()).await else {
        return Status::Accept;
    };
    let (status, result) = reply::write(cx, &ended.decision.reply, agreement, id.as_deref()).await;
    if let Err(error) = &result {
        let queue_id = id.as_deref().unwrap_or("-");
        warn!(queue_id, %error, "{queue_id}: cannot write the reply");
    }
    ended.report(result.is_ok());
    status
}

fn abort(cx: &mut Context<Session>) -> Status {
    if let Some(session) = &mut cx.data {
        session.abort();
    }
    Status::Continue
}

fn close(cx: &mut Context<Session>) -> Status {
    // The connection may be used again (QUIT_NC), so the session stays.
    abort(cx)
}

fn status(cx: &Context<Session>, noreply: ProtoOpts) -> Status {
    match &cx.data {
        Some(session) => session.agreement().status(noreply),
        None => Status::Continue,
    }
}
