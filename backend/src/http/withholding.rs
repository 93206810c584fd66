//! What tax was withheld from a user.

use axum::Json;
use axum::extract::State;
use plan::CompiledPlan;
use serde::Serialize;
use store::api::records::{self, WithholdingRecord, WithholdingYear};
use utoipa::ToSchema;

use super::Server;
use super::code::Code;
use super::error::Problem;
use super::extract::{Query, VisibleUser};
use super::history::Page;
use super::parse;
use super::schema::{BaseUnits, Cursor, WithholdingKind};

/// What was withheld from a user: sums by financial year and policy, and what they are sums of.
#[derive(Debug, Serialize, ToSchema)]
pub struct WithholdingAnswer {
    /// Newest year first.
    years: Vec<WithholdingYearView>,
    /// Newest first.
    records: Vec<WithholdingRecordView>,
    /// For the next page; null on the last.
    #[schema(required = true)]
    next_cursor: Option<Cursor>,
}

/// A financial year under one policy. What went back of payments is taken off.
#[derive(Debug, Serialize, ToSchema)]
pub struct WithholdingYearView {
    /// Name of the policy.
    policy: String,
    /// The calendar year in which it starts.
    financial_year: i32,
    /// Base units that the policy concerned, before anything was withheld.
    paid: BaseUnits,
    /// Base units of it that were taxed.
    taxed: BaseUnits,
    /// Base units of tax that stand: `withheld` of the records less `given_back`.
    withheld: BaseUnits,
    /// Base units of tax that were given back because payments went back.
    given_back: BaseUnits,
}

/// What a policy made of a payment, or of what went back of one.
#[derive(Debug, Serialize, ToSchema)]
pub struct WithholdingRecordView {
    kind: WithholdingKind,
    /// Name of the policy.
    policy: String,
    /// The calendar year in which the payment's financial year starts.
    financial_year: i32,
    /// Base units of the payment before anything was withheld, or of the part that went back.
    gross: BaseUnits,
    /// Base units that were taxed: more than the payment where that crossed a threshold.
    base: BaseUnits,
    /// Base units of tax; often none.
    amount: BaseUnits,
    /// Number of the fact.
    fact_seq: i64,
    /// Seconds since 1970-01-01 UTC.
    at: i64,
}

/// Tax withheld from a user: sums by financial year and policy, and the records, newest first.
#[utoipa::path(get, path = "/users/{id}/withholding", operation_id = "list_withholding", tag = "users", security(("session" = [])),
    params(("id" = i32, Path, description = "Number of the user", minimum = 1), Page),
    responses((status = 200, body = WithholdingAnswer)))]
pub async fn list(
    State(server): State<Server>,
    VisibleUser(user): VisibleUser,
    Query(page): Query<Page>,
) -> Result<Json<WithholdingAnswer>, Problem> {
    let plan = &server.app.ledger.plan;
    if !plan.withholds() {
        return Err(Problem::new(Code::NotInPlan));
    }
    let limit = parse::page(page.limit)?;
    let below = parse::read_cursor('w', page.cursor.as_deref())?.unwrap_or((i64::MAX, i32::MAX));
    let mut connection = server.app.connection().await?;
    let years = records::list_withholding_years(&mut connection, user.id).await?;
    let mut found = records::list_withholding(&mut connection, user.id, below, limit + 1).await?;
    let next_cursor = parse::next_page(&mut found, limit, |last| {
        parse::cursor('w', last.fact_seq, last.position)
    });
    Ok(Json(WithholdingAnswer {
        years: years
            .iter()
            .map(|year| WithholdingYearView::of(plan, year))
            .collect(),
        records: found
            .iter()
            .map(|record| WithholdingRecordView::of(plan, record))
            .collect(),
        next_cursor,
    }))
}

/// The name of the policy at this place of the plan, from 1; empty for one that the plan does not have any more.
pub(super) fn policy_name(plan: &CompiledPlan, number: u8) -> String {
    let policies = plan.components().withholding().policies();
    let policy = policies.get(usize::from(number.saturating_sub(1)));
    policy.map_or(String::new(), |policy| policy.name().to_owned())
}

fn name_of(plan: &CompiledPlan, number: i16) -> String {
    policy_name(plan, u8::try_from(number).unwrap_or(u8::MAX))
}

impl WithholdingYearView {
    fn of(plan: &CompiledPlan, year: &WithholdingYear) -> Self {
        Self {
            policy: name_of(plan, year.policy),
            financial_year: year.financial_year,
            paid: year.paid.saturating_sub(year.paid_returned).into(),
            taxed: year.taxed.saturating_sub(year.taxed_returned).into(),
            withheld: year.withheld.saturating_sub(year.withheld_returned).into(),
            given_back: year.withheld_returned.into(),
        }
    }
}

impl WithholdingRecordView {
    fn of(plan: &CompiledPlan, record: &WithholdingRecord) -> Self {
        let kind = if record.is_returned {
            "given_back"
        } else {
            "withheld"
        };
        Self {
            kind: kind.into(),
            policy: name_of(plan, record.policy),
            financial_year: record.financial_year,
            gross: record.gross.into(),
            base: record.base.into(),
            amount: record.amount.into(),
            fact_seq: record.fact_seq,
            at: record.at,
        }
    }
}
