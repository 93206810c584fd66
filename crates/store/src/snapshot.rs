//! Everything that facts determine, as it is stored, read at one moment for `audit::verify`.
//!
//! The whole of it is held in memory: about a kilobyte for each transfer.

mod component;
mod settlement;

use alloy_primitives::B256;
use audit::{
    AccountRow, BalanceRow, BatchRow, Books, DepositRow, IncomeRow, NodeRow, PostedFact, RewardRow, Snapshot,
    TransferRow, TreeRow, UserRow,
};
use sqlx::{Acquire, PgConnection, PgTransaction};

use crate::cause_json;
use crate::deployment::{address, hash, natural};
use crate::{DbAmount, StoreError};

/// Reads the snapshot in one transaction that sees the database of one moment and writes nothing.
///
/// # Errors
/// A value that no program of ours writes.
pub async fn read(connection: &mut PgConnection) -> Result<Snapshot, StoreError> {
    let mut transaction = connection.begin().await?;
    sqlx::query!("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        .execute(&mut *transaction)
        .await?;
    let snapshot = read_in(&mut transaction).await?;
    transaction.commit().await?;
    Ok(snapshot)
}

/// Reads the snapshot in the caller's transaction, with what it wrote itself.
///
/// # Errors
/// A value that no program of ours writes.
pub async fn read_in(transaction: &mut PgTransaction<'_>) -> Result<Snapshot, StoreError> {
    let mut snapshot = Snapshot {
        facts: facts(transaction).await?,
        ..Snapshot::default()
    };
    batches(transaction, &mut snapshot).await?;
    let books = &mut snapshot.books;
    transfers(transaction, books).await?;
    balances(transaction, books).await?;
    users(transaction, books).await?;
    deposits(transaction, books).await?;
    pools(transaction, books).await?;
    rewards(transaction, books).await?;
    incomes(transaction, books).await?;
    choices(transaction, books).await?;
    component::read(transaction, books).await?;
    settlement::read(transaction, books).await?;
    Ok(snapshot)
}

/// A stored number that is small and not negative.
fn small(number: impl Into<i64>, what: &'static str) -> Result<u32, StoreError> {
    u32::try_from(number.into()).map_err(|_| StoreError::corrupt(what))
}

async fn facts(transaction: &mut PgTransaction<'_>) -> Result<Vec<PostedFact>, StoreError> {
    let rows = sqlx::query!(
        "SELECT f.seq, f.batch_seq, i.fact_seq, i.payload::text AS \"payload!\", i.fingerprint, i.effective_at
         FROM fact AS f JOIN inbox AS i ON i.id = f.inbox_id ORDER BY f.seq"
    )
    .fetch_all(&mut **transaction)
    .await?;
    let mut facts = Vec::with_capacity(rows.len());
    for row in rows {
        let cause = cause_json::read(&row.payload).map_err(|_| StoreError::corrupt("inbox.payload"))?;
        facts.push(PostedFact {
            seq: natural(row.seq, "fact.seq")?,
            batch_seq: natural(row.batch_seq, "fact.batch_seq")?,
            inbox_seq: row
                .fact_seq
                .map(|seq| natural(seq, "inbox.fact_seq"))
                .transpose()?,
            fingerprint: hash(&row.fingerprint, "inbox.fingerprint")?,
            fingerprint_of_cause: cause_json::write(&cause).fingerprint,
            cause,
            effective_at: natural(row.effective_at, "inbox.effective_at")?,
        });
    }
    Ok(facts)
}

async fn batches(transaction: &mut PgTransaction<'_>, snapshot: &mut Snapshot) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        "SELECT seq, first_fact, last_fact, transfers, block_number, block_hash, prev_hash, hash FROM posting_batch"
    )
    .fetch_all(&mut **transaction)
    .await?;
    for row in rows {
        let batch = BatchRow {
            first_fact: natural(row.first_fact, "posting_batch.first_fact")?,
            last_fact: natural(row.last_fact, "posting_batch.last_fact")?,
            transfers: natural(i64::from(row.transfers), "posting_batch.transfers")?,
            block_number: natural(row.block_number, "posting_batch.block_number")?,
            block_hash: hash(&row.block_hash, "posting_batch.block_hash")?,
            prev_hash: hash(&row.prev_hash, "posting_batch.prev_hash")?,
            hash: B256::try_from(row.hash.as_slice())
                .map_err(|_| StoreError::corrupt("posting_batch.hash"))?,
        };
        let seq = natural(row.seq, "posting_batch.seq")?;
        snapshot.batches.insert(seq, batch);
    }
    Ok(())
}

