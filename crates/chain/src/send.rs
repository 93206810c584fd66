//! Sends raw transactions to every node and returns each answer.
//!
//! Nothing is tried again here, and nothing is concluded from a node's words: whether a transaction was included is read
//! from the chain.

use std::fmt::Debug;
use std::time::Duration;

use alloy::primitives::{B256, Bytes};
use futures::future::join_all;

use crate::answer::{Answer, Outcome};
use crate::error::ChainError;
use crate::node::Node;

/// How long one call may take. A node that needs longer is ten blocks behind when it answers.
const CALL_TIMEOUT: Duration = Duration::from_secs(5);

/// All nodes that transactions are sent through, and that are asked the outcome of them.
///
/// Every question goes to all of them at once. Where one value is wanted, the function says how it follows from several
/// answers; a node that fails is left out as long as another one answers.
#[derive(Clone, Debug)]
pub struct Sender {
    nodes: Vec<Node>,
}

impl Sender {
    /// Nothing is sent yet.
    ///
    /// # Errors
    /// [`ChainError::BadUrl`], also when there is none; [`ChainError::Client`].
    pub fn connect<U: AsRef<str>>(rpc_urls: &[U]) -> Result<Self, ChainError> {
        Self::connect_within(rpc_urls, CALL_TIMEOUT)
    }

    /// As [`Sender::connect`], with another limit for each call.
    pub fn connect_within<U: AsRef<str>>(rpc_urls: &[U], timeout: Duration) -> Result<Self, ChainError> {
        if rpc_urls.is_empty() {
            return Err(ChainError::BadUrl);
        }
        let nodes: Result<_, _> = rpc_urls
            .iter()
            .map(|url| Node::connect(url.as_ref(), timeout))
            .collect();
        Ok(Self { nodes: nodes? })
    }

    /// Sends the transaction to all nodes at once; one answer for each, in the order of the configuration.
    pub async fn broadcast(&self, raw: &Bytes) -> Vec<Answer> {
        join_all(self.nodes.iter().map(async |node| {
            let answer = node
                .ask::<_, B256>("eth_sendRawTransaction", (raw.clone(),))
                .await;
            Answer {
                node: node.name().to_owned(),
                outcome: Outcome::of(answer),
            }
        }))
        .await
    }

    /// Puts one question to all nodes at once, and returns the answers in the order of the configuration.
    pub(crate) async fn ask_all<'a, T, F>(
        &'a self,
        question: impl Fn(&'a Node) -> F,
    ) -> Vec<Result<T, ChainError>>
    where
        F: Future<Output = Result<T, ChainError>>,
    {
        join_all(self.nodes.iter().map(question)).await
    }

    /// The answers of those that answer; the last failure when nobody does.
    pub(crate) async fn answers<'a, T, F>(
        &'a self,
        question: impl Fn(&'a Node) -> F,
    ) -> Result<Vec<T>, ChainError>
    where
        F: Future<Output = Result<T, ChainError>>,
    {
        let mut answers = Vec::with_capacity(self.nodes.len());
        let mut failure = ChainError::BadUrl;
        for answer in self.ask_all(question).await {
            match answer {
                Ok(answer) => answers.push(answer),
                Err(error) => failure = error,
            }
        }
        if answers.is_empty() {
            return Err(failure);
        }
        Ok(answers)
    }
}
