//! State kept between runs, so that a run reads only new data: the books, the fold of all events, closed
//! batches, and the users changed since the contract was last read.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, B256};
use audit::checks::{Batch, Counters, Event, Events, Ledger, Position, Recount, Split};
use store::StoreError;
use store::reconciliation::{Cursor, Known, Moment, Rows, Settlement};

use crate::carried::Carried;
use crate::fold::{Fold, Logs};
use crate::mirror::{Mirror, Slice, Sweep};

/// What earlier looks learnt.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) mirror: Mirror,
    /// The way through the books that is in progress.
    sweep: Sweep,
    /// The events as they are re-read on it: first of all, and then it stands in the place of what was known.
    again: Option<Fold>,
    pub(crate) carried: Carried,
    pub(crate) known: Fold,
    batches: BTreeMap<B256, Batch>,
    /// Batches that were closed up to this fact are in it.
    settled: u64,
    /// Wallets whose account at the contract may have changed since it was last read.
    pub(crate) touched: BTreeSet<Address>,
    /// Batches that were settled or cancelled on the chain since they were last read there.
    pub(crate) batches_touched: BTreeSet<B256>,
}

/// What was read of the database at one moment.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) position: Position,
    now: Known,
    logs: Logs,
    /// Of those that are re-read.
    past: Option<Logs>,
    news: Rows,
    /// The part of the books that was re-read, or for the first time.
    pub(crate) slice: Option<Slice>,
    rows: Option<Rows>,
    /// Missing while books or logs are not read to the end.
    examined: Option<Examined>,
}

/// What is only read when checks follow.
#[derive(Debug)]
struct Examined {
    splits: Vec<Split>,
    counters: Vec<Counters>,
    settlement: Settlement,
}

impl Memory {
    /// Forgets everything when the books end before what is known of them, as after they were restored.
    pub(crate) fn forget_what_is_gone(&mut self, last: Known) {
        let known = self.mirror.known();
        if known.is_some_and(|known| known.fact_seq > last.fact_seq) {
            tracing::warn!(
                fact.seq = last.fact_seq,
                "the books end before a point seen earlier"
            );
            *self = Self::default();
        }
    }

    /// Reads what is new, and the next slice of this many users: of what is missing, or of everything if it `sweeps`.
    pub(crate) async fn read(
        &self,
        moment: &mut Moment<'_>,
        users: u32,
        sweeps: bool,
    ) -> Result<Reading, StoreError> {
        let logs = read_logs(moment, self.known.cursor).await?;
        let known = self.mirror.known();
        let news = match &known {
            Some(known) => moment.news(known, &logs.wallets()).await?,
            None => Rows::default(),
        };
        let past = match &self.again {
            Some(again) if sweeps && logs.are_all => Some(read_logs(moment, again.cursor).await?),
            Some(_) | None => None,
        };
        let missing = self.mirror.missing(users, moment.last_user());
        let is_ready = logs.are_all && missing.as_ref().is_none_or(Slice::is_everything);
        let is_past_read = self.again.is_none() || past.as_ref().is_some_and(|past| past.are_all);
        let sweep = || self.sweep.slice(users, moment.last_user());
        let slice = missing.or_else(|| (sweeps && logs.are_all && is_past_read).then(sweep));
        let rows = match &slice {
            Some(slice) => Some(moment.slice(&slice.subjects).await?),
            None => None,
        };
        let examined = if is_ready {
            Some(self.examine(moment, slice.as_ref()).await?)
        } else {
            None
        };
        Ok(Reading {
            position: moment.position(),
            now: moment.last(),
            logs,
            past,
            news,
            slice,
            rows,
            examined,
        })
    }

    async fn examine(&self, moment: &mut Moment<'_>, slice: Option<&Slice>) -> Result<Examined, StoreError> {
        let (mut splits, mut counters) = (Vec::new(), Vec::new());
        if let Some(slice) = slice {
            splits = moment.splits(&slice.subjects).await?;
            counters = moment.recount(&slice.subjects).await?;
        }
        let is_last = slice.is_some_and(|slice| slice.is_last);
        let after = if is_last { 0 } else { self.settled };
        Ok(Examined {
            splits,
            counters,
            settlement: moment.settlement(after, is_last).await?,
        })
    }

    /// Takes in what was read, and lends the books for the checks, until [`Memory::keep`]; `None` when they have to wait
    /// until everything is read.
    pub(crate) fn take(&mut self, reading: Reading) -> Option<Ledger> {
        let slice = reading.slice.as_ref();
        self.mirror
            .take(reading.news, slice.zip(reading.rows), reading.now);
        self.touched.extend(reading.logs.wallets());
        for event in reading.logs.events() {
            if let Event::BatchSettled { batch, .. } | Event::BatchCancelled { batch } = event {
                self.batches_touched.insert(*batch);
            }
        }
        self.known.take(reading.logs);
        if let (Some(past), Some(again)) = (reading.past, &mut self.again) {
            let are_all = past.are_all;
            again.take(past);
            if are_all {
                self.known = std::mem::take(again);
                self.again = None;
            }
        }
        let examined = reading.examined?;
        self.settled = reading.position.fact_seq;
        for batch in examined.settlement.batches {
            self.batches.insert(batch.id, batch);
        }
        let mut books = std::mem::take(&mut self.mirror.books);
        books.batches = std::mem::take(&mut self.batches).into_values().collect();
        books.senders = examined.settlement.senders;
        books.roots = examined.settlement.roots;
        if let Some(slice) = reading.slice {
            self.sweep.pass(&slice);
            if slice.is_last {
                self.again = Some(Fold::default());
            }
            let known: BTreeSet<u64> = examined.splits.iter().map(|split| split.fact_seq).collect();
            books.splits.retain(|split| !known.contains(&split.fact_seq));
            books.splits.extend(examined.splits);
            books.recount = Some(Recount {
                subjects: slice.subjects,
                counters: examined.counters,
            });
        }
        Some(books)
    }

    /// Whether a way through everything is in progress.
    pub(crate) fn is_sweeping(&self) -> bool {
        let is_past_begun = |again: &Fold| again.cursor != Cursor::default();
        self.sweep.is_under_way() || self.again.as_ref().is_some_and(is_past_begun)
    }

    /// Gets back what a look borrowed.
    pub(crate) fn keep(&mut self, events: Events, mut books: Ledger) {
        self.known.events = events;
        let batches = std::mem::take(&mut books.batches);
        self.batches = batches.into_iter().map(|batch| (batch.id, batch)).collect();
        books.recount = None;
        books.splits = Vec::new();
        books.roots = Vec::new();
        self.mirror.books = books;
    }
}

async fn read_logs(moment: &mut Moment<'_>, after: Cursor) -> Result<Logs, StoreError> {
    let logs = moment.logs(after).await?;
    Ok(Logs::of(&logs, after, moment.position().block_number))
}
