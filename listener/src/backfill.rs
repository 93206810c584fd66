//! Catching up below finality, by ranges of blocks whose length adapts to what the node serves.
//!
//! Only blocks with logs and the end of each range are held: the journal at the end proves that nothing is missing.

use chain::{ChainError, LogRange};
use store::lease::Lease;

use crate::error::StepError;
use crate::record::{self, Recorded};
use crate::span::Span;
use crate::step::Listener;
use crate::view::{Held, Step, View};

impl Listener {
    pub(crate) async fn backfill(
        &mut self,
        lease: Lease,
        held: &Held,
        view: &View,
    ) -> Result<Step, StepError> {
        // No chain of parents leads from what is held to the range, so the node is requested it.
        let top = held.top();
        match self.reader.find_header_at(top.number).await? {
            Some(header) if header.hash == top.hash => {}
            Some(_) => return self.rewind(lease, held, view).await,
            None => return Ok(Step::Stale),
        }
        let heights = self.range.above(top.number, view.finalized.number);
        let span = match self.read_range(held, heights.clone()).await {
            Ok(span) => span,
            Err(error) => return self.read_less(error),
        };
        let Some(end) = span.blocks.last().cloned() else {
            return Ok(Step::Stale);
        };
        self.agreed(&end).await?;
        let Recorded { entries } = record::record(&self.pool, lease, held, &span, Some(&end)).await?;
        self.range.grow();
        self.health.recorded(span.blocks.len(), entries);
        tracing::info!(
            chain.from = heights.start(),
            chain.to = heights.end(),
            chain.logs = span.logs.len(),
            "a range of final blocks was recorded"
        );
        Ok(Step::Advanced)
    }

    async fn read_range(
        &self,
        held: &Held,
        heights: std::ops::RangeInclusive<u64>,
    ) -> Result<Span, StepError> {
        let LogRange { logs, headers, end } = self.reader.logs_of_range(heights).await?;
        let mut span = Span::after(held.journal());
        for block in logs.chunk_by(|one, next| one.block == next.block) {
            let header = headers
                .iter()
                .find(|header| header.block() == block[0].block)
                .ok_or_else(|| StepError::Contradiction("no block header for a log".to_owned()))?;
            span.push(header, block)?;
        }
        if span.blocks.last().is_none_or(|last| last.hash != end.hash) {
            span.push(&end, &[])?;
        }
        self.prove(&span).await?;
        Ok(span)
    }

    /// Requests less next time, when less can help: also when logs were missing, as a node's silent limit does it.
    fn read_less(&mut self, error: StepError) -> Result<Step, StepError> {
        let less_helps = matches!(
            &error,
            StepError::Chain(ChainError::RangeTooLarge { .. } | ChainError::Transport { .. })
                | StepError::Incomplete { .. }
                | StepError::NotContiguous { .. }
        );
        let shrunk = less_helps && self.range.shrink();
        if let StepError::Chain(ChainError::RangeTooLarge { message }) = &error
            && shrunk
        {
            tracing::info!(
                chain.range = self.range.blocks(),
                message,
                "asking for shorter ranges"
            );
            return Ok(Step::Advanced);
        }
        Err(error)
    }
}