async fn transfers(transaction: &mut PgTransaction<'_>, books: &mut Books) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        "SELECT fact_seq, leg, debit_id, credit_id, amount AS \"amount: DbAmount\", reason, phase, pending_fact,
             pending_leg
         FROM transfer"
    )
    .fetch_all(&mut **transaction)
    .await?;
    for row in rows {
        let key = (
            natural(row.fact_seq, "transfer.fact_seq")?,
            small(row.leg, "transfer.leg")?,
        );
        let transfer = TransferRow {
            debit: row.debit_id,
            credit: row.credit_id,
            amount: row.amount.0,
            reason: row.reason,
            phase: row.phase,
            resolves: row
                .pending_fact
                .zip(row.pending_leg)
                .map(|(fact, leg)| {
                    Ok::<_, StoreError>((
                        natural(fact, "transfer.pending_fact")?,
                        small(leg, "transfer.pending_leg")?,
                    ))
                })
                .transpose()?,
        };
        books.transfers.insert(key, transfer);
    }
    Ok(())
}

async fn balances(transaction: &mut PgTransaction<'_>, books: &mut Books) -> Result<(), StoreError> {
    let rows = sqlx::query!("SELECT id, kind, user_id, detail, tree, guarded FROM account")
        .fetch_all(&mut **transaction)
        .await?;
    for row in rows {
        let account = AccountRow {
            kind: row.kind,
            user: row
                .user_id
                .map(|user| small(user, "account.user_id"))
                .transpose()?,
            detail: small(row.detail, "account.detail")?,
            tree: row.tree.map(|tree| small(tree, "account.tree")).transpose()?,
            guarded: row.guarded,
        };
        books.accounts.insert(row.id, account);
    }
    let rows = sqlx::query!(
        "SELECT account_id, debits_posted AS \"debits_posted: DbAmount\",
             credits_posted AS \"credits_posted: DbAmount\", debits_pending AS \"debits_pending: DbAmount\",
             credits_pending AS \"credits_pending: DbAmount\", guarded
         FROM balance"
    )
    .fetch_all(&mut **transaction)
    .await?;
    for row in rows {
        let balance = BalanceRow {
            debits_posted: row.debits_posted.0,
            credits_posted: row.credits_posted.0,
            debits_pending: row.debits_pending.0,
            credits_pending: row.credits_pending.0,
            guarded: row.guarded,
        };
        books.balances.insert(row.account_id, balance);
    }
    Ok(())
}

async fn users(transaction: &mut PgTransaction<'_>, books: &mut Books) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        "SELECT id, wallet, sponsor_id, ordinal, status, frozen_until, directs, retopups, registered_fact,
             registered_at, paid AS \"paid: DbAmount\"
         FROM users"
    )
    .fetch_all(&mut **transaction)
    .await?;
    for row in rows {
        let user = UserRow {
            wallet: address(&row.wallet, "users.wallet")?,
            sponsor: row
                .sponsor_id
                .map(|user| small(user, "users.sponsor_id"))
                .transpose()?,
            ordinal: small(row.ordinal, "users.ordinal")?,
            status: row.status,
            frozen_until: row
                .frozen_until
                .map(|until| natural(until, "users.frozen_until"))
                .transpose()?,
            directs: small(row.directs, "users.directs")?,
            retopups: small(row.retopups, "users.retopups")?,
            registered_fact: natural(row.registered_fact, "users.registered_fact")?,
            registered_at: natural(row.registered_at, "users.registered_at")?,
            paid: row.paid.0,
        };
        books.users.insert(small(row.id, "users.id")?, user);
    }
    Ok(())
}

async fn deposits(transaction: &mut PgTransaction<'_>, books: &mut Books) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        "SELECT id, ref AS deposit_ref, kind, user_id, amount AS \"amount: DbAmount\", refundable_until, state,
             fact_seq, closed_fact
         FROM deposit"
    )
    .fetch_all(&mut **transaction)
    .await?;
    for row in rows {
        let deposit = DepositRow {
            deposit_ref: hash(&row.deposit_ref, "deposit.ref")?,
            kind: row.kind,
            user: small(row.user_id, "deposit.user_id")?,
            amount: row.amount.0,
            refundable_until: natural(row.refundable_until, "deposit.refundable_until")?,
            state: row.state,
            fact_seq: natural(row.fact_seq, "deposit.fact_seq")?,
            closed_fact: row
                .closed_fact
                .map(|fact| natural(fact, "deposit.closed_fact"))
                .transpose()?,
        };
        books.deposits.insert(small(row.id, "deposit.id")?, deposit);
    }
    Ok(())
}

