//! Everything that facts determine, as it is stored, read at one moment for `audit::verify`.
//!
//! The whole of it is held in memory: about a kilobyte for each transfer.

mod component;
mod record;
mod settlement;

use alloy_primitives::{Address, B256};
use audit::{
    AccountRow, BalanceRow, BatchRow, Books, DepositRow, IncomeRow, NodeRow, PostedFact, RewardRow, Snapshot,
    TransferRow, TreeRow, UserRow,
};
use sqlx::{Acquire, PgConnection, PgTransaction};

use crate::cause_json;
use crate::column::Db;
use crate::deployment::natural;
use crate::{DbAmount, StoreError};

/// Reads the snapshot in one transaction that sees the database of one moment and writes nothing.
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
    component::read_accruals(transaction, books).await?;
    component::read_continued(transaction, books).await?;
    record::read(transaction, books).await?;
    settlement::read(transaction, books).await?;
    Ok(snapshot)
}

/// A stored number that is small and not negative.
fn small(number: impl Into<i64>, what: &'static str) -> Result<u32, StoreError> {
    u32::try_from(number.into()).map_err(|_| StoreError::corrupt(what))
}

async fn facts(transaction: &mut PgTransaction<'_>) -> Result<Vec<PostedFact>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT f.seq AS "seq!: Db<u64>", f.batch_seq AS "batch_seq!: Db<u64>",
                  i.fact_seq AS "fact_seq!: Db<Option<u64>>", i.payload::text AS "payload!",
                  i.fingerprint AS "fingerprint!: Db<B256>",
                  i.effective_at AS "effective_at!: Db<u64>"
           FROM fact AS f JOIN inbox AS i ON i.id = f.inbox_id ORDER BY f.seq"#
    )
    .fetch_all(&mut **transaction)
    .await?;
    let mut facts = Vec::with_capacity(rows.len());
    for row in rows {
        let cause = cause_json::read(&row.payload).map_err(|_| StoreError::corrupt("inbox.payload"))?;
        facts.push(PostedFact {
            seq: row.seq.0,
            batch_seq: row.batch_seq.0,
            inbox_seq: row.fact_seq.0,
            fingerprint: row.fingerprint.0,
            fingerprint_of_cause: cause_json::write(&cause).fingerprint,
            cause,
            effective_at: row.effective_at.0,
        });
    }
    Ok(facts)
}

async fn batches(transaction: &mut PgTransaction<'_>, snapshot: &mut Snapshot) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        r#"SELECT seq AS "seq!: Db<u64>", first_fact AS "first_fact!: Db<u64>",
                  last_fact AS "last_fact!: Db<u64>", transfers,
                  block_number AS "block_number!: Db<u64>", block_hash AS "block_hash!: Db<B256>",
                  prev_hash AS "prev_hash!: Db<B256>", hash
           FROM posting_batch"#
    )
    .fetch_all(&mut **transaction)
    .await?;
    for row in rows {
        let batch = BatchRow {
            first_fact: row.first_fact.0,
            last_fact: row.last_fact.0,
            transfers: natural(i64::from(row.transfers), "posting_batch.transfers")?,
            block_number: row.block_number.0,
            block_hash: row.block_hash.0,
            prev_hash: row.prev_hash.0,
            hash: B256::try_from(row.hash.as_slice())
                .map_err(|_| StoreError::corrupt("posting_batch.hash"))?,
        };
        let seq = row.seq.0;
        snapshot.batches.insert(seq, batch);
    }
    Ok(())
}

async fn transfers(transaction: &mut PgTransaction<'_>, books: &mut Books) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        r#"SELECT fact_seq AS "fact_seq!: Db<u64>", leg AS "leg!: Db<u32>", debit_id, credit_id,
                  amount AS "amount: DbAmount", reason, phase, pending_fact, pending_leg
           FROM transfer"#
    )
    .fetch_all(&mut **transaction)
    .await?;
    for row in rows {
        let key = (row.fact_seq.0, row.leg.0);
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
    let rows = sqlx::query!(
        r#"SELECT id, kind, user_id AS "user_id!: Db<Option<u32>>", detail AS "detail!: Db<u32>",
                  tree AS "tree!: Db<Option<u32>>", guarded
           FROM account"#
    )
    .fetch_all(&mut **transaction)
    .await?;
    for row in rows {
        let account = AccountRow {
            kind: row.kind,
            user: row.user_id.0,
            detail: row.detail.0,
            tree: row.tree.0,
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
        r#"SELECT id AS "id!: Db<u32>", wallet AS "wallet!: Db<Address>",
                  sponsor_id AS "sponsor_id!: Db<Option<u32>>", ordinal AS "ordinal!: Db<u32>",
                  status, frozen_until AS "frozen_until!: Db<Option<u64>>",
                  directs AS "directs!: Db<u32>", retopups AS "retopups!: Db<u32>",
                  registered_fact AS "registered_fact!: Db<u64>",
                  registered_at AS "registered_at!: Db<u64>", paid AS "paid: DbAmount"
           FROM users"#
    )
    .fetch_all(&mut **transaction)
    .await?;
    for row in rows {
        let user = UserRow {
            wallet: row.wallet.0,
            sponsor: row.sponsor_id.0,
            ordinal: row.ordinal.0,
            status: row.status,
            frozen_until: row.frozen_until.0,
            directs: row.directs.0,
            retopups: row.retopups.0,
            registered_fact: row.registered_fact.0,
            registered_at: row.registered_at.0,
            paid: row.paid.0,
        };
        books.users.insert(row.id.0, user);
    }
    Ok(())
}

async fn deposits(transaction: &mut PgTransaction<'_>, books: &mut Books) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        r#"SELECT id AS "id!: Db<u32>", ref AS "deposit_ref!: Db<B256>", kind, user_id AS "user_id!: Db<u32>",
                  amount AS "amount: DbAmount", refundable_until AS "refundable_until!: Db<u64>",
                  state, fact_seq AS "fact_seq!: Db<u64>",
                  closed_fact AS "closed_fact!: Db<Option<u64>>"
           FROM deposit"#
    )
    .fetch_all(&mut **transaction)
    .await?;
    for row in rows {
        let deposit = DepositRow {
            deposit_ref: row.deposit_ref.0,
            kind: row.kind,
            user: row.user_id.0,
            amount: row.amount.0,
            refundable_until: row.refundable_until.0,
            state: row.state,
            fact_seq: row.fact_seq.0,
            closed_fact: row.closed_fact.0,
        };
        books.deposits.insert(row.id.0, deposit);
    }
    Ok(())
}

