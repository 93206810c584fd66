//! What is kept from run to run, so that a run reads only what is new: the fold of all events, closed batches, and who
//! was touched since the contract was last asked.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, B256};
use audit::checks::{Batch, Event, Events};
use store::chain_log::StoredLog;
use store::reconciliation::{Cursor, Extent, Reading};

use crate::decode::decode;
use crate::governance::Governance;

/// What earlier runs learnt.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) cursor: Cursor,
    pub(crate) events: Events,
    pub(crate) governance: Governance,
    batches: BTreeMap<B256, Batch>,
    /// Wallets whose account at the contract may have changed since it was last read.
    pub(crate) touched: BTreeSet<Address>,
    /// Last fact of the last run.
    fact_seq: Option<u64>,
    /// Batches that were settled or cancelled on the chain since they were last read there.
    pub(crate) batches_touched: BTreeSet<B256>,
}

impl Memory {
    /// How much the next run reads, when it need not read everything.
    pub(crate) fn extent(&self) -> Extent {
        match self.fact_seq {
            Some(fact_seq) => Extent::Since { fact_seq },
            None => Extent::Full,
        }
    }

    /// Takes in what a run read, and completes its books from what is remembered.
    pub(crate) fn take(&mut self, reading: &mut Reading) {
        for log in &reading.logs {
            self.fold(log);
        }
        let position = &reading.position;
        self.cursor.block_number = self.cursor.block_number.max(position.block_number);
        self.fact_seq = Some(position.fact_seq);
        for batch in std::mem::take(&mut reading.books.batches) {
            self.batches.insert(batch.id, batch);
        }
        reading.books.batches = std::mem::take(&mut self.batches).into_values().collect();
    }

    /// Gets back what a run borrowed.
    pub(crate) fn keep(&mut self, events: Events, batches: Vec<Batch>) {
        self.events = events;
        self.batches = batches.into_iter().map(|batch| (batch.id, batch)).collect();
    }

    fn fold(&mut self, log: &StoredLog) {
        let decoded = match decode(log) {
            Ok(Some(decoded)) => decoded,
            Ok(None) => return,
            Err(error) => return self.events.unreadable.push(error.to_string()),
        };
        self.governance.take(&decoded.full);
        match decoded.event {
            Event::Registered { user, .. }
            | Event::PayoutExecuted { user, .. }
            | Event::PayoutCredited { user, .. }
            | Event::PayoutSkipped { user, .. }
            | Event::Claimed { user, .. }
            | Event::CreditWithdrawn { user, .. }
            | Event::UserFrozen { user, .. }
            | Event::UserUnfrozen { user } => {
                self.touched.insert(user);
            }
            Event::BatchSettled { batch, .. } | Event::BatchCancelled { batch } => {
                self.batches_touched.insert(batch);
            }
            Event::RetoppedUp { .. }
            | Event::Refunded { .. }
            | Event::Matured { .. }
            | Event::RootPublished { .. }
            | Event::RootVetoed { .. }
            | Event::LeavesSettled { .. }
            | Event::Funded { .. }
            | Event::TreasuryPaid { .. }
            | Event::Governance => {}
        }
        self.events.take(&decoded.event, decoded.entry);
    }
}
