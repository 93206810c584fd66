//! Earnings cap: a user earns, over all kinds of rewards, at most a multiple of what the user paid in.
//!
//! [`Caps`] keeps two sums for each user: invested (what the user paid for purchases that stand, without bonus money)
//! and earned (every reward of whatever kind that was granted and not taken back). Whoever grants a reward asks
//! [`Caps::take`] first and pays what it grants; the rest is breakage. Rewards are granted in the order of facts, so a
//! user with room for 50 whose directs buy twice is paid 50 and then nothing. Not responsible for which rewards
//! there are, nor for where the rest goes.

pub mod table;

use crate::component::{Booked, Terms};
use ledger::UserId;
use money::{Amount, Asset};

use crate::cap::table::CapTable;
use plan_file::Encoder;
use plan_file::{Finding, Severity};
use plan_file::{Refusal, field};

/// Largest multiple: a cap of more than a hundred times what someone paid in limits nobody, and small factors keep
/// `multiple × invested` far inside `u128`.
pub const MULTIPLE_MAX: u32 = 100;

/// The checked parameter of an earnings cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CapTerms {
    multiple: u32,
}

/// What each user paid in and earned. Without terms nobody is limited, and the sums are kept all the same.
#[derive(Clone, Debug, Default)]
pub struct Caps {
    terms: Option<CapTerms>,
    /// By `UserId::get() - 1`; users behind the end have paid and earned nothing.
    lines: Vec<Stake>,
}

/// What a user paid in and earned: half a cache line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(align(32))]
pub struct Stake {
    invested: Amount,
    earned: Amount,
}

impl Stake {
    /// Reads the entry to warm the cache.
    #[inline]
    pub fn mark(self) -> u32 {
        u32::from(self.invested.is_zero())
    }
}

impl CapTerms {
    /// Checks the table.
    ///
    /// # Errors
    /// `out_of_range`.
    pub fn check(table: &CapTable) -> Result<Self, Refusal> {
        let multiple = field::number("cap.multiple", table.multiple, 1, MULTIPLE_MAX)?;
        Ok(Self { multiple })
    }

    /// A user earns at most this multiple of what the user paid in.
    pub const fn multiple(self) -> u32 {
        self.multiple
    }

    /// The most that someone earns who paid in so much.
    #[inline]
    #[must_use]
    pub fn of(self, invested: Amount) -> Amount {
        let most = invested.checked_mul(u128::from(self.multiple));
        most.unwrap_or(Amount::new(u128::MAX))
    }
}

impl Terms for CapTerms {
    type Tables<'a> = Option<&'a CapTable>;
    type Rules = Booked;
    const NAME: &'static str = "cap";

    fn read(table: Option<&CapTable>, _asset: Asset) -> Result<Option<Self>, Refusal> {
        table.map(Self::check).transpose()
    }

    /// `u32(multiple)`.
    fn encode(&self, out: &mut Encoder) {
        out.u32(self.multiple);
    }

    fn findings(&self, _asset: Asset) -> Vec<Finding> {
        let multiple = self.multiple;
        vec![Finding {
            code: "earnings_capped",
            severity: Severity::Info,
            text: format!(
                "A user's rewards are capped in total at {multiple} times what the user paid for purchases that \
                 were not refunded; a user who has paid nothing receives nothing."
            ),
            figures: vec![("cap_multiple", u128::from(multiple))],
        }]
    }
}

impl Caps {
    /// Nobody has paid or earned anything. `None`: the plan has no cap.
    pub const fn new(terms: Option<CapTerms>) -> Self {
        let lines = Vec::new();
        Self { terms, lines }
    }

    /// Follows other terms from here on.
    pub const fn set_terms(&mut self, terms: Option<CapTerms>) {
        self.terms = terms;
    }

    /// What a user paid for purchases that stand.
    pub fn invested(&self, user: UserId) -> Amount {
        self.line(user).invested
    }

    /// What a user was granted and did not have to give back.
    pub fn earned(&self, user: UserId) -> Amount {
        self.line(user).earned
    }

