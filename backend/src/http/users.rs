//! The caller's profile, directs and downline.

use axum::Json;
use axum::extract::State;
use plan::geometry;
use serde::{Deserialize, Serialize};
use store::api::pool::{self, Node};
use store::member::{self, User};
use utoipa::{IntoParams, ToSchema};

use super::Server;
use super::code::Code;
use super::error::Problem;
use super::extract::{Search, VisibleUser};
use super::history::Page;
use super::pending::PendingView;
use super::schema::{
    BaseUnits, Cursor, FundingName, RoleName, SideName, SignedBaseUnits, TreeStatus, UserStatusName, Wallet,
};
use super::words;
use crate::app::profile::{self, Profile};
use crate::app::session::Caller;
use crate::app::tree::{self, DEPTH_MAX, NODES_MAX};

/// Depth of a downline when nothing else is requested.
const DEPTH_DEFAULT: u32 = 3;
/// Users of a downline when nothing else is requested.
const NODES_DEFAULT: u32 = 200;

/// A user.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserView {
    id: i32,
    wallet: Wallet,
    #[schema(required = true)]
    sponsor_id: Option<i32>,
    /// Which of the sponsor's directs the user is; 0 without a sponsor.
    ordinal: i32,
    /// `active` or `refunded`.
    status: UserStatusName,
    /// End of a freeze in seconds since 1970-01-01 UTC; it may have passed.
    #[schema(required = true)]
    frozen_until: Option<u64>,
    /// Directs so far, refunded ones included.
    directs: i32,
    /// Retopups that stand.
    retopups: i32,
    /// Seconds since 1970-01-01 UTC.
    registered_at: i64,
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

/// Another user.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserLink {
    id: i32,
    wallet: Wallet,
}

/// What a user has, in base units.
#[derive(Debug, Serialize, ToSchema)]
pub struct BalancesView {
    /// Matured and not paid out.
    available: BaseUnits,
    /// The part of it that a batch of payouts holds back.
    in_payout: BaseUnits,
    /// Within the cooling-off time of what caused it.
    held: BaseUnits,
    /// Reserved towards next prices, over all tiers.
    reserved: BaseUnits,
    /// Could not be sent and waits in the contract.
    credit: BaseUnits,
    /// Owed after corrections.
    receivable: BaseUnits,
    /// What left the contract for the user so far.
    withdrawn: BaseUnits,
    /// All rewards ever granted, held ones included.
    gross_income: BaseUnits,
    /// What of it is left to the user: everything that the user has or got, less what is owed. Refunds, taxes, and places
    /// bought from rewards make it less than the gross income.
    net_income: SignedBaseUnits,
    /// Lifetime direct rewards granted, held ones included.
    direct_income: BaseUnits,
    /// Lifetime pool rewards granted, held ones included.
    pool_income: BaseUnits,
    /// Lifetime generation rewards granted, held ones included.
    generation_income: BaseUnits,
}

/// A tier that the user made a choice about.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReserveView {
    tier: i16,
    reserving: bool,
    /// Base units.
    amount: BaseUnits,
}

/// A place in a pool.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlaceView {
    pub(super) tier: i16,
    pub(super) tree: i32,
    /// Index in level order, from 0.
    pub(super) index: i32,
    pub(super) user_id: i32,
    #[schema(required = true)]
    pub(super) parent_index: Option<u32>,
    pub(super) side: SideName,
    pub(super) depth: u32,
    /// `registration` or `progression`.
    pub(super) funding: FundingName,
    /// `open` or `closed`.
    pub(super) tree_status: TreeStatus,
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
    Search(page): Search<Page>,
) -> Result<Json<ReferralsAnswer>, Problem> {
    let limit = words::page(page.limit)?;
    let after = words::read_cursor('r', page.cursor.as_deref())?.unwrap_or((0, 0));
    let mut connection = server.app.connection().await?;
    let mut directs = member::list_directs(&mut connection, &[user.id], after, limit + 1).await?;
    let next_cursor = words::next_page(&mut directs, limit, |last| {
        words::cursor('r', user.id, last.ordinal)
    });
    Ok(Json(ReferralsAnswer {
        referrals: directs.iter().map(UserView::of).collect(),
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
    Search(search): Search<TreeSearch>,
) -> Result<Json<TreeAnswer>, Problem> {
    let depth = bounded("depth", search.depth.unwrap_or(DEPTH_DEFAULT), DEPTH_MAX)?;
    let limit = bounded("limit", search.limit.unwrap_or(NODES_DEFAULT), NODES_MAX)?;
    let downline = tree::downline(&server.app, user.id, depth, limit).await?;
    let places = pool::list_places(&mut *server.app.connection().await?, user.id).await?;
    Ok(Json(TreeAnswer {
        root: UserView::of(&user),
        downline: downline
            .users
            .iter()
            .map(|(generation, user)| DownlineView {
                generation: *generation,
                user: UserView::of(user),
            })
            .collect(),
        truncated: downline.truncated,
        places: places.iter().map(PlaceView::of).collect(),
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
        let balances = &profile.balances;
        self.user = Some(UserView::of(&profile.user));
        self.sponsor = profile.sponsor.as_ref().map(|sponsor| UserLink {
            id: sponsor.id,
            wallet: sponsor.wallet.into(),
        });
        self.balances = Some(BalancesView {
            available: balances.available.into(),
            in_payout: balances.in_payout.into(),
            held: balances.held.into(),
            reserved: balances.reserved.into(),
            credit: balances.credit.into(),
            receivable: balances.receivable.into(),
            withdrawn: balances.withdrawn.into(),
            gross_income: balances.gross_income().into(),
            net_income: balances.net_income().into(),
            direct_income: balances.direct_income.into(),
            pool_income: balances.pool_income.into(),
            generation_income: balances.generation_income.into(),
        });
        self.reserves = profile
            .reserves
            .iter()
            .map(|(tier, reserving, amount)| ReserveView {
                tier: *tier,
                reserving: *reserving,
                amount: (*amount).into(),
            })
            .collect();
        self.places = profile.places.iter().map(PlaceView::of).collect();
    }
}

impl UserView {
    pub(super) fn of(user: &User) -> Self {
        Self {
            id: user.id,
            wallet: user.wallet.into(),
            sponsor_id: user.sponsor_id,
            ordinal: user.ordinal,
            status: user.status.name().into(),
            frozen_until: user.frozen_until,
            directs: user.directs,
            retopups: user.retopups,
            registered_at: user.registered_at,
        }
    }
}

impl PlaceView {
    pub(super) fn of(node: &Node) -> Self {
        let index = node.index.unsigned_abs();
        Self {
            tier: node.tier,
            tree: node.tree,
            index: node.index,
            user_id: node.user_id,
            parent_index: geometry::parent(index),
            side: geometry::side(index).name().into(),
            depth: geometry::depth(index),
            funding: node.funding.clone().into(),
            tree_status: node.tree_status.clone().into(),
        }
    }
}
