//! Restores a ledger to an earlier fact as a copy beside the current one.
//!
//! The current database is copied whole and never touched: it is the evidence. In the copy everything that follows from facts
//! is posted again, up to the fact that was requested; what came later waits again, in its order, but for journal entries that the
//! chain does not have: those are removed, and whatever the listener recorded behind them is read from the chain again. What is
//! stored of the chain proves nothing here: who forged a fact may have forged its log.
//!
//! Not responsible for deciding which fact is the last good one, nor for putting the copy in the place of the original.

use std::collections::BTreeMap;
use std::time::Duration;

use chain::{ChainError, ChainReader};
use plan::{Book, CompiledPlan, Outcome};
use serde_json::{Value, json};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection, PgTransaction};
use store::deployment::{self, Deployment};
use store::inbox::{ChainEntry, Entry};
use store::lease::{self, Lease, LeaseError, LeaseName};
use store::posting::{BATCH_FACTS_MAX, DepositIndex, Draft, PostingError, Tail, post};
use store::replay_request::BLOCKS_MAX;
use store::restore::{self, PostedBatch, WaitingEntry};
use store::{StoreError, replay};
use thiserror::Error;

use crate::posting::proof::{self, ProofError};

/// The database that is connected to for copying others.
const MAINTENANCE: &str = "postgres";

/// Long enough for one look at the copy, which nobody else knows.
const LEASE_TTL: Duration = Duration::from_secs(60);

/// Entries that are compared with the chain at once.
const ENTRIES_AT_ONCE: usize = 1_000;

/// What a restoration did.
#[derive(Debug)]
pub struct Restored {
    /// The last fact of the copy.
    pub to_fact: u64,
    /// Facts that came later, and wait again unless they are among the removed.
    pub facts_undone: u64,
    /// Journal entries that the chain does not have, and those behind them, as they were.
    pub removed: Vec<Value>,
    /// The block above which the listener reads again.
    pub read_again_above: u64,
    /// Requests of users that the facts no longer have.
    pub withdrawals_gone: u64,
}

