//! A user's way to the newest published root: what the contract needs to pay a claim.

use audit::liabilities::{Leaf, SumNode};
use money::Amount;
use store::StoreError;
use store::api::rewards;
use store::liabilities::{self, Root};
use thiserror::Error;

use super::App;
use super::access::{self, AccessError};
use super::session::Caller;
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
    /// The caller may not see the user.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// No root is published.
    #[error("no root is published")]
    NoRoot,
    /// There is no way from the user to it.
    #[error(transparent)]
    Way(#[from] WayError),
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
