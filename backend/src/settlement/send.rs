//! Sends stored transactions to all nodes and records each answer verbatim.

use std::collections::HashMap;

use alloy::primitives::{B256, Bytes};
use chain::Outcome;
use futures::stream::{self, StreamExt};
use serde_json::{Value, json};
use service::fault_point;
use settlement::answer::{Answer, Rejection, rejected_by_all};
use settlement::state::SubmissionState;
use store::submission::{self, Submission};

use super::network::ASKED_AT_ONCE;
use super::worker::{StepError, Worker};

/// An attempt that is to be sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Broadcast {
    submission: i64,
    nonce: u64,
    state: SubmissionState,
    attempt: u32,
    hash: B256,
}

impl Broadcast {
    pub(super) fn of(submission: &Submission, number: u32) -> Option<Self> {
        let attempt = submission
            .attempts
            .iter()
            .find(|attempt| attempt.number == number)?;
        Some(Self {
            submission: submission.id,
            nonce: submission.nonce,
            state: submission.state,
            attempt: number,
            hash: attempt.transaction_hash,
        })
    }
}

impl Worker {
    /// Sends these attempts, when this is the newest block. Only stored bytes are ever sent.
    pub(super) async fn send(&mut self, head: u64, broadcasts: Vec<Broadcast>) -> Result<bool, StepError> {
        if broadcasts.is_empty() {
            return Ok(false);
        }
        let hashes: Vec<B256> = broadcasts.iter().map(|broadcast| broadcast.hash).collect();
        let stored = submission::list_raw(self.hold.reader(), &hashes).await?;
        let stored: HashMap<B256, Bytes> = stored.into_iter().collect();
        fault_point("settlement.before_broadcast");
        let sender = self.network.sender.clone();
        let answers = stream::iter(&broadcasts)
            .map(async |broadcast| match stored.get(&broadcast.hash) {
                Some(raw) => (*broadcast, sender.broadcast(raw).await),
                None => (*broadcast, Vec::new()),
            })
            .buffered(ASKED_AT_ONCE)
            .collect::<Vec<_>>();
        let answers = self.hold.during(answers).await?;
        fault_point("settlement.after_broadcast");
        let mut transaction = self.hold.begin().await?;
        for (broadcast, answers) in &answers {
            let Broadcast {
                submission, attempt, ..
            } = *broadcast;
            submission::update_sent(&mut transaction, submission, attempt, head).await?;
            let rejection = rejection(answers);
            if broadcast.state == SubmissionState::Signed && rejection.is_none() {
                let sent = SubmissionState::Sent;
                submission::update_state(&mut transaction, submission, broadcast.state, sent).await?;
            }
            let detail = json!({
                "head": head,
                "rejected": rejection.map(Rejection::name),
                "answers": answers.iter().map(to_json).collect::<Vec<_>>(),
            });
            submission::insert_event(&mut transaction, submission, Some(attempt), "broadcast", &detail)
                .await?;
        }
        transaction.commit().await?;
        fault_point("settlement.after_send_stored");
        for (broadcast, answers) in &answers {
            self.note_sent(broadcast, answers);
        }
        Ok(true)
    }

    fn note_sent(&mut self, broadcast: &Broadcast, answers: &[chain::Answer]) {
        let key = (broadcast.submission, broadcast.attempt);
        match rejection(answers) {
            Some(rejection) => self.memory.rejected.insert(key, rejection),
            None => self.memory.rejected.remove(&key),
        };
        for answer in answers {
            let meaning = meaning(&answer.outcome).name();
            metrics::counter!("trellis_settlement_broadcast_total", "answer" => meaning).increment(1);
            tracing::info!(
                submission.id = broadcast.submission,
                submission.nonce = broadcast.nonce,
                attempt = broadcast.attempt,
                transaction.hash = %broadcast.hash,
                node = answer.node,
                answer = %answer.outcome,
                "sent"
            );
        }
    }
}

fn rejection(answers: &[chain::Answer]) -> Option<Rejection> {
    let meanings: Vec<Answer> = answers.iter().map(|answer| meaning(&answer.outcome)).collect();
    rejected_by_all(&meanings)
}

/// The status of a request too many.
const TOO_MANY_REQUESTS: u16 = 429;

/// What an answer means.
fn meaning(outcome: &Outcome) -> Answer {
    match outcome {
        Outcome::Accepted { .. } => Answer::Accepted,
        Outcome::Refused { message, .. } => Answer::of_error(message),
        Outcome::HttpStatus { status, .. } if *status == TOO_MANY_REQUESTS => Answer::RateLimited,
        Outcome::TimedOut => Answer::TimedOut,
        // Whatever stands before a node says nothing about a transaction.
        Outcome::HttpStatus { .. } | Outcome::Unreachable { .. } | Outcome::Malformed { .. } => Answer::Other,
    }
}

fn to_json(answer: &chain::Answer) -> Value {
    json!({
        "node": answer.node,
        "outcome": answer.outcome.name(),
        "words": answer.outcome.to_string(),
        "meaning": meaning(&answer.outcome).name(),
    })
}

#[cfg(test)]
mod tests;