/// Why nothing was restored. The current database is as it was, and there is no copy.
#[derive(Debug, Error)]
pub enum RestoreError {
    /// A database's name that would have to be quoted.
    #[error("{0:?} is not a plain database name (a to z, 0 to 9 and _)")]
    Name(String),
    /// Processes still run.
    #[error("the database is in use: {}; stop every process first", .0.join(", "))]
    InUse(Vec<String>),
    /// The database is not bound to a contract and a plan, or the plan does not compile to what was deployed.
    #[error("the database is not bound to a plan that this version can compile")]
    NotDeployed,
    /// A table of another version of the program.
    #[error("the database has tables unknown to this version: {}", .0.join(", "))]
    UnknownTables(Vec<String>),
    /// There is no such fact.
    #[error("the last fact is {last}; there is no fact {asked} to restore to")]
    NoSuchFact {
        /// The last.
        last: u64,
        /// What was requested.
        asked: u64,
    },
    /// A fact that is to be kept is not what the chain's log says.
    #[error("batch {batch_seq}, from fact {first_fact}, cannot be kept; restore to an earlier fact")]
    Unproven {
        /// The batch that holds it.
        batch_seq: u64,
        /// First fact of that batch.
        first_fact: u64,
        /// Why.
        #[source]
        source: ProofError,
    },
    /// Facts that are to be kept give something else than was posted.
    #[error("batch {batch_seq} was posted inconsistently with its facts; restore to fact {} or earlier", .first_fact.saturating_sub(1))]
    HashDiffers {
        /// The batch.
        batch_seq: u64,
        /// Its first fact.
        first_fact: u64,
    },
    /// The numbers of facts have a gap.
    #[error("fact {0} is missing")]
    FactMissing(u64),
    /// Someone wrote to the current database meanwhile.
    #[error("the database was written to in the meantime; stop every process first")]
    Moved,
    /// The copy does not follow from its facts: a mistake of this program.
    #[error("the copy is inconsistent with its facts: {0}")]
    NotVerified(String),
    /// A fact would not be posted again.
    #[error(transparent)]
    Posting(#[from] PostingError),
    /// The copy's lease was lost.
    #[error(transparent)]
    Lease(#[from] LeaseError),
    /// The node is on a different chain.
    #[error("the node is on a different chain from the ledger")]
    WrongChain,
    /// The node does not respond.
    #[error("the chain cannot be read")]
    Chain(#[from] ChainError),
    /// The chain's logs cannot be read.
    #[error("the chain's logs cannot be read")]
    Logs(#[from] listener::StepError),
    /// The database refuses, or does not respond.
    #[error(transparent)]
    Store(#[from] StoreError),
}

store::from_sqlx!(RestoreError);

/// Copies the database of `url` into a new one of the name `into` and restores the copy to fact `to_fact`, as the owner, who may
/// create databases. The node at `rpc_url` says which later entries are true.
pub async fn restore(url: &str, rpc_url: &str, into: &str, to_fact: u64) -> Result<Restored, RestoreError> {
    let options: PgConnectOptions = url.parse()?;
    let options = options
        .application_name("trellis-restore")
        .disable_statement_logging();
    let from = options.get_database().unwrap_or_default().to_owned();
    for name in [from.as_str(), into] {
        if !restore::is_plain_name(name) {
            return Err(RestoreError::Name(name.to_owned()));
        }
    }
    let mut present = options.connect().await?;
    let (deployed, plan) = check(&mut present, to_fact).await?;
    let reader = ChainReader::connect(rpc_url, deployed.contract)?;
    if reader.chain_id().await? != deployed.chain_id {
        return Err(RestoreError::WrongChain);
    }
    let before = restore::fetch_ends(&mut present).await?;
    // Whoever is connected keeps PostgreSQL from copying.
    present.close().await?;
    let mut maintenance = options.clone().database(MAINTENANCE).connect().await?;
    restore::copy_database(&mut maintenance, &from, into).await?;
    let copied = async {
        let mut present = options.connect().await?;
        let mut copy = options.clone().database(into).connect().await?;
        let restored = in_copy(&mut copy, &mut present, &reader, &plan, to_fact).await?;
        if restore::fetch_ends(&mut present).await? != before {
            return Err(RestoreError::Moved);
        }
        present.close().await?;
        copy.close().await?;
        Ok(restored)
    }
    .await;
    if copied.is_err() {
        restore::drop_database(&mut maintenance, into).await?;
    }
    maintenance.close().await?;
    copied
}

/// What the database is bound to, when it may be restored.
async fn check(present: &mut PgConnection, to_fact: u64) -> Result<(Deployment, CompiledPlan), RestoreError> {
    let occupants = restore::list_occupants(present).await?;
    if !occupants.is_empty() {
        return Err(RestoreError::InUse(occupants));
    }
    let unknown = restore::list_unknown_tables(present).await?;
    if !unknown.is_empty() {
        return Err(RestoreError::UnknownTables(unknown));
    }
    let deployed = deployment::find(present)
        .await?
        .ok_or(RestoreError::NotDeployed)?;
    let plan = deployed.compile_plan().map_err(|_| RestoreError::NotDeployed)?;
    let last = replay::find_last_batch(present)
        .await?
        .map_or(0, |last| last.tail.fact_seq);
    if to_fact > last {
        return Err(RestoreError::NoSuchFact { last, asked: to_fact });
    }
    Ok((deployed, plan))
}

/// Restores the copy, all or nothing, and verifies it.
async fn in_copy(
    copy: &mut PgConnection,
    present: &mut PgConnection,
    reader: &ChainReader,
    plan: &CompiledPlan,
    to_fact: u64,
) -> Result<Restored, RestoreError> {
    let (_, last_fact, _) = restore::fetch_ends(present).await?;
    let mut transaction = copy.begin().await?;
    let emptied = restore::empty(&mut transaction).await?;
    let lease = lease::claim(
        &mut transaction,
        LeaseName::Posting,
        "trellis ledger restore",
        LEASE_TTL,
    )
    .await?
    .ok_or_else(|| RestoreError::InUse(vec!["the posting lease is held".to_owned()]))?;
    let mut kept = Kept {
        book: Book::new(plan.clone()),
        deposits: DepositIndex::default(),
        tail: Tail::default(),
        lease,
    };
    for batch in restore::list_batches(present, to_fact).await? {
        kept.post_again(&mut transaction, present, &batch, to_fact)
            .await?;
    }
    let last_true = last_true(&mut transaction, reader, kept.tail.chain_seq).await?;
    let removed = restore::delete_entries(&mut transaction, last_true).await?;
    let read_again_above = restore::rewind_record(&mut transaction, last_true).await?;
    let withdrawals_gone = restore::put_back(&mut transaction, &emptied).await?;
    lease::release(&mut transaction, lease).await?;
    let facts_undone = u64::try_from(last_fact)
        .unwrap_or_default()
        .saturating_sub(to_fact);
    let detail = json!({
        "facts_undone": facts_undone,
        "removed": removed.len(),
        "read_again_above": read_again_above,
        "withdrawals_gone": withdrawals_gone,
    });
    restore::insert_audit(&mut transaction, to_fact, &detail).await?;
    transaction.commit().await?;
    let snapshot = store::snapshot::read(copy).await?;
    if let Some(first) = audit::verify(&Book::new(plan.clone()), &snapshot).first() {
        return Err(RestoreError::NotVerified(first.to_string()));
    }
    Ok(Restored {
        to_fact,
        facts_undone,
        removed,
        read_again_above,
        withdrawals_gone,
    })
}

/// What is posted again so far.
struct Kept {
    book: Book,
    deposits: DepositIndex,
    tail: Tail,
    lease: Lease,
}

impl Kept {
    /// Posts a batch again, the last one in part if need be, and compares it with what was posted.
    async fn post_again(
        &mut self,
        transaction: &mut PgTransaction<'_>,
        present: &mut PgConnection,
        batch: &PostedBatch,
        to_fact: u64,
    ) -> Result<(), RestoreError> {
        let last = batch.last_fact.min(to_fact);
        let entries = self.read(present, last).await?;
        proof::prove(transaction, &entries)
            .await
            .map_err(|source| RestoreError::Unproven {
                batch_seq: batch.seq,
                first_fact: batch.first_fact,
                source,
            })?;
        let mut draft = Draft::new(&self.tail);
        let mut outcome = Outcome::default();
        for entry in &entries {
            self.book.apply(&entry.cause, &mut outcome);
            draft.add(&mut self.deposits, entry, &outcome)?;
        }
        // Of a batch that is cut, no block is complete but those before it.
        let is_whole = last == batch.last_fact;
        let again = draft.seal(is_whole.then_some(batch.block));
        if is_whole && again.tail().hash != batch.hash {
            return Err(RestoreError::HashDiffers {
                batch_seq: batch.seq,
                first_fact: batch.first_fact,
            });
        }
        post(transaction, self.lease, &again).await?;
        self.tail = again.tail();
        Ok(())
    }

    /// The facts after the last one that is posted again, through `last`.
    async fn read(&self, present: &mut PgConnection, last: u64) -> Result<Vec<Entry>, RestoreError> {
        let count = usize::try_from(last - self.tail.fact_seq).unwrap_or(BATCH_FACTS_MAX);
        let facts = replay::list_facts(present, self.tail.fact_seq, count).await?;
        for (fact, seq) in facts.iter().zip(self.tail.fact_seq + 1..) {
            if fact.seq != seq {
                return Err(RestoreError::FactMissing(seq));
            }
        }
        if facts.len() < count {
            return Err(RestoreError::FactMissing(last));
        }
        Ok(facts.into_iter().map(|fact| fact.entry).collect())
    }
}

/// The last journal entry that the chain has, too, of those that wait above `seq` without a gap.
async fn last_true(
    transaction: &mut PgTransaction<'_>,
    reader: &ChainReader,
    seq: u64,
) -> Result<u64, RestoreError> {
    let mut last = seq;
    loop {
        let waiting = restore::list_waiting_entries(transaction, last, ENTRIES_AT_ONCE).await?;
        let Some(on_chain) = on_chain(reader, &waiting).await? else {
            return Ok(last);
        };
        for stored in waiting {
            let is_true = stored.seq == last + 1
                && stored
                    .entry
                    .is_some_and(|entry| on_chain.get(&entry.seq) == Some(&entry));
            if !is_true {
                return Ok(last);
            }
            last = stored.seq;
        }
    }
}

/// What the chain has in the blocks of these entries; `None` when there are no entries that can be looked for.
async fn on_chain(
    reader: &ChainReader,
    waiting: &[WaitingEntry],
) -> Result<Option<BTreeMap<u64, ChainEntry>>, RestoreError> {
    let blocks = || {
        waiting
            .iter()
            .filter_map(|stored| Some(stored.entry.as_ref()?.block.number))
    };
    let (Some(first), Some(last)) = (blocks().min(), blocks().max()) else {
        return Ok(None);
    };
    let last = last.min(reader.finalized().await?.number);
    let mut entries = BTreeMap::new();
    let mut from = first;
    while from <= last {
        let to = last.min(from.saturating_add(BLOCKS_MAX - 1));
        let read = listener::replay::read(reader, from..=to).await?;
        entries.extend(read.entries.into_iter().map(|entry| (entry.seq, entry)));
        from = to + 1;
    }
    Ok(Some(entries))
}
