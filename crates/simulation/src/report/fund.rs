//! Accounts from which a plan may pay, and the month in which each becomes empty.

use money::Amount;
use plan::{CompiledPlan, Waiting};
use serde::Serialize;

use super::{MonthRow, Report};

/// An account that can run dry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fund {
    /// `revenue`, or `reserve` with its tier.
    pub name: String,
    /// The most that it held at the end of a month.
    pub most: Amount,
    /// What it holds at the end.
    pub last: Amount,
    /// How it ended.
    pub end: FundEnd,
    /// What it paid and could not pay, for a fund of the plan; `None` for other accounts.
    pub payments: Option<FundPayments>,
}

/// What a fund of a plan paid and could not pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FundPayments {
    /// What it paid for rewards, less what came back.
    #[serde(serialize_with = "crate::text::text")]
    pub paid: Amount,
    /// What it should have paid and never will.
    #[serde(serialize_with = "crate::text::text")]
    pub not_paid: Amount,
    /// The first month, from 1, in which it could not pay what it should have; `None` if it always could.
    pub first_short_month: Option<u32>,
    /// What waits at the end to be paid out of it.
    #[serde(flatten, serialize_with = "super::month::waiting")]
    pub waiting: Waiting,
}

/// How an account that can run dry ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FundEnd {
    /// It held nothing at the end of any month.
    NeverFunded,
    /// It held something and holds nothing since the end of this month.
    Dry {
        /// Which month, from 1.
        month: u32,
    },
    /// It still holds something, and could not pay all that it should have: less than one reward, for example.
    Short {
        /// The first month, from 1, in which it could not.
        month: u32,
    },
    /// It still holds something, and could always pay what it owed.
    Open,
}

impl Fund {
    pub(crate) fn of_months(plan: &CompiledPlan, months: &[MonthRow]) -> Vec<Self> {
        let mut funds = vec![Self::of(
            "revenue".to_owned(),
            months.iter().map(|row| row.unallocated),
        )];
        for (at, (_, name)) in plan.funds().enumerate() {
            let mut rows = months.iter().filter_map(|row| row.funds.get(at));
            let mut fund = Self::of(name.to_owned(), rows.clone().map(|row| row.balance));
            let short = (1u32..)
                .zip(rows.clone())
                .find(|(_, row)| row.count.shortages > 0);
            let first_short_month = short.map(|(month, _)| month);
            if let (FundEnd::Open, Some(month)) = (fund.end, first_short_month) {
                fund.end = FundEnd::Short { month };
            }
            let last = rows.next_back();
            let count = last.map(|row| row.count).unwrap_or_default();
            fund.payments = Some(FundPayments {
                paid: count.paid,
                not_paid: count.not_paid,
                first_short_month,
                waiting: last.map(|row| row.waiting).unwrap_or_default(),
            });
            funds.push(fund);
        }
        for (tier, at) in (1..=plan.tiers()).zip(0usize..) {
            // From the last tier nobody moves on, so nothing is reserved there.
            if tier < plan.tiers() {
                let balances = months
                    .iter()
                    .map(|row| row.reserves.get(at).copied().unwrap_or_default());
                funds.push(Self::of(format!("reserve of tier {tier}"), balances));
            }
        }
        funds
    }

    fn of(name: String, balances: impl Iterator<Item = Amount>) -> Self {
        let mut fund = Self {
            name,
            most: Amount::ZERO,
            last: Amount::ZERO,
            end: FundEnd::NeverFunded,
            payments: None,
        };
        for (month, balance) in (1u32..).zip(balances) {
            fund.most = fund.most.max(balance);
            fund.last = balance;
            fund.end = match fund.end {
                _ if !balance.is_zero() => FundEnd::Open,
                FundEnd::Open => FundEnd::Dry { month },
                end @ (FundEnd::NeverFunded | FundEnd::Dry { .. } | FundEnd::Short { .. }) => end,
            };
        }
        fund
    }

    /// How it ended, in words.
    pub fn end_in_words(&self, report: &Report) -> String {
        match self.end {
            FundEnd::NeverFunded => "never held anything".to_owned(),
            FundEnd::Dry { month } => format!("empty since the end of {}", report.month_name(month)),
            FundEnd::Short { month } => format!(
                "not empty, but could not pay all that it owed, first in {}",
                report.month_name(month)
            ),
            FundEnd::Open => format!("not empty within {} months", report.months.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fund_is_dry_since_the_month_in_which_nothing_was_left_for_good() {
        let end =
            |balances: &[u128]| Fund::of(String::new(), balances.iter().map(|units| Amount::new(*units))).end;
        assert_eq!(end(&[0, 0]), FundEnd::NeverFunded);
        assert_eq!(end(&[5, 3, 0, 0]), FundEnd::Dry { month: 3 });
        assert_eq!(end(&[5, 0, 2, 0]), FundEnd::Dry { month: 4 });
        assert_eq!(end(&[5, 0, 2]), FundEnd::Open);
    }
}
