//! Transactions of the signer's own account.

use alloy::consensus::{SignableTransaction, TxEip1559};
use alloy::eips::eip2718::Encodable2718;
use alloy::eips::eip2930::AccessList;
use alloy::primitives::{Address, Signature, TxKind, U256, keccak256};
use approval::Attested;
use chain::At;
use signer_client::{Call, SignedTransaction, TransactionTerms};

use super::Authorizer;
use crate::callers::Caller;
use crate::keyring::KeyError;
use crate::message;
use crate::policy::{
    AttestationRule, Authorized, JustifiedTransaction, Policy, check_authorized, check_list,
};
use crate::protection::{Justified, NewRequest, Signed};
use crate::purpose::Kind;
use crate::refusal::{AuthorizeError, Refusal};

impl Authorizer {
    /// What the signer remembers a transaction by: `transaction:31337:0x…:NONCE:ATTEMPT`, with itself as sender.
    pub(crate) fn transaction_key(&self, terms: &TransactionTerms) -> String {
        let account = self.account();
        format!("transaction:{account}:{}:{}", terms.nonce, terms.attempt)
    }

    /// Chain and sender.
    fn account(&self) -> String {
        format!("{}:{:#x}", self.policy.chain_id(), self.address())
    }

    /// Signs a transaction, or repeats it: the same terms and the same signature are the same bytes.
    pub(crate) async fn sign_transaction(
        &self,
        caller: &Caller,
        terms: &TransactionTerms,
        request: &serde_json::Value,
    ) -> Result<SignedTransaction, AuthorizeError> {
        let Policy::Transactions { scope, limits, .. } = &self.policy else {
            return Err(Refusal::WrongPurpose(self.purpose()).into());
        };
        if let Some(batch) = terms.call.batch() {
            check_list(batch).map_err(Refusal::Batch)?;
        }
        let transaction = self.transaction(terms);
        let digest = transaction.signature_hash();
        let key = self.transaction_key(terms);
        let known = self.find(&key).await?;
        let justified = match known {
            // What was recorded keeps its signature, whatever the limits are now.
            Some(known) if known.digest == digest => None,
            Some(_) => {
                // Refused by the record, unless the terms are refused for what they are.
                limits.check_terms(scope, terms, self.address())?;
                None
            }
            None => {
                let authorized = limits.check_terms(scope, terms, self.address())?;
                let claims = limits.claims_per_day_max;
                let justified = self.justify_transaction(terms, authorized, &transaction, claims);
                let (head, justified) = justified.await?;
                Some((head, Justified::Transaction(justified)))
            }
        };
        let new = NewRequest {
            key,
            kind: Kind::Transaction,
            digest,
            caller: caller.name(),
            request,
            justified,
            policy_hash: self.policy_hash,
        };
        let signed = self.sign(&new).await?;
        Ok(encode(transaction, &signed)?)
    }

    /// The transaction, without its signature.
    fn transaction(&self, terms: &TransactionTerms) -> TxEip1559 {
        let (to, input) = message::payload(&terms.call, terms.contract, self.address());
        TxEip1559 {
            chain_id: terms.chain_id,
            nonce: terms.nonce,
            gas_limit: terms.gas_limit,
            max_fee_per_gas: terms.max_fee_per_gas,
            max_priority_fee_per_gas: terms.max_priority_fee_per_gas,
            to: TxKind::Call(to),
            value: U256::ZERO,
            access_list: access_list(terms),
            input,
        }
    }

    async fn justify_transaction(
        &self,
        terms: &TransactionTerms,
        authorized: Authorized,
        transaction: &TxEip1559,
        claims_per_day_max: u32,
    ) -> Result<(u64, JustifiedTransaction), AuthorizeError> {
        let head = self.clock.read().await?;
        let known = match authorized {
            Authorized::Batch(signer) => self.reader.is_signer(signer).await?,
            Authorized::Root(signer) => self.reader.is_root_signer(signer).await?,
            Authorized::Nobody => true,
        };
        check_authorized(&terms.call, head, known)?;
        self.check_claim(terms, head).await?;
        let next_nonce = self.reader.transaction_count(self.address(), At::Latest).await?;
        let recipient = transaction.to.to().copied().unwrap_or_default();
        let payload = [recipient.as_slice(), transaction.input.as_ref()].concat();
        let justified = JustifiedTransaction {
            account: self.account(),
            nonce: terms.nonce,
            attempt: terms.attempt,
            // There is never a value.
            payload: keccak256(payload),
            noop: matches!(terms.call, Call::Noop {}),
            fee_per_gas: terms.max_fee_per_gas,
            tip_per_gas: terms.max_priority_fee_per_gas,
            batch_id: terms.call.batch().map(|batch| batch.batch_id),
            claim: matches!(terms.call, Call::Claim { .. }),
            claims_per_day_max,
            next_nonce,
        };
        Ok((head, justified))
    }

    /// A claim for a user is sent only against a root that the attestor vouches for now.
    async fn check_claim(&self, terms: &TransactionTerms, head: u64) -> Result<(), AuthorizeError> {
        let Call::Claim { root, .. } = &terms.call else {
            return Ok(());
        };
        let attested = terms.claimed_root.as_ref();
        let attested = attested.ok_or(Refusal::Attestation(AttestationRule::Missing))?;
        let subject = Attested::Root {
            root: *root,
            total: attested.total,
        };
        self.check_attested(self.policy.attestors(), subject, &attested.attestation, head)
            .await
    }
}

/// Made here from the batch and from nothing that the caller says: the list is part of what is signed, and a longer one would only
/// burn gas.
fn access_list(terms: &TransactionTerms) -> AccessList {
    terms.call.batch().map_or_else(AccessList::default, |batch| {
        let recipients: Vec<Address> = batch.payouts.iter().map(|payout| payout.wallet).collect();
        chain::batch_access_list(terms.contract, &recipients)
    })
}

fn encode(transaction: TxEip1559, signed: &Signed) -> Result<SignedTransaction, KeyError> {
    let signature = Signature::try_from(&signed.signature[..]).map_err(|_| KeyError::Invalid)?;
    let transaction = transaction.into_signed(signature);
    Ok(SignedTransaction {
        raw: transaction.encoded_2718().into(),
        hash: *transaction.hash(),
        sender: signed.signer,
    })
}
