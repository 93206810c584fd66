//! Someone has leaves of the first root settled.

use alloy_primitives::keccak256;
use audit::checks::{Event, Settled};
use audit::liabilities::Leaf;
use money::Amount;
use plan::{Cause, PayoutOutcome, SettledPayout};

use super::contract::word_of;
use super::{World, wallet};

impl World {
    /// In the order of wallets; those who refuse are credited.
    pub(super) fn settle_leaves(&mut self, users: &[u32], refusing: &[u32]) {
        let root = self.roots[0].root;
        let leaves = self.roots[0].leaves.as_ref().unwrap();
        let mut wanted: Vec<(Leaf, u32)> = users
            .iter()
            .map(|user| {
                let leaf = leaves.iter().find(|leaf| leaf.wallet == wallet(*user));
                (*leaf.unwrap(), *user)
            })
            .collect();
        wanted.sort_unstable();
        let (mut paid, mut credited) = (0, 0);
        let (mut list, mut outcomes, mut payouts) = (Vec::new(), Vec::new(), Vec::new());
        for (leaf, number) in wanted {
            let user = leaf.wallet;
            let before = self.contract.chain.accounts[&user].paid;
            let amount = leaf.entitled.saturating_sub(before);
            let units = amount.base_units();
            paid += units;
            let (outcome, word, event) = if units == 0 {
                (
                    PayoutOutcome::Skipped,
                    0,
                    Event::PayoutSkipped { batch: root, user },
                )
            } else if refusing.contains(&number) {
                credited += units;
                let event = Event::PayoutCredited {
                    batch: root,
                    user,
                    amount,
                };
                let outcome = PayoutOutcome::Credited { amount, frozen: true };
                (outcome, units | (1 << 95), event)
            } else {
                let event = Event::PayoutExecuted {
                    batch: root,
                    user,
                    amount,
                };
                (PayoutOutcome::Executed(amount), units, event)
            };
            self.contract.emit(event);
            list.extend_from_slice(&word_of(user, leaf.entitled.base_units()));
            outcomes.extend_from_slice(&word_of(user, word));
            payouts.push(SettledPayout {
                wallet: user,
                outcome,
            });
        }
        let settled = Settled {
            seq: self.contract.next_seq + 1,
            count: payouts.len() as u64,
            paid: Amount::new(paid),
            credited: Amount::new(credited),
            list_hash: keccak256(list),
            outcome_hash: keccak256(outcomes),
            manifest_hash: None,
        };
        self.contract.emit_main(Event::LeavesSettled { root, settled });
        self.post(Cause::LeavesSettled { root, payouts });
    }
}
