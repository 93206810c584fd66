//! Lines about money that operators and the chain move: payouts, claims, credits, corrections, funding.

use ledger::{Leg, Movement, Reason};

use super::{Context, Line, Verdict, said, verdict_of};

impl Context<'_> {
    /// A leg whose reason says everything.
    pub(super) fn settled(&self, leg: &Leg) -> Line {
        let (verdict, because) = match (leg.reason, leg.movement) {
            (Reason::Payout | Reason::PayoutCredited, Movement::Pending) => {
                (Verdict::Moved, "a batch holds it back to pay it")
            }
            (Reason::Payout | Reason::PayoutCredited, Movement::Void(_)) => {
                (Verdict::Moved, "a batch lets go of what it held back")
            }
            (Reason::Payout, _) => (Verdict::Moved, "the chain sent it to the user"),
            (Reason::PayoutCredited, _) => (
                Verdict::Moved,
                "it could not be sent, and the contract keeps it for the user",
            ),
            (Reason::Claim, _) => (
                Verdict::Moved,
                "the user was paid by a proof against a published root",
            ),
            (Reason::CreditWithdrawal, _) => (Verdict::Moved, "the user took out what the contract kept"),
            (Reason::Treasury, _) => (Verdict::Company, "the operator took out what is the operator's"),
            (Reason::Overpaid, _) => (
                Verdict::Waiting,
                "the chain paid more than the books had for the user",
            ),
            (Reason::Correction, _) => (
                Verdict::Moved,
                "operators took back a reward that had matured wrongly",
            ),
            (Reason::Funded, _) => (Verdict::Moved, "money came in that belongs to no user"),
            (reason, _) => (verdict_of(leg.credit), reason.name()),
        };
        said(verdict, "settlement", leg.reason.name(), because.to_owned())
    }
}
