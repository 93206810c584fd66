//! The books as rows: the actual and the expected contents of PostgreSQL, in the same form.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256};
use money::Amount;
use plan::Cause;

/// A fact and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostedFact {
    /// Its number.
    pub seq: u64,
    /// The batch that posted it.
    pub batch_seq: u64,
    /// What the inbox says that it is number.
    pub inbox_seq: Option<u64>,
    /// What happened.
    pub cause: Cause,
    /// The stored fingerprint.
    pub fingerprint: B256,
    /// The fingerprint that the stored cause has.
    pub fingerprint_of_cause: B256,
    /// Seconds since 1970-01-01 UTC.
    pub effective_at: u64,
}

/// A row of `posting_batch`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchRow {
    /// First fact.
    pub first_fact: u64,
    /// Last fact.
    pub last_fact: u64,
    /// Number of transfers.
    pub transfers: u64,
    /// Last block that is posted whole.
    pub block_number: u64,
    /// Its hash.
    pub block_hash: B256,
    /// Hash of the batch before.
    pub prev_hash: B256,
    /// Its hash.
    pub hash: B256,
}

/// A row of `transfer`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of the table of the same name")]
pub struct TransferRow {
    pub debit: i64,
    pub credit: i64,
    pub amount: Amount,
    pub reason: i16,
    pub phase: i16,
    /// Fact and leg of the pending transfer that it resolves.
    pub resolves: Option<(u64, u32)>,
}

/// A row of `account`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of the table of the same name")]
pub struct AccountRow {
    pub kind: String,
    pub user: Option<u32>,
    pub detail: u32,
    pub tree: Option<u32>,
    pub guarded: bool,
}

/// A row of `balance`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of the table of the same name")]
pub struct BalanceRow {
    pub debits_posted: Amount,
    pub credits_posted: Amount,
    pub debits_pending: Amount,
    pub credits_pending: Amount,
    pub guarded: bool,
}

/// A row of `users`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of the table of the same name")]
pub struct UserRow {
    pub wallet: Address,
    pub sponsor: Option<u32>,
    pub ordinal: u32,
    pub status: String,
    pub frozen_until: Option<u64>,
    pub directs: u32,
    pub retopups: u32,
    pub registered_fact: u64,
    pub registered_at: u64,
    pub paid: Amount,
}

/// A row of `deposit`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of the table of the same name")]
pub struct DepositRow {
    pub deposit_ref: B256,
    pub kind: String,
    pub user: u32,
    pub amount: Amount,
    pub refundable_until: u64,
    pub state: String,
    pub fact_seq: u64,
    pub closed_fact: Option<u64>,
}

/// A row of `pool_tree`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of the table of the same name")]
pub struct TreeRow {
    pub nodes: u32,
    pub status: String,
    pub opened_fact: u64,
    pub closed_fact: Option<u64>,
}

/// A row of `pool_node`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of the table of the same name")]
pub struct NodeRow {
    pub user: u32,
    pub funding: String,
    pub fact_seq: u64,
}

/// A row of `reward`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of the table of the same name")]
pub struct RewardRow {
    pub user: u32,
    pub source: u32,
    pub kind: String,
    pub tier: Option<u32>,
    pub distance: u32,
    pub amount: Amount,
    pub deposit: Option<u32>,
    pub withheld: Option<String>,
}

/// A row of `payout`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of the table of the same name")]
pub struct PayoutRow {
    pub amount: Amount,
    pub held: Amount,
    pub target: Option<Amount>,
    pub state: String,
    pub refused: Option<String>,
    pub settled: Option<Amount>,
    pub held_fact: u64,
    pub closed_fact: Option<u64>,
}

/// What facts determine of a row of `payout_batch`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of the table of the same name")]
pub struct PayoutBatchRow {
    pub held_fact: Option<u64>,
    pub closed_fact: Option<u64>,
    /// The state, when it is a last one.
    pub ended: Option<String>,
}

/// A row of `claim`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of the table of the same name")]
pub struct ClaimRow {
    pub root: B256,
    pub entitled: Amount,
    pub amount: Amount,
    pub state: String,
}

/// A row of `user_income`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of the table of the same name")]
pub struct IncomeRow {
    pub direct: Amount,
    pub pool_layer: Amount,
    pub generation: Amount,
    pub funded: Amount,
}

/// A row of `continued_fact`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContinuedRow {
    /// How many facts it is.
    pub parts: u32,
    /// Transfers of all of them.
    pub legs: u64,
    /// Sum of these transfers.
    pub amount: Amount,
}

