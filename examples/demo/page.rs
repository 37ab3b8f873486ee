//! The page at `/`.

use axum::Router;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::IntoResponse;
use axum::routing::get;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse {
    ([(CONTENT_TYPE, kind), (CONTENT_SECURITY_POLICY, POLICY), (X_CONTENT_TYPE_OPTIONS, "nosniff")], text)
}

/// The page, its style and its script.
pub(crate) fn router() -> Router {
    let page = || async { asset("text/html; charset=utf-8", include_str!("../../src/console/floor.html")) };
    let style = || async { asset("text/css; charset=utf-8", include_str!("../../src/console/floor.css")) };
    let script = || async { asset("text/javascript; charset=utf-8", include_str!("../../src/console/floor.js")) };
    Router::new()
        .route("/", get(page))
        .route("/floor.css", get(style))
        .route("/floor.js", get(script))
        // No icon: browsers ask for it by themselves.
        .route("/favicon.ico", get(|| async { axum::http::StatusCode::NO_CONTENT }))
}
