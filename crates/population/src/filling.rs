//! A ledger in the making: causes in batches, as the listener would have recorded them and the worker posted them.

use std::time::Duration;

use alloy_primitives::{Address, B256, FixedBytes, U256};
use anyhow::{Context, ensure};
use plan::{Book, Cause, CompiledPlan, Outcome};
use sqlx::{Connection, PgConnection, PgTransaction};
use store::cause_json;
use store::checkpoint::{self, Checkpoint};
use store::inbox::{self, BlockRef, ChainEntry, Command, Entry};
use store::lease::{self, Lease, LeaseName};
use store::posting::{DepositIndex, Draft, Tail, post};

use crate::Causes;

/// Facts of a batch: half of the most that the worker takes.
const BATCH_FACTS: usize = 4_096;
/// Journal entries of a block.
const BLOCK_ENTRIES: u64 = 100;
/// Facts that continue another, of one batch.
const PARTS: u32 = 8;
const LEASE_TTL: Duration = Duration::from_secs(60);

pub(crate) struct Filling {
    book: Book,
    deposits: DepositIndex,
    tail: Tail,
    lease: Lease,
    inbox_id: i64,
    chain_seq: u64,
    transfers: u64,
    /// A command, for which the batch before it had to end.
    command: Option<Cause>,
}

impl Filling {
    pub(crate) async fn begin(connection: &mut PgConnection, plan: &CompiledPlan) -> anyhow::Result<Self> {
        let lease = lease::claim(connection, LeaseName::Posting, "population", LEASE_TTL)
            .await?
            .context("somebody posts into this database")?;
        let inbox_id: i64 = sqlx::query_scalar("SELECT coalesce(max(id), 0) FROM inbox")
            .fetch_one(connection)
            .await?;
        ensure!(inbox_id == 0, "the database has facts");
        Ok(Self {
            book: Book::new(plan.clone()),
            deposits: DepositIndex::default(),
            tail: Tail::default(),
            lease,
            inbox_id,
            chain_seq: 0,
            transfers: 0,
            command: None,
        })
    }

    /// Writes the next batch; `false` when there is nothing left to write.
    pub(crate) async fn post_batch(
        &mut self,
        connection: &mut PgConnection,
        causes: &mut impl Causes,
    ) -> anyhow::Result<bool> {
        if let Some(part) = self.book.next_part() {
            let end = part.saturating_add(self.book.parts_left().min(PARTS));
            let continued = self.tail.fact_seq + 2 - u64::from(part);
            let parts = inbox::continue_fact(connection, continued, part..end).await?;
            self.post_alone(connection.begin().await?, &parts).await?;
            return Ok(true);
        }
        if let Some(cause) = self.command.take() {
            let mut transaction = connection.begin().await?;
            let command = Command {
                actor: Address::ZERO,
                idempotency_key: &self.tail.fact_seq.to_string(),
                effective_at: causes.time(),
                cause,
            };
            let stored = inbox::insert_command(&mut transaction, &command).await?;
            let entry = received(stored.inbox_id, causes.time(), command.cause);
            self.post_alone(transaction, &[entry]).await?;
            return Ok(true);
        }
        self.post_chain(connection, causes).await
    }

    async fn post_chain(
        &mut self,
        connection: &mut PgConnection,
        causes: &mut impl Causes,
    ) -> anyhow::Result<bool> {
        let mut draft = Draft::new(&self.tail);
        let mut outcome = Outcome::default();
        let mut entries = Vec::with_capacity(BATCH_FACTS);
        while draft.len() < BATCH_FACTS && self.book.next_part().is_none() && self.command.is_none() {
            let Some(cause) = causes.next(self.transfers) else {
                break;
            };
            if cause.is_command() {
                self.command = Some(cause);
                break;
            }
            self.inbox_id += 1;
            self.chain_seq += 1;
            let entry = entry(self.chain_seq, causes.time(), cause);
            self.book.apply(&entry.cause, &mut outcome);
            self.transfers += outcome.legs.len() as u64;
            let received = Entry {
                chain: Some((entry.seq, entry.block)),
                transaction_hash: Some(entry.transaction_hash),
                ..received(self.inbox_id, entry.effective_at, entry.cause.clone())
            };
            draft.add(&mut self.deposits, &received, &outcome)?;
            entries.push(entry);
        }
        let Some(last) = entries.last() else {
            return Ok(self.command.is_some());
        };
        let batch = draft.seal(Some(last.block));
        let mut transaction = connection.begin().await?;
        recorded::record(&mut transaction, &entries).await?;
        post(&mut transaction, self.lease, &batch).await?;
        transaction.commit().await?;
        self.tail = batch.tail();
        Ok(true)
    }

    /// Posts what is in the inbox already.
    async fn post_alone(
        &mut self,
        mut transaction: PgTransaction<'_>,
        entries: &[Entry],
    ) -> anyhow::Result<()> {
        let mut draft = Draft::new(&self.tail);
        let mut outcome = Outcome::default();
        for entry in entries {
            self.inbox_id = entry.id;
            self.book.apply(&entry.cause, &mut outcome);
            self.transfers += outcome.legs.len() as u64;
            draft.add(&mut self.deposits, entry, &outcome)?;
        }
        let batch = draft.seal(None);
        post(&mut transaction, self.lease, &batch).await?;
        transaction.commit().await?;
        self.tail = batch.tail();
        Ok(())
    }

    /// Says that the chain was read up to the last block, and lets a worker have the lease.
    pub(crate) async fn finish(self, connection: &mut PgConnection, time: u64) -> anyhow::Result<()> {
        let block = self.tail.block;
        let checkpoint = Checkpoint {
            head_number: block.number,
            head_hash: block.hash,
            final_number: block.number,
            final_hash: block.hash,
            final_timestamp: time,
            final_seq: self.tail.chain_seq,
            final_root: FixedBytes::ZERO,
        };
        checkpoint::insert(connection, &checkpoint).await?;
        Ok(lease::release(connection, self.lease).await?)
    }
}

fn entry(seq: u64, time: u64, cause: Cause) -> ChainEntry {
    let number = seq.div_ceil(BLOCK_ENTRIES);
    ChainEntry {
        seq,
        block: BlockRef {
            number,
            hash: B256::from(U256::from(number)),
        },
        transaction_hash: B256::from(U256::from(seq)),
        effective_at: time,
        cause,
    }
}

/// The cause as a posting worker reads it, if it is not of the chain.
fn received(id: i64, effective_at: u64, cause: Cause) -> Entry {
    Entry {
        id,
        fingerprint: cause_json::write(&cause).fingerprint,
        cause,
        effective_at,
        chain: None,
        transaction_hash: None,
    }
}
