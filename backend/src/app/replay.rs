//! A range of final blocks is read from the chain again and compared with what is stored; what is missing is added through
//! the same door as the listener's, and nothing is ever changed or deleted.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use alloy_primitives::B256;
use listener::StepError;
use listener::replay::{self, Replayed};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use store::chain_log::{self, StoredLog};
use store::inbox::{self, InboxError};
use store::replay_request::{self, StoredEntry};
use store::{StoreError, audit_log, checkpoint};
use thiserror::Error;

use super::App;
use super::access::{self, AccessError, Role};
use super::head::{self, HeadError};
use super::session::Caller;

/// Blocks of one range: what nodes serve at once, and what is read within a request.
pub const BLOCKS_MAX: u64 = 2_000;

/// Differences that are listed one by one.
const LISTED_MAX: usize = 100;

/// Who may add what is missing.
const ADDING: &[Role] = &[Role::ConfigAdmin, Role::Approver];

/// What a comparison found.
#[derive(Debug, Clone, Default)]
pub struct Comparison {
    /// Logs that the chain has.
    pub logs: usize,
    /// Journal entries that the chain has.
    pub entries: usize,
    /// Logs that are not stored, by block and index.
    pub missing_logs: Vec<(u64, u32)>,
    /// Journal entries that are not in the inbox, by number.
    pub missing_entries: Vec<u64>,
    /// What is stored and otherwise on the chain, in words.
    pub different: Vec<String>,
    /// What was added: logs and entries.
    pub added: (u64, u64),
}

