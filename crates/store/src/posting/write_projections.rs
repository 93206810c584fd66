//! The statements of a batch that write what the API reads.

use sqlx::PgTransaction;

use super::changes::{Changes, DepositChange, RewardRow, Taken, TreeChange, UserChange};
use super::write_ledger::STATEMENT_ROWS_MAX;
use super::{PostingError, all_written, write_components, write_records, write_settlement};
use crate::DbAmount;
use crate::column::column;

pub(super) async fn write(
    transaction: &mut PgTransaction<'_>,
    changes: &Changes,
) -> Result<(), PostingError> {
    write_users(transaction, changes).await?;
    write_deposits(transaction, changes).await?;
    write_trees(transaction, changes).await?;
    insert_nodes(transaction, changes).await?;
    for rows in changes.rewards.chunks(STATEMENT_ROWS_MAX) {
        insert_rewards(transaction, rows).await?;
    }
    insert_forfeited(transaction, changes).await?;
    upsert_incomes(transaction, changes).await?;
    upsert_choices(transaction, changes).await?;
    insert_discrepancies(transaction, changes).await?;
    write_components::write(transaction, &changes.components).await?;
    write_components::insert_accruals(transaction, &changes.accruals).await?;
    write_records::write(transaction, &changes.records).await?;
    write_settlement::write(transaction, &changes.settlement).await
}

async fn write_users(transaction: &mut PgTransaction<'_>, changes: &Changes) -> Result<(), PostingError> {
    let new: Vec<_> = changes
        .users
        .iter()
        .filter_map(|(id, user)| user.joined.map(|joined| (*id, joined, *user)))
        .collect();
    if !new.is_empty() {
        sqlx::query!(
            "INSERT INTO users (id, wallet, sponsor_id, ordinal, status, frozen_until, directs, retopups,
                 registered_fact, registered_at, paid)
             SELECT * FROM unnest($1::integer[], $2::bytea[], $3::integer[], $4::integer[], $5::text[],
                 $6::bigint[], $7::integer[], $8::integer[], $9::bigint[], $10::bigint[], $11::numeric[])",
            &column(&new, |(id, ..)| *id),
            &column(&new, |(_, joined, _)| joined.wallet.as_slice()) as &[&[u8]],
            &column(&new, |(_, joined, _)| joined.sponsor) as &[Option<i32>],
            &column(&new, |(_, joined, _)| joined.ordinal),
            &column(&new, |(.., user)| status(user)) as &[&str],
            &column(&new, |(.., user)| user.frozen.flatten()) as &[Option<i64>],
            &column(&new, |(.., user)| user.directs),
            &column(&new, |(.., user)| user.retopups),
            &column(&new, |(_, joined, _)| joined.fact_seq),
            &column(&new, |(_, joined, _)| joined.at),
            &column(&new, |(.., user)| user.paid.into()) as &[DbAmount],
        )
        .execute(&mut **transaction)
        .await?;
    }
    update_users(transaction, changes).await
}

const fn status(user: &UserChange) -> &'static str {
    if user.refunded { "refunded" } else { "active" }
}

async fn update_users(transaction: &mut PgTransaction<'_>, changes: &Changes) -> Result<(), PostingError> {
    let old = changes.users.iter().filter(|(_, user)| user.joined.is_none());
    let old: Vec<_> = old.collect();
    if old.is_empty() {
        return Ok(());
    }
    let updated = sqlx::query!(
        "UPDATE users
         SET directs = users.directs + u.directs,
             retopups = users.retopups + u.retopups,
             status = CASE WHEN u.refunded THEN 'refunded' ELSE status END,
             frozen_until = CASE WHEN u.freezes THEN u.frozen ELSE frozen_until END,
             paid = users.paid + u.paid
         FROM unnest($1::integer[], $2::integer[], $3::integer[], $4::boolean[], $5::boolean[], $6::bigint[],
             $7::numeric[])
             AS u (id, directs, retopups, refunded, freezes, frozen, paid)
         WHERE users.id = u.id",
        &column(&old, |(id, _)| **id),
        &column(&old, |(_, user)| user.directs),
        &column(&old, |(_, user)| user.retopups),
        &column(&old, |(_, user)| user.refunded),
        &column(&old, |(_, user)| user.frozen.is_some()),
        &column(&old, |(_, user)| user.frozen.flatten()) as &[Option<i64>],
        &column(&old, |(_, user)| user.paid.into()) as &[DbAmount],
    )
    .execute(&mut **transaction)
    .await?;
    all_written("users", old.len(), updated.rows_affected())
}

