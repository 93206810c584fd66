//! The worked explanations of `docs/plan/explain.md`, executed; and what holds for every explanation.

#![expect(clippy::unwrap_used, reason = "the steps of a test; a failure names its line")]

mod statement;
mod witness;
mod written;

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256};
use explain::{Line, Values, Verdict, explain};
use ledger::{Account, Beneficiary, Leg};
use money::Amount;
use plan::workload::Workload;
use plan::{
    Book, Cause, CompiledPlan, Day, DepositId, Fact, Outcome, PayoutOutcome, Report, RequestedPayout,
    ReserveChoice, SettledPayout, State, Tier, UserId, compile, workload,
};

use witness::Witness;
use written::written;

const PAGE: &str = include_str!("../../../../docs/plan/explain.md");
const AUTO_POOL: &str = include_str!("../../../../plans/auto-pool.toml");
const AUTO_POOL_ROLLING: &str = include_str!("../../../../plans/auto-pool-rolling.toml");

fn all_enter() -> String {
    let ordinals: Vec<u32> = (1..=40).collect();
    AUTO_POOL.replace(
        "pool_entry_ordinals = [2]",
        &format!("pool_entry_ordinals = {ordinals:?}"),
    )
}

/// A state, its plan, and people by name.
pub(crate) struct World {
    pub(crate) plan: CompiledPlan,
    pub(crate) values: Values,
    pub(crate) state: State,
    pub(crate) out: Outcome,
    names: BTreeMap<String, UserId>,
    /// Deposits that are held, with what was paid.
    held: BTreeMap<DepositId, Amount>,
}

impl World {
    pub(crate) fn new(text: &str) -> Self {
        let plan = compile(text).unwrap();
        Self {
            state: State::new(&plan),
            plan,
            values: Values::read(text).unwrap(),
            out: Outcome::explained(),
            names: BTreeMap::new(),
            held: BTreeMap::new(),
        }
    }

    pub(crate) fn user(&self, name: &str) -> UserId {
        self.names[name]
    }

    /// The fact of a line of the page.
    fn fact(&mut self, line: &str) -> Fact {
        let words: Vec<&str> = line.split_whitespace().collect();
        let day = Day::new(10);
        match words[..] {
            ["register", name, ref sponsor @ ..] => {
                let (user, deposit) = (
                    self.state.next_user().unwrap(),
                    self.state.next_deposit().unwrap(),
                );
                let sponsor = sponsor.get(1).map(|name| self.user(name));
                let amount = self.plan.registration_price();
                self.names.insert(name.to_owned(), user);
                self.held.insert(deposit, amount);
                Fact::Registered {
                    user,
                    sponsor,
                    deposit,
                    amount,
                    day,
                }
            }
            ["retopup", name] => {
                let deposit = self.state.next_deposit().unwrap();
                let amount = self.plan.retopup_price();
                self.held.insert(deposit, amount);
                Fact::RetoppedUp {
                    user: self.user(name),
                    deposit,
                    amount,
                    day,
                }
            }
            ["refund", number] => {
                let deposit = DepositId::new(number.parse().unwrap()).unwrap();
                let amount = self.held.remove(&deposit).unwrap();
                Fact::Refunded { deposit, amount }
            }
            ["mature"] => {
                let held = std::mem::take(&mut self.held);
                let amount = Amount::sum_of(held.into_values()).unwrap();
                Fact::EscrowMatured { through: day, amount }
            }
            ["reserve", name, choice] => Fact::ReserveChosen {
                user: self.user(name),
                tier: Tier::FIRST,
                choice: match choice {
                    "in" => ReserveChoice::In,
                    _ => ReserveChoice::Out,
                },
            },
            ["correct", name, amount] => Fact::Corrected {
                user: self.user(name),
                amount: self.plan.asset().parse_amount(amount).unwrap(),
            },
            _ => panic!("no such fact: {line}"),
        }
    }

