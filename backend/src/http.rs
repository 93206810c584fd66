//! The API over HTTP: routes, extractors, problems, and the layers around them. One file per group of endpoints.
//!
//! Handlers translate between JSON and use cases; they decide nothing.

pub mod admin;
pub mod approval;
pub mod audit;
pub mod binary;
pub mod code;
pub mod config;
pub mod contract_abi;
pub mod disclosure;
pub mod error;
mod export;
pub mod extract;
pub mod funds;
pub mod health;
pub mod history;
pub mod intake;
pub mod liabilities;
pub mod monitoring;
pub mod openapi;
pub mod own;
pub mod parse;
pub mod payout_request;
pub mod payout_view;
pub mod payouts;
pub mod pending;
pub mod pools;
pub mod proof;
pub mod proposals;
mod refusals;
pub mod relay;
pub mod replay;
pub mod reports;
pub mod reserve;
pub mod rewards;
pub mod schema;
pub mod search;
pub mod session;
pub mod sponsors;
pub mod subscriptions;
pub mod trace;
pub mod transaction;
pub mod treasury;
pub mod typed_data;
pub mod users;
mod view;
pub mod withdraw;
pub mod withdrawals;
pub mod withholding;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::{from_fn, from_fn_with_state};
use service::limiter::Quota;
use service::request_id;
use tower_http::cors::{AllowOrigin, CorsLayer};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::config::Origin;
use code::Code;
use error::Problem;

/// Largest body: the largest request is a login message of 4 KiB.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// How long a request may take: longer than statement timeout and signer timeout together.
pub const REQUEST_WITHIN: Duration = Duration::from_secs(15);

/// A year, as browsers request.
const HSTS: &str = "max-age=31536000";

/// How long a browser may remember what another site's pages may do.
const CORS_SECONDS: Duration = Duration::from_secs(600);

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// What handlers share.
#[derive(Debug, Clone)]
pub struct Server {
    /// The use cases' needs.
    pub app: Arc<App>,
    /// Everything this process has recorded.
    pub metrics: Option<service::metrics::Metrics>,
    /// How often one address may ask.
    pub per_address: Quota,
    /// How often one address may request nonces, sign in and refresh: each of these writes a row.
    pub sign_ins: Quota,
    /// How long a request may take.
    pub request_within: Duration,
    /// Who may call it, and how.
    pub site: Site,
}

/// CORS and HSTS settings.
#[derive(Debug, Clone, Default)]
pub struct Site {
    /// Sites whose pages may call the API.
    pub cors_origins: Vec<Origin>,
    /// Whether browsers are told to use TLS only (HSTS).
    pub is_https_only: bool,
}

/// Every documented route.
pub(crate) fn documented() -> OpenApiRouter<Server> {
    operated(for_users(OpenApiRouter::with_openapi(openapi::head())))
        .routes(routes!(health::health))
        .routes(routes!(health::ready))
        .routes(routes!(health::metrics))
        .routes(routes!(openapi::document))
}

/// What users ask, and what anyone may.
fn for_users(router: OpenApiRouter<Server>) -> OpenApiRouter<Server> {
    router
        .routes(routes!(session::nonce))
        .routes(routes!(session::wallet))
        .routes(routes!(session::refresh))
        .routes(routes!(session::logout))
        .routes(routes!(disclosure::disclosure))
        .routes(routes!(config::config))
        .routes(routes!(contract_abi::abi))
        .routes(routes!(sponsors::sponsor))
        .routes(routes!(users::me))
        .routes(routes!(own::authorizations))
        .routes(routes!(own::command))
        .routes(routes!(own::exits))
        .routes(routes!(intake::register))
        .routes(routes!(intake::retopup))
        .routes(routes!(intake::purchase))
        .routes(routes!(reserve::reserve))
        .routes(routes!(reserve::message))
        .routes(routes!(history::history))
        .routes(routes!(users::referrals))
        .routes(routes!(users::tree))
        .routes(routes!(subscriptions::list))
        .routes(routes!(subscriptions::ranks))
        .routes(routes!(binary::place))
        .routes(routes!(binary::side_message, binary::choose_side))
        .routes(routes!(binary::bookings))
        .routes(routes!(withholding::list))
        .routes(routes!(pools::summary))
        .routes(routes!(pools::nodes))
        .routes(routes!(pools::queue))
        .routes(routes!(withdraw::withdraw))
        .routes(routes!(withdrawals::quote))
        .routes(routes!(withdrawals::request))
        .routes(routes!(rewards::pending))
        .routes(routes!(proof::proof))
        .routes(routes!(relay::refund))
        .routes(routes!(relay::claim))
        .routes(routes!(relay::credit))
        .routes(routes!(relay::one))
        .routes(routes!(funds::list))
}

/// What operators do, and what is shown of it.
fn operated(router: OpenApiRouter<Server>) -> OpenApiRouter<Server> {
    router
        .routes(routes!(payout_request::build_batch))
        .routes(routes!(payouts::list))
        .routes(routes!(payouts::one))
        .routes(routes!(payouts::manifest))
        .routes(routes!(payouts::approval))
        .routes(routes!(payouts::approve))
        .routes(routes!(payouts::sign))
        .routes(routes!(payouts::submit))
        .routes(routes!(payouts::retry))
        .routes(routes!(payouts::cancel))
        .routes(routes!(liabilities::build))
        .routes(routes!(liabilities::request))
        .routes(routes!(liabilities::approval))
        .routes(routes!(liabilities::approve))
        .routes(routes!(liabilities::list))
        .routes(routes!(liabilities::leaves))
        .routes(routes!(treasury::summary))
        .routes(routes!(funds::allocate))
        .routes(routes!(proposals::list))
        .routes(routes!(proposals::one))
        .routes(routes!(proposals::approval))
        .routes(routes!(proposals::approve))
        .routes(routes!(proposals::withdraw))
        .routes(routes!(admin::verify_message, admin::verify))
        .routes(routes!(admin::tax_id_message, admin::tax_id))
        .routes(routes!(search::search))
        .routes(routes!(reports::report))
        .routes(routes!(audit::list))
        .routes(routes!(audit::export))
        .routes(routes!(audit::verify))
        .routes(routes!(monitoring::reconciliation))
        .routes(routes!(monitoring::stops))
        .routes(routes!(monitoring::stop))
        .routes(routes!(monitoring::resume_approval))
        .routes(routes!(monitoring::resume))
        .routes(routes!(replay::replay))
        .routes(routes!(replay::one))
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
        .layer(cors(&server.site.cors_origins))
        .layer(from_fn_with_state(server.clone(), demand_https))
        .with_state(server)
}

/// Lets pages of these sites call the API. Tokens are in a header, which no page sends unasked: there are no cookies.
fn cors(origins: &[Origin]) -> CorsLayer {
    let origins = origins
        .iter()
        .filter_map(|origin| HeaderValue::from_str(&origin.uri).ok());
    let asked = [
        header::AUTHORIZATION,
        header::CONTENT_TYPE,
        IDEMPOTENCY_KEY,
        request_id::HEADER,
    ];
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(asked)
        .expose_headers([request_id::HEADER, header::RETRY_AFTER])
        .max_age(CORS_SECONDS)
}

/// Tells browsers to come by TLS only, where the site is one of TLS.
async fn demand_https(
    axum::extract::State(server): axum::extract::State<Server>,
    request: axum::extract::Request,
    next: axum::middleware::Next,
) -> axum::response::Response {
    let mut response = next.run(request).await;
    if server.site.is_https_only {
        response
            .headers_mut()
            .insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
    response
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
