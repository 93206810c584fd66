//! Stored reports: causes that no chain says. Days are numbers of days since 1970-01-01, funds and periods numbers.

use alloy_primitives::Address;
use ledger::Fund;
use plan::report::Side;
use plan::{Day, Report};
use serde::{Deserialize, Serialize};

use super::field::{Decimal, Hex};

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "report", rename_all = "snake_case")]
pub(super) enum ReportJson {
    DayEnded {
        day: u32,
    },
    FundAllocated {
        fund: u8,
        amount: Decimal,
    },
    PlanChanged {
        plan_hash: Hex<32>,
    },
    WithdrawalRequested {
        wallet: Hex<20>,
        amount: Decimal,
    },
    UserVerified {
        wallet: Hex<20>,
    },
    TaxIdRecorded {
        wallet: Hex<20>,
    },
    SideChosen {
        wallet: Hex<20>,
        side: Option<SideJson>,
    },
    OrderPlaced {
        order_ref: Hex<32>,
        wallet: Hex<20>,
        customer: Option<Hex<32>>,
        amount: Decimal,
        /// Left out when the order brings the plan's share of its amount, as in all that was stored before it could be less.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        volume: Option<Decimal>,
        day: u32,
    },
    OrderRefunded {
        order_ref: Hex<32>,
        amount: Decimal,
    },
    PeriodFinalized {
        period: u32,
    },
    PeriodReleased {
        period: u32,
    },
    ConversionReported {
        conversion_ref: Hex<32>,
        wallet: Hex<20>,
        referee: Hex<32>,
        amount: Decimal,
        day: u32,
    },
    ConversionReversed {
        conversion_ref: Hex<32>,
        amount: Decimal,
    },
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SideJson {
    Left,
    Right,
}

impl From<&Report> for ReportJson {
    fn from(report: &Report) -> Self {
        match *report {
            Report::DayEnded { day } => Self::DayEnded { day: day.get() },
            Report::FundAllocated { fund, amount } => Self::FundAllocated {
                fund: fund.get(),
                amount: Decimal(amount),
            },
            Report::PlanChanged { plan_hash } => Self::PlanChanged {
                plan_hash: Hex(plan_hash),
            },
            Report::WithdrawalRequested { wallet, amount } => Self::WithdrawalRequested {
                wallet: Hex(wallet.0),
                amount: Decimal(amount),
            },
            Report::UserVerified { wallet } => Self::UserVerified {
                wallet: Hex(wallet.0),
            },
            Report::TaxIdRecorded { wallet } => Self::TaxIdRecorded {
                wallet: Hex(wallet.0),
            },
            Report::SideChosen { wallet, side } => Self::SideChosen {
                wallet: Hex(wallet.0),
                side: side.map(|side| match side {
                    Side::Left => SideJson::Left,
                    Side::Right => SideJson::Right,
                }),
            },
            Report::OrderPlaced {
                order_ref,
                wallet,
                customer,
                amount,
                volume,
                day,
            } => Self::OrderPlaced {
                order_ref: Hex(order_ref),
                wallet: Hex(wallet.0),
                customer: customer.map(Hex),
                amount: Decimal(amount),
                volume: volume.map(Decimal),
                day: day.get(),
            },
            Report::OrderRefunded { order_ref, amount } => Self::OrderRefunded {
                order_ref: Hex(order_ref),
                amount: Decimal(amount),
            },
            Report::PeriodFinalized { period } => Self::PeriodFinalized { period },
            Report::PeriodReleased { period } => Self::PeriodReleased { period },
            Report::ConversionReported {
                conversion_ref,
                wallet,
                referee,
                amount,
                day,
            } => Self::ConversionReported {
                conversion_ref: Hex(conversion_ref),
                wallet: Hex(wallet.0),
                referee: Hex(referee),
                amount: Decimal(amount),
                day: day.get(),
            },
            Report::ConversionReversed {
                conversion_ref,
                amount,
            } => Self::ConversionReversed {
                conversion_ref: Hex(conversion_ref),
                amount: Decimal(amount),
            },
        }
    }
}

impl From<ReportJson> for Report {
    fn from(json: ReportJson) -> Self {
        match json {
            ReportJson::DayEnded { day } => Self::DayEnded { day: Day::new(day) },
            ReportJson::FundAllocated { fund, amount } => Self::FundAllocated {
                fund: Fund::new(fund),
                amount: amount.0,
            },
            ReportJson::PlanChanged { plan_hash } => Self::PlanChanged {
                plan_hash: plan_hash.0,
            },
            ReportJson::WithdrawalRequested { wallet, amount } => Self::WithdrawalRequested {
                wallet: Address(wallet.0),
                amount: amount.0,
            },
            ReportJson::UserVerified { wallet } => Self::UserVerified {
                wallet: Address(wallet.0),
            },
            ReportJson::TaxIdRecorded { wallet } => Self::TaxIdRecorded {
                wallet: Address(wallet.0),
            },
            ReportJson::SideChosen { wallet, side } => Self::SideChosen {
                wallet: Address(wallet.0),
                side: side.map(|side| match side {
                    SideJson::Left => Side::Left,
                    SideJson::Right => Side::Right,
                }),
            },
            ReportJson::OrderPlaced {
                order_ref,
                wallet,
                customer,
                amount,
                volume,
                day,
            } => Self::OrderPlaced {
                order_ref: order_ref.0,
                wallet: Address(wallet.0),
                customer: customer.map(|customer| customer.0),
                amount: amount.0,
                volume: volume.map(|volume| volume.0),
                day: Day::new(day),
            },
            ReportJson::OrderRefunded { order_ref, amount } => Self::OrderRefunded {
                order_ref: order_ref.0,
                amount: amount.0,
            },
            ReportJson::PeriodFinalized { period } => Self::PeriodFinalized { period },
            ReportJson::PeriodReleased { period } => Self::PeriodReleased { period },
            ReportJson::ConversionReported {
                conversion_ref,
                wallet,
                referee,
                amount,
                day,
            } => Self::ConversionReported {
                conversion_ref: conversion_ref.0,
                wallet: Address(wallet.0),
                referee: referee.0,
                amount: amount.0,
                day: Day::new(day),
            },
            ReportJson::ConversionReversed {
                conversion_ref,
                amount,
            } => Self::ConversionReversed {
                conversion_ref: conversion_ref.0,
                amount: amount.0,
            },
        }
    }
}
