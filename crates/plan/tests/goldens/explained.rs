//! Explanations of component plans: every leg of every scenario has its line, and the page's examples come out as written.

use std::collections::BTreeSet;

use explain::{Holdings, Line, Statement, Values, Verdict};
use ledger::{Account, Beneficiary, Leg, Reason};
use money::Amount;
use plan::{CompiledPlan, UserId, compile};

use crate::scenario::Scenario;
use crate::witness::Witness;
use crate::written::{Versions, written};

const PAGE: &str = include_str!("../../../../docs/plan/explain.md");
const SUBSCRIPTION: &str = include_str!("../../../../plans/subscription.toml");
const BINARY_EV: &str = include_str!("../../../../plans/binary-ev.toml");
const UNILEVEL_ORDERS: &str = include_str!("../../../../plans/unilevel-orders.toml");
const REFERRAL_CAMPAIGN: &str = include_str!("../../../../plans/referral-campaign.toml");

/// The text of a shipped plan with components.
fn shipped(name: &str) -> Option<&'static str> {
    Some(match name {
        "subscription" => SUBSCRIPTION,
        "binary-ev" => BINARY_EV,
        "unilevel-orders" => UNILEVEL_ORDERS,
        "referral-campaign" => REFERRAL_CAMPAIGN,
        _ => return None,
    })
}

/// What holds for the explanation of every fact.
pub(crate) fn check_lines(plan: &CompiledPlan, legs: &[Leg], lines: &[Line], at: &str) {
    let values = shipped(plan.name()).map(|text| Values::read(text).unwrap());
    let of_legs: Vec<&Line> = lines.iter().take_while(|line| line.leg.is_some()).collect();
    assert_eq!(of_legs.len(), legs.len(), "{at}: {lines:#?}");
    for (number, (leg, line)) in legs.iter().zip(&of_legs).enumerate() {
        assert_eq!(line.leg, Some(u32::try_from(number).unwrap()), "{at}");
        assert_eq!(
            (line.amount, line.user, line.source),
            (leg.amount, leg.recipient, leg.source),
            "{at}"
        );
        let lost = if let Account::Held(Beneficiary::Breakage(cause)) | Account::Breakage(cause) = leg.credit
        {
            Some(cause)
        } else {
            None
        };
        assert_eq!(line.verdict.cause(), lost, "{at}: {line:?}");
        assert!(line.because.len() > 10 && !line.rule.is_empty(), "{at}: {line:?}");
        if values.is_some() && says_a_parameter(leg) {
            assert!(line.parameter.is_some(), "{at}: {leg:?} {line:?}");
        }
    }
    for line in &lines[of_legs.len()..] {
        assert!(line.leg.is_none() && line.amount.is_zero() && line.verdict == Verdict::Note);
        assert!(line.because.len() > 10, "{at}: {line:?}");
    }
    let paths = lines.iter().filter_map(|line| line.parameter.as_ref());
    for (path, values) in paths.zip(std::iter::repeat(&values)) {
        // Scenarios add policies of tax to shipped plans.
        let known = values.as_ref().is_none_or(|values| values.at(path).is_some());
        assert!(
            known || path.starts_with("withholding"),
            "{at}: the plan has no {path}"
        );
    }
}

/// Sums over many deposits, debts, and what operators and the chain do follow from no single parameter.
fn says_a_parameter(leg: &Leg) -> bool {
    if leg.reason == Reason::Matured {
        return matches!(leg.debit, Account::Deferred(_));
    }
    if leg.reason == Reason::Refund {
        return matches!(leg.debit, Account::Held(_));
    }
    !matches!(
        leg.reason,
        Reason::Netting
            | Reason::Funded
            | Reason::Correction
            | Reason::Payout
            | Reason::PayoutCredited
            | Reason::Claim
            | Reason::CreditWithdrawal
            | Reason::Treasury
            | Reason::Overpaid
    )
}

/// The plan of an example: a shipped one, with what follows its name replaced; and the version to which it can change.
fn variant(words: &str) -> (String, String) {
    let first = first_version(words);
    let second = first.replace("version = 1", "version = 2");
    let second = second
        .replace("pair_value = \"2000\"", "pair_value = \"1500\"")
        .replace("hold_days = 14", "hold_days = 7")
        .replace(
            "allocations]]\nfund = \"pairs\"\nbps = 2000",
            "allocations]]\nfund = \"pairs\"\nbps = 1000",
        );
    (first, second)
}

