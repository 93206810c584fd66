//! The auto-pool: registrations, pools and retopups, with everything that settlement does to a user's money.

mod grants;
mod payouts;
mod places;
mod terms;
mod tree;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use alloy_primitives::{Address, B256, U256};
use plan::{Cause, Intake};

use crate::told::tell;

use grants::{Bucket, Grant, Occasion, held};
pub use payouts::Hold;
pub use terms::Terms;
use tree::Tree;

type Money = i128;

/// Changes of balances by account name; debits and credits alike are "flows into", with custody counted as
/// what the contract has and everything else as what is owed.
pub type Changes = BTreeMap<String, Money>;

/// The state of everything, as people would keep it on paper.
#[derive(Debug)]
pub struct Model {
    terms: Terms,
    people: Vec<Person>,
    payments: Vec<Payment>,
    /// By tier, from 1.
    forests: Vec<Vec<Tree>>,
    pub balances: Changes,
    pub entitled: BTreeMap<Address, Money>,
    corrected: BTreeMap<Address, Money>,
    /// What batches hold back.
    pub holds: Vec<Hold>,
    paid: BTreeMap<Address, Money>,
    known_batches: BTreeSet<B256>,
    live_batches: BTreeSet<B256>,
    pub notes: Vec<String>,
    /// Why the last cause moved money, with what it moved. Money on its way out is left out.
    pub told: Changes,
    queue: VecDeque<Todo>,
}

#[derive(Debug)]
struct Person {
    wallet: Address,
    sponsor: Option<Address>,
    refunded: bool,
    wants_reserve: BTreeSet<usize>,
    moved_from: BTreeSet<usize>,
}

#[derive(Debug)]
struct Payment {
    reference: B256,
    payer: Address,
    is_registration: bool,
    amount: Money,
    day: u64,
    state: PaymentState,
    /// None: in clearing.
    grants: Option<Vec<Grant>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum PaymentState {
    Open,
    GoneBack,
    Ripe,
}

#[derive(Debug)]
enum Todo {
    Move(Address, usize),
    Release(usize, usize),
}

impl Model {
    pub fn new(terms: &Terms) -> Self {
        Self {
            forests: terms.tier_prices.iter().map(|_| Vec::new()).collect(),
            terms: terms.clone(),
            people: Vec::new(),
            payments: Vec::new(),
            balances: Changes::new(),
            entitled: BTreeMap::new(),
            corrected: BTreeMap::new(),
            holds: Vec::new(),
            paid: BTreeMap::new(),
            known_batches: BTreeSet::new(),
            live_batches: BTreeSet::new(),
            notes: Vec::new(),
            told: Changes::new(),
            queue: VecDeque::new(),
        }
    }

    /// Follows another version of the plan file from here on, which has at least as many tiers.
    pub fn change(&mut self, terms: &Terms) {
        self.forests.resize_with(terms.tier_prices.len(), Vec::new);
        self.terms = terms.clone();
    }

    pub fn apply(&mut self, cause: &Cause) {
        self.notes.clear();
        self.told.clear();
        match cause {
            Cause::Registered(intake) => self.registered(intake),
            Cause::RetoppedUp(intake) => self.retopped_up(intake),
            Cause::Refunded {
                deposit_ref, amount, ..
            } => self.refunded(*deposit_ref, money(*amount)),
            Cause::EscrowMatured { through_day, amount } => {
                self.matured(u64::from(*through_day), money(*amount));
            }
            Cause::Funded { amount, .. } => {
                self.add("custody", money(*amount));
                self.add("revenue", money(*amount));
                self.tell("settlement funded moved -", money(*amount));
            }
            Cause::UserFrozen { wallet, .. } | Cause::UserUnfrozen { wallet } => {
                if self.person(*wallet).is_none() {
                    self.note("UnknownWallet");
                }
            }
            Cause::Noted | Cause::Reported(_) | Cause::Continued { .. } => {}
            Cause::ReserveChosen { wallet, tier, choice } => {
                self.chosen(*wallet, usize::from(tier.get()), *choice);
            }
            Cause::Corrected { wallet, amount } => self.correct(*wallet, money(*amount)),
            _ => self.pay_out(cause),
        }
        self.balances.retain(|_, amount| *amount != 0);
    }

