//! The balances of accounts that must have money, and what our transactions cost, between two final blocks.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use alloy_primitives::Address;
use audit::checks::Verdict;
use audit::vigil::{AccountSeen, FeeWindow, PaidTransaction, top_up};
use chain::{At, ChainReader};
use store::Connections;
use store::reconciliation::vigil::{self as stored, BookedFee, CheckpointAge};

use super::limits::VigilConfig;

/// A window that does not come right is abandoned after this time; it was reported, and the others must be checked, too.
const WINDOW_MAX: Duration = Duration::from_secs(3_600);

/// An account at a block.
#[derive(Clone, Copy, Debug)]
struct Purse {
    block: u64,
    balance: u128,
    nonce: u64,
    /// When it was read.
    at: Instant,
}

/// Where the current window of each sending account begins.
#[derive(Debug, Default)]
pub(super) struct Purses(BTreeMap<Address, Purse>);

/// What a round saw.
#[derive(Debug)]
pub(super) struct SeenAccounts {
    pub(super) accounts: Vec<AccountSeen>,
    /// `None` while something may still be booked.
    pub(super) windows: Option<Vec<FeeWindow>>,
}

impl Purses {
    /// Looks at the final block that the listener recorded; `None` when the endpoint does not have it.
    pub(super) async fn look(
        &mut self,
        pool: &Connections,
        reader: &ChainReader,
        checkpoint: &CheckpointAge,
        config: &VigilConfig,
    ) -> anyhow::Result<Option<SeenAccounts>> {
        let at = At::Block(checkpoint.final_hash);
        if reader.find_header(checkpoint.final_hash).await?.is_none() {
            return Ok(None);
        }
        let mut connection = pool.acquire().await?;
        let senders = stored::list_sending_accounts(&mut connection).await?;
        drop(connection);
        let mut accounts = Vec::new();
        for (name, address, minimum) in &config.accounts {
            accounts.push(AccountSeen {
                name: name.clone(),
                address: *address,
                balance: reader.balance_of(*address, at).await?.saturating_to(),
                minimum: *minimum,
            });
        }
        let (mut windows, mut is_booked) = (Vec::new(), true);
        for sender in senders {
            let now = Purse {
                block: checkpoint.final_number,
                balance: reader.balance_of(sender, at).await?.saturating_to(),
                nonce: reader.transaction_count(sender, at).await?,
                at: Instant::now(),
            };
            accounts.push(AccountSeen {
                name: "sender".to_owned(),
                address: sender,
                balance: now.balance,
                minimum: config.gas_min,
            });
            let begin = *self.0.entry(sender).or_insert(now);
            if begin.block >= now.block {
                continue;
            }
            let window = self.window(pool, reader, sender, (begin, now)).await?;
            if is_right(&window) || begin.at.elapsed() > config.booked_within {
                windows.push(window);
            } else {
                is_booked = false;
            }
        }
        Ok(Some(SeenAccounts {
            accounts,
            windows: is_booked.then_some(windows),
        }))
    }

    /// What happened to a sender between two blocks. One that comes right, or never does, is followed by the next one.
    async fn window(
        &mut self,
        pool: &Connections,
        reader: &ChainReader,
        sender: Address,
        (begin, now): (Purse, Purse),
    ) -> anyhow::Result<FeeWindow> {
        let heights = begin.block.saturating_add(1)..=now.block;
        let mut connection = pool.acquire().await?;
        let booked = stored::list_booked_fees(&mut connection, heights.clone()).await?;
        drop(connection);
        let mut transactions = Vec::new();
        for BookedFee {
            transaction_hash,
            booked,
            ..
        } in booked.into_iter().filter(|fee| fee.sender == sender)
        {
            let receipt = reader.find_receipt(transaction_hash).await?;
            // The block that was booked may have been taken back since.
            let Some(receipt) = receipt.filter(|receipt| heights.contains(&receipt.block.number)) else {
                continue;
            };
            transactions.push(PaidTransaction {
                hash: transaction_hash,
                receipt: (receipt.gas_used, receipt.effective_gas_price),
                booked,
            });
        }
        let window = FeeWindow {
            sender,
            blocks: (begin.block, now.block),
            balances: (begin.balance, now.balance),
            nonces: (begin.nonce, now.nonce),
            transactions,
        };
        if is_right(&window) || begin.at.elapsed() > WINDOW_MAX {
            let came = top_up(&window);
            if came > 0 {
                tracing::info!(account = %sender, wei = %came, "a sending account was topped up");
            }
            self.0.insert(sender, now);
        }
        Ok(window)
    }
}

fn is_right(window: &FeeWindow) -> bool {
    audit::vigil::fees(std::slice::from_ref(window)) == Verdict::Passed
}
