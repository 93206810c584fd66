//! All logs of a contract up to one block, folded: the journal that they lead to, and who may do what by them.

use abi::governance::{Permission, Standing};
use abi::journal::JournalError;
use abi::{Journal, events};
use alloy::primitives::Address;
use anyhow::Context;
use chain::{ChainReader, ContractLog};

use crate::logs;

/// What the logs say.
#[derive(Debug)]
pub(crate) struct History {
    /// Who may do what, and what is announced.
    pub(crate) standing: Standing,
    /// The journal after the last log, or why the logs are none.
    pub(crate) journal: Result<Journal, JournalError>,
}

/// Reads the logs of these blocks; `granted` is what the constructor gave.
pub(crate) async fn read(
    reader: &ChainReader,
    blocks: std::ops::RangeInclusive<u64>,
    granted: Vec<(Permission, Address)>,
) -> anyhow::Result<History> {
    let mut history = History {
        standing: Standing::constructed(granted),
        journal: Ok(Journal::default()),
    };
    logs::each(reader, blocks, |log| history.take(log)).await?;
    Ok(history)
}

impl History {
    fn take(&mut self, log: &ContractLog) -> anyhow::Result<()> {
        if let Ok(journal) = &mut self.journal
            && let Err(error) = journal.take(&log.data)
        {
            self.journal = Err(error);
        }
        let place = || format!("log {} of block {}", log.log_index, log.block.number);
        if let Some(event) = events::decode(&log.data).with_context(place)? {
            self.standing.apply(&event);
        }
        Ok(())
    }
}
