//! Causes that wait to be numbered, as the posting worker takes them: whole blocks, and commands that can be used.
//!
//! Not responsible for what is posted of them.

use sqlx::PgConnection;
use thiserror::Error;

use super::{BlockRef, Entry, chain_of, transaction_of};
use crate::StoreError;
use crate::cause_json::{self, CauseJsonError};
use crate::deployment::{hash, natural};
use crate::quarantine::{QuarantineCause, SetAside};

/// Causes that wait, in the order in which they are to be numbered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// The causes.
    pub entries: Vec<Entry>,
    /// The last block of which nothing waits behind these entries; `None` when they complete no block.
    pub completed: Option<BlockRef>,
    /// Commands that cannot be used. They have to be quarantined before anything is taken, so there are no entries then.
    pub unusable: Vec<SetAside>,
}

impl Waiting {
    /// The first of them, so few that whatever is refused of them is one command or none: one command, or what the chain
    /// says in front of the next command.
    #[must_use]
    pub fn up_to_a_command(mut self) -> Self {
        let is_chain = |entry: &Entry| entry.chain.is_some();
        let chain = self.entries.iter().take_while(|entry| is_chain(entry)).count();
        if chain == self.entries.len() {
            return self;
        }
        let behind = self.entries.split_off(chain.max(1));
        let block_of = |entry: &Entry| entry.chain.map(|(_, block)| block);
        let last = self.entries.last().and_then(block_of);
        let next = behind.iter().find_map(block_of);
        // A block that goes on behind a command is not complete; of one that does not, it is known.
        let is_whole = next.map_or(self.completed == last, |next| Some(next) != last);
        self.completed = last.filter(|_| is_whole);
        self
    }
}

/// Why a stored command is not posted.
#[derive(Debug, Error)]
enum CommandError {
    /// It is not the text of a cause.
    #[error(transparent)]
    Text(#[from] CauseJsonError),
    /// A column has a value that it cannot have.
    #[error(transparent)]
    Column(#[from] StoreError),
    /// Only the chain can say it.
    #[error("a command cannot contain a cause that only the chain can report")]
    OfTheChain,
    /// It was changed after it was stored.
    #[error("it does not match its fingerprint")]
    Fingerprint,
}

impl CommandError {
    const fn cause(&self) -> QuarantineCause {
        match self {
            Self::Text(_) | Self::Column(_) => QuarantineCause::Unreadable,
            Self::OfTheChain => QuarantineCause::NotACommand,
            Self::Fingerprint => QuarantineCause::FingerprintDiffers,
        }
    }
}

/// At most `limit` waiting causes, in order of arrival.
///
/// They end where a block ends, so that whoever reads between two batches sees whole blocks. A single block
/// with more than `limit` entries is taken in parts; only the last part completes it.
pub async fn list_waiting(connection: &mut PgConnection, limit: usize) -> Result<Waiting, StoreError> {
    let asked = limit.saturating_add(1);
    let rows = sqlx::query_as!(
        WaitingRow,
        "SELECT id, source, payload::text AS \"payload!\", fingerprint, effective_at, chain_seq, block_number,
             block_hash, transaction_hash
         FROM inbox
         WHERE fact_seq IS NULL AND NOT quarantined
         ORDER BY id
         LIMIT $1",
        i64::try_from(asked).unwrap_or(i64::MAX),
    )
    .fetch_all(connection)
    .await?;
    let mut entries = Vec::with_capacity(rows.len());
    let mut unusable = Vec::new();
    for row in rows {
        if row.source == "chain" {
            entries.push(row.entry().map_err(|error| match error {
                CommandError::Column(error) => error,
                CommandError::Text(_) | CommandError::OfTheChain | CommandError::Fingerprint => {
                    StoreError::corrupt("inbox.payload")
                }
            })?);
        } else {
            match row.command() {
                Ok(entry) => entries.push(entry),
                Err(error) => unusable.push(SetAside::new(row.id, error.cause(), &error)),
            }
        }
    }
    if unusable.is_empty() {
        return Ok(cut(entries, limit));
    }
    Ok(Waiting {
        unusable,
        ..Waiting::default()
    })
}

/// A row that waits.
struct WaitingRow {
    id: i64,
    source: String,
    payload: String,
    fingerprint: Vec<u8>,
    effective_at: i64,
    chain_seq: Option<i64>,
    block_number: Option<i64>,
    block_hash: Option<Vec<u8>>,
    transaction_hash: Option<Vec<u8>>,
}

impl WaitingRow {
    fn entry(&self) -> Result<Entry, CommandError> {
        Ok(Entry {
            id: self.id,
            cause: cause_json::read(&self.payload)?,
            fingerprint: hash(&self.fingerprint, "inbox.fingerprint")?,
            effective_at: natural(self.effective_at, "inbox.effective_at")?,
            chain: chain_of(self.chain_seq, self.block_number, self.block_hash.as_deref())?,
            transaction_hash: transaction_of(self.transaction_hash.as_deref())?,
        })
    }

    /// The entry, if it is what some process may command.
    fn command(&self) -> Result<Entry, CommandError> {
        let entry = self.entry()?;
        if !entry.cause.is_command() {
            return Err(CommandError::OfTheChain);
        }
        if cause_json::write(&entry.cause).fingerprint != entry.fingerprint {
            return Err(CommandError::Fingerprint);
        }
        Ok(entry)
    }
}

/// Cuts what was read to at most `limit`, at the end of a block.
fn cut(mut entries: Vec<Entry>, limit: usize) -> Waiting {
    let block_of = |entry: &Entry| entry.chain.map(|(_, block)| block);
    if entries.len() <= limit {
        // This is everything that waits, and the listener stores whole blocks.
        let completed = entries.iter().rev().find_map(block_of);
        return Waiting {
            entries,
            completed,
            ..Waiting::default()
        };
    }
    let mut next = None;
    for end in (1..=limit).rev() {
        next = block_of(&entries[end]).or(next);
        let last = entries[..end].iter().rev().find_map(block_of);
        if next.is_some() && last != next {
            entries.truncate(end);
            return Waiting {
                entries,
                completed: last,
                ..Waiting::default()
            };
        }
    }
    // No end of a block in sight: part of one large block, or only commands and nothing is cut apart.
    entries.truncate(limit);
    Waiting {
        entries,
        ..Waiting::default()
    }
}