    /// What a user may still earn; without a cap there is no end.
    #[inline]
    pub fn room(&self, user: UserId) -> Amount {
        room(self.terms, self.line(user))
    }

    /// What was paid in and earned, read at once; [`is_missing`](Self::is_missing) and [`room_of`](Self::room_of)
    /// say what follows.
    #[inline]
    pub fn stake(&self, user: UserId) -> Stake {
        self.line(user)
    }

    /// Whether a cap stops whose stake this is from earning anything at all, because nothing is paid in.
    #[inline]
    pub const fn is_missing(&self, stake: Stake) -> bool {
        self.terms.is_some() && stake.invested.is_zero()
    }

    /// [`room`](Self::room) of whose stake this is.
    #[inline]
    pub fn room_of(&self, stake: Stake) -> Amount {
        room(self.terms, stake)
    }

    /// What a user earned beyond the cap, after a purchase was refunded: held rewards of this amount relied on it.
    #[inline]
    pub fn over(&self, user: UserId) -> Amount {
        self.terms.map_or(Amount::ZERO, |terms| {
            let line = self.line(user);
            line.earned.saturating_sub(terms.of(line.invested))
        })
    }

    /// Grants a user as much of a reward as there is room for, and counts it as earned.
    #[inline]
    #[must_use]
    pub fn take(&mut self, user: UserId, wanted: Amount) -> Amount {
        let granted = wanted.min(self.room(user));
        if !granted.is_zero() {
            self.count(user, granted);
        }
        granted
    }

    /// Counts as earned what [`room_of`](Self::room_of) had room for.
    #[inline]
    pub fn count(&mut self, user: UserId, granted: Amount) {
        self.write(user, |line| line.earned = sum(line.earned, granted));
    }

    /// A reward that was granted is reversed or forfeited.
    #[inline]
    pub fn give_back(&mut self, user: UserId, amount: Amount) {
        if let Some(line) = self.lines.get_mut(user.index()) {
            line.earned = line.earned.saturating_sub(amount);
        }
    }

    /// A user paid for a purchase. Bonus money does not count: a bonus of 1 would buy room for 3.
    pub fn invest(&mut self, user: UserId, amount: Amount) {
        self.write(user, |line| line.invested = sum(line.invested, amount));
    }

    /// A purchase was refunded.
    pub fn reduce_stake(&mut self, user: UserId, amount: Amount) {
        if let Some(line) = self.lines.get_mut(user.index()) {
            line.invested = line.invested.saturating_sub(amount);
        }
    }

    fn line(&self, user: UserId) -> Stake {
        self.lines.get(user.index()).copied().unwrap_or_default()
    }

    fn write(&mut self, user: UserId, change: impl FnOnce(&mut Stake)) {
        let index = user.index();
        if index >= self.lines.len() {
            self.lines.resize(index.saturating_add(1), Stake::default());
        }
        if let Some(line) = self.lines.get_mut(index) {
            change(line);
        }
    }

    /// The lines up to the last user who has paid or earned something.
    fn written(&self) -> &[Stake] {
        let is_written = |line: &Stake| *line != Stake::default();
        let end = self.lines.iter().rposition(is_written);
        end.and_then(|last| self.lines.get(..=last)).unwrap_or_default()
    }
}

impl PartialEq for Caps {
    /// Users who have paid and earned nothing do not count: undoing everything leaves nothing.
    fn eq(&self, other: &Self) -> bool {
        self.terms == other.terms && self.written() == other.written()
    }
}

impl Eq for Caps {}

fn room(terms: Option<CapTerms>, line: Stake) -> Amount {
    terms.map_or(Amount::new(u128::MAX), |terms| {
        terms.of(line.invested).saturating_sub(line.earned)
    })
}

fn sum(amount: Amount, more: Amount) -> Amount {
    // At most 2^31 deposits of 96 bits, a hundred times: far below the limit.
    amount.checked_add(more).unwrap_or(Amount::new(u128::MAX))
}

#[cfg(test)]
mod tests;