    fn registered(&mut self, intake: &Intake) {
        if self.person(intake.wallet).is_some() {
            return self.astray(money(intake.amount));
        }
        let sponsor = intake.sponsor.filter(|wallet| self.person(*wallet).is_some());
        if intake.sponsor.is_some() && sponsor.is_none() {
            self.note("UnknownSponsor");
        }
        let ordinal = 1 + self.people.iter().filter(|p| p.sponsor == sponsor).count();
        self.people.push(Person {
            wallet: intake.wallet,
            sponsor,
            refunded: false,
            wants_reserve: BTreeSet::new(),
            moved_from: BTreeSet::new(),
        });
        if money(intake.amount) != as_money(self.terms.registration) {
            return self.park_in_clearing(intake, true);
        }
        let chosen = sponsor.is_some() && self.terms.ordinals.iter().any(|o| *o as usize == ordinal);
        let price = self.terms.registration;
        let pooled = match self.terms.pool_bps {
            _ if !self.has_room(1) => 0,
            Some(bps) => price * u128::from(bps) / 10_000,
            None if chosen => price,
            None => 0,
        };
        let (mut grants, full) = match pooled {
            0 => (Vec::new(), None),
            _ => self.place(intake.wallet, 1),
        };
        let shared = price - pooled;
        let sponsored = part(self.terms.direct, shared, price);
        let direct = match sponsor {
            None => Bucket::Named("company".into()),
            Some(sponsor) if self.is_active(sponsor) => Bucket::Sponsor(sponsor),
            Some(_) => Bucket::Named("breakage:refunded".into()),
        };
        // The sponsor's share comes first: a debt is paid by the first reward that matures.
        let direct = Grant::new("registration direct", sponsor, direct, as_money(sponsored));
        grants.insert(0, direct);
        let rest = match pooled {
            0 => "registration company_share",
            _ => "pool company_share",
        };
        grants.push(Grant::of_company(rest, as_money(shared - sponsored)));
        self.book(intake, true, grants);
        if let Some(tree) = full {
            self.release_tree(1, tree);
        }
    }

    fn retopped_up(&mut self, intake: &Intake) {
        if self.person(intake.wallet).is_none() {
            return self.astray(money(intake.amount));
        }
        if money(intake.amount) != as_money(self.terms.retopup) {
            return self.park_in_clearing(intake, false);
        }
        let shared = as_money(self.terms.retopup - self.terms.retopup_company);
        let mut left = as_money(self.terms.retopup);
        let mut grants = Vec::new();
        let mut upline = self.person(intake.wallet).unwrap().sponsor;
        for (generation, bps) in (1..).zip(&self.terms.generations_bps) {
            let amount = shared * Money::from(*bps) / 10_000;
            left -= amount;
            let bucket = match upline {
                None => Bucket::Named("breakage:no_upline".into()),
                Some(upline) if !self.is_active(upline) => Bucket::Named("breakage:refunded".into()),
                Some(upline) if !self.retopped_before(upline, self.payments.len()) => {
                    Bucket::Named("breakage:not_retopped".into())
                }
                Some(upline) => Bucket::Upline(upline),
            };
            let rule = format!("retopup generation {generation}");
            grants.push(Grant::new(&rule, upline, bucket, amount));
            upline = upline.and_then(|upline| self.person(upline).unwrap().sponsor);
        }
        grants.push(Grant::of_company("retopup company_share", left));
        self.book(intake, false, grants);
    }

    fn refunded(&mut self, reference: B256, amount: Money) {
        let found = self.payments.iter().position(|p| p.reference == reference);
        let Some(number) = found.filter(|number| self.payments[*number].state == PaymentState::Open) else {
            self.add("custody", -amount);
            self.add("clearing:unexpected_refund", -amount);
            self.note("UnexpectedRefund");
            self.tell("settlement unexpected_refund waiting -", amount);
            return;
        };
        let payment = &mut self.payments[number];
        payment.state = PaymentState::GoneBack;
        let (payer, is_registration, taken) = (payment.payer, payment.is_registration, payment.amount);
        match payment.grants.clone() {
            None => {
                self.add("clearing:unexpected_intake", -taken);
                self.tell("escrow refund returned -", taken);
            }
            Some(grants) => {
                for grant in grants {
                    self.add(&held(&grant.bucket), -grant.amount);
                    self.tell(&grant.when_refunded(), grant.amount);
                }
            }
        }
        self.add("custody", -taken);
        assert_eq!(amount, taken);
        if is_registration {
            for tier in 1..=self.forests.len() {
                self.release_reserve(payer, tier);
            }
            let person = self.person_mut(payer);
            person.refunded = true;
            person.wants_reserve.clear();
        }
    }

