//! What the chain has in escrow, by the day on which it matures.

use std::collections::VecDeque;

use money::Amount;
use plan::Day;

/// What the chain has in escrow.
#[derive(Clone, Debug)]
pub(super) struct Escrow {
    /// The day of the first amount.
    first: Day,
    amounts: VecDeque<Amount>,
}

impl Escrow {
    /// Nothing, before this day.
    pub(super) const fn new(first: Day) -> Self {
        Self {
            first,
            amounts: VecDeque::new(),
        }
    }

    fn at(&mut self, day: Day) -> Option<&mut Amount> {
        let at = usize::try_from(day.get().checked_sub(self.first.get())?).ok()?;
        if self.amounts.len() <= at {
            self.amounts.resize(at.checked_add(1)?, Amount::ZERO);
        }
        self.amounts.get_mut(at)
    }

    pub(super) fn take(&mut self, day: Day, amount: Amount) {
        if let Some(sum) = self.at(day) {
            *sum = sum.checked_add(amount).unwrap_or(*sum);
        }
    }

    pub(super) fn give_back(&mut self, day: Day, amount: Amount) {
        if let Some(sum) = self.at(day) {
            *sum = sum.saturating_sub(amount);
        }
    }

    /// What matures with the end of a day, and no day before it.
    pub(super) fn mature(&mut self, through: Day) -> Amount {
        let mut total = Amount::ZERO;
        while self.first <= through {
            let amount = self.amounts.pop_front().unwrap_or(Amount::ZERO);
            total = total.checked_add(amount).unwrap_or(total);
            self.first = self.first.next();
        }
        total
    }
}
