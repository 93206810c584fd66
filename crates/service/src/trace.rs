//! The span in which a request is answered: everything that is logged about it has its id, method and route.

use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use tracing::{Instrument, Span};

use crate::request_id;

/// A request that is being answered.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The client's id of it, or the one given by the server.
    pub id: String,
    /// Its method.
    pub method: Method,
    /// The pattern of its path, not the path: metrics must not have a series for every user.
    pub route: String,
    /// The span.
    pub span: Span,
}

impl Exchange {
    /// Begins to answer; `new_id` is called when the client gave none.
    pub fn begin(request: &Request, new_id: impl FnOnce() -> String) -> Self {
        let id = request_id::of(request.headers()).map_or_else(new_id, str::to_owned);
        let method = request.method().clone();
        let route = request.extensions().get::<MatchedPath>();
        let route = route.map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
        let span = tracing::info_span!("request", request.id = id, http.method = %method, http.route = route);
        Self {
            id,
            method,
            route,
            span,
        }
    }

    /// Has it answered, in its span and under its id.
    pub async fn answer(&self, request: Request, next: Next) -> Response {
        let answer = next.run(request).instrument(self.span.clone());
        request_id::scope(self.id.clone(), answer).await
    }
}
