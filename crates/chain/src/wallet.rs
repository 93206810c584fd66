//! Signatures of contract wallets (EIP-1271).

use abi::bindings::IWallet;
use alloy::primitives::{Address, B256, Bytes, FixedBytes, fixed_bytes};

use crate::call_error::CallError;
use crate::error::ChainError;
use crate::node::At;
use crate::reader::ChainReader;

/// What a wallet answers that takes a signature.
const TAKEN: FixedBytes<4> = fixed_bytes!("1626ba7e");

impl ChainReader {
    /// Whether the contract at `wallet` says that it signed a digest. An account without code, or a contract that reverts,
    /// did not.
    ///
    /// # Errors
    /// [`ChainError`] when the node does not respond.
    pub async fn takes_signature(
        &self,
        wallet: Address,
        digest: B256,
        signature: &[u8],
        at: At,
    ) -> Result<bool, ChainError> {
        let call = IWallet::isValidSignatureCall {
            digest,
            signature: Bytes::copy_from_slice(signature),
        };
        match self.try_view(wallet, &call, at).await {
            Ok(answer) => Ok(answer == Some(TAKEN)),
            Err(CallError::Reverted(_) | CallError::Refused { .. }) => Ok(false),
            Err(CallError::Chain(error)) => Err(error),
        }
    }
}
