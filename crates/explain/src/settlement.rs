//! Lines about money that operators and the chain move: payouts, claims, credits, corrections, funding.

use ledger::{Leg, Movement};

use crate::{Line, Verdict, said};

pub(crate) const FUNDED: &str = "money came in that belongs to no user";
pub(crate) const CORRECTED: &str = "operators reversed a reward that had matured in error";
pub(crate) const SENT: &str = "the contract sent it to the user";
pub(crate) const CREDITED: &str = "it could not be sent, so the contract credited it to the user";
pub(crate) const CLAIMED: &str = "the user claimed it with a proof against a published root";
pub(crate) const CREDIT_WITHDRAWN: &str = "the user withdrew their credit from the contract";
pub(crate) const TREASURY: &str = "the operator withdrew the operator's share";
pub(crate) const OVERPAID: &str = "the chain paid the user more than the books had recorded";

/// A leg whose reason says everything.
pub(crate) fn settled(leg: &Leg, verdict: Verdict, because: &str) -> Line {
    said(verdict, "settlement", leg.reason.name(), because.to_owned())
}

/// A payment of a batch: reserved, released, or with `because` made.
pub(crate) fn paid_out(leg: &Leg, because: &str) -> Line {
    let because = match leg.movement {
        Movement::Pending => "a batch reserves it for payment",
        Movement::Void(_) => "a batch releases what it had reserved",
        Movement::Single | Movement::Post(_) => because,
    };
    settled(leg, Verdict::Moved, because)
}
