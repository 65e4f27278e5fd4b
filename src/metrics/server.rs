//! Answers `/metrics` and `/health` over HTTP/1.1.
//!
//! It lives in the process that handles mail, so it must not be able to harm
//! it: few connections at a time, each with one request and little time.

use super::{Sources, State};
use axum::{
    Json, Router,
    extract::State as Shared,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use thiserror::Error;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};
use tracing::debug;

/// The media type of the OpenMetrics text format.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Most connections open at a time; more wait in the backlog.
const CONNECTIONS: usize = 8;
/// How long a connection may last.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait after an error in accepting, such as too many open files.
const AFTER_ERROR: Duration = Duration::from_millis(200);

/// The address cannot be listened on.
#[derive(Debug, Error)]
#[error("cannot listen on {address} for metrics; set metrics.listen to another address")]
pub struct BindError {
    /// Which address.
    pub address: SocketAddr,
    /// Why.
    #[source]
    pub error: io::Error,
}

/// Listens, and answers once it runs.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
}

impl Server {
    /// Listens on this address.
    ///
    /// # Errors
    ///
    /// The address is taken, or is not this machine's.
    pub async fn bind(address: SocketAddr) -> Result<Self, BindError> {
        match TcpListener::bind(address).await {
            Ok(listener) => Ok(Self { listener }),
            Err(error) => Err(BindError { address, error }),
        }
    }

    /// Where it listens.
    ///
    /// # Errors
    ///
    /// The system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers until it is dropped.
    pub async fn run(self, sources: Arc<Sources>) {
        let router = Router::new()
            .route("/metrics", get(metrics))
            .route("/health", get(health))
            .with_state(sources);
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else {
                return;
            };
            let stream = match self.listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    debug!(%error, "metrics: cannot accept a connection");
                    sleep(AFTER_ERROR).await;
                    continue;
                }
            };
            let router = router.clone();
            tokio::spawn(async move {
                let _place = place;
                if timeout(PATIENCE, answer(stream, router)).await.is_err() {
                    debug!("metrics: a client took too long");
                }
            });
        }
    }
}

async fn answer(stream: TcpStream, router: Router) {
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .keep_alive(false)
        .max_headers(64)
        .max_buf_size(16 << 10)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
        .await;
    if let Err(error) = served {
        debug!(%error, "metrics: a connection broke");
    }
}

async fn metrics(Shared(sources): Shared<Arc<Sources>>) -> Response {
    ([(header::CONTENT_TYPE, OPEN_METRICS)], sources.text()).into_response()
}

/// 200 as long as mail is taken, also if something else needs attention; 503
/// while the service stops.
async fn health(Shared(sources): Shared<Arc<Sources>>) -> Response {
    let health = sources.health();
    let code = match health.status {
        State::Ok | State::Degraded => StatusCode::OK,
        State::Stopping => StatusCode::SERVICE_UNAVAILABLE,
    };
    (code, Json(health)).into_response()
}
