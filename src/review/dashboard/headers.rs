//! Header fields of every answer.

use super::app::App;
use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

/// Only what is our own, no inline script or style, no text that becomes a
/// script (Trusted Types), no frame around us.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; \
    style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; \
    base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
    trusted-types 'none'";

/// For a year (RFC 6797), where browsers come by HTTPS.
const TRANSPORT_SECURITY: &str = "max-age=31536000";

/// Fields of every answer that does not say otherwise.
const FIELDS: &[(&str, &str)] = &[
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cache-control", "no-store"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(), geolocation=(), microphone=()",
    ),
];

pub(super) async fn add(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let fields = response.headers_mut();
    for &(name, value) in FIELDS {
        let name = HeaderName::from_static(name);
        if !fields.contains_key(&name) {
            fields.insert(name, HeaderValue::from_static(value));
        }
    }
    if app.config().dashboard.https {
        let value = HeaderValue::from_static(TRANSPORT_SECURITY);
        fields.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    response
}
