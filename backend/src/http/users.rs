//! The caller's profile, directs and downline.

use axum::Json;
use axum::extract::State;
use plan::geometry;
use serde::{Deserialize, Serialize};
use store::api::pool::{self, Node};
use store::user::{self, Balances, User};
use utoipa::{IntoParams, ToSchema};

use super::Server;
use super::code::Code;
use super::error::Problem;
use super::extract::{Query, VisibleUser};
use super::history::Page;
use super::parse;
use super::pending::PendingView;
use super::schema::{
    BaseUnits, Cursor, FundingName, RoleName, SideName, SignedBaseUnits, TreeStatus, UserStatusName, Wallet,
};
use super::view::view;
use crate::app::profile::{self, Profile};
use crate::app::session::Caller;
use crate::app::tree::{self, DEPTH_MAX, NODES_MAX};

/// Depth of a downline when nothing else is requested.
const DEPTH_DEFAULT: u32 = 3;
/// Users of a downline when nothing else is requested.
const NODES_DEFAULT: u32 = 200;

view! {
    /// A user.
    #[derive(Debug, Serialize, ToSchema)]
    pub struct UserView from user: &User {
        id: i32 = user.id,
        wallet: Wallet = user.wallet.into(),
        #[schema(required = true)]
        sponsor_id: Option<i32> = user.sponsor_id,
        /// Which of the sponsor's directs the user is; 0 without a sponsor.
        ordinal: i32 = user.ordinal,
        /// `active` or `refunded`.
        status: UserStatusName = user.status.name().into(),
        /// End of a freeze in seconds since 1970-01-01 UTC; it may have passed.
        #[schema(required = true)]
        frozen_until: Option<u64> = user.frozen_until,
        /// Directs so far, refunded ones included.
        directs: i32 = user.directs,
        /// Retopups that stand.
        retopups: i32 = user.retopups,
        /// Seconds since 1970-01-01 UTC.
        registered_at: i64 = user.registered_at,
    }
}

/// The caller.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeAnswer {
    wallet: Wallet,
    /// Roles of an operator; empty for everyone else.
    roles: Vec<RoleName>,
    /// Null before the registration is final.
    #[schema(required = true)]
    user: Option<UserView>,
    #[schema(required = true)]
    sponsor: Option<UserLink>,
    #[schema(required = true)]
    balances: Option<BalancesView>,
    reserves: Vec<ReserveView>,
    places: Vec<PlaceView>,
    /// On the chain, but not in the ledger yet, oldest first.
    pending: Vec<PendingView>,
}

view! {
    /// Another user.
    #[derive(Debug, Serialize, ToSchema)]
    pub struct UserLink from user: &User {
        id: i32 = user.id,
        wallet: Wallet = user.wallet.into(),
    }
}

view! {
    /// What a user has, in base units.
    #[derive(Debug, Serialize, ToSchema)]
    pub struct BalancesView from balances: &Balances {
        /// Matured and not paid out.
        available: BaseUnits = balances.available.into(),
        /// Matured rewards that wait until the user takes them out; always 0 where the plan has no wallet balance.
        wallet: BaseUnits = balances.wallet.into(),
        /// Rewards that funds granted, and that wait for their day.
        deferred: BaseUnits = balances.deferred.into(),
        /// The part of it that a batch of payouts holds back.
        in_payout: BaseUnits = balances.in_payout.into(),
        /// Within the cooling-off time of what caused it.
        held: BaseUnits = balances.held.into(),
        /// Reserved towards next prices, over all tiers.
        reserved: BaseUnits = balances.reserved.into(),
        /// Could not be sent and waits in the contract.
        credit: BaseUnits = balances.credit.into(),
        /// Owed after corrections.
        receivable: BaseUnits = balances.receivable.into(),
        /// What left the contract for the user so far.
        withdrawn: BaseUnits = balances.withdrawn.into(),
        /// All rewards ever granted, held ones included.
        gross_income: BaseUnits = balances.gross_income().into(),
        /// What of it is left to the user: everything that the user has or got, less what is owed. Refunds, taxes, and places
        /// bought from rewards make it less than the gross income.
        net_income: SignedBaseUnits = balances.net_income().into(),
        /// Lifetime direct rewards granted, held ones included.
        direct_income: BaseUnits = balances.direct_income.into(),
        /// Lifetime pool rewards granted, held ones included.
        pool_income: BaseUnits = balances.pool_income.into(),
        /// Lifetime generation rewards granted, held ones included.
        generation_income: BaseUnits = balances.generation_income.into(),
        /// Lifetime rewards granted by funds, waiting ones included; what was reversed is not taken off.
        funded_income: BaseUnits = balances.funded_income.into(),
    }
}

/// A tier that the user made a choice about.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReserveView {
    tier: i16,
    reserving: bool,
    /// Base units.
    amount: BaseUnits,
}

view! {
    /// A place in a pool.
    #[derive(Debug, Serialize, ToSchema)]
    pub struct PlaceView from node: &Node {
        tier: i16 = node.tier,
        tree: i32 = node.tree,
        /// Index in level order, from 0.
        index: i32 = node.index,
        user_id: i32 = node.user_id,
        #[schema(required = true)]
        parent_index: Option<u32> = geometry::parent(node.index.unsigned_abs()),
        side: SideName = geometry::side(node.index.unsigned_abs()).name().into(),
        depth: u32 = geometry::depth(node.index.unsigned_abs()),
        /// `registration` or `progression`.
        funding: FundingName = node.funding.clone().into(),
        /// `open` or `closed`.
        tree_status: TreeStatus = node.tree_status.clone().into(),
    }
}

