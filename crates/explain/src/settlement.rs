//! Lines about money that operators and the chain move: payouts, claims, credits, corrections, funding.

use ledger::{Leg, Movement};

use crate::{Context, Line, Verdict, said};

/// What operators and the chain do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settled {
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
    pub(crate) fn settled(leg: &Leg, what: Settled) -> Line {
        let (verdict, because) = match (what, leg.movement) {
            (Settled::Payout | Settled::PayoutCredited, Movement::Pending) => {
                (Verdict::Moved, "a batch reserves it for payment")
            }
            (Settled::Payout | Settled::PayoutCredited, Movement::Void(_)) => {
                (Verdict::Moved, "a batch releases what it had reserved")
            }
            (Settled::Payout, _) => (Verdict::Moved, "the contract sent it to the user"),
            (Settled::PayoutCredited, _) => (
                Verdict::Moved,
                "it could not be sent, so the contract credited it to the user",
            ),
            (Settled::Claim, _) => (
                Verdict::Moved,
                "the user claimed it with a proof against a published root",
            ),
            (Settled::CreditWithdrawal, _) => {
                (Verdict::Moved, "the user withdrew their credit from the contract")
            }
            (Settled::Treasury, _) => (Verdict::Company, "the operator withdrew the operator's share"),
            (Settled::Overpaid, _) => (
                Verdict::Waiting,
                "the chain paid the user more than the books had recorded",
            ),
            (Settled::Correction, _) => (
                Verdict::Moved,
                "operators reversed a reward that had matured in error",
            ),
            (Settled::Funded, _) => (Verdict::Moved, "money came in that belongs to no user"),
        };
        said(verdict, "settlement", leg.reason.name(), because.to_owned())
    }
}
