//! What is held until a deposit's cooling-off time has ended: in one bucket for each day, so that maturity costs
//! what matures and frees it.

use alloy_primitives::B256;
use ledger::{Beneficiary, Reason, UserId};
use money::Amount;

use super::intake::{Origin, Payment};
use super::{Deposit, DepositStatus, State};
use crate::{DepositId, DepositKind, Effect, Outcome};
use ledger::Account;

/// Deposits that mature on one day, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Bucket {
    pub(super) entries: Vec<Entry>,
    pub(super) legs: Vec<HeldLeg>,
}

/// A deposit in its bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) deposit: DepositId,
    pub(super) amount: Amount,
    /// Its legs in the bucket; none if its money is in clearing.
    pub(super) first_leg: usize,
    pub(super) legs: usize,
}

/// A leg that waits. Its debit was custody, its source is the payer. 32 bytes: there are millions of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HeldLeg {
    pub(super) amount: Amount,
    pub(super) beneficiary: Beneficiary,
    pub(super) reason: Reason,
    /// Number of the user that the rule is about; 0 if there is none.
    pub(super) recipient: u32,
}

impl HeldLeg {
    pub(super) fn recipient(&self) -> Option<UserId> {
        UserId::new(self.recipient)
    }
}

impl Bucket {
    /// Empties it and keeps its memory.
    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.legs.clear();
    }

    /// The legs of an entry.
    pub(super) fn legs_of(&self, entry: &Entry) -> &[HeldLeg] {
        let end = entry.first_leg.saturating_add(entry.legs);
        self.legs.get(entry.first_leg..end).unwrap_or_default()
    }
}

impl State {
    /// Records a deposit, before its money is divided.
    pub(super) fn take(
        &mut self,
        payment: &Payment,
        origin: Option<&Origin>,
        kind: DepositKind,
        out: &mut Outcome,
    ) {
        let bucket = self
            .escrow
            .entry(payment.day)
            .or_insert_with(|| std::mem::take(&mut self.spare));
        self.deposits.push(Deposit {
            user: payment.user,
            day: payment.day,
            // A bucket has at most 2^31 deposits.
            entry: u32::try_from(bucket.entries.len()).unwrap_or(u32::MAX),
            kind,
            status: DepositStatus::Held,
            next_retopup: 0,
        });
        bucket.entries.push(Entry {
            deposit: payment.deposit,
            amount: payment.amount,
            first_leg: bucket.legs.len(),
            legs: 0,
        });
        out.effects.push(Effect::DepositTaken {
            deposit: payment.deposit,
            deposit_ref: origin.map_or(B256::ZERO, |origin| origin.deposit_ref),
            kind,
            user: payment.user,
            amount: payment.amount,
            refundable_until: match origin {
                Some(origin) => origin.refundable_until,
                None => u64::from(payment.day.get()).saturating_mul(86_400),
            },
        });
    }

    /// Keeps the legs that a deposit has caused so far, for refund and maturity.
    pub(super) fn hold(&mut self, payment: &Payment, out: &Outcome) {
        let Some(bucket) = self.escrow.get_mut(&payment.day) else {
            return;
        };
        for leg in &out.legs {
            if let Account::Held(beneficiary) = leg.credit {
                bucket.legs.push(HeldLeg {
                    amount: leg.amount,
                    beneficiary,
                    reason: leg.reason,
                    recipient: leg.recipient.map_or(0, UserId::get),
                });
            }
        }
        let end = bucket.legs.len();
        if let Some(entry) = bucket.entries.last_mut() {
            entry.legs = end.saturating_sub(entry.first_leg);
        }
    }

    /// The deposit and its place among what is held, if it is.
    pub(super) fn held(&self, deposit: DepositId) -> Option<(&Deposit, &Bucket, Entry)> {
        let known = self.deposits.get(deposit.index())?;
        if known.status != DepositStatus::Held {
            return None;
        }
        let bucket = self.escrow.get(&known.day)?;
        let entry = bucket.entries.get(usize::try_from(known.entry).ok()?)?;
        Some((known, bucket, *entry))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_leg_is_small() {
        assert_eq!(size_of::<HeldLeg>(), 32);
    }
}
