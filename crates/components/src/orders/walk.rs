//! Who takes which generation of an order: the walk up the line under the three kinds of compression.
//!
//! The next upline who can be paid is computed once for a period and every participant, from the first to the last (a
//! sponsor's id is the smaller), so an order costs its generations and not the length of an inactive line.

use ledger::{BreakageCause, UserId};

use super::terms::Requirement;
use super::{Orders, OrdersTerms, Volumes, number};
use crate::orders::table::Compression;
use crate::sponsors::Sponsors;
use plan_file::GENERATIONS_MAX;

/// Who takes a generation of an order, or why nobody does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Take {
    /// This upline is paid.
    Paid(UserId),
    /// This upline stands at the generation, and is not paid.
    Lost(UserId, BreakageCause),
    /// The line has ended.
    NoUpline,
}

/// What decides about everyone in one period.
pub(super) struct Walk<'a> {
    terms: &'a OrdersTerms,
    /// By user number, with a place for nobody: a row of [`ACTIVE`], [`MET`] and, from [`ABOVE`] on, the nearest upline of
    /// each kind. One row is what a step of the walk reads, so a generation costs one access to memory.
    rows: Vec<u32>,
    /// Entries of a row.
    width: usize,
    /// By generation: the entry of a row with the nearest upline of its kind, and its bit in [`MET`].
    steps: Vec<(usize, u32)>,
}

/// Entry of a row: 1 for whoever is active.
const ACTIVE: usize = 0;
/// Entry of a row: bit g − 1 for whoever meets what generation g requests.
const MET: usize = 1;
/// The first entry of a row with a nearest upline.
const ABOVE: usize = 2;

impl<'a> Walk<'a> {
    pub(super) fn new(
        (sponsors, orders): (&Sponsors, &Orders),
        terms: &'a OrdersTerms,
        volumes: &Volumes,
    ) -> Self {
        let steps = steps(terms);
        let last = steps.iter().map(|(entry, _)| *entry).max().unwrap_or(ABOVE);
        let width = last.saturating_add(1);
        let users = sponsors.count().saturating_add(1);
        let mut walk = Self {
            terms,
            rows: Vec::with_capacity(users.saturating_mul(width)),
            width,
            steps,
        };
        walk.rows.resize(width, 0);
        let users = (1u32..).map_while(UserId::new).zip(sponsors.numbers());
        for (user, sponsor) in users {
            let (is_active, met) = if orders.retired.contains(&user) {
                (false, 0)
            } else {
                fitness(terms, volumes, user)
            };
            walk.rows.extend([u32::from(is_active), met]);
            for entry in ABOVE..width {
                let above = walk.nearest(entry, sponsor);
                walk.rows.push(above);
            }
        }
        walk
    }

    /// Appends who takes each generation of an order whose first upline is `first`.
    pub(super) fn takes(&self, first: Option<UserId>, out: &mut Vec<Take>) {
        let first = first.map_or(0, UserId::get);
        let mut next = self
            .steps
            .first()
            .map_or(0, |(entry, _)| self.nearest(*entry, first));
        let following = self.steps.iter().skip(1).map(|(entry, _)| *entry);
        for ((_, bit), following) in self.steps.iter().zip(following.chain([ABOVE])) {
            out.push(match UserId::new(next) {
                None => Take::NoUpline,
                Some(user) => self.take(user, *bit),
            });
            next = self.entry(next, following);
        }
    }

    fn take(&self, user: UserId, bit: u32) -> Take {
        if self.entry(user.get(), ACTIVE) == 0 {
            Take::Lost(user, BreakageCause::Inactive)
        } else if self.entry(user.get(), MET) & bit == 0 {
            Take::Lost(user, BreakageCause::Unqualified)
        } else {
            Take::Paid(user)
        }
    }

    /// This user, if of the kind of the entry, or the nearest upline who is.
    fn nearest(&self, entry: usize, user: u32) -> u32 {
        let is_of_kind = match self.terms.compression {
            Compression::None => true,
            Compression::Standard => self.entry(user, ACTIVE) != 0,
            Compression::Generous => {
                let step = self.steps.iter().find(|(other, _)| *other == entry);
                step.is_some_and(|(_, bit)| self.entry(user, MET) & bit != 0)
            }
        };
        if is_of_kind { user } else { self.entry(user, entry) }
    }

    fn entry(&self, user: u32, entry: usize) -> u32 {
        let row = number::slot(user).saturating_mul(self.width);
        self.rows.get(row.saturating_add(entry)).copied().unwrap_or(0)
    }
}

/// Generations with equal requirements have the same nearest uplines under generous compression; otherwise all have.
fn steps(terms: &OrdersTerms) -> Vec<(usize, u32)> {
    let mut kinds: Vec<Requirement> = Vec::new();
    let generations = terms.generations.iter().zip(bits());
    let steps = generations.map(|(generation, bit)| {
        let kind = match terms.compression {
            Compression::None | Compression::Standard => 0,
            Compression::Generous => {
                let known = kinds.iter().position(|asks| *asks == generation.asks);
                known.unwrap_or_else(|| {
                    kinds.push(generation.asks);
                    kinds.len().saturating_sub(1)
                })
            }
        };
        (ABOVE.saturating_add(kind), bit)
    });
    steps.collect()
}

/// One bit for each generation, from the first: there are at most 32.
fn bits() -> impl Iterator<Item = u32> {
    (0..u32::BITS).map(|shift| 1u32.checked_shl(shift).unwrap_or(0))
}

/// Whether a user is active, and the generations that may be paid to this user.
fn fitness(terms: &OrdersTerms, volumes: &Volumes, user: UserId) -> (bool, u32) {
    let personal = volumes.personal(user);
    if personal < terms.active_pv_min {
        return (false, 0);
    }
    if volumes.customers(user) < terms.customers_min {
        return (true, 0);
    }
    let group = volumes.group(user);
    let is_met = |asks: &Requirement| personal >= asks.personal && group >= asks.group;
    let generations = terms.generations.iter().zip(bits());
    let met = generations.filter(|(generation, _)| is_met(&generation.asks));
    (true, met.fold(0, |met, (_, bit)| met | bit))
}

/// More generations would have no bit.
const _: () = assert!(GENERATIONS_MAX <= 32);