async fn write_deposits(transaction: &mut PgTransaction<'_>, changes: &Changes) -> Result<(), PostingError> {
    let new: Vec<(i32, Taken, DepositChange)> = changes
        .deposits
        .iter()
        .filter_map(|(id, deposit)| deposit.taken.map(|taken| (*id, taken, *deposit)))
        .collect();
    if !new.is_empty() {
        let closed = |(_, _, deposit): &(i32, Taken, DepositChange)| deposit.closed;
        sqlx::query!(
            "INSERT INTO deposit (id, ref, kind, user_id, amount, refundable_until, state, fact_seq, closed_fact)
             SELECT * FROM unnest($1::integer[], $2::bytea[], $3::text[], $4::integer[], $5::numeric[],
                 $6::bigint[], $7::text[], $8::bigint[], $9::bigint[])",
            &column(&new, |(id, ..)| *id),
            &column(&new, |(_, taken, _)| taken.deposit_ref.as_slice()) as &[&[u8]],
            &column(&new, |(_, taken, _)| taken.kind) as &[&str],
            &column(&new, |(_, taken, _)| taken.user),
            &column(&new, |(_, taken, _)| taken.amount.into()) as &[DbAmount],
            &column(&new, |(_, taken, _)| taken.refundable_until),
            &column(&new, |row| closed(row).map_or("held", |(state, _)| state)) as &[&str],
            &column(&new, |(_, taken, _)| taken.fact_seq),
            &column(&new, |row| closed(row).map(|(_, fact)| fact)) as &[Option<i64>],
        )
        .execute(&mut **transaction)
        .await?;
    }
    close_deposits(transaction, changes).await
}

async fn close_deposits(transaction: &mut PgTransaction<'_>, changes: &Changes) -> Result<(), PostingError> {
    let old: Vec<(i32, &str, i64)> = changes
        .deposits
        .iter()
        .filter(|(_, deposit)| deposit.taken.is_none())
        .filter_map(|(id, deposit)| deposit.closed.map(|(state, fact)| (*id, state, fact)))
        .collect();
    if old.is_empty() {
        return Ok(());
    }
    let updated = sqlx::query!(
        "UPDATE deposit SET state = d.state, closed_fact = d.fact
         FROM unnest($1::integer[], $2::text[], $3::bigint[]) AS d (id, state, fact)
         WHERE deposit.id = d.id AND deposit.state = 'held'",
        &column(&old, |(id, ..)| *id),
        &column(&old, |(_, state, _)| *state) as &[&str],
        &column(&old, |(.., fact)| *fact),
    )
    .execute(&mut **transaction)
    .await?;
    all_written("deposit", old.len(), updated.rows_affected())
}

async fn write_trees(transaction: &mut PgTransaction<'_>, changes: &Changes) -> Result<(), PostingError> {
    let new: Vec<_> = changes
        .trees
        .iter()
        .filter_map(|(key, tree)| tree.opened.map(|opened| (*key, opened, *tree)))
        .collect();
    if !new.is_empty() {
        sqlx::query!(
            "INSERT INTO pool_tree (tier, tree, nodes, status, opened_fact, closed_fact)
             SELECT * FROM unnest($1::smallint[], $2::integer[], $3::integer[], $4::text[], $5::bigint[],
                 $6::bigint[])",
            &column(&new, |((tier, _), ..)| *tier),
            &column(&new, |((_, tree), ..)| *tree),
            &column(&new, |(.., tree)| tree.nodes),
            &column(&new, |(.., tree)| tree_status(tree)) as &[&str],
            &column(&new, |(_, opened, _)| *opened),
            &column(&new, |(.., tree)| tree.closed) as &[Option<i64>],
        )
        .execute(&mut **transaction)
        .await?;
    }
    let old: Vec<_> = changes
        .trees
        .iter()
        .filter(|(_, tree)| tree.opened.is_none())
        .map(|(key, tree)| (*key, *tree))
        .collect();
    update_trees(transaction, &old).await
}

const fn tree_status(tree: &TreeChange) -> &'static str {
    if tree.closed.is_some() { "closed" } else { "open" }
}

async fn update_trees(
    transaction: &mut PgTransaction<'_>,
    old: &[((i16, i32), TreeChange)],
) -> Result<(), PostingError> {
    if old.is_empty() {
        return Ok(());
    }
    let updated = sqlx::query!(
        "UPDATE pool_tree
         SET nodes = pool_tree.nodes + t.nodes, status = t.status, closed_fact = t.closed_fact
         FROM unnest($1::smallint[], $2::integer[], $3::integer[], $4::text[], $5::bigint[])
             AS t (tier, tree, nodes, status, closed_fact)
         WHERE pool_tree.tier = t.tier AND pool_tree.tree = t.tree AND pool_tree.status = 'open'",
        &column(old, |((tier, _), _)| *tier),
        &column(old, |((_, tree), _)| *tree),
        &column(old, |(_, tree)| tree.nodes),
        &column(old, |(_, tree)| tree_status(tree)) as &[&str],
        &column(old, |(_, tree)| tree.closed) as &[Option<i64>],
    )
    .execute(&mut **transaction)
    .await?;
    all_written("pool_tree", old.len(), updated.rows_affected())
}

