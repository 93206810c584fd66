//! R14: every payment was divided according to the plan, recomputed here from sponsors and places.
//!
//! Written apart from the plan's own rules: no state is folded, every question is answered by looking at the facts
//! that were there before.

mod bookings;
mod purchases;

use std::collections::BTreeMap;

use ledger::{Account, Beneficiary, BreakageCause, ClearingCause, Reason, Tier, TreeNumber, UserId};
use money::Amount;
use plan::{CompiledPlan, PoolRoom};

use self::bookings::Bookings;
use self::purchases::Directs;
use crate::checks::finding::{Findings, Sides};
use crate::checks::{BreakCause, Deposit, DepositState, Part, Snapshot};

/// What is asked about users and deposits again and again.
struct Lookup<'a> {
    snapshot: &'a Snapshot,
    plan: &'a CompiledPlan,
    /// By fact.
    deposits: BTreeMap<u64, &'a Deposit>,
    /// When the registration was refunded, by user.
    gone: BTreeMap<u32, u64>,
    /// From when until when retopups stood, by user.
    retopups: BTreeMap<u32, Vec<(u64, u64)>>,
    /// Which of the sponsor's directs, by user.
    ordinals: BTreeMap<u32, u32>,
    directs: Directs,
    bookings: Bookings,
    /// Facts of the places of tier 1, in order.
    places: Vec<u64>,
    /// Place in tier 1, by the fact that gave it.
    placed: BTreeMap<u64, (u32, u32)>,
}

pub(super) fn check(snapshot: &Snapshot, out: &mut Findings) {
    let lookup = Lookup::new(snapshot);
    for split in &snapshot.books.splits {
        let Some(deposit) = lookup.deposits.get(&split.fact_seq) else {
            let sides = Sides("no deposit", "parts of one");
            let detail = "transfers out of custody for a payment that is not a deposit";
            out.note(
                format!("fact {}", split.fact_seq),
                sides,
                BreakCause::MissingLedger,
                detail,
            );
            continue;
        };
        if let Some(expected) = lookup.broken(deposit, &split.parts) {
            let sides = Sides(expected, in_words(&split.parts));
            let detail = "how the payment was divided, against the plan's rules";
            out.note(
                format!("deposit {}", deposit.deposit_ref),
                sides,
                BreakCause::Amount,
                detail,
            );
        }
    }
}

impl<'a> Lookup<'a> {
    fn new(snapshot: &'a Snapshot) -> Self {
        let plan = &snapshot.plan;
        let books = &snapshot.books;
        let mut lookup = Self {
            snapshot,
            plan,
            deposits: books
                .deposits
                .iter()
                .map(|deposit| (deposit.fact_seq, deposit))
                .collect(),
            gone: BTreeMap::new(),
            retopups: BTreeMap::new(),
            ordinals: BTreeMap::new(),
            directs: Directs::new(),
            bookings: bookings::of(snapshot),
            places: books.first_tier.values().map(|node| node.fact_seq).collect(),
            placed: BTreeMap::new(),
        };
        for deposit in &books.deposits {
            let refunded = deposit
                .closed_fact
                .filter(|_| deposit.state == DepositState::Refunded);
            if deposit.is_registration {
                if let Some(refunded) = refunded {
                    lookup.gone.insert(deposit.user, refunded);
                }
            } else if deposit.amount == plan.retopup_price() {
                let stood = (deposit.fact_seq, refunded.unwrap_or(u64::MAX));
                lookup.retopups.entry(deposit.user).or_default().push(stood);
            }
        }
        let registered = books.deposits.iter().filter(|deposit| deposit.is_registration);
        let registered: BTreeMap<u32, u64> = registered
            .map(|deposit| (deposit.user, deposit.fact_seq))
            .collect();
        let mut directs: BTreeMap<u32, u32> = BTreeMap::new();
        for (id, user) in &books.users {
            if let Some(sponsor) = user.sponsor {
                let count = directs.entry(sponsor).or_default();
                *count = count.saturating_add(1);
                lookup.ordinals.insert(*id, *count);
                let facts = lookup.directs.entry(sponsor).or_default();
                facts.extend(registered.get(id));
            }
        }
        lookup.places.sort_unstable();
        let placed = books
            .first_tier
            .iter()
            .map(|(place, node)| (node.fact_seq, *place));
        lookup.placed.extend(placed);
        lookup
    }

    /// What the parts of a payment ought to be, if they are not.
    fn broken(&self, deposit: &Deposit, parts: &[Part]) -> Option<String> {
        let components = self.plan.components();
        match (&components.subscription, &components.binary) {
            (Some(terms), _) => self.broken_purchase(terms, deposit, parts),
            (None, Some(terms)) => self.broken_booking(terms, deposit, parts),
            (None, None) => {
                let expected = self.parts(deposit);
                (expected != parts).then(|| in_words(&expected))
            }
        }
    }

    /// What a payment ought to have been divided into.
    fn parts(&self, deposit: &Deposit) -> Vec<Part> {
        let price = if deposit.is_registration {
            self.plan.registration_price()
        } else {
            self.plan.retopup_price()
        };
        if deposit.amount != price {
            return vec![Part {
                credit: Account::Clearing(ClearingCause::UnexpectedIntake),
                amount: deposit.amount,
                reason: Reason::Unexpected,
                recipient: None,
            }];
        }
        let mut parts = if deposit.is_registration {
            self.registration(deposit)
        } else {
            self.retopup(deposit)
        };
        let mut rest = price;
        for part in &parts {
            rest = rest.saturating_sub(part.amount);
        }
        parts.push(held(Beneficiary::Company, rest, Reason::CompanyShare, None));
        parts.retain(|part| !part.amount.is_zero());
        parts
    }

