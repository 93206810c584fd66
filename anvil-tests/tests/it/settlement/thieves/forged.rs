//! What a thief asks the signers for: terms of its own, with as much of their justification as the stolen keys can make.

use alloy::eips::BlockId;
use alloy::primitives::{Address, B256, U256};
use alloy::providers::Provider;
use anvil_tests::PayoutWorld;
use approval::{Approval, Attestation, Attested, BatchProposal, Domain, Moment, Proposal, RootProposal};
use audit::liabilities::{Leaf, Tree};
use devstack::anvil::CHAIN_ID;
use devstack::services::Service;
use devstack::{Wallet, agreement};
use money::Amount;
use settlement::batch::{Sealed, SealedPayout, seal};
use signer_client::{
    AttestedRoot, BatchTerms, Call, CallerKey, Justification, LiabilitiesRoot, Payout, PayoutBatch,
    RootTerms, SignedMoment, SignerClient, SignerError, TransactionTerms,
};

/// Seconds for which a forged authorization or approval would be good.
const LIFE: u64 = 600;

/// A running signer, asked with a caller's key.
pub(super) fn client(signer: &Service, key: &str) -> SignerClient {
    let url = format!("http://{}", signer.variable("TRELLIS_LISTEN").unwrap());
    SignerClient::new(&url, CallerKey::new(key).unwrap()).unwrap()
}

/// What came of a request, in one word.
pub(super) fn word<T>(answer: &Result<T, SignerError>) -> String {
    match answer {
        Ok(_) => "signed".to_owned(),
        Err(SignerError::Refused { code, .. }) => code.clone(),
        Err(SignerError::Unauthorized) => "unauthorized".to_owned(),
        Err(error) => format!("{error:?}"),
    }
}

/// Where signatures of people and the attestor count.
pub(super) fn domain(payouts: &PayoutWorld) -> Domain {
    Domain {
        chain_id: CHAIN_ID,
        contract: payouts.custody,
    }
}

/// The chain's time.
pub(super) async fn time(payouts: &PayoutWorld) -> u64 {
    let head = payouts.provider.get_block(BlockId::latest()).await;
    head.unwrap().unwrap().header.timestamp
}

pub(super) fn plan_hash(payouts: &PayoutWorld) -> B256 {
    let file = payouts.system.signer.variable("TRELLIS_PLANS").unwrap();
    let text = std::fs::read_to_string(file).unwrap();
    plan::compile(&text).unwrap().hash()
}

/// What a wallet was paid in all, in wei.
pub(super) async fn paid(payouts: &PayoutWorld, wallet: Address) -> u128 {
    let account = payouts.contract().account(wallet).call().await.unwrap();
    account.paid.to()
}

/// An attestation by the attestor's key, as of the newest block, of what it says it sees for the first time.
pub(super) async fn attest(payouts: &PayoutWorld, subject: Attested) -> SignedMoment {
    attest_seen(payouts, subject, 0).await
}

/// An attestation by the attestor's key of what it says it saw first so many seconds ago.
pub(super) async fn attest_seen(payouts: &PayoutWorld, subject: Attested, seconds: u64) -> SignedMoment {
    let head = payouts.provider.get_block(BlockId::latest()).await;
    let header = head.unwrap().unwrap().header;
    let contract = payouts.contract();
    let journal = contract.journalHead().block(BlockId::hash(header.hash));
    let journal = journal.call().await.unwrap();
    let moment = Moment {
        fact_seq: 1,
        journal_seq: journal.seq,
        journal_root: B256::right_padding_from(journal.root.as_slice()),
        block_number: header.number,
        block_hash: header.hash,
        seen_at: header.timestamp - seconds,
        attested_at: header.timestamp,
    };
    SignedMoment {
        moment,
        signature: agreement::attest(&Attestation { subject, moment }, &domain(payouts)),
    }
}

/// Nobody agreed, nobody attested; the builder is said to have proposed it.
fn unjustified() -> Justification {
    Justification {
        proposer: agreement::builder(),
        approvals: Vec::new(),
        attestation: SignedMoment {
            moment: Moment {
                fact_seq: 0,
                journal_seq: 0,
                journal_root: B256::ZERO,
                block_number: 0,
                block_hash: B256::ZERO,
                seen_at: 0,
                attested_at: 0,
            },
            signature: [0; 65],
        },
    }
}

/// A signature of a wallet over a proposal, under its own name or under another's.
pub(super) fn approval(
    payouts: &PayoutWorld,
    proposal: &Proposal,
    signs: Wallet,
    named: Address,
    expires: u64,
) -> Approval {
    let digest = proposal.message(expires).digest(&domain(payouts));
    Approval {
        wallet: named,
        expires,
        signature: agreement::sign(signs, digest).to_vec(),
    }
}

/// A list that the contract takes: what these wallets are to have been paid in all.
pub(super) fn sealed(payouts: &[Payout]) -> Sealed {
    let lines = payouts.iter().map(|payout| SealedPayout {
        wallet: payout.wallet,
        amount: payout.target,
        target: payout.target,
    });
    seal(lines.collect()).unwrap()
}

