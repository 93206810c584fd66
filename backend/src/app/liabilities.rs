//! Liabilities roots: requested by one operator, built over all users by the settlement worker, approved by a second
//! operator, then published by the worker.

use alloy_primitives::B256;
use approval::{Proposal, RootProposal};
use chain::At;
use money::Amount;
use serde_json::json;
use settlement::state::Gate;
use sqlx::Connection;
use store::approval::Subject;
use store::liabilities::{self, Request, Root};
use store::{StoreError, audit_log, payout_batch};
use thiserror::Error;

use super::access::{Building, Handling, Looking, Operator};
use super::approve::{self, ApproveError, Signed, Wanted};
use super::head::{self, HeadError};
use super::{App, payout};

/// Why a root was not built or approved.
#[derive(Debug, Error)]
pub enum LiabilitiesError {
    /// There is no such root.
    #[error("there is no such root")]
    UnknownRoot,
    /// The root has ended, or approved already.
    #[error("a root in state {0} cannot be approved")]
    WrongState(String),
    /// The signature is not taken.
    #[error(transparent)]
    Approve(#[from] ApproveError),
    /// Another root is approved and not published.
    #[error("another root is on its way to the chain")]
    AnotherUnderWay,
    /// Batches would be paid beside the root.
    #[error("a payout batch is still in progress; what it leaves unpaid could be claimed")]
    BatchesLive,
    /// Nobody is entitled to anything.
    #[error("there are no entitlements")]
    NothingDue,
    /// The contract would refuse it.
    #[error("{owed} is owed, but only {free} is free")]
    Unfunded {
        /// What users could claim with it.
        owed: Amount,
        /// What is neither in escrow nor credited.
        free: Amount,
    },
    /// A severe finding is open.
    #[error("settlement is stopped")]
    Stopped,
    /// The chain's head is not known.
    #[error(transparent)]
    Head(#[from] HeadError),
    /// The database does not respond.
    #[error(transparent)]
    Store(#[from] StoreError),
}

store::from_sqlx!(LiabilitiesError);

/// Requests the root of everyone's entitlements at the last posting batch; the settlement worker builds it. When nothing
/// changed since, it is the same root.
pub async fn request(
    app: &App,
    caller: &Operator<Building>,
    accept_claims: bool,
) -> Result<Request, LiabilitiesError> {
    let funds = funds(app).await?;
    let mut connection = app.connection().await?;
    let mut transaction = connection.begin().await?;
    if payout::gate(app, &mut transaction, funds.time).await? == Gate::Stopped {
        return Err(LiabilitiesError::Stopped);
    }
    if !accept_claims && payout_batch::any_live(&mut transaction).await? {
        return Err(LiabilitiesError::BatchesLive);
    }
    let posted = liabilities::find_posted(&mut transaction).await?;
    let entitled = liabilities::fetch_entitled_total(&mut transaction).await?;
    if posted.is_none() || entitled.is_zero() {
        return Err(LiabilitiesError::NothingDue);
    }
    let owed = entitled.saturating_sub(funds.paid_in_all);
    if owed > funds.free {
        let free = funds.free;
        return Err(LiabilitiesError::Unfunded { owed, free });
    }
    let (id, is_new) = liabilities::insert_request(&mut transaction, caller.wallet, accept_claims).await?;
    if is_new {
        let detail = json!({ "accept_claims": accept_claims });
        let action = "liabilities_root.requested";
        audit_log::insert(&mut transaction, caller.wallet, action, &id.to_string(), &detail).await?;
    }
    let request = liabilities::find_request(&mut transaction, id).await?;
    transaction.commit().await?;
    request.ok_or(LiabilitiesError::UnknownRoot)
}

/// The outcome of a request.
pub async fn find_request(app: &App, _: &Operator<Looking>, id: i64) -> Result<Request, LiabilitiesError> {
    let request = liabilities::find_request(&mut *app.connection().await?, id).await?;
    request.ok_or(LiabilitiesError::UnknownRoot)
}

/// What operators sign for a root.
pub async fn approval(app: &App, _: &Operator<Handling>, id: B256) -> Result<Wanted, LiabilitiesError> {
    let root = liabilities::find(&mut *app.connection().await?, id).await?;
    let proposal = proposal(&root.ok_or(LiabilitiesError::UnknownRoot)?)?;
    Ok(approve::wanted(app, proposal, &Subject::Root(id)).await?)
}

/// Takes an operator's signature over a root. As soon as enough people agree, the settlement worker has it signed and
/// publishes it.
pub async fn approve(
    app: &App,
    caller: &Operator<Handling>,
    id: B256,
    signed: &Signed,
) -> Result<Root, LiabilitiesError> {
    let root = liabilities::find(&mut *app.connection().await?, id).await?;
    let root = root.ok_or(LiabilitiesError::UnknownRoot)?;
    check_built(&root)?;
    let (proposal, subject) = (proposal(&root)?, Subject::Root(id));
    let verified = approve::verify(app, caller, &proposal, &subject, signed).await?;
    let mut connection = app.connection().await?;
    let mut transaction = connection.begin().await?;
    // One root is approved at a time, so that two approvals cannot both see that no other is in progress.
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
