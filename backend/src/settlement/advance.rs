//! Advances submissions: decides the next step of each, records chain events, and signs and sends what is due.

use std::sync::Arc;

use serde_json::json;
use settlement::submission::{Action, PauseCause, decide};
use store::settlement_sender;
use store::submission::{self, Submission};

use super::calls;
use super::mark::Mark;
use super::network::Look;
use super::send::Broadcast;
use super::sign::DueSignature;
use super::view::Canonical;
use super::worker::{Records, StepError, Worker};

impl Worker {
    /// Decides about all submissions in flight, and does it.
    pub(super) async fn advance(&mut self, records: &Records, look: &Look) -> Result<bool, StepError> {
        if records.live.is_empty() {
            return Ok(false);
        }
        self.load_calls(records).await?;
        let canonical = self.canonical(look).await?;
        let mut marks = Vec::new();
        let mut wanted = Vec::new();
        let mut broadcasts = Vec::new();
        let mut foreign = None;
        for submission in &records.live {
            let Some(call) = self.memory.calls.get(&submission.id).cloned() else {
                continue;
            };
            let attempts = self.attempts(records, look, &canonical, submission);
            let view = self.view(records, look, submission, &call, &attempts);
            let actions = decide(&view);
            if !actions.contains(&Action::LookAgain) && !actions.iter().any(is_pause) {
                self.memory.found_trace(submission.id);
            }
            for action in actions {
                match action {
                    Action::Sign {
                        attempt,
                        payload,
                        fees,
                    } => wanted.push(DueSignature::new(submission, attempt, payload, fees, &call)),
                    Action::Broadcast { attempt } => broadcasts.extend(Broadcast::of(submission, attempt)),
                    Action::MarkIncluded { attempt } => marks.push((submission, Mark::Included(attempt))),
                    Action::MarkReorged => marks.push((submission, Mark::Reorged)),
                    Action::MarkFinal { attempt, end } => {
                        marks.push((submission, Mark::Final(attempt, end)));
                    }
                    // A look that nobody answered is none.
                    Action::LookAgain if is_unanswered(look, submission) => {}
                    Action::LookAgain => self.memory.look_again(submission.id),
                    Action::PauseSender(cause) => foreign = Some((cause, submission)),
                    Action::Alert(alert) => marks.push((submission, Mark::Alert(alert))),
                }
            }
        }
        let mut moved = self.mark(records, look, marks).await?;
        if let Some((cause, submission)) = foreign {
            let detail = json!({ "nonce": submission.nonce, "submission": submission.id });
            moved |= self.pause(cause, &detail).await?;
        }
        if records.is_paused() || foreign.is_some() {
            return Ok(moved);
        }
        moved |= self.sign(records, wanted).await?;
        moved |= self.send(look.head.number, broadcasts).await?;
        Ok(moved)
    }

    async fn load_calls(&mut self, records: &Records) -> Result<(), StepError> {
        let missing: Vec<i64> = (records.live.iter())
            .map(|submission| submission.id)
            .filter(|id| !self.memory.calls.contains_key(id))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        for (id, json) in submission::list_calls(self.hold.reader(), &missing).await? {
            match calls::from_json(json) {
                Ok(call) => {
                    self.memory.calls.insert(id, Arc::new(call));
                }
                // What is in progress with it is not decided about; everything else goes on.
                Err(error) => {
                    let subject = format!("submission {id}");
                    let detail = service::ErrorChain(&error).to_string();
                    self.note_waiting("submission", subject.as_bytes(), "broken", &detail)
                        .await?;
                }
            }
        }
        Ok(())
    }

    /// Which blocks are on the chain, of those that receipts name: by our own records, and above them by the node.
    async fn canonical(&mut self, look: &Look) -> Result<Canonical, StepError> {
        let mut canonical = look.headers.clone();
        if !look.receipts.is_empty() {
            let numbers: Vec<u64> = (look.receipts.values())
                .map(|receipt| receipt.block.number)
                .collect();
            for block in settlement_sender::list_canonical(self.hold.reader(), &numbers).await? {
                canonical.insert(block.number, block.hash);
            }
        }
        Ok(canonical)
    }
}

fn is_unanswered(look: &Look, submission: &Submission) -> bool {
    let mut attempts = submission.attempts.iter();
    attempts.any(|attempt| look.unanswered.contains(&attempt.transaction_hash))
}

fn is_pause(action: &Action) -> bool {
    matches!(action, Action::PauseSender(PauseCause::ForeignNonce))
}
