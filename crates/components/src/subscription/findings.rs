//! What subscriptions promise and what that needs, in figures: the effective rate, and the growth without which
//! purchases alone cannot pay the accruals.
//!
//! **Effective rate.** Four hundred years of the calendar have 104,355 days from Monday to Friday, 146,097 days and 4,800 months, so
//! an average month has 21.74 or 30.44 of them, and
//!
//! ```text
//! effective = nominal · days of an average month / divisor          6 % · 21.74 / 30 = 4.35 %
//! ```
//!
//! **Break-even growth.** Assume that purchases are the only money, that they grow by the same share g every month, that
//! generations take c of each, and that all the rest pays accruals. A purchase of 1 then accrues `effective` for K whole months and
//! r in the month after them, when it reaches its cap; the purchases of one month pay those of the months before it exactly when
//!
//! ```text
//! (1 − c) = effective · ((1+g)^−1 + … + (1+g)^−K) + r · (1+g)^−(K+1)
//! ⇔ g = effective / (1 − c) · (1 − (1+g)^−K) + g · r / (1 − c) · (1+g)^−(K+1)
//! ```
//!
//! Without a cap there is no end. The figure is the largest g in hundredths of a percent at which purchases do not
//! pay for more than what accrues, found by halving; integers only, powers with 15 decimal places.

use money::{Asset, Bps};

use super::SubscriptionTerms;
use crate::cap::CapTerms;
use crate::generation::GenerationTerms;
use crate::subscription::table::{AccrualDays, MonthDivisor, NamedDivisor};
use plan_file::{Finding, Severity, percent};

/// One, in figures with 15 decimal places: the product of two fits `u128`.
const ONE: u128 = 1_000_000_000_000_000;
const WHOLE: u128 = Bps::WHOLE.get() as u128;

impl SubscriptionTerms {
    /// What a subscription of this rate accrues in an average month, in basis points, rounded up.
    pub fn effective_monthly_bps(&self, nominal: Bps) -> u128 {
        let (days, months) = self.effective_factor();
        u128::from(nominal.get()).saturating_mul(days).div_ceil(months)
    }

    /// The share by which purchases must grow every month so that they alone pay the accruals of this rate, in basis
    /// points, rounded down; `None` when no growth suffices, because generations take everything. A user's rewards end at
    /// `user_multiple` of what the user paid, if there is one.
    pub fn breakeven_growth_bps(
        &self,
        nominal: Bps,
        commissions: Bps,
        user_multiple: Option<u32>,
    ) -> Option<u128> {
        let left = WHOLE.saturating_sub(u128::from(commissions.get()));
        let (days, months) = self.effective_factor();
        // effective / (1 − c), with 15 decimal places.
        let monthly = ONE
            .saturating_mul(u128::from(nominal.get()))
            .saturating_mul(days)
            .checked_div(months.saturating_mul(left))?;
        let multiple = self.cap_multiple().into_iter().chain(user_multiple).min();
        let in_all = multiple.and_then(|multiple| {
            let price = ONE.saturating_mul(WHOLE);
            price.saturating_mul(u128::from(multiple)).checked_div(left)
        });
        let (mut low, mut high) = (0u128, monthly.saturating_mul(WHOLE) / ONE);
        while low < high {
            let growth = low.midpoint(high.saturating_add(1));
            if accruals(monthly, in_all, growth) >= growth.saturating_mul(ONE / WHOLE) {
                low = growth;
            } else {
                high = growth.saturating_sub(1);
            }
        }
        Some(low)
    }

