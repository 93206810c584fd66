//! Transactions that a wallet sends to the contract, unsigned.

use alloy::primitives::Bytes;
use alloy::sol_types::SolCall;
use serde::Serialize;
use utoipa::ToSchema;

use super::schema::{BaseUnits, HexBytes, Wallet};
use crate::app::Ledger;

/// A transaction to send from the wallet.
#[derive(Debug, Serialize, ToSchema)]
pub struct TransactionView {
    chain_id: u64,
    /// Its recipient.
    contract: Wallet,
    /// Base units of the chain's own coin to send along.
    value: BaseUnits,
    /// Its data.
    calldata: HexBytes,
}

impl TransactionView {
    /// A call that pays nothing.
    pub(super) fn of(ledger: &Ledger, call: &impl SolCall) -> Self {
        Self {
            chain_id: ledger.chain_id,
            contract: ledger.contract.into(),
            value: "0".into(),
            calldata: Bytes::from(call.abi_encode()).into(),
        }
    }
}
