//! The input of the checks: books, events and contract at one block. Plain data, read elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use alloy_primitives::{Address, B256};
use ledger::Account;
use money::Amount;
use plan::CompiledPlan;

use crate::checks::{Events, JournalRoot, Skip};
use crate::liabilities::Leaf;

/// Everything, read at the block of the last posting batch.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The moment.
    pub position: Position,
    /// The plan under which the books are kept.
    pub plan: CompiledPlan,
    /// The books, read in one transaction.
    pub books: Ledger,
    /// The events up to the block.
    pub events: Events,
    /// The contract at the block's hash.
    pub chain: Result<Chain, Skip>,
    /// The signers' memories, read after the books.
    pub signers: Result<Vec<SignerMemory>, Skip>,
    /// What operators expect of the contract's configuration.
    pub expected: Result<Configuration, Skip>,
}

/// The moment at which everything was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Last posting batch.
    pub batch_seq: u64,
    /// Last fact.
    pub fact_seq: u64,
    /// Last journal entry that is a fact.
    pub chain_seq: u64,
    /// Last block that is posted whole.
    pub block_number: u64,
    /// Its hash.
    pub block_hash: B256,
    /// Its time, in seconds since 1970-01-01 UTC.
    pub block_timestamp: u64,
}

/// The books.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// Every balance.
    pub balances: Vec<Counters>,
    /// The same, summed from the transfers, of some accounts.
    pub recount: Option<Recount>,
    /// By user id.
    pub users: BTreeMap<u32, User>,
    /// Every deposit.
    pub deposits: Vec<Deposit>,
    /// Occupied places of tier 1, by tree and index.
    pub first_tier: BTreeMap<(u32, u32), Node>,
    /// How payments were divided: of the deposits since the last run, and of those that were re-read.
    pub splits: Vec<Split>,
    /// Every batch that was requested.
    pub batches: Vec<Batch>,
    /// Accounts that send our transactions.
    pub senders: Vec<Sender>,
    /// Trees of liabilities that were published, or could still be.
    pub roots: Vec<Root>,
}

/// The counters of accounts, summed from their transfers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recount {
    /// Which accounts: those of users, and of trees, with these numbers. What belongs to nobody has the number 0.
    pub subjects: RangeInclusive<u32>,
    /// Every account that has transfers.
    pub counters: Vec<Counters>,
}

/// Counters of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of the table `balance`")]
pub struct Counters {
    pub account: Account,
    pub debits_posted: Amount,
    pub credits_posted: Amount,
    pub debits_pending: Amount,
    pub credits_pending: Amount,
}

/// A user of the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The wallet.
    pub wallet: Address,
    /// The user's sponsor.
    pub sponsor: Option<u32>,
    /// Whether the registration was refunded.
    pub is_refunded: bool,
    /// End of the freeze that the ledger knows of.
    pub frozen_until: Option<u64>,
    /// Everything that the chain ever sent, credited or let claim, by the ledger.
    pub paid: Amount,
    /// Every reward that was ever granted.
    pub granted: Amount,
}

/// A deposit of the books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deposit {
    /// Reference on the chain.
    pub deposit_ref: B256,
    /// Whether it is a registration.
    pub is_registration: bool,
    /// Who paid.
    pub user: u32,
    /// How much.
    pub amount: Amount,
    /// Where it stands.
    pub state: DepositState,
    /// The fact that took it.
    pub fact_seq: u64,
    /// The fact that ended it.
    pub closed_fact: Option<u64>,
    /// Whether it went into clearing, because the plan had no use of it.
    pub is_parked: bool,
}

/// Where a deposit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DepositState {
    /// In escrow.
    Held,
    /// Past its cooling-off time.
    Matured,
    /// Went back.
    Refunded,
}

/// A place in a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// Who has it.
    pub user: u32,
    /// Since which fact.
    pub fact_seq: u64,
}

/// How a payment was divided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// The fact of the payment.
    pub fact_seq: u64,
    /// The parts, in order.
    pub parts: Vec<Part>,
}

/// A part of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Where it went.
    pub credit: Account,
    /// How much.
    pub amount: Amount,
    /// By which rule.
    pub reason: ledger::Reason,
    /// The user whom the stored reward is about, also when it was withheld.
    pub recipient: Option<u32>,
}

