//! A whole subscription plan, written for being obvious: lists of people and of payments with what each brought to whom,
//! and every sum added up anew whenever someone asks. Without ranks, taxes and funds behind funds, which have models of
//! their own or properties.

mod days;
mod money;
mod payouts;
mod terms;

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256};
use plan::{Cause, Intake, Report};

use crate::Changes;
use crate::generation;
use crate::told::{outcome, who};

type Money = i128;

/// Funds by their places in the plan file.
const YIELD: usize = 1;
const WELCOME: usize = 3;

/// What a plan file says.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Smallest amount, and nominal monthly rate in basis points.
    pub tiers: Vec<(Money, Money)>,
    pub amount_max: Option<Money>,
    pub only_working_days: bool,
    pub divisor: Money,
    pub queue: bool,
    /// Cap of one subscription.
    pub multiple: Money,
    /// Cap of a user.
    pub user_multiple: Option<Money>,
    /// Rate in basis points and directs needed, for each generation.
    pub generations: Vec<(u16, u32)>,
    /// `physical`, `compressed` or `active_only`.
    pub mode: &'static str,
    /// Directs count as long as they have a subscription.
    pub only_active_directs: bool,
    /// Of what generations leave, in basis points for the fund of accruals.
    pub yield_bps: Money,
    pub bonus: Bonus,
    /// Fee in basis points, and smallest withdrawal; without it matured money is available at once.
    pub withdrawal: Option<(Money, Money)>,
}

#[derive(Clone, Debug)]
pub struct Bonus {
    pub amount: Money,
    pub for_first_purchase: bool,
    pub use_bps: Money,
    pub use_max: Option<Money>,
}

/// The state of everything, as people would keep it on paper.
#[derive(Debug)]
pub struct Model {
    terms: Terms,
    people: Vec<Person>,
    payments: Vec<Payment>,
    pub balances: Changes,
    /// Why the last cause moved money, with what it moved. Claims are left out.
    pub told: Changes,
    last_day: Option<u32>,
}

#[derive(Debug)]
struct Person {
    wallet: Address,
    sponsor: Option<Address>,
    refunded: bool,
    bonus_left: Money,
    bonus_used: Money,
    entitled: Money,
    corrected: Money,
    debt: Money,
}

#[derive(Debug)]
struct Payment {
    reference: B256,
    payer: Address,
    is_registration: bool,
    amount: Money,
    day: u32,
    state: PaymentState,
    /// None: in clearing.
    bought: Option<Bought>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum PaymentState {
    Open,
    GoneBack,
    Ripe,
}

#[derive(Debug)]
struct Bought {
    bonus: Money,
    rate: Money,
    /// How many times what was paid it may accrue.
    multiple: Money,
    shares: Vec<Share>,
    accruals: Vec<Accrual>,
}

/// A part of a payment: for a user, or for an account by its name.
#[derive(Debug)]
struct Share {
    user: Option<Address>,
    account: String,
    amount: Money,
    forfeited: Money,
    /// Component and rule, and whom the rule means.
    rule: String,
    about: Option<Address>,
}

#[derive(Debug)]
struct Accrual {
    amount: Money,
    state: AccrualState,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum AccrualState {
    /// Until the end of this day.
    Waits(u32),
    Given,
    /// The payment was refunded, or its user.
    TakenBack,
}

fn money(amount: impl Into<u128>) -> Money {
    i128::try_from(amount.into()).unwrap()
}

fn unsigned(amount: Money) -> u128 {
    u128::try_from(amount).unwrap()
}

impl Model {
    pub const fn new(terms: Terms) -> Self {
        Self {
            terms,
            people: Vec::new(),
            payments: Vec::new(),
            balances: BTreeMap::new(),
            told: BTreeMap::new(),
            last_day: None,
        }
    }

    /// Lifetime entitlement of everyone who has any.
    pub fn entitlements(&self) -> BTreeMap<Address, Money> {
        let entitled = self.people.iter().filter(|person| person.entitled > 0);
        entitled.map(|person| (person.wallet, person.entitled)).collect()
    }

    /// Follows another version of the plan file from here on.
    pub fn change(&mut self, terms: Terms) {
        self.terms = terms;
    }

