//! Error responses: problem details as in RFC 9457.
//!
//! Not responsible for which refusals there are, nor for what their bodies say beside status and media type.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// The media type of a problem.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// An answer with this body. A body that cannot be written as JSON is left out: the status says enough.
pub fn respond(status: StatusCode, body: &impl Serialize) -> Response {
    let body = serde_json::to_vec(body).unwrap_or_default();
    let media_type = HeaderValue::from_static(MEDIA_TYPE);
    (status, [(header::CONTENT_TYPE, media_type)], body).into_response()
}
