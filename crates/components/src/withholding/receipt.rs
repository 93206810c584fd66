//! [`Withheld`]: what was withheld from one payment, kept as long as the payment can be reversed.

use money::{Amount, Bps};

use super::{POLICIES_MAX, YearKey};
use ledger::UserId;
use plan_file::calendar::FinancialYear;

/// What was withheld from one payment: a line for each policy that concerned it, also where that withheld nothing.
/// Or, as the answer to a reversal, what is given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Withheld {
    user: UserId,
    gross: Amount,
    reversed: Amount,
    lines: [Option<Line>; POLICIES_MAX],
}

/// What one policy withheld from a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Place of the policy in the plan's list, from 0.
    pub policy: u8,
    /// Place of the version in force among the entries of the plan file, from 0.
    pub entry: u8,
    /// The financial year to which the payment belongs.
    pub year: FinancialYear,
    /// The rate that applied.
    pub rate: Bps,
    /// What was taxed: more than the payment where it crossed a threshold.
    pub base: Amount,
    /// The tax.
    pub amount: Amount,
}

impl Withheld {
    pub(super) const fn nothing(user: UserId, gross: Amount) -> Self {
        Self {
            user,
            gross,
            reversed: Amount::ZERO,
            lines: [None; POLICIES_MAX],
        }
    }

    /// The lines come in the order of policies, at most one of each.
    pub(super) fn push(&mut self, line: Line) {
        if let Some(place) = self.lines.iter_mut().find(|place| place.is_none()) {
            *place = Some(line);
        }
    }

    /// From whom.
    pub const fn user(&self) -> UserId {
        self.user
    }

    /// The payment before deductions.
    pub const fn gross(&self) -> Amount {
        self.gross
    }

    /// A line for each policy that concerned the payment.
    pub fn lines(&self) -> impl Iterator<Item = &Line> + '_ {
        self.lines.iter().flatten()
    }

    /// All tax together; never more than the payment.
    pub fn total(&self) -> Amount {
        let add = |sum: Amount, line: &Line| sum.checked_add(line.amount).unwrap_or(self.gross);
        self.lines().fold(Amount::ZERO, add)
    }

    /// What the payment leaves for the user.
    pub fn net(&self) -> Amount {
        self.gross.saturating_sub(self.total())
    }

    /// The tax in what has not been reversed.
    pub fn standing_total(&self) -> Amount {
        let add = |sum: Amount, line: &Line| sum.checked_add(self.standing_of(line)).unwrap_or(self.gross);
        self.lines().fold(Amount::ZERO, add)
    }

    /// What has not been reversed of the tax of one policy.
    pub fn standing_of(&self, line: &Line) -> Amount {
        let reversed = line.amount.proportion(self.reversed, self.gross);
        line.amount.saturating_sub(reversed)
    }

    /// What has not been reversed of the payment.
    pub const fn standing(&self) -> Amount {
        self.gross.saturating_sub(self.reversed)
    }

    pub(super) const fn key_of(&self, line: &Line) -> YearKey {
        YearKey {
            user: self.user,
            policy: line.policy,
            year: line.year,
        }
    }

    /// Reverses a part, and says what that gives back.
    pub(super) fn reverse(&mut self, part: Amount) -> Self {
        let part = part.min(self.standing());
        let before = self.reversed;
        // At most the whole payment.
        self.reversed = before.checked_add(part).unwrap_or(self.gross);
        let share = |amount: Amount| {
            let until = |reversed| amount.proportion(reversed, self.gross);
            until(self.reversed).saturating_sub(until(before))
        };
        let mut given = Self::nothing(self.user, part);
        for line in self.lines() {
            given.push(Line {
                base: share(line.base),
                amount: share(line.amount),
                ..*line
            });
        }
        given
    }
}