    /// Applies the fact of a line, and explains it.
    pub(crate) fn step(&mut self, line: &str) -> Vec<Line> {
        let fact = self.fact(line);
        let before = self.state.clone();
        self.state.apply(&self.plan, &fact, &mut self.out);
        let lines = explain(&self.plan, &before, &self.out);
        assert_one_line_for_each_leg(&self.out.legs, &lines, line);
        lines
    }

    fn text(&self, line: &Line) -> String {
        written(&vec![(&self.plan, &self.values)], line)
    }
}

fn assert_one_line_for_each_leg(legs: &[Leg], lines: &[Line], of: &str) {
    let of_legs: Vec<&Line> = lines.iter().filter(|line| line.leg.is_some()).collect();
    assert_eq!(of_legs.len(), legs.len(), "{of}");
    for (number, (leg, line)) in legs.iter().zip(&of_legs).enumerate() {
        assert_eq!(line.leg, Some(u32::try_from(number).unwrap()), "{of}");
        assert_eq!(
            (line.amount, line.user, line.source),
            (leg.amount, leg.recipient, leg.source),
            "{of}"
        );
        let breakage =
            if let Account::Held(Beneficiary::Breakage(cause)) | Account::Breakage(cause) = leg.credit {
                Some(cause)
            } else {
                None
            };
        assert_eq!(line.verdict.cause(), breakage, "{of}: {line:?}");
        assert!(!line.because.is_empty() && !line.rule.is_empty());
    }
    let notes = lines.iter().filter(|line| line.leg.is_none());
    assert!(
        notes
            .into_iter()
            .all(|line| line.amount.is_zero() && line.verdict == Verdict::Note)
    );
}

#[test]
fn every_worked_explanation_of_the_page_comes_out_as_written() {
    let mut explained = 0;
    for block in PAGE.split("```explained").skip(1) {
        let block = block.split_once("```").unwrap().0;
        let (variant, block) = block.split_once('\n').unwrap();
        let text = match variant.trim() {
            "all-enter" => all_enter(),
            _ => AUTO_POOL.to_owned(),
        };
        let mut world = World::new(&text);
        let mut lines = block.lines().peekable();
        while let Some(line) = lines.next() {
            let found: Vec<String> = world.step(line).iter().map(|line| world.text(line)).collect();
            let mut expected = Vec::new();
            while let Some(below) = lines.next_if(|below| below.starts_with(' ')) {
                expected.push(below.trim());
            }
            if !expected.is_empty() {
                assert_eq!(found, expected, "{line}\n{}", found.join("\n"));
                explained += 1;
            }
        }
    }
    assert!(explained >= 12, "{explained}");
}

/// A long history of a plan of pools, of which the rules change in the middle.
fn explained_history(text: &str) -> Witness {
    let text = text.replace("trees_max = 15", "");
    let second = text
        .replace("version = 1", "version = 2")
        .replace("direct_share = \"18\"", "direct_share = \"17\"")
        .replace("[3000, 1500, 1000,", "[2000, 1500, 2000,");
    let plans = [&text, &second].map(|text| compile(text).unwrap());
    let mut book = Book::new(plans[0].clone()).with_versions(plans.to_vec());
    let mut witness = Witness::new(&[(&plans[0], &text), (&plans[1], &second)]);
    let mut facts = Workload::new(&plans[0], 3).take(6_000);
    let mut out = Outcome::explained();
    let mut explain_next = |book: &mut Book, cause: &Cause| {
        let before = book.clone();
        book.apply(cause, &mut out);
        let lines = explain(before.plans(), before.state(), &out);
        let checked = witness.follow(before.state(), before.plan().hash(), &out, &lines);
        checked.unwrap_or_else(|wrong| panic!("{cause:?}: {wrong}"));
        lines.iter().filter(|line| line.verdict.cause().is_some()).count()
    };
    let mut not_paid = 0;
    for number in 1.. {
        let Some(fact) = facts.next() else { break };
        not_paid += explain_next(&mut book, &workload::cause(&plans[0], &fact).unwrap());
        if number == 3_000 {
            let plan_hash = plans[1].hash();
            explain_next(&mut book, &Cause::Reported(Report::PlanChanged { plan_hash }));
        }
    }
    let last = Cause::EscrowMatured {
        through_day: 1_000,
        amount: Amount::ZERO,
    };
    explain_next(&mut book, &last);
    assert!(not_paid > 20, "{not_paid}");
    witness
}