    pub fn apply(&mut self, cause: &Cause) {
        self.told.clear();
        match cause {
            Cause::Registered(intake) => self.registered(intake),
            Cause::RetoppedUp(intake) => self.paid_again(intake),
            Cause::Refunded {
                deposit_ref, amount, ..
            } => self.refunded(*deposit_ref, money(amount.base_units())),
            Cause::EscrowMatured { through_day, .. } => self.matured(*through_day),
            Cause::Funded { amount, .. } => {
                self.add("custody", money(amount.base_units()));
                self.add("revenue", money(amount.base_units()));
                self.tell("settlement funded moved -", money(amount.base_units()));
            }
            Cause::Corrected { wallet, amount } => self.corrected(*wallet, money(amount.base_units())),
            Cause::Claimed { wallet, amount, .. } => {
                let amount = money(amount.base_units());
                self.add("custody", -amount);
                match self.find(*wallet) {
                    Some(_) => self.add(&format!("available({wallet})"), -amount),
                    None => self.add("clearing:unexpected_payout", -amount),
                }
            }
            Cause::Reported(report) => self.reported(report),
            Cause::Noted | Cause::Continued { .. } => {}
            _ => assert!(self.settled(cause), "{cause:?} is not of this model"),
        }
    }

    fn reported(&mut self, report: &Report) {
        match report {
            Report::DayEnded { day } => self.days_ended(day.get()),
            Report::FundAllocated { fund, amount } => {
                let amount = money(amount.base_units());
                if (1..=3).contains(&fund.get()) && amount <= self.balance("revenue") {
                    self.add("revenue", -amount);
                    self.add(&format!("revenue:{fund}"), amount);
                    self.tell("funds allocated moved -", amount);
                }
            }
            Report::WithdrawalRequested { wallet, amount } => {
                self.withdrawn(*wallet, money(amount.base_units()));
            }
            Report::UserVerified { wallet } => {
                let known = self.find(*wallet).is_some_and(|person| !person.refunded);
                if known && !self.terms.bonus.for_first_purchase {
                    self.give_bonus(*wallet);
                }
            }
            // Nothing of it is in this plan.
            _ => {}
        }
    }

    fn registered(&mut self, intake: &Intake) {
        if self.find(intake.wallet).is_some() {
            return self.unexpected("unexpected_intake", money(intake.amount.base_units()));
        }
        let sponsor = intake.sponsor.filter(|sponsor| self.find(*sponsor).is_some());
        self.people.push(Person {
            wallet: intake.wallet,
            sponsor,
            refunded: false,
            bonus_left: 0,
            bonus_used: 0,
            entitled: 0,
            corrected: 0,
            debt: 0,
        });
        self.take(intake, true);
    }

    fn paid_again(&mut self, intake: &Intake) {
        match self.find(intake.wallet) {
            Some(_) => self.take(intake, false),
            None => self.unexpected("unexpected_intake", money(intake.amount.base_units())),
        }
    }

    fn unexpected(&mut self, why: &str, amount: Money) {
        self.add("custody", amount);
        self.add("clearing:unexpected_intake", amount);
        self.tell(&format!("settlement {why} waiting -"), amount);
    }

    fn take(&mut self, intake: &Intake, is_registration: bool) {
        let amount = money(intake.amount.base_units());
        self.payments.push(Payment {
            reference: intake.deposit_ref,
            payer: intake.wallet,
            is_registration,
            amount,
            day: u32::try_from(intake.refundable_until / 86_400).unwrap(),
            state: PaymentState::Open,
            bought: None,
        });
        if !self.buy(intake.wallet, amount) {
            return self.unexpected("intake_amount", amount);
        }
        self.add("custody", amount);
        let shares = &self.payments.last().unwrap().bought.as_ref().unwrap().shares;
        let held: Vec<(String, String, Money)> = shares
            .iter()
            .map(|share| (held(share), share.when_granted(), share.amount))
            .collect();
        for (account, what, amount) in held {
            self.add(&account, amount);
            self.tell(&what, amount);
        }
    }

    /// Whether something is sold for this amount; the last payment is for it.
    fn buy(&mut self, user: Address, cash: Money) -> bool {
        if self.person(user).refunded {
            return false;
        }
        if self.rate(cash).is_none() || self.terms.amount_max.is_some_and(|max| cash > max) {
            return false;
        }
        let bonus = self.use_bonus(user, cash);
        let rate = self.rate(cash + bonus).unwrap();
        self.payments.last_mut().unwrap().bought = Some(Bought {
            bonus,
            rate,
            multiple: self.terms.multiple,
            shares: Vec::new(),
            accruals: Vec::new(),
        });
        self.share_out(user, cash);
        if self.terms.bonus.for_first_purchase && !self.person(user).refunded {
            self.give_bonus(user);
        }
        true
    }

    fn rate(&self, amount: Money) -> Option<Money> {
        let reached = self.terms.tiers.iter().filter(|(from, _)| *from <= amount);
        reached.map(|(_, rate)| *rate).next_back()
    }

