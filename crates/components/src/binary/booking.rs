//! Payments towards the price: what is accepted, and what it makes of its payer.

use ledger::UserId;
use money::Amount;

use super::tree::line;
use super::{BinaryState, BinaryTerms};
use crate::sponsors::Sponsors;

/// What a user has paid: 96 bits in 12 bytes, because a price has no more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Paid([u32; 3]);

/// The outcome of a payment. Whoever wants to take it back returns it to [`BinaryState::unpay`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Payment {
    /// What was paid towards the price.
    pub accepted: Amount,
    /// What was not: the excess over the price, or all of a first payment that is too small.
    pub refused: Amount,
    /// It is the payer's first one: the cause of a referral bonus.
    pub first: bool,
    /// It made the payer an active buyer.
    pub activates: bool,
    /// From it on the payer counts as a member on the sides above.
    pub counts: bool,
}

impl Paid {
    pub(super) const fn amount(self) -> Amount {
        let [high, middle, low] = self.0;
        Amount::new((high as u128) << 64 | (middle as u128) << 32 | low as u128)
    }

    /// At most the price, which has 96 bits.
    pub(super) fn of(amount: Amount) -> Self {
        let part = |shift: u32| u32::try_from(amount.base_units() >> shift & 0xffff_ffff).unwrap_or_default();
        Self([part(64), part(32), part(0)])
    }
}

impl BinaryState {
    /// Takes a payment, up to what is outstanding. A first payment below the smallest allowed, or below what is outstanding
    /// if that is less, is refused whole, and so is one by someone who has not joined.
    pub fn pay(&mut self, sponsors: &Sponsors, terms: &BinaryTerms, user: UserId, amount: Amount) -> Payment {
        let refused = Payment {
            refused: amount,
            ..Payment::default()
        };
        let Some(started) = self.started.get(line(user.get())).copied() else {
            return refused;
        };
        let outstanding = self.outstanding(terms, user);
        let accepted = amount.min(outstanding);
        if accepted.is_zero() || (!started && accepted < terms.first_payment_min.min(outstanding)) {
            return refused;
        }
        let was_active = self.is_active_buyer(terms, user);
        let counts = self.add_paid(terms, user.get(), accepted);
        if counts {
            self.begin_to_count(sponsors, user.get());
        }
        self.set_started(user.get(), true);
        Payment {
            accepted,
            refused: amount.saturating_sub(accepted),
            first: !started,
            activates: !was_active && self.is_active_buyer(terms, user),
            counts,
        }
    }

    /// Adds to what a user has paid; whether this lets the user begin to count.
    pub(super) fn add_paid(&mut self, terms: &BinaryTerms, user: u32, amount: Amount) -> bool {
        let before = self.paid_of(user);
        let after = before.checked_add(amount).unwrap_or(before).min(terms.price);
        self.set_paid(user, after);
        before < terms.counts_at() && after >= terms.counts_at()
    }

    /// Takes from what a user has paid; whether someone who counts does not reach it any more.
    pub(super) fn subtract_paid(&mut self, terms: &BinaryTerms, user: u32, amount: Amount) -> bool {
        let after = self.paid_of(user).saturating_sub(amount);
        self.set_paid(user, after);
        after < terms.counts_at() && self.since_of(user) != 0
    }

    pub(super) fn set_started(&mut self, user: u32, value: bool) {
        if let Some(started) = self.started.get_mut(line(user)) {
            *started = value;
        }
    }

    fn set_paid(&mut self, user: u32, amount: Amount) {
        if let Some(paid) = self.paid.get_mut(line(user)) {
            *paid = Paid::of(amount);
        }
    }
}
