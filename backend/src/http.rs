//! The API over HTTP: routes, extractors, problems, and the layers around them. One file per group of endpoints.
//!
//! Handlers translate between JSON and use cases; they decide nothing.

pub mod code;
pub mod disclosure;
pub mod error;
pub mod extract;
pub mod health;
pub mod history;
pub mod intake;
pub mod liabilities;
pub mod monitoring;
pub mod openapi;
pub mod payout_ask;
pub mod payout_view;
pub mod payouts;
pub mod pending;
pub mod pools;
pub mod proof;
mod refusals;
pub mod replay;
pub mod reserve;
pub mod rewards;
pub mod session;
pub mod trace;
pub mod treasury;
pub mod users;
pub mod withdraw;
pub mod words;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::limiter::Quota;
use code::Code;
use error::Problem;

/// Largest body: the largest request is a login message of 4 KiB.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// How long a request may take: longer than statement timeout and signer timeout together.
pub const REQUEST_WITHIN: Duration = Duration::from_secs(15);

/// What handlers share.
#[derive(Debug, Clone)]
pub struct Server {
    /// The use cases' needs.
    pub app: Arc<App>,
    /// Everything this process has recorded.
    pub metrics: Option<telemetry::metrics::Metrics>,
    /// How often one address may ask.
    pub per_address: Quota,
    /// How long a request may take.
    pub request_within: Duration,
}

/// Every documented route.
pub(crate) fn documented() -> OpenApiRouter<Server> {
    OpenApiRouter::with_openapi(openapi::head())
        .routes(routes!(session::nonce))
        .routes(routes!(session::wallet))
        .routes(routes!(session::refresh))
        .routes(routes!(session::logout))
        .routes(routes!(disclosure::disclosure))
        .routes(routes!(users::me))
        .routes(routes!(intake::register))
        .routes(routes!(intake::retopup))
        .routes(routes!(reserve::reserve))
        .routes(routes!(history::history))
        .routes(routes!(users::referrals))
        .routes(routes!(users::tree))
        .routes(routes!(pools::summary))
        .routes(routes!(pools::nodes))
        .routes(routes!(pools::queue))
        .routes(routes!(withdraw::withdraw))
        .routes(routes!(rewards::pending))
        .routes(routes!(payout_ask::build_batch))
        .routes(routes!(payouts::list))
        .routes(routes!(payouts::one))
        .routes(routes!(payouts::manifest))
        .routes(routes!(payouts::approve))
        .routes(routes!(payouts::sign))
        .routes(routes!(payouts::submit))
        .routes(routes!(payouts::retry))
        .routes(routes!(payouts::cancel))
        .routes(routes!(proof::proof))
        .routes(routes!(liabilities::build))
        .routes(routes!(liabilities::approve))
        .routes(routes!(liabilities::list))
        .routes(routes!(liabilities::leaves))
        .routes(routes!(treasury::summary))
        .routes(routes!(monitoring::reconciliation))
        .routes(routes!(monitoring::stops))
        .routes(routes!(monitoring::resume))
        .routes(routes!(replay::replay))
        .routes(routes!(health::health))
        .routes(routes!(health::ready))
        .routes(routes!(health::metrics))
        .routes(routes!(openapi::document))
}

/// The whole service.
pub fn router(server: Server) -> Router {
    let (router, _) = documented().split_for_parts();
    router
        // Where process supervisors ask; the same as /ready.
        .route("/health/ready", axum::routing::get(health::ready))
        .fallback(async || Problem::new(Code::NotFound))
        .method_not_allowed_fallback(async || Problem::new(Code::MethodNotAllowed))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn_with_state(server.clone(), time_out))
        .layer(from_fn_with_state(server.clone(), extract::limit_address))
        .layer(from_fn(trace::trace))
        .with_state(server)
}

async fn time_out(
    axum::extract::State(server): axum::extract::State<Server>,
    request: axum::extract::Request,
    next: axum::middleware::Next,
) -> Result<axum::response::Response, Problem> {
    tokio::time::timeout(server.request_within, next.run(request))
        .await
        .map_err(|_| Problem::new(Code::TimedOut))
}
