//! Moves submissions on: decides about each, records what the chain did, and has signed and sent what is due.

use std::sync::Arc;

use alloy::primitives::B256;
use serde_json::json;
use settlement::state::{BatchState, SubmissionEvent, SubmissionState};
use settlement::submission::{Action, Alert, FinalEnd, PauseCause, decide};
use store::inbox::BlockRef;
use store::submission::{self, Inclusion, Kind, Submission};
use store::{settlement_batch, settlement_sender};
use telemetry::fault_point;

use super::network::Look;
use super::send::Broadcast;
use super::sign::Wanted;
use super::view::Canonical;
use super::worker::{Records, StepError, Worker};
use super::{calls, close};

/// What is to be recorded about one submission.
#[derive(Clone, Debug)]
enum Mark {
    Included(u32),
    Reorged,
    Final(u32, FinalEnd),
    Alert(Alert),
}

impl Worker {
    /// Decides about all submissions under way, and does it.
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
                    } => wanted.push(Wanted::new(submission, attempt, payload, fees, &call)),
                    Action::Broadcast { attempt } => broadcasts.extend(Broadcast::of(submission, attempt)),
                    Action::MarkIncluded { attempt } => marks.push((submission, Mark::Included(attempt))),
                    Action::MarkReorged => marks.push((submission, Mark::Reorged)),
                    Action::MarkFinal { attempt, end } => {
                        marks.push((submission, Mark::Final(attempt, end)));
                    }
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
            self.memory.calls.insert(id, Arc::new(calls::from_json(json)?));
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

    /// Records what the chain did, all of it in one transaction.
    async fn mark(
        &mut self,
        records: &Records,
        look: &Look,
        marks: Vec<(&Submission, Mark)>,
    ) -> Result<bool, StepError> {
        let marks: Vec<_> = (marks.into_iter())
            .filter(|(submission, mark)| match mark {
                Mark::Alert(alert) => self.memory.is_untold(submission.id, alert.name()),
                Mark::Included(_) | Mark::Reorged | Mark::Final(..) => true,
            })
            .collect();
        if marks.is_empty() {
            return Ok(false);
        }
        let mut quarantines = Vec::new();
        for (submission, mark) in &marks {
            if let Mark::Final(_, FinalEnd::Reverted) = mark
                && self.is_unexplained(records, submission).await?
            {
                quarantines.push(submission.id);
            }
        }
        let mut transaction = self.hold.begin().await?;
        for (submission, mark) in &marks {
            let inclusion = |attempt: u32| inclusion(records, look, submission, attempt);
            let (event, attempt, detail) = match mark {
                Mark::Included(attempt) => {
                    let found = inclusion(*attempt);
                    submission::update_included(&mut transaction, submission.id, *attempt, found.as_ref())
                        .await?;
                    let block = found.map(|found| found.block.hash);
                    (
                        Some(SubmissionEvent::Included),
                        Some(*attempt),
                        json!({ "block": block }),
                    )
                }
                Mark::Reorged => {
                    for attempt in submission
                        .attempts
                        .iter()
                        .filter(|attempt| attempt.included.is_some())
                    {
                        submission::update_included(&mut transaction, submission.id, attempt.number, None)
                            .await?;
                    }
                    (Some(SubmissionEvent::Reorged), None, json!({}))
                }
                Mark::Final(attempt, end) => {
                    if let Some(found) = inclusion(*attempt) {
                        submission::update_included(&mut transaction, submission.id, *attempt, Some(&found))
                            .await?;
                    }
                    (Some(event_of(*end)), Some(*attempt), json!({}))
                }
                Mark::Alert(alert) => (None, None, json!({ "alert": alert.name() })),
            };
            let name = match (mark, event) {
                (Mark::Alert(_), _) | (_, None) => "alert".to_owned(),
                (Mark::Included(_) | Mark::Reorged | Mark::Final(..), Some(event)) => {
                    let next = close::after(submission, event);
                    submission::update_state(&mut transaction, submission.id, submission.state, next).await?;
                    if next == SubmissionState::Sent {
                        "reorged".to_owned()
                    } else {
                        next.name().to_owned()
                    }
                }
            };
            submission::insert_event(&mut transaction, submission.id, attempt, &name, &detail).await?;
            if quarantines.contains(&submission.id) {
                let batch = B256::from_slice(&submission.subject);
                if settlement_batch::update_quarantined(&mut transaction, batch).await? {
                    let detail = json!({ "submission": submission.id, "attempt": attempt });
                    let subject = format!("{batch:#x}");
                    settlement_sender::insert_audit(&mut transaction, "batch_quarantined", &subject, &detail)
                        .await?;
                }
            }
        }
        transaction.commit().await?;
        fault_point("settlement.after_mark");
        for (submission, mark) in &marks {
            tell(submission, mark, quarantines.contains(&submission.id));
        }
        Ok(true)
    }

    /// Whether a batch reverted although it could still be executed: then a person must look. One that is dead by its
    /// deadline, executed otherwise or cancelled on the chain needs nobody.
    async fn is_unexplained(
        &mut self,
        records: &Records,
        submission: &Submission,
    ) -> Result<bool, StepError> {
        if submission.kind != Kind::Batch {
            return Ok(false);
        }
        let batch = B256::from_slice(&submission.subject);
        let watched = records.watched.iter().find(|watched| watched.batch == batch);
        let is_open = watched.is_some_and(|watched| {
            watched.state != BatchState::Quarantined && records.finalized.timestamp <= watched.deadline
        });
        if !is_open {
            return Ok(false);
        }
        let reader = self.network.reader.clone();
        let at = chain::At::Block(records.final_hash);
        let state = self.hold.during(reader.batch_state(batch, at)).await?;
        // What nobody can tell counts as unexplained: a person looks at one batch too many.
        Ok(!matches!(
            state,
            Ok(chain::BatchState::Executed { .. } | chain::BatchState::Cancelled)
        ))
    }
}

