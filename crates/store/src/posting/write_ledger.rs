//! The statements of a batch that move money: balances, facts, transfers, the batch itself.

use std::collections::HashSet;

use ledger::{AccountId, BalanceChange, Transfer};
use money::Amount;
use sqlx::PgTransaction;

use super::{Batch, PostingError, all_written};
use crate::column::{column, int, try_column};
use crate::lease::Lease;
use crate::{DbAmount, StoreError};

/// Rows of one statement: enough that a statement costs nothing, few enough that its arrays stay in caches
/// and far from PostgreSQL's largest message.
pub(super) const STATEMENT_ROWS_MAX: usize = 16_384;

pub(super) async fn write(
    transaction: &mut PgTransaction<'_>,
    lease: Lease,
    batch: &Batch,
) -> Result<(), PostingError> {
    let locked = lock_balances(transaction, batch).await?;
    write_facts(transaction, batch).await?;
    for transfers in batch.transfers.chunks(STATEMENT_ROWS_MAX) {
        insert_transfers(transaction, transfers).await?;
        insert_resolutions(transaction, transfers).await?;
    }
    let last_fact = number(batch.header.last_fact)?;
    let (old, new): (Vec<_>, Vec<_>) = batch
        .balances
        .iter()
        .map(|(id, change)| (*id, *change))
        .partition(|(id, _)| locked.contains(&id.get()));
    for rows in new.chunks(STATEMENT_ROWS_MAX) {
        insert_accounts(transaction, rows, last_fact).await?;
    }
    for rows in old.chunks(STATEMENT_ROWS_MAX) {
        update_balances(transaction, rows, last_fact).await?;
    }
    insert_batch(transaction, lease, batch).await
}

fn number(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::corrupt("a number above 2^63"))
}

fn leg(leg: u32) -> Result<i32, StoreError> {
    i32::try_from(leg).map_err(|_| StoreError::corrupt("a leg above 2^31"))
}

/// Locks the balances in the order of their ids, in a statement of its own: an update with a join takes its
/// rows in whatever order the join gives. Returns those that exist.
async fn lock_balances(
    transaction: &mut PgTransaction<'_>,
    batch: &Batch,
) -> Result<HashSet<i64>, PostingError> {
    let ids: Vec<i64> = batch.balances.keys().map(|id| id.get()).collect();
    let locked = sqlx::query_scalar!(
        "SELECT account_id FROM balance WHERE account_id = ANY($1) ORDER BY account_id FOR UPDATE",
        &ids
    )
    .fetch_all(&mut **transaction)
    .await?;
    Ok(locked.into_iter().collect())
}

