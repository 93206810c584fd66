//! Roots of liabilities: built over everybody at the last posting batch, approved by a second operator, then published
//! by the settlement worker.

use alloy_primitives::B256;
use audit::liabilities::{Leaf, Tree, TreeError};
use chain::At;
use money::Amount;
use serde_json::json;
use settlement::state::Gate;
use sqlx::Connection;
use store::liabilities::{self, Entitlement, NewRoot, Root};
use store::{StoreError, audit_log, payout_batch, stop};
use thiserror::Error;

use super::access::{self, AccessError, Role};
use super::head::{self, HeadError};
use super::session::Caller;
use super::{App, payout};

/// Who may build.
const BUILDING: &[Role] = &[Role::Builder];
/// Who may approve.
const APPROVING: &[Role] = &[Role::Approver];

/// Why a root was not built or approved.
#[derive(Debug, Error)]
pub enum LiabilitiesError {
    /// The caller may not.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// There is no such root.
    #[error("there is no such root")]
    UnknownRoot,
    /// The root is over, or approved already.
    #[error("a root that is {0} cannot be approved")]
    WrongState(String),
    /// Who built it does not approve it.
    #[error("the builder of a root cannot approve it")]
    ApproverIsBuilder,
    /// Another root is approved and not published.
    #[error("another root is on its way to the chain")]
    AnotherUnderWay,
    /// Batches would be paid beside the root.
    #[error("a batch is not over; what it does not pay would leave by claims")]
    BatchesLive,
    /// Nobody is entitled to anything.
    #[error("nobody is entitled to anything")]
    NothingDue,
    /// The contract would refuse it.
    #[error("{owed} are owed, and {free} are free")]
    Unfunded {
        /// What users could claim with it.
        owed: Amount,
        /// What is neither in escrow nor credited.
        free: Amount,
    },
    /// A severe finding is open.
    #[error("settlement is stopped")]
    Stopped,
    /// The entitlements make no tree.
    #[error("the entitlements make no tree")]
    Tree(#[source] TreeError),
    /// The chain's head is not known.
    #[error(transparent)]
    Head(#[from] HeadError),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for LiabilitiesError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Builds the root of everybody's entitlements at the last posting batch. When nothing changed since, it is the same root.
///
/// # Errors
/// [`LiabilitiesError`].
pub async fn build(app: &App, caller: &Caller, accept_claims: bool) -> Result<Root, LiabilitiesError> {
    access::require(app, caller, BUILDING).await?;
    let funds = funds(app).await?;
    let mut connection = app.connection().await?;
    let mut transaction = connection.begin().await?;
    liabilities::freeze_snapshot(&mut transaction).await?;
    if payout::gate(&mut transaction).await? == Gate::Stopped {
        return Err(LiabilitiesError::Stopped);
    }
    if !accept_claims && payout_batch::any_live(&mut transaction).await? {
        return Err(LiabilitiesError::BatchesLive);
    }
    let posted = liabilities::find_posted(&mut transaction).await?;
    let posted = posted.ok_or(LiabilitiesError::NothingDue)?;
    let published = liabilities::find_published(&mut transaction).await?;
    let published = published.map(|root| root.root);
    let entitlements = liabilities::list_entitlements(&mut transaction, published).await?;
    if entitlements.is_empty() {
        return Err(LiabilitiesError::NothingDue);
    }
    let (tree, entitlements) = tokio::task::spawn_blocking(move || (tree(&entitlements), entitlements))
        .await
        .map_err(|_| StoreError::Corrupt {
            what: "entitlements of which no tree can be made",
        })?;
    let tree = tree.map_err(LiabilitiesError::Tree)?;
    let owed = tree.total().minus_or_zero(funds.paid_in_all);
    if owed > funds.free {
        let free = funds.free;
        return Err(LiabilitiesError::Unfunded { owed, free });
    }
    let new = NewRoot {
        root: tree.root(),
        total: tree.total(),
        posted,
        accept_claims,
        built_by: caller.wallet,
        leaves: &entitlements,
    };
    if liabilities::insert(&mut transaction, &new).await? {
        let detail = json!({ "total": new.total.to_string(), "leaves": entitlements.len(), "accept_claims": accept_claims });
        let subject = format!("{:#x}", new.root);
        audit_log::insert(
            &mut transaction,
            caller.wallet,
            "liabilities_root.built",
            &subject,
            &detail,
        )
        .await?;
    }
    let root = liabilities::find(&mut transaction, new.root).await?;
    transaction.commit().await?;
    root.ok_or(LiabilitiesError::UnknownRoot)
}

/// Agrees to a root; the settlement worker then has it signed and publishes it.
///
/// # Errors
/// [`LiabilitiesError`].
pub async fn approve(app: &App, caller: &Caller, id: B256) -> Result<Root, LiabilitiesError> {
    access::require(app, caller, APPROVING).await?;
    let mut connection = app.connection().await?;
    let mut transaction = connection.begin().await?;
    // One root is approved at a time, so that two approvals cannot both see that no other is under way.
    payout_batch::lock_proposing(&mut transaction).await?;
    let root = liabilities::lock(&mut transaction, id).await?;
    let root = root.ok_or(LiabilitiesError::UnknownRoot)?;
    if root.state != "built" {
        return Err(LiabilitiesError::WrongState(root.state));
    }
    if root.built_by == caller.wallet {
        return Err(LiabilitiesError::ApproverIsBuilder);
    }
    if stop::any_open(&mut transaction).await? {
        return Err(LiabilitiesError::Stopped);
    }
    if liabilities::any_wanted(&mut transaction).await? {
        return Err(LiabilitiesError::AnotherUnderWay);
    }
    liabilities::update_approved(&mut transaction, id, caller.wallet).await?;
    let subject = format!("{id:#x}");
    let detail = json!({ "total": root.total.to_string() });
    audit_log::insert(
        &mut transaction,
        caller.wallet,
        "liabilities_root.approved",
        &subject,
        &detail,
    )
    .await?;
    let root = liabilities::find(&mut transaction, id).await?;
    transaction.commit().await?;
    root.ok_or(LiabilitiesError::UnknownRoot)
}

fn tree(entitlements: &[Entitlement]) -> Result<Tree, TreeError> {
    let leaf = |entitlement: &Entitlement| Leaf {
        wallet: entitlement.wallet,
        entitled: entitlement.entitled,
    };
    Tree::build(entitlements.iter().map(leaf).collect())
}

/// What the contract compares a root with, at the head.
struct Funds {
    free: Amount,
    paid_in_all: Amount,
}

async fn funds(app: &App) -> Result<Funds, LiabilitiesError> {
    let (totals, balance) = head::at_head(app, async |reader, head| {
        let totals = reader.totals(At::Block(head.hash)).await?;
        Ok((totals, reader.balance_at(head.hash).await?))
    })
    .await?;
    let bound = totals.escrowed.saturating_add(totals.credited);
    let balance: u128 = balance.saturating_to();
    Ok(Funds {
        free: Amount::new(balance.saturating_sub(bound)),
        paid_in_all: Amount::new(totals.pushed.saturating_add(totals.claimed)),
    })
}
