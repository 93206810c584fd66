//! Several endpoints that must agree before a block counts as final.
//!
//! One endpoint can show a chain of its own, with headers, logs and a journal that fit each other. So what becomes final is
//! what enough of them call final, by hash, with the same journal of the contract. Not responsible for what is done when
//! they disagree.

use std::time::Duration;

use abi::Journal;
use futures::future::join_all;

use crate::block::BlockRef;
use crate::error::ChainError;
use crate::reader::ChainReader;

/// How long an endpoint may take to vouch: a slow one counts as silent, as long as others suffice.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Endpoints of one contract, and how many of them must agree.
#[derive(Clone, Debug)]
pub struct Witnesses {
    readers: Vec<ChainReader>,
    needed: usize,
}

/// What the endpoints say about one block, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Testimony {
    /// They call this block final, and have this journal at its end.
    pub agree: Vec<String>,
    /// They have another block at this height, or another journal there.
    pub differ: Vec<String>,
    /// They do not respond, or are not that far.
    pub silent: Vec<String>,
}

impl Witnesses {
    /// These endpoints; this many must agree: at least one, at most all.
    pub fn new(readers: Vec<ChainReader>, needed: usize) -> Self {
        let needed = needed.clamp(1, readers.len().max(1));
        Self { readers, needed }
    }

    /// How many must agree.
    pub const fn needed(&self) -> usize {
        self.needed
    }

    /// The newest height that enough endpoints call final; `None` when too few answer.
    pub async fn final_height(&self) -> Option<u64> {
        let heights = self
            .ask(async |reader| Ok(reader.finalized().await?.number))
            .await;
        let mut heights: Vec<u64> = heights.into_iter().flatten().collect();
        heights.sort_unstable_by(|one, other| other.cmp(one));
        heights.get(self.needed.saturating_sub(1)).copied()
    }

    /// Asks every endpoint for the block at this height and the journal at its end.
    pub async fn testify(&self, block: BlockRef, journal: Journal) -> Testimony {
        let answers = self
            .ask(async |reader| {
                if reader.finalized().await?.number < block.number {
                    return Ok(None);
                }
                let Some(header) = reader.find_header_at(block.number).await? else {
                    return Ok(None);
                };
                if header.hash != block.hash {
                    return Ok(Some(false));
                }
                Ok(Some(reader.journal_at(block.hash).await? == journal))
            })
            .await;
        let mut testimony = Testimony::default();
        for (reader, answer) in self.readers.iter().zip(answers) {
            let said = match answer.flatten() {
                Some(true) => &mut testimony.agree,
                Some(false) => &mut testimony.differ,
                None => &mut testimony.silent,
            };
            said.push(reader.name().to_owned());
        }
        testimony
    }

    async fn ask<'a, T, F>(&'a self, question: impl Fn(&'a ChainReader) -> F) -> Vec<Option<T>>
    where
        F: Future<Output = Result<T, ChainError>>,
    {
        let asked = self.readers.iter().map(|reader| {
            let answer = tokio::time::timeout(ANSWER_WITHIN, question(reader));
            async move { answer.await.ok()?.ok() }
        });
        join_all(asked).await
    }
}
