//! Everything outside the database: concurrent requests to nodes and signers, and one observation of the chain.
//!
//! Nothing is decided here and nothing is tried again.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use alloy::primitives::{Address, B256};
use chain::{At, ChainError, ChainReader, Sender};
use futures::stream::{self, StreamExt};
use settlement::fees::Fees;
use settlement::submission::{AccountNonce, BlockTime};
use signer_client::{CallerKey, DEVELOPMENT_SETTLER_KEY, SignerClient, SignerError};
use store::deployment::Deployment;
use thiserror::Error;

use super::config::Config;

/// Questions to nodes in progress at once: as many as submissions of a sender.
pub(super) const ASKED_AT_ONCE: usize = settlement::pipeline::IN_FLIGHT_MAX;

/// How long a suggested price is taken for the current one: about two blocks.
const FEES_LAST: Duration = Duration::from_secs(1);

/// How long what was seen is good for as long as no new block comes: replicas may know more without one.
const LOOK_LASTS: Duration = Duration::from_secs(1);

/// Nodes and signers.
#[derive(Clone, Debug)]
pub struct Network {
    /// What is sent goes through all nodes.
    pub sender: Sender,
    /// States are read from the first.
    pub reader: ChainReader,
    /// Signs transactions.
    pub transactions: SignerClient,
    /// Signs roots.
    pub roots: SignerClient,
    /// The signer of batches.
    pub batches: SignerClient,
    /// The account that sends.
    pub account: Address,
    /// The contract.
    pub contract: Address,
}

/// Why there is no network.
#[derive(Debug, Error)]
pub enum NetworkError {
    /// A URL of a node is none.
    #[error("TRELLIS_RPC_URL")]
    Nodes(#[source] ChainError),
    /// A URL of a signer is none.
    #[error("the URL of a signer")]
    Signer(#[source] SignerError),
    /// A key is none.
    #[error("{0}")]
    Key(&'static str),
}

/// What nodes said at one moment.
#[derive(Clone, Debug)]
pub(super) struct Look {
    /// The newest block.
    pub head: BlockTime,
    /// Its hash.
    pub head_hash: B256,
    /// The sender's next nonce.
    pub nonce: AccountNonce,
    /// What nodes suggest to pay.
    pub suggested: Fees,
    /// Receipts of those transactions that have one.
    pub receipts: HashMap<B256, chain::Receipt>,
    /// Transactions of which nobody said whether they have one. What was seen before counts on.
    pub unanswered: HashSet<B256>,
    /// Hashes that the reader's node has at the heights of those receipts.
    pub headers: HashMap<u64, B256>,
    at: Instant,
    fees_at: Instant,
    asked: Vec<B256>,
}

impl Network {
    /// Everything that the configuration names. Nothing is sent yet.
    pub fn connect(config: &Config, deployed: &Deployment) -> Result<Self, NetworkError> {
        let signer = |url: &str, key: &Option<CallerKey>| {
            let key = match key {
                Some(key) => key.clone(),
                None => CallerKey::new(DEVELOPMENT_SETTLER_KEY).map_err(NetworkError::Key)?,
            };
            SignerClient::with_tls(url, key, config.signer_tls.as_ref()).map_err(NetworkError::Signer)
        };
        let first = config.rpc_urls.first().map_or("", String::as_str);
        Ok(Self {
            sender: Sender::connect(&config.rpc_urls).map_err(NetworkError::Nodes)?,
            reader: ChainReader::connect(first, deployed.contract).map_err(NetworkError::Nodes)?,
            transactions: signer(&config.transaction_signer_url, &config.transaction_signer_key)?,
            roots: signer(&config.root_signer_url, &config.root_signer_key)?,
            batches: signer(&config.batch_signer_url, &config.batch_signer_key)?,
            account: config.sender(),
            contract: deployed.contract,
        })
    }

    /// The token that the contract holds, if it holds one.
    pub(super) async fn held_token(&self) -> Result<Option<Address>, ChainError> {
        self.reader.held_token(At::Latest).await
    }

    /// Looks at the chain: head, nonces, prices, and the receipts of these transactions. Without a new block the last look
    /// is good for a while, unless it did not look for one of them.
    ///
    /// # Errors
    /// [`ChainError`] when nobody answers a question that everything depends on.
    pub(super) async fn look(&self, wanted: &[B256], last: Option<Look>) -> Result<Look, ChainError> {
        let head = self.reader.head().await?;
        if let Some(last) = &last {
            let is_same = last.head_hash == head.hash && last.at.elapsed() < LOOK_LASTS;
            if is_same && wanted.iter().all(|hash| last.asked.contains(hash)) {
                return Ok(last.clone());
            }
        }
        let (latest, finalized, suggested, receipts) = futures::join!(
            self.sender.transaction_count(self.account, At::Latest),
            self.sender.transaction_count(self.account, At::Finalized),
            self.suggested(last.as_ref()),
            self.receipts(wanted, last.as_ref()),
        );
        let (suggested, fees_at) = suggested?;
        let (receipts, unanswered) = receipts;
        let mut numbers: Vec<u64> = receipts.values().map(|receipt| receipt.block.number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let headers = stream::iter(numbers)
            .map(async |number| (number, self.reader.find_header_at(number).await))
            .buffered(ASKED_AT_ONCE)
            .filter_map(async |(number, header)| Some((number, header.ok()??.hash)))
            .collect()
            .await;
        Ok(Look {
            head: BlockTime {
                number: head.number,
                timestamp: head.timestamp,
            },
            head_hash: head.hash,
            nonce: AccountNonce {
                latest: latest?,
                finalized: finalized?,
            },
            suggested,
            receipts,
            unanswered,
            headers,
            at: Instant::now(),
            fees_at,
            asked: wanted.to_vec(),
        })
    }

    async fn suggested(&self, last: Option<&Look>) -> Result<(Fees, Instant), ChainError> {
        if let Some(last) = last.filter(|last| last.fees_at.elapsed() < FEES_LAST) {
            return Ok((last.suggested, last.fees_at));
        }
        let fees = self.sender.suggested_fees().await?;
        Ok((Fees::new(fees.max_fee(), fees.priority_fee), Instant::now()))
    }

    /// The receipts of these transactions, and those of which nobody can tell. While a node does not respond, what was seen
    /// last counts.
    async fn receipts(
        &self,
        wanted: &[B256],
        last: Option<&Look>,
    ) -> (HashMap<B256, chain::Receipt>, HashSet<B256>) {
        let answers = stream::iter(wanted)
            .map(async |hash| (*hash, self.sender.find_receipt(*hash).await))
            .buffer_unordered(ASKED_AT_ONCE)
            .collect::<Vec<_>>();
        let (mut receipts, mut unanswered) = (HashMap::new(), HashSet::new());
        for (hash, answer) in answers.await {
            let receipt = answer.unwrap_or_else(|error| {
                tracing::debug!(error = %service::ErrorChain(&error), "a receipt is not known");
                unanswered.insert(hash);
                last.and_then(|last| last.receipts.get(&hash).copied())
            });
            receipts.extend(receipt.map(|receipt| (hash, receipt)));
        }
        (receipts, unanswered)
    }
}
