//! Users with names for the walk, and lines of it as text.

use std::collections::BTreeMap;

use money::Amount;
use plan::UserId;
use plan::cap::table::CapTable;
use plan::cap::{CapTerms, Caps};
use plan::generation::{self, Fate, GenerationTable, GenerationTerms, Mode, Share, Skip, Uplines};

/// A user, as the walk sees one.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Person {
    pub(crate) sponsor: Option<UserId>,
    pub(crate) directs: u32,
    pub(crate) active: bool,
    pub(crate) refunded: bool,
}

/// Users by `UserId::get() - 1`.
#[derive(Clone, Debug, Default)]
pub(crate) struct People(pub(crate) Vec<Person>);

impl People {
    fn of(&self, user: UserId) -> &Person {
        &self.0[user.get() as usize - 1]
    }
}

impl Uplines for People {
    fn above(&self, user: UserId, into: &mut [Option<UserId>]) {
        let mut below = Some(user);
        for slot in into {
            below = below.and_then(|below| self.of(below).sponsor);
            *slot = below;
        }
    }

    fn directs(&self, user: UserId) -> u32 {
        self.of(user).directs
    }

    fn is_active(&self, user: UserId) -> bool {
        self.of(user).active
    }

    fn is_refunded(&self, user: UserId) -> bool {
        self.of(user).refunded
    }
}

pub(crate) fn user(number: u32) -> UserId {
    UserId::new(number).unwrap()
}

/// The rates and the directs of the reference, in basis points.
pub(crate) const RATES: [u16; 20] = [
    1000, 500, 300, 200, 200, 100, 100, 100, 100, 100, 50, 50, 50, 50, 50, 30, 30, 30, 30, 30,
];
pub(crate) const DIRECTS: [u32; 20] = [0, 0, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10];

pub(crate) fn terms(mode: Mode) -> GenerationTerms {
    GenerationTerms::check(&GenerationTable {
        rates_bps: RATES.to_vec(),
        directs_required: DIRECTS.to_vec(),
        mode,
        directs_counted: generation::DirectsCounted::AllTime,
    })
    .unwrap()
}

pub(crate) fn caps(multiple: u32) -> Caps {
    Caps::new(Some(CapTerms::check(&CapTable { multiple }).unwrap()))
}

/// A line of sponsors with names, and what they paid in and earned.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    pub(crate) people: People,
    pub(crate) caps: Caps,
    names: BTreeMap<UserId, String>,
    pub(crate) buyer: UserId,
}

impl Chain {
    /// From the nearest upline up: name, directs, paid in, earned, in whole units; who paid in has an active
    /// subscription.
    pub(crate) fn new(uplines: &[(&str, u32, u128, u128)], multiple: u32) -> Self {
        let mut chain = Self {
            people: People::default(),
            caps: caps(multiple),
            names: BTreeMap::new(),
            buyer: user(u32::try_from(uplines.len()).unwrap() + 1),
        };
        for (index, (name, directs, invested, earned)) in (0..).zip(uplines.iter().rev()) {
            let id = user(index + 1);
            chain.people.0.push(Person {
                sponsor: UserId::new(index),
                directs: *directs,
                active: *invested > 0,
                refunded: false,
            });
            chain.names.insert(id, (*name).to_owned());
            // What was earned was earned when there was room.
            let room = Amount::new(u128::from(*earned > 3 * invested) * earned);
            chain
                .caps
                .invest(id, Amount::new(*invested).checked_add(room).unwrap());
            assert_eq!(chain.caps.take(id, Amount::new(*earned)), Amount::new(*earned));
            chain.caps.reduce_stake(id, room);
        }
        chain.people.0.push(Person {
            sponsor: UserId::new(chain.buyer.get() - 1),
            ..Person::default()
        });
        chain
    }

    /// Someone at the bottom of the line buys.
    pub(crate) fn buy(&mut self, terms: &GenerationTerms, amount: u128) -> Vec<Share> {
        let mut out = Vec::new();
        let amount = Amount::new(amount);
        generation::distribute(terms, amount, self.buyer, &self.people, &mut self.caps, &mut out);
        out
    }

    /// Who would be skipped.
    pub(crate) fn skipped(&self, terms: &GenerationTerms, amount: u128) -> Vec<String> {
        let (mut out, mut skips) = (Vec::new(), Vec::new());
        let amount = Amount::new(amount);
        generation::explain(
            terms,
            amount,
            self.buyer,
            &self.people,
            &self.caps,
            &mut out,
            &mut skips,
        );
        let name = |skip: &Skip| {
            let (name, cause) = (&self.names[&skip.upline], skip.cause.name());
            format!(
                "{name} at {} skipped for {} {cause}",
                skip.distance, skip.generation
            )
        };
        skips.iter().map(name).collect()
    }

    /// `A at 1 gets 1: 50`, `A at 1 loses 1: 50 capped`, `nobody gets 8: 10`.
    pub(crate) fn text(&self, share: &Share) -> String {
        let (generation, amount) = (share.generation, share.amount);
        let Some(upline) = share.upline else {
            assert_eq!(share.fate, Fate::Breakage(ledger::BreakageCause::NoUpline));
            assert_eq!(share.distance, 0);
            return format!("nobody gets {generation}: {amount}");
        };
        let who = format!("{} at {}", self.names[&upline], share.distance);
        match share.fate {
            Fate::Paid => format!("{who} gets {generation}: {amount}"),
            Fate::Breakage(cause) => format!("{who} loses {generation}: {amount} {}", cause.name()),
        }
    }

    pub(crate) fn texts(&self, shares: &[Share]) -> Vec<String> {
        shares.iter().map(|share| self.text(share)).collect()
    }
}

pub(crate) fn paid(shares: &[Share]) -> u128 {
    let paid = shares.iter().filter(|share| share.fate == Fate::Paid);
    paid.map(|share| share.amount.base_units()).sum()
}

pub(crate) fn total(shares: &[Share]) -> u128 {
    shares.iter().map(|share| share.amount.base_units()).sum()
}
