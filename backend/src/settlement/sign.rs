//! Has transactions signed and stores them, before anything is sent.
//!
//! The terms are stored before the signer is asked: when its answer is lost, the same terms are requested again, and the
//! signer, which signs one thing per attempt, gives the same signature again.

use std::time::Duration;

use alloy::primitives::B256;
use serde_json::json;
use service::{ErrorChain, fault_point};
use settlement::fees::Fees;
use settlement::state::SubmissionState;
use settlement::submission::Payload;
use signer_client::{AttestedRoot, Call, SignedTransaction, SignerError, TransactionTerms};
use sqlx::PgTransaction;
use store::attestation::Kind;
use store::settlement_root;
use store::sign_request::{self, SignTerms};
use store::submission::{self, NewAttempt, Submission};

use super::calls;
use super::worker::{Records, StepError, Worker};

/// The signer was going to be requested these terms.
const REQUESTED: &str = "sign_requested";
/// It refused them: the next request may be another.
const REFUSED: &str = "sign_refused";

/// Before a signer that does not respond is asked again.
const PAUSE_UNANSWERED: Duration = Duration::from_millis(500);
/// Before a signer that refuses is asked again: people may have to change something.
const PAUSE_REFUSED: Duration = Duration::from_secs(10);

/// An attempt that is to be signed.
#[derive(Clone, Debug)]
pub(super) struct DueSignature {
    submission: i64,
    nonce: u64,
    state: SubmissionState,
    attempt: u32,
    call: Call,
    terms: SignTerms,
}

impl DueSignature {
    pub(super) fn new(
        submission: &Submission,
        attempt: u32,
        payload: Payload,
        fees: Fees,
        call: &Call,
    ) -> Self {
        let gas_limit = match payload {
            Payload::Call => calls::gas_limit(call),
            Payload::Noop => calls::GAS_NOOP,
        };
        Self {
            submission: submission.id,
            nonce: submission.nonce,
            state: submission.state,
            attempt,
            call: call.clone(),
            terms: SignTerms {
                payload,
                gas_limit,
                fees,
            },
        }
    }

    /// Waiting is for one attempt of one submission.
    fn key(&self) -> Vec<u8> {
        format!("attempt {} of submission {}", self.attempt, self.submission).into_bytes()
    }
}

impl Worker {
    /// Has these attempts signed and stores them.
    pub(super) async fn sign(
        &mut self,
        records: &Records,
        wanted: Vec<DueSignature>,
    ) -> Result<bool, StepError> {
        let mut wanted: Vec<DueSignature> = (wanted.into_iter())
            .filter(|wanted| !self.memory.waits(&wanted.key()))
            .collect();
        if wanted.is_empty() {
            return Ok(false);
        }
        self.store_requests(records, &mut wanted).await?;
        let mut signed = Vec::with_capacity(wanted.len());
        let mut refused = Vec::new();
        // One after the other: a signer does not take a nonce before the one below it.
        for wanted in wanted {
            let mut claimed_root = None;
            if let Call::Claim { root, .. } = &wanted.call
                && wanted.terms.payload == Payload::Call
            {
                claimed_root = self.claimed_root(*root).await?;
                if claimed_root.is_none() {
                    let key = wanted.key();
                    self.memory.wait(&key, PAUSE_UNANSWERED);
                    let detail = "the reconciler does not currently attest the root";
                    self.note_waiting("signature", &key, "not_attested", detail)
                        .await?;
                    break;
                }
            }
            match self.ask(&wanted, claimed_root).await? {
                Ok(transaction) => signed.push((wanted, transaction)),
                Err(error) => {
                    self.note_unsigned(&wanted, &error).await?;
                    if broke_a_rule(&error) {
                        refused.push((wanted, error.to_string()));
                    }
                    break;
                }
            }
        }
        self.store_signed(&signed, &refused).await?;
        Ok(!signed.is_empty())
    }

    /// Stores what the signer is going to be requested; what it was requested before stands.
    async fn store_requests(
        &mut self,
        records: &Records,
        wanted: &mut [DueSignature],
    ) -> Result<(), StepError> {
        let mut transaction = self.hold.begin().await?;
        for wanted in wanted {
            let DueSignature {
                submission, attempt, ..
            } = *wanted;
            match records.requested.get(&(submission, attempt)) {
                Some(terms) => wanted.terms = *terms,
                None => {
                    let terms = &wanted.terms;
                    sign_request::insert(&mut transaction, submission, attempt, terms).await?;
                    let detail = json!({
                        "payload": terms.payload.name(),
                        "gas_limit": terms.gas_limit,
                        "max_fee": terms.fees.max_fee().to_string(),
                        "priority_fee": terms.fees.max_priority_fee().to_string(),
                    });
                    submission::insert_event(&mut transaction, submission, Some(attempt), REQUESTED, &detail)
                        .await?;
                }
            }
        }
        transaction.commit().await?;
        fault_point("settlement.after_sign_request");
        Ok(())
    }

    /// What the reconciler says of a root that is claimed against, when that is fresh.
    pub(super) async fn claimed_root(&mut self, root: B256) -> Result<Option<AttestedRoot>, StepError> {
        let Some(look) = self.memory.look.clone() else {
            return Ok(None);
        };
        let Some(attestation) = self.attested(Kind::Root, root, root, &look).await? else {
            return Ok(None);
        };
        let total = settlement_root::find_total(self.hold.reader(), root).await?;
        Ok(total.map(|total| AttestedRoot { total, attestation }))
    }

