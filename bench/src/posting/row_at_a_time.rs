//! The baseline: the same rows as the worker writes, one statement for each and one transaction for each fact.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the workload has few of the causes and effects"
)]

use std::collections::HashSet;

use anyhow::{Context, ensure};
use backend::posting::{Step, Writer};
use ledger::{AccountId, Leg};
use plan::{Book, Effect, Funding, Outcome, ReserveChoice};
use sqlx::{Connection, PgConnection, PgTransaction};
use store::DbAmount;
use store::inbox::{Entry, list_waiting};
use store::posting::RewardRow;
use store::replay::list_facts;

/// A writer that knows nothing of batches.
pub(super) struct RowByRow {
    book: Book,
    outcome: Outcome,
    fact_seq: u64,
    accounts: HashSet<AccountId>,
}

impl RowByRow {
    pub(super) fn new(plan: &plan::CompiledPlan) -> Self {
        Self {
            book: Book::new(plan.clone()),
            outcome: Outcome::default(),
            fact_seq: 0,
            accounts: HashSet::new(),
        }
    }

    pub(super) const fn fact_seq(&self) -> u64 {
        self.fact_seq
    }

    /// Lets the real writer post the beginning, and learns it.
    pub(super) async fn warm_up(
        &mut self,
        connection: &mut PgConnection,
        writer: &mut Writer,
        facts: usize,
    ) -> anyhow::Result<()> {
        // A full batch and as much of the next as it takes would be too much: the rest is posted by rows.
        while usize::try_from(writer.tail().fact_seq)? + store::posting::BATCH_FACTS_MAX <= facts {
            ensure!(
                writer.step(connection).await? != Step::Idle,
                "the warm-up ends early"
            );
        }
        for fact in list_facts(connection, 0, usize::MAX).await? {
            self.apply(&fact.entry);
        }
        let rest = facts - usize::try_from(self.fact_seq)?;
        for entry in list_waiting(connection, rest).await?.entries {
            self.post(connection, &entry).await?;
        }
        Ok(())
    }

    /// Posts what waits.
    pub(super) async fn post_all(&mut self, connection: &mut PgConnection) -> anyhow::Result<()> {
        for entry in list_waiting(connection, usize::MAX - 1).await?.entries {
            self.post(connection, &entry).await?;
        }
        Ok(())
    }

    fn apply(&mut self, entry: &Entry) {
        self.book.apply(&entry.cause, &mut self.outcome);
        self.fact_seq += 1;
        for leg in &self.outcome.legs {
            self.accounts.extend([leg.debit.id(), leg.credit.id()]);
        }
    }

    async fn post(&mut self, connection: &mut PgConnection, entry: &Entry) -> anyhow::Result<()> {
        self.book.apply(&entry.cause, &mut self.outcome);
        self.fact_seq += 1;
        let fact = i64::try_from(self.fact_seq)?;
        let mut transaction = connection.begin().await?;
        sqlx::query("UPDATE inbox SET fact_seq = $1 WHERE id = $2 AND fact_seq IS NULL")
            .bind(fact)
            .bind(entry.id)
            .execute(&mut *transaction)
            .await?;
        sqlx::query("INSERT INTO fact (seq, inbox_id, batch_seq) VALUES ($1, $2, $1)")
            .bind(fact)
            .bind(entry.id)
            .execute(&mut *transaction)
            .await?;
        let mut deposit = None;
        for effect in &self.outcome.effects {
            if let Effect::DepositTaken { deposit: taken, .. } = effect {
                deposit = Some(taken.get());
            }
            write_effect(&mut transaction, fact, effect).await?;
        }
        for (leg, number) in self.outcome.legs.iter().zip(0..) {
            insert_transfer(&mut transaction, fact, number, leg).await?;
            for (id, debit) in [(leg.debit.id(), true), (leg.credit.id(), false)] {
                let is_new = self.accounts.insert(id);
                write_balance(&mut transaction, fact, id, leg, debit, is_new).await?;
            }
            if let Some(row) = RewardRow::of(self.fact_seq, u32::try_from(number)?, leg, deposit) {
                insert_reward(&mut transaction, &row).await?;
            }
        }
        transaction.commit().await?;
        Ok(())
    }
}

