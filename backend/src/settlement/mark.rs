//! Records the on-chain outcome of submissions, and quarantines batches that reverted for an unknown reason.

use alloy::primitives::B256;
use serde_json::{Value, json};
use service::{ErrorChain, fault_point};
use settlement::state::{BatchState, SubmissionEvent};
use settlement::submission::{Alert, FinalEnd};
use sqlx::PgTransaction;
use store::inbox::BlockRef;
use store::submission::{self, Inclusion, Kind, Submission};
use store::{settlement_batch, settlement_sender};

use super::network::Look;
use super::worker::{Records, StepError, Worker};

/// What is to be recorded about one submission.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mark {
    /// A block has this attempt.
    Included(u32),
    /// No block has any attempt any more.
    Reorged,
    /// It ended with this attempt.
    Final(u32, FinalEnd),
    /// People should know.
    Alert(Alert),
}

/// How a batch's revert looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Revert {
    /// It is dead by its deadline, executed otherwise, or cancelled on the chain: nobody needs to look.
    Explained,
    /// It could still be executed: manual intervention required.
    Unexplained,
    /// No node can tell.
    Unknown,
}

impl Mark {
    fn event(self) -> Option<SubmissionEvent> {
        match self {
            Self::Included(_) => Some(SubmissionEvent::Included),
            Self::Reorged => Some(SubmissionEvent::Reorged),
            Self::Final(_, FinalEnd::Ok) => Some(SubmissionEvent::FinalOk),
            Self::Final(_, FinalEnd::Reverted) => Some(SubmissionEvent::FinalReverted),
            Self::Final(_, FinalEnd::Dead) => Some(SubmissionEvent::Dead),
            Self::Alert(_) => None,
        }
    }

    fn attempt(self) -> Option<u32> {
        match self {
            Self::Included(attempt) | Self::Final(attempt, _) => Some(attempt),
            Self::Reorged | Self::Alert(_) => None,
        }
    }

    /// Its name in the record of events.
    fn name(self) -> &'static str {
        match self {
            Self::Included(_) => "included",
            Self::Reorged => "reorged",
            Self::Final(_, end) => end_name(end),
            Self::Alert(_) => "alert",
        }
    }
}

fn end_name(end: FinalEnd) -> &'static str {
    match end {
        FinalEnd::Ok => "final_ok",
        FinalEnd::Reverted => "final_reverted",
        FinalEnd::Dead => "dead",
    }
}

impl Worker {
    /// Records what the chain did, all of it in one transaction.
    pub(super) async fn mark(
        &mut self,
        records: &Records,
        look: &Look,
        marks: Vec<(&Submission, Mark)>,
    ) -> Result<bool, StepError> {
        let mut done = Vec::with_capacity(marks.len());
        for (submission, mark) in marks {
            let revert = match mark {
                Mark::Alert(alert) if !self.memory.is_untold(submission.id, alert.name()) => continue,
                Mark::Final(_, FinalEnd::Reverted) => self.explain(records, submission).await?,
                Mark::Included(_) | Mark::Reorged | Mark::Final(..) | Mark::Alert(_) => Revert::Explained,
            };
            // What nobody can tell now is recorded by a later step.
            if revert != Revert::Unknown {
                done.push((submission, mark, revert));
            }
        }
        if done.is_empty() {
            return Ok(false);
        }
        let mut transaction = self.hold.begin().await?;
        for (submission, mark, revert) in &done {
            let inclusion = mark
                .attempt()
                .and_then(|attempt| inclusion(records, look, submission, attempt));
            store(&mut transaction, submission, *mark, inclusion.as_ref()).await?;
            if *revert == Revert::Unexplained {
                quarantine(&mut transaction, submission).await?;
            }
        }
        fault_point("settlement.before_mark");
        transaction.commit().await?;
        fault_point("settlement.after_mark");
        for (submission, mark, revert) in &done {
            tell(submission, *mark, *revert);
        }
        Ok(true)
    }

