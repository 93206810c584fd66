//! The scenario language: a line is a fact, the indented lines below it are what it must do.
//!
//! ```text
//! day 10                        following intakes can be refunded until the end of this day
//! register B by A               also: register A, register B by A paying 19
//! retopup B                     also: retopup B paying 39
//! refund B                      the newest deposit of B that is held; also: refund B registration, refund B oldest
//!                               (its oldest retopup), refund B sending 19 (also of one that is no longer held)
//! mature 10                     also: mature 10 releasing 39
//! reserve B 1 in                also: out
//! correct B 5 / fund 7 / freeze B 99 / unfreeze B
//! request b1 A 5 B 7            a batch that holds back 5 of A and 7 of B
//! settle b1 A 5 B credited 7    the chain executed it; also: A frozen 5 (credited, because frozen), A skipped
//! release b1 expired            also: cancelled; and of the chain: cancel b1
//! claim A 5 / withdraw A 5 / treasury 5
//! end 2026-12-31                a day of the plan's calendar ended
//! allocate yield 5              revenue that nobody has goes to a fund
//! wallet A 5 / verify A / taxid A / side A left
//! order o1 A 5 on 2026-12-31    a shop sold something; also: for c1 (a retail customer of A), volume 4; return o1 2
//! finalize 2026-12-31           the commission period of this day; then: let-go 2026-12-31
//! convert v1 A r1 5 on 2026-12-31    A referred r1; also: self A; unconvert v1 2
//! change                        to the other plan of the scenario
//! leaves A 5 B frozen 7 C skipped    someone had leaves of a root settled; outcomes as of settle
//!     10 custody -> held(A) pool_layer(1,1) to A of B      a leg: all legs of the fact, in order, or none of them
//!     5 available(A) -> custody payout to A pending        also: post, void
//!     nothing                                              the fact has no legs
//!     ! placed B 1/1/1                                     an effect that must be among the fact's effects
//! = available(A) 64             a balance; also: entitled(A), paid(A), held_back(A), owed by receivable(A)
//! ```
//!
//! After every fact the harness itself checks that custody holds what came in less what went out, that what is
//! held belongs to deposits that are held, and that no guarded account gives more than it has.

mod report;
mod settlement;
mod text;

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, keccak256};
use explain::{Line, explain};
use ledger::{Account, AccountKind, BalanceChanges, Side, fold_into};
use money::{Amount, Asset};
use plan::{
    Book, Cause, CompiledPlan, Day, DiscrepancyCause, Effect, Intake, Outcome, ReserveChoice, Tier, UserId,
};

use crate::explained::check_lines;

const DAY_SECONDS: u64 = 86_400;

/// Runs a scenario and panics, with line and text, at the first line that does not hold.
pub(crate) fn check(plan: CompiledPlan, text: &str) {
    run(Scenario::new(plan), text);
}

/// The same with another plan, to which `change` changes.
pub(crate) fn check_change(plan: CompiledPlan, other: CompiledPlan, text: &str) {
    run(Scenario::new(plan).changing_to(other), text);
}

fn run(scenario: Scenario, text: &str) {
    run_telling(scenario, text, |_| {});
}

/// Runs a scenario and calls `each` after every fact.
pub(crate) fn run_telling(mut scenario: Scenario, text: &str, mut each: impl FnMut(&Scenario)) {
    let mut lines = text.lines().enumerate().peekable();
    while let Some((number, line)) = lines.next() {
        let line = line.split('#').next().unwrap().trim_end();
        if line.is_empty() {
            continue;
        }
        let mut expected = Vec::new();
        while let Some((_, below)) = lines.next_if(|(_, below)| below.starts_with(' ')) {
            expected.push(normal(below.split('#').next().unwrap()));
        }
        let at = format!("line {}: {line}", number + 1);
        scenario.step(line, &expected, &at);
        if !line.starts_with('=') && !line.starts_with("day ") {
            each(&scenario);
        }
    }
}

struct Deposit {
    name: String,
    deposit_ref: B256,
    is_registration: bool,
    amount: Amount,
    day: u32,
    is_held: bool,
    /// The plan has no use for it.
    in_clearing: bool,
}

pub(crate) struct Scenario {
    book: Book,
    other: Option<CompiledPlan>,
    day: u32,
    names: BTreeMap<Address, String>,
    deposits: Vec<Deposit>,
    legs: BalanceChanges,
    inflow: Amount,
    outflow: Amount,
    out: Outcome,
    /// Why the last fact did what it did.
    lines: Vec<Line>,
}

impl Scenario {
    pub(crate) fn new(plan: CompiledPlan) -> Self {
        Self {
            book: Book::new(plan),
            other: None,
            day: 10,
            names: BTreeMap::new(),
            deposits: Vec::new(),
            legs: BalanceChanges::new(),
            inflow: Amount::ZERO,
            outflow: Amount::ZERO,
            out: Outcome::explained(),
            lines: Vec::new(),
        }
    }

