//! Transactions that a wallet sends to the contract, unsigned.

use alloy::primitives::Bytes;
use alloy::sol_types::SolCall;
use serde::Serialize;
use utoipa::ToSchema;

use super::schema::{BaseUnits, HexBytes, Wallet};
use super::words::shown;
use crate::app::Ledger;

/// A transaction to send from the wallet.
#[derive(Debug, Serialize, ToSchema)]
pub struct TransactionView {
    chain_id: u64,
    /// Its recipient.
    #[schema(value_type = Wallet)]
    contract: String,
    /// Base units of the chain's own coin to send along.
    #[schema(value_type = BaseUnits)]
    value: String,
    /// Its data.
    #[schema(value_type = HexBytes)]
    calldata: String,
}

impl TransactionView {
    /// A call that pays nothing.
    pub(super) fn of(ledger: &Ledger, call: &impl SolCall) -> Self {
        Self {
            chain_id: ledger.chain_id,
            contract: shown(ledger.contract),
            value: "0".to_owned(),
            calldata: Bytes::from(call.abi_encode()).to_string(),
        }
    }
}
