//! Tries a call at the newest block without sending it: what it returns or reverts with, and the gas that it needs.

use alloy::eips::BlockNumberOrTag;
use alloy::primitives::{Address, Bytes, U64, U256};
use alloy::rpc::types::TransactionRequest;
use serde::de::DeserializeOwned;
use std::fmt::Debug;

use crate::call_error::{CallError, judge};
use crate::error::ChainError;
use crate::node::Node;
use crate::reader::ChainReader;
use crate::send::Sender;

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

impl Sender {
    /// What the call returns at the newest block. When nodes differ, a revert counts more than a refusal, and both more
    /// than a result: what one node knows to fail is not sent.
    pub async fn simulate(&self, call: &Call) -> Result<Bytes, CallError> {
        let results = self.try_on_all::<Bytes>("eth_call", call).await?;
        Ok(results.into_iter().next().unwrap_or_default())
    }

    /// The gas that the call needs at the newest block: the most that a node says, without any reserve. Nodes that differ
    /// are judged as in [`Sender::simulate`].
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
