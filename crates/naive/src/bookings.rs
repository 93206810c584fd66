//! A whole plan of bookings, pairs and tax, written for being obvious: lists of people, payments and pairs, over the models of the
//! binary tree and of withholding. Without direct bonuses, wallets and corrections.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256};
use plan::binary::Side;
use plan::{Cause, Intake, PayoutOutcome, Report};

use crate::withholding::{Book, Rule};
use crate::{Changes, binary};

type Money = i128;

/// The only fund, which pays pairs.
const PAIRS: &str = "revenue:1";

/// What a plan file says.
#[derive(Clone, Debug)]
pub struct Terms {
    pub binary: binary::Terms,
    /// Of every payment, in basis points.
    pub fund_bps: Money,
    /// Days for which a pair waits.
    pub hold_days: u32,
    pub rules: Vec<Rule>,
}

/// The state of everything, as people would keep it on paper.
#[derive(Debug)]
pub struct Model {
    terms: Terms,
    people: Vec<Person>,
    tree: binary::Model,
    taxes: Book,
    payments: Vec<Payment>,
    pairs: Vec<Pair>,
    last_day: Option<u32>,
    pub balances: Changes,
}

#[derive(Debug)]
struct Person {
    wallet: Address,
    refunded: bool,
    side: Option<usize>,
    entitled: Money,
    debt: Money,
}

#[derive(Debug)]
struct Payment {
    reference: B256,
    /// Place in the list of people.
    payer: usize,
    is_registration: bool,
    amount: Money,
    /// Of the end of the cooling-off time.
    day: u32,
    is_open: bool,
    /// Whether it was the first one of its payer; none when it waits in clearing.
    first: Option<bool>,
}

#[derive(Debug)]
struct Pair {
    user: usize,
    value: Money,
    instalment: Money,
    /// Its entry in the book of taxes.
    entry: usize,
    due: u32,
    state: PairState,
    /// The tree does not count it any more.
    is_undone: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum PairState {
    Waits,
    Given,
    TakenBack,
}

impl Terms {
    /// The shipped plan `binary-ev`, counted in an asset with so many decimals.
    pub fn binary_ev(decimals: u32) -> Self {
        let units = |units: u128| units * 10u128.pow(decimals);
        let rule = |from_day, threshold| Rule {
            policy: "IN-194H".to_owned(),
            at_payout: false,
            from_day,
            rate_bps: 200,
            no_tax_id_rate_bps: 2_000,
            threshold: units(threshold),
            only_above: false,
            ceiling: None,
            year_starts_month: 4,
            kinds: None,
        };
        Self {
            binary: binary::Terms {
                pair_value: units(2_000),
                pairs_max: 10,
                flush: false,
                full_pairs: 5,
                instalment_bps: 2_000,
                activation: units(5_000),
                counts_from_first: false,
                directs_required: 0,
                pro_rata: false,
                price: units(100_000),
                first_min: units(500),
            },
            fund_bps: 2_000,
            hold_days: 14,
            // 1 October 2024 and 1 April 2025.
            rules: vec![rule(19_997, 15_000), rule(20_179, 20_000)],
        }
    }
}

impl Model {
    pub fn new(terms: Terms) -> Self {
        let taxes = Book {
            rules: terms.rules.clone(),
            ..Book::default()
        };
        Self {
            terms,
            people: Vec::new(),
            tree: binary::Model::default(),
            taxes,
            payments: Vec::new(),
            pairs: Vec::new(),
            last_day: None,
            balances: BTreeMap::new(),
        }
    }

    /// Lifetime entitlement of everyone who has any.
    pub fn entitlements(&self) -> BTreeMap<Address, Money> {
        let entitled = self.people.iter().filter(|person| person.entitled > 0);
        entitled.map(|person| (person.wallet, person.entitled)).collect()
    }

    pub fn apply(&mut self, cause: &Cause) {
        match cause {
            Cause::Registered(intake) => self.registered(intake),
            Cause::RetoppedUp(intake) => match self.find(intake.wallet) {
                Some(payer) => self.take(intake, payer, false),
                None => self.unexpected(money(intake.amount.base_units())),
            },
            Cause::Refunded {
                deposit_ref, amount, ..
            } => self.refunded(*deposit_ref, money(amount.base_units())),
            Cause::EscrowMatured { through_day, .. } => self.matured(*through_day),
            Cause::Funded { amount, .. } => {
                self.add("custody", money(amount.base_units()));
                self.add("revenue", money(amount.base_units()));
            }
            Cause::Claimed { wallet, amount, .. } => self.paid_out(*wallet, money(amount.base_units())),
            Cause::BatchSettled { payouts, .. } | Cause::LeavesSettled { payouts, .. } => {
                for payout in payouts {
                    match payout.outcome {
                        PayoutOutcome::Executed(amount) => {
                            self.paid_out(payout.wallet, money(amount.base_units()));
                        }
                        PayoutOutcome::Skipped => {}
                        PayoutOutcome::Credited { .. } => panic!("{cause:?} is not of this model"),
                    }
                }
            }
            Cause::Reported(report) => self.reported(report),
            Cause::Noted
            | Cause::BatchRequested { .. }
            | Cause::BatchReleased { .. }
            | Cause::BatchCancelled { .. }
            | Cause::RootPublished { .. }
            | Cause::RootVetoed { .. }
            | Cause::UserFrozen { .. }
            | Cause::UserUnfrozen { .. } => {}
            _ => panic!("{cause:?} is not of this model"),
        }
    }

