//! The history of each user's pairs, so that a refund can reverse the exact amounts.
//!
//! The members on a side are taken in the order in which they began to count: the first on the left with the first on
//! the right. Each such *slot* was paid or lost. Equal slots of one user that follow each other are one run, and runs
//! name their amounts by a number, because a month has only a few different ones.

use std::collections::BTreeMap;

use super::Parts;
use super::tree::line;
use plan_file::calendar::Month;

/// The number that stands for a lost slot instead of amounts.
const LOST: u32 = 0;
/// How many of the latest amounts are compared before the whole table is searched.
const LATEST: usize = 4;

/// Slots of all users.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct History {
    /// By user: number of the latest run, 0 for none.
    latest: Vec<u32>,
    runs: Vec<Run>,
    /// Number 1 first.
    classes: Vec<Class>,
    numbers: BTreeMap<Class, u32>,
}

/// Equal slots of one user in sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    /// Number of the user's run before; 0 for none.
    older: u32,
    class: u32,
    count: u32,
    /// Pairs of the user that stand, up to and with this run.
    pairs: u32,
}

/// The amounts of a pair and when it was granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Class {
    month: Month,
    parts: Parts,
}

/// A slot that was taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    Lost,
    /// The pair's number among those that stood, its month and amounts.
    Paid {
        number: u32,
        month: Month,
        parts: Parts,
    },
}

impl History {
    pub(super) const BYTES_PER_NODE: usize = size_of::<u32>();

    pub(super) fn push(&mut self) {
        self.latest.push(0);
    }

    /// What all runs take.
    pub(super) fn run_bytes(&self) -> usize {
        self.runs.len().saturating_mul(size_of::<Run>())
    }

    fn latest(&self, user: u32) -> u32 {
        self.latest.get(line(user)).copied().unwrap_or(0)
    }

    fn run(&self, number: u32) -> Option<&Run> {
        self.runs.get(line(number))
    }

    /// Pairs of a user that were paid and stand.
    pub(super) fn pairs(&self, user: u32) -> u32 {
        self.run(self.latest(user)).map_or(0, |run| run.pairs)
    }

    /// Pairs of this month among them. Months are granted in order, so these are the latest.
    pub(super) fn pairs_in(&self, user: u32, month: Month) -> u32 {
        let mut sum = 0u32;
        let mut at = self.latest(user);
        while let Some(run) = self.run(at) {
            match self.class(run.class) {
                Some(class) if class.month != month => break,
                Some(_) => sum = sum.saturating_add(run.count),
                None => {}
            }
            at = run.older;
        }
        sum
    }

    fn class(&self, number: u32) -> Option<&Class> {
        self.classes.get(line(number))
    }

    fn number_of(&mut self, class: Class) -> u32 {
        let mut number = u32::try_from(self.classes.len()).unwrap_or(u32::MAX);
        for known in self.classes.iter().rev().take(LATEST) {
            if *known == class {
                return number;
            }
            number = number.saturating_sub(1);
        }
        if let Some(number) = self.numbers.get(&class) {
            return *number;
        }
        self.classes.push(class);
        let number = u32::try_from(self.classes.len()).unwrap_or(u32::MAX);
        self.numbers.insert(class, number);
        number
    }

    /// So many pairs of these amounts were granted.
    pub(super) fn paid(&mut self, user: u32, month: Month, parts: Parts, count: u32) {
        if count > 0 {
            let class = self.number_of(Class { month, parts });
            self.append(user, class, count);
        }
    }

    /// So many slots were lost.
    pub(super) fn lost(&mut self, user: u32, count: u32) {
        self.append(user, LOST, count);
    }

    fn append(&mut self, user: u32, class: u32, count: u32) {
        if count == 0 {
            return;
        }
        let granted = if class == LOST { 0 } else { count };
        let older = self.latest(user);
        let mut pairs = granted;
        if let Some(run) = self.runs.get_mut(line(older)) {
            pairs = run.pairs.saturating_add(granted);
            if run.class == class {
                run.count = run.count.saturating_add(count);
                run.pairs = pairs;
                return;
            }
        }
        self.runs.push(Run {
            older,
            class,
            count,
            pairs,
        });
        if let Some(latest) = self.latest.get_mut(line(user)) {
            *latest = u32::try_from(self.runs.len()).unwrap_or(u32::MAX);
        }
    }

    fn slots(&self, user: u32) -> u32 {
        let mut sum = 0u32;
        let mut at = self.latest(user);
        while let Some(run) = self.run(at) {
            sum = sum.saturating_add(run.count);
            at = run.older;
        }
        sum
    }

    /// Takes out the slot at `position`, counted from 0; later ones move up. `None` if there is none.
    pub(super) fn take(&mut self, user: u32, position: u32) -> Option<Slot> {
        let mut end = self.slots(user);
        if position >= end {
            return None;
        }
        let mut at = self.latest(user);
        loop {
            let run = *self.run(at)?;
            let start = end.saturating_sub(run.count);
            if position >= start {
                let slot = self.slot(run, position.saturating_sub(start));
                self.shorten(at);
                if let Slot::Paid { .. } = slot {
                    self.one_pair_less(user, at);
                }
                return Some(slot);
            }
            end = start;
            at = run.older;
        }
    }

    fn slot(&self, run: Run, offset: u32) -> Slot {
        let Some(class) = self.class(run.class) else {
            return Slot::Lost;
        };
        let before = run.pairs.saturating_sub(run.count);
        Slot::Paid {
            number: before.saturating_add(offset).saturating_add(1),
            month: class.month,
            parts: class.parts,
        }
    }

    fn shorten(&mut self, at: u32) {
        if let Some(run) = self.runs.get_mut(line(at)) {
            run.count = run.count.saturating_sub(1);
        }
    }

    /// From the latest run down to this one.
    fn one_pair_less(&mut self, user: u32, down_to: u32) {
        let mut at = self.latest(user);
        while let Some(run) = self.runs.get_mut(line(at)) {
            run.pairs = run.pairs.saturating_sub(1);
            if at == down_to {
                return;
            }
            at = run.older;
        }
    }
}