async fn insert_transfer(
    transaction: &mut PgTransaction<'_>,
    fact: i64,
    number: i32,
    leg: &Leg,
) -> anyhow::Result<()> {
    sqlx::query(
        "INSERT INTO transfer (fact_seq, leg, debit_id, credit_id, amount, reason) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(fact)
    .bind(number)
    .bind(leg.debit.id().get())
    .bind(leg.credit.id().get())
    .bind(DbAmount(leg.amount))
    .bind(leg.reason.code())
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

async fn write_balance(
    transaction: &mut PgTransaction<'_>,
    fact: i64,
    id: AccountId,
    leg: &Leg,
    debit: bool,
    is_new: bool,
) -> anyhow::Result<()> {
    if is_new {
        let account = id.account().context("an account has an id")?;
        sqlx::query(
            "INSERT INTO account (id, kind, user_id, detail, tree, guarded) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(id.get())
        .bind(account.kind().name())
        .bind(account.user().map(|user| user.get().cast_signed()))
        .bind(account.detail().cast_signed())
        .bind(account.tree().map(|tree| tree.get().cast_signed()))
        .bind(account.kind().is_guarded())
        .execute(&mut **transaction)
        .await?;
        sqlx::query("INSERT INTO balance (account_id, guarded, last_fact) VALUES ($1, $2, $3)")
            .bind(id.get())
            .bind(account.kind().is_guarded())
            .bind(fact)
            .execute(&mut **transaction)
            .await?;
    }
    let statement = if debit {
        "UPDATE balance SET debits_posted = debits_posted + $2, last_fact = $3 WHERE account_id = $1"
    } else {
        "UPDATE balance SET credits_posted = credits_posted + $2, last_fact = $3 WHERE account_id = $1"
    };
    sqlx::query(statement)
        .bind(id.get())
        .bind(DbAmount(leg.amount))
        .bind(fact)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

async fn insert_reward(transaction: &mut PgTransaction<'_>, row: &RewardRow) -> anyhow::Result<()> {
    sqlx::query(
        "INSERT INTO reward (fact_seq, leg, user_id, source_user_id, kind, tier, distance, amount, deposit_id,
             withheld)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(row.fact_seq)
    .bind(row.leg)
    .bind(row.user)
    .bind(row.source)
    .bind(row.kind)
    .bind(row.tier)
    .bind(row.distance)
    .bind(DbAmount(row.amount))
    .bind(row.deposit)
    .bind(row.withheld)
    .execute(&mut **transaction)
    .await?;
    if row.withheld.is_some() {
        return Ok(());
    }
    let statement = match row.kind {
        "direct" => {
            "INSERT INTO user_income AS known (user_id, direct) VALUES ($1, $2)
             ON CONFLICT (user_id) DO UPDATE SET direct = known.direct + $2"
        }
        "pool_layer" => {
            "INSERT INTO user_income AS known (user_id, pool_layer) VALUES ($1, $2)
             ON CONFLICT (user_id) DO UPDATE SET pool_layer = known.pool_layer + $2"
        }
        _ => {
            "INSERT INTO user_income AS known (user_id, generation) VALUES ($1, $2)
             ON CONFLICT (user_id) DO UPDATE SET generation = known.generation + $2"
        }
    };
    sqlx::query(statement)
        .bind(row.user)
        .bind(DbAmount(row.amount))
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

/// The projections of the facts that the workload has in its first days.
async fn write_effect(transaction: &mut PgTransaction<'_>, fact: i64, effect: &Effect) -> anyhow::Result<()> {
    let query = match effect {
        Effect::Joined {
            user,
            wallet,
            sponsor,
            ordinal,
            ..
        } => {
            if let Some(sponsor) = sponsor {
                sqlx::query("UPDATE users SET directs = directs + 1 WHERE id = $1")
                    .bind(sponsor.get().cast_signed())
                    .execute(&mut **transaction)
                    .await?;
            }
            sqlx::query(
                "INSERT INTO users (id, wallet, sponsor_id, ordinal, status, registered_fact, registered_at)
                 VALUES ($1, $2, $3, $4, 'active', $5, 0)",
            )
            .bind(user.get().cast_signed())
            .bind(wallet.as_slice())
            .bind(sponsor.map(|sponsor| sponsor.get().cast_signed()))
            .bind(ordinal.cast_signed())
            .bind(fact)
        }
        Effect::DepositTaken {
            deposit,
            deposit_ref,
            kind,
            user,
            amount,
            refundable_until,
        } => {
            let retopup = *kind == plan::DepositKind::Retopup;
            if retopup {
                sqlx::query("UPDATE users SET retopups = retopups + 1 WHERE id = $1")
                    .bind(user.get().cast_signed())
                    .execute(&mut **transaction)
                    .await?;
            }
            sqlx::query(
                "INSERT INTO deposit (id, ref, kind, user_id, amount, refundable_until, state, fact_seq)
                 VALUES ($1, $2, $3, $4, $5, $6, 'held', $7)",
            )
            .bind(deposit.get().cast_signed())
            .bind(deposit_ref.as_slice())
            .bind(if retopup { "retopup" } else { "registration" })
            .bind(user.get().cast_signed())
            .bind(DbAmount(*amount))
            .bind(i64::try_from(*refundable_until)?)
            .bind(fact)
        }
        Effect::CommandIgnored { cause } => {
            sqlx::query("INSERT INTO discrepancy (fact_seq, ordinal, cause) VALUES ($1, 0, $2)")
                .bind(fact)
                .bind(format!("ignored:{}", cause.name()))
        }
        // The node that a move took says it already.
        Effect::Progressed { .. } => return Ok(()),
        other => return write_place(transaction, fact, other).await,
    };
    query.execute(&mut **transaction).await?;
    Ok(())
}

/// What happens in pools.
async fn write_place(transaction: &mut PgTransaction<'_>, fact: i64, effect: &Effect) -> anyhow::Result<()> {
    let query = match effect {
        Effect::TreeOpened { tier, tree } => sqlx::query(
            "INSERT INTO pool_tree (tier, tree, nodes, status, opened_fact) VALUES ($1, $2, 0, 'open', $3)",
        )
        .bind(i16::from(tier.get()))
        .bind(tree.get().cast_signed())
        .bind(fact),
        Effect::Placed {
            tier,
            tree,
            index,
            user,
            funding,
        } => {
            sqlx::query("UPDATE pool_tree SET nodes = nodes + 1 WHERE tier = $1 AND tree = $2")
                .bind(i16::from(tier.get()))
                .bind(tree.get().cast_signed())
                .execute(&mut **transaction)
                .await?;
            sqlx::query(
                "INSERT INTO pool_node (tier, tree, node_index, user_id, funding, fact_seq)
                 VALUES ($1, $2, $3, $4, $5, $6)",
            )
            .bind(i16::from(tier.get()))
            .bind(tree.get().cast_signed())
            .bind(index.cast_signed())
            .bind(user.get().cast_signed())
            .bind(match funding {
                Funding::Registration => "registration",
                Funding::Progression => "progression",
            })
            .bind(fact)
        }
        Effect::TreeClosed { tier, tree } => sqlx::query(
            "UPDATE pool_tree SET status = 'closed', closed_fact = $3 WHERE tier = $1 AND tree = $2",
        )
        .bind(i16::from(tier.get()))
        .bind(tree.get().cast_signed())
        .bind(fact),
        Effect::ReserveSet { user, tier, choice } => sqlx::query(
            "INSERT INTO reserve_choice (user_id, tier, choice, fact_seq) VALUES ($1, $2, $3, $4)",
        )
        .bind(user.get().cast_signed())
        .bind(i16::from(tier.get()))
        .bind(match choice {
            ReserveChoice::In => "in",
            ReserveChoice::Out => "out",
        })
        .bind(fact),
        other => anyhow::bail!("the baseline does not write {other:?}"),
    };
    query.execute(&mut **transaction).await?;
    Ok(())
}
