//! Proposing and requesting a payout batch.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use ledger::UserId;
use serde::{Deserialize, Serialize};
use serde_json::json;
use settlement::batch::{Filters, LeftOut, Limits, Line, PAYOUTS_MAX, Request, RewardKind};
use utoipa::ToSchema;

use super::Server;
use super::code::Code;
use super::error::Problem;
use super::extract::{JsonBody, malformed_key};
use super::parse;
use super::payout_view::BatchView;
use super::schema::{BaseUnits, IdempotencyKeyText, LeftOutName, RewardKindName, UserNumber, Wallet};
use super::view::view;
use crate::app::access::{Building, Looking, Operator};
use crate::app::payout::{self, BatchRequest, Proposed};

/// Users that a filter may name: more than three batches can pay.
const USERS_MAX: usize = 1_000;

/// Users who are left out and listed one by one; of the rest only the numbers are said.
const LEFT_OUT_MAX: usize = 1_000;

/// A request for a batch.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BuildBatch {
    #[serde(default)]
    filters: FiltersBody,
    #[serde(default)]
    caps: CapsBody,
    /// Only say what would be paid; nothing is stored.
    #[serde(default)]
    dry_run: bool,
}

/// Which users. An absent filter lets everyone pass.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FiltersBody {
    /// At least so many base units available.
    amount_min: Option<BaseUnits>,
    /// At most so many.
    amount_max: Option<BaseUnits>,
    /// `direct`, `pool_layer`, `generation`: one of the unsettled rewards is of one of these kinds.
    #[schema(min_items = 1, max_items = 3)]
    kinds: Option<Vec<RewardKindName>>,
    /// Seconds of the chain's time: the oldest unsettled reward matured so long ago, or earlier.
    older_than: Option<u64>,
    /// Only these users; at most 1000.
    #[schema(value_type = Option<Vec<UserNumber>>, min_items = 1, max_items = 1000)]
    users: Option<Vec<u32>>,
}

/// How much at most.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CapsBody {
    /// Payouts, 1 to 300; 300 when it is absent.
    #[schema(minimum = 1, maximum = 300)]
    count: Option<u32>,
    /// Base units in all.
    total: Option<BaseUnits>,
}

/// A batch, or what it would be.
#[derive(Debug, Serialize, ToSchema)]
pub struct BuildAnswer {
    dry_run: bool,
    /// Null in a dry run.
    #[schema(required = true)]
    batch: Option<BatchView>,
    /// Null when the same key requested the batch before.
    #[schema(required = true)]
    proposal: Option<ProposalView>,
}

/// Who would be paid, and who not.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProposalView {
    count: usize,
    /// Base units.
    total: BaseUnits,
    lines: Vec<ProposedLine>,
    /// At most 1000 of them, in the order in which they were looked at.
    left_out: Vec<LeftOutView>,
    /// How many are left out, by cause.
    left_out_causes: BTreeMap<&'static str, usize>,
    limits: LimitsView,
}

view! {
    /// A payout that would be.
    #[derive(Debug, Serialize, ToSchema)]
    pub struct ProposedLine from line: &Line {
        user_id: u32 = line.user.get(),
        wallet: Wallet = line.wallet.into(),
        /// Base units.
        amount: BaseUnits = line.amount.into(),
        /// What the chain will have paid to the user in all.
        target: BaseUnits = line.target.into(),
    }
}

view! {
    /// A user who is not paid.
    #[derive(Debug, Serialize, ToSchema)]
    pub struct LeftOutView from left: &LeftOut {
        user_id: u32 = left.user.get(),
        /// `not_asked_for`, `live_payout`, `nothing_available`, `below_amount_min`, `above_amount_max`, `other_kinds`,
        /// `too_recent`, `frozen`, `target_too_large`, `count_max`, `total_max` or `no_room`.
        cause: LeftOutName = left.cause.name().into(),
    }
}

view! {
    /// What the chain's head lets a batch pay, in base units.
    #[derive(Debug, Serialize, ToSchema)]
    pub struct LimitsView from limits: &Limits {
        /// Time of the head, in seconds since 1970-01-01 UTC.
        time: u64 = limits.time,
        /// Free funds, less what published liabilities reserve.
        funds: BaseUnits = limits.funds.into(),
        /// What the outflow cap leaves.
        outflow: BaseUnits = limits.outflow.into(),
        /// What batches that are not over will take from both; what the head has executed already is not in it.
        promised: BaseUnits = limits.promised.into(),
        /// What is left for a new batch.
        room: BaseUnits = limits.room().into(),
    }
}