/// A row of `accrual`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of the table of the same name")]
pub struct AccrualRow {
    pub subscription: u32,
    pub user: u32,
    pub amount: Amount,
    pub reward: Option<u32>,
}

/// A row of `withholding_record`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of the table of the same name")]
pub struct WithholdingRow {
    pub user: u32,
    pub policy: u32,
    pub financial_year: u32,
    pub gross: Amount,
    pub base: Amount,
    pub amount: Amount,
    pub is_returned: bool,
}

/// A row of `withholding_year`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of the table of the same name")]
pub struct WithholdingYearRow {
    pub paid: Amount,
    pub taxed: Amount,
    pub withheld: Amount,
    pub paid_returned: Amount,
    pub taxed_returned: Amount,
    pub withheld_returned: Amount,
}

/// A row of `binary_pair`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of the table of the same name")]
pub struct PairRow {
    pub user: u32,
    pub fact_seq: u64,
    pub amount: Amount,
    pub withheld: Amount,
    pub instalment: Amount,
    pub returned_fact: Option<u64>,
}

/// A row of `member_record`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of the table of the same name")]
pub struct MemberRow {
    pub side: Option<String>,
    pub lots: [u32; 2],
    pub paid: Amount,
    pub has_tax_id: bool,
}

/// A row of `component_effect`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of the table of the same name")]
pub struct ComponentEffectRow {
    pub kind: String,
    pub user: Option<u32>,
    pub number: Option<u32>,
    pub amount: Option<Amount>,
    /// JSON without blanks, its keys in order.
    pub detail: Option<String>,
}

/// Everything that follows from facts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Books {
    /// By fact and leg.
    pub transfers: BTreeMap<(u64, u32), TransferRow>,
    /// By id.
    pub accounts: BTreeMap<i64, AccountRow>,
    /// By account.
    pub balances: BTreeMap<i64, BalanceRow>,
    /// By id.
    pub users: BTreeMap<u32, UserRow>,
    /// By id.
    pub deposits: BTreeMap<u32, DepositRow>,
    /// By tier and number.
    pub trees: BTreeMap<(u32, u32), TreeRow>,
    /// By tier, tree and index.
    pub nodes: BTreeMap<(u32, u32, u32), NodeRow>,
    /// By fact and leg.
    pub rewards: BTreeMap<(u64, u32), RewardRow>,
    /// The fact that forfeited a reward, by the reward's fact and leg.
    pub forfeited: BTreeMap<(u64, u32), u64>,
    /// The fact that resolved a pending transfer, by its fact and leg.
    pub resolutions: BTreeMap<(u64, u32), u64>,
    /// By batch and user.
    pub payouts: BTreeMap<(B256, u32), PayoutRow>,
    /// By id. What operators requested and no fact speaks of yet has a row without anything in it.
    pub payout_batches: BTreeMap<B256, PayoutBatchRow>,
    /// By fact and user.
    pub claims: BTreeMap<(u64, u32), ClaimRow>,
    /// By user.
    pub incomes: BTreeMap<u32, IncomeRow>,
    /// Choice and the fact that made it, by user and tier.
    pub choices: BTreeMap<(u32, u32), (String, u64)>,
    /// By fact and position.
    pub component_effects: BTreeMap<(u64, u32), ComponentEffectRow>,
    /// By fact and position.
    pub accruals: BTreeMap<(u64, u32), AccrualRow>,
    /// Facts that others continue.
    pub continued: BTreeMap<u64, ContinuedRow>,
    /// Accruals and what funds granted are counted from the fact behind this one on.
    pub funded_after: u64,
    /// By fact and position.
    pub withholdings: BTreeMap<(u64, u32), WithholdingRow>,
    /// By user, financial year and policy.
    pub withholding_years: BTreeMap<(u32, u32, u32), WithholdingYearRow>,
    /// By reward.
    pub pairs: BTreeMap<u32, PairRow>,
    /// By user.
    pub members: BTreeMap<u32, MemberRow>,
    /// The four tables above contain what happened from the fact behind this one on.
    pub recorded_after: u64,
    /// Causes by fact and position.
    pub discrepancies: BTreeMap<(u64, u32), String>,
}

/// What is to be verified, all of it read at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// In the order of their numbers.
    pub facts: Vec<PostedFact>,
    /// By number.
    pub batches: BTreeMap<u64, BatchRow>,
    /// What is stored.
    pub books: Books,
}
