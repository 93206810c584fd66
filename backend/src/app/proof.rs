//! A user's way to the newest published root: what the contract needs to pay a claim.

use alloy_primitives::Address;
use audit::liabilities::{BLOCK_LEVEL, Leaf, SumNode, Tree, verify};
use money::Amount;
use sqlx::PgConnection;
use store::StoreError;
use store::api::rewards;
use store::liabilities::{self, Root};
use thiserror::Error;

use super::App;
use super::access::{self, AccessError};
use super::session::Caller;

/// A proof and what it is about.
#[derive(Debug, Clone)]
pub struct Proof {
    /// The published root.
    pub root: Root,
    /// The user's leaf.
    pub leaf: Leaf,
    /// From the leaf's partner up.
    pub path: Vec<SumNode>,
    /// What the chain paid so far; the rest of the leaf is due.
    pub paid: Amount,
}

/// Why there is no proof.
#[derive(Debug, Error)]
pub enum ProofFailure {
    /// The caller may not see the user.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// No root is published, or the user has no leaf in it.
    #[error("the user has no leaf in a published root")]
    NoLeaf,
    /// The stored leaves do not make the published tree.
    #[error("the stored leaves are not those of the published root")]
    OtherTree,
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The proof of the user with this number.
///
/// # Errors
/// [`ProofFailure`].
pub async fn of(app: &App, caller: &Caller, id: i32) -> Result<Proof, ProofFailure> {
    let user = access::visible_user(app, caller, id).await?;
    let mut connection = app.connection().await?;
    let root = liabilities::find_published(&mut connection).await?;
    let root = root.ok_or(ProofFailure::NoLeaf)?;
    let (leaf, path) = way(&mut connection, &root, user.wallet).await?;
    let paid = rewards::list_candidates(&mut connection, &[user.id], false).await?;
    Ok(Proof {
        root,
        leaf,
        path,
        paid: paid.first().map_or(Amount::ZERO, |payable| payable.paid),
    })
}

/// The wallet's leaf and its way to the root: from one block of leaves, and the stored nodes above it.
///
/// # Errors
/// [`ProofFailure`].
pub async fn way(
    connection: &mut PgConnection,
    root: &Root,
    wallet: Address,
) -> Result<(Leaf, Vec<SumNode>), ProofFailure> {
    let block = liabilities::find_block(connection, root.root, BLOCK_LEVEL, wallet).await?;
    let block = block.ok_or(ProofFailure::NoLeaf)?;
    let leaves = liabilities::list_block(connection, root.root, &block, 1 << BLOCK_LEVEL).await?;
    let leaves = leaves
        .into_iter()
        .map(|(wallet, entitled)| Leaf { wallet, entitled });
    let part = Tree::build(leaves.collect()).map_err(|_| ProofFailure::OtherTree)?;
    if part.root() != block.hash {
        return Err(ProofFailure::OtherTree);
    }
    let leaf = part.leaf(wallet).ok_or(ProofFailure::NoLeaf)?;
    let mut path = part.proof(wallet).ok_or(ProofFailure::NoLeaf)?;
    let partners = liabilities::list_partners(connection, root.root, BLOCK_LEVEL, block.place).await?;
    path.extend(partners.into_iter().map(|(hash, sum)| SumNode { hash, sum }));
    verify(root.root, root.total, &leaf, &path).map_err(|_| ProofFailure::OtherTree)?;
    Ok((leaf, path))
}
