//! Payments towards a price, against what can be said of them without the pairs: the funds' shares, the rest, and how much a user
//! may have had outstanding.
//!
//! How much pairs had paid by then depends on everything that happened below the user; the attestor recomputes that.

use std::collections::BTreeMap;

use ledger::{Account, Beneficiary, ClearingCause};
use money::Amount;
use plan::binary::BinaryTerms;

use super::Lookup;
use super::purchases::{bounds, has, sum};
use crate::checks::{Deposit, DepositState, Part, Snapshot};

/// A payment that was divided: its fact, the one that refunded it, and how much it was.
#[derive(Clone, Copy, Debug)]
pub(super) struct Booked {
    fact_seq: u64,
    until: u64,
    amount: Amount,
}

/// Payments that were divided, by user.
pub(super) type Bookings = BTreeMap<u32, Vec<Booked>>;

pub(super) fn of(snapshot: &Snapshot) -> Bookings {
    let mut bookings = Bookings::new();
    if snapshot.plan.components().binary.is_none() {
        return bookings;
    }
    for deposit in snapshot
        .books
        .deposits
        .iter()
        .filter(|deposit| !deposit.is_parked)
    {
        let refunded = deposit
            .closed_fact
            .filter(|_| deposit.state == DepositState::Refunded);
        bookings.entry(deposit.user).or_default().push(Booked {
            fact_seq: deposit.fact_seq,
            until: refunded.unwrap_or(u64::MAX),
            amount: deposit.amount,
        });
    }
    bookings
}

impl Lookup<'_> {
    /// What is wrong with the parts of a payment; `None` when nothing is.
    pub(super) fn broken_booking(
        &self,
        terms: &BinaryTerms,
        deposit: &Deposit,
        parts: &[Part],
    ) -> Option<String> {
        // Also of who was refunded: the payment can be taken back.
        let is_sold = bounds(self.plan, deposit).is_some_and(|bounds| bounds.allow(deposit.amount));
        let left = terms.price().saturating_sub(self.booked_before(deposit));
        let unexpected = Account::Clearing(ClearingCause::UnexpectedIntake);
        if parts.iter().any(|part| part.credit == unexpected) {
            // Pairs pay instalments until a user is active, so never more than this and a pair.
            let by_pairs = sum_of(terms.activation_amount(), terms.pair_value());
            let is_taken = is_sold && deposit.amount <= left.saturating_sub(by_pairs);
            let is_first = deposit.is_registration && is_sold;
            let is_whole = parts.len() == 1 && sum(parts.iter()) == deposit.amount;
            return (is_taken || is_first || !is_whole)
                .then(|| "a payment of the price for the whole amount".to_owned());
        }
        if !is_sold || deposit.amount > left {
            return Some(format!("at most {left} that are outstanding"));
        }
        let mut company = deposit.amount;
        for (fund, share) in &self.plan.components().allocations {
            let share = share.floor_of(deposit.amount);
            company = company.saturating_sub(share);
            if !has(parts, Beneficiary::Fund(*fund), share) {
                return Some(format!("{share} for fund {fund}"));
            }
        }
        if !has(parts, Beneficiary::Company, company) {
            return Some(format!("{company} for the company"));
        }
        (sum(parts.iter()) != deposit.amount).then(|| format!("{} in all", deposit.amount))
    }

    /// What a user had paid of the price before a payment, without instalments out of pairs.
    fn booked_before(&self, deposit: &Deposit) -> Amount {
        let paid = self.bookings.get(&deposit.user).into_iter().flatten();
        let stood = paid.filter(|paid| paid.fact_seq < deposit.fact_seq && deposit.fact_seq < paid.until);
        stood.fold(Amount::ZERO, |total, paid| sum_of(total, paid.amount))
    }
}

fn sum_of(left: Amount, right: Amount) -> Amount {
    left.checked_add(right).unwrap_or(Amount::new(u128::MAX))
}
