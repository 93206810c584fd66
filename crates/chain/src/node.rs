//! Calls to one node: typed parameters in, typed results out, whatever the method.
//!
//! Not responsible for which node is asked or what is done with an answer.

use std::fmt::Debug;
use std::time::Duration;

use alloy::eips::{BlockId, BlockNumberOrTag};
use alloy::network::Ethereum;
use alloy::primitives::{Address, B256, Bytes};
use alloy::providers::{Provider, RootProvider};
use alloy::rpc::client::RpcClient;
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::SolCall;
use alloy::transports::TransportError;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::ChainError;
use crate::http::Http;

/// The state that a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum At {
    /// At the end of the newest block that the node has.
    Latest,
    /// At the end of the newest final block.
    Finalized,
    /// At the end of this block, which must be on the node's present branch.
    Block(B256),
}

impl From<At> for BlockId {
    fn from(at: At) -> Self {
        match at {
            At::Latest => BlockNumberOrTag::Latest.into(),
            At::Finalized => BlockNumberOrTag::Finalized.into(),
            At::Block(hash) => Self::hash_canonical(hash),
        }
    }
}

/// One endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    provider: RootProvider<Ethereum>,
    name: String,
}

impl Node {
    pub(crate) fn connect(rpc_url: &str, timeout: Duration) -> Result<Self, ChainError> {
        let http = Http::new(rpc_url, timeout)?;
        let name = http.name();
        // Whether it is local only sets how often the provider would poll, which is never.
        let provider = RootProvider::new(RpcClient::new(http, false));
        Ok(Self { provider, name })
    }

    /// Host and port.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// One request, and the failure as it is.
    pub(crate) async fn ask<P, R>(&self, method: &'static str, params: P) -> Result<R, TransportError>
    where
        P: Serialize + Clone + Debug + Send + Sync + Unpin,
        R: DeserializeOwned + Debug + Send + Sync + Unpin + 'static,
    {
        self.provider.raw_request(method.into(), params).await
    }

    /// One request, and the failure sorted.
    pub(crate) async fn call<P, R>(&self, method: &'static str, params: P) -> Result<R, ChainError>
    where
        P: Serialize + Clone + Debug + Send + Sync + Unpin,
        R: DeserializeOwned + Debug + Send + Sync + Unpin + 'static,
    {
        self.ask(method, params)
            .await
            .map_err(|error| ChainError::of(method, error))
    }

    /// One reading function of a contract.
    pub(crate) async fn view<C: SolCall>(
        &self,
        contract: Address,
        call: &C,
        block: BlockId,
    ) -> Result<C::Return, ChainError> {
        let request = TransactionRequest::default()
            .to(contract)
            .input(Bytes::from(call.abi_encode()).into());
        let answer: Bytes = self.call("eth_call", (request, block)).await?;
        C::abi_decode_returns_validate(&answer)
            .map_err(|_| ChainError::malformed(format!("{} returned an unexpected answer", C::SIGNATURE)))
    }
}
