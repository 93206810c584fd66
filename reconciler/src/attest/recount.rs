//! Users' entitlements, recomputed only from logs proven by the contract's journal.
//!
//! Every chain fact is decoded again from its log and must be what was posted; every log is folded into the journal, which
//! must be the contract's at a final block. What no chain proves must not decide who gets money, or carry its author's
//! signature. So rows that someone wrote into the ledger entitle nobody here.

use std::collections::VecDeque;

use abi::Journal;
use abi::journal::JournalError;
use alloy_primitives::Address;
use approval::{
    ChosenSide, Domain, Message, People, ReserveCommand, SideCommand, WithdrawalCommand, command_nonce,
    recover,
};
use audit::checks::Position;
use causes::commands::{self, Given, Judge};
use causes::{DecodeError, Decoder};
use chain::{ChainError, ChainReader};
use money::Amount;
use plan::binary::Side;
use plan::{Book, Cause, CompiledPlan, Outcome, Report, ReserveChoice};
use sqlx::PgConnection;
use store::StoreError;
use store::approval as stored;
use store::attestation::{self, LogCursor};
use store::chain_log::StoredLog;
use store::deployment;
use store::replay::{self, NumberedFact};
use thiserror::Error;

use super::days::{Bound, Days, Place};

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
    /// A fact ends a day that is not the plan's next one, or at another place among the chain's causes than its clock says.
    #[error("fact {0} is the end of a day, and the chain's clock does not prove it")]
    DayUnproven(u64),
    /// A fact stands where another has to be continued first.
    #[error("fact {0} comes before the one in front of it is posted to its end")]
    Interrupted(u64),
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
    days: Days,
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
            days: Days::default(),
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
                self.apply(connection, reader, fact).await?;
            }
            if self.fact_seq == before {
                return Err(RecountError::Gap(before, position.fact_seq));
            }
        }
        let finalized = reader.finalized().await?;
        if finalized.number < position.block_number {
            return Err(RecountError::NotFinal(position.block_number));
        }
        if finalized.timestamp < self.days.ended_at {
            return Err(RecountError::DayUnproven(self.fact_seq));
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
        reader: &ChainReader,
        fact: &NumberedFact,
    ) -> Result<(), RecountError> {
        if fact.seq != self.fact_seq.saturating_add(1) {
            return Err(RecountError::Gap(self.fact_seq, fact.seq));
        }
        match fact.entry.chain {
            _ if is_next_part(&self.book, fact)? => {}
            Some((seq, block)) => {
                let proven = self.waiting.pop_front();
                if proven.as_ref() != Some(&(seq, fact.entry.cause.clone())) {
                    return Err(RecountError::NotOfTheChain(fact.seq));
                }
                let bound = self.days.happens(Place { seq, block });
                prove(reader, fact.seq, bound).await?;
            }
            None if is_day(&fact.entry.cause) => self.end_day(connection, reader, fact).await?,
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
    /// Proves that the plan's next day ends here.
    async fn end_day(
        &mut self,
        connection: &mut PgConnection,
        reader: &ChainReader,
        fact: &NumberedFact,
    ) -> Result<(), RecountError> {
        let plan = self.book.plan();
        let next = match self.book.state().last_day() {
            Some(last) => last.next(),
            None => {
                let deployed_at = deployed_at(connection, reader).await?;
                plan.first_day(deployed_at.ok_or(RecountError::DayUnproven(fact.seq))?)
            }
        };
        if fact.entry.cause != Cause::Reported(Report::DayEnded { day: next }) {
            return Err(RecountError::DayUnproven(fact.seq));
        }
        let bound = self.days.ends(plan.time_zone().end_of(next));
        prove(reader, fact.seq, bound).await
    }

    /// Whether the author of a command signed it.
    async fn is_signed(
        &self,
        connection: &mut PgConnection,
        fact: &NumberedFact,
    ) -> Result<bool, StoreError> {
        if commands::is_of_operators(&fact.entry.cause) {
            return self.is_of_operators(connection, fact).await;
        }
        let proof = attestation::find_proof(connection, fact.entry.id).await?;
        let (Some((_, key)), Some(signature)) = (proof.natural_key.split_once(':'), proof.signature) else {
            return Ok(false);
        };
        let said = signed_message(&fact.entry.cause, key);
        Ok(said.is_some_and(|(author, message)| {
            recover(message.digest(&self.domain), &signature) == Some(author)
        }))
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

/// Whether a fact is the part that must be next: what the fact in front of it decided, so nobody has to prove it.
fn is_next_part(book: &Book, fact: &NumberedFact) -> Result<bool, RecountError> {
    let Some(part) = book.next_part() else {
        return Ok(false);
    };
    if fact.entry.chain.is_none() && fact.entry.cause == (Cause::Continued { part }) {
        Ok(true)
    } else {
        Err(RecountError::Interrupted(fact.seq))
    }
}

/// Who has to sign a command, and what.
fn signed_message(cause: &Cause, key: &str) -> Option<(Address, Message)> {
    let nonce = command_nonce(key);
    if let Cause::ReserveChosen { wallet, tier, choice } = *cause {
        let (tier, reserve) = (tier.get(), choice == ReserveChoice::In);
        let command = ReserveCommand {
            wallet,
            tier,
            reserve,
            nonce,
        };
        return Some((wallet, command.message()));
    }
    if let Cause::Reported(Report::WithdrawalRequested { wallet, amount }) = *cause {
        let command = WithdrawalCommand {
            wallet,
            amount,
            nonce,
        };
        return Some((wallet, command.message()));
    }
    if let Cause::Reported(Report::SideChosen { wallet, side }) = *cause {
        let side = side.map(|side| match side {
            Side::Left => ChosenSide::Left,
            Side::Right => ChosenSide::Right,
        });
        let command = SideCommand { wallet, side, nonce };
        return Some((wallet, command.message()));
    }
    None
}

/// When the contract was deployed, by the node; `None` when it does not have the block.
async fn deployed_at(
    connection: &mut PgConnection,
    reader: &ChainReader,
) -> Result<Option<u64>, RecountError> {
    let Some(deployed) = deployment::find(connection).await? else {
        return Ok(None);
    };
    let header = reader.find_header(deployed.contract_block_hash).await?;
    Ok(header.map(|header| header.timestamp))
}

async fn prove(reader: &ChainReader, fact_seq: u64, bound: Option<Bound>) -> Result<(), RecountError> {
    match bound {
        Some(bound) if !bound.holds(reader).await? => Err(RecountError::DayUnproven(fact_seq)),
        Some(_) | None => Ok(()),
    }
}

const fn is_day(cause: &Cause) -> bool {
    matches!(cause, Cause::Reported(Report::DayEnded { .. }))
}

/// Commands that hold money back or let it go, and entitle nobody to anything.
const fn needs_no_proof(cause: &Cause) -> bool {
    matches!(cause, Cause::BatchRequested { .. } | Cause::BatchReleased { .. })
}

#[cfg(test)]
mod tests;
