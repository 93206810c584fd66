//! The account that pays for relayed exits: its key, and its signatures for contract calls without value.

use alloy::consensus::{SignableTransaction, TxEip1559};
use alloy::eips::eip2718::Encodable2718;
use alloy::eips::eip2930::AccessList;
use alloy::primitives::{Address, B256, Bytes, Signature, TxKind, U256};
use money::Amount;
use settlement::fees::Fees;
use signer::keyring::{KeyError, LocalKey, OpenError};
use thiserror::Error;

use super::config::RelayerConfig;

/// Why nothing is relayed although there is a key.
#[derive(Debug, Error)]
pub enum RelayerError {
    /// The key cannot be used.
    #[error("the relayer's key cannot be opened")]
    Key(#[from] OpenError),
    /// The submitter's account: a nonce would be given twice, and what is meant to hold gas money alone could submit batches.
    #[error("the relayer {0} is also the submitter; it must be a separate account")]
    IsSubmitter(Address),
}

/// The account and what it may spend.
#[derive(Clone, Debug)]
pub struct Relayer {
    key: LocalKey,
    chain_id: u64,
    contract: Address,
    /// Wei that a unit of gas may cost at most.
    pub(super) price_max: u128,
    /// What all relaying of 24 hours may cost.
    pub(super) budget_per_day: Amount,
}

/// A transaction that is about to be signed.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    pub(super) nonce: u64,
    pub(super) gas_limit: u64,
    pub(super) fees: Fees,
    pub(super) input: Bytes,
}

/// A signed transaction.
#[derive(Clone, Debug)]
pub(super) struct Signed {
    pub(super) hash: B256,
    pub(super) raw: Bytes,
}

impl Relayer {
    /// Opens the key for one contract.
    pub fn open(
        config: &RelayerConfig,
        chain_id: u64,
        contract: Address,
        submitter: Address,
    ) -> Result<Self, RelayerError> {
        let key = config.key.open(chain_id)?;
        if key.address() == submitter {
            return Err(RelayerError::IsSubmitter(submitter));
        }
        Ok(Self {
            key,
            chain_id,
            contract,
            price_max: config.price_max,
            budget_per_day: config.budget_per_day,
        })
    }

    /// Its address.
    pub fn address(&self) -> Address {
        self.key.address()
    }

    /// The contract that it calls.
    pub(super) const fn contract(&self) -> Address {
        self.contract
    }

    /// Signs a call of the contract, without value.
    pub(super) fn sign(&self, terms: Terms) -> Result<Signed, KeyError> {
        let transaction = TxEip1559 {
            chain_id: self.chain_id,
            nonce: terms.nonce,
            gas_limit: terms.gas_limit,
            max_fee_per_gas: terms.fees.max_fee(),
            max_priority_fee_per_gas: terms.fees.max_priority_fee(),
            to: TxKind::Call(self.contract),
            value: U256::ZERO,
            access_list: AccessList::default(),
            input: terms.input,
        };
        let signature = self.key.sign(transaction.signature_hash())?;
        let signature = Signature::from_raw_array(&signature).map_err(|_| KeyError::Invalid)?;
        let signed = transaction.into_signed(signature);
        Ok(Signed {
            hash: *signed.hash(),
            raw: signed.encoded_2718().into(),
        })
    }
}

#[cfg(test)]
mod tests;
