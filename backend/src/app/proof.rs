//! A user's way to the newest published root: what the contract needs to pay a claim.

use std::sync::{Arc, Mutex, PoisonError};

use alloy_primitives::{Address, B256};
use audit::liabilities::{Leaf, SumNode, Tree};
use money::Amount;
use sqlx::PgConnection;
use store::StoreError;
use store::api::rewards;
use store::liabilities::{self, Root};
use thiserror::Error;

use super::access::{self, AccessError};
use super::session::Caller;
use super::{App, LEAVES_AT_ONCE};

/// The tree of the root that proofs were last asked for: building it takes a hash for every user, and everybody asks
/// about the same.
#[derive(Debug, Default)]
pub struct Proofs(Mutex<Option<(B256, Arc<Tree>)>>);

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
    let tree = tree(app, &mut connection, root.root).await?;
    if tree.root() != root.root || tree.total() != root.total {
        return Err(ProofFailure::OtherTree);
    }
    let leaf = tree.leaf(user.wallet).ok_or(ProofFailure::NoLeaf)?;
    let path = tree.proof(user.wallet).ok_or(ProofFailure::NoLeaf)?;
    let paid = rewards::list_candidates(&mut connection, &[user.id], false).await?;
    Ok(Proof {
        root,
        leaf,
        path,
        paid: paid.first().map_or(Amount::ZERO, |payable| payable.paid),
    })
}

async fn tree(app: &App, connection: &mut PgConnection, root: B256) -> Result<Arc<Tree>, ProofFailure> {
    let kept = app
        .proofs
        .0
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    if let Some((_, tree)) = kept.filter(|(of, _)| *of == root) {
        return Ok(tree);
    }
    let mut leaves = Vec::new();
    let mut after = Address::ZERO;
    loop {
        let page = liabilities::list_leaves(connection, root, after, LEAVES_AT_ONCE).await?;
        let Some((last, _)) = page.last() else { break };
        after = *last;
        leaves.extend(page.iter().map(|(wallet, entitled)| Leaf {
            wallet: *wallet,
            entitled: *entitled,
        }));
    }
    let built = tokio::task::spawn_blocking(move || Tree::build(leaves)).await;
    let tree = built.map_err(|_| ProofFailure::OtherTree)?;
    let tree = Arc::new(tree.map_err(|_| ProofFailure::OtherTree)?);
    let mut kept = app.proofs.0.lock().unwrap_or_else(PoisonError::into_inner);
    *kept = Some((root, tree.clone()));
    Ok(tree)
}
