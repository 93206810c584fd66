//! What the chain pays, lets claim, or keeps for someone whom it cannot pay. What a batch holds back stays where it is.

use plan::{Cause, PayoutOutcome, SettledPayout};

use super::{Model, money};

impl Model {
    /// Whether the cause is of settlement; then it is applied.
    pub(super) fn settled(&mut self, cause: &Cause) -> bool {
        match cause {
            Cause::BatchSettled { payouts, .. } | Cause::LeavesSettled { payouts, .. } => {
                payouts.iter().for_each(|payout| self.paid_out(payout));
            }
            Cause::CreditWithdrawn { wallet, amount, .. } => {
                let amount = money(amount.base_units());
                self.add(&format!("credit({wallet})"), -amount);
                self.add("custody", -amount);
            }
            Cause::BatchRequested { .. }
            | Cause::BatchReleased { .. }
            | Cause::BatchCancelled { .. }
            | Cause::RootPublished { .. }
            | Cause::RootVetoed { .. }
            | Cause::UserFrozen { .. }
            | Cause::UserUnfrozen { .. } => {}
            _ => return false,
        }
        true
    }

    fn paid_out(&mut self, payout: &SettledPayout) {
        let wallet = payout.wallet;
        match payout.outcome {
            PayoutOutcome::Executed(amount) => {
                let amount = money(amount.base_units());
                self.add(&format!("available({wallet})"), -amount);
                self.add("custody", -amount);
            }
            PayoutOutcome::Credited { amount, .. } => {
                let amount = money(amount.base_units());
                self.add(&format!("available({wallet})"), -amount);
                self.add(&format!("credit({wallet})"), amount);
            }
            PayoutOutcome::Skipped => {}
        }
    }
}
