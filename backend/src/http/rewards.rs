//! Matured unpaid balances.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use settlement::batch::RewardKind;
use store::api::rewards::{self, Filter, Payable};
use store::authorization::find_chain_time;
use store::user;
use utoipa::{IntoParams, ToSchema};

use super::Server;
use super::code::Code;
use super::error::Problem;
use super::extract::Query;
use super::parse;
use super::schema::{BaseUnits, Cursor, RewardKindName, Wallet};
use super::view::view;
use crate::app::access::{AccessError, Looking, Operator};
use crate::app::session::Caller;

/// Which users, and which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PendingSearch {
    /// At least so many base units that no batch holds back.
    amount_min: Option<BaseUnits>,
    /// At most so many.
    amount_max: Option<BaseUnits>,
    /// `direct`, `pool_layer` or `generation`: one of the unsettled rewards is of this kind.
    kind: Option<RewardKindName>,
    /// Seconds of the chain's time: the oldest unsettled reward matured so long ago, or earlier.
    older_than: Option<u64>,
    /// Where the last page ended: its `next_cursor`.
    cursor: Option<Cursor>,
    /// Number of entries, 1 to 100; 50 when it is absent.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// Users with matured and unpaid balances.
#[derive(Debug, Serialize, ToSchema)]
pub struct PendingAnswer {
    users: Vec<PayableView>,
    /// Over all pages.
    totals: TotalsView,
    /// For the next page, which may be empty when a filter lets few pass; null on the last.
    #[schema(required = true)]
    next_cursor: Option<Cursor>,
}

/// Sums over all users of the filter.
#[derive(Debug, Serialize, ToSchema)]
pub struct TotalsView {
    users: i64,
    /// Base units, what batches hold back included.
    available: BaseUnits,
    /// What batches hold back of it.
    in_payout: BaseUnits,
    /// Whether everyone who waits was checked: of filters, only the first 10,000 users are, or 1,000 of a kind.
    is_complete: bool,
}

view! {
    /// A user with something matured and not paid.
    #[derive(Debug, Serialize, ToSchema)]
    pub struct PayableView from payable: Payable {
        user_id: i32 = payable.user_id,
        wallet: Wallet = payable.wallet.into(),
        /// Base units, what a batch holds back included.
        available: BaseUnits = payable.posted.into(),
        /// What a batch holds back of it.
        in_payout: BaseUnits = payable.pending.into(),
        /// Everything that the chain paid so far.
        paid: BaseUnits = payable.paid.into(),
        /// Kinds of the unsettled rewards; those that are reserved count, too.
        kinds: Vec<RewardKindName> = payable.kinds.into_iter().map(Into::into).collect(),
        /// When the oldest of them matured, in seconds since 1970-01-01 UTC; null without one.
        #[schema(required = true)]
        oldest_matured_at: Option<u64> = time(payable.oldest_matured_at),
        /// End of a freeze in seconds since 1970-01-01 UTC; it may have passed. Null without one.
        #[schema(required = true)]
        frozen_until: Option<u64> = time(payable.frozen_until),
        /// Whether the user asked to be paid.
        withdrawal_requested: bool = payable.withdrawal_requested,
    }
}

/// Matured and unpaid balances: of all users for operators, of the caller for everyone else.
#[utoipa::path(get, path = "/rewards/pending", operation_id = "list_pending_rewards", tag = "payouts", security(("session" = [])),
    params(PendingSearch), responses((status = 200, body = PendingAnswer)))]
pub async fn pending(
    State(server): State<Server>,
    caller: Caller,
    Query(search): Query<PendingSearch>,
) -> Result<Json<PendingAnswer>, Problem> {
    let limit = parse::page(search.limit)?;
    let after: i32 = parse::read_cursor::<i32, u8>('u', search.cursor.as_deref())?.map_or(0, |(id, _)| id);
    let mut filter = filter(&server, &search).await?;
    match Operator::<Looking>::admit(&server.app, &caller).await {
        Ok(_) => {}
        Err(AccessError::RoleMissing(_)) => {
            let own = user::find_by_wallet(&mut *server.app.connection().await?, caller.wallet).await?;
            filter.user = Some(own.ok_or_else(|| Problem::new(Code::NotRegistered))?.id);
        }
        Err(error) => return Err(error.into()),
    }
    let mut connection = server.app.connection().await?;
    let totals = rewards::fetch_totals(&mut connection, &filter).await?;
    let mut users = rewards::list(&mut connection, &filter, after, limit + 1).await?;
    let mut next_cursor = parse::next_page(&mut users, limit, |last| parse::cursor('u', last.user_id, 0));
    if next_cursor.is_none() {
        let end = rewards::find_examined_end(&mut connection, &filter, after).await?;
        next_cursor = end.map(|last| parse::cursor('u', last, 0));
    }
    Ok(Json(PendingAnswer {
        users: users.into_iter().map(PayableView::from).collect(),
        totals: TotalsView {
            users: totals.users,
            available: totals.posted.into(),
            in_payout: totals.pending.into(),
            is_complete: totals.is_complete,
        },
        next_cursor,
    }))
}

async fn filter(server: &Server, search: &PendingSearch) -> Result<Filter, Problem> {
    let amount = |name: &str, text: &Option<BaseUnits>| {
        let read = |text: &BaseUnits| {
            text.parse()
                .map_err(|_| malformed(name, "a decimal integer of base units"))
        };
        text.as_ref().map(read).transpose()
    };
    let kind = search.kind.as_deref().map(|kind| {
        RewardKind::by_name(kind).ok_or_else(|| malformed("kind", "direct, pool_layer or generation"))
    });
    let matured_by = match search.older_than {
        Some(age) => {
            let time = find_chain_time(&mut *server.app.connection().await?).await?;
            let time = time.ok_or_else(|| Problem::new(Code::ChainUnavailable))?;
            Some(i64::try_from(time.saturating_sub(age)).unwrap_or(i64::MAX))
        }
        None => None,
    };
    Ok(Filter {
        amount_min: amount("amount_min", &search.amount_min)?,
        amount_max: amount("amount_max", &search.amount_max)?,
        kind: kind.transpose()?.map(|kind| kind.name().to_owned()),
        matured_by,
        user: None,
    })
}

fn malformed(name: &str, expected: &str) -> Problem {
    Problem::because(Code::MalformedQuery, format!("{name} must be {expected}"))
}

/// A time in seconds since 1970-01-01 UTC, of which 0 stands for none.
fn time(stored: u64) -> Option<u64> {
    (stored > 0).then_some(stored)
}
