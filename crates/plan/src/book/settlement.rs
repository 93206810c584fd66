//! Causes about money on its way out, with wallets turned into users.

use ledger::UserId;
use money::Amount;

use super::Book;
use crate::{BatchEnd, Cause, Effect, Fact, Outcome, PayoutOutcome, SettledPayout};

impl Book {
    /// Applies a cause of settlement; any other is only counted.
    pub(super) fn settle(&mut self, cause: &Cause, out: &mut Outcome) {
        match cause {
            Cause::BatchRequested { batch_id, payouts } => {
                let lines: Vec<(Option<UserId>, Amount)> = payouts
                    .iter()
                    .map(|line| (self.user_of(line.wallet), line.amount))
                    .collect();
                self.state.request_batch(*batch_id, &lines, out);
            }
            Cause::BatchReleased { batch_id, end } => self.state.release_batch(*batch_id, *end, out),
            Cause::BatchCancelled { batch_id } => {
                self.state.release_batch(*batch_id, BatchEnd::Cancelled, out);
            }
            Cause::BatchSettled {
                batch_id, payouts, ..
            } => {
                let lines = self.lines_of(payouts);
                self.state.settle_batch(*batch_id, &lines, out);
            }
            Cause::Claimed {
                wallet,
                root,
                entitled,
                amount,
            } => match self.user_of(*wallet) {
                Some(user) => self.state.claim(user, *root, *entitled, *amount, out),
                None => self.state.pay_unknown(*amount, out),
            },
            Cause::LeavesSettled { root, payouts } => {
                let lines = self.lines_of(payouts);
                self.state.settle_leaves(*root, &lines, out);
            }
            Cause::CreditWithdrawn { wallet, amount, .. } => match self.user_of(*wallet) {
                Some(user) => self.state.withdraw_credit(user, *amount, out),
                None => self.state.pay_unknown(*amount, out),
            },
            Cause::TreasuryPaid { amount, .. } => self.state.pay_treasury(*amount, out),
            Cause::RootPublished {
                root, claimable_from, ..
            } => {
                self.apply_fact(&Fact::Noted, out);
                out.effects.push(Effect::RootPublished {
                    root: *root,
                    claimable_from: *claimable_from,
                });
            }
            Cause::RootVetoed { root } => {
                self.apply_fact(&Fact::Noted, out);
                out.effects.push(Effect::RootVetoed { root: *root });
            }
            Cause::Registered(_)
            | Cause::RetoppedUp(_)
            | Cause::Refunded { .. }
            | Cause::EscrowMatured { .. }
            | Cause::Funded { .. }
            | Cause::UserFrozen { .. }
            | Cause::UserUnfrozen { .. }
            | Cause::Noted
            | Cause::Continued { .. }
            | Cause::ReserveChosen { .. }
            | Cause::Reported(_)
            | Cause::Corrected { .. } => self.apply_fact(&Fact::Noted, out),
        }
    }

    fn lines_of(&self, payouts: &[SettledPayout]) -> Vec<(Option<UserId>, PayoutOutcome)> {
        payouts
            .iter()
            .map(|line| (self.user_of(line.wallet), line.outcome))
            .collect()
    }
}
