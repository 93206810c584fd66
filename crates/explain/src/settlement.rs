//! Lines about money that operators and the chain move: payouts, claims, credits, corrections, funding.

use ledger::{Leg, Movement};

use crate::{Line, Verdict, said};

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