/// A batch of payouts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Replay key on the chain.
    pub id: B256,
    /// Where it stands.
    pub state: BatchState,
    /// Last second at which its authorization is valid, once there is one.
    pub deadline: Option<u64>,
    /// Hash of the rewards that it covers, once it is sealed.
    pub manifest_hash: Option<B256>,
    /// Whether a signature is stored.
    pub is_signed: bool,
    /// Its lines, refused ones excepted.
    pub payouts: Vec<Payout>,
}

/// Where a batch stands, as far as checks distinguish it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchState {
    /// From request to approval: nothing of it can be on the chain.
    Open,
    /// Signed: it can be on the chain at any time.
    Signed,
    /// The ledger posted its execution.
    Executed,
    /// It let go of what it held: expired or cancelled.
    Released,
    /// A human looks at it.
    Quarantined,
}

/// A line of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payout {
    /// For whom.
    pub user: u32,
    /// What it holds back now.
    pub held: Amount,
    /// What the contract will have paid to the user in all.
    pub target: Amount,
    /// The outcome of it.
    pub state: PayoutState,
    /// What the chain paid, once it did.
    pub settled: Amount,
}

/// The outcome of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayoutState {
    /// It holds money back.
    Held,
    /// Sent.
    Executed,
    /// Kept by the contract.
    Credited,
    /// Nothing was due.
    Skipped,
    /// Let go.
    Released,
}

/// An account that sends our transactions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// The account.
    pub address: Address,
    /// The next nonce to allocate.
    pub next_nonce: u64,
    /// Nonces of all its submissions, ascending, and whether finality was seen.
    pub submissions: Vec<(u64, SubmissionEnd)>,
}

/// Whether a submission's transaction was seen at finality.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubmissionEnd {
    /// Not yet.
    Open,
    /// In this block.
    Final(u64),
}

/// A tree of liabilities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// Its hash.
    pub root: B256,
    /// Sum of its leaves.
    pub total: Amount,
    /// Journal entry up to which it counts.
    pub as_of_seq: u64,
    /// Whether the ledger posted that the chain has it.
    pub is_published: bool,
    /// Whether the ledger posted that it was vetoed.
    pub is_vetoed: bool,
    /// Its leaves, when they were read: of the newest.
    pub leaves: Option<Vec<Leaf>>,
}

/// The contract.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    /// Ether.
    pub balance: Amount,
    /// `totals()`.
    pub totals: Totals,
    /// `journalHead()`.
    pub journal: (u64, JournalRoot),
    /// `account(user)` of the users that were read.
    pub accounts: BTreeMap<Address, ChainAccount>,
    /// `batchState(id)` of whichever was read.
    pub batches: BTreeMap<B256, u64>,
    /// Total of `liabilities(root)` of whichever was read.
    pub roots: BTreeMap<B256, Amount>,
    /// `latestRoot()`, if there is one.
    pub latest_root: Option<B256>,
    /// Transactions of our senders up to the block.
    pub nonces: BTreeMap<Address, u64>,
    /// Roles, signers, code and limits.
    pub configuration: Configuration,
}

/// The contract's own sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the values of the contract's view of the same name")]
pub struct Totals {
    pub pushed: Amount,
    pub claimed: Amount,
    pub credited: Amount,
    pub escrowed: Amount,
}

/// The contract's account of a user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChainAccount {
    /// Everything ever sent, credited or claimed.
    pub paid: Amount,
    /// Credited and not withdrawn.
    pub credit: Amount,
    /// 0 unknown, 1 never frozen, else the end of the last freeze.
    pub frozen_until: u64,
}

/// Named values of the contract's configuration.
pub type Configuration = BTreeMap<String, String>;

/// What a signer remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignerMemory {
    /// Which signer.
    pub name: String,
    /// The first thing wrong with its audit trail.
    pub broken_trail: Option<String>,
    /// References of the intakes that it signed; `None` if it signs none, or they were not read.
    pub intakes: Option<BTreeSet<B256>>,
    /// Ids of the batches that it signed; `None` if it signs none.
    pub batches: Option<BTreeSet<B256>>,
    /// The roots that it signed; `None` if it signs none.
    pub roots: Option<BTreeSet<B256>>,
}
