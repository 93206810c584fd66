//! What is stored of a range beside what the chain has of it.

use std::collections::BTreeMap;

use store::chain_log::StoredLog;
use store::replay_request::{self, Comparison, StoredEntry};
use store::{PgConnection, StoreError};

use super::Replayed;

/// Differences that are listed one by one.
const LISTED_MAX: usize = 100;

/// What a comparison found.
#[derive(Debug, Clone, Default)]
pub(super) struct Differences {
    /// Logs that are not stored, by block and index.
    pub(super) missing_logs: Vec<(u64, u32)>,
    /// Journal entries that are not in the inbox, by number.
    pub(super) missing_entries: Vec<u64>,
    /// What is stored and otherwise on the chain, in words.
    pub(super) different: Vec<String>,
}

impl Differences {
    /// As people see it; nothing is added yet.
    pub(super) fn comparison(&self, replayed: &Replayed) -> Comparison {
        Comparison {
            logs: replayed.logs.len() as u64,
            entries: replayed.entries.len() as u64,
            missing_logs: self.missing_logs.len() as u64,
            missing_entries: self.missing_entries.iter().take(LISTED_MAX).copied().collect(),
            different: self.different.iter().take(LISTED_MAX).cloned().collect(),
            added_logs: 0,
            added_entries: 0,
        }
    }
}

pub(super) async fn compare(
    connection: &mut PgConnection,
    (from, to): (u64, u64),
    replayed: &Replayed,
) -> Result<Differences, StoreError> {
    let mut found = Differences::default();
    let place = |log: &StoredLog| (log.block_number, log.log_index);
    let stored = replay_request::list_logs(connection, from, to).await?;
    let mut stored: BTreeMap<(u64, u32), StoredLog> =
        stored.into_iter().map(|log| (place(&log), log)).collect();
    for log in &replayed.logs {
        match stored.remove(&place(log)) {
            None => found.missing_logs.push(place(log)),
            Some(held) if held != *log => {
                let (block, index) = place(log);
                found.different.push(format!("log {index} of block {block}"));
            }
            Some(_) => {}
        }
    }
    for (block, index) in stored.keys() {
        found
            .different
            .push(format!("log {index} of block {block} is not on the chain"));
    }
    let seqs: Vec<u64> = replayed.entries.iter().map(|entry| entry.seq).collect();
    let stored = replay_request::list_entries(connection, (from, to), &seqs).await?;
    let mut stored: BTreeMap<u64, StoredEntry> = stored.into_iter().map(|entry| (entry.seq, entry)).collect();
    for entry in replayed.entries.iter().map(StoredEntry::of) {
        match stored.remove(&entry.seq) {
            None => found.missing_entries.push(entry.seq),
            Some(held) if held != entry => found.different.push(format!("entry {}", entry.seq)),
            Some(_) => {}
        }
    }
    for seq in stored.keys() {
        found.different.push(format!("entry {seq} is not on the chain"));
    }
    Ok(found)
}
