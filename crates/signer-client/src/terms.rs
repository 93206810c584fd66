//! Requests besides intakes: batches, roots and transactions, typed, with their JSON; see `wire`.
//!
//! Not responsible for rules: the signer has them.

use std::fmt;

use alloy_primitives::{Address, B256, Bytes, keccak256};
use approval::{Approval, Moment};
use money::Amount;
use serde::{Deserialize, Serialize};

use crate::wire::{AttestationFields, approvals, fields};

/// One line of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payout {
    /// Who is paid.
    #[serde(with = "fields::wallet")]
    pub wallet: Address,
    /// The user's new cumulative paid total, not the amount of this payment.
    #[serde(with = "fields::target")]
    pub target: Amount,
}

/// Everything that the authorization of a batch fixes beside chain and contract.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PayoutBatch {
    /// The replay key: a batch executes at most once, and is signed at most once.
    #[serde(with = "fields::batch_id")]
    pub batch_id: B256,
    /// The only account that may submit it.
    #[serde(with = "fields::submitter")]
    pub submitter: Address,
    /// The most that it may pay or credit.
    #[serde(with = "fields::max_total")]
    pub max_total: Amount,
    /// Hash of the list of rewards that it covers.
    #[serde(with = "fields::manifest_hash")]
    pub manifest_hash: B256,
    /// First second at which it is valid.
    pub valid_after: u64,
    /// Last second at which it is valid.
    pub deadline: u64,
    /// Strictly ascending by wallet.
    pub payouts: Vec<Payout>,
}

/// What the attestor says of a batch or a root, and its signature. What it says it of follows from the terms.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "AttestationFields", into = "AttestationFields")]
pub struct SignedMoment {
    /// As of when.
    pub moment: Moment,
    /// `r ‖ s ‖ v` of the attestor.
    pub signature: [u8; 65],
}

impl fmt::Debug for SignedMoment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignedMoment({:?})", self.moment)
    }
}

/// Why money may move: who proposed it, who agreed, and that the attestor found it justified.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Justification {
    /// The wallet of the operator who built it.
    #[serde(with = "fields::proposer")]
    pub proposer: Address,
    /// Signatures of operators, the proposer's among them.
    #[serde(with = "approvals")]
    pub approvals: Vec<Approval>,
    /// The attestation.
    pub attestation: SignedMoment,
}

/// A request to authorize a batch.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchTerms {
    /// The chain on which it is valid.
    pub chain_id: u64,
    /// The contract for which it is valid.
    #[serde(with = "fields::contract")]
    pub contract: Address,
    /// The compiled plan by which the rewards were computed.
    #[serde(with = "fields::plan_hash")]
    pub plan_hash: B256,
    /// The batch.
    pub batch: PayoutBatch,
    /// Why it may be paid.
    pub justification: Justification,
}

/// Everything that the authorization of a liabilities root fixes beside chain and contract.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiabilitiesRoot {
    /// The root of the liabilities tree; it is signed at most once.
    #[serde(with = "fields::root")]
    pub root: B256,
    /// The sum of the tree.
    #[serde(with = "fields::total")]
    pub total: Amount,
    /// The journal entry up to which the tree counts.
    pub as_of_seq: u64,
    /// First second at which it is valid.
    pub valid_after: u64,
    /// Last second at which it is valid.
    pub deadline: u64,
}

/// A request to authorize a liabilities root.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RootTerms {
    /// The chain on which it is valid.
    pub chain_id: u64,
    /// The contract for which it is valid.
    #[serde(with = "fields::contract")]
    pub contract: Address,
    /// The compiled plan by which the entitlements were computed.
    #[serde(with = "fields::plan_hash")]
    pub plan_hash: B256,
    /// The root.
    pub root: LiabilitiesRoot,
    /// How many leaves it has, as the operators were told.
    pub leaves: u32,
    /// Why it may be published.
    pub justification: Justification,
}

