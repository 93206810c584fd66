//! Chain reads that a signer of transactions or roots makes before it serves or signs.
//!
//! Not responsible for the signers from which the contract accepts intake and batch authorizations ([`ChainReader::is_signer`]).

use abi::ICustody;
use alloy::eips::BlockId;
use alloy::primitives::{Address, U64};

use crate::error::ChainError;
use crate::node::At;
use crate::reader::ChainReader;

impl ChainReader {
    /// Whether the contract takes liabilities roots by this account's signature, at the head.
    ///
    /// # Errors
    /// [`ChainError`]; [`ChainError::Malformed`] when there is no such contract.
    pub async fn is_root_signer(&self, account: Address) -> Result<bool, ChainError> {
        let call = ICustody::isRootSignerCall { signer: account };
        self.view(&call, At::Latest).await
    }

    /// How many of an account's transactions are included: its next nonce.
    pub async fn transaction_count(&self, account: Address, at: At) -> Result<u64, ChainError> {
        let count: U64 = self
            .call("eth_getTransactionCount", (account, BlockId::from(at)))
            .await?;
        Ok(count.to())
    }
}
