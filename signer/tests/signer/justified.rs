//! A client whose requests carry what the signer wants to see: signatures of builder and approver over exactly the terms,
//! and a fresh attestation of them. What it is given instead, it sends as it is.

use abi::ICustody;
use alloy::eips::BlockId;
use alloy::primitives::{Address, B256, keccak256};
use alloy::providers::{DynProvider, Provider};
use approval::{Attestation, Attested, BatchProposal, Domain, Moment, Proposal, RootProposal};
use devstack::agreement;
use devstack::anvil::CHAIN_ID;
use signer_client::{
    AttestedRoot, Authorization, BatchTerms, Call, CallerKey, DEVELOPMENT_CALLER_KEY,
    DEVELOPMENT_SETTLER_KEY, IntakeTerms, Justification, RootTerms, SignedMoment, SignedTransaction,
    SignerClient, SignerError, SignerHealth, TransactionTerms,
};

/// Asks as the API for intakes, and as the settlement worker for everything else.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    api: SignerClient,
    pub(crate) settler: SignerClient,
    provider: DynProvider,
    contract: Address,
}

/// Nobody agreed, and nothing is attested.
pub(crate) fn unjustified() -> Justification {
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

/// What a batch is to people.
pub(crate) fn proposal_of_batch(terms: &BatchTerms) -> Proposal {
    Proposal::Batch {
        batch: BatchProposal {
            batch_id: terms.batch.batch_id,
            list_hash: list_hash(terms),
            manifest_hash: terms.batch.manifest_hash,
            total: terms.batch.max_total,
            payouts: u32::try_from(terms.batch.payouts.len()).unwrap(),
        },
        proposer: terms.justification.proposer,
    }
}

pub(crate) fn list_hash(terms: &BatchTerms) -> B256 {
    let mut words = Vec::new();
    for payout in &terms.batch.payouts {
        words.extend(payout.wallet);
        words.extend(&payout.target.base_units().to_be_bytes()[4..]);
    }
    keccak256(words)
}

/// What a root is to people.
pub(crate) fn proposal_of_root(terms: &RootTerms) -> Proposal {
    Proposal::Root {
        root: RootProposal {
            root: terms.root.root,
            total: terms.root.total,
            leaves: terms.leaves,
            as_of_seq: terms.root.as_of_seq,
        },
        proposer: terms.justification.proposer,
    }
}

impl Client {
    pub(crate) fn new(url: &str, provider: DynProvider, contract: Address) -> Self {
        let client = |key| SignerClient::new(url, CallerKey::new(key).expect("a key")).expect("a client");
        Self {
            api: client(DEVELOPMENT_CALLER_KEY),
            settler: client(DEVELOPMENT_SETTLER_KEY),
            provider,
            contract,
        }
    }

    pub(crate) async fn health(&self) -> SignerHealth {
        self.settler.health().await
    }

    pub(crate) fn domain(&self) -> Domain {
        Domain {
            chain_id: CHAIN_ID,
            contract: self.contract,
        }
    }

    /// As of the newest block.
    pub(crate) async fn moment(&self) -> Moment {
        let block = self.provider.get_block(BlockId::latest()).await;
        let header = block.expect("an answer").expect("a block").header;
        let custody = ICustody::new(self.contract, self.provider.clone());
        let journal = custody
            .journalHead()
            .block(BlockId::hash(header.hash))
            .call()
            .await;
        let journal = journal.expect("a contract");
        let mut journal_root = B256::ZERO;
        journal_root[..24].copy_from_slice(&journal.root.0);
        Moment {
            fact_seq: 1,
            journal_seq: journal.seq,
            journal_root,
            block_number: header.number,
            block_hash: header.hash,
            seen_at: header.timestamp,
            attested_at: header.timestamp,
        }
    }

    pub(crate) fn attest(&self, subject: Attested, moment: Moment) -> SignedMoment {
        SignedMoment {
            moment,
            signature: agreement::attest(&Attestation { subject, moment }, &self.domain()),
        }
    }

    pub(crate) async fn justify_batch(&self, terms: &BatchTerms) -> BatchTerms {
        let moment = self.moment().await;
        let subject = Attested::Batch {
            batch_id: terms.batch.batch_id,
            list_hash: list_hash(terms),
        };
        let expires = moment.attested_at + 3_600;
        let mut terms = terms.clone();
        terms.justification.approvals =
            agreement::approvals(&proposal_of_batch(&terms), expires, &self.domain());
        terms.justification.attestation = self.attest(subject, moment);
        terms
    }

    pub(crate) async fn justify_root(&self, terms: &RootTerms) -> RootTerms {
        let moment = self.moment().await;
        let subject = Attested::Root {
            root: terms.root.root,
            total: terms.root.total,
        };
        let expires = moment.attested_at + 3_600;
        let mut terms = terms.clone();
        terms.justification.approvals =
            agreement::approvals(&proposal_of_root(&terms), expires, &self.domain());
        terms.justification.attestation = self.attest(subject, moment);
        terms
    }

    pub(crate) async fn authorize_registration(
        &self,
        terms: &IntakeTerms,
    ) -> Result<Authorization, SignerError> {
        self.api.authorize_registration(terms).await
    }

    pub(crate) async fn authorize_retopup(&self, terms: &IntakeTerms) -> Result<Authorization, SignerError> {
        self.api.authorize_retopup(terms).await
    }

    pub(crate) async fn authorize_batch(&self, terms: &BatchTerms) -> Result<Authorization, SignerError> {
        let terms = self.justify_batch(terms).await;
        self.settler.authorize_batch(&terms).await
    }

    pub(crate) async fn authorize_root(&self, terms: &RootTerms) -> Result<Authorization, SignerError> {
        let terms = self.justify_root(terms).await;
        self.settler.authorize_root(&terms).await
    }

    pub(crate) async fn sign_transaction(
        &self,
        terms: &TransactionTerms,
    ) -> Result<SignedTransaction, SignerError> {
        let mut terms = terms.clone();
        if let Call::Claim { root, entitled, .. } = &terms.call {
            let (root, total) = (*root, *entitled);
            let attestation = self.attest(Attested::Root { root, total }, self.moment().await);
            terms.claimed_root = Some(AttestedRoot { total, attestation });
        }
        self.settler.sign_transaction(&terms).await
    }
}