/// Directs of a user in order.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReferralsAnswer {
    referrals: Vec<UserView>,
    /// For the next page; null on the last.
    #[schema(required = true)]
    next_cursor: Option<Cursor>,
}

/// How much of a downline.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TreeSearch {
    /// Generations, 1 to 10; 3 when it is absent.
    #[param(minimum = 1, maximum = 10)]
    depth: Option<u32>,
    /// Most users, 1 to 1000; 200 when it is absent.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// A downline and the user's places.
#[derive(Debug, Serialize, ToSchema)]
pub struct TreeAnswer {
    root: UserView,
    /// In order of generation, sponsor and ordinal.
    downline: Vec<DownlineView>,
    /// Whether there are more within the depth.
    truncated: bool,
    places: Vec<PlaceView>,
}

/// A user of a downline.
#[derive(Debug, Serialize, ToSchema)]
pub struct DownlineView {
    /// Distance from the root in the sponsor tree, 1 for directs.
    generation: u32,
    user: UserView,
}

/// The caller's profile, balances and places.
#[utoipa::path(get, path = "/users/me", tag = "users", security(("session" = [])),
    responses((status = 200, body = MeAnswer)))]
pub async fn me(State(server): State<Server>, caller: Caller) -> Result<Json<MeAnswer>, Problem> {
    let (user, roles) = profile::find(&server.app, caller.wallet).await?;
    let pending = profile::list_pending(&server.app, caller.wallet).await?;
    let mut answer = MeAnswer {
        wallet: caller.wallet.into(),
        roles: roles.into_iter().map(Into::into).collect(),
        user: None,
        sponsor: None,
        balances: None,
        reserves: Vec::new(),
        places: Vec::new(),
        pending: pending
            .iter()
            .filter_map(|event| PendingView::of(event, caller.wallet))
            .collect(),
    };
    if let Some(user) = user {
        let profile = profile::of(&server.app, user).await?;
        answer.fill(&profile);
    }
    Ok(Json(answer))
}

/// Direct referrals of a user in order.
#[utoipa::path(get, path = "/users/{id}/referrals", operation_id = "list_referrals", tag = "users", security(("session" = [])),
    params(("id" = i32, Path, description = "Number of the user", minimum = 1), Page),
    responses((status = 200, body = ReferralsAnswer)))]
pub async fn referrals(
    State(server): State<Server>,
    VisibleUser(user): VisibleUser,
    Query(page): Query<Page>,
) -> Result<Json<ReferralsAnswer>, Problem> {
    let limit = parse::page(page.limit)?;
    let after = parse::read_cursor('r', page.cursor.as_deref())?.unwrap_or((0, 0));
    let mut connection = server.app.connection().await?;
    let mut directs = user::list_directs(&mut connection, &[user.id], after, limit + 1).await?;
    let next_cursor = parse::next_page(&mut directs, limit, |last| {
        parse::cursor('r', user.id, last.ordinal)
    });
    Ok(Json(ReferralsAnswer {
        referrals: directs.iter().map(UserView::from).collect(),
        next_cursor,
    }))
}

/// The downline of a user, bounded in depth and number, and the user's places in the pools.
#[utoipa::path(get, path = "/users/{id}/tree", operation_id = "show_tree", tag = "users", security(("session" = [])),
    params(("id" = i32, Path, description = "Number of the user", minimum = 1), TreeSearch),
    responses((status = 200, body = TreeAnswer)))]
pub async fn tree(
    State(server): State<Server>,
    VisibleUser(user): VisibleUser,
    Query(search): Query<TreeSearch>,
) -> Result<Json<TreeAnswer>, Problem> {
    let depth = bounded("depth", search.depth.unwrap_or(DEPTH_DEFAULT), DEPTH_MAX)?;
    let limit = bounded("limit", search.limit.unwrap_or(NODES_DEFAULT), NODES_MAX)?;
    let downline = tree::downline(&server.app, user.id, depth, limit).await?;
    let places = pool::list_places(&mut *server.app.connection().await?, user.id).await?;
    Ok(Json(TreeAnswer {
        root: UserView::from(&user),
        downline: downline
            .users
            .iter()
            .map(|(generation, user)| DownlineView {
                generation: *generation,
                user: UserView::from(user),
            })
            .collect(),
        truncated: downline.truncated,
        places: places.iter().map(PlaceView::from).collect(),
    }))
}

fn bounded(name: &str, value: u32, max: u32) -> Result<u32, Problem> {
    (1..=max).contains(&value).then_some(value).ok_or_else(|| {
        Problem::because(
            Code::MalformedQuery,
            format!("{name} must be between 1 and {max}"),
        )
    })
}

impl MeAnswer {
    fn fill(&mut self, profile: &Profile) {
        self.user = Some(UserView::from(&profile.user));
        self.sponsor = profile.sponsor.as_ref().map(UserLink::from);
        self.balances = Some(BalancesView::from(&profile.balances));
        self.reserves = profile
            .reserves
            .iter()
            .map(|(tier, reserving, amount)| ReserveView {
                tier: *tier,
                reserving: *reserving,
                amount: (*amount).into(),
            })
            .collect();
        self.places = profile.places.iter().map(PlaceView::from).collect();
    }
}
