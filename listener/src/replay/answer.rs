//! Ranges requested by operators: re-read by the listener that holds the lease, compared, and missing data added.
//!
//! A request is a row that the API wrote, so nothing in it is believed: whether the range is final, bounded, and was looked at
//! before is decided here. What is added went through the same door as everything else that the listener records.

use std::ops::RangeInclusive;

use alloy_primitives::B256;
use store::chain_log::{self, StoredLog};
use store::lease;
use store::replay_request::{self, BLOCKS_MAX, ReplayOutcome, ReplayRequest};
use store::{PgTransaction, StoreError, checkpoint, inbox};

use super::compare::{Differences, compare};
use super::{Replayed, read};
use crate::error::StepError;
use crate::record::refused_by_inbox;
use crate::step::Listener;

impl Listener {
    /// Carries out the oldest request that waits. Returns whether one did; never one while another instance is the
    /// listener.
    ///
    /// # Errors
    /// The database does not respond, or the lease is lost: the request waits on. A node that does not respond ends the
    /// request instead, so that one range that no node serves does not keep all others waiting.
    pub async fn answer_replay(&mut self) -> Result<bool, StepError> {
        let Some(lease) = self.hold_lease().await? else {
            return Ok(false);
        };
        let mut connection = self.pool.acquire().await.map_err(StoreError::from)?;
        let Some(request) = replay_request::find_waiting(&mut connection).await? else {
            return Ok(false);
        };
        drop(connection);
        let read = self.read_again(&request).await?;
        let mut transaction = self.pool.begin().await.map_err(StoreError::from)?;
        lease::check(&mut transaction, lease).await?;
        let outcome = match read {
            Ok(replayed) => answer(&mut transaction, &request, &replayed).await?,
            Err(refused) => refused,
        };
        replay_request::update_finished(&mut transaction, request.id, &outcome).await?;
        transaction.commit().await.map_err(StoreError::from)?;
        tracing::info!(replay.id = request.id, ?outcome, "replayed a range");
        Ok(true)
    }

    /// What the chain has of the range, or why it is not read.
    async fn read_again(
        &self,
        request: &ReplayRequest,
    ) -> Result<Result<Replayed, ReplayOutcome>, StepError> {
        let ReplayRequest {
            from, to, dry_run, ..
        } = *request;
        let unreadable = |cause: String| Ok(Err(ReplayOutcome::Unreadable { cause }));
        if to.checked_sub(from).is_none_or(|more| more >= BLOCKS_MAX) {
            return unreadable(format!("a range has 1 to {BLOCKS_MAX} blocks"));
        }
        let on_chain = match self.reader.finalized().await {
            Ok(header) => header.number,
            Err(error) => return unreadable(error.to_string()),
        };
        let mut connection = self.pool.acquire().await.map_err(StoreError::from)?;
        let held = checkpoint::find(&mut connection).await?;
        let final_block = held.map_or(0, |held| held.final_number).min(on_chain);
        if to > final_block {
            return Ok(Err(ReplayOutcome::NotFinal { final_block }));
        }
        if !dry_run && !replay_request::was_dry_run(&mut connection, from, to).await? {
            return Ok(Err(ReplayOutcome::DryRunFirst));
        }
        drop(connection);
        match read(&self.reader, RangeInclusive::new(from, to)).await {
            Ok(replayed) => Ok(Ok(replayed)),
            Err(error) => unreadable(service::ErrorChain(&error).to_string()),
        }
    }
}

async fn answer(
    transaction: &mut PgTransaction<'_>,
    request: &ReplayRequest,
    replayed: &Replayed,
) -> Result<ReplayOutcome, StepError> {
    let found = compare(transaction, (request.from, request.to), replayed).await?;
    let mut comparison = found.comparison(replayed);
    if request.dry_run {
        return Ok(ReplayOutcome::Compared(comparison));
    }
    if !comparison.different.is_empty() {
        return Ok(ReplayOutcome::Contradicts(comparison));
    }
    (comparison.added_logs, comparison.added_entries) = add(transaction, &found, replayed).await?;
    Ok(ReplayOutcome::Compared(comparison))
}

/// Adds what is missing, as it would have been recorded. Logs only of blocks that are held: their rows carry the journal,
/// which is proven block by block while following.
async fn add(
    transaction: &mut PgTransaction<'_>,
    found: &Differences,
    replayed: &Replayed,
) -> Result<(u64, u64), StepError> {
    let blocks: Vec<B256> = replayed.logs.iter().map(|log| log.block_hash).collect();
    let held = replay_request::list_final(transaction, &blocks).await?;
    let logs: Vec<StoredLog> = replayed
        .logs
        .iter()
        .filter(|log| held.contains(&log.block_hash))
        .filter(|log| found.missing_logs.contains(&(log.block_number, log.log_index)))
        .cloned()
        .collect();
    chain_log::insert_logs(transaction, &logs).await?;
    let entries: Vec<_> = replayed
        .entries
        .iter()
        .filter(|entry| found.missing_entries.contains(&entry.seq))
        .cloned()
        .collect();
    let added = inbox::insert(transaction, &entries)
        .await
        .map_err(refused_by_inbox)?;
    Ok((logs.len() as u64, added))
}