    /// The same with another plan, to which `change` changes.
    pub(crate) fn changing_to(mut self, other: CompiledPlan) -> Self {
        self.book = self.book.with_versions(vec![other.clone()]);
        self.other = Some(other);
        self
    }

    pub(crate) const fn book(&self) -> &Book {
        &self.book
    }

    pub(crate) const fn out(&self) -> &Outcome {
        &self.out
    }

    pub(crate) fn lines(&self) -> &[Line] {
        &self.lines
    }

    pub(crate) fn step(&mut self, line: &str, expected: &[String], at: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["day", day] => {
                let date = Day::of_date(day).map(Day::get);
                self.day = date.unwrap_or_else(|| day.parse().unwrap());
            }
            ["=", account, amount] => assert_eq!(self.balance(account), amount, "{at}"),
            _ => {
                let cause = self.cause(&words, at);
                let before = self.book.clone();
                self.book.apply(&cause, &mut self.out);
                self.lines = explain(before.plans(), before.state(), &self.out);
                check_lines(before.plan(), &self.out.legs, &self.lines, at);
                self.note_clearing();
                self.fold(at);
                self.compare(expected, at);
            }
        }
    }

    fn cause(&mut self, words: &[&str], at: &str) -> Cause {
        let asset = self.asset();
        let amount = |text: &str| asset.parse_amount(text).unwrap();
        let option = |word: &str| {
            let position = words.iter().position(|found| *found == word)?;
            Some(words[position + 1])
        };
        let wallet = |scenario: &mut Self| scenario.wallet(words[1]);
        match words[0] {
            kind @ ("register" | "retopup") => {
                let is_registration = kind == "register";
                let price = if is_registration {
                    self.book.plan().registration_price()
                } else {
                    self.book.plan().retopup_price()
                };
                let paid = option("paying").map_or(price, amount);
                self.intake(words[1], option("by"), paid, is_registration)
            }
            "refund" => {
                let only_registration = words.get(2) == Some(&"registration");
                let again = option("sending").is_some();
                let mut fitting: Vec<&mut Deposit> = self
                    .deposits
                    .iter_mut()
                    .filter(|deposit| deposit.name == words[1])
                    .filter(|deposit| deposit.is_held || again)
                    .filter(|deposit| deposit.is_registration || !only_registration)
                    .collect();
                if words.get(2) == Some(&"oldest") {
                    fitting.retain(|deposit| !deposit.is_registration);
                    fitting.truncate(1);
                }
                let deposit = fitting.pop().unwrap_or_else(|| panic!("{at}: no such deposit"));
                let sent = option("sending").map_or(deposit.amount, amount);
                deposit.is_held = false;
                self.outflow = self.outflow.checked_add(sent).unwrap();
                let deposit_ref = deposit.deposit_ref;
                let wallet = wallet(self);
                Cause::Refunded {
                    deposit_ref,
                    wallet,
                    to: wallet,
                    amount: sent,
                }
            }
            "mature" => {
                let date = Day::of_date(words[1]).map(Day::get);
                let through_day = date.unwrap_or_else(|| words[1].parse().unwrap());
                let mut total = Amount::ZERO;
                for deposit in &mut self.deposits {
                    if deposit.is_held && deposit.day <= through_day {
                        deposit.is_held = false;
                        total = total.checked_add(deposit.amount).unwrap();
                    }
                }
                Cause::EscrowMatured {
                    through_day,
                    amount: option("releasing").map_or(total, amount),
                }
            }
            "fund" => {
                let amount = amount(words[1]);
                self.inflow = self.inflow.checked_add(amount).unwrap();
                let from = Address::ZERO;
                Cause::Funded { from, amount }
            }
            "reserve" => Cause::ReserveChosen {
                wallet: wallet(self),
                tier: Tier::new(words[2].parse().unwrap()).unwrap(),
                choice: match words[3] {
                    "in" => ReserveChoice::In,
                    "out" => ReserveChoice::Out,
                    other => panic!("{at}: in or out, not {other}"),
                },
            },
            "correct" => Cause::Corrected {
                wallet: wallet(self),
                amount: amount(words[2]),
            },
            "freeze" => Cause::UserFrozen {
                wallet: wallet(self),
                until: words[2].parse().unwrap(),
            },
            "unfreeze" => Cause::UserUnfrozen { wallet: wallet(self) },
            "request" | "settle" | "release" | "cancel" | "claim" | "leaves" | "withdraw" | "treasury" => {
                self.settlement(words, at)
            }
            _ => self.report(words, at),
        }
    }

    fn intake(&mut self, name: &str, sponsor: Option<&str>, amount: Amount, is_registration: bool) -> Cause {
        let wallet = self.wallet(name);
        let deposit_ref = keccak256(self.deposits.len().to_be_bytes());
        self.inflow = self.inflow.checked_add(amount).unwrap();
        let is_expected = self.book.user_of(wallet).is_none() == is_registration;
        if is_expected {
            self.deposits.push(Deposit {
                name: name.to_owned(),
                deposit_ref,
                is_registration,
                amount,
                day: self.day,
                is_held: true,
                in_clearing: false,
            });
        }
        let intake = Intake {
            deposit_ref,
            wallet,
            sponsor: sponsor.map(|name| self.wallet(name)),
            amount,
            refundable_until: u64::from(self.day) * DAY_SECONDS + 5,
            plan_hash: self.book.plan().hash(),
            disclosure_hash: B256::ZERO,
        };
        if is_registration {
            Cause::Registered(intake)
        } else {
            Cause::RetoppedUp(intake)
        }
    }

    /// A payment whose amount the plan does not take waits for a human.
    fn note_clearing(&mut self) {
        let unroutable = Effect::Discrepancy {
            cause: DiscrepancyCause::IntakeAmount,
        };
        if self.out.effects.contains(&unroutable)
            && let Some(deposit) = self.deposits.last_mut()
        {
            deposit.in_clearing = true;
        }
    }

    /// Folds the legs of the last fact and checks the harness's own invariants.
    fn fold(&mut self, at: &str) {
        for (number, leg) in self.out.legs.iter().enumerate() {
            assert!(!leg.amount.is_zero() && leg.debit != leg.credit, "{at}: {leg:?}");
            fold_into(&mut self.legs, &leg.at(1, u32::try_from(number).unwrap())).unwrap();
        }
        let mut held = Amount::ZERO;
        for (id, change) in &self.legs {
            let account = id.account().unwrap();
            if account.kind().is_guarded() {
                let given = change.debits_posted.checked_add(change.debits_held).unwrap();
                assert!(
                    given <= change.credits_posted.checked_add(change.debits_released).unwrap(),
                    "{at}: {account} is overdrawn"
                );
            }
            if account.kind() == AccountKind::Held {
                let net = change.credits_posted.checked_sub(change.debits_posted).unwrap();
                held = held.checked_add(net).unwrap();
            }
        }
        let custody = self.net(Account::Custody);
        assert_eq!(
            self.inflow.checked_sub(self.outflow),
            Ok(custody),
            "{at}: custody"
        );
        let clearing = Amount::sum_of(self.deposits.iter().filter(|d| d.is_held).map(|deposit| {
            if self.book.plan().tiers() == 0 {
                return if deposit.in_clearing {
                    Amount::ZERO
                } else {
                    deposit.amount
                };
            }
            let price = if deposit.is_registration {
                self.book.plan().registration_price()
            } else {
                self.book.plan().retopup_price()
            };
            if deposit.amount == price {
                deposit.amount
            } else {
                Amount::ZERO
            }
        }));
        assert_eq!(clearing, Ok(held), "{at}: held");
    }

    fn compare(&self, expected: &[String], at: &str) {
        let (effects, legs): (Vec<_>, Vec<_>) = expected.iter().partition(|line| line.starts_with('!'));
        let found_legs: Vec<String> = self.out.legs.iter().map(|leg| self.leg_text(leg)).collect();
        let found_effects: Vec<String> = self.out.effects.iter().map(|e| self.effect_text(e)).collect();
        let found = || format!("{}\n{}", found_legs.join("\n"), found_effects.join("\n"));
        if legs.iter().any(|line| line.as_str() == "nothing") {
            assert!(found_legs.is_empty(), "{at}\nfound:\n{}", found());
        } else if !legs.is_empty() {
            assert!(legs.iter().copied().eq(&found_legs), "{at}\nfound:\n{}", found());
        }
        for effect in effects {
            assert!(
                found_effects.contains(effect),
                "{at}: {effect}\nfound:\n{}",
                found()
            );
        }
    }

    fn balance(&self, text: &str) -> String {
        if let Some(name) = text.strip_prefix("entitled(") {
            let wallet = wallet_of(name.trim_end_matches(')'));
            return self.asset().display_amount(self.book.entitled(wallet));
        }
        if let Some(amount) = self.payment(text) {
            return self.asset().display_amount(amount);
        }
        let found = self
            .legs
            .keys()
            .map(|id| id.account().unwrap())
            .find(|account| self.account_text(*account) == text);
        let amount = found.map_or(Amount::ZERO, |account| self.net(account));
        self.asset().display_amount(amount)
    }

    pub(crate) fn net(&self, account: Account) -> Amount {
        let change = self.legs.get(&account.id()).copied().unwrap_or_default();
        match account.kind().side() {
            Side::Debit => change.debits_posted.checked_sub(change.credits_posted).unwrap(),
            Side::Credit => change.credits_posted.saturating_sub(change.debits_posted),
        }
    }

    fn wallet(&mut self, name: &str) -> Address {
        let wallet = wallet_of(name);
        self.names.insert(wallet, name.to_owned());
        wallet
    }

    fn asset(&self) -> Asset {
        self.book.plan().asset()
    }

    fn name(&self, user: UserId) -> &str {
        &self.names[&self.book.wallet_of(user).unwrap()]
    }
}

fn wallet_of(name: &str) -> Address {
    Address::from_word(keccak256(name))
}

fn normal(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}
