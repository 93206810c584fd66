//! The response to a rejected request: problem details as in RFC 9457, with a stable `code`.
//!
//! Details say what the client can do about it and never contain an internal error; those are logged here, once.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use service::ErrorChain;
use store::{Outage, StoreError};
use utoipa::ToSchema;

use super::code::Code;

/// When to ask again where all connections are in use: requests take milliseconds.
const RETRY_BUSY_SECONDS: u64 = 1;
/// When to ask again where the database is away: it restarts in seconds.
const RETRY_AWAY_SECONDS: u64 = 5;

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
    #[schema(schema_with = super::code::code_schema)]
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
    pub fn new(code: Code) -> Self {
        Self::because(code, code.title())
    }

    /// A refusal with a detail.
    pub fn because(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            retry_after_seconds: None,
        }
    }

    /// A field that has no valid value.
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
    pub fn rate_limited(retry_after_seconds: u64) -> Self {
        Self {
            retry_after_seconds: Some(retry_after_seconds),
            ..Self::new(Code::RateLimited)
        }
    }

    /// Something that is not the client's fault. The chain of causes is logged, not shown.
    pub fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error = %ErrorChain(error), "a request failed");
        Self::new(Code::Internal)
    }

    /// Says in the log what was refused, within the request's span, which has its id. Whoever asks too often would fill the
    /// log, too.
    pub(super) fn log(&self) {
        let (code, detail) = (self.code.name(), self.detail.as_str());
        if self.code == Code::RateLimited {
            tracing::debug!(problem.code = code, "rejected a request");
        } else {
            tracing::info!(problem.code = code, problem.detail = detail, "rejected a request");
        }
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
        let mut response = service::problem::respond(self.code.status(), &body);
        let headers = response.headers_mut();
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

impl From<StoreError> for Problem {
    /// What passes by itself is said with a time; everything else is ours to mend.
    fn from(error: StoreError) -> Self {
        let (code, retry_after_seconds) = match error.outage() {
            None => return Self::internal(&error),
            Some(Outage::Busy) => (Code::Busy, RETRY_BUSY_SECONDS),
            Some(Outage::Slow) => (Code::TimedOut, RETRY_BUSY_SECONDS),
            Some(Outage::Away) => (Code::NotReady, RETRY_AWAY_SECONDS),
        };
        metrics::counter!("trellis_backend_database_outages_total", "code" => code.name()).increment(1);
        tracing::warn!(error = %ErrorChain(&error), "the database does not respond");
        Self {
            retry_after_seconds: Some(retry_after_seconds),
            ..Self::new(code)
        }
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        StoreError::from(error).into()
    }
}