    fn matured(&mut self, day: u64, amount: Money) {
        let mut total = 0;
        let mut received: Vec<(Address, usize)> = Vec::new();
        for number in 0..self.payments.len() {
            let payment = &mut self.payments[number];
            if payment.state != PaymentState::Open || payment.day > day {
                continue;
            }
            payment.state = PaymentState::Ripe;
            total += payment.amount;
            for grant in payment.grants.clone().unwrap_or_default() {
                self.add(&held(&grant.bucket), -grant.amount);
                match &grant.bucket {
                    Bucket::Named(name) => {
                        self.add(name, grant.amount);
                        self.tell(&grant.when_matured("escrow matured"), grant.amount);
                    }
                    Bucket::Sponsor(to) | Bucket::Ancestor(to, _) | Bucket::Upline(to) => {
                        let relies = matches!(grant.bucket, Bucket::Upline(_));
                        if !self.is_active(*to) || (relies && !self.retopped_before(*to, number)) {
                            if grant.amount > 0 {
                                self.note("forfeited");
                            }
                            self.add("breakage:refunded", grant.amount);
                            self.tell(&grant.when_forfeited(*to), grant.amount);
                            continue;
                        }
                        let from = match grant.bucket {
                            Bucket::Ancestor(_, layer) => Some((1, layer)),
                            Bucket::Sponsor(_) | Bucket::Upline(_) | Bucket::Named(_) => None,
                        };
                        if self.credit(*to, from, (&grant, Occasion::Matured)) {
                            received.push((*to, 1));
                        }
                    }
                }
            }
        }
        if total != amount {
            self.note("MaturedAmount");
        }
        let order: Vec<Address> = self.people.iter().map(|person| person.wallet).collect();
        received.sort_by_key(|(who, _)| order.iter().position(|wallet| wallet == who));
        received.dedup();
        for (who, tier) in received {
            self.queue.push_back(Todo::Move(who, tier));
        }
        self.work_off();
    }

    fn work_off(&mut self) {
        while let Some(todo) = self.queue.pop_front() {
            match todo {
                Todo::Move(who, tier) => self.move_on(who, tier),
                Todo::Release(tier, tree) => self.release_tree(tier, tree),
            }
        }
    }

    fn move_on(&mut self, who: Address, tier: usize) {
        if !self.reserves(who, tier) || !self.can_pay_for_next(who, tier) || !self.has_room(tier + 1) {
            return;
        }
        self.note("progressed");
        self.person_mut(who).moved_from.insert(tier);
        self.add(
            &format!("reserve({who},{tier})"),
            -as_money(self.terms.tier_prices[tier]),
        );
        let (grants, full) = self.place(who, tier + 1);
        let mut grown = Vec::new();
        for grant in grants {
            match &grant.bucket {
                Bucket::Named(name) => {
                    self.add(name, grant.amount);
                    self.tell(&grant.when_granted(), grant.amount);
                }
                Bucket::Ancestor(to, layer) => {
                    if self.credit(*to, Some((tier + 1, *layer)), (&grant, Occasion::Placed)) {
                        grown.push(Todo::Move(*to, tier + 1));
                    }
                }
                Bucket::Sponsor(_) | Bucket::Upline(_) => unreachable!("a place pays ancestors"),
            }
        }
        self.release_reserve(who, tier);
        self.queue.extend(grown);
        if let Some(tree) = full {
            self.queue.push_back(Todo::Release(tier + 1, tree));
        }
    }

    fn can_pay_for_next(&self, who: Address, tier: usize) -> bool {
        let reserved = self.balances.get(&format!("reserve({who},{tier})")).copied();
        let price = self.terms.tier_prices.get(tier).copied().map(as_money);
        price.is_some_and(|price| reserved.unwrap_or(0) >= price)
    }

