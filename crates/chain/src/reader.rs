//! Reads one contract's chain from one node, every answer checked.
//!
//! A reader is pinned to one endpoint, so that the answers of one step come from one view of the chain.

use std::fmt::Debug;
use std::time::Duration;

use abi::{ICustody, Journal};
use alloy::eips::{BlockId, BlockNumberOrTag};
use alloy::primitives::{Address, B256, Bytes, FixedBytes, U64, U256};
use alloy::rpc::types::{Filter, Header, Log, TransactionRequest};
use alloy::sol_types::SolCall;
use futures::stream::{self, StreamExt, TryStreamExt};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::block::BlockHeader;
use crate::call_error::{CallError, judge};
use crate::error::ChainError;
use crate::log::{ContractLog, accept};
use crate::node::{At, Node};
use crate::receipt::{Receipt, receipt};

/// How long one call may take. The slowest are ranges of logs, which vendors cut off at about this time.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// Calls in progress at once. More do not speed up a single node and run into vendors' rates.
const CALLS_AT_ONCE: usize = 16;

/// The contract's logs of a range of blocks, with the headers of the blocks that hold them.
#[derive(Clone, Debug)]
pub struct LogRange {
    /// In the chain's order.
    pub logs: Vec<ContractLog>,
    /// Headers of all blocks with logs, ascending.
    pub headers: Vec<BlockHeader>,
    /// Header of the last block of the range.
    pub end: BlockHeader,
}

/// One contract on one node.
#[derive(Clone, Debug)]
pub struct ChainReader {
    node: Node,
    contract: Address,
}

impl ChainReader {
    /// A reader of this contract at this endpoint. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ChainError::BadUrl`], [`ChainError::Client`].
    pub fn connect(rpc_url: &str, contract: Address) -> Result<Self, ChainError> {
        let node = Node::connect(rpc_url, CALL_TIMEOUT)?;
        Ok(Self { node, contract })
    }

    /// The contract that is read.
    pub fn contract(&self) -> Address {
        self.contract
    }

    /// The node that is asked.
    pub(crate) const fn node(&self) -> &Node {
        &self.node
    }

    /// Host and port of the endpoint, for people.
    pub fn name(&self) -> &str {
        self.node.name()
    }

    /// What an account holds of the chain's own coin, in wei.
    pub async fn balance_of(&self, account: Address, at: At) -> Result<U256, ChainError> {
        self.call("eth_getBalance", (account, BlockId::from(at))).await
    }

    /// The transaction's receipt, if the node has one.
    pub async fn find_receipt(&self, transaction: B256) -> Result<Option<Receipt>, ChainError> {
        receipt(&self.node, transaction).await
    }

    /// The chain's id.
    pub async fn chain_id(&self) -> Result<u64, ChainError> {
        let id: U64 = self.call("eth_chainId", ()).await?;
        Ok(id.to())
    }

    /// The newest block.
    pub async fn head(&self) -> Result<BlockHeader, ChainError> {
        self.tagged(BlockNumberOrTag::Latest).await
    }

    /// The newest final block.
    pub async fn finalized(&self) -> Result<BlockHeader, ChainError> {
        self.tagged(BlockNumberOrTag::Finalized).await
    }

    /// Timestamp of the newest block: the time that deadlines are measured against.
    pub async fn head_timestamp(&self) -> Result<u64, ChainError> {
        self.head().await.map(|head| head.timestamp)
    }

    /// The block with this hash, if the node knows it.
    pub async fn find_header(&self, hash: B256) -> Result<Option<BlockHeader>, ChainError> {
        let header: Option<Header> = self.call("eth_getBlockByHash", (hash, false)).await?;
        let header = header.as_ref().map(BlockHeader::verified).transpose()?;
        match header {
            Some(header) if header.hash != hash => Err(ChainError::malformed(format!(
                "block {} in the answer for {hash}",
                header.hash
            ))),
            found => Ok(found),
        }
    }

    /// The block at this height of the node's present branch, if it has one.
    pub async fn find_header_at(&self, number: u64) -> Result<Option<BlockHeader>, ChainError> {
        let tag = BlockNumberOrTag::Number(number);
        let header: Option<Header> = self.call("eth_getBlockByNumber", (tag, false)).await?;
        let header = header.as_ref().map(BlockHeader::verified).transpose()?;
        match header {
            Some(header) if header.number != number => Err(ChainError::malformed(format!(
                "block {} in the answer for {number}",
                header.number
            ))),
            found => Ok(found),
        }
    }

    /// Headers of these heights, ascending. Whether they form one chain is not checked.
    ///
    /// # Errors
    /// [`ChainError`]; [`ChainError::Stale`] when the node misses one.
    pub async fn headers(
        &self,
        heights: std::ops::RangeInclusive<u64>,
    ) -> Result<Vec<BlockHeader>, ChainError> {
        stream::iter(heights)
            .map(async |number| {
                self.find_header_at(number)
                    .await?
                    .ok_or_else(|| ChainError::Stale {
                        message: format!("block {number}"),
                    })
            })
            .buffered(CALLS_AT_ONCE)
            .try_collect()
            .await
    }

