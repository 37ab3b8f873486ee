//! The centre's HTTP face: webhooks, a JSON API, live events and health, as one router that mounts at any path.
//!
//! ```no_run
//! # async fn serve(switchboard: switchboard::Switchboard) -> Result<(), Box<dyn std::error::Error>> {
//! use std::net::SocketAddr;
//! use switchboard::http::{Access, router};
//!
//! let calls = router(switchboard, Access::token("a secret of 16 or more")?);
//! let app = axum::Router::new().nest("/calls", calls);
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//! axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?;
//! # Ok(())
//! # }
//! ```
//!
//! The public base given to the builder must name the path at which it is mounted: the provider signs the whole URL.

mod access;
mod agents;
mod callbacks;
mod calls;
mod fault;
mod figures;
mod forecasts;
mod hooks;
mod json;
mod live;
pub mod media;
mod queues;
mod why;

use std::sync::Arc;
use std::time::Duration;

pub use access::{Access, AccessError};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any, get, post};
use fault::Fault;

use crate::engine::Switchboard;
use crate::id::CallId;

/// Most bytes of a request's body.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// How long the store may take to answer a health check.
const HEALTH_WITHIN: Duration = Duration::from_secs(2);

pub(crate) struct Shared {
    pub(crate) switchboard: Switchboard,
    pub(crate) access: Access,
    /// Who plays a forecast: one at a time.
    pub(crate) plays: Arc<tokio::sync::Semaphore>,
}

type Centre = Arc<Shared>;

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// The provider: the request bears its signature.
    Signed,
    /// Whoever [`Access`] lets in.
    Authenticated,
    /// Everybody; tells nothing about calls or people.
    Public,
}

/// One route of the router. Each is there with and without a slash at its end.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// Its path below the path of the mount, as axum writes it.
    pub path: &'static str,
    /// The methods it takes; others get 405.
    pub methods: &'static [&'static str],
    /// Who may use it.
    pub guard: Guard,
    handler: fn() -> MethodRouter<Centre>,
}

/// All routes. The router is made from this list, so there are no others.
pub const ROUTES: &[Route] = &[
    Route {
        path: "/hooks/{*rest}",
        methods: &["GET", "POST"],
        guard: Guard::Signed,
        // Methods are refused by the handler: `get` would take HEAD too.
        handler: || any(hooks::hook),
    },
    Route { path: "/health", methods: &["GET"], guard: Guard::Public, handler: || get(health) },
    Route {
        path: "/api/v1/calls",
        methods: &["GET", "POST"],
        guard: Guard::Authenticated,
        handler: || get(calls::list).post(calls::place),
    },
    Route { path: "/api/v1/calls/{id}", methods: &["GET"], guard: Guard::Authenticated, handler: || get(calls::one) },
    Route {
        path: "/api/v1/calls/{id}/hang_up",
        methods: &["POST"],
        guard: Guard::Authenticated,
        handler: || post(calls::hang_up),
    },
    Route {
        path: "/api/v1/calls/{id}/why",
        methods: &["GET"],
        guard: Guard::Authenticated,
        handler: || get(why::call),
    },
    Route {
        path: "/api/v1/calls/{id}/place",
        methods: &["POST"],
        guard: Guard::Authenticated,
        handler: || post(calls::replace),
    },
    Route {
        path: "/api/v1/callbacks",
        methods: &["GET", "POST"],
        guard: Guard::Authenticated,
        handler: || get(callbacks::list).post(callbacks::promise),
    },
    Route {
        path: "/api/v1/callbacks/{id}/cancel",
        methods: &["POST"],
        guard: Guard::Authenticated,
        handler: || post(callbacks::cancel),
    },
    Route { path: "/api/v1/agents", methods: &["GET"], guard: Guard::Authenticated, handler: || get(agents::list) },
    Route {
        path: "/api/v1/agents/{id}",
        methods: &["GET", "POST"],
        guard: Guard::Authenticated,
        handler: || get(agents::one).post(agents::act),
    },
    Route {
        path: "/api/v1/agents/{id}/figures",
        methods: &["GET"],
        guard: Guard::Authenticated,
        handler: || get(figures::agent),
    },
    Route { path: "/api/v1/queues", methods: &["GET"], guard: Guard::Authenticated, handler: || get(queues::list) },
    Route {
        path: "/api/v1/queues/{id}",
        methods: &["GET", "POST"],
        guard: Guard::Authenticated,
        handler: || get(queues::one).post(queues::change),
    },
    Route {
        path: "/api/v1/queues/{id}/figures",
        methods: &["GET"],
        guard: Guard::Authenticated,
        handler: || get(figures::queue),
    },
    Route {
        path: "/api/v1/queues/{id}/outlook",
        methods: &["GET"],
        guard: Guard::Authenticated,
        handler: || get(forecasts::outlook),
    },
    Route {
        path: "/api/v1/what-if",
        methods: &["POST"],
        guard: Guard::Authenticated,
        handler: || post(forecasts::what_if),
    },
    Route { path: "/api/v1/events", methods: &["GET"], guard: Guard::Authenticated, handler: || get(live::events) },
    Route { path: "/api/{*rest}", methods: &[], guard: Guard::Authenticated, handler: || any(nothing_here) },
];