fn first_version(words: &str) -> String {
    let mut words = words.split_whitespace();
    let mut text = shipped(words.next().unwrap()).unwrap().to_owned();
    for word in words {
        let changes: &[(&str, &str)] = match word {
            "four-generations" => &[
                (
                    "[1000, 500, 300, 200, 200, 100, 100, 100, 100, 100, 50, 50, 50, 50, 50, 30, 30, 30, 30, 30]",
                    "[1000, 500, 300, 200]",
                ),
                (
                    "[0, 0, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10]",
                    "[0, 0, 2, 2]",
                ),
            ],
            "compressed" => &[("mode = \"physical\"", "mode = \"compressed\"")],
            "one-full-pair" => &[("full_pairs = 5", "full_pairs = 1")],
            "taxed-above-3000" => &[("\"20000\"", "\"3000\"")],
            "one-customer" => &[("customers_min = 2", "customers_min = 1")],
            "two-generations" => &[
                (
                    "generations_bps = [1000, 700, 500, 300, 200]",
                    "generations_bps = [1000, 700]",
                ),
                ("[\"50\", \"50\", \"100\", \"100\", \"100\"]", "[\"50\", \"50\"]"),
            ],
            other => panic!("no variant {other}"),
        };
        for (from, to) in changes {
            assert!(text.contains(from), "{from}");
            text = text.replace(from, to);
        }
    }
    text
}

#[test]
fn every_worked_explanation_of_component_plans_comes_out_as_written() {
    let mut explained = 0;
    for block in PAGE.split("```scenario-explained ").skip(1) {
        let (words, block) = block.split_once('\n').unwrap();
        let block = block.split_once("```").unwrap().0;
        let (source, changed) = variant(words);
        let sources = [source, changed];
        let plans = [&sources[0], &sources[1]].map(|text| compile(text).unwrap());
        let values = [&sources[0], &sources[1]].map(|text| Values::read(text).unwrap());
        let mut scenario = Scenario::new(plans[0].clone()).changing_to(plans[1].clone());
        let mut witness = Witness::new(&[(&plans[0], &sources[0]), (&plans[1], &sources[1])]);
        let mut lines = block.lines().peekable();
        while let Some(line) = lines.next() {
            let before = scenario.book().clone();
            let in_force = before.plan().hash();
            scenario.step(line, &[], line);
            if !line.starts_with("day") {
                let checked = witness.follow(before.state(), in_force, scenario.out(), scenario.lines());
                checked.unwrap_or_else(|wrong| panic!("{words}: {line}: {wrong}"));
            }
            let mut versions: Versions<'_> = plans.iter().zip(&values).collect();
            versions.sort_by_key(|(plan, _)| plan.hash() != in_force);
            let found: Vec<String> = scenario
                .lines()
                .iter()
                .map(|line| written(&versions, line))
                .collect();
            let mut expected = Vec::new();
            while let Some(below) = lines.next_if(|below| below.starts_with(' ')) {
                expected.push(below.trim());
            }
            if !expected.is_empty() {
                assert_eq!(found, expected, "{words}: {line}\n    {}", found.join("\n    "));
                explained += 1;
            }
        }
    }
    assert!(explained >= 14, "{explained}");
}

/// What users have by their statements is what the accounts have, and whatever a line says of a user is in the statement.
#[test]
fn statements_of_component_plans_end_with_the_balances_of_the_accounts() {
    let mut seen = Holdings::default();
    for block in PAGE.split("```scenario-explained ").skip(1) {
        let (words, block) = block.split_once('\n').unwrap();
        let facts = block.split_once("```").unwrap().0.lines();
        let [first, second] = <[String; 2]>::from(variant(words)).map(|text| compile(&text).unwrap());
        let plan = first.clone();
        let mut scenario = Scenario::new(first).changing_to(second);
        let users = || (1..=7).map(|number| UserId::new(number).unwrap());
        let mut statements: Vec<_> = users().map(|user| Statement::new(user, 0, 1_000)).collect();
        let mut said = [0; 7];
        for (seq, fact) in (1u64..).zip(facts.filter(|line| !line.starts_with(' '))) {
            scenario.step(fact, &[], fact);
            if fact.starts_with("day") {
                continue;
            }
            for ((user, statement), said) in users().zip(&mut statements).zip(&mut said) {
                let own = |line: &&Line| line.user == Some(user);
                let lines = scenario.lines().to_vec();
                *said += lines.iter().filter(own).count();
                let concerned = statement.concerns(&plan, scenario.out());
                let lines = if concerned { lines } else { Vec::new() };
                statement.follow((seq, seq), &scenario.out().legs, lines);
            }
        }
        for ((user, statement), said) in users().zip(statements).zip(said) {
            let found = Holdings {
                held: scenario.net(Account::Held(Beneficiary::User(user))),
                available: scenario.net(Account::Available(user)),
                deferred: scenario.net(Account::Deferred(user)),
                wallet: scenario.net(Account::Wallet(user)),
                reserved: Amount::ZERO,
                credit: scenario.net(Account::Credit(user)),
                owed: scenario.net(Account::Receivable(user)),
            };
            assert_eq!(statement.closing, found, "{words}: {user}");
            let own = statement
                .entries
                .iter()
                .filter(|entry| entry.line.user == Some(user));
            assert_eq!(own.count(), said, "{words}: {user}");
            seen.deferred = seen.deferred.max(found.deferred);
            seen.wallet = seen.wallet.max(found.wallet);
            seen.owed = seen.owed.max(found.owed);
        }
    }
    assert!(!seen.deferred.is_zero() && !seen.wallet.is_zero() && !seen.owed.is_zero());
}

