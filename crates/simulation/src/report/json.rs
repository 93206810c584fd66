//! A [`Report`] as JSON: the file format, in the order of its fields.

use money::Amount;
use serde::Serialize;

use super::{Cohort, Fund, FundEnd, FundPayments, FundRow, MonthRow, Report, Shares};
use crate::Behaviour;
use crate::parameters::{Activity, Growth, SponsorChoice};
use crate::text::Text;

#[derive(Serialize)]
pub(super) struct ReportJson<'a> {
    plan: PlanJson<'a>,
    parameters: ParametersJson<'a>,
    assumptions: &'a [String],
    everybody: &'a Cohort,
    shares: Shares,
    cohorts: &'a [Cohort],
    months: Vec<MonthJson<'a>>,
    funds: Vec<FundJson<'a>>,
    findings: Vec<FindingJson<'a>>,
    facts: u64,
}

#[derive(Serialize)]
struct PlanJson<'a> {
    name: &'a str,
    version: u32,
    hash: &'a str,
    asset: &'static str,
}

#[derive(Serialize)]
struct ParametersJson<'a> {
    users: u32,
    seed: u64,
    months: u32,
    start: String,
    growth: &'static str,
    rate_bps: Option<u16>,
    stop_after_months: Option<u32>,
    sponsors: &'static str,
    #[serde(flatten)]
    behaviour: &'a Behaviour,
    #[serde(skip_serializing_if = "Option::is_none")]
    activity: Option<&'a Activity>,
}

#[derive(Serialize)]
struct MonthJson<'a> {
    #[serde(flatten)]
    row: &'a MonthRow,
    #[serde(skip_serializing_if = "Option::is_none")]
    components: Option<MonthComponentsJson<'a>>,
}

/// What only plans with components have.
#[derive(Serialize)]
struct MonthComponentsJson<'a> {
    funded: Text<Amount>,
    wallets: Text<Amount>,
    deferred: Text<Amount>,
    receivable: Text<Amount>,
    unallocated: Text<Amount>,
    funds: &'a [FundRow],
}

#[derive(Serialize)]
struct FundJson<'a> {
    name: &'a str,
    most: Text<Amount>,
    last: Text<Amount>,
    state: &'static str,
    dry_since_month: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payments: Option<FundPayments>,
}

#[derive(Serialize)]
struct FindingJson<'a> {
    code: &'static str,
    severity: &'static str,
    text: &'a str,
}

impl<'a> From<&'a Report> for ReportJson<'a> {
    fn from(report: &'a Report) -> Self {
        Self {
            plan: PlanJson {
                name: &report.plan,
                version: report.version,
                hash: &report.plan_hash,
                asset: report.asset.code(),
            },
            parameters: ParametersJson::from(report),
            assumptions: &report.assumptions,
            everybody: &report.everybody,
            shares: report.shares,
            cohorts: &report.cohorts,
            months: report.months.iter().map(|row| month(report, row)).collect(),
            funds: report.funds.iter().map(FundJson::from).collect(),
            findings: report
                .findings
                .iter()
                .map(|finding| FindingJson {
                    code: finding.code,
                    severity: finding.severity.name(),
                    text: &finding.text,
                })
                .collect(),
            facts: report.facts,
        }
    }
}

impl<'a> From<&'a Report> for ParametersJson<'a> {
    fn from(report: &'a Report) -> Self {
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
            behaviour,
            activity: report.has_components().then_some(&behaviour.activity),
        }
    }
}

fn month<'a>(report: &Report, row: &'a MonthRow) -> MonthJson<'a> {
    let components = MonthComponentsJson {
        funded: Text(row.funded),
        wallets: Text(row.wallets),
        deferred: Text(row.deferred),
        receivable: Text(row.receivable),
        unallocated: Text(row.unallocated),
        funds: &row.funds,
    };
    MonthJson {
        row,
        components: report.has_components().then_some(components),
    }
}

impl<'a> From<&'a Fund> for FundJson<'a> {
    fn from(fund: &'a Fund) -> Self {
        let (state, dry_since_month) = match fund.end {
            FundEnd::NeverFunded => ("never_funded", None),
            FundEnd::Dry { month } => ("dry", Some(month)),
            FundEnd::Short { .. } => ("short", None),
            FundEnd::Open => ("open", None),
        };
        Self {
            name: &fund.name,
            most: Text(fund.most),
            last: Text(fund.last),
            state,
            dry_since_month,
            payments: fund.payments,
        }
    }
}
