//! Authorizations that were asked for: stored before the signer is called, completed with its answer.

use alloy_primitives::{Address, B256};
use money::Amount;
use plan::DepositKind;
use sqlx::PgConnection;

use crate::deployment::natural;
use crate::{DbAmount, StoreError};

/// What a signature is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRequest {
    /// Unique reference, the contract's `ref`.
    pub reference: B256,
    /// Registration or retopup.
    pub kind: DepositKind,
    /// Who will pay.
    pub wallet: Address,
    /// Who brought the user in; `None` for the root user and in a retopup.
    pub sponsor: Option<Address>,
    /// The plan's price.
    pub amount: Amount,
    /// The plan.
    pub plan_hash: B256,
    /// The document that the payer was shown.
    pub disclosure_hash: B256,
    /// Last second at which it is valid, by the chain's time.
    pub deadline: u64,
}

/// Stores a request.
///
/// # Errors
/// The database does not answer.
pub async fn insert(connection: &mut PgConnection, request: &NewRequest) -> Result<(), StoreError> {
    let kind = match request.kind {
        DepositKind::Registration => "registration",
        DepositKind::Retopup => "retopup",
    };
    sqlx::query!(
        "INSERT INTO authorization_request
             (ref, kind, wallet, sponsor_wallet, amount, plan_hash, disclosure_hash, deadline)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        request.reference.as_slice(),
        kind,
        request.wallet.as_slice(),
        request.sponsor.as_ref().map(|sponsor| sponsor.as_slice()),
        DbAmount(request.amount) as _,
        request.plan_hash.as_slice(),
        request.disclosure_hash.as_slice(),
        i64::try_from(request.deadline).map_err(|_| StoreError::corrupt("a deadline above 2^63"))?,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Completes a request with its signature.
///
/// # Errors
/// The database does not answer.
pub async fn update_signed(
    connection: &mut PgConnection,
    reference: B256,
    signer: Address,
    signature: &[u8],
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE authorization_request SET signer = $2, signature = $3, signed_at = now()
         WHERE ref = $1 AND signature IS NULL",
        reference.as_slice(),
        signer.as_slice(),
        signature
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The time of the newest block that the listener saw, in seconds since 1970-01-01 UTC; `None` before the first.
///
/// # Errors
/// The database does not answer.
pub async fn find_chain_time(connection: &mut PgConnection) -> Result<Option<u64>, StoreError> {
    let newest = sqlx::query_scalar!(
        r#"SELECT "timestamp" FROM chain_block WHERE canonical ORDER BY number DESC LIMIT 1"#
    )
    .fetch_optional(connection)
    .await?;
    newest
        .map(|seconds| natural(seconds, "chain_block.timestamp"))
        .transpose()
}
