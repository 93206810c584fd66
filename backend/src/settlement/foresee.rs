//! Simulates a call before it gets a nonce: a call that would revert is deferred, and so is a batch that would pay nobody.

use chain::CallError;
use settlement::batch::Foreseen;
use signer_client::Call;
use store::submission::Kind;

use super::calls;
use super::network::Network;

/// Something that may be sent.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) kind: Kind,
    pub(super) subject: Vec<u8>,
    pub(super) call: Call,
    /// It is sent also when it would credit everybody.
    pub(super) insisted: bool,
}

/// Why something is not sent now.
#[derive(Debug)]
pub(super) enum Obstacle {
    /// It would revert, or nobody can tell.
    Call(CallError),
    /// It would credit everyone who could be paid.
    CreditsEverybody(Foreseen),
}

impl From<CallError> for Obstacle {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

impl Network {
    /// Tries a candidate at the newest block. A batch that operators insist on may credit everyone.
    pub(super) async fn try_candidate(&self, candidate: &Candidate) -> Result<(), Obstacle> {
        let Some(call) = self.trial(&candidate.call) else {
            return Ok(());
        };
        self.sender.simulate(&call).await?;
        let may_credit = candidate.insisted || !matches!(candidate.call, Call::ExecuteBatch { .. });
        if may_credit {
            return Ok(());
        }
        let foreseen = self.sender.foresee_payouts(&call).await;
        let foreseen = foreseen.map_err(CallError::Chain)?;
        match foreseen {
            Some(trial) => {
                let foreseen = Foreseen {
                    sent: trial.sent,
                    refused: trial.refused,
                    frozen: trial.frozen,
                };
                if foreseen.credits_everybody() {
                    return Err(Obstacle::CreditsEverybody(foreseen));
                }
            }
            // It would not revert, so it goes: credits are no loss, and payouts are not to depend on one more method of nodes.
            None => {
                metrics::counter!("trellis_settlement_unforeseen_total").increment(1);
            }
        }
        Ok(())
    }

    /// The call as it would be executed; `None` when it calls nothing.
    fn trial(&self, call: &Call) -> Option<chain::Call> {
        Some(chain::Call {
            from: self.account,
            to: self.contract,
            value: 0,
            input: signer::message::data(call)?,
            gas_limit: Some(calls::gas_limit(call)),
        })
    }
}
