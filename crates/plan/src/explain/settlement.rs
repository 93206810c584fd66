//! Lines about money that operators and the chain move: payouts, claims, credits, corrections, funding.

use ledger::{Leg, Movement};

use super::{Context, Line, Verdict, said};

/// What operators and the chain do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settled {
    Funded,
    Correction,
    Payout,
    PayoutCredited,
    Claim,
    CreditWithdrawal,
    Treasury,
    Overpaid,
}

impl Context<'_> {
    /// A leg whose reason says everything.
    pub(super) fn settled(leg: &Leg, what: Settled) -> Line {
        let (verdict, because) = match (what, leg.movement) {
            (Settled::Payout | Settled::PayoutCredited, Movement::Pending) => {
                (Verdict::Moved, "a batch holds it back to pay it")
            }
            (Settled::Payout | Settled::PayoutCredited, Movement::Void(_)) => {
                (Verdict::Moved, "a batch lets go of what it held back")
            }
            (Settled::Payout, _) => (Verdict::Moved, "the chain sent it to the user"),
            (Settled::PayoutCredited, _) => (
                Verdict::Moved,
                "it could not be sent, and the contract keeps it for the user",
            ),
            (Settled::Claim, _) => (
                Verdict::Moved,
                "the user was paid by a proof against a published root",
            ),
            (Settled::CreditWithdrawal, _) => (Verdict::Moved, "the user took out what the contract kept"),
            (Settled::Treasury, _) => (Verdict::Company, "the operator took out what is the operator's"),
            (Settled::Overpaid, _) => (
                Verdict::Waiting,
                "the chain paid more than the books had for the user",
            ),
            (Settled::Correction, _) => (
                Verdict::Moved,
                "operators took back a reward that had matured wrongly",
            ),
            (Settled::Funded, _) => (Verdict::Moved, "money came in that belongs to no user"),
        };
        said(verdict, "settlement", leg.reason.name(), because.to_owned())
    }
}