    /// The contract's logs of one block, requested by its hash.
    ///
    /// # Errors
    /// [`ChainError`]; [`ChainError::Malformed`] when a log is of another block or contract or out of order.
    pub async fn logs_of_block(&self, block: &BlockHeader) -> Result<Vec<ContractLog>, ChainError> {
        if !block.may_hold_logs_of(self.contract) {
            return Ok(Vec::new());
        }
        let filter = Filter::new().address(self.contract).at_block_hash(block.hash);
        let logs: Vec<Log> = self.call("eth_getLogs", (filter,)).await?;
        let logs = accept(logs, self.contract, block.number..=block.number)?;
        match logs.iter().find(|log| log.block.hash != block.hash) {
            Some(log) => Err(ChainError::malformed(format!(
                "a log of block {} in the answer for {}",
                log.block.hash, block.hash
            ))),
            None => Ok(logs),
        }
    }

    /// The logs of each of these blocks, in their order.
    pub async fn logs_of_blocks(&self, blocks: &[BlockHeader]) -> Result<Vec<Vec<ContractLog>>, ChainError> {
        stream::iter(blocks)
            .map(|block| self.logs_of_block(block))
            .buffered(CALLS_AT_ONCE)
            .try_collect()
            .await
    }

    /// The contract's logs of a range of blocks, which should be final.
    ///
    /// # Errors
    /// [`ChainError`]; [`ChainError::Malformed`] when a log is not of a block that the node has at its height.
    pub async fn logs_of_range(
        &self,
        heights: std::ops::RangeInclusive<u64>,
    ) -> Result<LogRange, ChainError> {
        let (from, to) = (*heights.start(), *heights.end());
        let filter = Filter::new().address(self.contract).from_block(from).to_block(to);
        let logs: Vec<Log> = self.call("eth_getLogs", (filter,)).await?;
        let logs = accept(logs, self.contract, heights)?;
        let mut numbers: Vec<u64> = logs.iter().map(|log| log.block.number).collect();
        numbers.dedup();
        let headers = stream::iter(numbers).map(|number| self.headers(number..=number));
        let headers: Vec<Vec<BlockHeader>> = headers.buffered(CALLS_AT_ONCE).try_collect().await?;
        let headers = headers.concat();
        let mut at = headers.iter().peekable();
        for log in &logs {
            while at.next_if(|header| header.number < log.block.number).is_some() {}
            if at.peek().is_none_or(|header| header.block() != log.block) {
                return Err(ChainError::malformed(format!(
                    "a log of block {}, which is not at height {}",
                    log.block.hash, log.block.number
                )));
            }
        }
        let end = match headers.last() {
            Some(last) if last.number == to => last.clone(),
            Some(_) | None => self
                .headers(to..=to)
                .await?
                .pop()
                .ok_or_else(|| ChainError::malformed("no header"))?,
        };
        Ok(LogRange { logs, headers, end })
    }

    /// The contract's journal head at the end of a block, which must be on the node's present branch.
    pub async fn journal_at(&self, block: B256) -> Result<Journal, ChainError> {
        let head = self.view(&ICustody::journalHeadCall {}, At::Block(block)).await?;
        Ok(Journal {
            seq: head.seq,
            root: FixedBytes(head.root.0),
        })
    }

    /// What the contract holds of the chain's own coin at the end of a block, in wei.
    pub async fn balance_at(&self, block: B256) -> Result<U256, ChainError> {
        self.call("eth_getBalance", (self.contract, BlockId::hash_canonical(block)))
            .await
    }

    /// Whether the contract takes intake authorizations of this account, at the head.
    ///
    /// # Errors
    /// [`ChainError`]; [`ChainError::Malformed`] when there is no such contract.
    pub async fn is_signer(&self, account: Address) -> Result<bool, ChainError> {
        let call = ICustody::isSignerCall { signer: account };
        self.view(&call, At::Latest).await
    }

    /// One reading function of the contract.
    ///
    /// # Errors
    /// [`ChainError`]; [`ChainError::Malformed`] when there is no such contract at this block.
    pub(crate) async fn view<C: SolCall>(&self, call: &C, at: At) -> Result<C::Return, ChainError> {
        self.node.view(self.contract, call, at.into()).await
    }

    /// One reading function of any contract; `None` when it reverts or answers something else, as it does where there is no
    /// such function.
    ///
    /// # Errors
    /// [`CallError`] when the node does not execute it, or does not say how it ends.
    pub(crate) async fn try_view<C: SolCall>(
        &self,
        contract: Address,
        call: &C,
        at: At,
    ) -> Result<Option<C::Return>, CallError> {
        let request = TransactionRequest::default()
            .to(contract)
            .input(Bytes::from(call.abi_encode()).into());
        let answer = self.node.ask("eth_call", (request, BlockId::from(at))).await;
        match judge::<Bytes>("eth_call", answer)? {
            Ok(answer) => Ok(C::abi_decode_returns_validate(&answer).ok()),
            Err(CallError::Reverted(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn tagged(&self, tag: BlockNumberOrTag) -> Result<BlockHeader, ChainError> {
        let header: Option<Header> = self.call("eth_getBlockByNumber", (tag, false)).await?;
        header
            .as_ref()
            .map(BlockHeader::verified)
            .transpose()?
            .ok_or_else(|| ChainError::Stale {
                message: format!("block {tag}"),
            })
    }

    pub(crate) async fn call<P, R>(&self, method: &'static str, params: P) -> Result<R, ChainError>
    where
        P: Serialize + Clone + Debug + Send + Sync + Unpin,
        R: DeserializeOwned + Debug + Send + Sync + Unpin + 'static,
    {
        self.node.call(method, params).await
    }
}
