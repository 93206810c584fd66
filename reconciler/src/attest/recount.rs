//! Users' entitlements, recomputed only from logs proven by the contract's journal.
//!
//! Every chain fact is decoded again from its log and must be what was posted; every log is folded into the journal, which
//! must be the contract's at a final block. What no chain proves must not decide who gets money, or carry its author's
//! signature. So rows that someone wrote into the ledger entitle nobody here.

use std::collections::VecDeque;

use abi::Journal;
use abi::journal::JournalError;
use alloy_primitives::Address;
use approval::{Domain, People, ReserveCommand, recover};
use audit::checks::Position;
use causes::commands::{self, Given, Judge};
use causes::{DecodeError, Decoder};
use chain::{ChainError, ChainReader};
use money::Amount;
use plan::{Book, Cause, CompiledPlan, Outcome, ReserveChoice};
use sqlx::PgConnection;
use store::StoreError;
use store::approval as stored;
use store::attestation::{self, LogCursor};
use store::chain_log::StoredLog;
use store::replay::{self, NumberedFact};
use thiserror::Error;

/// Rows read at once: a few megabytes.
const PAGE: usize = 5_000;

/// Why nothing is known of what users are entitled to.
#[derive(Debug, Error)]
pub(crate) enum RecountError {
    /// A stored log is no entry of the journal, or not the next one.
    #[error("the log {index} of block {block} does not continue the journal")]
    Journal {
        /// Height of its block.
        block: u64,
        /// Its place.
        index: u32,
        /// What is wrong.
        #[source]
        source: JournalError,
    },
    /// Stored logs are no causes.
    #[error("the logs before block {block} do not decode to causes")]
    Logs {
        /// Height of the block.
        block: u64,
        /// What is wrong.
        #[source]
        source: DecodeError,
    },
    /// A fact is posted that the logs do not have, or have otherwise.
    #[error("fact {0} differs from the contract's log")]
    NotOfTheChain(u64),
    /// A fact decides about money, and nobody's signature proves it.
    #[error("fact {0} is a command without a valid signature")]
    Unproven(u64),
    /// The numbers of facts have a gap.
    #[error("gap in facts: {0} is followed by {1}")]
    Gap(u64, u64),
    /// The folded logs are not the contract's journal.
    #[error(
        "the stored logs give journal entry {found}, and the contract has {wanted} at block {block}, or another root"
    )]
    JournalDiffers {
        /// Height of the block.
        block: u64,
        /// By the logs.
        found: u64,
        /// By the contract.
        wanted: u64,
    },
    /// The node is not as far as the posted facts.
    #[error("block {0} is not final at the node")]
    NotFinal(u64),
    /// The node does not respond.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The database does not respond.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The recomputation, as far as it went.
#[derive(Debug)]
pub(crate) struct Recount {
    book: Book,
    journal: Journal,
    decoder: Decoder,
    cursor: LogCursor,
    /// Causes of logs that no fact has taken yet.
    waiting: VecDeque<(u64, Cause)>,
    fact_seq: u64,
    outcome: Outcome,
    domain: Domain,
}

impl Recount {
    /// Nothing is counted yet.
    pub(crate) fn new(plan: CompiledPlan, domain: Domain) -> Self {
        Self {
            domain,
            book: Book::new(plan),
            journal: Journal::default(),
            decoder: Decoder::default(),
            cursor: LogCursor::default(),
            waiting: VecDeque::new(),
            fact_seq: 0,
            outcome: Outcome::default(),
        }
    }

    /// The last fact that is counted.
    pub(crate) const fn fact_seq(&self) -> u64 {
        self.fact_seq
    }

    /// Lifetime entitlement of a wallet: everything that matured for it and is not reserved.
    pub(crate) fn entitled(&self, wallet: Address) -> Amount {
        self.book.entitled(wallet)
    }

