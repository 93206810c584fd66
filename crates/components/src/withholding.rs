//! Withholding: dated policies that keep back tax from rewards when they are credited, or from withdrawals.
//!
//! What is withheld is a function of three sums per user, policy and financial year: what was paid, how much of it
//! was taxed, and what was withheld. Each payment adds to them and a reversal takes exactly that away again, so the sums are
//! always those of the payments that stand. Not responsible for where the tax goes, for its deposit with an authority,
//! and not legal advice: the policies are the operator's.

mod receipt;
pub mod table;
mod terms;
mod version;

use std::collections::{BTreeMap, BTreeSet};

use money::{Amount, Bps};

pub use crate::withholding::table::{Basis, CeilingScope, Crossing, ThresholdScope, WithholdingTable};
pub use receipt::{Line, Withheld};
pub use terms::{NAME_MAX, Occasion, POLICIES_MAX, Payment, Policy, VERSIONS_MAX, WithholdingTerms};

use ledger::UserId;
use plan_file::calendar::FinancialYear;
use version::Version;

/// What was withheld from each user, by policy and financial year.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Withholding {
    /// Only sums that are not all zero, so that equal histories are equal states.
    years: BTreeMap<YearKey, YearTotals>,
    tax_ids: BTreeSet<UserId>,
}

/// One user's financial year under one policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct YearKey {
    user: UserId,
    /// Place of the policy in the plan's list, from 0.
    policy: u8,
    year: FinancialYear,
}

/// Sums of the payments of a financial year that stand, in base units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct YearTotals {
    /// What was paid before anything was withheld.
    pub paid: Amount,
    /// How much of it was taxed.
    pub taxed: Amount,
    /// What was withheld.
    pub withheld: Amount,
}

impl Withholding {
    /// A user's tax id became known. What was withheld before stays withheld.
    pub fn learn_tax_id(&mut self, user: UserId) {
        self.tax_ids.insert(user);
    }

    /// Whether a user's tax id is known.
    pub fn has_tax_id(&self, user: UserId) -> bool {
        self.tax_ids.contains(&user)
    }

    /// A state in which these are the sums of a user's year under the policy at this place of the plan's list.
    #[must_use]
    pub fn with_year(mut self, user: UserId, policy: u8, year: FinancialYear, totals: YearTotals) -> Self {
        if totals != YearTotals::default() {
            self.years.insert(YearKey { user, policy, year }, totals);
        }
        self
    }

    /// What would be withheld from this payment now.
    pub fn preview(&self, terms: &WithholdingTerms, payment: &Payment) -> Withheld {
        let mut withheld = Withheld::nothing(payment.user, payment.gross);
        if payment.gross.is_zero() {
            // Nothing bears tax of others, and nothing could be reversed.
            return withheld;
        }
        for (policy, number) in terms.policies().iter().zip(0u8..) {
            let Some(version) = policy.version_for(payment) else {
                continue;
            };
            let year = payment.day.financial_year(policy.year_starts_month());
            let key = YearKey {
                user: payment.user,
                policy: number,
                year,
            };
            let rate = version.rate(self.has_tax_id(payment.user));
            let before = self.years.get(&key).copied().unwrap_or_default();
            let (base, amount) = tax(version, rate, before, payment.gross, withheld.net());
            withheld.push(Line {
                policy: number,
                entry: version.entry(),
                year,
                rate,
                base,
                amount,
            });
        }
        withheld
    }

    /// Withholds from this payment, and remembers it.
    pub fn withhold(&mut self, terms: &WithholdingTerms, payment: &Payment) -> Withheld {
        let withheld = self.preview(terms, payment);
        self.commit(&withheld);
        withheld
    }

    /// Remembers a payment as previewed. The preview must be of this very state.
    pub fn commit(&mut self, withheld: &Withheld) {
        for line in withheld.lines() {
            let totals = self.years.entry(withheld.key_of(line)).or_default();
            // Sums saturate only beyond 2^128 base units, more than a ledger can hold.
            totals.paid = sum(totals.paid, withheld.gross());
            totals.taxed = sum(totals.taxed, line.base);
            totals.withheld = sum(totals.withheld, line.amount);
            if *totals == YearTotals::default() {
                self.years.remove(&withheld.key_of(line));
            }
        }
    }

    /// A part of the payment, before deductions, was reversed: gives back the part's tax. Several partial reversals
    /// of a payment give back what one of their sum would (cumulative shares, rounded down), and a full one
    /// everything. At most what still stands is reversed.
    ///
    /// The lines say what each policy gives back; they belong to the financial year of the payment.
    pub fn give_back(&mut self, withheld: &mut Withheld, part: Amount) -> Withheld {
        let given = withheld.reverse(part);
        for line in given.lines() {
            let key = given.key_of(line);
            if let Some(totals) = self.years.get_mut(&key) {
                totals.paid = totals.paid.saturating_sub(given.gross());
                totals.taxed = totals.taxed.saturating_sub(line.base);
                totals.withheld = totals.withheld.saturating_sub(line.amount);
                if *totals == YearTotals::default() {
                    self.years.remove(&key);
                }
            }
        }
        given
    }

    /// Reverses all of the payment that still stands.
    pub fn undo(&mut self, withheld: &mut Withheld) -> Withheld {
        self.give_back(withheld, withheld.standing())
    }

    /// A user's year under the policy at this place of the plan's list: the figures of a certificate.
    pub fn year(&self, user: UserId, policy: u8, year: FinancialYear) -> YearTotals {
        let key = YearKey { user, policy, year };
        self.years.get(&key).copied().unwrap_or_default()
    }

    /// All years with payments: user, place of the policy, year, sums; in this order.
    pub fn years(&self) -> impl Iterator<Item = (UserId, u8, FinancialYear, YearTotals)> + '_ {
        self.years
            .iter()
            .map(|(key, totals)| (key.user, key.policy, key.year, *totals))
    }
}

/// How much is taxed on the occasion of a payment, and the tax; `left` is what other policies leave of it.
fn tax(version: &Version, rate: Bps, before: YearTotals, gross: Amount, left: Amount) -> (Amount, Amount) {
    let paid = sum(before.paid, gross);
    let base = version.taxable(paid).saturating_sub(before.taxed);
    let mut most = left;
    let mut is_ceiling = false;
    if let Some((ceiling, scope)) = version.ceiling {
        let room = match scope {
            CeilingScope::Payment => ceiling,
            CeilingScope::FinancialYear => ceiling.saturating_sub(before.withheld),
        };
        // Beyond a ceiling tax is forgiven; beyond the payment it waits for the next one.
        is_ceiling = room <= left;
        most = most.min(room);
    }
    let amount = rate.floor_of(base);
    if amount <= most {
        (base, amount)
    } else if is_ceiling {
        (base, most)
    } else {
        (base_of(rate, most).min(base), most)
    }
}

/// The smallest base whose tax is `amount`: `⌈amount · 10,000 / rate⌉`. What lies above it waits for the next payment.
fn base_of(rate: Bps, amount: Amount) -> Amount {
    let whole = u128::from(Bps::WHOLE.get());
    let scaled = amount.base_units().saturating_mul(whole);
    // Without a rate there is no tax that could be too large.
    let base = scaled.checked_next_multiple_of(u128::from(rate.get()));
    let base = base.and_then(|base| base.checked_div(u128::from(rate.get())));
    Amount::new(base.unwrap_or(u128::MAX))
}

fn sum(left: Amount, right: Amount) -> Amount {
    left.checked_add(right).unwrap_or(Amount::new(u128::MAX))
}
