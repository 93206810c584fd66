//! A wallet's proof under a liabilities root.

use alloy_primitives::{Address, B256};
use audit::liabilities::{BLOCK_LEVEL, Leaf, SumNode, Tree, verify};
use money::Amount;
use sqlx::PgConnection;
use store::{StoreError, liabilities};
use thiserror::Error;

/// Why there is no way.
#[derive(Debug, Error)]
pub enum WayError {
    /// The root has no leaf for the wallet.
    #[error("the wallet has no leaf in the root")]
    NoLeaf,
    /// The stored leaves do not make the tree of the root.
    #[error("the stored leaves do not match the root")]
    OtherTree,
    /// The database does not respond.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The wallet's leaf and its way to the root: from one block of leaves, and the stored nodes above it, proven against root
/// and total.
pub async fn way(
    connection: &mut PgConnection,
    root: B256,
    total: Amount,
    wallet: Address,
) -> Result<(Leaf, Vec<SumNode>), WayError> {
    let block = liabilities::find_block(connection, root, BLOCK_LEVEL, wallet).await?;
    let block = block.ok_or(WayError::NoLeaf)?;
    let leaves = liabilities::list_block(connection, root, &block, 1 << BLOCK_LEVEL).await?;
    let leaves = leaves
        .into_iter()
        .map(|(wallet, entitled)| Leaf { wallet, entitled });
    let part = Tree::build(leaves.collect()).map_err(|_| WayError::OtherTree)?;
    if part.root() != block.hash {
        return Err(WayError::OtherTree);
    }
    let leaf = part.leaf(wallet).ok_or(WayError::NoLeaf)?;
    let mut path = part.proof(wallet).ok_or(WayError::NoLeaf)?;
    let partners = liabilities::list_partners(connection, root, BLOCK_LEVEL, block.place).await?;
    path.extend(partners.into_iter().map(|(hash, sum)| SumNode { hash, sum }));
    verify(root, total, &leaf, &path).map_err(|_| WayError::OtherTree)?;
    Ok((leaf, path))
}