/// Why a range is not read, or nothing was added.
#[derive(Debug, Error)]
pub enum ReplayError {
    /// The caller may not.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Not all of it is final, here and on the chain.
    #[error("blocks above {0} are not final")]
    NotFinal(u64),
    /// Nobody looked at what would be added.
    #[error("a dry run of the same range has to come first")]
    DryRunFirst,
    /// Something is stored otherwise: people have to look, and nothing is added.
    #[error("what is stored is not what the chain says: {0}")]
    Contradicts(String),
    /// The chain is not read.
    #[error(transparent)]
    Head(#[from] HeadError),
    /// What the chain says cannot be decoded.
    #[error("the range cannot be read")]
    Read(#[source] StepError),
    /// An entry was stored meanwhile with another content.
    #[error(transparent)]
    Inbox(#[from] InboxError),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for ReplayError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Compares a range, and unless it is a dry run adds what is missing.
///
/// # Errors
/// [`ReplayError`].
pub async fn replay(
    app: &App,
    caller: &Caller,
    range: RangeInclusive<u64>,
    dry_run: bool,
) -> Result<Comparison, ReplayError> {
    access::require(app, caller, if dry_run { &Role::ALL } else { ADDING }).await?;
    let (from, to) = (*range.start(), *range.end());
    let reader = head::reader(app)?;
    let on_chain = reader.finalized().await.map_err(HeadError::from)?.number;
    let mut connection = app.connection().await?;
    let held = checkpoint::find(&mut connection).await?;
    let final_number = held.map_or(0, |held| held.final_number).min(on_chain);
    if to > final_number {
        return Err(ReplayError::NotFinal(final_number));
    }
    if !dry_run && !replay_request::was_dry_run(&mut connection, from, to).await? {
        return Err(ReplayError::DryRunFirst);
    }
    let id = replay_request::insert(&mut connection, caller.wallet, from, to, dry_run).await?;
    drop(connection);
    let replayed = replay::read(reader, range).await.map_err(unread)?;
    let mut connection = app.connection().await?;
    let mut comparison = compare(&mut connection, (from, to), &replayed).await?;
    if !dry_run {
        if let Some(first) = comparison.different.first() {
            let refused = ReplayError::Contradicts(first.clone());
            replay_request::update_finished(&mut connection, id, &result(&comparison)).await?;
            return Err(refused);
        }
        comparison.added = add(&mut connection, &comparison, &replayed).await?;
        let detail = result(&comparison);
        let subject = format!("{from}-{to}");
        audit_log::insert(
            &mut connection,
            caller.wallet,
            "events.replayed",
            &subject,
            &detail,
        )
        .await?;
    }
    replay_request::update_finished(&mut connection, id, &result(&comparison)).await?;
    Ok(comparison)
}

/// A node that does not answer is another matter than a chain that makes no sense.
fn unread(error: StepError) -> ReplayError {
    if let StepError::Chain(error) = error {
        HeadError::from(error).into()
    } else {
        ReplayError::Read(error)
    }
}

async fn compare(
    connection: &mut PgConnection,
    (from, to): (u64, u64),
    replayed: &Replayed,
) -> Result<Comparison, StoreError> {
    let mut comparison = Comparison {
        logs: replayed.logs.len(),
        entries: replayed.entries.len(),
        ..Comparison::default()
    };
    let place = |log: &StoredLog| (log.block_number, log.log_index);
    let stored = replay_request::list_logs(connection, from, to).await?;
    let mut stored: BTreeMap<(u64, u32), StoredLog> =
        stored.into_iter().map(|log| (place(&log), log)).collect();
    for log in &replayed.logs {
        match stored.remove(&place(log)) {
            None => comparison.missing_logs.push(place(log)),
            Some(held) if held != *log => {
                let (block, index) = place(log);
                comparison.different.push(format!("log {index} of block {block}"));
            }
            Some(_) => {}
        }
    }
    for (block, index) in stored.keys() {
        comparison
            .different
            .push(format!("log {index} of block {block} is not on the chain"));
    }
    let seqs: Vec<u64> = replayed.entries.iter().map(|entry| entry.seq).collect();
    let stored = replay_request::list_entries(connection, (from, to), &seqs).await?;
    let mut stored: BTreeMap<u64, StoredEntry> = stored.into_iter().map(|entry| (entry.seq, entry)).collect();
    for entry in replayed.entries.iter().map(StoredEntry::of) {
        match stored.remove(&entry.seq) {
            None => comparison.missing_entries.push(entry.seq),
            Some(held) if held != entry => comparison.different.push(format!("entry {}", entry.seq)),
            Some(_) => {}
        }
    }
    for seq in stored.keys() {
        comparison
            .different
            .push(format!("entry {seq} is not on the chain"));
    }
    Ok(comparison)
}

/// Adds what is missing, as the listener would have. Logs only of blocks that are held: their rows carry the journal, which
/// is the listener's to prove.
async fn add(
    connection: &mut PgConnection,
    comparison: &Comparison,
    replayed: &Replayed,
) -> Result<(u64, u64), ReplayError> {
    let mut transaction = connection.begin().await?;
    let blocks: Vec<B256> = replayed.logs.iter().map(|log| log.block_hash).collect();
    let held = replay_request::list_final(&mut transaction, &blocks).await?;
    let logs: Vec<StoredLog> = replayed
        .logs
        .iter()
        .filter(|log| held.contains(&log.block_hash))
        .filter(|log| {
            comparison
                .missing_logs
                .contains(&(log.block_number, log.log_index))
        })
        .cloned()
        .collect();
    chain_log::insert_logs(&mut transaction, &logs).await?;
    let entries: Vec<_> = replayed
        .entries
        .iter()
        .filter(|entry| comparison.missing_entries.contains(&entry.seq))
        .cloned()
        .collect();
    let added = inbox::insert(&mut transaction, &entries).await?;
    transaction.commit().await?;
    Ok((u64::try_from(logs.len()).unwrap_or(u64::MAX), added))
}

fn result(comparison: &Comparison) -> Value {
    let (logs, entries) = comparison.added;
    json!({
        "logs": comparison.logs,
        "entries": comparison.entries,
        "missing_logs": comparison.missing_logs.len(),
        "missing_entries": comparison.missing_entries.iter().take(LISTED_MAX).collect::<Vec<_>>(),
        "different": comparison.different.iter().take(LISTED_MAX).collect::<Vec<_>>(),
        "added_logs": logs,
        "added_entries": entries,
    })
}