    fn reported(&mut self, report: &Report) {
        match report {
            Report::DayEnded { day } => {
                let first = self.last_day.map_or(day.get(), |last| last + 1);
                for day in first..=day.get() {
                    self.last_day = Some(day);
                    self.release(day);
                    if month_of(day + 1) != month_of(day) {
                        self.close(day);
                    }
                }
            }
            Report::FundAllocated { fund, amount } => {
                let amount = money(amount.base_units());
                if fund.get() == 1 && amount <= self.balance("revenue") {
                    self.add("revenue", -amount);
                    self.add(PAIRS, amount);
                }
            }
            Report::SideChosen { wallet, side } => {
                let side = side.map(|side| if side == Side::Left { 0 } else { 1 });
                if let Some(user) = self.find_active(*wallet) {
                    self.people[user].side = side;
                }
            }
            Report::TaxIdRecorded { wallet } => {
                if let Some(user) = self.find_active(*wallet) {
                    self.taxes.with_tax_id.push(u32::try_from(user).unwrap());
                }
            }
            // Nothing of it is in this plan.
            _ => {}
        }
    }

    fn registered(&mut self, intake: &Intake) {
        if self.find(intake.wallet).is_some() {
            return self.unexpected(money(intake.amount.base_units()));
        }
        let sponsor = intake.sponsor.and_then(|sponsor| self.find(sponsor));
        let wanted = sponsor.and_then(|sponsor| self.people[sponsor].side);
        self.tree.join(sponsor, wanted);
        self.people.push(Person {
            wallet: intake.wallet,
            refunded: false,
            side: None,
            entitled: 0,
            debt: 0,
        });
        self.take(intake, self.people.len() - 1, true);
    }

    fn unexpected(&mut self, amount: Money) {
        self.add("custody", amount);
        self.add("clearing:unexpected_intake", amount);
    }

    fn take(&mut self, intake: &Intake, payer: usize, is_registration: bool) {
        let amount = money(intake.amount.base_units());
        let outstanding = self.terms.binary.price - self.tree.paid(payer);
        let mut first = None;
        if unsigned(amount) <= outstanding {
            let (accepted, is_first) = self.tree.pay(&self.terms.binary, payer, unsigned(amount));
            first = (accepted > 0).then_some(is_first);
        }
        self.payments.push(Payment {
            reference: intake.deposit_ref,
            payer,
            is_registration,
            amount,
            day: u32::try_from(intake.refundable_until / 86_400).unwrap(),
            is_open: true,
            first,
        });
        match first {
            None => self.unexpected(amount),
            Some(_) => {
                self.add("custody", amount);
                self.move_held(amount, 1);
            }
        }
    }

    /// What a payment holds for fund and company.
    fn move_held(&mut self, amount: Money, sign: Money) {
        let of_fund = amount * self.terms.fund_bps / 10_000;
        self.add(&format!("held:{PAIRS}"), sign * of_fund);
        self.add("held:company", sign * (amount - of_fund));
    }

    fn refunded(&mut self, reference: B256, amount: Money) {
        self.add("custody", -amount);
        let mut payments = self.payments.iter_mut();
        let Some(payment) = payments.find(|payment| payment.reference == reference && payment.is_open) else {
            return self.add("clearing:unexpected_refund", -amount);
        };
        payment.is_open = false;
        let (payer, is_registration, first) = (payment.payer, payment.is_registration, payment.first);
        match first {
            None => self.add("clearing:unexpected_intake", -amount),
            Some(first) => {
                self.move_held(amount, -1);
                let undone = self
                    .tree
                    .unpay(&self.terms.binary, payer, unsigned(amount), first);
                for pair in undone {
                    let mut of_user = (0..self.pairs.len()).filter(|place| {
                        self.pairs[*place].user == pair.user && !self.pairs[*place].is_undone
                    });
                    let place = of_user.nth(pair.number - 1).unwrap();
                    self.pairs[place].is_undone = true;
                    self.take_back(place);
                }
            }
        }
        if is_registration {
            self.people[payer].refunded = true;
            self.tree.retire(payer);
        }
    }

    fn matured(&mut self, through: u32) {
        for place in 0..self.payments.len() {
            let payment = &mut self.payments[place];
            if !payment.is_open || payment.day > through {
                continue;
            }
            payment.is_open = false;
            let amount = payment.amount;
            if payment.first.is_some() {
                let of_fund = amount * self.terms.fund_bps / 10_000;
                self.move_held(amount, -1);
                self.add(PAIRS, of_fund);
                self.add("company", amount - of_fund);
            }
        }
    }

