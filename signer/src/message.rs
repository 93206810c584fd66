//! From typed terms to what is signed or called: EIP-712 messages and call data, made here and nowhere else.
//!
//! Not responsible for whether they may be signed.

use abi::ICustody;
use abi::typed_data::{self, Registration, Retopup};
use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use alloy::sol_types::{Eip712Domain, SolCall};
use money::Amount;
use settlement::authorization::{IntakeKind, IntakeTerms};
use settlement::batch::SealedPayout;
use signer_client::{Call, LiabilitiesRoot, PayoutBatch, ProofNode, SignedBy};

/// An intake as the contract takes it.
pub fn intake(terms: &IntakeTerms) -> ICustody::Intake {
    ICustody::Intake {
        user: terms.user,
        sponsor: terms.sponsor.unwrap_or_default(),
        amount: wei(terms.amount),
        planHash: terms.plan_hash,
        disclosureHash: terms.disclosure_hash,
        r#ref: terms.deposit_ref,
        deadline: U256::from(terms.deadline),
    }
}

/// The digest of an intake.
pub(crate) fn intake_digest(terms: &IntakeTerms, domain: &Eip712Domain) -> B256 {
    let intake = intake(terms);
    match terms.kind {
        IntakeKind::Registration => typed_data::digest(&Registration(intake), domain),
        IntakeKind::Retopup => typed_data::digest(&Retopup(intake), domain),
    }
}

/// The digest of a batch whose targets the contract can count.
pub(crate) fn batch_digest(batch: &PayoutBatch, domain: &Eip712Domain) -> B256 {
    let message = typed_data::PayoutBatch {
        batch: batch_fields(batch),
        payouts: words(batch),
    };
    typed_data::digest(&message, domain)
}

/// The digest of a root.
pub(crate) fn root_digest(root: &LiabilitiesRoot, domain: &Eip712Domain) -> B256 {
    typed_data::digest(&root_fields(root), domain)
}

/// Recipient and data of a call; it sends no value. What calls nothing has its sender as recipient.
pub(crate) fn payload(call: &Call, contract: Address, sender: Address) -> (Address, Bytes) {
    match data(call) {
        Some(data) => (contract, data),
        None => (sender, Bytes::new()),
    }
}

/// The data of a call; `None` when it calls nothing.
pub fn data(call: &Call) -> Option<Bytes> {
    let data = match call {
        Call::ExecuteBatch { batch, authorization } => ICustody::executeBatchPayoutsCall {
            batch: batch_fields(batch),
            payouts: words(batch),
            signer: authorization.signer,
            signature: signature(authorization),
        }
        .abi_encode(),
        Call::PublishRoot { root, authorization } => ICustody::publishRootCall {
            root: root_fields(root),
            signer: authorization.signer,
            signature: signature(authorization),
        }
        .abi_encode(),
        Call::Claim {
            user,
            entitled,
            root,
            proof,
        } => ICustody::claimCall {
            user: *user,
            entitled: wei(*entitled),
            root: *root,
            proof: proof.iter().map(sum_node).collect(),
        }
        .abi_encode(),
        Call::SweepMatured { max_days } => ICustody::sweepMaturedCall {
            maxDays: U256::from(*max_days),
        }
        .abi_encode(),
        Call::Noop {} => return None,
    };
    Some(data.into())
}

fn batch_fields(batch: &PayoutBatch) -> ICustody::PayoutBatch {
    ICustody::PayoutBatch {
        batchId: batch.batch_id,
        submitter: batch.submitter,
        maxTotal: wei(batch.max_total),
        manifestHash: batch.manifest_hash,
        validAfter: U256::from(batch.valid_after),
        deadline: U256::from(batch.deadline),
    }
}

fn words(batch: &PayoutBatch) -> Vec<B256> {
    let word = |payout: &signer_client::Payout| {
        SealedPayout {
            wallet: payout.wallet,
            target: payout.target,
            // It is not part of the word.
            amount: payout.target,
        }
        .word()
    };
    batch.payouts.iter().map(word).collect()
}

/// The hash of a batch's list, as the contract and the ledger name it.
pub(crate) fn list_hash(batch: &PayoutBatch) -> B256 {
    keccak256(words(batch).concat())
}

fn root_fields(root: &LiabilitiesRoot) -> ICustody::LiabilitiesRoot {
    ICustody::LiabilitiesRoot {
        root: root.root,
        total: wei(root.total),
        asOfSeq: U256::from(root.as_of_seq),
        validAfter: U256::from(root.valid_after),
        deadline: U256::from(root.deadline),
    }
}

fn sum_node(node: &ProofNode) -> ICustody::SumNode {
    ICustody::SumNode {
        hash: node.hash,
        sum: wei(node.sum),
    }
}

fn signature(authorization: &SignedBy) -> Bytes {
    Bytes::copy_from_slice(&authorization.signature)
}

fn wei(amount: Amount) -> U256 {
    U256::from(amount.base_units())
}