    /// Why a call reverted. Only a batch can need a person: everything else can be sent again, or waits for operators.
    async fn explain(&mut self, records: &Records, submission: &Submission) -> Result<Revert, StepError> {
        if submission.kind != Kind::Batch {
            return Ok(Revert::Explained);
        }
        let batch = B256::from_slice(&submission.subject);
        let watched = records.watched.iter().find(|watched| watched.batch == batch);
        let is_open = watched.is_some_and(|watched| {
            watched.state != BatchState::Quarantined && records.finalized.timestamp <= watched.deadline
        });
        if !is_open {
            return Ok(Revert::Explained);
        }
        let reader = self.network.reader.clone();
        let at = chain::At::Block(records.final_hash);
        Ok(match self.hold.during(reader.batch_state(batch, at)).await? {
            Ok(chain::BatchState::Open) => Revert::Unexplained,
            Ok(chain::BatchState::Executed { .. } | chain::BatchState::Cancelled) => Revert::Explained,
            Err(error) => {
                tracing::debug!(error = %ErrorChain(&error), "the state of a batch is not known");
                Revert::Unknown
            }
        })
    }
}

async fn store(
    transaction: &mut PgTransaction<'_>,
    submission: &Submission,
    mark: Mark,
    inclusion: Option<&Inclusion>,
) -> Result<(), StepError> {
    let id = submission.id;
    let mut detail = Value::Object(serde_json::Map::new());
    match mark {
        Mark::Included(attempt) | Mark::Final(attempt, _) => {
            if inclusion.is_some() {
                submission::update_included(transaction, id, attempt, inclusion).await?;
            }
            detail = json!({ "block": inclusion.map(|inclusion| inclusion.block.hash) });
        }
        Mark::Reorged => {
            let included = submission
                .attempts
                .iter()
                .filter(|attempt| attempt.included.is_some());
            for attempt in included {
                submission::update_included(transaction, id, attempt.number, None).await?;
            }
        }
        Mark::Alert(alert) => detail = json!({ "alert": alert.name() }),
    }
    if let Some(event) = mark.event() {
        match submission.state.on(event) {
            Ok(next) => {
                submission::update_state(transaction, id, submission.state, next).await?;
            }
            // Only a decision that does not fit the states could cause it.
            Err(error) => tracing::error!(submission.id = id, %error, "unexpected event"),
        }
    }
    submission::insert_event(transaction, id, mark.attempt(), mark.name(), &detail).await?;
    Ok(())
}

async fn quarantine(transaction: &mut PgTransaction<'_>, submission: &Submission) -> Result<(), StepError> {
    let batch = B256::from_slice(&submission.subject);
    if settlement_batch::update_quarantined(transaction, batch).await? {
        let detail = json!({ "submission": submission.id });
        let subject = format!("{batch:#x}");
        settlement_sender::insert_audit(transaction, "batch_quarantined", &subject, &detail).await?;
    }
    Ok(())
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

fn tell(submission: &Submission, mark: Mark, revert: Revert) {
    let (id, nonce, kind) = (submission.id, submission.nonce, submission.kind.name());
    let subject = alloy::hex::encode_prefixed(&submission.subject);
    macro_rules! say {
        ($level:ident, $($what:tt)+) => {
            tracing::$level!(submission.id = id, submission.nonce = nonce, kind, subject, $($what)+)
        };
    }
    match mark {
        Mark::Included(attempt) => say!(info, attempt, "included"),
        Mark::Reorged => {
            metrics::counter!("trellis_settlement_reorged_total").increment(1);
            say!(warn, "removed by a chain reorganization");
        }
        Mark::Final(attempt, end) => {
            let end = end_name(end);
            metrics::counter!("trellis_settlement_final_total", "kind" => kind, "end" => end).increment(1);
            #[expect(clippy::cast_precision_loss, reason = "a measured time, not money")]
            metrics::histogram!("trellis_settlement_landing_seconds").record(submission.age_seconds as f64);
            say!(info, attempt, end, "final");
        }
        Mark::Alert(alert) => {
            let alert = alert.name();
            metrics::counter!("trellis_settlement_alerts_total", "alert" => alert).increment(1);
            say!(error, alert, "manual intervention required");
        }
    }
    if revert == Revert::Unexplained {
        metrics::counter!("trellis_settlement_alerts_total", "alert" => "quarantined").increment(1);
        tracing::error!(
            batch.id = subject,
            "the batch reverted and is quarantined: manual intervention required"
        );
    }
}