    fn close(&mut self, day: u32) {
        let budget = unsigned(self.balance(PAIRS));
        let (taxes, mut entries) = (&mut self.taxes, Vec::new());
        let granted = self
            .tree
            .close(&self.terms.binary, month_of(day), budget, |user, value| {
                entries.push(taxes.entries.len());
                let user = u32::try_from(user).unwrap();
                let kept = taxes.pay(user, value, Some("pair"), day);
                kept.into_iter().map(|(_, tax)| tax).sum()
            });
        for (pair, entry) in granted.into_iter().zip(entries) {
            let wallet = self.people[pair.user].wallet;
            self.add(PAIRS, -money(pair.value));
            self.add(&format!("deferred({wallet})"), money(pair.value));
            self.pairs.push(Pair {
                user: pair.user,
                value: money(pair.value),
                instalment: money(pair.instalment),
                entry,
                due: day + self.terms.hold_days,
                state: PairState::Waits,
                is_undone: false,
            });
        }
    }

    fn release(&mut self, day: u32) {
        for place in 0..self.pairs.len() {
            let pair = &self.pairs[place];
            if pair.state != PairState::Waits || pair.due > day {
                continue;
            }
            if self.people[pair.user].refunded {
                self.take_back(place);
                continue;
            }
            let (user, value, instalment) = (pair.user, pair.value, pair.instalment);
            let tax = self.tax_of(place);
            let wallet = self.people[user].wallet;
            self.pairs[place].state = PairState::Given;
            self.add(&format!("deferred({wallet})"), -value);
            self.add("tax", tax);
            self.add("company", instalment);
            let rest = value - tax - instalment;
            let netted = rest.min(self.people[user].debt);
            self.people[user].debt -= netted;
            self.people[user].entitled += rest - netted;
            self.add(&format!("receivable({wallet})"), -netted);
            self.add(&format!("available({wallet})"), rest - netted);
        }
    }

    /// What stands of a pair's tax.
    fn tax_of(&self, place: usize) -> Money {
        let entry = &self.taxes.entries[self.pairs[place].entry];
        if entry.reversed == entry.gross {
            return 0;
        }
        money(entry.taxes.iter().map(|tax| tax.amount).sum())
    }

    /// The pair goes back into the fund: what its user has already is owed, and what operators took out is lost.
    fn take_back(&mut self, place: usize) {
        let tax = self.tax_of(place);
        let pair = &self.pairs[place];
        let (user, value, instalment, state) = (pair.user, pair.value, pair.instalment, pair.state);
        if state == PairState::TakenBack {
            return;
        }
        self.taxes.reverse(pair.entry, unsigned(value));
        self.pairs[place].state = PairState::TakenBack;
        let wallet = self.people[user].wallet;
        if state == PairState::Waits {
            self.add(&format!("deferred({wallet})"), -value);
            return self.add(PAIRS, value);
        }
        let from_company = instalment.min(self.balance("company"));
        let owed = value - tax - instalment;
        self.add("tax", -tax);
        self.add("company", -from_company);
        self.people[user].debt += owed;
        self.add(&format!("receivable({wallet})"), owed);
        self.add(PAIRS, tax + from_company + owed);
    }

    fn paid_out(&mut self, wallet: Address, amount: Money) {
        self.add("custody", -amount);
        match self.find(wallet) {
            Some(_) => self.add(&format!("available({wallet})"), -amount),
            None => self.add("clearing:unexpected_payout", -amount),
        }
    }

    fn find(&self, wallet: Address) -> Option<usize> {
        self.people.iter().position(|person| person.wallet == wallet)
    }

    fn find_active(&self, wallet: Address) -> Option<usize> {
        self.find(wallet).filter(|user| !self.people[*user].refunded)
    }

    fn balance(&self, account: &str) -> Money {
        self.balances.get(account).copied().unwrap_or(0)
    }

    fn add(&mut self, account: &str, amount: Money) {
        let balance = self.balances.entry(account.to_owned()).or_default();
        *balance += amount;
        if *balance == 0 {
            self.balances.remove(account);
        }
    }
}

/// The number of a day's month: the calendar is walked month by month.
fn month_of(day: u32) -> u32 {
    let (mut year, mut month, mut left) = (1970, 0, day);
    loop {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = [
            31,
            if leap { 29 } else { 28 },
            31,
            30,
            31,
            30,
            31,
            31,
            30,
            31,
            30,
            31,
        ][month];
        if left < days {
            return 12 * year + u32::try_from(month).unwrap();
        }
        left -= days;
        month += 1;
        if month == 12 {
            (year, month) = (year + 1, 0);
        }
    }
}

fn money(amount: u128) -> Money {
    i128::try_from(amount).unwrap()
}

fn unsigned(amount: Money) -> u128 {
    u128::try_from(amount).unwrap()
}
