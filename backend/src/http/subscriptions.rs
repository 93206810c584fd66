//! A user's subscriptions and ranks.

use axum::Json;
use axum::extract::State;
use money::Amount;
use plan::CompiledPlan;
use serde::Serialize;
use store::api::subscriptions::{self, RankChange, Subscription};
use utoipa::ToSchema;

use super::Server;
use super::code::Code;
use super::error::Problem;
use super::extract::{Query, VisibleUser};
use super::history::Page;
use super::parse;
use super::schema::{BaseUnits, Cursor, SubscriptionState};

/// Subscriptions of a user, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriptionsAnswer {
    subscriptions: Vec<SubscriptionView>,
    /// For the next page; null on the last.
    #[schema(required = true)]
    next_cursor: Option<Cursor>,
}

/// A subscription.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriptionView {
    number: i64,
    /// Base units that were paid for it, the part that a bonus paid included.
    amount: BaseUnits,
    /// Base units that it accrued, before tax.
    accrued: BaseUnits,
    /// `active`, or `ended`: it reached its cap, or its payment was refunded.
    state: SubscriptionState,
    /// Number of the fact that bought it.
    fact_seq: i64,
    /// Seconds since 1970-01-01 UTC.
    bought_at: i64,
    /// Number of the fact that ended it.
    #[schema(required = true)]
    ended_fact: Option<i64>,
}

/// The ranks of a user, and how they changed, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct RanksAnswer {
    /// The highest rank that the user ever reached; null for none.
    #[schema(required = true)]
    title: Option<RankView>,
    /// The rank that the user is paid as since the last weekly close; null for none.
    #[schema(required = true)]
    paid_as: Option<RankView>,
    changes: Vec<RankChangeView>,
    /// For the next page; null on the last.
    #[schema(required = true)]
    next_cursor: Option<Cursor>,
}

/// A rank of the plan.
#[derive(Debug, Serialize, ToSchema)]
pub struct RankView {
    /// Its place in the ladder, from 1.
    number: i64,
    name: String,
    /// Base units that a week of it grants, as far as the fund covers them.
    weekly_bonus: BaseUnits,
}

/// A change of a rank.
#[derive(Debug, Serialize, ToSchema)]
pub struct RankChangeView {
    /// Number of the fact that closed the week.
    fact_seq: i64,
    /// Whether it is a title that the user reached; otherwise the user is paid as this rank from then on.
    is_title: bool,
    /// Null for none.
    #[schema(required = true)]
    rank: Option<RankView>,
    /// Seconds since 1970-01-01 UTC.
    at: i64,
}

/// Subscriptions of a user, oldest first, with what they accrued.
#[utoipa::path(get, path = "/users/{id}/subscriptions", operation_id = "list_subscriptions", tag = "users", security(("session" = [])),
    params(("id" = i32, Path, description = "Number of the user", minimum = 1), Page),
    responses((status = 200, body = SubscriptionsAnswer)))]
pub async fn list(
    State(server): State<Server>,
    VisibleUser(user): VisibleUser,
    Query(page): Query<Page>,
) -> Result<Json<SubscriptionsAnswer>, Problem> {
    if server.app.ledger.plan.components().subscription.is_none() {
        return Err(Problem::new(Code::NotInPlan));
    }
    let limit = parse::page(page.limit)?;
    let (after, _): (i64, i64) = parse::read_cursor('s', page.cursor.as_deref())?.unwrap_or((0, 0));
    let mut connection = server.app.connection().await?;
    let mut found = subscriptions::list(&mut connection, user.id, after, limit + 1).await?;
    let next_cursor = parse::next_page(&mut found, limit, |last| parse::cursor('s', last.number, 0));
    Ok(Json(SubscriptionsAnswer {
        subscriptions: found.into_iter().map(SubscriptionView::from).collect(),
        next_cursor,
    }))
}

/// The ranks of a user: title, what the user is paid as, and how they changed, newest first.
#[utoipa::path(get, path = "/users/{id}/ranks", operation_id = "list_ranks", tag = "users", security(("session" = [])),
    params(("id" = i32, Path, description = "Number of the user", minimum = 1), Page),
    responses((status = 200, body = RanksAnswer)))]
pub async fn ranks(
    State(server): State<Server>,
    VisibleUser(user): VisibleUser,
    Query(page): Query<Page>,
) -> Result<Json<RanksAnswer>, Problem> {
    let plan = &server.app.ledger.plan;
    if plan.components().ranks.is_none() {
        return Err(Problem::new(Code::NotInPlan));
    }
    let limit = parse::page(page.limit)?;
    let below = parse::read_cursor('k', page.cursor.as_deref())?.unwrap_or((i64::MAX, i32::MAX));
    let mut connection = server.app.connection().await?;
    let (title, paid_as) = subscriptions::fetch_ranks(&mut connection, user.id).await?;
    let mut changes = subscriptions::list_rank_changes(&mut connection, user.id, below, limit + 1).await?;
    let next_cursor = parse::next_page(&mut changes, limit, |last| {
        parse::cursor('k', last.fact_seq, last.position)
    });
    Ok(Json(RanksAnswer {
        title: RankView::of(plan, title),
        paid_as: RankView::of(plan, paid_as),
        changes: changes
            .iter()
            .map(|change| RankChangeView::of(plan, change))
            .collect(),
        next_cursor,
    }))
}

impl From<Subscription> for SubscriptionView {
    fn from(subscription: Subscription) -> Self {
        let state = match subscription.ended_fact {
            Some(_) => "ended",
            None => "active",
        };
        Self {
            number: subscription.number,
            amount: subscription.amount.into(),
            accrued: subscription.accrued.into(),
            state: state.into(),
            fact_seq: subscription.fact_seq,
            bought_at: subscription.bought_at,
            ended_fact: subscription.ended_fact,
        }
    }
}

impl RankView {
    fn of(plan: &CompiledPlan, number: i64) -> Option<Self> {
        let terms = plan.components().ranks.as_ref()?;
        let rank = terms.rank(u8::try_from(number).ok()?);
        let name = rank.map_or("", |rank| rank.name());
        (number > 0).then(|| Self {
            number,
            name: name.to_owned(),
            weekly_bonus: rank.map_or(Amount::ZERO, |rank| rank.weekly_bonus()).into(),
        })
    }
}

impl RankChangeView {
    fn of(plan: &CompiledPlan, change: &RankChange) -> Self {
        Self {
            fact_seq: change.fact_seq,
            is_title: change.is_title,
            rank: RankView::of(plan, change.rank),
            at: change.at,
        }
    }
}
