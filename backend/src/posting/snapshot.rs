//! Periodic snapshots of the state, so that a restart replays only later facts.
//!
//! It is bound to the format, the plan and the hash of the batch that it ends with; what does not fit is left alone and history is
//! replayed. After what came later is applied, it has to be what the books say of every user and deposit. Not responsible for the
//! format: that is the plan's.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use ledger::Account;
use money::Amount;
use plan::{BOOK_FORMAT, Book, DepositId, UserId};
use sqlx::{Connection, PgConnection};
use store::posting::DepositIndex;
use store::posting_snapshot::{self, Header, Stored};
use store::{StoreError, within};
use tokio::task::JoinHandle;

use super::{Config, Writer, writer};

/// Users or deposits that are compared at once.
const COMPARED_AT_ONCE: i32 = 100_000;

/// Between two snapshots passes this many times what the last one took: that is at most 2 % of the worker's time.
const PAUSE_FACTOR: u32 = 50;

/// The longest that storing one may take.
const STORE_WITHIN: Duration = Duration::from_mins(5);

/// Memory to go on from.
#[derive(Debug)]
pub(super) struct Start {
    pub(super) book: Book,
    pub(super) deposits: DepositIndex,
    pub(super) fact_seq: u64,
    pub(super) chain_seq: u64,
    /// Whether there is something to compare.
    pub(super) is_kept: bool,
}

impl Start {
    /// The beginning of history.
    pub(super) fn at_the_beginning(empty: Book) -> Self {
        Self {
            book: empty,
            deposits: DepositIndex::default(),
            fact_seq: 0,
            chain_seq: 0,
            is_kept: false,
        }
    }

    /// The newest memory that fits, if there is one.
    pub(super) async fn find(
        connection: &mut PgConnection,
        empty: &Book,
    ) -> Result<Option<Self>, StoreError> {
        for stored in posting_snapshot::list(connection).await? {
            let fact_seq = stored.header.fact_seq;
            match read(connection, empty, &stored).await {
                Ok(start) => return Ok(Some(start)),
                Err(Unfit::Store(error)) if error.outage().is_some() => return Err(error),
                Err(error) => {
                    let error = service::ErrorChain(&error).to_string();
                    tracing::warn!(fact.seq = fact_seq, error, "ignoring a snapshot");
                }
            }
        }
        Ok(None)
    }
}

/// Why ignoring a snapshot.
#[derive(Debug, thiserror::Error)]
enum Unfit {
    /// It belongs to a different ledger, plan or program.
    #[error("it belongs to a different history, plan or format")]
    Other,
    /// Its bytes are no book.
    #[error(transparent)]
    Bytes(#[from] plan::NotABook),
    /// It cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

async fn read(connection: &mut PgConnection, empty: &Book, stored: &Stored) -> Result<Start, Unfit> {
    let header = &stored.header;
    let plan = empty.plan();
    if !stored.is_of_this_ledger || header.plan_hash != plan.hash() || header.format != BOOK_FORMAT {
        return Err(Unfit::Other);
    }
    let bytes = posting_snapshot::fetch_bytes(connection, stored).await?;
    let book = empty.decode_as(&bytes)?;
    Ok(Start {
        book,
        deposits: posting_snapshot::list_deposits(connection, header.fact_seq).await?,
        fact_seq: header.fact_seq,
        chain_seq: header.chain_seq,
        is_kept: true,
    })
}

/// Whether the books have exactly these users, wallets, balances and deposits, once the last fact is posted to its end: what it
/// still makes available is in memory already.
pub(super) async fn is_of_the_books(connection: &mut PgConnection, book: &Book) -> Result<bool, StoreError> {
    let (mut users, mut deposits) = (0usize, 0usize);
    let mut to_come: BTreeMap<UserId, Amount> = BTreeMap::new();
    for leg in book.legs_left() {
        if let Account::Available(user) = leg.credit {
            let sum = to_come.entry(user).or_default();
            *sum = sum.checked_add(leg.amount).unwrap_or(Amount::new(u128::MAX));
        }
    }
    let mut first = 1i32;
    loop {
        let numbers = first..first.saturating_add(COMPARED_AT_ONCE);
        let booked = posting_snapshot::list_users(connection, numbers.clone()).await?;
        let references = posting_snapshot::list_references(connection, numbers.clone()).await?;
        if booked.is_empty() && references.is_empty() {
            return Ok(book.state().counts(users, deposits));
        }
        users += booked.len();
        deposits += references.len();
        let is_user = |found: &posting_snapshot::BookedUser| {
            let available = book.state().payments(found.user).available;
            let to_come = to_come.get(&found.user).copied().unwrap_or_default();
            let booked = found.available.checked_add(to_come);
            book.wallet_of(found.user) == Some(found.wallet) && booked == Ok(available)
        };
        let is_deposit = |(id, deposit_ref): &(DepositId, _)| book.deposit_of(*deposit_ref) == Some(*id);
        if !booked.iter().all(is_user) || !references.iter().all(is_deposit) {
            return Ok(false);
        }
        first = numbers.end;
    }
}

/// Keeps memory now and then.
#[derive(Debug)]
pub(super) struct Keeper {
    facts_min: u64,
    pause: Duration,
    next: Instant,
    /// The last fact to keep, or tried to be.
    kept: u64,
    storing: Option<JoinHandle<()>>,
}

impl Keeper {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            facts_min: config.snapshot_facts,
            pause: config.snapshot_pause,
            next: Instant::now() + config.snapshot_pause,
            kept: 0,
            storing: None,
        }
    }

    /// Memory was read from, or replayed through, this fact.
    pub(super) fn begins_at(&mut self, fact_seq: u64) {
        self.kept = fact_seq;
    }

    /// Keeps the writer's memory, if it is time to and the writer has nothing in progress. Encoding is done here, storing beside the
    /// worker, on a connection of its own.
    pub(super) fn keep(&mut self, config: &Config, writer: &Writer) {
        let tail = *writer.tail();
        let is_busy = self
            .storing
            .as_ref()
            .is_some_and(|storing| !storing.is_finished());
        let is_due = tail.fact_seq >= self.kept.saturating_add(self.facts_min) && Instant::now() >= self.next;
        if is_busy || !is_due || writer.has_prepared() {
            return;
        }
        let begun = Instant::now();
        let Some(bytes) = writer.book().encode() else {
            self.next = begun + self.pause;
            return;
        };
        let header = Header::of(&tail, writer.book().plan().hash(), BOOK_FORMAT);
        let took = begun.elapsed();
        self.kept = tail.fact_seq;
        self.next = Instant::now() + self.pause.max(took.saturating_mul(PAUSE_FACTOR));
        metrics::histogram!("trellis_posting_snapshot_seconds").record(took);
        let url = config.database_url.clone();
        self.storing = Some(tokio::spawn(async move {
            let (fact_seq, size) = (header.fact_seq, bytes.len());
            match within(STORE_WITHIN, store(&url, &header, &bytes)).await {
                Ok(()) => tracing::info!(fact.seq = fact_seq, bytes = size, "stored a snapshot"),
                Err(error) => {
                    let error = service::ErrorChain(&error).to_string();
                    tracing::warn!(fact.seq = fact_seq, error, "cannot store a snapshot");
                }
            }
        }));
    }
}

async fn store(url: &str, header: &Header, bytes: &[u8]) -> Result<(), StoreError> {
    let mut connection = writer::connect(url).await?;
    let mut transaction = connection.begin().await?;
    posting_snapshot::insert(&mut transaction, header, bytes).await?;
    transaction.commit().await?;
    Ok(connection.close().await?)
}