    /// What participants must know. `generations` and `cap` are those of the same plan.
    pub fn findings_beside(
        &self,
        asset: Asset,
        generations: Option<&GenerationTerms>,
        cap: Option<CapTerms>,
    ) -> Vec<Finding> {
        let commissions = generations.map_or(Bps::default(), GenerationTerms::rates_sum);
        let mut findings = Vec::new();
        for tier in self.tiers() {
            let from = asset.display_amount(tier.from);
            findings.push(self.effective_finding(tier.monthly, &from));
            let growth = self.breakeven_growth_bps(tier.monthly, commissions, cap.map(CapTerms::multiple));
            findings.push(growth_finding(tier.monthly, commissions, growth, &from));
        }
        findings
    }

    /// Nominal basis points times the first, divided by the second, are effective ones.
    fn effective_factor(&self) -> (u128, u128) {
        match (self.month_divisor(), self.accrual_days()) {
            (MonthDivisor::Named(NamedDivisor::WorkingDays), _) => (1, 1),
            (MonthDivisor::Days(divisor), AccrualDays::Working) => {
                (104_355, u128::from(divisor).saturating_mul(4_800))
            }
            (MonthDivisor::Days(divisor), AccrualDays::All) => {
                (146_097, u128::from(divisor).saturating_mul(4_800))
            }
        }
    }

    fn effective_finding(&self, nominal: Bps, from: &str) -> Finding {
        let effective = self.effective_monthly_bps(nominal);
        let nominal = u128::from(nominal.get());
        let (severity, reason) = match self.month_divisor() {
            MonthDivisor::Days(divisor) if effective < nominal => (
                Severity::Warning,
                format!(", because it accrues on fewer days than the divisor of {divisor}"),
            ),
            MonthDivisor::Days(_) | MonthDivisor::Named(NamedDivisor::WorkingDays) => {
                (Severity::Info, String::new())
            }
        };
        Finding {
            code: "effective_rate",
            severity,
            text: format!(
                "A subscription from {from} on accrues at most {} in an average month, at a nominal rate of {}{reason}.",
                percent(effective),
                percent(nominal),
            ),
            figures: vec![
                ("nominal_monthly_bps", nominal),
                ("effective_monthly_bps", effective),
            ],
        }
    }
}

fn growth_finding(nominal: Bps, commissions: Bps, growth: Option<u128>, from: &str) -> Finding {
    let taken = u128::from(commissions.get());
    let mut figures = vec![
        ("nominal_monthly_bps", u128::from(nominal.get())),
        ("commissions_bps", taken),
    ];
    figures.extend(growth.map(|growth| ("growth_monthly_bps", growth)));
    let needed = match growth {
        Some(0) => "purchases would have to continue forever and never fall".to_owned(),
        Some(growth) => format!(
            "purchases would have to grow by at least {} every month, forever",
            percent(growth)
        ),
        None => "no growth in purchases would be enough".to_owned(),
    };
    Finding {
        code: "breakeven_growth",
        severity: Severity::Warning,
        text: format!(
            "Without outside revenue, and with all of every purchase except the {} for generations going to accruals, {needed} \
             to pay everything that subscriptions from {from} may accrue; otherwise accruals stop when the fund is empty.",
            percent(taken)
        ),
        figures,
    }
}

/// `load · (1 − (1+g)^−K) + g · r · (1+g)^−(K+1)`, with 15 decimal places, of a load for K months that ends with `in_all`; the
/// whole load without an end.
fn accruals(load: u128, in_all: Option<u128>, growth_bps: u128) -> u128 {
    let Some(in_all) = in_all else { return load };
    let months = in_all.checked_div(load).unwrap_or(0);
    let rest = in_all.saturating_sub(months.saturating_mul(load));
    let grown = WHOLE.saturating_add(growth_bps);
    let discount = ONE.saturating_mul(WHOLE).checked_div(grown).unwrap_or(0);
    let discounted = power(discount, months);
    let in_full = load.saturating_mul(ONE.saturating_sub(discounted)) / ONE;
    let last = rest.saturating_mul(growth_bps) / WHOLE;
    let last = last.saturating_mul(discounted) / ONE;
    in_full.saturating_add(last.saturating_mul(discount) / ONE)
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