async fn write_facts(transaction: &mut PgTransaction<'_>, batch: &Batch) -> Result<(), PostingError> {
    let seqs = try_column(&batch.facts, |fact| number(fact.seq))?;
    let inbox_ids = column(&batch.facts, |fact| fact.inbox_id);
    let numbered = sqlx::query!(
        "UPDATE inbox SET fact_seq = f.seq
         FROM unnest($1::bigint[], $2::bigint[]) AS f (inbox_id, seq)
         WHERE inbox.id = f.inbox_id AND inbox.fact_seq IS NULL",
        &inbox_ids,
        &seqs,
    )
    .execute(&mut **transaction)
    .await?;
    all_written("inbox", seqs.len(), numbered.rows_affected())?;
    sqlx::query!(
        "INSERT INTO fact (seq, inbox_id, batch_seq)
         SELECT f.seq, f.inbox_id, $3 FROM unnest($1::bigint[], $2::bigint[]) AS f (seq, inbox_id)",
        &seqs,
        &inbox_ids,
        number(batch.header.seq)?,
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

async fn insert_transfers(
    transaction: &mut PgTransaction<'_>,
    transfers: &[Transfer],
) -> Result<(), PostingError> {
    let pending_facts = try_column(transfers, |transfer| {
        transfer
            .resolves
            .map(|pending| number(pending.fact_seq))
            .transpose()
    })?;
    let pending_legs = try_column(transfers, |transfer| {
        transfer.resolves.map(|pending| leg(pending.leg)).transpose()
    })?;
    sqlx::query!(
        "INSERT INTO transfer (fact_seq, leg, debit_id, credit_id, amount, reason, phase, pending_fact, pending_leg)
         SELECT * FROM unnest($1::bigint[], $2::integer[], $3::bigint[], $4::bigint[], $5::numeric[],
             $6::smallint[], $7::smallint[], $8::bigint[], $9::integer[])",
        &try_column(transfers, |transfer| number(transfer.fact_seq))?,
        &try_column(transfers, |transfer| leg(transfer.leg))?,
        &column(transfers, |transfer| transfer.debit.get()),
        &column(transfers, |transfer| transfer.credit.get()),
        &column(transfers, |transfer| DbAmount(transfer.amount)) as &[DbAmount],
        &column(transfers, |transfer| transfer.reason.code()),
        &column(transfers, |transfer| transfer.phase.code()),
        &pending_facts as &[Option<i64>],
        &pending_legs as &[Option<i32>],
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Notes what ended which pending transfer. The primary key refuses a second end.
async fn insert_resolutions(
    transaction: &mut PgTransaction<'_>,
    transfers: &[Transfer],
) -> Result<(), PostingError> {
    let ends = transfers
        .iter()
        .filter_map(|transfer| transfer.resolves.map(|pending| (pending, transfer.fact_seq)));
    let ends: Vec<_> = ends.collect();
    if ends.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO pending_resolution (pending_fact, pending_leg, resolved_by)
         SELECT * FROM unnest($1::bigint[], $2::integer[], $3::bigint[])",
        &try_column(&ends, |(pending, _)| number(pending.fact_seq))?,
        &try_column(&ends, |(pending, _)| leg(pending.leg))?,
        &try_column(&ends, |(_, resolved_by)| number(*resolved_by))?,
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

async fn insert_accounts(
    transaction: &mut PgTransaction<'_>,
    rows: &[(AccountId, BalanceChange)],
    last_fact: i64,
) -> Result<(), PostingError> {
    let accounts = try_column(rows, |(id, _)| {
        id.account().ok_or(StoreError::corrupt("an account id"))
    })?;
    let guarded = column(&accounts, |account| account.kind().is_guarded());
    let details = try_column(&accounts, |account| {
        i32::try_from(account.detail()).map_err(|_| StoreError::corrupt("account.detail"))
    })?;
    sqlx::query!(
        "INSERT INTO account (id, kind, user_id, detail, tree, guarded)
         SELECT * FROM unnest($1::bigint[], $2::text[], $3::integer[], $4::integer[], $5::integer[],
             $6::boolean[])",
        &column(rows, |(id, _)| id.get()),
        &column(&accounts, |account| account.kind().name()) as &[&str],
        &column(&accounts, |account| account.user().map(|user| int(user.get()))) as &[Option<i32>],
        &details,
        &column(&accounts, |account| account.tree().map(|tree| int(tree.get()))) as &[Option<i32>],
        &guarded,
    )
    .execute(&mut **transaction)
    .await?;
    insert_balances(transaction, rows, &guarded, last_fact).await
}

async fn insert_balances(
    transaction: &mut PgTransaction<'_>,
    rows: &[(AccountId, BalanceChange)],
    guarded: &[bool],
    last_fact: i64,
) -> Result<(), PostingError> {
    sqlx::query!(
        "INSERT INTO balance (account_id, debits_posted, credits_posted, debits_pending, credits_pending,
             guarded, last_fact)
         SELECT b.id, b.debits, b.credits, b.debits_held - b.debits_released,
             b.credits_held - b.credits_released, b.guarded, $8
         FROM unnest($1::bigint[], $2::numeric[], $3::numeric[], $4::numeric[], $5::numeric[], $6::numeric[],
                 $7::numeric[], $9::boolean[])
             AS b (id, debits, credits, debits_held, debits_released, credits_held, credits_released, guarded)",
        &column(rows, |(id, _)| id.get()),
        &amounts(rows, |change| change.debits_posted) as &[DbAmount],
        &amounts(rows, |change| change.credits_posted) as &[DbAmount],
        &amounts(rows, |change| change.debits_held) as &[DbAmount],
        &amounts(rows, |change| change.debits_released) as &[DbAmount],
        &amounts(rows, |change| change.credits_held) as &[DbAmount],
        &amounts(rows, |change| change.credits_released) as &[DbAmount],
        last_fact,
        guarded,
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// What a batch does to one counter of balances.
fn amounts(rows: &[(AccountId, BalanceChange)], counter: fn(&BalanceChange) -> Amount) -> Vec<DbAmount> {
    column(rows, |(_, change)| counter(change).into())
}

async fn update_balances(
    transaction: &mut PgTransaction<'_>,
    rows: &[(AccountId, BalanceChange)],
    last_fact: i64,
) -> Result<(), PostingError> {
    let updated = sqlx::query!(
        "UPDATE balance
         SET debits_posted = debits_posted + b.debits,
             credits_posted = credits_posted + b.credits,
             debits_pending = debits_pending + b.debits_held - b.debits_released,
             credits_pending = credits_pending + b.credits_held - b.credits_released,
             last_fact = $8
         FROM unnest($1::bigint[], $2::numeric[], $3::numeric[], $4::numeric[], $5::numeric[], $6::numeric[],
                 $7::numeric[])
             AS b (id, debits, credits, debits_held, debits_released, credits_held, credits_released)
         WHERE account_id = b.id",
        &column(rows, |(id, _)| id.get()),
        &amounts(rows, |change| change.debits_posted) as &[DbAmount],
        &amounts(rows, |change| change.credits_posted) as &[DbAmount],
        &amounts(rows, |change| change.debits_held) as &[DbAmount],
        &amounts(rows, |change| change.debits_released) as &[DbAmount],
        &amounts(rows, |change| change.credits_held) as &[DbAmount],
        &amounts(rows, |change| change.credits_released) as &[DbAmount],
        last_fact,
    )
    .execute(&mut **transaction)
    .await?;
    all_written("balance", rows.len(), updated.rows_affected())
}

async fn insert_batch(
    transaction: &mut PgTransaction<'_>,
    lease: Lease,
    batch: &Batch,
) -> Result<(), PostingError> {
    let header = &batch.header;
    sqlx::query!(
        "INSERT INTO posting_batch
             (seq, epoch, first_fact, last_fact, transfers, amount, block_number, block_hash, prev_hash, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        number(header.seq)?,
        lease.epoch,
        number(header.first_fact)?,
        number(header.last_fact)?,
        i32::try_from(batch.transfers.len()).map_err(|_| StoreError::corrupt("a batch of 2^31 transfers"))?,
        DbAmount(batch.amount) as _,
        number(header.block_number)?,
        header.block_hash.as_slice(),
        batch.prev_hash.as_slice(),
        batch.hash.as_slice(),
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}