    async fn ask(
        &mut self,
        wanted: &DueSignature,
        claimed_root: Option<AttestedRoot>,
    ) -> Result<Result<SignedTransaction, SignerError>, StepError> {
        let terms = TransactionTerms {
            chain_id: self.chain_id,
            contract: self.network.contract,
            nonce: wanted.nonce,
            attempt: wanted.attempt,
            gas_limit: wanted.terms.gas_limit,
            max_fee_per_gas: wanted.terms.fees.max_fee(),
            max_priority_fee_per_gas: wanted.terms.fees.max_priority_fee(),
            call: match wanted.terms.payload {
                Payload::Call => wanted.call.clone(),
                Payload::Noop => Call::Noop {},
            },
            claimed_root,
        };
        let signer = self.network.transactions.clone();
        let answer = self.hold.during(signer.sign_transaction(&terms)).await?;
        Ok(answer.and_then(|transaction| {
            if transaction.sender == self.network.account {
                Ok(transaction)
            } else {
                let text = format!("it signs for {}, not for the sender", transaction.sender);
                Err(SignerError::NotUnderstood(text))
            }
        }))
    }

    async fn note_unsigned(&mut self, wanted: &DueSignature, error: &SignerError) -> Result<(), StepError> {
        let (cause, pause) = match error {
            SignerError::Refused { code, .. } => (code.as_str(), PAUSE_REFUSED),
            SignerError::Equivocation { .. } => ("equivocation", PAUSE_REFUSED),
            SignerError::Unauthorized => ("signer_unauthorized", PAUSE_REFUSED),
            SignerError::NotUnderstood(_) => ("signer_not_understood", PAUSE_REFUSED),
            SignerError::RateLimited => ("signer_rate_limited", PAUSE_UNANSWERED),
            SignerError::Unavailable(_) => ("signer_unavailable", PAUSE_UNANSWERED),
            SignerError::Timeout => ("signer_timeout", PAUSE_UNANSWERED),
        };
        let key = wanted.key();
        self.memory.wait(&key, pause);
        let detail = format!("submission {}: {}", wanted.submission, ErrorChain(error));
        self.note_waiting("signature", &key, cause, &detail).await
    }

    async fn store_signed(
        &mut self,
        signed: &[(DueSignature, SignedTransaction)],
        refused: &[(DueSignature, String)],
    ) -> Result<(), StepError> {
        if signed.is_empty() && refused.is_empty() {
            return Ok(());
        }
        let mut transaction = self.hold.begin().await?;
        for (wanted, error) in refused {
            sign_request::delete(&mut transaction, wanted.submission, wanted.attempt).await?;
            let detail = json!({ "refusal": error });
            submission::insert_event(
                &mut transaction,
                wanted.submission,
                Some(wanted.attempt),
                REFUSED,
                &detail,
            )
            .await?;
        }
        for (wanted, done) in signed {
            store_attempt(&mut transaction, wanted, done).await?;
        }
        fault_point("settlement.before_sign");
        transaction.commit().await?;
        fault_point("settlement.after_sign");
        for (wanted, done) in signed {
            self.memory.resumed(&wanted.key());
            metrics::counter!("trellis_settlement_signed_total").increment(1);
            tracing::info!(
                submission.id = wanted.submission,
                submission.nonce = wanted.nonce,
                attempt = wanted.attempt,
                payload = wanted.terms.payload.name(),
                fee = %wanted.terms.fees.max_fee(),
                transaction.hash = %done.hash,
                "signed"
            );
        }
        Ok(())
    }
}

/// Whether the signer refused these very terms before it recorded them, so that others may be requested under the same
/// attempt. A paused key refuses everything, and an equivocation means that it recorded something: whoever requests other
/// terms then requests two things.
fn broke_a_rule(error: &SignerError) -> bool {
    match error {
        SignerError::Refused { code, .. } => code != "key_paused",
        SignerError::Equivocation { .. }
        | SignerError::Unauthorized
        | SignerError::RateLimited
        | SignerError::Unavailable(_)
        | SignerError::Timeout
        | SignerError::NotUnderstood(_) => false,
    }
}

async fn store_attempt(
    transaction: &mut PgTransaction<'_>,
    wanted: &DueSignature,
    done: &SignedTransaction,
) -> Result<(), StepError> {
    let attempt = NewAttempt {
        submission: wanted.submission,
        number: wanted.attempt,
        noop: wanted.terms.payload == Payload::Noop,
        transaction_hash: done.hash,
        raw: done.raw.clone(),
        gas_limit: wanted.terms.gas_limit,
        max_fee: wanted.terms.fees.max_fee(),
        priority_fee: wanted.terms.fees.max_priority_fee(),
    };
    submission::insert_attempt(transaction, &attempt).await?;
    let from = match wanted.state {
        // It was found to be reorganized in this very step.
        SubmissionState::Included => SubmissionState::Sent,
        SubmissionState::Allocated
        | SubmissionState::Signed
        | SubmissionState::Sent
        | SubmissionState::FinalOk
        | SubmissionState::FinalReverted
        | SubmissionState::Dead => wanted.state,
    };
    submission::update_state(transaction, wanted.submission, from, SubmissionState::Signed).await?;
    let detail = json!({ "hash": done.hash, "payload": wanted.terms.payload.name() });
    submission::insert_event(
        transaction,
        wanted.submission,
        Some(wanted.attempt),
        "signed",
        &detail,
    )
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_terms_are_asked_for_only_when_a_rule_refused_these() {
        let refused = |code: &str| SignerError::Refused {
            code: code.to_owned(),
            detail: String::new(),
        };
        assert!(broke_a_rule(&refused("fee_too_high")));
        assert!(!broke_a_rule(&refused("key_paused")));
        assert!(!broke_a_rule(&SignerError::Equivocation {
            detail: String::new()
        }));
        assert!(!broke_a_rule(&SignerError::Timeout));
    }
}