async fn pools(transaction: &mut PgTransaction<'_>, books: &mut Books) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        r#"SELECT tier AS "tier!: Db<u32>", tree AS "tree!: Db<u32>", nodes AS "nodes!: Db<u32>", status,
                  opened_fact AS "opened_fact!: Db<u64>",
                  closed_fact AS "closed_fact!: Db<Option<u64>>"
           FROM pool_tree"#
    )
    .fetch_all(&mut **transaction)
    .await?;
    for row in rows {
        let tree = TreeRow {
            nodes: row.nodes.0,
            status: row.status,
            opened_fact: row.opened_fact.0,
            closed_fact: row.closed_fact.0,
        };
        let key = (row.tier.0, row.tree.0);
        books.trees.insert(key, tree);
    }
    let rows = sqlx::query!(
        r#"SELECT tier AS "tier!: Db<u32>", tree AS "tree!: Db<u32>", node_index AS "node_index!: Db<u32>",
                  user_id AS "user_id!: Db<u32>", funding, fact_seq AS "fact_seq!: Db<u64>"
           FROM pool_node"#
    )
    .fetch_all(&mut **transaction)
    .await?;
    for row in rows {
        let node = NodeRow {
            user: row.user_id.0,
            funding: row.funding,
            fact_seq: row.fact_seq.0,
        };
        let key = (row.tier.0, row.tree.0, row.node_index.0);
        books.nodes.insert(key, node);
    }
    Ok(())
}

async fn rewards(transaction: &mut PgTransaction<'_>, books: &mut Books) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        r#"SELECT fact_seq AS "fact_seq!: Db<u64>", leg AS "leg!: Db<u32>", user_id AS "user_id!: Db<u32>",
                  source_user_id AS "source_user_id!: Db<u32>", kind,
                  tier AS "tier!: Db<Option<u32>>", distance AS "distance!: Db<u32>",
                  amount AS "amount: DbAmount", deposit_id AS "deposit_id!: Db<Option<u32>>",
                  withheld
           FROM reward"#
    )
    .fetch_all(&mut **transaction)
    .await?;
    for row in rows {
        let reward = RewardRow {
            user: row.user_id.0,
            source: row.source_user_id.0,
            kind: row.kind,
            tier: row.tier.0,
            distance: row.distance.0,
            amount: row.amount.0,
            deposit: row.deposit_id.0,
            withheld: row.withheld,
        };
        let key = (row.fact_seq.0, row.leg.0);
        books.rewards.insert(key, reward);
    }
    let rows = sqlx::query!(
        r#"SELECT fact_seq AS "fact_seq!: Db<u64>", leg AS "leg!: Db<u32>",
                  forfeited_fact AS "forfeited_fact!: Db<u64>"
           FROM reward_forfeited"#
    )
    .fetch_all(&mut **transaction)
    .await?;
    for row in rows {
        let key = (row.fact_seq.0, row.leg.0);
        let fact = row.forfeited_fact.0;
        books.forfeited.insert(key, fact);
    }
    Ok(())
}

async fn incomes(transaction: &mut PgTransaction<'_>, books: &mut Books) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        r#"SELECT user_id AS "user_id!: Db<u32>", direct AS "direct: DbAmount",
                  pool_layer AS "pool_layer: DbAmount", generation AS "generation: DbAmount",
                  funded AS "funded: DbAmount"
           FROM user_income"#
    )
    .fetch_all(&mut **transaction)
    .await?;
    for row in rows {
        let income = IncomeRow {
            direct: row.direct.0,
            pool_layer: row.pool_layer.0,
            generation: row.generation.0,
            funded: row.funded.0,
        };
        books.incomes.insert(row.user_id.0, income);
    }
    Ok(())
}

async fn choices(transaction: &mut PgTransaction<'_>, books: &mut Books) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        r#"SELECT user_id AS "user_id!: Db<u32>", tier AS "tier!: Db<u32>", choice,
                  fact_seq AS "fact_seq!: Db<u64>"
           FROM reserve_choice"#
    )
    .fetch_all(&mut **transaction)
    .await?;
    for row in rows {
        let key = (row.user_id.0, row.tier.0);
        let fact = row.fact_seq.0;
        books.choices.insert(key, (row.choice, fact));
    }
    let rows = sqlx::query!(
        r#"SELECT fact_seq AS "fact_seq!: Db<u64>", ordinal AS "ordinal!: Db<u32>", cause FROM discrepancy"#
    )
    .fetch_all(&mut **transaction)
    .await?;
    for row in rows {
        let key = (row.fact_seq.0, row.ordinal.0);
        books.discrepancies.insert(key, row.cause);
    }
    Ok(())
}
