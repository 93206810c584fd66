//! The newest blocks of every endpoint, and how long they have not changed.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use alloy_primitives::B256;
use audit::vigil::{EndpointSeen, FinalSeen, HeadSeen};
use chain::{BlockHeader, ChainError, ChainReader};
use store::reconciliation::vigil::Standing;
use tokio::time::timeout;

/// How long an endpoint may take for all questions of a round: a round is not to wait for one that hangs.
const ANSWER_WITHIN: std::time::Duration = std::time::Duration::from_secs(5);

/// All endpoints, and what they said.
#[derive(Debug)]
pub(super) struct Endpoints {
    readers: Vec<ChainReader>,
    /// When each endpoint answered last; at first, when it was asked first.
    answered: Vec<Instant>,
    /// Whether it answered in the last round.
    answers: Vec<bool>,
    head: Option<(u64, Instant)>,
    finalized: Option<(u64, Instant)>,
}

/// What a round saw.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) endpoints: Vec<EndpointSeen>,
    /// The height that all were requested.
    pub(super) common: u64,
    pub(super) head: Option<HeadSeen>,
    pub(super) unanswered_seconds: u64,
}

impl Seen {
    /// Subjects of R17 about which nothing was seen now: an endpoint that falls silent ends no finding.
    pub(super) fn unseen_progress(&self) -> Vec<String> {
        match self.head {
            Some(_) => Vec::new(),
            None => ["chain", "finality", "listener progress"]
                .map(str::to_owned)
                .to_vec(),
        }
    }

    /// The same of R16.
    pub(super) fn unseen_agreement(&self) -> Vec<String> {
        let mut unseen = Vec::new();
        if self.endpoints.iter().any(|seen| seen.common.is_none()) {
            unseen.push("final block".to_owned());
        }
        let silent = self.endpoints.iter().filter(|seen| seen.recorded.is_none());
        unseen.extend(silent.map(|seen| format!("recorded final block at {}", seen.name)));
        unseen
    }
}

impl Endpoints {
    pub(super) fn new(readers: Vec<ChainReader>) -> Self {
        let now = Instant::now();
        Self {
            answered: vec![now; readers.len()],
            answers: vec![false; readers.len()],
            readers,
            head: None,
            finalized: None,
        }
    }

    /// The first endpoint that answered in the last round.
    pub(super) fn answering(&self) -> Option<&ChainReader> {
        let mut answering = self.readers.iter().zip(&self.answers);
        answering.find(|(_, answers)| **answers).map(|(reader, _)| reader)
    }

    /// The last endpoint of the configuration: it is furthest from what the looks are read from.
    pub(super) fn witness(&self) -> Option<&ChainReader> {
        self.readers.last()
    }

    pub(super) async fn look(&mut self, standing: &Standing) -> Seen {
        let heads = self
            .ask(async |reader| Ok((reader.head().await?, reader.finalized().await?)))
            .await;
        let finalized = heads.iter().flatten().map(|(_, finalized)| finalized.number);
        // All that answer have this block, if they are of one chain.
        let common = finalized.min().unwrap_or(0);
        let recorded = standing.checkpoint.map(|checkpoint| checkpoint.final_number);
        let asked = self
            .ask(async |reader| {
                let at_common = at(reader, common).await?;
                let at_recorded = match recorded {
                    Some(number) => at(reader, number).await?,
                    None => None,
                };
                Ok((at_common, at_recorded))
            })
            .await;
        let now = Instant::now();
        let mut endpoints = Vec::with_capacity(self.readers.len());
        for (index, reader) in self.readers.iter().enumerate() {
            let head = heads.get(index).and_then(Option::as_ref);
            let finals = asked.get(index).and_then(Option::as_ref);
            let answers = head.is_some() && finals.is_some();
            self.answers[index] = answers;
            if answers {
                self.answered[index] = now;
            }
            endpoints.push(EndpointSeen {
                name: reader.name().to_owned(),
                unanswered_seconds: now.duration_since(self.answered[index]).as_secs(),
                finalized: head.map(|(_, finalized)| finalized.number),
                common: finals.and_then(|(common, _)| *common),
                recorded: finals.and_then(|(_, recorded)| *recorded),
            });
        }
        let heads: Vec<_> = heads.into_iter().flatten().collect();
        let head = self.progress(&heads);
        let unanswered = endpoints.iter().map(|seen| seen.unanswered_seconds).min();
        Seen {
            endpoints,
            common,
            head,
            unanswered_seconds: unanswered.unwrap_or(0),
        }
    }

    /// The newest blocks of all, and since when they are.
    fn progress(&mut self, heads: &[(BlockHeader, BlockHeader)]) -> Option<HeadSeen> {
        let now = Instant::now();
        let (head, _) = heads.iter().max_by_key(|(head, _)| head.number)?;
        let finalized = heads.iter().map(|(_, finalized)| finalized.number).max()?;
        // A lower head than before is news, too: the chain was taken back.
        let since = |seen: Option<(u64, Instant)>, number: u64| match seen {
            Some((known, since)) if known == number => since,
            Some(_) | None => now,
        };
        let (head_since, final_since) = (since(self.head, head.number), since(self.finalized, finalized));
        self.head = Some((head.number, head_since));
        self.finalized = Some((finalized, final_since));
        let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Some(HeadSeen {
            number: head.number,
            unchanged_seconds: now.duration_since(head_since).as_secs(),
            behind_seconds: clock.as_secs().saturating_sub(head.timestamp),
            finalized,
            finalized_unchanged_seconds: now.duration_since(final_since).as_secs(),
        })
    }

    /// Puts a question to all endpoints at once; `None` for those that do not respond it in time.
    async fn ask<'a, T, F>(&'a self, question: impl Fn(&'a ChainReader) -> F) -> Vec<Option<T>>
    where
        F: Future<Output = Result<T, ChainError>>,
    {
        let asked = self.readers.iter().map(|reader| {
            let answer = timeout(ANSWER_WITHIN, question(reader));
            async move {
                match answer.await {
                    Ok(Ok(answer)) => Some(answer),
                    Ok(Err(error)) => {
                        tracing::debug!(
                            chain.node = reader.name(),
                            error = super::told(&error),
                            "no answer"
                        );
                        None
                    }
                    Err(_) => None,
                }
            }
        });
        futures::future::join_all(asked).await
    }
}

/// The block that an endpoint has at a height, and the journal there; `None` when it has none there yet.
async fn at(reader: &ChainReader, number: u64) -> Result<Option<FinalSeen>, ChainError> {
    let Some(header) = reader.find_header_at(number).await? else {
        return Ok(None);
    };
    let hash: B256 = header.hash;
    match reader.journal_at(hash).await {
        Ok(journal) => Ok(Some(FinalSeen {
            hash,
            seq: journal.seq,
            root: journal.root,
        })),
        // It forgot the state, or changed its branch meanwhile: it says nothing about this block.
        Err(ChainError::Stale { .. }) => Ok(None),
        // There is no contract at this block: before it was deployed at no endpoint, later at one of another chain only.
        Err(ChainError::Malformed { .. }) => Ok(Some(FinalSeen {
            hash,
            seq: 0,
            root: audit::checks::JournalRoot::ZERO,
        })),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