#[test]
fn every_leg_of_a_long_history_has_its_line_and_every_parameter_its_value() {
    for text in [AUTO_POOL, AUTO_POOL_ROLLING] {
        let witness = explained_history(text);
        assert!(witness.sums > 10, "{}", witness.sums);
    }
}

#[test]
fn payouts_are_explained_as_well() {
    let plan = compile(AUTO_POOL).unwrap();
    let mut book = Book::new(plan.clone());
    let mut out = Outcome::explained();
    for fact in Workload::new(&plan, 3).take(4) {
        book.apply(&workload::cause(&plan, &fact).unwrap(), &mut out);
    }
    let amount = Amount::sum_of(
        [plan.registration_price(), plan.retopup_price()].map(|price| price.checked_mul(2).unwrap()),
    );
    let wallet = workload::wallet(UserId::new(1).unwrap());
    let batch_id = B256::repeat_byte(7);
    let pay = plan.direct_share();
    for (cause, because) in [
        (
            Cause::EscrowMatured {
                through_day: 100,
                amount: amount.unwrap(),
            },
            "the cooling-off period of the underlying payments has ended",
        ),
        (
            Cause::BatchRequested {
                batch_id,
                payouts: vec![RequestedPayout { wallet, amount: pay }],
            },
            "a batch reserves it for payment",
        ),
        (
            Cause::BatchSettled {
                batch_id,
                manifest_hash: B256::ZERO,
                payouts: vec![SettledPayout {
                    wallet,
                    outcome: PayoutOutcome::Executed(pay),
                }],
            },
            "the contract sent it to the user",
        ),
        (
            Cause::TreasuryPaid {
                to: Address::ZERO,
                amount: Amount::new(1),
            },
            "the operator withdrew the operator's share",
        ),
    ] {
        book.apply(&cause, &mut out);
        let lines = explain(&plan, book.state(), &out);
        assert_one_line_for_each_leg(&out.legs, &lines, &format!("{cause:?}"));
        assert!(
            lines.iter().any(|line| line.because == because),
            "{cause:?}: {lines:?}"
        );
    }
}

#[test]
fn a_wrong_price_is_named_beside_the_right_one() {
    let mut world = World::new(AUTO_POOL);
    let fact = Fact::Registered {
        user: UserId::new(1).unwrap(),
        sponsor: None,
        deposit: DepositId::new(1).unwrap(),
        amount: Amount::new(5),
        day: Day::new(1),
    };
    let before = world.state.clone();
    world.state.apply(&world.plan, &fact, &mut world.out);
    let lines = explain(&world.plan, &before, &world.out);
    assert_eq!(lines[0].parameter.as_deref(), Some("registration.price"));
    assert_eq!(
        lines[0].because,
        "0.000000000000000005 BNB was paid; the price is 20 BNB"
    );
}

#[test]
fn who_was_refunded_is_told_so_and_not_another_price() {
    let mut world = World::new(include_str!("../../../../plans/subscription.toml"));
    let (user, day) = (UserId::new(1).unwrap(), Day::new(1));
    let [first, second] = [1, 2].map(|number| DepositId::new(number).unwrap());
    let amount = world.plan.asset().parse_amount("100").unwrap();
    for fact in [
        Fact::Registered {
            user,
            sponsor: None,
            deposit: first,
            amount,
            day,
        },
        Fact::Refunded {
            deposit: first,
            amount,
        },
    ] {
        world.state.apply(&world.plan, &fact, &mut world.out);
    }
    let before = world.state.clone();
    let again = Fact::RetoppedUp {
        user,
        deposit: second,
        amount,
        day,
    };
    world.state.apply(&world.plan, &again, &mut world.out);
    let lines = explain(&world.plan, &before, &world.out);
    assert_eq!(lines[0].verdict, Verdict::Waiting);
    assert_eq!(
        lines[0].because,
        "100 USDT was paid; the user's own registration was refunded, so the user can no longer buy"
    );
}
