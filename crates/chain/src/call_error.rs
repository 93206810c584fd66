//! What a node says about a call that it tried, apart from its failure to say anything.

use alloy::primitives::Bytes;
use alloy::transports::{RpcError, TransportError};
use serde_json::Value;
use thiserror::Error;

use crate::error::ChainError;
use crate::revert::Revert;

/// The JSON-RPC code of a reverted call.
const EXECUTION_REVERTED: i64 = 3;

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
mod tests;
