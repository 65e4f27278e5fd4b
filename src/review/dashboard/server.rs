//! Listens, and takes each request through the layers.

use super::{
    app::App, assets, auth, fault, headers, hosts, pages, patient::Patient, streams, theme,
};
use crate::config::{Auth, Dashboard};
use axum::{
    Router,
    body::Body,
    http::{Method, Request},
    middleware::{from_fn, from_fn_with_state},
    response::IntoResponse,
};
use hyper::{body::Incoming, server::conn::http1, service::Service, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use std::{
    collections::HashMap,
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use thiserror::Error;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task, time,
};

/// Most connections at a time; further ones wait to be accepted.
const CONNECTIONS: u32 = 256;
/// Most of one address that is not this machine.
const OF_ONE: usize = 64;
/// How long a client may take to send the head of a request, or to send the
/// next one.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// Largest head of a request, in bytes.
const HEAD_BYTES: usize = 32 << 10;
/// Most header fields of a request.
const HEAD_FIELDS: usize = 64;
/// How long a stop waits for answers under way.
const STOP_TIME: Duration = Duration::from_secs(5);

/// Both ends of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer {
    pub(super) remote: SocketAddr,
    pub(super) local: SocketAddr,
}

/// The dashboard cannot listen.
#[derive(Debug, Error)]
pub enum BindError {
    /// Others could reach it, and nobody has to log in.
    #[error(
        "{0} is reached from other machines, and nobody has to log in; listen on \
         \"127.0.0.1:8025\", or set dashboard.auth to \"password\" or \"header\""
    )]
    Open(SocketAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {error}")]
    Failed {
        /// Which address.
        address: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
}

/// A listener for the dashboard.
#[derive(Debug)]
pub struct BoundDashboard {
    listener: TcpListener,
    address: SocketAddr,
}

impl BoundDashboard {
    /// Where it listens, with the port that the system chose for port 0.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Listens on the configured address.
///
/// # Errors
///
/// The address cannot be listened on, or others could reach it without
/// logging in.
pub async fn bind(config: &Dashboard) -> Result<BoundDashboard, BindError> {
    let address = config.listen;
    if config.auth == Auth::None && !address.ip().is_loopback() {
        return Err(BindError::Open(address));
    }
    let bound = async {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(BoundDashboard { listener, address })
    };
    bound
        .await
        .map_err(|error| BindError::Failed { address, error })
}

/// Serves until `shutdown`; then ends event streams at once, and waits a few
/// seconds for answers under way.
pub async fn run(bound: BoundDashboard, app: App, shutdown: impl Future<Output = ()>) {
    let router = router(app.clone());
    accept(bound.listener, router, app, shutdown).await;
}

async fn accept(
    listener: TcpListener,
    router: Router,
    app: App,
    shutdown: impl Future<Output = ()>,
) {
    let places = Arc::new(Semaphore::new(CONNECTIONS as usize));
    let crowd = Arc::new(Crowd::default());
    let mut shutdown = pin!(shutdown);
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            () = &mut shutdown => break,
        };
        let (Ok(place), Ok((stream, remote))) = (place, accepted) else {
            // Out of descriptors, or the client has gone already.
            time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let Some(member) = Crowd::admit(&crowd, remote.ip()) else {
            continue;
        };
        let (router, app) = (router.clone(), app.clone());
        task::spawn(async move {
            // Both are given back when the connection ends.
            let _held = (place, member);
            serve(stream, remote, router, app).await;
        });
    }
    drop(listener);
    app.stop();
    // Whoever is not done by then is cut off with the process.
    let _ = time::timeout(STOP_TIME, places.acquire_many(CONNECTIONS)).await;
}

async fn serve(stream: TcpStream, remote: SocketAddr, router: Router, app: App) {
    let Ok(local) = stream.local_addr() else {
        return;
    };
    // Answers are small and wait for nothing.
    let _ = stream.set_nodelay(true);
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer { remote, local });
        router.call(request.map(Body::new))
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_headers(HEAD_FIELDS)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(Patient::new(stream)), service);
    let mut connection = pin!(connection);
    // An error is the client's: it went away, was too slow or sent nonsense.
    tokio::select! {
        _ = connection.as_mut() => {}
        () = app.stopping() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

/// How many connections each address has.
#[derive(Debug, Default)]
struct Crowd(Mutex<HashMap<IpAddr, usize>>);

/// One connection of an address.
struct Member {
    crowd: Arc<Crowd>,
    address: IpAddr,
}

impl Crowd {
    /// `None` if the address has too many already. A proxy on this machine
    /// speaks for everybody.
    fn admit(crowd: &Arc<Self>, address: IpAddr) -> Option<Member> {
        let mut counts = crowd.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(address).or_default();
        if *count >= OF_ONE && !address.to_canonical().is_loopback() {
            return None;
        }
        *count += 1;
        Some(Member {
            crowd: Arc::clone(crowd),
            address,
        })
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let mut counts = self.crowd.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

/// Every layer sees the request before those above it, and the answer after
/// them.
fn router(app: App) -> Router {
    pages::routes()
        .route_layer(from_fn(auth::require))
        .merge(auth::routes())
        .merge(theme::routes())
        .merge(assets::routes())
        .fallback(async || {
            fault::Fault::NotFound("There is no such page.".to_owned()).into_response()
        })
        .method_not_allowed_fallback(async |method: Method| {
            fault::Fault::NotAllowed(method).into_response()
        })
        .layer(from_fn_with_state(app.clone(), streams::bound))
        .layer(from_fn(fault::dress))
        .layer(from_fn_with_state(app.clone(), auth::identify))
        .layer(from_fn_with_state(app.clone(), hosts::check))
        .layer(from_fn_with_state(app.clone(), headers::add))
        .with_state(app)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, Surroundings};
    use axum::{http::header, routing::get};
    use futures_util::StreamExt;
    use std::{collections::BTreeMap, convert::Infallible};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        sync::oneshot,
    };

    fn app() -> App {
        let surroundings = Surroundings {
            variables: BTreeMap::new(),
            uid: 1000,
        };
        App::new(config::parse(None, &surroundings).unwrap()).unwrap()
    }

    #[tokio::test]
    async fn a_stop_ends_event_streams_as_a_whole() {
        let app = app();
        let events = async || {
            let events = futures_util::stream::once(async { Ok::<_, Infallible>("data: 1\n\n") });
            let kind = [(header::CONTENT_TYPE, "text/event-stream")];
            (
                kind,
                Body::from_stream(events.chain(futures_util::stream::pending())),
            )
        };
        let router = Router::new()
            .route("/events", get(events))
            .layer(from_fn_with_state(app.clone(), streams::bound));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let server = task::spawn(accept(listener, router, app, async {
            let _ = stopped.await;
        }));
        let request = b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n";
        client.write_all(request).await.unwrap();
        let mut read = Vec::new();
        while !read.ends_with(b"data: 1\n\n\r\n") {
            assert_ne!(client.read_buf(&mut read).await.unwrap(), 0);
        }
        stop.send(()).unwrap();
        // The last chunk is there: the stream is complete, not cut off.
        client.read_to_end(&mut read).await.unwrap();
        assert!(
            read.ends_with(b"\r\n0\r\n\r\n"),
            "{}",
            String::from_utf8_lossy(&read)
        );
        server.await.unwrap();
    }

    #[test]
    fn one_address_does_not_take_all_connections() {
        let crowd = Arc::new(Crowd::default());
        let address = "192.0.2.1".parse().unwrap();
        let mut members: Vec<_> = (0..OF_ONE)
            .map(|_| Crowd::admit(&crowd, address).unwrap())
            .collect();
        assert!(Crowd::admit(&crowd, address).is_none());
        assert!(Crowd::admit(&crowd, "192.0.2.2".parse().unwrap()).is_some());
        members.pop();
        members.push(Crowd::admit(&crowd, address).unwrap());
        members.clear();
        assert!(crowd.0.lock().unwrap().is_empty());
    }
}
