//! What only plans with components have in a report's JSON.

use serde::Serialize;

use crate::parameters::Activity;
use crate::report::{FundPayments, MonthRow};

#[derive(Serialize)]
pub(super) struct ActivityJson {
    outside_revenue: String,
    outside_revenue_months: Option<u32>,
    withdrawals: &'static str,
    /// `None` for amounts that suit the plan; the assumptions name them.
    amounts: Option<Vec<AmountJson>>,
    order_bps: u16,
    customers_max: u32,
    customer_order_bps: u16,
    conversions_max: u32,
    send_back_bps: u16,
    send_back_after_days: u32,
}

#[derive(Serialize)]
struct AmountJson {
    amount: String,
    bps: u16,
}

#[derive(Serialize)]
pub(super) struct MonthComponentsJson {
    funded: String,
    wallets: String,
    deferred: String,
    receivable: String,
    unallocated: String,
    funds: Vec<FundRowJson>,
}

#[derive(Serialize)]
struct FundRowJson {
    name: String,
    balance: String,
    paid: String,
    not_paid: String,
    shortages: u64,
    waiting: u64,
    waiting_amount: String,
}

#[derive(Serialize)]
pub(super) struct FundPaymentsJson {
    paid: String,
    not_paid: String,
    first_short_month: Option<u32>,
    waiting: u64,
    waiting_amount: String,
}

impl From<&Activity> for ActivityJson {
    fn from(activity: &Activity) -> Self {
        Self {
            outside_revenue: activity.outside_revenue.to_string(),
            outside_revenue_months: activity.outside_revenue_months,
            withdrawals: activity.withdrawals.name(),
            amounts: activity.amounts.map(|amounts| {
                amounts
                    .iter()
                    .map(|(amount, bps)| AmountJson {
                        amount: amount.to_string(),
                        bps,
                    })
                    .collect()
            }),
            order_bps: activity.order_bps,
            customers_max: activity.customers_max,
            customer_order_bps: activity.customer_order_bps,
            conversions_max: activity.conversions_max,
            send_back_bps: activity.send_back_bps,
            send_back_after_days: activity.send_back_after_days,
        }
    }
}

impl From<&MonthRow> for MonthComponentsJson {
    fn from(row: &MonthRow) -> Self {
        Self {
            funded: row.funded.to_string(),
            wallets: row.wallets.to_string(),
            deferred: row.deferred.to_string(),
            receivable: row.receivable.to_string(),
            unallocated: row.unallocated.to_string(),
            funds: row
                .funds
                .iter()
                .map(|fund| FundRowJson {
                    name: fund.name.clone(),
                    balance: fund.balance.to_string(),
                    paid: fund.count.paid.to_string(),
                    not_paid: fund.count.not_paid.to_string(),
                    shortages: fund.count.shortages,
                    waiting: fund.waiting.count,
                    waiting_amount: fund.waiting.amount.to_string(),
                })
                .collect(),
        }
    }
}

impl From<&FundPayments> for FundPaymentsJson {
    fn from(payments: &FundPayments) -> Self {
        Self {
            paid: payments.paid.to_string(),
            not_paid: payments.not_paid.to_string(),
            first_short_month: payments.first_short_month,
            waiting: payments.waiting.count,
            waiting_amount: payments.waiting.amount.to_string(),
        }
    }
}
