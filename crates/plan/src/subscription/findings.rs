//! What subscriptions promise and what that needs, in figures: the effective rate, and the growth without which
//! purchases alone cannot pay the accruals.
//!
//! **Effective rate.** A year counts 261 working days (52 weeks of five and one more) or 365 days, so a month has
//! 21.75 or 30.41…, and
//!
//! ```text
//! effective = nominal · days of a year / (12 · divisor)          6 % · 261 / 360 = 4.35 %
//! ```
//!
//! **Break-even growth.** Assume that purchases are the only money, that they grow by the same share g every month, that
//! generations take c of each, and that all the rest pays accruals. A purchase of 1 then accrues `effective` for K months,
//! until its cap; the purchases of one month pay those of the K months before it exactly when
//!
//! ```text
//! (1 − c) = effective · ((1+g)^−1 + … + (1+g)^−K)   ⇔   g = effective / (1 − c) · (1 − (1+g)^−K)
//! ```
//!
//! K is the whole months of accruing until the cap, of 260/12 working days (a year has at least 260, so this is the
//! longest) or 365/12 days; without a cap it is endless. The figure is the largest g in hundredths of a percent at which purchases do not
//! pay for more than what accrues, found by halving; integers only, powers with 15 decimal places.

use money::{Asset, Bps};

use super::SubscriptionTerms;
use super::file::{AccrualDays, MonthDivisor, NamedDivisor};
use crate::generation::GenerationTerms;
use crate::{Finding, Severity};

/// One, in figures with 15 decimal places: the product of two fits `u128`.
const ONE: u128 = 1_000_000_000_000_000;
const WHOLE: u128 = Bps::WHOLE.get() as u128;

impl SubscriptionTerms {
    /// What a subscription of this rate accrues in an average month, in basis points, rounded down.
    #[must_use]
    pub fn effective_monthly_bps(&self, nominal: Bps) -> u128 {
        let (days, months) = self.effective_factor();
        u128::from(nominal.get())
            .saturating_mul(days)
            .checked_div(months)
            .unwrap_or(0)
    }

    /// The share by which purchases must grow every month so that they alone pay the accruals of this rate, in basis
    /// points, rounded down; `None` when no growth suffices, because generations take everything.
    #[must_use]
    pub fn breakeven_growth_bps(&self, nominal: Bps, commissions: Bps) -> Option<u128> {
        let left = WHOLE.saturating_sub(u128::from(commissions.get()));
        let (days, months) = self.effective_factor();
        // effective / (1 − c), with 15 decimal places.
        let load = ONE
            .saturating_mul(u128::from(nominal.get()))
            .saturating_mul(days)
            .checked_div(months.saturating_mul(left))?;
        let paid_months = self.paid_months(nominal);
        let (mut low, mut high) = (0u128, load.saturating_mul(WHOLE) / ONE);
        while low < high {
            let growth = low.midpoint(high.saturating_add(1));
            if accruals(load, growth, paid_months) >= growth.saturating_mul(ONE / WHOLE) {
                low = growth;
            } else {
                high = growth.saturating_sub(1);
            }
        }
        Some(low)
    }

    /// What participants must know. `generations` are those of the same plan.
    #[must_use]
    pub fn findings(&self, asset: Asset, generations: Option<&GenerationTerms>) -> Vec<Finding> {
        let commissions = generations.map_or(Bps::default(), GenerationTerms::rates_sum);
        let mut findings = Vec::new();
        for tier in self.tiers() {
            let from = asset.display_amount(tier.from);
            findings.push(self.effective_finding(tier.monthly, &from));
            findings.push(self.growth_finding(tier.monthly, commissions, &from));
        }
        findings
    }