    /// Counts what was posted up to a position, and proves it by the contract's journal there.
    pub(crate) async fn advance(
        &mut self,
        connection: &mut PgConnection,
        reader: &ChainReader,
        position: &Position,
    ) -> Result<Journal, RecountError> {
        loop {
            let logs = attestation::list_logs(connection, self.cursor, position.block_number, PAGE).await?;
            let is_last = logs.len() < PAGE;
            for log in &logs {
                self.take(log)?;
            }
            if is_last {
                break;
            }
        }
        while self.fact_seq < position.fact_seq {
            let facts = replay::list_facts(connection, self.fact_seq, PAGE).await?;
            let facts = facts.iter().take_while(|fact| fact.seq <= position.fact_seq);
            let before = self.fact_seq;
            for fact in facts {
                self.apply(connection, fact).await?;
            }
            if self.fact_seq == before {
                return Err(RecountError::Gap(before, position.fact_seq));
            }
        }
        if reader.finalized().await?.number < position.block_number {
            return Err(RecountError::NotFinal(position.block_number));
        }
        let contract = reader.journal_at(position.block_hash).await?;
        if contract != self.journal {
            return Err(RecountError::JournalDiffers {
                block: position.block_number,
                found: self.journal.seq,
                wanted: contract.seq,
            });
        }
        Ok(contract)
    }

    fn take(&mut self, log: &StoredLog) -> Result<(), RecountError> {
        let (block, index) = (log.block_number, log.log_index);
        let journal = |source| RecountError::Journal { block, index, source };
        let logs = |source| RecountError::Logs { block, source };
        self.decoder.enter(log.transaction_hash).map_err(logs)?;
        let event = abi::events::decode(&log.data).map_err(|source| journal(source.into()))?;
        let seq = self
            .journal
            .take_decoded(&log.data, event.as_ref())
            .map_err(journal)?;
        if let Some(event) = &event {
            let cause = self.decoder.take(event).map_err(logs)?;
            self.waiting.extend(seq.zip(cause));
        }
        self.cursor = LogCursor {
            block_number: block,
            log_index: index,
        };
        Ok(())
    }

    async fn apply(
        &mut self,
        connection: &mut PgConnection,
        fact: &NumberedFact,
    ) -> Result<(), RecountError> {
        if fact.seq != self.fact_seq.saturating_add(1) {
            return Err(RecountError::Gap(self.fact_seq, fact.seq));
        }
        match fact.entry.chain {
            Some((seq, _)) => {
                let proven = self.waiting.pop_front();
                if proven.as_ref() != Some(&(seq, fact.entry.cause.clone())) {
                    return Err(RecountError::NotOfTheChain(fact.seq));
                }
            }
            None if needs_no_proof(&fact.entry.cause) => {}
            None if self.is_signed(connection, fact).await? => {}
            None => return Err(RecountError::Unproven(fact.seq)),
        }
        self.book.apply(&fact.entry.cause, &mut self.outcome);
        self.fact_seq = fact.seq;
        Ok(())
    }
}

impl Recount {
    /// Whether the author of a command signed it.
    async fn is_signed(
        &self,
        connection: &mut PgConnection,
        fact: &NumberedFact,
    ) -> Result<bool, StoreError> {
        if commands::is_of_operators(&fact.entry.cause) {
            return self.is_of_operators(connection, fact).await;
        }
        let Cause::ReserveChosen { wallet, tier, choice } = &fact.entry.cause else {
            return Ok(false);
        };
        let proof = attestation::find_proof(connection, fact.entry.id).await?;
        let (Some((_, key)), Some(signature)) = (proof.natural_key.split_once(':'), proof.signature) else {
            return Ok(false);
        };
        let command = ReserveCommand {
            wallet: *wallet,
            tier: tier.get(),
            reserve: *choice == ReserveChoice::In,
            nonce: ReserveCommand::nonce_of(key),
        };
        Ok(recover(command.message().digest(&self.domain), &signature) == Some(*wallet))
    }

    /// Whether operators signed a command that is theirs to give. Whether they still were operators when it was posted, the
    /// posting worker judged; here they count who ever were.
    async fn is_of_operators(
        &self,
        connection: &mut PgConnection,
        fact: &NumberedFact,
    ) -> Result<bool, StoreError> {
        let proof = attestation::find_proof(connection, fact.entry.id).await?;
        let people = People::of_ledger(stored::list_people_ever(connection).await?);
        let judge = Judge {
            plan: self.book.plan(),
            domain: &self.domain,
            people: &people,
            time: 0,
        };
        let given = Given {
            cause: &fact.entry.cause,
            natural_key: &proof.natural_key,
            signature: proof.signature.as_deref(),
            at: fact.entry.effective_at,
        };
        Ok(judge.check(&given).is_ok())
    }
}

/// Commands that hold money back or let it go, and entitle nobody to anything.
const fn needs_no_proof(cause: &Cause) -> bool {
    matches!(cause, Cause::BatchRequested { .. } | Cause::BatchReleased { .. })
}
