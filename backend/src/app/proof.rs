//! A user's proof under the newest published root, which the contract needs to pay a claim.

use audit::liabilities::{Leaf, SumNode};
use money::Amount;
use store::StoreError;
use store::api::rewards;
use store::liabilities::{self, Root};
use store::user::User;
use thiserror::Error;

use super::App;
use crate::way::{WayError, way};

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
    /// No root is published.
    #[error("no root has been published")]
    NoRoot,
    /// There is no way from the user to it.
    #[error(transparent)]
    Way(#[from] WayError),
    /// The database does not respond.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The proof of the user with this number.
pub async fn of(app: &App, user: &User) -> Result<Proof, ProofFailure> {
    let mut connection = app.connection().await?;
    let root = liabilities::find_published(&mut connection).await?;
    let root = root.ok_or(ProofFailure::NoRoot)?;
    let (leaf, path) = way(&mut connection, root.root, root.total, user.wallet).await?;
    let paid = rewards::list_candidates(&mut connection, &[user.id], false).await?;
    Ok(Proof {
        root,
        leaf,
        path,
        paid: paid.first().map_or(Amount::ZERO, |payable| payable.paid),
    })
}