    /// Debt first, then the reserve or what is available. True if the reserve grew and is enough for the next tier now: whose
    /// reserve is enough first moves on first.
    fn credit(
        &mut self,
        who: Address,
        from: Option<(usize, usize)>,
        (grant, occasion): (&Grant, Occasion),
    ) -> bool {
        let owed = self
            .balances
            .get(&format!("receivable({who})"))
            .copied()
            .unwrap_or(0);
        let netted = owed.min(grant.amount);
        self.add(&format!("receivable({who})"), -netted);
        self.tell(&grant.when_netted(who, occasion), netted);
        let rest = grant.amount - netted;
        let reserved = from.filter(|(tier, layer)| self.is_kept_layer(*layer) && self.reserves(who, *tier));
        if let Some((tier, _)) = reserved {
            self.add(&format!("reserve({who},{tier})"), rest);
            self.tell(&grant.when_credited(who, "reserve", occasion), rest);
            return rest > 0 && self.can_pay_for_next(who, tier);
        }
        self.add(&format!("available({who})"), rest);
        self.tell(&grant.when_credited(who, "escrow", occasion), rest);
        *self.entitled.entry(who).or_default() += rest;
        false
    }

    fn correct(&mut self, wallet: Address, amount: Money) {
        if self.person(wallet).is_none() {
            return self.note("UnknownUser");
        }
        let so_far = self.corrected.entry(wallet).or_default();
        if amount == 0 || *so_far + amount > self.entitled.get(&wallet).copied().unwrap_or(0) {
            return self.note("ExceedsEntitlement");
        }
        *so_far += amount;
        self.add(&format!("receivable({wallet})"), amount);
        self.add("company", amount);
        self.tell(&format!("settlement correction moved {wallet}"), amount);
    }

    fn retopped_before(&self, who: Address, number: usize) -> bool {
        self.payments[..number].iter().any(|payment| {
            payment.payer == who
                && !payment.is_registration
                && payment.grants.is_some()
                && payment.state != PaymentState::GoneBack
        })
    }

    fn book(&mut self, intake: &Intake, is_registration: bool, grants: Vec<Grant>) {
        self.add("custody", money(intake.amount));
        for grant in &grants {
            self.add(&held(&grant.bucket), grant.amount);
            self.tell(&grant.when_granted(), grant.amount);
        }
        self.remember(intake, is_registration, Some(grants));
    }

    fn park_in_clearing(&mut self, intake: &Intake, is_registration: bool) {
        self.add("custody", money(intake.amount));
        self.add("clearing:unexpected_intake", money(intake.amount));
        self.note("IntakeAmount");
        self.tell("settlement intake_amount waiting -", money(intake.amount));
        self.remember(intake, is_registration, None);
    }

    fn remember(&mut self, intake: &Intake, is_registration: bool, grants: Option<Vec<Grant>>) {
        self.payments.push(Payment {
            reference: intake.deposit_ref,
            payer: intake.wallet,
            is_registration,
            amount: money(intake.amount),
            day: intake.refundable_until / 86_400,
            state: PaymentState::Open,
            grants,
        });
    }

    fn astray(&mut self, amount: Money) {
        self.add("custody", amount);
        self.add("clearing:unexpected_intake", amount);
        self.note("UnexpectedIntake");
        self.tell("settlement unexpected_intake waiting -", amount);
    }

    fn add(&mut self, account: &str, amount: Money) {
        *self.balances.entry(account.to_owned()).or_default() += amount;
    }

    fn note(&mut self, what: &str) {
        self.notes.push(what.to_owned());
    }

    fn tell(&mut self, what: &str, amount: Money) {
        tell(&mut self.told, what.to_owned(), amount);
    }

    fn knows(&self, wallet: Address) -> bool {
        self.person(wallet).is_some()
    }

    fn is_active(&self, wallet: Address) -> bool {
        self.person(wallet).is_some_and(|person| !person.refunded)
    }

    fn person(&self, wallet: Address) -> Option<&Person> {
        self.people.iter().find(|person| person.wallet == wallet)
    }

    fn person_mut(&mut self, wallet: Address) -> &mut Person {
        self.people
            .iter_mut()
            .find(|person| person.wallet == wallet)
            .unwrap()
    }
}

/// So much of `amount` as `of` is of `whole`, rounded down.
fn part(amount: u128, of: u128, whole: u128) -> u128 {
    (U256::from(amount) * U256::from(of) / U256::from(whole)).to()
}

fn money(amount: money::Amount) -> Money {
    as_money(amount.base_units())
}

fn as_money(units: u128) -> Money {
    i128::try_from(units).unwrap()
}
