//! Requests for deploying and examining deployments: code at any address, code that a constructor would give,
//! pending operations.
//!
//! Not responsible for which code it ought to be.

use abi::ICustody;
use abi::deploy::runtime::NOBODY;
use alloy::eips::{BlockId, BlockNumberOrTag};
use alloy::primitives::{Address, B256, Bytes, U64};
use alloy::rpc::types::TransactionRequest;

use crate::call_error::{CallError, judge};
use crate::error::ChainError;
use crate::node::{At, Node};
use crate::reader::ChainReader;
use crate::send::Sender;

impl Sender {
    /// The code at an address in this state; empty when there is none. The longest of the answers, because nodes lag and
    /// code never goes away.
    pub async fn code(&self, account: Address, at: At) -> Result<Bytes, ChainError> {
        let block = BlockId::from(at);
        let codes = self
            .answers(|node| node.call::<_, Bytes>("eth_getCode", (account, block)))
            .await?;
        Ok(codes
            .into_iter()
            .max_by_key(|code| code.len())
            .unwrap_or_default())
    }

    /// The code that a contract would have which [`NOBODY`] created with this creation code, at the newest block. The
    /// answer of the first node that gives one.
    ///
    /// # Errors
    /// [`CallError`]; [`CallError::Reverted`] when the constructor refuses its argument.
    pub async fn try_creation(&self, creation_code: &Bytes) -> Result<Bytes, CallError> {
        let answers = self.answers(|node| create(node, creation_code)).await?;
        let nothing = || ChainError::malformed("no code from a constructor");
        let code = answers.into_iter().next().ok_or_else(nothing)??;
        if code.is_empty() {
            return Err(nothing().into());
        }
        Ok(code)
    }
}

impl ChainReader {
    /// The contract's code in this state; empty when there is none.
    pub async fn code(&self, at: At) -> Result<Bytes, ChainError> {
        self.call("eth_getCode", (self.contract(), BlockId::from(at)))
            .await
    }

    /// When a pending operation can be executed, in Unix seconds; `None` when it is not pending.
    ///
    /// # Errors
    /// As [`ChainReader::code`]; [`ChainError::Malformed`] when there is no such contract.
    pub async fn operation_eta(&self, id: B256, at: At) -> Result<Option<u64>, ChainError> {
        let eta = self.view(&ICustody::operationEtaCall { id }, at).await?;
        let eta = u64::try_from(eta).map_err(|_| ChainError::malformed(format!("the time {eta}")))?;
        Ok((eta != 0).then_some(eta))
    }
}

async fn create(node: &Node, creation_code: &Bytes) -> Result<Result<Bytes, CallError>, ChainError> {
    let nonce: U64 = node
        .call("eth_getTransactionCount", (NOBODY, BlockNumberOrTag::Latest))
        .await?;
    if !nonce.is_zero() {
        // The address that the constructor sees would be another one than everyone computes.
        return Err(ChainError::malformed(format!(
            "{NOBODY} has sent {nonce} transactions"
        )));
    }
    let request = TransactionRequest::default()
        .from(NOBODY)
        .input(creation_code.clone().into());
    let answer = node.ask("eth_call", (request, BlockNumberOrTag::Latest)).await;
    judge("eth_call", answer)
}
