//! What a simulation found: months, cohorts and everyone; as values, and as JSON.
//!
//! Amounts in JSON are decimal strings of base units. Not responsible for text and pictures: see [`html`](crate::html).

mod cohort;
mod fund;
pub(crate) mod json;
mod month;
mod shares;

use money::Asset;
use plan::{CompiledPlan, Finding, IntakeKind};

use crate::Books;
use crate::parameters::Parameters;

pub use cohort::{Cohort, Gained, Little, Stayed};
pub use fund::{Fund, FundEnd, FundPayments};
pub use month::{BreakageRow, FundRow, MonthRow};
pub use shares::Shares;

/// Everything that a simulation found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The plan's name.
    pub plan: String,
    /// The plan's version.
    pub version: u32,
    /// The plan's hash, in hexadecimal.
    pub plan_hash: String,
    /// What a payment is, by the plan.
    pub kind: IntakeKind,
    /// What the plan counts in.
    pub asset: Asset,
    /// What the compiler says of the plan.
    pub findings: Vec<Finding>,
    /// What was assumed.
    pub parameters: Parameters,
    /// The same and what the driver assumes, one plain sentence each.
    pub assumptions: Vec<String>,
    /// At the end of each month.
    pub months: Vec<MonthRow>,
    /// Users by the month in which they joined; months in which nobody did are left out.
    pub cohorts: Vec<Cohort>,
    /// All users.
    pub everybody: Cohort,
    /// What a few of them, and the company, have.
    pub shares: Shares,
    /// Accounts that can become empty.
    pub funds: Vec<Fund>,
    /// Facts that were applied.
    pub facts: u64,
}

impl Report {
    pub(crate) fn new(
        books: &Books<'_>,
        parameters: &Parameters,
        of_driver: Vec<String>,
        months: Vec<MonthRow>,
        cohorts: Vec<Cohort>,
    ) -> Self {
        let plan: &CompiledPlan = books.plan();
        let mut assumptions = parameters.assumptions();
        assumptions.extend(of_driver);
        Self {
            plan: plan.name().to_owned(),
            version: plan.version(),
            plan_hash: plan.hash().to_string(),
            kind: plan.intake_kind(),
            asset: plan.asset(),
            findings: plan.findings().to_vec(),
            parameters: parameters.clone(),
            assumptions,
            funds: Fund::of_months(plan, &months),
            months,
            cohorts,
            everybody: Cohort::of_everybody(books),
            shares: Shares::of(books),
            facts: books.counts().facts,
        }
    }

    /// Whether the plan pays from funds and into wallets, so that there is something to say of them.
    pub fn has_components(&self) -> bool {
        self.kind != IntakeKind::AutoPool
    }

    /// A month of the report, counted from 1, as `2026-01`.
    pub fn month_name(&self, month: u32) -> String {
        let at = usize::try_from(month).unwrap_or(usize::MAX).checked_sub(1);
        let row = at.and_then(|at| self.months.get(at));
        row.map_or(String::new(), MonthRow::name)
    }

    /// One JSON object, the same text for the same report.
    ///
    /// # Errors
    /// None in practice: maps with text keys, numbers and strings are always JSON.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(&json::ReportJson::from(self))
    }
}