    /// Nominal basis points times the first, divided by the second, are effective ones.
    fn effective_factor(&self) -> (u128, u128) {
        match (self.month_divisor(), self.accrual_days()) {
            (MonthDivisor::Named(NamedDivisor::WorkingDays), _) => (1, 1),
            (MonthDivisor::Days(divisor), AccrualDays::Working) => {
                (261, u128::from(divisor).saturating_mul(12))
            }
            (MonthDivisor::Days(divisor), AccrualDays::All) => (365, u128::from(divisor).saturating_mul(12)),
        }
    }

    /// Whole months until a subscription has accrued as much as it may.
    fn paid_months(&self, nominal: Bps) -> Option<u128> {
        // Nominal months: 3 times the price at 6 % a month are 50.
        let price_bps = u128::from(self.cap_multiple()?).saturating_mul(WHOLE);
        let nominal = u128::from(nominal.get());
        let (divisor, days_of_year) = match (self.month_divisor(), self.accrual_days()) {
            (MonthDivisor::Named(NamedDivisor::WorkingDays), _) => return price_bps.checked_div(nominal),
            (MonthDivisor::Days(divisor), AccrualDays::Working) => (divisor, 260),
            (MonthDivisor::Days(divisor), AccrualDays::All) => (divisor, 365),
        };
        let days = price_bps
            .saturating_mul(u128::from(divisor))
            .checked_div(nominal)?;
        days.saturating_mul(12).checked_div(days_of_year)
    }

    fn effective_finding(&self, nominal: Bps, from: &str) -> Finding {
        let effective = self.effective_monthly_bps(nominal);
        let (nominal, nominal_text) = (u128::from(nominal.get()), percent(u128::from(nominal.get())));
        let (severity, days) = match self.accrual_days() {
            AccrualDays::Working if effective < nominal => {
                (Severity::Warning, ", because only working days accrue")
            }
            AccrualDays::Working | AccrualDays::All => (Severity::Info, ""),
        };
        Finding {
            code: "effective_rate",
            severity,
            text: format!(
                "A subscription from {from} on accrues at most {} in an average month, at a nominal rate of {nominal_text}{days}.",
                percent(effective)
            ),
            figures: vec![
                ("nominal_monthly_bps", nominal),
                ("effective_monthly_bps", effective),
            ],
        }
    }

    fn growth_finding(&self, nominal: Bps, commissions: Bps, from: &str) -> Finding {
        let nominal_bps = u128::from(nominal.get());
        let taken = u128::from(commissions.get());
        let mut figures = vec![("nominal_monthly_bps", nominal_bps), ("commissions_bps", taken)];
        let needed = match self.breakeven_growth_bps(nominal, commissions) {
            Some(growth) => {
                figures.push(("growth_monthly_bps", growth));
                format!(
                    "purchases would have to grow by more than {} every month, for ever",
                    percent(growth)
                )
            }
            None => "no growth of purchases would suffice".to_owned(),
        };
        Finding {
            code: "breakeven_growth",
            severity: Severity::Warning,
            text: format!(
                "Without revenue from outside, after {} for generations, {needed}, to pay what subscriptions from {from} on \
                 accrue; otherwise accruals stop when the fund is empty.",
                percent(taken)
            ),
            figures,
        }
    }
}

/// `load · (1 − (1+g)^−K)`, with 15 decimal places; the whole load without an end.
fn accruals(load: u128, growth_bps: u128, months: Option<u128>) -> u128 {
    let Some(months) = months else { return load };
    let grown = WHOLE.saturating_add(growth_bps);
    let discount = ONE.saturating_mul(WHOLE).checked_div(grown).unwrap_or(0);
    let paid = ONE.saturating_sub(power(discount, months));
    load.saturating_mul(paid) / ONE
}

/// A power of a number of at most one.
fn power(mut base: u128, mut exponent: u128) -> u128 {
    let mut result = ONE;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result.saturating_mul(base) / ONE;
        }
        base = base.saturating_mul(base) / ONE;
        exponent >>= 1;
    }
    result
}

/// `4.35 %` for 435.
fn percent(bps: u128) -> String {
    format!("{}.{:02} %", bps / 100, bps % 100)
}
