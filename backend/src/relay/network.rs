//! The lane's RPC requests: everything one step depends on, at once.

use std::collections::{BTreeMap, BTreeSet};

use alloy::primitives::{Address, Bytes};
use chain::{At, CallError, ChainError, ChainReader, Sender};
use settlement::fees::Fees;
use store::relay_attempt::{Finished, Sent};

use money::Amount;

/// Nodes, and the contract.
#[derive(Clone, Debug)]
pub(super) struct Network {
    pub(super) sender: Sender,
    pub(super) reader: ChainReader,
    pub(super) contract: Address,
}

/// What nodes said at one moment.
#[derive(Clone, Debug)]
pub(super) struct Look {
    /// Time of the newest block.
    pub(super) time: u64,
    /// Number of the newest final block.
    pub(super) finalized: u64,
    /// Of each account that sends: its next nonce at the newest block, and at the newest final one.
    pub(super) nonces: BTreeMap<Address, (u64, u64)>,
    /// What nodes suggest to pay.
    pub(super) suggested: Fees,
    /// What gas costs at least: a ceiling below it would only wait in pools.
    pub(super) price: u128,
}

/// What is known about a nonce that final blocks have used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// One of the attempts is final.
    Final(Finished),
    /// Every node answered, and none has a receipt of an attempt: another transaction took the nonce.
    Taken,
    /// Not known yet.
    Unknown,
}

impl Network {
    /// Looks at the chain, for these accounts.
    ///
    /// # Errors
    /// [`ChainError`] when nobody answers.
    pub(super) async fn look(&self, accounts: &BTreeSet<Address>) -> Result<Look, ChainError> {
        let (head, finalized, fees) = futures::try_join!(
            self.reader.head(),
            self.reader.finalized(),
            self.sender.suggested_fees()
        )?;
        let mut nonces = BTreeMap::new();
        for account in accounts {
            let counts = futures::try_join!(
                self.sender.transaction_count(*account, At::Latest),
                self.sender.transaction_count(*account, At::Finalized),
            )?;
            nonces.insert(*account, counts);
        }
        Ok(Look {
            time: head.timestamp,
            finalized: finalized.number,
            nonces,
            suggested: Fees::new(fees.max_fee(), fees.priority_fee),
            price: fees.base_fee.saturating_add(fees.priority_fee),
        })
    }

    /// The outcome of a message whose nonce final blocks have used.
    pub(super) async fn ending(&self, sent: &Sent, finalized: u64) -> Ending {
        let mut is_unknown = false;
        for attempt in &sent.attempts {
            match self.sender.find_receipt(attempt.hash).await {
                Ok(Some(receipt)) if receipt.block.number <= finalized => {
                    return Ending::Final(Finished {
                        hash: attempt.hash,
                        fee: Amount::new(receipt.fee()),
                        succeeded: receipt.succeeded,
                    });
                }
                Ok(Some(_)) | Err(_) => is_unknown = true,
                Ok(None) => {}
            }
        }
        if is_unknown {
            Ending::Unknown
        } else {
            Ending::Taken
        }
    }

    /// Tries a call at the newest block.
    ///
    /// # Errors
    /// [`CallError`]: it would revert, or nobody can tell.
    pub(super) async fn try_call(
        &self,
        from: Address,
        input: &Bytes,
        gas_limit: u64,
    ) -> Result<(), CallError> {
        let call = chain::Call {
            from,
            to: self.contract,
            value: 0,
            input: input.clone(),
            gas_limit: Some(gas_limit),
        };
        self.sender.simulate(&call).await.map(drop)
    }
}
