//! Listens, and takes each request through the layers.

use super::{app::App, assets, fault, headers, pages, theme};
use axum::{Router, http::Method, middleware, response::IntoResponse};
use std::{future::Future, io, net::SocketAddr};
use tokio::net::TcpListener;

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
/// The address cannot be listened on.
pub async fn bind(address: SocketAddr) -> io::Result<BoundDashboard> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    Ok(BoundDashboard { listener, address })
}

/// Serves until `shutdown`, then ends what is under way.
///
/// # Errors
///
/// The listener fails.
pub async fn run(
    bound: BoundDashboard,
    app: App,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    axum::serve(bound.listener, router(app))
        .with_graceful_shutdown(shutdown)
        .await
}

fn router(app: App) -> Router {
    pages::routes()
        .merge(theme::routes())
        .merge(assets::routes())
        .fallback(async || {
            fault::Fault::NotFound("There is no such page.".to_owned()).into_response()
        })
        .method_not_allowed_fallback(async |method: Method| {
            fault::Fault::BadRequest(format!("This page does not take {method}.")).into_response()
        })
        .layer(middleware::from_fn_with_state(app.clone(), fault::dress))
        .layer(middleware::from_fn(headers::add))
        .with_state(app)
}