    fn retopup(&self, deposit: &Deposit) -> Vec<Part> {
        let mut upline = self.sponsor(deposit.user);
        let mut parts = Vec::new();
        for (generation, share) in (1u8..).zip(self.plan.generation_shares()) {
            let beneficiary = match upline {
                None => Beneficiary::Breakage(BreakageCause::NoUpline),
                Some(upline) if self.is_gone(upline, deposit.fact_seq) => {
                    Beneficiary::Breakage(BreakageCause::Refunded)
                }
                Some(upline) if !self.has_retopped(upline, deposit.fact_seq) => {
                    Beneficiary::Breakage(BreakageCause::NotRetopped)
                }
                Some(upline) => user(upline, BreakageCause::NoUpline),
            };
            parts.push(held(beneficiary, *share, Reason::Generation(generation), upline));
            upline = upline.and_then(|upline| self.sponsor(upline));
        }
        parts
    }

    fn registration(&self, deposit: &Deposit) -> Vec<Part> {
        let sponsor = self.sponsor(deposit.user);
        let ordinal = self.ordinals.get(&deposit.user).copied();
        let route = self.plan.route(ordinal, self.room(deposit.fact_seq));
        let beneficiary = match sponsor {
            None => Beneficiary::Company,
            Some(sponsor) if self.is_gone(sponsor, deposit.fact_seq) => {
                Beneficiary::Breakage(BreakageCause::Refunded)
            }
            Some(sponsor) => user(sponsor, BreakageCause::NoUpline),
        };
        let share = self.plan.direct_share_of(route);
        let mut parts = vec![held(beneficiary, share, Reason::Direct, sponsor)];
        if let Some((tree, index)) = route.place() {
            parts.extend(self.pool(deposit, tree, index));
        }
        parts
    }

    fn pool(&self, deposit: &Deposit, tree: TreeNumber, index: u32) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut place = Some(index);
        // A place other than the next one is as wrong as another amount.
        if self.placed.get(&deposit.fact_seq) != Some(&(tree.get(), index)) {
            return parts;
        }
        for (layer, share) in (1u8..).zip(self.plan.layer_shares(Tier::FIRST)) {
            place = place
                .filter(|place| *place > 0)
                .map(|place| place.saturating_sub(1) >> 1);
            let ancestor = place.and_then(|place| self.snapshot.books.first_tier.get(&(tree.get(), place)));
            let ancestor = ancestor.map(|node| node.user);
            let residual = Beneficiary::Residual(Tier::FIRST, tree);
            let active = ancestor.filter(|ancestor| !self.is_gone(*ancestor, deposit.fact_seq));
            let beneficiary = active.and_then(UserId::new).map_or(residual, Beneficiary::User);
            let tier = Tier::FIRST;
            parts.push(held(
                beneficiary,
                *share,
                Reason::PoolLayer { tier, layer },
                ancestor,
            ));
        }
        parts
    }

    /// The next place of tier 1 before a fact.
    fn room(&self, fact_seq: u64) -> PoolRoom {
        let before = self.places.partition_point(|placed| *placed < fact_seq);
        let before = u32::try_from(before).unwrap_or(u32::MAX);
        let (trees, next_index) = match self.plan.tree_size() {
            Some(size) => (
                before.checked_div(size).unwrap_or_default(),
                before.checked_rem(size).unwrap_or_default(),
            ),
            None => (0, before),
        };
        let tree = TreeNumber::new(trees.saturating_add(1));
        match tree.filter(|tree| self.plan.trees_max().is_none_or(|max| tree.get() <= max)) {
            Some(tree) => PoolRoom::Open { tree, next_index },
            None => PoolRoom::Full,
        }
    }

    fn sponsor(&self, user: u32) -> Option<u32> {
        self.snapshot.books.users.get(&user)?.sponsor
    }

    fn is_gone(&self, user: u32, fact_seq: u64) -> bool {
        self.gone.get(&user).is_some_and(|gone| *gone < fact_seq)
    }

    fn has_retopped(&self, user: u32, fact_seq: u64) -> bool {
        let stood = self.retopups.get(&user).into_iter().flatten();
        stood
            .into_iter()
            .any(|(from, until)| *from < fact_seq && fact_seq < *until)
    }
}

fn user(user: u32, otherwise: BreakageCause) -> Beneficiary {
    UserId::new(user).map_or(Beneficiary::Breakage(otherwise), Beneficiary::User)
}

fn held(beneficiary: Beneficiary, amount: Amount, reason: Reason, recipient: Option<u32>) -> Part {
    Part {
        credit: Account::Held(beneficiary),
        amount,
        reason,
        recipient,
    }
}

fn in_words(parts: &[Part]) -> String {
    let words = parts.iter().map(|part| {
        let to = part
            .recipient
            .map_or(String::new(), |user| format!(" about user {user}"));
        format!("{} {} to {}{to}", part.reason.name(), part.amount, part.credit)
    });
    words.collect::<Vec<_>>().join(", ")
}
