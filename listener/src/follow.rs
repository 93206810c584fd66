//! Following the head block by block: parent links, logs by block hash, finality.

use chain::BlockHeader;
use store::chain_log::StoredBlock;
use store::lease::Lease;

use crate::error::StepError;
use crate::record::{self, Recorded};
use crate::span::Span;
use crate::step::Listener;
use crate::view::{Held, Step, View};

/// Blocks of one step: enough to catch up in few steps, few enough for one transaction and a node's rate limit.
const FOLLOW_MAX: u64 = 256;

impl Listener {
    pub(crate) async fn follow(&mut self, lease: Lease, held: &Held, view: &View) -> Result<Step, StepError> {
        let top = held.top();
        if view.head.number <= top.number && held.hash_at(view.head.number) != Some(view.head.hash) {
            return self.rewind(lease, held, view).await;
        }
        if view.head.number < top.number {
            // The same branch, earlier: an endpoint that lags.
            return Ok(Step::Stale);
        }
        let headers = self.headers_above(top.number, &view.head).await?;
        if headers.first().is_some_and(|first| first.parent_hash != top.hash) {
            return self.rewind(lease, held, view).await;
        }
        let logs = self.reader.logs_of_blocks(&headers).await?;
        let mut span = Span::after(held.journal());
        for (header, logs) in headers.iter().zip(&logs) {
            span.push(header, logs)?;
        }
        self.prove(&span).await?;
        let end = newly_final(held, &span, &view.finalized)?;
        if span.blocks.is_empty() && end.is_none() {
            return Ok(Step::Idle);
        }
        if let Some(end) = &end {
            self.agreed(end).await?;
        }
        let Recorded { entries } = record::record(&self.pool, lease, held, &span, end.as_ref()).await?;
        self.health.recorded(span.blocks.len(), entries);
        Ok(Step::Advanced)
    }

    /// Headers of the next blocks, linked to each other.
    async fn headers_above(&self, top: u64, head: &BlockHeader) -> Result<Vec<BlockHeader>, StepError> {
        let last = head.number.min(top.saturating_add(FOLLOW_MAX));
        if last == top {
            return Ok(Vec::new());
        }
        // The head itself was read already.
        let asked = if last == head.number { last - 1 } else { last };
        let mut headers = self.reader.headers(top.saturating_add(1)..=asked).await?;
        if last == head.number {
            headers.push(head.clone());
        }
        let linked = headers.windows(2).all(|pair| pair[1].parent_hash == pair[0].hash);
        if linked {
            return Ok(headers);
        }
        // The node changed its branch between two answers; the next step sees the new one.
        Err(StepError::Contradiction(format!(
            "the blocks from {} to {last} are not one chain",
            top.saturating_add(1)
        )))
    }

    /// Compares what the logs fold to with what the contract says at the span's last block.
    pub(crate) async fn prove(&self, span: &Span) -> Result<(), StepError> {
        let Some(last) = span.blocks.last() else {
            return Ok(());
        };
        let contract = self.reader.journal_at(last.hash).await?;
        if contract == span.journal {
            return Ok(());
        }
        Err(StepError::Incomplete {
            block: last.number,
            folded: span.journal,
            contract,
        })
    }
}

/// The newest block that became final, if any did and it is held.
fn newly_final(held: &Held, span: &Span, finalized: &BlockHeader) -> Result<Option<StoredBlock>, StepError> {
    if finalized.number <= held.checkpoint.final_number {
        return Ok(None);
    }
    let mut blocks = held.blocks.iter().chain(&span.blocks);
    let Some(block) = blocks.find(|block| block.number == finalized.number) else {
        // The head is further ahead than one step goes: finality follows when it is reached.
        return Ok(None);
    };
    if block.hash == finalized.hash {
        return Ok(Some(block.clone()));
    }
    Err(StepError::Contradiction(format!(
        "block {} is final as {}, but its branch has {}",
        finalized.number, finalized.hash, block.hash
    )))
}
