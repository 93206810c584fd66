//! Batches.

use alloy::primitives::{Address, B256};
use approval::{Attested, BatchProposal, Proposal};
use chain::{At, ChainError};
use futures::stream::{self, StreamExt, TryStreamExt};
use money::Amount;
use signer_client::{Authorization, BatchTerms, PayoutBatch};

use super::Authorizer;
use super::agreement::Claimed;
use crate::callers::Caller;
use crate::message;
use crate::policy::{Account, BatchRule, JustifiedBatch, Policy, check_list};
use crate::protection::{Justified, NewRequest};
use crate::purpose::Kind;
use crate::refusal::{AuthorizeError, Refusal};

/// Accounts requested at once. More do not speed up a single node and run into vendors' rates.
const ACCOUNTS_AT_ONCE: usize = 16;

/// What the signer remembers a batch by: `batch:31337:0x…:0x…`.
pub(crate) fn business_key(terms: &BatchTerms) -> String {
    format!(
        "batch:{}:{:#x}:{:#x}",
        terms.chain_id, terms.contract, terms.batch.batch_id
    )
}

/// What people and the attestor must have signed: exactly this list.
fn claimed(terms: &BatchTerms) -> Claimed<'_> {
    let batch = &terms.batch;
    let list_hash = message::list_hash(batch);
    Claimed {
        proposal: Proposal::Batch {
            batch: BatchProposal {
                batch_id: batch.batch_id,
                list_hash,
                manifest_hash: batch.manifest_hash,
                total: batch.max_total,
                payouts: u32::try_from(batch.payouts.len()).unwrap_or(u32::MAX),
            },
            proposer: terms.justification.proposer,
        },
        subject: Attested::Batch {
            batch_id: batch.batch_id,
            list_hash,
        },
        justification: &terms.justification,
    }
}

impl Authorizer {
    /// Signs a batch, or repeats the signature that it has.
    pub(crate) async fn authorize_batch(
        &self,
        caller: &Caller,
        terms: &BatchTerms,
        request: &serde_json::Value,
    ) -> Result<Authorization, AuthorizeError> {
        let Policy::Authorizations {
            scope,
            batches,
            attestors,
            ..
        } = &self.policy
        else {
            return Err(Refusal::WrongPurpose(self.purpose()).into());
        };
        check_list(&terms.batch).map_err(Refusal::Batch)?;
        let key = business_key(terms);
        let digest = message::batch_digest(&terms.batch, &self.domain);
        let known = self.find(&key).await?;
        // What was recorded keeps its signature, whatever the limits are now.
        if known.as_ref().is_none_or(|known| known.digest != digest) {
            batches.check_terms(scope, terms)?;
        }
        let justified = match known {
            // Known ones were justified when they were new. Others are refused by the record.
            Some(_) => None,
            None => {
                let (head, batch) = self.justify_batch(&terms.batch).await?;
                self.check_agreement(attestors, &claimed(terms), head).await?;
                if terms.batch.max_total >= batches.large_total {
                    self.check_age(&claimed(terms), head, batches.large_age).await?;
                }
                Some((head, Justified::Batch(batch)))
            }
        };
        let new = NewRequest {
            key,
            kind: Kind::PayoutBatch,
            digest,
            caller: caller.name(),
            request,
            justified,
            policy_hash: self.policy_hash,
        };
        self.authorize(&new).await
    }

    /// Compares the batch with the contract at the head. A user may have claimed in a block that is not final yet, which
    /// the ledger does not count; the state of the newest final block is as good, as it justifies no more.
    async fn justify_batch(&self, batch: &PayoutBatch) -> Result<(u64, JustifiedBatch), AuthorizeError> {
        let head = self.reader.head().await?;
        let by_head = self.justify_batch_at(batch, head.timestamp, head.hash).await;
        let Err(AuthorizeError::Refused(Refusal::Batch(
            BatchRule::MaxTotalUnjustified { .. } | BatchRule::NothingDue(..),
        ))) = &by_head
        else {
            return Ok((head.timestamp, by_head?));
        };
        let final_block = self.reader.finalized().await?.hash;
        let by_final_block = self.justify_batch_at(batch, head.timestamp, final_block).await;
        // Of a young chain, the final block may not know the contract. The head's answer stands.
        let justified = by_final_block.or(by_head)?;
        Ok((head.timestamp, justified))
    }

    async fn justify_batch_at(
        &self,
        batch: &PayoutBatch,
        head: u64,
        block: B256,
    ) -> Result<JustifiedBatch, AuthorizeError> {
        let Policy::Authorizations { scope, batches, .. } = &self.policy else {
            return Err(Refusal::WrongPurpose(self.purpose()).into());
        };
        let wallets: Vec<Address> = batch.payouts.iter().map(|payout| payout.wallet).collect();
        let accounts: Vec<Account> = stream::iter(wallets)
            .map(|wallet| self.account_at(wallet, block))
            .buffered(ACCOUNTS_AT_ONCE)
            .try_collect()
            .await?;
        Ok(batches.justify(scope, batch, head, &accounts)?)
    }

    async fn account_at(&self, wallet: Address, block: B256) -> Result<Account, ChainError> {
        let account = self.reader.account(wallet, At::Block(block)).await?;
        Ok(Account {
            paid: Amount::new(account.paid),
            registered: account.is_registered(),
        })
    }
}
