//! What the signer of transactions was asked for: an answer that was lost is asked for again in the same terms.
//!
//! Every function that writes is to be called in a transaction that has checked the lease for settlement.

use std::collections::HashMap;

use settlement::fees::Fees;
use settlement::submission::Payload;
use sqlx::{PgConnection, PgTransaction};

use crate::chain_log::signed;
use crate::column::Db;
use crate::submission::{number, wei};
use crate::{DbAmount, StoreError};

/// What may differ between two requests for one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignTerms {
    /// What the transaction does.
    pub payload: Payload,
    /// Gas at most.
    pub gas_limit: u64,
    /// What a unit of gas may cost.
    pub fees: Fees,
}

/// What the signer was asked for, or is going to be, and has not refused, by submission and attempt.
pub async fn list(
    connection: &mut PgConnection,
    submissions: &[i64],
) -> Result<HashMap<(i64, u32), SignTerms>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT submission_id, attempt AS "attempt!: Db<u32>", noop, gas_limit AS "gas_limit!: Db<u64>", max_fee AS "max_fee: DbAmount",
                  priority_fee AS "priority_fee: DbAmount"
           FROM sign_request WHERE submission_id = ANY($1)"#,
        submissions
    )
    .fetch_all(connection)
    .await?;
    let terms = rows.into_iter().map(|row| {
        let terms = SignTerms {
            payload: if row.noop { Payload::Noop } else { Payload::Call },
            gas_limit: row.gas_limit.0,
            fees: Fees::new(row.max_fee.0.base_units(), row.priority_fee.0.base_units()),
        };
        ((row.submission_id, row.attempt.0), terms)
    });
    Ok(terms.collect())
}

/// Notes that the signer is going to be asked for this.
///
/// # Errors
/// The database does not answer; constraint `sign_request_pkey` when it was asked for something for this attempt already.
pub async fn insert(
    transaction: &mut PgTransaction<'_>,
    submission: i64,
    attempt: u32,
    terms: &SignTerms,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO sign_request (submission_id, attempt, noop, gas_limit, max_fee, priority_fee)
         VALUES ($1, $2, $3, $4, $5, $6)",
        submission,
        number(attempt)?,
        terms.payload == Payload::Noop,
        signed(terms.gas_limit)?,
        wei(terms.fees.max_fee()) as _,
        wei(terms.fees.max_priority_fee()) as _,
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Notes that the signer refused what it was asked for: the next request may be another.
pub async fn delete(
    transaction: &mut PgTransaction<'_>,
    submission: i64,
    attempt: u32,
) -> Result<(), StoreError> {
    sqlx::query!(
        "DELETE FROM sign_request WHERE submission_id = $1 AND attempt = $2",
        submission,
        number(attempt)?,
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}
