//! Requested authorizations: stored before the signer is called, completed with its answer.

use alloy_primitives::{Address, B256};
use money::Amount;
use plan::DepositKind;
use sqlx::PgConnection;

use crate::column::Db;
use crate::deployment::natural;
use crate::{DbAmount, StoreError};

/// What a signature is requested for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRequest {
    /// Unique reference, the contract's `ref`.
    pub reference: B256,
    /// Registration or retopup.
    pub kind: DepositKind,
    /// Who will pay.
    pub wallet: Address,
    /// The user's sponsor; `None` for the root user and in a retopup.
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

/// The name of a kind in SQL and JSON.
pub const fn kind_name(kind: DepositKind) -> &'static str {
    match kind {
        DepositKind::Registration => "registration",
        DepositKind::Retopup => "retopup",
    }
}

/// Stores a request.
pub async fn insert(connection: &mut PgConnection, request: &NewRequest) -> Result<(), StoreError> {
    let kind = kind_name(request.kind);
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

/// A request as it is kept, newest first in lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What a signature was requested.
    pub request: NewRequest,
    /// The signer's account and signature; `None` while there is none.
    pub signed: Option<(Address, Vec<u8>)>,
    /// When it was requested, in microseconds since 1970-01-01 UTC.
    pub created_at_us: i64,
    /// Whether the ledger has its deposit.
    pub is_posted: bool,
}

/// Requests of a wallet before a moment and reference, newest first.
pub async fn list(
    connection: &mut PgConnection,
    wallet: Address,
    below: (i64, B256),
    limit: i64,
) -> Result<Vec<Kept>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT a.ref AS "reference!: Db<B256>", a.kind, a.sponsor_wallet AS "sponsor!: Db<Option<Address>>", a.amount AS "amount: DbAmount",
                  a.plan_hash AS "plan_hash!: Db<B256>",
                  a.disclosure_hash AS "disclosure_hash!: Db<B256>",
                  a.deadline AS "deadline!: Db<u64>", a.signer AS "signer!: Db<Option<Address>>", a.signature,
                  (extract(epoch FROM a.created_at) * 1000000)::bigint AS "created_at_us!",
                  EXISTS (SELECT FROM deposit AS d WHERE d.ref = a.ref) AS "is_posted!"
           FROM authorization_request AS a
           WHERE a.wallet = $1
             AND (a.created_at, a.ref) < (to_timestamp(0) + $2::bigint * interval '1 microsecond', $3::bytea)
           ORDER BY a.created_at DESC, a.ref DESC LIMIT $4"#,
        wallet.as_slice(),
        below.0,
        below.1.as_slice(),
        limit
    )
    .fetch_all(connection)
    .await?;
    let kept = rows.into_iter().map(|row| Kept {
        request: NewRequest {
            reference: row.reference.0,
            kind: match row.kind.as_str() {
                "registration" => DepositKind::Registration,
                _ => DepositKind::Retopup,
            },
            wallet,
            sponsor: row.sponsor.0,
            amount: row.amount.0,
            plan_hash: row.plan_hash.0,
            disclosure_hash: row.disclosure_hash.0,
            deadline: row.deadline.0,
        },
        signed: row.signer.0.zip(row.signature),
        created_at_us: row.created_at_us,
        is_posted: row.is_posted,
    });
    Ok(kept.collect())
}

/// The time of the newest block that the listener saw, in seconds since 1970-01-01 UTC; `None` before the first.
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