/// The router over a call centre. Mount it with `nest`, `nest_service` or `merge`; it sets no fallback of its own.
///
/// `access` decides who may use the API. [`Access::loopback_only`] needs the peer's address: serve the application with
/// `into_make_service_with_connect_info::<SocketAddr>()`.
pub fn router(switchboard: Switchboard, access: Access) -> Router {
    let centre = Arc::new(Shared { switchboard, access, plays: Arc::new(tokio::sync::Semaphore::new(1)) });
    let mut router = Router::new();
    for route in ROUTES {
        let mut methods = (route.handler)();
        if route.guard != Guard::Signed && !route.methods.is_empty() {
            methods = methods.fallback(not_allowed);
        }
        if route.guard == Guard::Authenticated {
            let guard = axum::middleware::from_fn_with_state(Arc::clone(&centre), access::guard::<Centre>);
            methods = methods.layer(guard);
        }
        if !route.path.ends_with("{*rest}") {
            router = router.route(&format!("{}/", route.path), methods.clone());
        }
        router = router.route(route.path, methods);
    }
    router.with_state(centre)
}

/// Lets only those use `routes` whom `access` lets in.
#[cfg(feature = "simulator")]
pub(crate) fn guarded(routes: Router, access: Access) -> Router {
    routes.route_layer(axum::middleware::from_fn_with_state(access, access::guard::<Access>))
}

async fn health(State(centre): State<Centre>) -> Response {
    let asked = centre.switchboard.call(CallId(uuid::Uuid::nil()));
    let version = env!("CARGO_PKG_VERSION");
    if centre.switchboard.is_draining() {
        // About to stop: requests are answered yet, and had better go elsewhere.
        let body = serde_json::json!({"status": "draining", "version": version});
        return json::reply(StatusCode::SERVICE_UNAVAILABLE, &body);
    }
    match tokio::time::timeout(HEALTH_WITHIN, asked).await {
        Ok(Ok(_)) => json::reply(StatusCode::OK, &serde_json::json!({"status": "ok", "version": version})),
        _ => json::reply(
            StatusCode::SERVICE_UNAVAILABLE,
            &serde_json::json!({"status": "store_unavailable", "version": version}),
        ),
    }
}

async fn nothing_here() -> Response {
    Fault::not_found("there is nothing at this path; see /api/v1/calls, callbacks, agents, queues, what-if and events")
        .into_response()
}

async fn not_allowed() -> Response {
    Fault::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this path does not take this method")
        .into_response()
}
