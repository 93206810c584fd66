//! Where the next places of the pools are, and where a registration would go if it were final now. Nothing is
//! reserved: the order of the chain decides.

use ledger::{Tier, TreeNumber};
use plan::{CompiledPlan, PoolRoom, Route};
use sqlx::PgConnection;
use store::StoreError;
use store::api::pool::{self, TierTrees};
use store::user::User;

use super::App;

/// Maximum number of places that are listed ahead: what a screen shows.
pub const QUEUE_MAX: u32 = 100;

/// The room of each tier of the plan, with its trees so far.
#[derive(Debug, Clone, Copy)]
pub struct TierRoom {
    /// The tier.
    pub tier: Tier,
    /// Its trees; `None` before the first.
    pub trees: Option<TierTrees>,
    /// Where the next node goes.
    pub room: PoolRoom,
}

/// The room of every tier.
pub async fn tiers(connection: &mut PgConnection, plan: &CompiledPlan) -> Result<Vec<TierRoom>, StoreError> {
    let found = pool::list_tiers(connection, plan.tiers()).await?;
    Ok((1..=plan.tiers())
        .filter_map(Tier::new)
        .map(|tier| {
            let trees = found
                .iter()
                .find(|trees| trees.tier == i16::from(tier.get()))
                .copied();
            TierRoom {
                tier,
                trees,
                room: room(plan, trees.as_ref()),
            }
        })
        .collect())
}

/// Where a registration under this sponsor would go if it were final now.
pub async fn route(app: &App, sponsor: Option<&User>) -> Result<Route, StoreError> {
    let first = tiers(&mut *app.connection().await?, &app.ledger.plan)
        .await?
        .into_iter()
        .find(|room| room.tier == Tier::FIRST);
    let room = first.map_or(PoolRoom::Full, |tier| tier.room);
    let ordinal = sponsor.map(|sponsor| sponsor.directs.unsigned_abs().saturating_add(1));
    Ok(app.ledger.plan.route(ordinal, room))
}

/// The next places of a tier, in the order in which they are taken.
pub fn queue(plan: &CompiledPlan, room: PoolRoom, limit: u32) -> Vec<(TreeNumber, u32)> {
    let mut places = Vec::new();
    let PoolRoom::Open { mut tree, next_index } = room else {
        return places;
    };
    let mut index = next_index;
    while places.len() < usize::try_from(limit.min(QUEUE_MAX)).unwrap_or(usize::MAX) {
        places.push((tree, index));
        index = index.saturating_add(1);
        if plan.tree_size().is_some_and(|size| index >= size) {
            index = 0;
            match opened(plan, tree.get().saturating_add(1)) {
                Some(next) => tree = next,
                None => break,
            }
        }
    }
    places
}

/// Where the next node of a tier goes, from what the database says about its newest tree.
fn room(plan: &CompiledPlan, trees: Option<&TierTrees>) -> PoolRoom {
    let (tree, index) = match trees {
        None => (1, 0),
        Some(trees) => {
            let (tree, nodes) = (
                trees.newest_tree.unsigned_abs(),
                trees.newest_nodes.unsigned_abs(),
            );
            if plan.tree_size().is_some_and(|size| nodes >= size) {
                (tree.saturating_add(1), 0)
            } else {
                (tree, nodes)
            }
        }
    };
    match opened(plan, tree) {
        Some(tree) => PoolRoom::Open {
            tree,
            next_index: index,
        },
        None => PoolRoom::Full,
    }
}

/// The tree of this number, if the plan allows it.
fn opened(plan: &CompiledPlan, tree: u32) -> Option<TreeNumber> {
    plan.trees_max()
        .is_none_or(|max| tree <= max)
        .then(|| TreeNumber::new(tree))
        .flatten()
}

#[cfg(test)]
mod tests;
