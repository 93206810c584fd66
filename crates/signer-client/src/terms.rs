//! Requests besides intakes: batches, roots and transactions, typed.
//!
//! Not responsible for rules: the signer has them.

use std::fmt;

use alloy_primitives::{Address, B256, Bytes};
use approval::{Approval, Moment};
use money::Amount;

/// One line of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Payout {
    /// Who is paid.
    pub wallet: Address,
    /// The user's new cumulative paid total, not the amount of this payment.
    pub target: Amount,
}

/// Everything that the authorization of a batch fixes beside chain and contract.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PayoutBatch {
    /// The replay key: a batch executes at most once, and is signed at most once.
    pub batch_id: B256,
    /// The only account that may submit it.
    pub submitter: Address,
    /// The most that it may pay or credit.
    pub max_total: Amount,
    /// Hash of the list of rewards that it covers.
    pub manifest_hash: B256,
    /// First second at which it is valid.
    pub valid_after: u64,
    /// Last second at which it is valid.
    pub deadline: u64,
    /// Strictly ascending by wallet.
    pub payouts: Vec<Payout>,
}

/// What the attestor says of a batch or a root, and its signature. What it says it of follows from the terms.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
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
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Justification {
    /// The wallet of the operator who built it.
    pub proposer: Address,
    /// Signatures of operators, the proposer's among them.
    pub approvals: Vec<Approval>,
    /// The attestation.
    pub attestation: SignedMoment,
}

/// A request to authorize a batch.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BatchTerms {
    /// The chain on which it is valid.
    pub chain_id: u64,
    /// The contract for which it is valid.
    pub contract: Address,
    /// The compiled plan by which the rewards were computed.
    pub plan_hash: B256,
    /// The batch.
    pub batch: PayoutBatch,
    /// Why it may be paid.
    pub justification: Justification,
}

/// Everything that the authorization of a liabilities root fixes beside chain and contract.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LiabilitiesRoot {
    /// The root of the liabilities tree; it is signed at most once.
    pub root: B256,
    /// The sum of the tree.
    pub total: Amount,
    /// The journal entry up to which the tree counts.
    pub as_of_seq: u64,
    /// First second at which it is valid.
    pub valid_after: u64,
    /// Last second at which it is valid.
    pub deadline: u64,
}

/// A request to authorize a liabilities root.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RootTerms {
    /// The chain on which it is valid.
    pub chain_id: u64,
    /// The contract for which it is valid.
    pub contract: Address,
    /// The compiled plan by which the entitlements were computed.
    pub plan_hash: B256,
    /// The root.
    pub root: LiabilitiesRoot,
    /// How many leaves it has, as the operators were told.
    pub leaves: u32,
    /// Why it may be published.
    pub justification: Justification,
}

/// A sibling on the way from a leaf to the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ProofNode {
    /// Its hash.
    pub hash: B256,
    /// The sum below it.
    pub sum: Amount,
}

/// An authorization by its signer, as the contract takes it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SignedBy {
    /// The account whose signature it is.
    pub signer: Address,
    /// `r ‖ s ‖ v`.
    pub signature: [u8; 65],
}

impl fmt::Debug for SignedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignedBy({})", self.signer)
    }
}

/// What a transaction does. The signer makes the call's data from it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Call {
    /// Pays a batch.
    ExecuteBatch {
        /// The batch as it was authorized.
        batch: PayoutBatch,
        /// Its authorization.
        authorization: SignedBy,
    },
    /// Publishes a liabilities root.
    PublishRoot {
        /// The root as it was authorized.
        root: LiabilitiesRoot,
        /// Its authorization.
        authorization: SignedBy,
    },
    /// Pays a user by proof against a published root.
    Claim {
        /// Who is paid.
        user: Address,
        /// The user's leaf.
        entitled: Amount,
        /// The root.
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
    Noop,
}

impl Call {
    /// Its name on the wire and in records.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::ExecuteBatch { .. } => "execute_batch",
            Self::PublishRoot { .. } => "publish_root",
            Self::Claim { .. } => "claim",
            Self::SweepMatured { .. } => "sweep_matured",
            Self::Noop => "noop",
        }
    }
}

/// A request to sign a transaction of the signer's own account.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TransactionTerms {
    /// The chain.
    pub chain_id: u64,
    /// The contract that is called; also for [`Call::Noop`], which does not call it.
    pub contract: Address,
    /// The account's nonce.
    pub nonce: u64,
    /// Counts the transactions of one nonce. Each is priced above the one before.
    pub attempt: u32,
    /// Gas at most.
    pub gas_limit: u64,
    /// Wei per gas at most, tip included.
    pub max_fee_per_gas: u128,
    /// Wei per gas at most for the block's producer.
    pub max_priority_fee_per_gas: u128,
    /// What it does.
    pub call: Call,
    /// Of a claim, what the attestor says of the root that it claims against, with the root's total.
    pub claimed_root: Option<AttestedRoot>,
}

/// A root of which the attestor says that it promises nobody too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AttestedRoot {
    /// Sum of its leaves.
    pub total: Amount,
    /// The attestation.
    pub attestation: SignedMoment,
}

/// A transaction that any node takes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SignedTransaction {
    /// Its EIP-2718 encoding.
    pub raw: Bytes,
    /// Its hash: keccak-256 of the encoding.
    pub hash: B256,
    /// The account that sends it.
    pub sender: Address,
}
