//! Trees and places of the auto-pools.

use sqlx::PgConnection;

use crate::StoreError;

/// Trees of a tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TierTrees {
    /// The tier.
    pub tier: i16,
    /// Trees with free places.
    pub open: i64,
    /// Trees without.
    pub closed: i64,
    /// Places taken, over all trees.
    pub nodes: i64,
    /// Number of the newest tree.
    pub newest_tree: i32,
    /// Places taken in it.
    pub newest_nodes: i32,
}

/// A taken place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The tier.
    pub tier: i16,
    /// The tree.
    pub tree: i32,
    /// Index in level order, from 0.
    pub index: i32,
    /// Who has it.
    pub user_id: i32,
    /// `registration` or `progression`.
    pub funding: String,
    /// `open` or `closed`.
    pub tree_status: String,
}

/// The trees of every tier up to this one that has any. A tier's trees are numbered from 1 and filled one after another, so its
/// first and its newest tree say everything about the others.
pub async fn list_tiers(connection: &mut PgConnection, tiers: u8) -> Result<Vec<TierTrees>, StoreError> {
    Ok(sqlx::query_as!(
        TierTrees,
        r#"SELECT n.tier AS "tier!",
                  (n.status = 'open')::integer::bigint AS "open!",
                  n.tree - (n.status = 'open')::integer::bigint AS "closed!",
                  (n.tree - 1)::bigint * f.nodes + n.nodes AS "nodes!",
                  n.tree AS "newest_tree!",
                  n.nodes AS "newest_nodes!"
           FROM generate_series(1, $1::integer) AS t (tier)
           CROSS JOIN LATERAL (
               SELECT tier, tree, nodes, status FROM pool_tree WHERE tier = t.tier ORDER BY tree DESC LIMIT 1
           ) AS n
           JOIN pool_tree AS f ON f.tier = n.tier AND f.tree = 1
           ORDER BY n.tier"#,
        i32::from(tiers)
    )
    .fetch_all(connection)
    .await?)
}

/// Places of a tier in order, from the first above `after`, optionally of one tree only.
pub async fn list_nodes(
    connection: &mut PgConnection,
    tier: i16,
    tree: Option<i32>,
    after: (i32, i32),
    limit: i64,
) -> Result<Vec<Node>, StoreError> {
    Ok(sqlx::query_as!(
        Node,
        r#"SELECT n.tier, n.tree, n.node_index AS index, n.user_id, n.funding, t.status AS tree_status
           FROM pool_node AS n JOIN pool_tree AS t ON t.tier = n.tier AND t.tree = n.tree
           WHERE n.tier = $1 AND ($2::integer IS NULL OR n.tree = $2) AND (n.tree, n.node_index) > ($3, $4)
           ORDER BY n.tree, n.node_index LIMIT $5"#,
        tier,
        tree,
        after.0,
        after.1,
        limit
    )
    .fetch_all(connection)
    .await?)
}

/// All places of a user, at most one in each tier.
pub async fn list_places(connection: &mut PgConnection, user: i32) -> Result<Vec<Node>, StoreError> {
    Ok(sqlx::query_as!(
        Node,
        r#"SELECT n.tier, n.tree, n.node_index AS index, n.user_id, n.funding, t.status AS tree_status
           FROM pool_node AS n JOIN pool_tree AS t ON t.tier = n.tier AND t.tree = n.tree
           WHERE n.user_id = $1 ORDER BY n.tier"#,
        user
    )
    .fetch_all(connection)
    .await?)
}
