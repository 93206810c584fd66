//! A [`Report`] as JSON: the file format, in the order of its fields.

use serde::Serialize;

mod components;

use components::{ActivityJson, FundPaymentsJson, MonthComponentsJson};

use super::{Cohort, FundEnd, MonthRow, Report, Shares};
use crate::parameters::{Growth, SponsorChoice};

#[derive(Serialize)]
pub(super) struct ReportJson {
    plan: PlanJson,
    parameters: ParametersJson,
    assumptions: Vec<String>,
    everybody: CohortJson,
    shares: SharesJson,
    cohorts: Vec<CohortJson>,
    months: Vec<MonthJson>,
    funds: Vec<FundJson>,
    findings: Vec<FindingJson>,
    facts: u64,
}

#[derive(Serialize)]
struct PlanJson {
    name: String,
    version: u32,
    hash: String,
    asset: &'static str,
}

#[derive(Serialize)]
struct ParametersJson {
    users: u32,
    seed: u64,
    months: u32,
    start: String,
    growth: &'static str,
    rate_bps: Option<u16>,
    stop_after_months: Option<u32>,
    sponsors: &'static str,
    cooling_off_days: u32,
    retopup_bps: u16,
    retopup_again_bps: u16,
    retopup_after_days: u32,
    reserve_bps: u16,
    refund_bps: u16,
    refund_after_days: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    activity: Option<ActivityJson>,
}

#[derive(Serialize)]
struct CohortJson {
    month: u32,
    first_day: String,
    users: u64,
    paid_in: String,
    received: String,
    median: String,
    deciles: Vec<String>,
    most: String,
    zero_earners: u64,
    zero_earners_bps: u64,
    below_paid_in: u64,
    below_paid_in_bps: u64,
    stayed: StayedJson,
    gained: GainedJson,
    lost: String,
}

/// Without those whose registration was refunded.
#[derive(Serialize)]
struct StayedJson {
    users: u64,
    zero_earners: u64,
    zero_earners_bps: u64,
    below_paid_in: u64,
    below_paid_in_bps: u64,
}

#[derive(Serialize)]
struct GainedJson {
    users: u64,
    users_bps: u64,
    amount: String,
    most: String,
}

#[derive(Serialize)]
struct SharesJson {
    first_user: String,
    first_user_bps: u64,
    top_users: u64,
    top: String,
    top_bps: u64,
    company: String,
    company_bps: u64,
}

#[derive(Serialize)]
struct MonthJson {
    month: u32,
    first_day: String,
    joined: u32,
    users: u64,
    retopups: u64,
    refunds: u64,
    placements: u64,
    progressions: u64,
    paid_in: String,
    refunded: String,
    custody: String,
    available: String,
    held_for_users: String,
    held_for_others: String,
    reserves: Vec<String>,
    company: String,
    residual: String,
    breakage: Vec<BreakageJson>,
    revenue: String,
    other: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    components: Option<MonthComponentsJson>,
}

#[derive(Serialize)]
struct BreakageJson {
    cause: &'static str,
    amount: String,
}

#[derive(Serialize)]
struct FundJson {
    name: String,
    most: String,
    last: String,
    state: &'static str,
    dry_since_month: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payments: Option<FundPaymentsJson>,
}

#[derive(Serialize)]
struct FindingJson {
    code: &'static str,
    severity: &'static str,
    text: String,
}

impl From<&Report> for ReportJson {
    fn from(report: &Report) -> Self {
        Self {
            plan: PlanJson {
                name: report.plan.clone(),
                version: report.version,
                hash: report.plan_hash.clone(),
                asset: report.asset.code(),
            },
            parameters: ParametersJson::from(report),
            assumptions: report.assumptions.clone(),
            everybody: CohortJson::from(&report.everybody),
            shares: SharesJson::from(&report.shares),
            cohorts: report.cohorts.iter().map(CohortJson::from).collect(),
            months: report.months.iter().map(|row| month(report, row)).collect(),
            funds: report.funds.iter().map(fund).collect(),
            findings: report
                .findings
                .iter()
                .map(|finding| FindingJson {
                    code: finding.code,
                    severity: finding.severity.name(),
                    text: finding.text.clone(),
                })
                .collect(),
            facts: report.facts,
        }
    }
}

