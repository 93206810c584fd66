//! Causes that wait to be numbered, as the posting worker takes them: whole blocks, and commands that can be used.
//!
//! Not responsible for what is posted of them.

use plan::Day;
use sqlx::PgConnection;
use thiserror::Error;

use super::{BlockRef, Entry, chain_of, transaction_of};
use crate::StoreError;
use crate::cause_json::{self, CauseJsonError};
use crate::chain_log::signed;
use crate::deployment::{hash, natural};
use crate::quarantine::{QuarantineCause, SetAside};
use crate::schedule;

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
    /// Those that belong to a day that ends at this second: all in front of the first entry of the chain that is of a later day.
    /// What people command is of the day on which it is posted.
    #[must_use]
    pub fn before(mut self, ends_at: u64) -> Self {
        let is_later = |entry: &Entry| entry.chain.is_some() && entry.effective_at >= ends_at;
        let Some(end) = self.entries.iter().position(is_later) else {
            return self;
        };
        // All of a block has one time, so what is left ends with a whole one.
        self.entries.truncate(end);
        self.completed = self.entries.iter().rev().find_map(Entry::block);
        self
    }

    /// Whether there is nothing to do.
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.unusable.is_empty()
    }

    /// The first of them, so few that whatever is refused of them is one command or none: one command, or what the chain
    /// says in front of the next command.
    #[must_use]
    pub fn up_to_a_command(self) -> Self {
        let is_chain = |entry: &Entry| entry.chain.is_some();
        let chain = self.entries.iter().take_while(|entry| is_chain(entry)).count();
        if chain == self.entries.len() {
            return self;
        }
        self.first(chain.max(1))
    }

    /// The first of them, with what of the chain they complete.
    #[must_use]
    pub fn first(mut self, count: usize) -> Self {
        if count >= self.entries.len() {
            return self;
        }
        let behind = self.entries.split_off(count);
        let last = self.entries.last().and_then(Entry::block);
        let next = behind.iter().find_map(Entry::block);
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
    /// It stands where the end of a day must.
    #[error("it is not the end of the day of its key")]
    OtherDay,
}

impl CommandError {
    const fn cause(&self) -> QuarantineCause {
        match self {
            Self::Text(_) | Self::Column(_) => QuarantineCause::Unreadable,
            Self::OfTheChain | Self::OtherDay => QuarantineCause::NotACommand,
            Self::Fingerprint => QuarantineCause::FingerprintDiffers,
        }
    }
}

/// At most `limit` waiting causes, in order of arrival, but for the ends of days (see [`find_day_end`]) and what continues a
/// fact (see [`continue_fact`](super::continue_fact)).
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
         WHERE fact_seq IS NULL AND NOT quarantined AND NOT (source = 'schedule' AND natural_key LIKE 'day:%')
             AND source <> 'posting'
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
                CommandError::Text(_)
                | CommandError::OfTheChain
                | CommandError::Fingerprint
                | CommandError::OtherDay => StoreError::corrupt("inbox.payload"),
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

/// The end of this day at this second, if it waits and a final block says that the second has come.
///
/// Whatever of the chain happened before was recorded with that block or earlier: who lists what waits after asking this
/// sees all of it.
pub async fn find_day_end(
    connection: &mut PgConnection,
    day: Day,
    ends_at: u64,
) -> Result<Waiting, StoreError> {
    let row = sqlx::query_as!(
        WaitingRow,
        "SELECT id, source, payload::text AS \"payload!\", fingerprint, effective_at, chain_seq, block_number,
             block_hash, transaction_hash
         FROM inbox
         WHERE source = 'schedule' AND natural_key = $1 AND effective_at = $2
             AND fact_seq IS NULL AND NOT quarantined
             AND EXISTS (SELECT FROM checkpoint WHERE final_timestamp >= $2)",
        schedule::key(day),
        signed(ends_at)?,
    )
    .fetch_optional(connection)
    .await?;
    let mut waiting = Waiting::default();
    match row.map(|row| (row.id, row.end_of(day))) {
        Some((_, Ok(entry))) => waiting.entries.push(entry),
        Some((id, Err(error))) => waiting.unusable.push(SetAside::new(id, error.cause(), &error)),
        None => {}
    }
    Ok(waiting)
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

    /// The entry, if it is the end of this day.
    fn end_of(&self, day: Day) -> Result<Entry, CommandError> {
        let entry = self.command()?;
        if entry.cause != schedule::ended(day) {
            return Err(CommandError::OtherDay);
        }
        Ok(entry)
    }
}

/// Cuts what was read to at most `limit`, at the end of a block.
fn cut(mut entries: Vec<Entry>, limit: usize) -> Waiting {
    if entries.len() <= limit {
        // This is everything that waits, and the listener stores whole blocks.
        let completed = entries.iter().rev().find_map(Entry::block);
        return Waiting {
            entries,
            completed,
            ..Waiting::default()
        };
    }
    let mut next = None;
    for end in (1..=limit).rev() {
        next = entries[end].block().or(next);
        let last = entries[..end].iter().rev().find_map(Entry::block);
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
