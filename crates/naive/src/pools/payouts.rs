//! Money on its way out, as people would keep it on paper: a list of what is held back, and who was paid what.

use alloy_primitives::{Address, B256};
use plan::{Cause, PayoutOutcome, RequestedPayout, SettledPayout};

use super::{Model, Money, as_money, money};

/// A line of a batch that may still be paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    pub batch: B256,
    pub wallet: Address,
    pub amount: Money,
}

impl Model {
    /// Applies a cause about money on its way out; any other is none of its business.
    pub(crate) fn pay_out(&mut self, cause: &Cause) {
        match cause {
            Cause::BatchRequested { batch_id, payouts } => self.hold_back(*batch_id, payouts),
            Cause::BatchReleased { batch_id, .. } | Cause::BatchCancelled { batch_id } => {
                if !self.live_batches.remove(batch_id) {
                    self.known_batches.insert(*batch_id);
                    return self.note("BatchNotLive");
                }
                self.holds.retain(|hold| hold.batch != *batch_id);
            }
            Cause::BatchSettled {
                batch_id, payouts, ..
            } => self.settled(*batch_id, payouts),
            Cause::Claimed { wallet, amount, .. } => {
                if self.knows(*wallet) {
                    self.pay(*wallet, money(*amount), "custody");
                } else {
                    self.pay_stranger(money(*amount));
                }
            }
            Cause::LeavesSettled { payouts, .. } => self.leaves_settled(payouts),
            Cause::CreditWithdrawn { wallet, amount, .. } => self.withdraw(*wallet, money(*amount)),
            Cause::TreasuryPaid { amount, .. } => self.pay_operator(money(*amount)),
            Cause::RootPublished { .. } | Cause::RootVetoed { .. } => {}
            _ => unreachable!("not about payouts: {cause:?}"),
        }
    }

    fn hold_back(&mut self, batch: B256, lines: &[RequestedPayout]) {
        if !self.known_batches.insert(batch) {
            return self.note("BatchKnown");
        }
        for line in lines {
            let (wallet, amount) = (line.wallet, money(line.amount));
            if !self.knows(wallet) {
                self.note("UnknownUser");
            } else if self.holds.iter().any(|hold| hold.wallet == wallet) {
                self.note("AlreadyLive");
            } else if amount == 0 || amount > self.balance(&format!("available({wallet})")) {
                self.note("ExceedsAvailable");
            } else if self.paid_to(wallet) + amount >= as_money(1 << 96) {
                self.note("TargetTooLarge");
            } else {
                self.live_batches.insert(batch);
                self.holds.push(Hold {
                    batch,
                    wallet,
                    amount,
                });
            }
        }
    }

    fn settled(&mut self, batch: B256, lines: &[SettledPayout]) {
        self.known_batches.insert(batch);
        if !self.live_batches.remove(&batch) {
            self.note("UnknownBatch");
        }
        for line in lines {
            let (amount, to) = match line.outcome {
                PayoutOutcome::Executed(amount) => (money(amount), "custody".to_owned()),
                PayoutOutcome::Credited { amount, .. } => (money(amount), format!("credit({})", line.wallet)),
                PayoutOutcome::Skipped => (0, "custody".to_owned()),
            };
            if !self.knows(line.wallet) {
                // What is credited to a stranger has not left the contract.
                self.pay_stranger(if to == "custody" { amount } else { 0 });
                continue;
            }
            let mine = |hold: &Hold| hold.batch == batch && hold.wallet == line.wallet;
            let held: Money = self
                .holds
                .iter()
                .filter(|hold| mine(hold))
                .map(|hold| hold.amount)
                .sum();
            self.holds.retain(|hold| !mine(hold));
            if held != amount {
                self.note("PayoutAmount");
            }
            self.pay(line.wallet, amount, &to);
        }
        if self.holds.iter().any(|hold| hold.batch == batch) {
            self.note("PayoutAmount");
            self.holds.retain(|hold| hold.batch != batch);
        }
    }

    /// Whoever is due something gets it, in hand or as a credit; what a batch holds back for the same is less by as much.
    fn leaves_settled(&mut self, lines: &[SettledPayout]) {
        for line in lines {
            let (sent, kept) = match line.outcome {
                PayoutOutcome::Executed(amount) => (money(amount), 0),
                PayoutOutcome::Credited { amount, .. } => (0, money(amount)),
                PayoutOutcome::Skipped => (0, 0),
            };
            if !self.knows(line.wallet) {
                self.pay_stranger(sent);
                continue;
            }
            self.pay(line.wallet, sent, "custody");
            self.pay(line.wallet, kept, &format!("credit({})", line.wallet));
        }
    }

    /// From what is available, and beyond it from what the user then owes; a claim takes from what is held back first.
    fn pay(&mut self, wallet: Address, amount: Money, to: &str) {
        let available = self.balance(&format!("available({wallet})"));
        let from_available = amount.min(available);
        let owed = amount - from_available;
        self.add(&format!("available({wallet})"), -from_available);
        self.add(&format!("receivable({wallet})"), owed);
        if to == "custody" {
            self.add("custody", -amount);
        } else {
            self.add(to, amount);
        }
        *self.paid.entry(wallet).or_default() += amount;
        for hold in self.holds.iter_mut().filter(|hold| hold.wallet == wallet) {
            hold.amount = (hold.amount - amount).max(0);
        }
        if owed > 0 {
            self.note("Overpaid");
        }
    }

    fn pay_stranger(&mut self, amount: Money) {
        self.add("custody", -amount);
        self.add("clearing:unexpected_payout", -amount);
        self.note("UnknownWallet");
    }

    fn withdraw(&mut self, wallet: Address, amount: Money) {
        if !self.knows(wallet) {
            return self.pay_stranger(amount);
        }
        let credit = format!("credit({wallet})");
        let known = amount.min(self.balance(&credit));
        self.add(&credit, -known);
        self.add("custody", -amount);
        if known < amount {
            self.add("clearing:unexpected_withdrawal", known - amount);
            self.note("UnexpectedWithdrawal");
        }
    }

    /// Only what belongs to the operator, in this order; the rest is a mistake of someone.
    fn pay_operator(&mut self, amount: Money) {
        let mut purses = vec!["company".to_owned()];
        for (forest, tier) in self.forests.iter().zip(1..) {
            purses.extend((1..=forest.len()).map(|tree| format!("residual({tier},{tree})")));
        }
        purses.extend(["no_upline", "not_retopped", "refunded"].map(|cause| format!("breakage:{cause}")));
        let mut left = amount;
        for purse in purses {
            let part = left.min(self.balance(&purse));
            self.add(&purse, -part);
            left -= part;
        }
        self.add("custody", -amount);
        if left > 0 {
            self.add("clearing:unexpected_treasury", -left);
            self.note("UnexpectedTreasury");
        }
    }

    /// Who sits in the trees of a tier, tree after tree, in level order.
    pub fn trees(&self, tier: usize) -> Vec<Vec<Address>> {
        self.forests[tier - 1].iter().map(super::Tree::members).collect()
    }

    /// Everything that the chain sent, credited or let claim.
    pub fn paid_to(&self, wallet: Address) -> Money {
        self.paid.get(&wallet).copied().unwrap_or(0)
    }

    fn balance(&self, account: &str) -> Money {
        self.balances.get(account).copied().unwrap_or(0)
    }
}
