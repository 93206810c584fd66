//! Tries a call at the newest block without sending it: what it returns or reverts with, and the gas that it needs.

use alloy::eips::BlockNumberOrTag;
use alloy::primitives::{Address, Bytes, U64, U256};
use alloy::rpc::types::TransactionRequest;
use alloy::transports::{RpcError, TransportError};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fmt::Debug;
use thiserror::Error;

use crate::error::ChainError;
use crate::node::Node;
use crate::reader::ChainReader;
use crate::revert::Revert;
use crate::send::Sender;

/// The JSON-RPC code of a reverted call.
const EXECUTION_REVERTED: i64 = 3;

/// A transaction as it would be executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Who sends it.
    pub from: Address,
    /// To whom.
    pub to: Address,
    /// Wei.
    pub value: u128,
    /// What is called, encoded.
    pub input: Bytes,
    /// The gas that it may use; what a block has when there is none.
    pub gas_limit: Option<u64>,
}

/// Why a call has no result.
#[derive(Debug, Error)]
pub enum CallError {
    /// It reverts.
    #[error("the call reverts: {0}")]
    Reverted(Revert),
    /// The node does not execute it: no money, too little gas, or its own reason.
    #[error("the node does not execute the call: {message}")]
    Refused {
        /// The code of the node's error.
        code: i64,
        /// In the node's words.
        message: String,
    },
    /// The node did not answer as it should.
    #[error(transparent)]
    Chain(#[from] ChainError),
}

impl Sender {
    /// What the call returns at the newest block. When nodes differ, a revert counts more than a refusal, and both more
    /// than a result: what one node knows to fail is not sent.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn simulate(&self, call: &Call) -> Result<Bytes, CallError> {
        let results = self.try_on_all::<Bytes>("eth_call", call).await?;
        Ok(results.into_iter().next().unwrap_or_default())
    }

    /// The gas that the call needs at the newest block: the most that a node says, without any reserve. Nodes that differ
    /// are judged as in [`Sender::simulate`].
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn estimate_gas(&self, call: &Call) -> Result<u64, CallError> {
        let results = self.try_on_all::<U64>("eth_estimateGas", call).await?;
        Ok(results.into_iter().max().unwrap_or_default().to())
    }

    async fn try_on_all<R>(&self, method: &'static str, call: &Call) -> Result<Vec<R>, CallError>
    where
        R: DeserializeOwned + Debug + Send + Sync + Unpin + 'static,
    {
        let answers = self.answers(|node| execute::<R>(node, method, call)).await?;
        let mut refusal = None;
        let mut results = Vec::with_capacity(answers.len());
        for answer in answers {
            match answer {
                Ok(result) => results.push(result),
                Err(reverted @ CallError::Reverted(_)) => return Err(reverted),
                Err(other) => refusal = Some(other),
            }
        }
        refusal.map_or(Ok(results), Err)
    }
}

impl ChainReader {
    /// What the call returns at the newest block of this node.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn simulate(&self, call: &Call) -> Result<Bytes, CallError> {
        execute::<Bytes>(self.node(), "eth_call", call).await?
    }
}

/// The outer error is that of a node which cannot be asked; the inner one is its answer.
async fn execute<R>(
    node: &Node,
    method: &'static str,
    call: &Call,
) -> Result<Result<R, CallError>, ChainError>
where
    R: DeserializeOwned + Debug + Send + Sync + Unpin + 'static,
{
    let mut request = TransactionRequest::default()
        .from(call.from)
        .to(call.to)
        .value(U256::from(call.value))
        .input(call.input.clone().into());
    request.gas = call.gas_limit;
    judge(
        method,
        node.ask(method, (request, BlockNumberOrTag::Latest)).await,
    )
}

/// Divides what a node says about a call from its failure to say anything.
pub(crate) fn judge<R>(
    method: &'static str,
    answer: Result<R, TransportError>,
) -> Result<Result<R, CallError>, ChainError> {
    match answer {
        Ok(result) => Ok(Ok(result)),
        Err(error) => match refusal(&error) {
            Some(refusal) => Ok(Err(refusal)),
            None => Err(ChainError::of(method, error)),
        },
    }
}

/// What the node said about the call, if it said anything about it.
fn refusal(error: &TransportError) -> Option<CallError> {
    let RpcError::ErrorResp(payload) = error else {
        return None;
    };
    let data = payload
        .data
        .as_deref()
        .and_then(|data| serde_json::from_str(data.get()).ok());
    if let Some(data) = data.as_ref().and_then(revert_data) {
        return Some(CallError::Reverted(Revert::of(&data)));
    }
    let message = payload.message.to_lowercase();
    if payload.code == EXECUTION_REVERTED || message.contains("revert") {
        return Some(CallError::Reverted(Revert::Unknown(Bytes::new())));
    }
    let about_the_call = ["insufficient funds", "gas", "fee", "balance", "evm error"];
    about_the_call
        .iter()
        .any(|word| message.contains(word))
        .then(|| CallError::Refused {
            code: payload.code,
            message: payload.message.chars().take(MESSAGE_MAX).collect(),
        })
}

/// How much of a node's words is kept.
const MESSAGE_MAX: usize = 500;

/// The bytes that a call reverted with: a string of its own, behind the word `Reverted`, or inside an object.
fn revert_data(data: &Value) -> Option<Bytes> {
    match data {
        Value::String(text) => {
            let digits = text.strip_prefix("Reverted ").unwrap_or(text);
            digits.starts_with("0x").then(|| digits.parse().ok())?
        }
        Value::Object(fields) => fields.get("data").and_then(revert_data),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(error: &Value) -> Option<CallError> {
        let payload = serde_json::from_str(&error.to_string()).unwrap();
        refusal(&RpcError::ErrorResp(payload))
    }

    #[test]
    fn revert_data_is_found_where_nodes_put_it() {
        let data = "0x85f65eb4";
        for shown in [
            json!(data),
            json!(format!("Reverted {data}")),
            json!({ "data": data }),
        ] {
            let error = json!({"code": 3, "message": "execution reverted", "data": shown});
            let Some(CallError::Reverted(Revert::Unknown(read))) = answer(&error) else {
                panic!("{error}");
            };
            assert_eq!(read.to_string(), data);
        }
    }

    #[test]
    fn a_revert_without_data_is_a_revert() {
        let error = json!({"code": -32000, "message": "execution reverted"});
        assert!(matches!(answer(&error), Some(CallError::Reverted(_))));
    }

    #[test]
    fn no_money_is_a_refusal_and_an_unknown_block_is_the_nodes_failure() {
        let error = json!({"code": -32000, "message": "insufficient funds for gas * price + value"});
        assert!(matches!(
            answer(&error),
            Some(CallError::Refused { code: -32000, .. })
        ));
        let error = json!({"code": -32000, "message": "header not found"});
        assert!(answer(&error).is_none());
        let error = json!({"code": -32603, "message": "EVM error InvalidOperandOOG"});
        assert!(matches!(
            answer(&error),
            Some(CallError::Refused { code: -32603, .. })
        ));
    }
}
