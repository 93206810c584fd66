//! Re-reads the newest final blocks from another endpoint, a part at a time.

use std::ops::RangeInclusive;
use std::time::Instant;

use audit::checks::Verdict;
use audit::vigil::{LogKey, RescannedLog, rescan};
use chain::{ChainError, ChainReader, ContractLog};
use sqlx::Connection;
use store::Connections;
use store::chain_log::StoredLog;
use store::reconciliation::vigil as stored;

use super::limits::VigilConfig;

/// Blocks of one part: what public nodes serve without complaint.
const PART_MAX: u64 = 2_000;

/// Where the next part begins, and how long it may be.
#[derive(Debug)]
pub(super) struct Rescan {
    next: Option<u64>,
    part: u64,
    done: Option<Instant>,
}

impl Default for Rescan {
    fn default() -> Self {
        Self {
            next: None,
            part: PART_MAX,
            done: None,
        }
    }
}

impl Rescan {
    /// The part to read now, if it is time to.
    pub(super) fn next(&self, finalized: u64, config: &VigilConfig) -> Option<RangeInclusive<u64>> {
        if self
            .done
            .is_some_and(|done| done.elapsed() < config.rescan_interval)
        {
            return None;
        }
        let first = finalized.saturating_sub(config.rescan_depth).max(1);
        // Behind the end it begins again; what fell out of the depth is left out.
        let from = self
            .next
            .filter(|next| *next <= finalized)
            .unwrap_or(first)
            .max(first);
        (from <= finalized).then(|| from..=finalized.min(from.saturating_add(self.part.saturating_sub(1))))
    }

    /// The part was compared.
    pub(super) fn done(&mut self, heights: RangeInclusive<u64>) {
        self.next = Some(heights.end().saturating_add(1));
        self.done = Some(Instant::now());
        self.part = PART_MAX;
    }

    /// Reads a part and compares it with what was recorded.
    pub(super) async fn read(
        &mut self,
        pool: &Connections,
        reader: &ChainReader,
        heights: RangeInclusive<u64>,
    ) -> anyhow::Result<Verdict> {
        let seen = match reader.logs_of_range(heights.clone()).await {
            Ok(range) => range.logs,
            Err(error) => {
                if let ChainError::RangeTooLarge { .. } = &error {
                    self.part = (self.part / 2).max(1);
                }
                return Err(error.into());
            }
        };
        let mut connection = pool.acquire().await?;
        let mut transaction = connection.begin().await?;
        let recorded = stored::list_final_logs(&mut transaction, heights).await?;
        transaction.commit().await?;
        let recorded: Vec<RescannedLog> = recorded.into_iter().map(of_recorded).collect();
        let seen: Vec<RescannedLog> = seen.into_iter().map(of_seen).collect();
        Ok(rescan(&recorded, &seen))
    }
}

/// Findings about blocks outside of these heights: nothing was seen of them now.
pub(super) fn outside(open: &[String], heights: &RangeInclusive<u64>) -> Vec<String> {
    let is_outside = |subject: &&String| {
        let number = subject.split(' ').nth(1).and_then(|number| number.parse().ok());
        number.is_none_or(|number: u64| !heights.contains(&number))
    };
    open.iter().filter(is_outside).cloned().collect()
}

fn of_recorded(log: StoredLog) -> RescannedLog {
    RescannedLog {
        key: LogKey {
            block_number: log.block_number,
            block_hash: log.block_hash,
            log_index: log.log_index,
        },
        transaction_hash: log.transaction_hash,
        topics: log.data.topics().to_vec(),
        data: log.data.data,
    }
}

fn of_seen(log: ContractLog) -> RescannedLog {
    RescannedLog {
        key: LogKey {
            block_number: log.block.number,
            block_hash: log.block.hash,
            log_index: log.log_index,
        },
        transaction_hash: log.transaction_hash,
        topics: log.data.topics().to_vec(),
        data: log.data.data,
    }
}

#[cfg(test)]
mod tests;
