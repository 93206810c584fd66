//! The JSON of many intakes at once.

use serde::{Deserialize, Serialize};
use settlement::authorization::{IntakeKind, IntakeTerms};

use crate::wire::{AuthorizationResponse, IntakeRequest, MalformedField, Problem};

/// Intakes in one request at most: what one transaction of the signer's memory records.
pub const MANY_MAX: usize = 256;

/// Many requests, each by itself granted or refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManyRequest {
    /// At least one, at most [`MANY_MAX`].
    pub requests: Vec<OneOfMany>,
}

/// One of the requests: an object with one field, named as the kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OneOfMany {
    /// A registration.
    Registration(IntakeRequest),
    /// A retopup.
    Retopup(IntakeRequest),
}

/// The answers, in the order of the requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManyResponse {
    /// As many as there were requests.
    pub answers: Vec<ManyAnswer>,
}

/// One of the answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ManyAnswer {
    /// It was granted.
    Granted(AuthorizationResponse),
    /// It was refused, as it would have been by itself.
    Refused(Problem),
}

impl ManyRequest {
    /// The request for all these terms.
    #[must_use]
    pub fn of(terms: &[IntakeTerms]) -> Self {
        let one = |terms: &IntakeTerms| match terms.kind {
            IntakeKind::Registration => OneOfMany::Registration(IntakeRequest::of(terms)),
            IntakeKind::Retopup => OneOfMany::Retopup(IntakeRequest::of(terms)),
        };
        Self {
            requests: terms.iter().map(one).collect(),
        }
    }
}

impl OneOfMany {
    /// What is asked for.
    #[must_use]
    pub const fn kind(&self) -> IntakeKind {
        match self {
            Self::Registration(_) => IntakeKind::Registration,
            Self::Retopup(_) => IntakeKind::Retopup,
        }
    }

    /// The terms that are asked for.
    ///
    /// # Errors
    /// [`MalformedField`] for the first field that does not parse.
    pub fn terms(&self) -> Result<IntakeTerms, MalformedField> {
        match self {
            Self::Registration(request) | Self::Retopup(request) => request.terms(self.kind()),
        }
    }
}