async fn insert_nodes(transaction: &mut PgTransaction<'_>, changes: &Changes) -> Result<(), PostingError> {
    let nodes = &changes.nodes;
    if nodes.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO pool_node (tier, tree, node_index, user_id, funding, fact_seq)
         SELECT * FROM unnest($1::smallint[], $2::integer[], $3::integer[], $4::integer[], $5::text[],
             $6::bigint[])",
        &column(nodes, |node| node.tier),
        &column(nodes, |node| node.tree),
        &column(nodes, |node| node.index),
        &column(nodes, |node| node.user),
        &column(nodes, |node| node.funding) as &[&str],
        &column(nodes, |node| node.fact_seq),
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

async fn insert_rewards(transaction: &mut PgTransaction<'_>, rows: &[RewardRow]) -> Result<(), PostingError> {
    sqlx::query!(
        "INSERT INTO reward (fact_seq, leg, user_id, source_user_id, kind, tier, distance, amount, deposit_id,
             withheld)
         SELECT * FROM unnest($1::bigint[], $2::integer[], $3::integer[], $4::integer[], $5::text[],
             $6::smallint[], $7::smallint[], $8::numeric[], $9::integer[], $10::text[])",
        &column(rows, |row| row.fact_seq),
        &column(rows, |row| row.leg),
        &column(rows, |row| row.user),
        &column(rows, |row| row.source),
        &column(rows, |row| row.kind) as &[&str],
        &column(rows, |row| row.tier) as &[Option<i16>],
        &column(rows, |row| row.distance),
        &column(rows, |row| row.amount.into()) as &[DbAmount],
        &column(rows, |row| row.deposit) as &[Option<i32>],
        &column(rows, |row| row.withheld) as &[Option<&str>],
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

async fn insert_forfeited(
    transaction: &mut PgTransaction<'_>,
    changes: &Changes,
) -> Result<(), PostingError> {
    if changes.forfeited.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO reward_forfeited (fact_seq, leg, forfeited_fact)
         SELECT * FROM unnest($1::bigint[], $2::integer[], $3::bigint[])",
        &column(&changes.forfeited, |row| row.fact_seq),
        &column(&changes.forfeited, |row| row.leg),
        &column(&changes.forfeited, |row| row.forfeited_fact),
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

async fn upsert_incomes(transaction: &mut PgTransaction<'_>, changes: &Changes) -> Result<(), PostingError> {
    let incomes: Vec<_> = changes.incomes.iter().collect();
    if incomes.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO user_income AS known (user_id, direct, pool_layer, generation, funded)
         SELECT * FROM unnest($1::integer[], $2::numeric[], $3::numeric[], $4::numeric[], $5::numeric[])
         ON CONFLICT (user_id) DO UPDATE
         SET direct = known.direct + excluded.direct,
             pool_layer = known.pool_layer + excluded.pool_layer,
             generation = known.generation + excluded.generation,
             funded = known.funded + excluded.funded",
        &column(&incomes, |(user, _)| **user),
        &column(&incomes, |(_, income)| income.direct.into()) as &[DbAmount],
        &column(&incomes, |(_, income)| income.pool_layer.into()) as &[DbAmount],
        &column(&incomes, |(_, income)| income.generation.into()) as &[DbAmount],
        &column(&incomes, |(_, income)| income.funded.into()) as &[DbAmount],
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

async fn upsert_choices(transaction: &mut PgTransaction<'_>, changes: &Changes) -> Result<(), PostingError> {
    let choices: Vec<_> = changes.choices.iter().collect();
    if choices.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO reserve_choice (user_id, tier, choice, fact_seq)
         SELECT * FROM unnest($1::integer[], $2::smallint[], $3::text[], $4::bigint[])
         ON CONFLICT (user_id, tier) DO UPDATE SET choice = excluded.choice, fact_seq = excluded.fact_seq",
        &column(&choices, |((user, _), _)| *user),
        &column(&choices, |((_, tier), _)| *tier),
        &column(&choices, |(_, (choice, _))| *choice) as &[&str],
        &column(&choices, |(_, (_, fact))| *fact),
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

async fn insert_discrepancies(
    transaction: &mut PgTransaction<'_>,
    changes: &Changes,
) -> Result<(), PostingError> {
    let found = &changes.discrepancies;
    if found.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO discrepancy (fact_seq, ordinal, cause)
         SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::text[])",
        &column(found, |(fact, ..)| *fact),
        &column(found, |(_, ordinal, _)| *ordinal),
        &column(found, |(.., cause)| cause.as_str()) as &[&str],
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}