async fn pools(transaction: &mut PgTransaction<'_>, books: &mut Books) -> Result<(), StoreError> {
    let rows = sqlx::query!("SELECT tier, tree, nodes, status, opened_fact, closed_fact FROM pool_tree")
        .fetch_all(&mut **transaction)
        .await?;
    for row in rows {
        let tree = TreeRow {
            nodes: small(row.nodes, "pool_tree.nodes")?,
            status: row.status,
            opened_fact: natural(row.opened_fact, "pool_tree.opened_fact")?,
            closed_fact: row
                .closed_fact
                .map(|fact| natural(fact, "pool_tree.closed_fact"))
                .transpose()?,
        };
        let key = (
            small(row.tier, "pool_tree.tier")?,
            small(row.tree, "pool_tree.tree")?,
        );
        books.trees.insert(key, tree);
    }
    let rows = sqlx::query!("SELECT tier, tree, node_index, user_id, funding, fact_seq FROM pool_node")
        .fetch_all(&mut **transaction)
        .await?;
    for row in rows {
        let node = NodeRow {
            user: small(row.user_id, "pool_node.user_id")?,
            funding: row.funding,
            fact_seq: natural(row.fact_seq, "pool_node.fact_seq")?,
        };
        let key = (
            small(row.tier, "pool_node.tier")?,
            small(row.tree, "pool_node.tree")?,
            small(row.node_index, "pool_node.node_index")?,
        );
        books.nodes.insert(key, node);
    }
    Ok(())
}

async fn rewards(transaction: &mut PgTransaction<'_>, books: &mut Books) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        "SELECT fact_seq, leg, user_id, source_user_id, kind, tier, distance, amount AS \"amount: DbAmount\",
             deposit_id, withheld
         FROM reward"
    )
    .fetch_all(&mut **transaction)
    .await?;
    for row in rows {
        let reward = RewardRow {
            user: small(row.user_id, "reward.user_id")?,
            source: small(row.source_user_id, "reward.source_user_id")?,
            kind: row.kind,
            tier: row.tier.map(|tier| small(tier, "reward.tier")).transpose()?,
            distance: small(row.distance, "reward.distance")?,
            amount: row.amount.0,
            deposit: row
                .deposit_id
                .map(|deposit| small(deposit, "reward.deposit_id"))
                .transpose()?,
            withheld: row.withheld,
        };
        let key = (
            natural(row.fact_seq, "reward.fact_seq")?,
            small(row.leg, "reward.leg")?,
        );
        books.rewards.insert(key, reward);
    }
    let rows = sqlx::query!("SELECT fact_seq, leg, forfeited_fact FROM reward_forfeited")
        .fetch_all(&mut **transaction)
        .await?;
    for row in rows {
        let key = (
            natural(row.fact_seq, "reward_forfeited.fact_seq")?,
            small(row.leg, "reward_forfeited.leg")?,
        );
        let fact = natural(row.forfeited_fact, "reward_forfeited.forfeited_fact")?;
        books.forfeited.insert(key, fact);
    }
    Ok(())
}

async fn incomes(transaction: &mut PgTransaction<'_>, books: &mut Books) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        "SELECT user_id, direct AS \"direct: DbAmount\", pool_layer AS \"pool_layer: DbAmount\",
             generation AS \"generation: DbAmount\"
         FROM user_income"
    )
    .fetch_all(&mut **transaction)
    .await?;
    for row in rows {
        let income = IncomeRow {
            direct: row.direct.0,
            pool_layer: row.pool_layer.0,
            generation: row.generation.0,
        };
        books
            .incomes
            .insert(small(row.user_id, "user_income.user_id")?, income);
    }
    Ok(())
}

async fn choices(transaction: &mut PgTransaction<'_>, books: &mut Books) -> Result<(), StoreError> {
    let rows = sqlx::query!("SELECT user_id, tier, choice, fact_seq FROM reserve_choice")
        .fetch_all(&mut **transaction)
        .await?;
    for row in rows {
        let key = (
            small(row.user_id, "reserve_choice.user_id")?,
            small(row.tier, "reserve_choice.tier")?,
        );
        let fact = natural(row.fact_seq, "reserve_choice.fact_seq")?;
        books.choices.insert(key, (row.choice, fact));
    }
    let rows = sqlx::query!("SELECT fact_seq, ordinal, cause FROM discrepancy")
        .fetch_all(&mut **transaction)
        .await?;
    for row in rows {
        let key = (
            natural(row.fact_seq, "discrepancy.fact_seq")?,
            small(row.ordinal, "discrepancy.ordinal")?,
        );
        books.discrepancies.insert(key, row.cause);
    }
    Ok(())
}
