//! Ends the account's pause on an operator's decision: nonces used elsewhere are abandoned.
//!
//! Not responsible for finding out who used the key; that comes first.

use alloy::primitives::{Address, B256};
use chain::ChainError;
use serde_json::json;
use service::fault_point;
use settlement::state::SubmissionState;
use signer_client::Call;
use sqlx::PgTransaction;
use store::settlement_sender;
use store::submission::{self, Kind, NewSubmission, Submission};
use thiserror::Error;

use super::calls;
use super::network::Look;
use super::worker::{Records, StepError, Worker, wanted};

/// What was abandoned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resumed {
    /// Submissions whose nonces someone else used. What they are for may be submitted again.
    pub abandoned: usize,
    /// The account's next nonce.
    pub next_nonce: u64,
}

/// Why the pause goes on.
#[derive(Debug, Error)]
pub enum ResumeError {
    /// The account is not known, or the listener has seen nothing.
    #[error("nothing to resume: the account has never sent a transaction, or the chain is not known")]
    Unknown,
    /// The account is not paused.
    #[error("the account is not paused")]
    NotPaused,
    /// Nodes did not answer, so nothing is certain.
    #[error("the chain cannot be read")]
    Chain(#[from] ChainError),
    /// Nobody says whether a block has this transaction of ours.
    #[error("no node reports whether a block contains {0}")]
    Unanswered(B256),
    /// As a step of the worker.
    #[error(transparent)]
    Step(#[from] StepError),
}

impl Worker {
    /// Ends the pause. `reason` is what people will read about it.
    ///
    /// # Errors
    /// [`ResumeError`]; nothing is changed then.
    pub async fn resume(&mut self, reason: &str) -> Result<Resumed, ResumeError> {
        let records = self.records().await?.ok_or(ResumeError::Unknown)?;
        if !records.is_paused() {
            return Err(ResumeError::NotPaused);
        }
        let network = self.network.clone();
        let look = network.look(&wanted(&records), None).await?;
        // A nonce is abandoned only if it is certain that nothing of ours used it.
        if let Some(hash) = look.unanswered.iter().next() {
            return Err(ResumeError::Unanswered(*hash));
        }
        let foreign: Vec<&Submission> = (records.live.iter())
            .filter(|submission| is_foreign(&records, &look, submission))
            .collect();
        Ok(self.store_resumed(&foreign, look.nonce.latest, reason).await?)
    }

    async fn store_resumed(
        &mut self,
        foreign: &[&Submission],
        chain_nonce: u64,
        reason: &str,
    ) -> Result<Resumed, StepError> {
        let account = self.network.account;
        let mut transaction = self.hold.begin().await?;
        let before = settlement_sender::lock_sender(&mut transaction, account).await?;
        for submission in foreign {
            let dead = SubmissionState::Dead;
            submission::update_state(&mut transaction, submission.id, submission.state, dead).await?;
            let detail = json!({ "reason": reason });
            submission::insert_event(&mut transaction, submission.id, None, "abandoned", &detail).await?;
        }
        for nonce in before.next_nonce..chain_nonce {
            insert_foreign(&mut transaction, account, nonce, reason).await?;
        }
        settlement_sender::update_paused(&mut transaction, account, None).await?;
        let resumed = Resumed {
            abandoned: foreign.len(),
            next_nonce: before.next_nonce.max(chain_nonce),
        };
        let detail = json!({
            "reason": reason,
            "abandoned": foreign.iter().map(|submission| submission.id).collect::<Vec<_>>(),
            "next_nonce": resumed.next_nonce,
        });
        let subject = format!("{account:#x}");
        settlement_sender::insert_audit(&mut transaction, "sender_resumed", &subject, &detail).await?;
        transaction.commit().await?;
        fault_point("settlement.after_resume");
        Ok(resumed)
    }
}

/// Stores that someone else used this nonce, so that ours still follow each other without a gap.
async fn insert_foreign(
    transaction: &mut PgTransaction<'_>,
    account: Address,
    nonce: u64,
    reason: &str,
) -> Result<(), StepError> {
    let noop = NewSubmission {
        sender: account,
        nonce,
        kind: Kind::Noop,
        subject: nonce.to_be_bytes().to_vec(),
        call: calls::to_json(&Call::Noop {})?,
        allocated_block: 0,
    };
    if let Some(id) = submission::insert(transaction, &noop).await? {
        let (allocated, dead) = (SubmissionState::Allocated, SubmissionState::Dead);
        submission::update_state(transaction, id, allocated, dead).await?;
        submission::insert_event(transaction, id, None, "abandoned", &json!({ "reason": reason })).await?;
    }
    Ok(())
}

/// Whether a finalized block has used the nonce, and nothing of ours can be found there.
fn is_foreign(records: &Records, look: &Look, submission: &Submission) -> bool {
    let hashes = || submission.attempts.iter().map(|attempt| attempt.transaction_hash);
    look.nonce.finalized > submission.nonce
        && hashes().all(|hash| records.recorded(hash).is_none() && !look.receipts.contains_key(&hash))
}