/// A sibling on the way from a leaf to the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofNode {
    /// Its hash.
    #[serde(with = "fields::hash")]
    pub hash: B256,
    /// The sum below it.
    #[serde(with = "fields::sum")]
    pub sum: Amount,
}

/// An authorization by its signer, as the contract takes it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SignedBy {
    /// The account whose signature it is.
    #[serde(with = "fields::signer")]
    pub signer: Address,
    /// `r ‖ s ‖ v`.
    #[serde(with = "fields::signature")]
    pub signature: [u8; 65],
}

impl fmt::Debug for SignedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignedBy({})", self.signer)
    }
}

/// What a transaction does. The signer makes the call's data from it. Its JSON is an object with one field, named as the
/// call.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Call {
    /// Pays a batch.
    ExecuteBatch {
        /// The batch as it was authorized.
        batch: PayoutBatch,
        /// Its authorization.
        #[serde(flatten)]
        authorization: SignedBy,
    },
    /// Publishes a liabilities root.
    PublishRoot {
        /// The root as it was authorized.
        root: LiabilitiesRoot,
        /// Its authorization.
        #[serde(flatten)]
        authorization: SignedBy,
    },
    /// Pays a user by proof against a published root.
    Claim {
        /// Who is paid.
        #[serde(with = "fields::user")]
        user: Address,
        /// The user's leaf.
        #[serde(with = "fields::entitled")]
        entitled: Amount,
        /// The root.
        #[serde(with = "fields::root")]
        root: B256,
        /// From the leaf's sibling up.
        proof: Vec<ProofNode>,
    },
    /// Moves matured escrow to the free pool.
    SweepMatured {
        /// Day buckets at most.
        max_days: u64,
    },
    /// Sends nothing to the sender itself: fills a nonce.
    Noop {},
}

impl Call {
    /// Its name on the wire and in records.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::ExecuteBatch { .. } => "execute_batch",
            Self::PublishRoot { .. } => "publish_root",
            Self::Claim { .. } => "claim",
            Self::SweepMatured { .. } => "sweep_matured",
            Self::Noop {} => "noop",
        }
    }

    /// The batch that it executes, if any.
    pub const fn batch(&self) -> Option<&PayoutBatch> {
        if let Self::ExecuteBatch { batch, .. } = self {
            return Some(batch);
        }
        None
    }
}

/// A request to sign a transaction of the signer's own account.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransactionTerms {
    /// The chain.
    pub chain_id: u64,
    /// The contract that is called; also for [`Call::Noop`], which does not call it.
    #[serde(with = "fields::contract")]
    pub contract: Address,
    /// The account's nonce.
    pub nonce: u64,
    /// Counts the transactions of one nonce. Each is priced above the one before.
    pub attempt: u32,
    /// Gas at most.
    pub gas_limit: u64,
    /// Wei per gas at most, tip included.
    #[serde(with = "fields::max_fee_per_gas")]
    pub max_fee_per_gas: u128,
    /// Wei per gas at most for the block's producer.
    #[serde(with = "fields::max_priority_fee_per_gas")]
    pub max_priority_fee_per_gas: u128,
    /// What it does.
    pub call: Call,
    /// Of a claim, what the attestor says of the root that it claims against, with the root's total.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_root: Option<AttestedRoot>,
}

/// A root of which the attestor says that it promises nobody too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttestedRoot {
    /// Sum of its leaves.
    #[serde(with = "fields::total")]
    pub total: Amount,
    /// The attestation.
    pub attestation: SignedMoment,
}

/// A transaction that any node takes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SignedTransaction {
    /// Its EIP-2718 encoding.
    #[serde(with = "fields::raw")]
    pub raw: Bytes,
    /// Its hash: keccak-256 of the encoding.
    #[serde(with = "fields::hash")]
    pub hash: B256,
    /// The account that sends it.
    #[serde(with = "fields::sender")]
    pub sender: Address,
}

impl SignedTransaction {
    /// Whether the hash is that of the bytes.
    pub fn has_its_hash(&self) -> bool {
        keccak256(&self.raw) == self.hash
    }
}
