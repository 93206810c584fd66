//! Funds of the plan, and revenue that operators allocate to them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Server;
use super::error::Problem;
use super::extract::{IdempotencyKey, JsonBody, Path};
use super::parse;
use super::proposals::ProposalAnswer;
use super::schema::{BaseUnits, IdempotencyKeyText};
use super::view::view;
use crate::app::access::{Building, Operator};
use crate::app::fund::{self as use_case, Allocation, FundState};
use crate::app::proposal::{self, Content};
use crate::app::session::Caller;

/// Revenue by fund, in base units, after the last posted fact.
#[derive(Debug, Serialize, ToSchema)]
pub struct FundsAnswer {
    /// The last fact; null before the first.
    #[schema(required = true)]
    fact_seq: Option<i64>,
    /// By number; the first is the revenue that is not allocated.
    funds: Vec<FundView>,
}

view! {
    /// A fund, or the revenue that is not allocated.
    #[derive(Debug, Serialize, ToSchema)]
    pub struct FundView from fund: &FundState {
        /// Its place in the plan file, from 1; 0 for the revenue that is not allocated.
        number: u8 = fund.number.get(),
        /// Its name in the plan; null for the revenue that is not allocated.
        #[schema(required = true)]
        name: Option<String> = fund.name.clone(),
        balance: BaseUnits = fund.balance.received.saturating_sub(fund.balance.given).into(),
        /// Everything that it ever received.
        received: BaseUnits = fund.balance.received.into(),
        /// Everything that it ever gave.
        given: BaseUnits = fund.balance.given.into(),
        /// Kinds of rewards that it pays: `accrual`, `bonus`, `direct`, `generation`, `pair`, `rank`.
        pays: Vec<&'static str> = fund.pays.clone(),
        /// The funds that pay when it is empty, in their order.
        then: Vec<String> = fund.then.clone(),
    }
}

/// Revenue for a fund.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Allocate {
    /// Base units, at most what is not allocated.
    amount: BaseUnits,
}

/// The plan's funds and the revenue that is not allocated, for everyone who is signed in: participants see what pays them.
#[utoipa::path(get, path = "/funds", operation_id = "list_funds", tag = "funds", security(("session" = [])),
    responses((status = 200, body = FundsAnswer)))]
pub async fn list(State(server): State<Server>, _: Caller) -> Result<Json<FundsAnswer>, Problem> {
    let funds = use_case::list(&server.app).await?;
    Ok(Json(FundsAnswer {
        fact_seq: funds.fact_seq,
        funds: funds.accounts.iter().map(FundView::from).collect(),
    }))
}

/// Proposes to allocate revenue to a fund. It is allocated when the proposing operator and another person have signed
/// (`POST /proposals/{id}/approve`); with the same `Idempotency-Key` a repeat finds the same proposal.
#[utoipa::path(post, path = "/funds/{name}/allocate", operation_id = "allocate_to_fund", tag = "funds", security(("session" = [])),
    params(("name" = String, Path, description = "Name of the fund in the plan"),
           ("idempotency-key" = IdempotencyKeyText, Header, description = "The caller's idempotency key for this proposal, 1 to 128 printable ASCII characters")),
    request_body = Allocate, responses((status = 201, body = ProposalAnswer)))]
pub async fn allocate(
    State(server): State<Server>,
    caller: Operator<Building>,
    Path(name): Path<String>,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(body): JsonBody<Allocate>,
) -> Result<(StatusCode, Json<ProposalAnswer>), Problem> {
    let amount = parse::amount("amount", &body.amount)?;
    let allocation = Allocation::new(&server.app.ledger.plan, &name, amount);
    let content = Content::Allocation(allocation?);
    let proposed = proposal::propose(&server.app, &caller, &key, &content).await?;
    Ok((StatusCode::CREATED, Json(ProposalAnswer::of(&proposed, 0))))
}
