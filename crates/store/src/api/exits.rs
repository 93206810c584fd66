//! What a wallet can take back from the contract by itself.

use alloy_primitives::B256;
use money::Amount;
use sqlx::PgConnection;

use crate::column::Db;
use crate::{DbAmount, StoreError};

/// Deposits that are looked at: a plan with more payments of one user within a cooling-off time has its last ones here.
const REFUNDABLE_MAX: i64 = 100;

/// A deposit that its payer may still take back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refundable {
    /// The contract's `ref`.
    pub reference: B256,
    /// `registration` or `retopup`.
    pub kind: String,
    /// What was paid.
    pub amount: Amount,
    /// Last second at which it can be refunded, by the chain's time.
    pub refundable_until: i64,
}

/// The newest deposits of a user that can be refunded at this time of the chain, newest first.
pub async fn list_refundable(
    connection: &mut PgConnection,
    user: i32,
    time: i64,
) -> Result<Vec<Refundable>, StoreError> {
    Ok(sqlx::query_as!(
        Refundable,
        r#"SELECT ref AS "reference!: Db<B256>", kind, amount AS "amount: DbAmount", refundable_until FROM deposit
           WHERE user_id = $1 AND state = 'held' AND refundable_until >= $2
           ORDER BY id DESC LIMIT $3"#,
        user,
        time,
        REFUNDABLE_MAX
    )
    .fetch_all(connection)
    .await?)
}
