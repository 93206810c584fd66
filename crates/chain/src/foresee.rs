//! What a batch would do if it were executed at the newest block: read from the events of a simulated execution
//! (`eth_simulateV1`), which the result of `eth_call` does not contain.

use abi::ICustody::{PayoutCredited, PayoutExecuted};
use alloy::primitives::{Address, B256, Bytes, LogData, U64, U256};
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::SolEvent;
use alloy::transports::{RpcError, TransportError, TransportErrorKind};
use serde::Deserialize;
use serde_json::json;

use crate::error::ChainError;
use crate::node::Node;
use crate::send::Sender;
use crate::simulate::Call;

const METHOD: &str = "eth_simulateV1";
/// Asking too often passes.
const TOO_MANY_REQUESTS: u16 = 429;

/// Entries of a batch by what would become of them; skipped ones are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ForeseenPayouts {
    /// Sent.
    pub sent: usize,
    /// Credited, because the recipient or the asset refuses.
    pub refused: usize,
    /// Credited, because the user is frozen.
    pub frozen: usize,
}

#[derive(Debug, Deserialize)]
struct SimulatedBlock {
    calls: Vec<SimulatedCall>,
}

#[derive(Debug, Deserialize)]
struct SimulatedCall {
    status: U64,
    #[serde(default)]
    logs: Vec<SimulatedLog>,
}

#[derive(Debug, Deserialize)]
struct SimulatedLog {
    address: Address,
    topics: Vec<B256>,
    data: Bytes,
}

impl Sender {
    /// What the call would pay, by the node that sees most of it sent. `None` when no node can tell: it does not know the method, or
    /// the call fails there.
    pub async fn foresee_payouts(&self, call: &Call) -> Result<Option<ForeseenPayouts>, ChainError> {
        let answers = self.answers(|node| foresee(node, call)).await?;
        Ok(answers.into_iter().flatten().max_by_key(|foreseen| foreseen.sent))
    }
}

async fn foresee(node: &Node, call: &Call) -> Result<Option<ForeseenPayouts>, ChainError> {
    let mut request = TransactionRequest::default()
        .from(call.from)
        .to(call.to)
        .value(U256::from(call.value))
        .input(call.input.clone().into());
    request.gas = call.gas_limit;
    let payload = json!({ "blockStateCalls": [{ "calls": [request] }] });
    match node
        .ask::<_, Vec<SimulatedBlock>>(METHOD, (payload, "latest"))
        .await
    {
        Ok(blocks) => Ok(outcome(&blocks, call.to)),
        Err(error) if cannot_tell(&error) => Ok(None),
        Err(error) => Err(ChainError::of(METHOD, error)),
    }
}

/// Whether the node would say the same the next time.
fn cannot_tell(error: &TransportError) -> bool {
    if let RpcError::Transport(TransportErrorKind::HttpError(http)) = error {
        return (400..500).contains(&http.status) && http.status != TOO_MANY_REQUESTS;
    }
    matches!(error, RpcError::ErrorResp(_) | RpcError::DeserError { .. })
}

fn outcome(blocks: &[SimulatedBlock], contract: Address) -> Option<ForeseenPayouts> {
    let call = blocks.first()?.calls.first()?;
    if call.status != U64::from(1) {
        return None;
    }
    let mut foreseen = ForeseenPayouts::default();
    for log in call.logs.iter().filter(|log| log.address == contract) {
        let data = LogData::new_unchecked(log.topics.clone(), log.data.clone());
        if PayoutExecuted::decode_log_data_validate(&data).is_ok() {
            foreseen.sent = foreseen.sent.saturating_add(1);
        } else if let Ok(credited) = PayoutCredited::decode_log_data_validate(&data) {
            let count = if credited.frozen {
                &mut foreseen.frozen
            } else {
                &mut foreseen.refused
            };
            *count = count.saturating_add(1);
        }
    }
    Some(foreseen)
}

#[cfg(test)]
mod tests;