impl From<&Report> for ParametersJson {
    fn from(report: &Report) -> Self {
        let parameters = &report.parameters;
        let behaviour = &parameters.behaviour;
        let (rate_bps, stop_after_months) = match parameters.growth {
            Growth::Constant => (None, None),
            Growth::Exponential { rate_bps }
            | Growth::Logistic { rate_bps }
            | Growth::Decline { rate_bps } => (Some(rate_bps), None),
            Growth::Stop { after_months } => (None, Some(after_months)),
        };
        Self {
            users: parameters.users,
            seed: parameters.seed,
            months: parameters.months,
            start: parameters.start.to_string(),
            growth: parameters.growth.name(),
            rate_bps,
            stop_after_months,
            sponsors: match parameters.sponsors {
                SponsorChoice::Uniform => "uniform",
                SponsorChoice::Preferential => "preferential",
            },
            cooling_off_days: behaviour.cooling_off_days,
            retopup_bps: behaviour.retopup_bps,
            retopup_again_bps: behaviour.retopup_again_bps,
            retopup_after_days: behaviour.retopup_after_days,
            reserve_bps: behaviour.reserve_bps,
            refund_bps: behaviour.refund_bps,
            refund_after_days: behaviour.refund_after_days,
            activity: report
                .has_components()
                .then(|| ActivityJson::from(&behaviour.activity)),
        }
    }
}

impl From<&Cohort> for CohortJson {
    fn from(cohort: &Cohort) -> Self {
        Self {
            month: cohort.month,
            first_day: cohort.first_day.clone(),
            users: cohort.users,
            paid_in: cohort.paid_in.to_string(),
            received: cohort.received.to_string(),
            median: cohort.median().to_string(),
            deciles: cohort.deciles.iter().map(ToString::to_string).collect(),
            most: cohort.most.to_string(),
            zero_earners: cohort.zero,
            zero_earners_bps: cohort.zero_bps(),
            below_paid_in: cohort.below_paid_in,
            below_paid_in_bps: cohort.below_paid_in_bps(),
            stayed: StayedJson {
                users: cohort.stayed.users,
                zero_earners: cohort.stayed.zero,
                zero_earners_bps: cohort.stayed.zero_bps(),
                below_paid_in: cohort.stayed.below_paid_in,
                below_paid_in_bps: cohort.stayed.below_paid_in_bps(),
            },
            gained: GainedJson {
                users: cohort.gained.users,
                users_bps: cohort.gained_bps(),
                amount: cohort.gained.amount.to_string(),
                most: cohort.gained.most.to_string(),
            },
            lost: cohort.lost.to_string(),
        }
    }
}

impl From<&Shares> for SharesJson {
    fn from(shares: &Shares) -> Self {
        Self {
            first_user: shares.first_user.to_string(),
            first_user_bps: shares.first_user_bps(),
            top_users: shares.top_users,
            top: shares.top.to_string(),
            top_bps: shares.top_bps(),
            company: shares.company.to_string(),
            company_bps: shares.company_bps(),
        }
    }
}

fn month(report: &Report, row: &MonthRow) -> MonthJson {
    MonthJson {
        month: row.month,
        first_day: row.first_day.to_string(),
        joined: row.joined,
        users: row.users,
        retopups: row.retopups,
        refunds: row.refunds,
        placements: row.placements,
        progressions: row.progressions,
        paid_in: row.paid_in.to_string(),
        refunded: row.refunded.to_string(),
        custody: row.custody.to_string(),
        available: row.available.to_string(),
        held_for_users: row.held_for_users.to_string(),
        held_for_others: row.held_for_others.to_string(),
        reserves: row.reserves.iter().map(ToString::to_string).collect(),
        company: row.company.to_string(),
        residual: row.residual.to_string(),
        breakage: row
            .breakage
            .iter()
            .map(|row| BreakageJson {
                cause: row.cause.name(),
                amount: row.amount.to_string(),
            })
            .collect(),
        revenue: row.revenue.to_string(),
        other: row.other.to_string(),
        components: report.has_components().then(|| MonthComponentsJson::from(row)),
    }
}

fn fund(fund: &super::Fund) -> FundJson {
    let (state, dry_since_month) = match fund.end {
        FundEnd::NeverFunded => ("never_funded", None),
        FundEnd::Dry { month } => ("dry", Some(month)),
        FundEnd::Short { .. } => ("short", None),
        FundEnd::Open => ("open", None),
    };
    FundJson {
        name: fund.name.clone(),
        most: fund.most.to_string(),
        last: fund.last.to_string(),
        state,
        dry_since_month,
        payments: fund.payments.as_ref().map(FundPaymentsJson::from),
    }
}
