//! A check's result: passed, its findings, or why it was skipped.

use std::fmt::Display;

use alloy_primitives::B256;
use thiserror::Error;

use crate::checks::{Check, Severity};

/// One broken thing is enough to act on; more than this of one check are counted, not listed.
pub const FINDINGS_MAX: usize = 50;

/// Something that does not agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Who found it.
    pub check: Check,
    /// How bad it is.
    pub severity: Severity,
    /// What it is about; with the check it is the identity by which alerts are raised once and resolved.
    pub subject: String,
    /// What it ought to be.
    pub expected: String,
    /// What it is.
    pub actual: String,
    /// What probably happened.
    pub cause: BreakCause,
    /// In one sentence, what is compared with what.
    pub detail: String,
}

names::names! {
    /// What probably happened.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum BreakCause {
        /// The books or the contract have something of which no event speaks.
        MissingEvent = "missing_event",
        /// An event that the books do not have.
        MissingLedger = "missing_ledger",
        /// The same twice.
        Duplicate = "duplicate",
        /// Another amount.
        Amount = "amount",
        /// Later than it may be.
        Timing = "timing",
        /// A transaction or signature that is not ours.
        ForeignTransaction = "foreign_transaction",
        /// Ether that came without a call.
        ForcedEther = "forced_ether",
        /// The contract is configured otherwise.
        Configuration = "configuration",
        /// A stored record was changed afterwards.
        Tampering = "tampering",
        /// A process does not do its work.
        Silence = "silence",
        /// A node does not respond, is behind, or says something else than another.
        Endpoint = "endpoint",
        /// A stored row that no process can use.
        Unreadable = "unreadable",
    }
}

/// Why a check could not run. That is never a pass.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Skip {
    /// The node does not have the posted block yet.
    #[error("the node is at block {head}, the books at block {posted}")]
    HeadBehind {
        /// Where the books are.
        posted: u64,
        /// Where the node is.
        head: u64,
    },
    /// The node has another block of that number, or no state of it any more.
    #[error("the node does not have block {0}")]
    BlockGone(B256),
    /// The node, a signer or a database did not answer.
    #[error("cannot read it: {0}")]
    Unreachable(String),
    /// Nobody said what it needs.
    #[error("not configured: {0}")]
    NotConfigured(&'static str),
    /// Nothing has been posted.
    #[error("nothing has been posted yet")]
    NothingPosted,
}

impl Skip {
    /// Stable name in SQL, JSON and metrics.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::HeadBehind { .. } => "head_behind",
            Self::BlockGone(_) => "block_gone",
            Self::Unreachable(_) => "unreachable",
            Self::NotConfigured(_) => "not_configured",
            Self::NothingPosted => "nothing_posted",
        }
    }
}

/// What came of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything agrees.
    Passed,
    /// Something does not.
    Failed {
        /// What, at most [`FINDINGS_MAX`].
        findings: Vec<Finding>,
        /// How many more there are.
        omitted: usize,
    },
    /// It did not run.
    Skipped(Skip),
}

/// Findings of one check while it runs.
#[derive(Debug)]
pub(crate) struct Findings {
    check: Check,
    found: Vec<Finding>,
    omitted: usize,
}

/// The two sides of a comparison that failed: what is expected, and what is there.
pub(crate) struct Sides<E, A>(pub(crate) E, pub(crate) A);

impl Findings {
    pub(crate) const fn of(check: Check) -> Self {
        Self {
            check,
            found: Vec::new(),
            omitted: 0,
        }
    }

    /// Notes a finding of the check's own severity.
    pub(crate) fn note(
        &mut self,
        subject: impl Display,
        sides: Sides<impl Display, impl Display>,
        cause: BreakCause,
        detail: &str,
    ) {
        self.note_as(self.check.severity(), subject, sides, cause, detail);
    }

    pub(crate) fn note_as(
        &mut self,
        severity: Severity,
        subject: impl Display,
        sides: Sides<impl Display, impl Display>,
        cause: BreakCause,
        detail: &str,
    ) {
        if self.found.len() >= FINDINGS_MAX {
            self.omitted = self.omitted.saturating_add(1);
            return;
        }
        let Sides(expected, actual) = sides;
        self.found.push(Finding {
            check: self.check,
            severity,
            subject: subject.to_string(),
            expected: expected.to_string(),
            actual: actual.to_string(),
            cause,
            detail: detail.to_owned(),
        });
    }

    /// Notes a finding when the two differ.
    pub(crate) fn equal<T: PartialEq + Display>(
        &mut self,
        subject: impl Display,
        expected: T,
        actual: T,
        cause: BreakCause,
        detail: &str,
    ) {
        if expected != actual {
            self.note(subject, Sides(expected, actual), cause, detail);
        }
    }

    pub(crate) fn verdict(self) -> Verdict {
        if self.found.is_empty() {
            Verdict::Passed
        } else {
            Verdict::Failed {
                findings: self.found,
                omitted: self.omitted,
            }
        }
    }
}
