//! Error responses: RFC 9457, with a stable code.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use signer_client::wire::Problem;

use crate::protection::MemoryError;
use crate::{AuthorizeError, Refusal};

/// A status, a code and a description.
#[derive(Debug)]
pub(super) struct Failure {
    status: StatusCode,
    code: &'static str,
    detail: String,
}

impl Failure {
    fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
        }
    }

    pub(super) fn of(refusal: &Refusal) -> Self {
        let status = match refusal {
            Refusal::Unauthorized => StatusCode::UNAUTHORIZED,
            Refusal::NotPermitted => StatusCode::FORBIDDEN,
            Refusal::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Refusal::Malformed(_) => StatusCode::BAD_REQUEST,
            Refusal::Rule(_)
            | Refusal::Batch(_)
            | Refusal::Root(_)
            | Refusal::Transaction(_)
            | Refusal::Quorum(_)
            | Refusal::Attestation(_)
            | Refusal::People(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Refusal::WrongPurpose(_) => StatusCode::MISDIRECTED_REQUEST,
            Refusal::Equivocation => StatusCode::CONFLICT,
            Refusal::KeyPaused => StatusCode::LOCKED,
        };
        Self::new(status, refusal.code(), refusal.to_string())
    }

    /// Without the causes: they are for the log.
    pub(super) fn unavailable(error: &AuthorizeError) -> Self {
        let code = match error {
            AuthorizeError::Refused(refusal) | AuthorizeError::RefusedOnRecord(refusal) => {
                return Self::of(refusal);
            }
            AuthorizeError::Memory(MemoryError::Inconsistent(_)) => return Self::internal(),
            AuthorizeError::Memory(MemoryError::Database(_)) => "database_unavailable",
            AuthorizeError::Chain(_) => "chain_unavailable",
            AuthorizeError::Key(_) => "key_unavailable",
        };
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, error.to_string())
    }

    /// The signer lives, and signs nothing for this reason.
    pub(super) fn not_ready(refusal: &Refusal) -> Self {
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            ..Self::of(refusal)
        }
    }

    pub(super) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the signer failed")
    }

    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "not found")
    }

    pub(super) fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "method not allowed",
        )
    }

    pub(super) fn code(&self) -> &'static str {
        self.code
    }

    pub(super) fn problem(self) -> Problem {
        Problem {
            kind: "about:blank".to_owned(),
            title: self.status.canonical_reason().unwrap_or("Refused").to_owned(),
            status: self.status.as_u16(),
            detail: self.detail,
            code: self.code.to_owned(),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = self.status;
        service::problem::respond(status, &self.problem())
    }
}
