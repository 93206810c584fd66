//! The sending account: recorded at first use, compared with the chain, and paused if its key
//! is used elsewhere.

use std::time::{Duration, Instant};

use chain::At;
use serde_json::json;
use service::fault_point;
use settlement::submission::PauseCause;
use store::settlement_sender::{self, SenderAccount};

use super::network::Look;
use super::worker::{Records, StepError, Worker};

/// How often what the account has is measured.
const MEASURE_EVERY: Duration = Duration::from_secs(60);

impl Worker {
    /// The account's row. It is made from the chain's finalized state when there is none.
    pub(super) async fn find_account(&mut self) -> Result<Option<SenderAccount>, StepError> {
        let account = self.network.account;
        if let Some(found) = settlement_sender::find_sender(self.hold.reader(), account).await? {
            return Ok(Some(found));
        }
        let sender = self.network.sender.clone();
        let nonce = match self
            .hold
            .during(sender.transaction_count(account, At::Finalized))
            .await?
        {
            Ok(nonce) => nonce,
            Err(error) => {
                if self.memory.is_changed(b"nodes", "unanswered") {
                    tracing::warn!(error = %service::ErrorChain(&error), "no node responds; waiting");
                }
                return Ok(None);
            }
        };
        let mut transaction = self.hold.begin().await?;
        settlement_sender::insert_sender(&mut transaction, account, nonce).await?;
        transaction.commit().await?;
        fault_point("settlement.after_account");
        tracing::info!(sender.address = %account, sender.nonce = nonce, "the account sends from this nonce on");
        Ok(settlement_sender::find_sender(self.hold.reader(), account).await?)
    }

    /// Pauses the account when the chain knows more transactions of it than we do.
    pub(super) async fn compare_nonces(&mut self, records: &Records, look: &Look) -> Result<bool, StepError> {
        self.measure_purse().await?;
        if records.is_paused() || look.nonce.latest <= records.account.next_nonce {
            return Ok(false);
        }
        let detail = json!({ "chain": look.nonce.latest, "next": records.account.next_nonce });
        self.pause(PauseCause::ForeignNonce, &detail).await
    }

    /// Sends nothing more from the account until a person has looked.
    pub(super) async fn pause(
        &mut self,
        cause: PauseCause,
        detail: &serde_json::Value,
    ) -> Result<bool, StepError> {
        let account = self.network.account;
        let mut transaction = self.hold.begin().await?;
        let paused = settlement_sender::update_paused(&mut transaction, account, Some(cause.name())).await?;
        if paused {
            let subject = format!("{account:#x}");
            settlement_sender::insert_audit(&mut transaction, "sender_paused", &subject, detail).await?;
        }
        transaction.commit().await?;
        fault_point("settlement.after_pause");
        if paused {
            metrics::counter!("trellis_settlement_alerts_total", "alert" => cause.name()).increment(1);
            tracing::error!(
                sender.address = %account,
                cause = cause.name(),
                %detail,
                "the account is paused: its key is used elsewhere"
            );
        }
        Ok(paused)
    }

    #[expect(clippy::cast_precision_loss, reason = "a gauge is for people, not for money")]
    async fn measure_purse(&mut self) -> Result<(), StepError> {
        if (self.memory.compared).is_some_and(|last| last.elapsed() < MEASURE_EVERY) {
            return Ok(());
        }
        self.memory.compared = Some(Instant::now());
        let sender = self.network.sender.clone();
        let balance = sender.balance(self.network.account, At::Latest);
        if let Ok(balance) = self.hold.during(balance).await? {
            metrics::gauge!("trellis_settlement_sender_balance").set(balance as f64);
        }
        Ok(())
    }
}
