//! The events of the contract, folded in the chain's order as they are read from our records.

use alloy_primitives::Address;
use audit::checks::{Event, Events};
use store::chain_log::StoredLog;
use store::reconciliation::{Cursor, LOGS_AT_ONCE};

use crate::decode::{DecodeError, Decoded, decode};
use crate::governance::Governance;

/// What a part of the history says.
#[derive(Debug, Default)]
pub(crate) struct Fold {
    /// How far it goes.
    pub(crate) cursor: Cursor,
    pub(crate) events: Events,
    pub(crate) governance: Governance,
}

/// Logs that were read behind a cursor.
#[derive(Debug)]
pub(crate) struct Logs {
    decoded: Vec<Result<Decoded, DecodeError>>,
    /// Where the next ones begin.
    cursor: Cursor,
    /// Whether there are no more up to the block.
    pub(crate) are_all: bool,
}

impl Logs {
    /// Of the logs that were read up to a block.
    pub(crate) fn of(logs: &[StoredLog], after: Cursor, block_number: u64) -> Self {
        let are_all = logs.len() < LOGS_AT_ONCE;
        let cursor = match logs.last() {
            Some(last) if !are_all => Cursor {
                block_number: last.block_number,
                log_index: Some(last.log_index),
            },
            Some(_) | None => Cursor {
                block_number: after.block_number.max(block_number),
                log_index: None,
            },
        };
        Self {
            decoded: logs.iter().filter_map(|log| decode(log).transpose()).collect(),
            cursor,
            are_all,
        }
    }

    /// What they say, as far as they can be read.
    pub(crate) fn events(&self) -> impl Iterator<Item = &Event> {
        self.decoded.iter().flatten().map(|decoded| &decoded.event)
    }

    /// Users whom they are about.
    pub(crate) fn wallets(&self) -> Vec<Address> {
        self.events().filter_map(user_of).collect()
    }
}

impl Fold {
    /// Goes on by logs that were read behind it.
    pub(crate) fn take(&mut self, logs: Logs) {
        for decoded in logs.decoded {
            match decoded {
                Ok(decoded) => {
                    self.governance.take(&decoded.full);
                    self.events.take(&decoded.event, decoded.entry);
                }
                Err(error) => self.events.unreadable.push(error.to_string()),
            }
        }
        self.cursor = logs.cursor;
    }
}

/// The user whose account an event may have changed.
fn user_of(event: &Event) -> Option<Address> {
    let (Event::Registered { user, .. }
    | Event::PayoutExecuted { user, .. }
    | Event::PayoutCredited { user, .. }
    | Event::PayoutSkipped { user, .. }
    | Event::Claimed { user, .. }
    | Event::CreditWithdrawn { user, .. }
    | Event::UserFrozen { user, .. }
    | Event::UserUnfrozen { user }) = event
    else {
        return None;
    };
    Some(*user)
}