const EXPLANATIONS: &str = include_str!("explanations.txt");

/// `explanations.txt` has, for every scenario, each explanation that it causes: the first one of those that differ in figures
/// only. Whoever changes a sentence, or who reads it, sees it there.
#[test]
fn what_every_scenario_explains_is_written_down() {
    let mut found = String::new();
    for (name, plan, scenario) in crate::all_scenarios() {
        found += &format!("= {name}\n");
        let mut seen = BTreeSet::new();
        crate::scenario::run_telling(Scenario::new(plan.clone()), scenario, |scenario| {
            for line in scenario.lines() {
                let said = said(&plan, line);
                let without_figures: String =
                    said.chars().filter(|letter| !letter.is_ascii_digit()).collect();
                if seen.insert(without_figures.replace('.', "")) {
                    found += &format!("{said}\n");
                }
            }
        });
    }
    let differs = found
        .lines()
        .zip(EXPLANATIONS.lines())
        .find(|(found, known)| found != known);
    if found != EXPLANATIONS {
        let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("explanations.txt");
        std::fs::write(&path, &found).unwrap();
        panic!("{differs:#?}: all that is explained now is in {}", path.display());
    }
}

/// A line with the path of its parameter.
fn said(plan: &CompiledPlan, line: &Line) -> String {
    let amount = match line.leg {
        Some(_) => plan.asset().display_amount(line.amount),
        None => "-".to_owned(),
    };
    let cause = line.verdict.cause().map_or("", |cause| cause.name());
    let parameter = line.parameter.as_deref().unwrap_or("-");
    let mut text = format!(
        "{amount} {}:{cause} {} {} [{parameter}] {}",
        line.verdict.name(),
        line.component,
        line.rule,
        line.because
    );
    for part in &line.parts {
        let amount = plan.asset().display_amount(part.amount);
        let parameter = part.parameter.as_deref().unwrap_or("-");
        text += &format!(" + {amount} {} {} [{parameter}]", part.component, part.rule);
    }
    text
}

/// Where generations skip uplines, a purchase may have passed over anyone, without a leg that says so.
#[test]
fn a_purchase_of_strangers_concerns_only_whom_it_may_have_passed_over() {
    for (words, concerns) in [("subscription", false), ("subscription compressed", true)] {
        let plan = compile(&first_version(words)).unwrap();
        let mut scenario = Scenario::new(plan.clone());
        scenario.step("register A paying 500", &[], words);
        let statement = Statement::new(UserId::new(1).unwrap(), 0, 1_000);
        assert!(statement.concerns(&plan, scenario.out()), "{words}");
        scenario.step("register B paying 500", &[], words);
        assert_eq!(statement.concerns(&plan, scenario.out()), concerns, "{words}");
        scenario.step("fund 5", &[], words);
        assert!(!statement.concerns(&plan, scenario.out()), "{words}");
    }
}

/// B and D are passed over, so A is two above whom they referred, until B has a subscription again.
#[test]
fn a_share_that_passed_somebody_says_how_far_it_went() {
    let text = include_str!("scenarios/an_upline_without_a_subscription_is_passed_over.txt");
    let mut found = Vec::new();
    crate::scenario::run_telling(
        Scenario::new(crate::active_only_subscription()),
        text,
        |scenario| {
            let paid = scenario
                .lines()
                .iter()
                .filter(|line| line.verdict == Verdict::Paid);
            let shares = paid.filter(|line| line.component == "generation");
            found.extend(shares.map(|line| {
                let (who, rest) = line.because.split_once(", ").unwrap();
                let (distance, _) = rest.split_once(" above the purchaser").unwrap();
                format!("{} {who} at {distance}", line.rule)
            }));
        },
    );
    assert_eq!(
        found,
        [
            "generation 1 upline 1 at 1",
            "generation 1 upline 1 at 1",
            "generation 1 upline 1 at 2",
            "generation 1 upline 1 at 2",
            "generation 1 upline 1 at 2",
            "generation 1 upline 1 at 1",
            "generation 1 upline 2 at 1",
            "generation 2 upline 1 at 2",
        ]
    );
}