fn is_pause(action: &Action) -> bool {
    matches!(action, Action::PauseSender(PauseCause::ForeignNonce))
}

fn event_of(end: FinalEnd) -> SubmissionEvent {
    match end {
        FinalEnd::Ok => SubmissionEvent::FinalOk,
        FinalEnd::Reverted => SubmissionEvent::FinalReverted,
        FinalEnd::Dead => SubmissionEvent::Dead,
    }
}

/// The block that has an attempt: by the receipt, and without one by the recorded event, which says nothing of gas.
fn inclusion(records: &Records, look: &Look, submission: &Submission, number: u32) -> Option<Inclusion> {
    let attempt = submission
        .attempts
        .iter()
        .find(|attempt| attempt.number == number)?;
    let hash = attempt.transaction_hash;
    let recorded = records.recorded(hash);
    if let Some(receipt) = look.receipts.get(&hash) {
        let block = BlockRef {
            number: receipt.block.number,
            hash: receipt.block.hash,
        };
        if recorded.is_none_or(|recorded| recorded.block == block) {
            return Some(Inclusion {
                block,
                succeeded: receipt.succeeded,
                gas: Some((receipt.gas_used, receipt.effective_gas_price)),
            });
        }
    }
    recorded.map(|recorded| Inclusion {
        block: recorded.block,
        succeeded: true,
        gas: None,
    })
}

fn tell(submission: &Submission, mark: &Mark, is_quarantined: bool) {
    let (id, nonce, kind) = (submission.id, submission.nonce, submission.kind.name());
    let subject = alloy::hex::encode_prefixed(&submission.subject);
    match mark {
        Mark::Included(attempt) => {
            tracing::info!(
                submission.id = id,
                submission.nonce = nonce,
                kind,
                subject,
                attempt,
                "included"
            );
        }
        Mark::Reorged => {
            metrics::counter!("trellis_settlement_reorged_total").increment(1);
            tracing::warn!(
                submission.id = id,
                submission.nonce = nonce,
                kind,
                subject,
                "thrown out by a reorganization"
            );
        }
        Mark::Final(attempt, end) => {
            let end = match end {
                FinalEnd::Ok => "ok",
                FinalEnd::Reverted => "reverted",
                FinalEnd::Dead => "dead",
            };
            metrics::counter!("trellis_settlement_final_total", "kind" => kind, "end" => end).increment(1);
            #[expect(clippy::cast_precision_loss, reason = "a measured time, not money")]
            metrics::histogram!("trellis_settlement_landing_seconds").record(submission.age_seconds as f64);
            tracing::info!(
                submission.id = id,
                submission.nonce = nonce,
                kind,
                subject,
                attempt,
                end,
                "final"
            );
            if is_quarantined {
                metrics::counter!("trellis_settlement_alerts_total", "alert" => "quarantined").increment(1);
                tracing::error!(
                    batch.id = subject,
                    "the batch reverted and is put aside: a person must look"
                );
            }
        }
        Mark::Alert(alert) => {
            metrics::counter!("trellis_settlement_alerts_total", "alert" => alert.name()).increment(1);
            tracing::error!(
                submission.id = id,
                submission.nonce = nonce,
                kind,
                subject,
                alert = alert.name(),
                "a submission needs a person"
            );
        }
    }
}
