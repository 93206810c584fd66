//! Builds requested liabilities roots in the background: the tree over all users' entitlements.
//!
//! Entitlements are read page by page and folded into the tree at once, so the process holds one page and the upper nodes; the
//! database writes the leaves itself, from the same moment. A root appears with all its rows, or not at all. Not responsible
//! for whether it is signed or published.

use std::time::{Duration, Instant};

use alloy::primitives::{Address, B256};
use audit::liabilities::{Fold, Folded, Leaf, TreeError};
use serde_json::json;
use service::ErrorChain;
use sqlx::{Acquire, PgConnection, PgTransaction};
use store::liabilities_build::{self, Claimed, NewRoot, NodeRow};
use store::{Deadlines, StoreError, audit_log, liabilities};
use thiserror::Error;

use super::CONNECTED_AS;
use crate::lease_guard;

/// Between two looks for a request.
const POLL: Duration = Duration::from_millis(200);
/// After an error.
const REST_AFTER_ERROR: Duration = Duration::from_secs(5);
/// Users read at once: about a megabyte.
const PAGE_USERS: i64 = 5_000;

/// Why there is no tree.
#[derive(Debug, Error)]
enum BuildError {
    /// The entitlements make none.
    #[error("no tree can be built from these entitlements")]
    Tree(#[from] TreeError),
    /// The database does not respond.
    #[error(transparent)]
    Store(#[from] StoreError),
}

store::from_sqlx!(BuildError);

/// Builds what is requested, forever, on a connection of its own.
pub(super) async fn keep(database_url: String) {
    let mut kept = None;
    loop {
        let rest = match next(&database_url, &mut kept).await {
            Ok(true) => continue,
            Ok(false) => POLL,
            Err(error) => {
                tracing::warn!(error = %ErrorChain(&error), "cannot build a root; retrying");
                kept = None;
                REST_AFTER_ERROR
            }
        };
        tokio::time::sleep(rest).await;
    }
}

async fn next(database_url: &str, kept: &mut Option<PgConnection>) -> Result<bool, StoreError> {
    let connection = match kept {
        Some(connection) => connection,
        None => kept.insert(lease_guard::connect(database_url, Deadlines::OFFLINE, CONNECTED_AS).await?),
    };
    Ok(build_next(connection).await? || complete_next(connection).await?)
}

/// Builds the root that was requested first; `false` when none is.
///
/// # Errors
/// The database does not respond; the request waits on.
pub async fn build_next(connection: &mut PgConnection) -> Result<bool, StoreError> {
    let begun = Instant::now();
    let mut transaction = connection.begin().await?;
    liabilities::freeze_snapshot(&mut transaction).await?;
    let Some(request) = liabilities_build::claim_request(&mut transaction).await? else {
        return Ok(false);
    };
    match build(&mut transaction, &request).await {
        Ok(root) => {
            liabilities_build::update_finished(&mut transaction, request.id, Ok(root)).await?;
            transaction.commit().await?;
            metrics::histogram!("trellis_liabilities_build_seconds").record(begun.elapsed());
            tracing::info!(%root, "built the root of liabilities");
        }
        Err(BuildError::Tree(error)) => {
            let code = match error {
                TreeError::Empty => "nothing_due",
                TreeError::TooManyLeaves(_)
                | TreeError::WalletTwice(_)
                | TreeError::ZeroLeaf(_)
                | TreeError::SumTooLarge => "no_tree",
            };
            tracing::warn!(error = %ErrorChain(&error), "no tree can be built from these entitlements");
            liabilities_build::update_finished(&mut transaction, request.id, Err(code)).await?;
            transaction.commit().await?;
        }
        Err(BuildError::Store(error)) => return Err(error),
    }
    Ok(true)
}

async fn build(transaction: &mut PgTransaction<'_>, request: &Claimed) -> Result<B256, BuildError> {
    let posted = liabilities::find_posted(transaction)
        .await?
        .ok_or(TreeError::Empty)?;
    let published = liabilities::find_published(transaction)
        .await?
        .map(|root| root.root);
    let mut fold = Fold::default();
    let mut after = None;
    loop {
        let page = liabilities_build::list_entitlements(transaction, published, after, PAGE_USERS).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.wallet);
        for entitlement in page.iter().filter(|entitlement| !entitlement.entitled.is_zero()) {
            fold.push(&Leaf {
                wallet: entitlement.wallet,
                entitled: entitlement.entitled,
            })?;
        }
    }
    let tree = fold.finish()?;
    let new = NewRoot {
        root: tree.hash(),
        total: tree.total(),
        leaves: tree.leaves,
        posted,
    };
    if liabilities_build::insert(transaction, &new, request, published).await? {
        let detail = json!({
            "total": new.total.to_string(), "leaves": new.leaves, "accept_claims": request.accept_claims,
        });
        let subject = format!("{:#x}", new.root);
        audit_log::insert(
            transaction,
            request.requested_by,
            "liabilities_root.built",
            &subject,
            &detail,
        )
        .await?;
    }
    liabilities_build::insert_nodes(transaction, new.root, &nodes(&tree)?).await?;
    Ok(new.root)
}

/// Stores the nodes of a published root that has none: those that were built before nodes were kept. `false` when all have
/// theirs.
pub async fn complete_next(connection: &mut PgConnection) -> Result<bool, StoreError> {
    let Some(root) = liabilities_build::find_without_nodes(connection).await? else {
        return Ok(false);
    };
    let mut fold = Fold::default();
    let mut after = Address::ZERO;
    loop {
        let page = liabilities::list_leaves(connection, root, after, PAGE_USERS).await?;
        let Some((last, _)) = page.last() else { break };
        after = *last;
        for (wallet, entitled) in page {
            let pushed = fold.push(&Leaf { wallet, entitled });
            pushed.map_err(|_| LEAVES_DIFFER)?;
        }
    }
    let tree = fold.finish().map_err(|_| LEAVES_DIFFER)?;
    if tree.hash() != root {
        return Err(LEAVES_DIFFER);
    }
    let mut transaction = connection.begin().await?;
    liabilities_build::insert_nodes(&mut transaction, root, &nodes(&tree)?).await?;
    transaction.commit().await?;
    Ok(true)
}

const LEAVES_DIFFER: StoreError = StoreError::Corrupt {
    what: "leaves of another root than they are stored under",
};

fn nodes(tree: &Folded) -> Result<Vec<NodeRow>, StoreError> {
    let row = |node: &audit::liabilities::UpperNode| {
        Some(NodeRow {
            level: i16::try_from(node.level).ok()?,
            place: i32::try_from(node.place).ok()?,
            hash: node.node.hash,
            sum: node.node.sum,
            first_wallet: node.first_wallet,
        })
    };
    let rows: Option<Vec<NodeRow>> = tree.upper.iter().map(row).collect();
    rows.ok_or(StoreError::Corrupt {
        what: "a tree with more than 2^31 blocks",
    })
}
