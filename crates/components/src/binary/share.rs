//! Shares of an amount that are handed out one after another and never lose a unit.

use money::Amount;

/// Hands out an amount by quantities: after the quantity `i` of `whole`, exactly `⌊amount · i / whole⌋` is handed out.
/// So shares of equal quantities differ by at most one base unit, and all together are the amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CumulativeShares {
    amount: Amount,
    whole: Amount,
    quantity: Amount,
    given: Amount,
}

impl CumulativeShares {
    /// Shares of `amount`, of which a quantity of `whole` is all. Of a whole of nothing, all shares are zero.
    pub const fn of(amount: Amount, whole: u128) -> Self {
        Self {
            amount,
            whole: Amount::new(whole),
            quantity: Amount::ZERO,
            given: Amount::ZERO,
        }
    }

    /// The share of the next `quantity`. What goes beyond the whole gets nothing.
    pub fn next(&mut self, quantity: u128) -> Amount {
        let through = self.quantity.base_units().saturating_add(quantity);
        self.quantity = Amount::new(through.min(self.whole.base_units()));
        let given = self.amount.proportion(self.quantity, self.whole);
        let share = given.saturating_sub(self.given);
        self.given = given;
        share
    }
}
