//! What a refused request is answered: problem details as in RFC 9457, with a stable `code`.
//!
//! Details say what the client can do about it and never contain an internal error; those are logged here, once.

use axum::Json;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use telemetry::ErrorChain;
use utoipa::ToSchema;

use super::code::Code;

/// A refused request.
#[derive(Debug, Clone)]
pub struct Problem {
    code: Code,
    detail: String,
    errors: Vec<FieldError>,
    retry_after_seconds: Option<u64>,
}

/// A field of a request with no valid value.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FieldError {
    /// Name of the field.
    pub field: String,
    /// What is wrong with it.
    pub detail: String,
}

/// Problem details (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemBody {
    /// `urn:trellis:problem:` and the code.
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    /// Stable; see `docs/api.md`.
    #[schema(schema_with = super::openapi::code_schema)]
    code: &'static str,
    /// For people; not stable.
    detail: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    /// Identifies the request in the logs; also in the header `x-request-id`.
    trace_id: String,
}

impl Problem {
    /// A refusal with the code's title as detail.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self::because(code, code.title())
    }

    /// A refusal with a detail.
    #[must_use]
    pub fn because(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            retry_after_seconds: None,
        }
    }

    /// A field that has no valid value.
    #[must_use]
    pub fn field(field: &str, detail: &str) -> Self {
        Self {
            errors: vec![FieldError {
                field: field.to_owned(),
                detail: detail.to_owned(),
            }],
            ..Self::because(Code::InvalidField, format!("{field}: {detail}"))
        }
    }

    /// Too many requests; the next may come then.
    #[must_use]
    pub fn rate_limited(retry_after_seconds: u64) -> Self {
        Self {
            retry_after_seconds: Some(retry_after_seconds),
            ..Self::new(Code::RateLimited)
        }
    }

    /// Something that is not the client's fault. The chain of causes is logged, not shown.
    #[must_use]
    pub fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error = %ErrorChain(error), "a request failed");
        Self::new(Code::Internal)
    }

    /// The rule that was broken.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// The answer with the id under which the request is found in the logs.
    pub(super) fn answer(self, trace_id: &str) -> Response {
        let body = ProblemBody {
            kind: format!("urn:trellis:problem:{}", self.code.name()),
            title: self.code.title(),
            status: self.code.status().as_u16(),
            code: self.code.name(),
            detail: self.detail,
            errors: self.errors,
            trace_id: trace_id.to_owned(),
        };
        let mut response = (self.code.status(), Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if self.code.status() == axum::http::StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl IntoResponse for Problem {
    /// Only status and problem: the outermost layer knows the trace id and writes the body.
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        Self::internal(&error)
    }
}