/// A batch of the thief's own: what these wallets are to have been paid in all. Nobody agreed to it.
pub(super) async fn batch(payouts: &PayoutWorld, id: B256, targets: &[(Address, u128)]) -> BatchTerms {
    let mut max_total = 0;
    for (wallet, target) in targets {
        max_total += target - paid(payouts, *wallet).await;
    }
    let lines: Vec<Payout> = (targets.iter())
        .map(|(wallet, target)| Payout {
            wallet: *wallet,
            target: Amount::new(*target),
        })
        .collect();
    let ascending = sealed(&lines).payouts;
    let now = time(payouts).await;
    BatchTerms {
        chain_id: CHAIN_ID,
        contract: payouts.custody,
        plan_hash: plan_hash(payouts),
        batch: PayoutBatch {
            batch_id: id,
            submitter: abi::development::SUBMITTER.address,
            max_total: Amount::new(max_total),
            manifest_hash: B256::repeat_byte(0x77),
            valid_after: now - 60,
            deadline: now + LIFE,
            payouts: (ascending.iter())
                .map(|line| Payout {
                    wallet: line.wallet,
                    target: line.target,
                })
                .collect(),
        },
        justification: unjustified(),
    }
}

/// What people would sign for a batch.
pub(super) fn proposal(terms: &BatchTerms) -> Proposal {
    Proposal::Batch {
        batch: BatchProposal {
            batch_id: terms.batch.batch_id,
            list_hash: sealed(&terms.batch.payouts).list_hash,
            manifest_hash: terms.batch.manifest_hash,
            total: terms.batch.max_total,
            payouts: u32::try_from(terms.batch.payouts.len()).unwrap(),
        },
        proposer: terms.justification.proposer,
    }
}

/// What the attestor would sign for a batch.
pub(super) fn attested(terms: &BatchTerms) -> Attested {
    Attested::Batch {
        batch_id: terms.batch.batch_id,
        list_hash: sealed(&terms.batch.payouts).list_hash,
    }
}

/// The batch with everything that the keys of builder, approver and attestor give it.
pub(super) async fn justified(payouts: &PayoutWorld, terms: BatchTerms) -> BatchTerms {
    let attestation = attest(payouts, attested(&terms)).await;
    let expires = attestation.moment.attested_at + LIFE;
    let approvals = agreement::approvals(&proposal(&terms), expires, &domain(payouts));
    BatchTerms {
        justification: Justification {
            approvals,
            attestation,
            ..terms.justification
        },
        ..terms
    }
}

/// A root that promises all of this to one wallet. Nobody agreed to it.
pub(super) async fn root(payouts: &PayoutWorld, wallet: Address, entitled: u128) -> RootTerms {
    let leaf = Leaf {
        wallet,
        entitled: Amount::new(entitled),
    };
    let tree = Tree::build(vec![leaf]).unwrap();
    let now = time(payouts).await;
    RootTerms {
        chain_id: CHAIN_ID,
        contract: payouts.custody,
        plan_hash: plan_hash(payouts),
        root: LiabilitiesRoot {
            root: tree.root(),
            total: tree.total(),
            as_of_seq: payouts.journal().await.unwrap(),
            valid_after: now - 60,
            deadline: now + LIFE,
        },
        leaves: 1,
        justification: unjustified(),
    }
}

/// The root with everything that the keys of builder, approver and attestor give it.
pub(super) async fn justified_root(payouts: &PayoutWorld, terms: RootTerms) -> RootTerms {
    let (root, total) = (terms.root.root, terms.root.total);
    let attestation = attest(payouts, Attested::Root { root, total }).await;
    let proposal = Proposal::Root {
        root: RootProposal {
            root,
            total,
            leaves: terms.leaves,
            as_of_seq: terms.root.as_of_seq,
        },
        proposer: terms.justification.proposer,
    };
    let expires = attestation.moment.attested_at + LIFE;
    RootTerms {
        justification: Justification {
            approvals: agreement::approvals(&proposal, expires, &domain(payouts)),
            attestation,
            ..terms.justification
        },
        ..terms
    }
}

/// What the contract has, and what it sent, credited and paid for claims so far.
pub(super) async fn standing(payouts: &PayoutWorld) -> (U256, [u128; 3]) {
    let totals = payouts.contract().totals().call().await.unwrap();
    let balance = payouts.provider.get_balance(payouts.custody).await.unwrap();
    (
        balance,
        [totals.pushed, totals.claimed, totals.credited].map(|sum| sum.to()),
    )
}

/// The first attempt of a nonce of the submitter's account.
pub(super) fn transaction(
    payouts: &PayoutWorld,
    nonce: u64,
    call: Call,
    claimed_root: Option<AttestedRoot>,
) -> TransactionTerms {
    TransactionTerms {
        chain_id: CHAIN_ID,
        contract: payouts.custody,
        nonce,
        attempt: 1,
        gas_limit: 1_000_000,
        max_fee_per_gas: 20_000_000_000,
        max_priority_fee_per_gas: 1_000_000_000,
        call,
        claimed_root,
    }
}