    /// Generations as their own model distributes them, then the fund of accruals and the company.
    fn share_out(&mut self, user: Address, cash: Money) {
        let terms = generation::Terms {
            generations: self.terms.generations.clone(),
            mode: self.terms.mode,
            cap: self.terms.user_multiple.map(unsigned),
        };
        let mut users: Vec<_> = self.people.iter().map(|person| self.in_line(person)).collect();
        let mut rest = cash;
        for line in generation::distribute(&terms, unsigned(cash), self.place(user), &mut users) {
            let amount = money(line.amount);
            rest -= amount;
            let about = line.upline.map(|(place, _)| self.people[place].wallet);
            let rule = (format!("generation generation {}", line.generation), about);
            match line.cause {
                None => self.share(rule, about, "", amount),
                Some(cause) => self.share(rule, None, &format!("breakage:{cause}"), amount),
            }
        }
        let allocated = rest * self.terms.yield_bps / 10_000;
        let rule = |rule: &str| (format!("subscription {rule}"), None);
        self.share(rule("allocated"), None, "revenue:1", allocated);
        self.share(rule("company_share"), None, "company", rest - allocated);
    }

    /// What generations ask of someone.
    fn in_line(&self, person: &Person) -> generation::User {
        let wallet = person.wallet;
        let directs = self.people.iter().filter(|other| other.sponsor == Some(wallet));
        let counts =
            |direct: &&Person| !self.terms.only_active_directs || self.has_subscription(direct.wallet);
        generation::User {
            sponsor: person.sponsor.map(|sponsor| self.place(sponsor)),
            directs: u32::try_from(directs.filter(counts).count()).unwrap(),
            active: self.has_subscription(wallet),
            refunded: person.refunded,
            invested: unsigned(self.invested(wallet)),
            earned: unsigned(self.earned(wallet)),
        }
    }

    fn place(&self, wallet: Address) -> usize {
        self.people
            .iter()
            .position(|person| person.wallet == wallet)
            .unwrap()
    }

    fn share(
        &mut self,
        (rule, about): (String, Option<Address>),
        user: Option<Address>,
        account: &str,
        amount: Money,
    ) {
        let bought = self.payments.last_mut().unwrap().bought.as_mut().unwrap();
        if amount > 0 {
            bought.shares.push(Share {
                user,
                account: account.to_owned(),
                amount,
                forfeited: 0,
                rule,
                about,
            });
        }
    }

    fn refunded(&mut self, reference: B256, amount: Money) {
        self.add("custody", -amount);
        let found = self
            .payments
            .iter()
            .position(|payment| payment.reference == reference);
        let open = found.filter(|place| self.payments[*place].state == PaymentState::Open);
        let Some(place) = open else {
            self.tell("settlement unexpected_refund waiting -", amount);
            return self.add("clearing:unexpected_refund", -amount);
        };
        let payment = &mut self.payments[place];
        payment.state = PaymentState::GoneBack;
        let (payer, is_registration) = (payment.payer, payment.is_registration);
        if let Some(bought) = &payment.bought {
            let bonus = bought.bonus;
            let held: Vec<(String, String, Money)> = bought
                .shares
                .iter()
                .map(|share| (held(share), share.when_refunded(), share.amount))
                .collect();
            for (account, what, amount) in held {
                self.add(&account, -amount);
                self.tell(&what, amount);
            }
            for accrual in 0..self.bought(place).accruals.len() {
                self.take_back(place, accrual);
            }
            self.return_bonus(payer, bonus);
        } else {
            self.add("clearing:unexpected_intake", -amount);
            self.tell("escrow refund returned -", amount);
        }
        if is_registration {
            self.person_mut(payer).refunded = true;
        }
    }
}

impl Share {
    fn when_granted(&self) -> String {
        let outcome = match self.user {
            Some(_) => "paid".to_owned(),
            None => outcome(&self.account),
        };
        format!("{} {outcome} {}", self.rule, who(self.about))
    }

    fn when_refunded(&self) -> String {
        let (_, rule) = self.rule.split_once(' ').unwrap();
        format!("escrow refund {rule} returned {}", who(self.about))
    }

    /// It is not a user's.
    fn when_matured(&self) -> String {
        let rule = match outcome(&self.account).as_str() {
            "moved" => "funds allocated moved".to_owned(),
            outcome => format!("escrow matured {outcome}"),
        };
        format!("{rule} - = {}", self.rule)
    }
}

/// Where a share waits.
fn held(share: &Share) -> String {
    match share.user {
        Some(user) => format!("held({user})"),
        None => format!("held:{}", share.account),
    }
}
