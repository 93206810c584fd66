//! The outermost layer: gives every request an id, logs and measures it, and writes the body of problems.

use std::time::Instant;

use axum::extract::Request;
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;
use service::request_id;
use service::trace::Exchange;

use super::code::Code;
use super::error::Problem;
use crate::app::random;

/// Runs a request under an id.
pub async fn trace(request: Request, next: Next) -> Response {
    let exchange = Exchange::begin(&request, || hex::encode(random::<16>()));
    let start = Instant::now();
    let mut response = exchange.answer(request, next).await;
    let Exchange {
        id,
        method,
        route,
        span,
    } = exchange;
    if let Some(problem) = problem_of(&mut response) {
        let headers = std::mem::take(response.headers_mut());
        span.in_scope(|| problem.log());
        response = problem.answer(&id);
        if let Some(allow) = headers.get(axum::http::header::ALLOW) {
            response
                .headers_mut()
                .insert(axum::http::header::ALLOW, allow.clone());
        }
    }
    let status = response.status().as_u16();
    let seconds = start.elapsed();
    span.in_scope(|| {
        let took_ms = seconds.as_millis();
        tracing::debug!(http.status = status, took_ms, "answered a request");
    });
    let labels = [
        ("method", method.to_string()),
        ("route", route),
        ("status", status.to_string()),
    ];
    metrics::counter!("trellis_backend_requests_total", &labels).increment(1);
    metrics::histogram!("trellis_backend_request_seconds", &labels).record(seconds);
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(request_id::HEADER, value);
    }
    headers.insert("cache-control", HeaderValue::from_static("no-store"));
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    response
}

/// The problem that a response stands for, also when it was made by the framework.
fn problem_of(response: &mut Response) -> Option<Problem> {
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        return Some(problem);
    }
    let status = response.status();
    (status.is_client_error() || status.is_server_error()).then(|| {
        let code = Code::ALL.iter().copied().find(|code| code.status() == status);
        Problem::new(code.unwrap_or(Code::Internal))
    })
}
