//! Errors returned instead of a signature.

use thiserror::Error;

/// Why there is no authorization.
#[derive(Debug, Error)]
pub enum SignerError {
    /// The terms or the caller break a rule; the same request is refused again. But for `key_paused`: then everything is
    /// refused until a person has looked at it.
    #[error("the signer rejected the request ({code}): {detail}")]
    Refused {
        /// The stable name of the rule (`unknown_plan`, `deadline_too_far` …).
        code: String,
        /// The rule with the values that break it.
        detail: String,
    },
    /// Other terms were signed, or recorded to be signed, under the same reference. Ask again with a new reference.
    #[error("the signer has different terms under this reference: {detail}")]
    Equivocation {
        /// The signer's description.
        detail: String,
    },
    /// The signer does not know the caller's key, or the caller is not allowed to request this.
    #[error("the signer does not accept the caller")]
    Unauthorized,
    /// The caller asks too often.
    #[error("the signer is rate-limiting requests")]
    RateLimited,
    /// The signer was not reached or says that it cannot work now. Nothing was signed, or the same request gets the
    /// signature later.
    #[error("the signer is not available")]
    Unavailable(#[source] Option<reqwest::Error>),
    /// No answer came in time. What happened is unknown: the same request gets the same signature.
    #[error("the signer did not answer in time")]
    Timeout,
    /// Something else than a signer answered, or one of another version.
    #[error("cannot parse the signer's response: {0}")]
    NotUnderstood(String),
}
