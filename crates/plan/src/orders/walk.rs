//! Who takes which generation of an order: the walk up the line under the three kinds of compression.
//!
//! The next upline who can be paid is computed once for a period and every participant, from the first to the last (a
//! sponsor's id is the smaller), so an order costs its generations and not the length of an inactive line.

use ledger::{BreakageCause, UserId};

use super::file::Compression;
use super::terms::Requirement;
use super::{Orders, OrdersTerms, Volumes, number};

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

/// What decides about everybody in one period.
pub(super) struct Walk<'a> {
    orders: &'a Orders,
    terms: &'a OrdersTerms,
    /// By user number, with a place for nobody: bit g − 1 for whoever meets generation g, and [`ACTIVE`].
    fitness: Vec<u64>,
    /// For each kind of next upline, by user number with a place for nobody: the user or the nearest upline who is one.
    nearest: Vec<Vec<u32>>,
    /// By generation: which kind of next upline.
    kinds: Vec<usize>,
}

const ACTIVE: u64 = 1 << 63;

impl<'a> Walk<'a> {
    pub(super) fn new(orders: &'a Orders, terms: &'a OrdersTerms, volumes: &Volumes) -> Self {
        let mut walk = Self {
            orders,
            terms,
            fitness: fitness(orders, terms, volumes),
            nearest: Vec::new(),
            kinds: Vec::new(),
        };
        match terms.compression {
            Compression::None => {}
            Compression::Standard => walk.nearest.push(walk.nearest_with(ACTIVE)),
            Compression::Generous => {
                let mut known: Vec<Requirement> = Vec::new();
                for (generation, bit) in terms.generations.iter().zip(bits()) {
                    let kind = known.iter().position(|asks| *asks == generation.asks);
                    walk.kinds.push(kind.unwrap_or(known.len()));
                    if kind.is_none() {
                        known.push(generation.asks);
                        walk.nearest.push(walk.nearest_with(bit));
                    }
                }
            }
        }
        walk
    }

    /// Appends who takes each generation of an order whose first upline is `first`.
    pub(super) fn takes(&self, first: u32, out: &mut Vec<Take>) {
        let mut next = first;
        for (generation, bit) in bits().take(self.terms.generations.len()).enumerate() {
            let at = match self.terms.compression {
                Compression::None => next,
                Compression::Standard => self.nearest_of(0, next),
                Compression::Generous => {
                    let kind = self.kinds.get(generation).copied().unwrap_or(usize::MAX);
                    self.nearest_of(kind, next)
                }
            };
            out.push(match UserId::new(at) {
                None => Take::NoUpline,
                Some(user) => self.take(user, bit),
            });
            next = self.orders.sponsor(at);
        }
    }

    fn take(&self, user: UserId, bit: u64) -> Take {
        let fitness = self.fitness.get(number::slot(user.get())).copied();
        let fitness = fitness.unwrap_or(0);
        if fitness & ACTIVE == 0 {
            Take::Lost(user, BreakageCause::Inactive)
        } else if fitness & bit == 0 {
            Take::Lost(user, BreakageCause::Unqualified)
        } else {
            Take::Paid(user)
        }
    }

    fn nearest_of(&self, kind: usize, user: u32) -> u32 {
        let nearest = self.nearest.get(kind);
        let found = nearest.and_then(|nearest| nearest.get(number::slot(user)));
        found.copied().unwrap_or(0)
    }

    fn nearest_with(&self, bit: u64) -> Vec<u32> {
        let mut nearest = Vec::with_capacity(self.fitness.len());
        nearest.push(0);
        let users = (1u32..).zip(&self.orders.sponsors);
        for ((user, sponsor), fitness) in users.zip(self.fitness.iter().skip(1)) {
            let found = if fitness & bit == 0 {
                nearest.get(number::slot(*sponsor)).copied().unwrap_or(0)
            } else {
                user
            };
            nearest.push(found);
        }
        nearest
    }
}

/// One bit for each generation, from the first. Generations are limited far below 63.
fn bits() -> impl Iterator<Item = u64> {
    (0..63u32).map(|shift| 1u64.checked_shl(shift).unwrap_or(0))
}

fn fitness(orders: &Orders, terms: &OrdersTerms, volumes: &Volumes) -> Vec<u64> {
    let mut fitness = Vec::with_capacity(orders.sponsors.len().saturating_add(1));
    fitness.push(0);
    let users = (1u32..).map_while(UserId::new).take(orders.sponsors.len());
    fitness.extend(users.map(|user| {
        let personal = volumes.personal(user);
        if personal < terms.active_pv_min {
            return 0;
        }
        if volumes.customers(user) < terms.customers_min {
            return ACTIVE;
        }
        let group = volumes.group(user);
        let met = |asks: &Requirement| personal >= asks.personal && group >= asks.group;
        let generations = terms.generations.iter().zip(bits());
        generations.fold(ACTIVE, |fitness, (generation, bit)| {
            if met(&generation.asks) {
                fitness | bit
            } else {
                fitness
            }
        })
    }));
    for user in &orders.retired {
        if let Some(fitness) = fitness.get_mut(number::slot(user.get())) {
            *fitness = 0;
        }
    }
    fitness
}
