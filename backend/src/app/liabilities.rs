//! Roots of liabilities: built over everybody at the last posting batch, approved by a second operator, then published
//! by the settlement worker.

use alloy_primitives::B256;
use approval::{Proposal, RootProposal};
use audit::liabilities::{Leaf, Tree, TreeError};
use chain::At;
use money::Amount;
use serde_json::json;
use settlement::state::Gate;
use sqlx::Connection;
use store::approval::Subject;
use store::liabilities::{self, Entitlement, NewRoot, Root};
use store::{StoreError, audit_log, payout_batch};
use thiserror::Error;

use super::access::{self, AccessError, Role};
use super::approve::{self, ApproveError, Signed, Wanted};
use super::head::{self, HeadError};
use super::session::Caller;
use super::{App, payout};

/// Who may build.
const BUILDING: &[Role] = &[Role::Builder];
/// Who may sign: the builder as the proposer, approvers as voters.
const SIGNING: &[Role] = &[Role::Builder, Role::Approver];

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
    /// The signature is not taken.
    #[error(transparent)]
    Approve(#[from] ApproveError),
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
    if payout::gate(app, &mut transaction, funds.time).await? == Gate::Stopped {
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

/// What operators sign for a root.
///
/// # Errors
/// [`LiabilitiesError`].
pub async fn approval(app: &App, caller: &Caller, id: B256) -> Result<Wanted, LiabilitiesError> {
    access::require(app, caller, SIGNING).await?;
    let root = liabilities::find(&mut *app.connection().await?, id).await?;
    let proposal = proposal(&root.ok_or(LiabilitiesError::UnknownRoot)?)?;
    Ok(approve::wanted(app, proposal, &Subject::Root(id)).await?)
}

/// Takes an operator's signature over a root. As soon as enough people agree, the settlement worker has it signed and
/// publishes it.
///
/// # Errors
/// [`LiabilitiesError`].
pub async fn approve(
    app: &App,
    caller: &Caller,
    id: B256,
    signed: &Signed,
) -> Result<Root, LiabilitiesError> {
    access::require(app, caller, SIGNING).await?;
    let root = liabilities::find(&mut *app.connection().await?, id).await?;
    let root = root.ok_or(LiabilitiesError::UnknownRoot)?;
    check_built(&root)?;
    let (proposal, subject) = (proposal(&root)?, Subject::Root(id));
    let verified = approve::verify(app, caller, &proposal, &subject, signed).await?;
    let mut connection = app.connection().await?;
    let mut transaction = connection.begin().await?;
    // One root is approved at a time, so that two approvals cannot both see that no other is under way.
    payout_batch::lock_proposing(&mut transaction).await?;
    let root = liabilities::lock(&mut transaction, id).await?;
    let root = root.ok_or(LiabilitiesError::UnknownRoot)?;
    check_built(&root)?;
    if payout::gate(app, &mut transaction, verified.time).await? == Gate::Stopped {
        return Err(LiabilitiesError::Stopped);
    }
    if liabilities::any_wanted(&mut transaction).await? {
        return Err(LiabilitiesError::AnotherUnderWay);
    }
    let agreed = verified.store(&mut transaction, &proposal, &subject).await?;
    let action = match agreed {
        Some(approver) => {
            liabilities::update_approved(&mut transaction, id, approver).await?;
            "liabilities_root.approved"
        }
        None => "liabilities_root.signed_by_operator",
    };
    let detail = json!({ "total": root.total.to_string(), "wallet": verified.approval.wallet });
    let subject = format!("{id:#x}");
    audit_log::insert(&mut transaction, caller.wallet, action, &subject, &detail).await?;
    let root = liabilities::find(&mut transaction, id).await?;
    transaction.commit().await?;
    root.ok_or(LiabilitiesError::UnknownRoot)
}

fn check_built(root: &Root) -> Result<(), LiabilitiesError> {
    if root.state == "built" {
        Ok(())
    } else {
        Err(LiabilitiesError::WrongState(root.state.clone()))
    }
}

/// The root, as it is signed.
fn proposal(root: &Root) -> Result<Proposal, LiabilitiesError> {
    Ok(Proposal::Root {
        root: RootProposal {
            root: root.root,
            total: root.total,
            leaves: u32::try_from(root.leaves).map_err(|_| StoreError::Corrupt {
                what: "liabilities_root.leaves",
            })?,
            as_of_seq: root.as_of_seq,
        },
        proposer: root.built_by,
    })
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
    time: u64,
}

async fn funds(app: &App) -> Result<Funds, LiabilitiesError> {
    let (totals, balance, time) = head::at_head(app, async |reader, head| {
        let totals = reader.totals(At::Block(head.hash)).await?;
        Ok((totals, reader.balance_at(head.hash).await?, head.timestamp))
    })
    .await?;
    let bound = totals.escrowed.saturating_add(totals.credited);
    let balance: u128 = balance.saturating_to();
    Ok(Funds {
        free: Amount::new(balance.saturating_sub(bound)),
        paid_in_all: Amount::new(totals.pushed.saturating_add(totals.claimed)),
        time,
    })
}
