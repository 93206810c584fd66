//! The auto-pools: tiers, taken places, next places.

use axum::Json;
use axum::extract::State;
use ledger::Tier;
use plan::{PoolRoom, geometry};
use serde::{Deserialize, Serialize};
use store::api::pool;
use utoipa::{IntoParams, ToSchema};

use super::Server;
use super::code::Code;
use super::error::Problem;
use super::extract::{Path, Query};
use super::parse;
use super::schema::{BaseUnits, Cursor, SideName};
use super::users::PlaceView;
use crate::app::placement::{self, QUEUE_MAX, TierRoom};
use crate::app::session::Caller;

/// Places ahead when nothing else is requested: those of one tree.
const QUEUE_DEFAULT: u32 = 15;

/// All tiers.
#[derive(Debug, Serialize, ToSchema)]
pub struct SummaryAnswer {
    tiers: Vec<TierView>,
}

/// A tier.
#[derive(Debug, Serialize, ToSchema)]
pub struct TierView {
    tier: u8,
    /// Price of a place in base units.
    price: BaseUnits,
    /// Places of a tree; null when trees are endless.
    #[schema(required = true)]
    tree_size: Option<u32>,
    /// Trees that the tier may have; null without a limit.
    #[schema(required = true)]
    trees_max: Option<u32>,
    trees_open: i64,
    trees_closed: i64,
    /// Taken places, over all trees.
    nodes: i64,
    /// Where the next node goes; null when the tier is full.
    #[schema(required = true)]
    next: Option<SlotView>,
}

/// An empty place.
#[derive(Debug, Serialize, ToSchema)]
pub struct SlotView {
    tree: u32,
    /// Index in level order, from 0.
    index: u32,
    #[schema(required = true)]
    parent_index: Option<u32>,
    side: SideName,
    depth: u32,
}

/// Which taken places.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NodesSearch {
    /// Only this tree.
    #[param(minimum = 1)]
    tree: Option<i32>,
    /// Where the last page ended: its `next_cursor`.
    cursor: Option<Cursor>,
    /// Number of entries, 1 to 100; 50 when it is absent.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// Taken places of a tier in order.
#[derive(Debug, Serialize, ToSchema)]
pub struct NodesAnswer {
    nodes: Vec<PlaceView>,
    /// For the next page; null on the last.
    #[schema(required = true)]
    next_cursor: Option<Cursor>,
}

/// How many places.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct QueueSearch {
    /// Number of places, 1 to 100; 15 when it is absent.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// The next places of a tier in the order in which they are taken.
#[derive(Debug, Serialize, ToSchema)]
pub struct QueueAnswer {
    tier: u8,
    /// Empty when the tier is full.
    slots: Vec<SlotView>,
}

/// Trees and room of every tier.
#[utoipa::path(get, path = "/pool/summary", operation_id = "pool_summary", tag = "pools", responses((status = 200, body = SummaryAnswer)))]
pub async fn summary(State(server): State<Server>) -> Result<Json<SummaryAnswer>, Problem> {
    let plan = &server.app.ledger.plan;
    let tiers = placement::tiers(&mut *server.app.reading_connection().await?, plan).await?;
    let tiers = tiers
        .iter()
        .map(|tier| TierView {
            tier: tier.tier.get(),
            price: plan.price(tier.tier).unwrap_or_default().into(),
            tree_size: plan.tree_size(),
            trees_max: plan.trees_max(),
            trees_open: tier.trees.map_or(0, |trees| trees.open),
            trees_closed: tier.trees.map_or(0, |trees| trees.closed),
            nodes: tier.trees.map_or(0, |trees| trees.nodes),
            next: match tier.room {
                PoolRoom::Open { tree, next_index } => Some(SlotView::of(tree.get(), next_index)),
                PoolRoom::Full => None,
            },
        })
        .collect();
    Ok(Json(SummaryAnswer { tiers }))
}

/// Taken places of a tier.
#[utoipa::path(get, path = "/pool/{tier}/nodes", operation_id = "list_nodes", tag = "pools", security(("session" = [])),
    params(("tier" = u8, Path, description = "The tier", minimum = 1, maximum = 255), NodesSearch),
    responses((status = 200, body = NodesAnswer)))]
pub async fn nodes(
    State(server): State<Server>,
    _caller: Caller,
    Path(tier): Path<u8>,
    Query(search): Query<NodesSearch>,
) -> Result<Json<NodesAnswer>, Problem> {
    let limit = parse::page(search.limit)?;
    let after = parse::read_cursor('n', search.cursor.as_deref())?.unwrap_or((0, -1));
    let tier = known(&server, tier)?;
    let mut connection = server.app.connection().await?;
    let number = i16::from(tier.get());
    let mut nodes = pool::list_nodes(&mut connection, number, search.tree, after, limit + 1).await?;
    let next_cursor = parse::next_page(&mut nodes, limit, |last| {
        parse::cursor('n', last.tree, last.index)
    });
    Ok(Json(NodesAnswer {
        nodes: nodes.iter().map(PlaceView::from).collect(),
        next_cursor,
    }))
}

/// The next places of a tier. Nothing is reserved: the order of the chain decides.
#[utoipa::path(get, path = "/pool/{tier}/queue", operation_id = "list_queue", tag = "pools", security(("session" = [])),
    params(("tier" = u8, Path, description = "The tier", minimum = 1, maximum = 255), QueueSearch),
    responses((status = 200, body = QueueAnswer)))]
pub async fn queue(
    State(server): State<Server>,
    _caller: Caller,
    Path(tier): Path<u8>,
    Query(search): Query<QueueSearch>,
) -> Result<Json<QueueAnswer>, Problem> {
    let limit = search.limit.unwrap_or(QUEUE_DEFAULT);
    if !(1..=QUEUE_MAX).contains(&limit) {
        let detail = format!("limit must be between 1 and {QUEUE_MAX}");
        return Err(Problem::because(Code::MalformedQuery, detail));
    }
    let tier = known(&server, tier)?;
    let tiers = placement::tiers(&mut *server.app.connection().await?, &server.app.ledger.plan).await?;
    let room = tiers
        .iter()
        .find(|room: &&TierRoom| room.tier == tier)
        .map_or(PoolRoom::Full, |room| room.room);
    let slots = placement::queue(&server.app.ledger.plan, room, limit)
        .into_iter()
        .map(|(tree, index)| SlotView::of(tree.get(), index))
        .collect();
    Ok(Json(QueueAnswer {
        tier: tier.get(),
        slots,
    }))
}

fn known(server: &Server, tier: u8) -> Result<Tier, Problem> {
    Tier::new(tier)
        .filter(|tier| server.app.ledger.plan.price(*tier).is_some())
        .ok_or_else(|| Problem::new(Code::UnknownTier))
}

impl SlotView {
    fn of(tree: u32, index: u32) -> Self {
        Self {
            tree,
            index,
            parent_index: geometry::parent(index),
            side: geometry::side(index).name().into(),
            depth: geometry::depth(index),
        }
    }
}
