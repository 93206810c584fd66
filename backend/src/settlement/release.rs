//! Releases the money of batches that can never be executed, with a finalized proof.

use std::time::Duration;

use chain::{At, BatchState};
use service::{ErrorChain, fault_point};
use settlement::state::{BATCH_CANCELLED, Batch, BatchOnChain, ExpiryProof, NotExpired, prove_expiry};
use store::settlement_batch::{self, WatchedBatch};

use super::worker::{Records, StepError, Worker};

/// Before a batch is looked at again: its release may not be posted yet.
const PAUSE: Duration = Duration::from_secs(1);

impl Worker {
    /// Looks at the batches whose deadline is behind the newest finalized block.
    pub(super) async fn release_expired(&mut self, records: &Records) -> Result<bool, StepError> {
        let mut moved = false;
        for watched in &records.watched {
            let key = [b"release ".as_slice(), watched.batch.as_slice()].concat();
            if records.finalized.timestamp <= watched.deadline || self.memory.waits(&key) {
                continue;
            }
            self.memory.wait(&key, PAUSE);
            if let Some(proof) = self.prove(records, watched).await? {
                moved |= self.release_proven(records, watched, &proof).await?;
            }
        }
        Ok(moved)
    }

    async fn prove(
        &mut self,
        records: &Records,
        watched: &WatchedBatch,
    ) -> Result<Option<ExpiryProof>, StepError> {
        let reader = self.network.reader.clone();
        let asked = reader.batch_state(watched.batch, At::Block(records.final_hash));
        let batch_state = match self.hold.during(asked).await? {
            Ok(BatchState::Open) => 0,
            Ok(BatchState::Executed { seq }) => seq,
            Ok(BatchState::Cancelled) => BATCH_CANCELLED,
            Err(error) => {
                tracing::debug!(error = %ErrorChain(&error), "the state of a batch is not known");
                return Ok(None);
            }
        };
        let chain = BatchOnChain {
            block_number: records.finalized.number,
            block_timestamp: records.finalized.timestamp,
            batch_state,
        };
        match prove_expiry(watched.deadline, chain) {
            Ok(proof) => Ok(Some(proof)),
            // Its event is about to be posted.
            Err(NotExpired::Executed(_) | NotExpired::DeadlineAhead { .. }) => Ok(None),
        }
    }

    async fn release_proven(
        &mut self,
        records: &Records,
        watched: &WatchedBatch,
        proof: &ExpiryProof,
    ) -> Result<bool, StepError> {
        let batch = Batch {
            state: watched.state,
            builder: watched.requested_by,
            deadline: Some(watched.deadline),
            cancel_requested: watched.cancel_requested,
        };
        let Ok(end) = batch.end_by(proof) else {
            return Ok(false);
        };
        fault_point("settlement.before_release");
        let mut transaction = self.hold.begin().await?;
        let time = records.finalized.timestamp;
        let released = settlement_batch::insert_release(&mut transaction, watched.batch, end, time).await?;
        transaction.commit().await?;
        fault_point("settlement.after_release");
        if released {
            metrics::counter!("trellis_settlement_released_total", "end" => end.name()).increment(1);
            tracing::info!(
                batch.id = %watched.batch,
                end = end.name(),
                chain.block = proof.block_number(),
                "proven dead; its money is released"
            );
        }
        Ok(released)
    }
}