/// Proposes a batch of matured balances (`dry_run`), or requests it: the posting worker then holds the money back.
#[utoipa::path(post, path = "/payouts/build-batch", tag = "payouts", security(("session" = [])),
    params(("idempotency-key" = Option<IdempotencyKeyText>, Header, description = "The caller's idempotency key for this batch, 1 to 128 printable ASCII characters; required unless it is a dry run")),
    request_body = BuildBatch,
    responses((status = 200, description = "The payments that would be made", body = BuildAnswer),
              (status = 202, description = "The batch has been requested", body = BuildAnswer)))]
pub async fn build_batch(
    State(server): State<Server>,
    caller: Operator<Looking>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<BuildBatch>,
) -> Result<(StatusCode, Json<BuildAnswer>), Problem> {
    if body.dry_run {
        let ask = ask(&body)?;
        let proposed = payout::propose(&server.app, &caller, &ask).await?;
        let answer = BuildAnswer {
            dry_run: true,
            batch: None,
            proposal: Some(ProposalView::of(&proposed)),
        };
        return Ok((StatusCode::OK, Json(answer)));
    }
    let builder = Operator::<Building>::admit(&server.app, &caller).await?;
    let key = headers
        .get("idempotency-key")
        .ok_or_else(|| Problem::new(Code::IdempotencyKeyMissing))?;
    let key = key.to_str().map_err(|_| malformed_key())?;
    let built = payout::build(&server.app, &builder, &ask(&body)?, key).await?;
    let answer = BuildAnswer {
        dry_run: false,
        batch: Some(BatchView::from(&built.batch)),
        proposal: built.proposed.as_ref().map(ProposalView::of),
    };
    Ok((StatusCode::ACCEPTED, Json(answer)))
}

fn ask(body: &BuildBatch) -> Result<BatchRequest, Problem> {
    let amount = |field: &str, text: &Option<BaseUnits>| {
        text.as_deref().map(|text| parse::amount(field, text)).transpose()
    };
    let filters = &body.filters;
    let count_max = match body.caps.count {
        None => None,
        Some(count) => Some(
            usize::try_from(count)
                .ok()
                .filter(|count| (1..=PAYOUTS_MAX).contains(count))
                .ok_or_else(|| Problem::field("caps.count", "must be between 1 and 300"))?,
        ),
    };
    let request = Request {
        filters: Filters {
            amount_min: amount("filters.amount_min", &filters.amount_min)?,
            amount_max: amount("filters.amount_max", &filters.amount_max)?,
            kinds: filters.kinds.as_deref().map(kinds).transpose()?,
            matured_by: None,
            users: filters.users.as_deref().map(users).transpose()?,
        },
        count_max,
        total_max: amount("caps.total", &body.caps.total)?,
    };
    Ok(BatchRequest {
        request,
        older_than: filters.older_than,
        written: json!({ "filters": body.filters, "caps": body.caps }),
    })
}

fn kinds(names: &[RewardKindName]) -> Result<settlement::batch::Kinds, Problem> {
    let kinds: Option<settlement::batch::Kinds> =
        names.iter().map(|name| RewardKind::by_name(name)).collect();
    kinds
        .filter(|_| !names.is_empty())
        .ok_or_else(|| Problem::field("filters.kinds", "not a list of direct, pool_layer and generation"))
}

fn users(numbers: &[u32]) -> Result<BTreeSet<UserId>, Problem> {
    if numbers.is_empty() || numbers.len() > USERS_MAX {
        return Err(Problem::field("filters.users", "must name 1 to 1000 users"));
    }
    let user = |number: &u32| {
        UserId::new(*number)
            .filter(|_| i32::try_from(*number).is_ok())
            .ok_or_else(|| Problem::field("filters.users", "not the number of a user"))
    };
    numbers.iter().map(user).collect()
}

impl ProposalView {
    fn of(proposed: &Proposed) -> Self {
        let Proposed { proposal, limits } = proposed;
        let mut left_out_causes = BTreeMap::new();
        for left in &proposal.left_out {
            *left_out_causes.entry(left.cause.name()).or_default() += 1;
        }
        Self {
            count: proposal.lines.len(),
            total: proposal.total.into(),
            lines: proposal.lines.iter().map(ProposedLine::from).collect(),
            left_out: proposal
                .left_out
                .iter()
                .take(LEFT_OUT_MAX)
                .map(LeftOutView::from)
                .collect(),
            left_out_causes,
            limits: limits.into(),
        }
    }
}
