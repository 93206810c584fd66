//! Where the money of a payment goes: what sentences say about it, against boxes of money and the models of pools and orders.

use std::collections::BTreeMap;

use naive::Terms;
use naive::flow::Flow;

use super::{find, numbers_of, percents_of, said, scaled};
use crate::payouts::{PARTICIPANTS, PAYMENT, commissions, greediest, payments};
use crate::plans::{Drawn, Intake};
use crate::pool_plans::Pools;
use crate::pool_world::World;
use crate::{Case, for_each_plan};

pub(crate) const CHECKED: &[&str] = &[
    "recruitment_funded",
    "recruitment_funded_by_rule",
    "payout_share",
    "payout_ratio",
    "payout_ratio_max",
    "funded_from_outside",
    "fund_fallbacks",
];

/// More than anyone pays.
const PLENTY: u128 = 1_000_000_000_000_000;

/// Funds after one payment, which uplines took first, and what these took.
fn filled(drawn: &Drawn) -> (Flow, u128) {
    let mut flow = Flow::new(drawn.behind.clone());
    let is_for_uplines = drawn.intake == Intake::Subscription;
    let rates = drawn.generations.iter().filter(|_| is_for_uplines);
    let uplines: u128 = rates.map(|rate| PAYMENT * rate / 10_000).sum();
    for (fund, bps) in &drawn.allocations {
        flow.pour(*fund, (PAYMENT - uplines) * bps / 10_000);
    }
    if drawn.intake == Intake::Orders {
        flow.pour(drawn.order_fund, PAYMENT * drawn.fund_bps / 10_000);
    }
    (flow, uplines)
}

/// The rules that pay out of funds, each with the one that it asks first.
fn rules(drawn: &Drawn) -> Vec<(&'static str, usize)> {
    let pays_commissions = drawn.intake == Intake::Orders && commissions(drawn, PLENTY) > 0;
    let commissions = Some(("commissions", drawn.order_fund)).filter(|_| pays_commissions);
    drawn.asked.iter().copied().chain(commissions).collect()
}

#[test]
fn what_is_said_of_recruitment_is_what_reaches_others() {
    for_each_plan(|case| {
        let text = said(case.plan.findings(), "recruitment_funded");
        let numbers: Vec<u128> = numbers_of(text).iter().map(|number| scaled(number, 2)).collect();
        let is_for_goods = matches!(case.drawn.intake, Intake::Booking | Intake::Orders);
        assert_eq!(is_for_goods, text.contains("payments are for goods"), "{text}");
        if is_for_goods {
            return assert_eq!(numbers, []);
        }
        if greediest(&case.drawn) == 0 {
            assert!(text.starts_with("No part of participants' payments"), "{text}");
            return assert_eq!(numbers, []);
        }
        assert!(text.starts_with("Without money from outside "), "{text}");
        let (mut flow, uplines) = filled(&case.drawn);
        let rest = PAYMENT - uplines;
        let funds: u128 = rules(&case.drawn)
            .iter()
            .map(|(_, fund)| flow.take(*fund, u128::MAX))
            .sum();
        let expected = match case.drawn.intake {
            Intake::Pools => vec![10_000],
            Intake::Joining => vec![funds * 10_000 / PAYMENT],
            Intake::Booking | Intake::Subscription | Intake::Orders => vec![
                uplines * 10_000 / PAYMENT,
                (funds * 10_000).checked_div(rest).unwrap_or(0),
            ],
        };
        assert_eq!(numbers, expected, "{text}\n{}", case.text());
    });
}

/// Who is alone gets nothing, whatever the person pays.
#[test]
fn without_later_participants_nobody_has_rewards_of_pools() {
    for_each_plan(|case| {
        let Some(pools) = &case.drawn.pools else { return };
        let mut world = World::of(&pools.terms);
        let (user, joined) = world.register(None);
        let again = [world.retop_up(user), world.retop_up(user)];
        assert_eq!(
            joined.to_users + again[0].to_users + again[1].to_users + world.has(user),
            0
        );
    });
}

/// What payments give to users when only this of the rules is left.
fn by_one_rule(pools: &Pools, change: impl Fn(&mut Terms)) -> u128 {
    let mut pools = pools.clone();
    change(&mut pools.terms);
    payments(&pools).iter().map(|(_, paid)| paid.to_users).sum()
}

#[test]
fn the_rules_that_are_said_to_be_funded_are_those_that_pay() {
    for_each_plan(|case| {
        // Each is played three times.
        let pools = case.drawn.pools.as_ref().filter(|_| case.number % 3 == 0);
        let Some(pools) = pools else { return };
        let zero = |terms: &mut Terms| terms.layers_bps.fill(0);
        let paying = [
            (
                "directs",
                by_one_rule(pools, |terms| {
                    zero(terms);
                    terms.generations_bps.clear();
                }),
            ),
            (
                "generations",
                by_one_rule(pools, |terms| {
                    zero(terms);
                    terms.direct = 0;
                }),
            ),
            (
                "pools",
                by_one_rule(pools, |terms| {
                    terms.direct = 0;
                    terms.generations_bps.clear();
                }),
            ),
        ];
        let expected: Vec<String> = paying
            .iter()
            .filter(|(_, sum)| *sum > 0)
            .map(|(name, _)| format!("{name} 100 %"))
            .collect();
        let finding = find(case.plan.findings(), "recruitment_funded_by_rule");
        let Some(finding) = finding else {
            return assert_eq!(expected, [""; 0], "{}", case.text());
        };
        let (before, rules) = finding.text.split_once(": ").unwrap();
        assert!(numbers_of(before).is_empty());
        assert_eq!(
            rules.trim_end_matches('.'),
            expected.join(", "),
            "{}",
            case.text()
        );
        assert_eq!(finding.figures.len(), expected.len());
    });
}

/// The sentence says the figures that the other tests of this search hold against histories.
#[test]
fn the_share_of_a_payment_is_said_as_it_is() {
    for_each_plan(|case| {
        let finding = find(case.plan.findings(), "payout_share").unwrap();
        let [share, left] = ["share_bps", "left_bps"].map(|name| finding.figure(name).unwrap());
        assert_eq!(share + left, 10_000);
        let numbers: Vec<u128> = numbers_of(&finding.text)
            .iter()
            .map(|number| scaled(number, 2))
            .collect();
        let leaves = PAYMENT * PARTICIPANTS as u128 - greediest(&case.drawn);
        if left == 0 {
            assert_eq!(numbers, [share]);
            assert!(finding.text.contains("nothing"), "{}", finding.text);
            // A ten-thousandth at most; of orders the first in a line have nobody above.
            let is_tight = case.drawn.intake != Intake::Orders;
            assert!(!is_tight || leaves * 10_000 <= PAYMENT * PARTICIPANTS as u128 * 2 + 1_000_000);
        } else {
            assert_eq!(numbers, [share, left], "{}", finding.text);
            assert!(leaves * 10_000 + 1_000_000 >= left * PAYMENT * PARTICIPANTS as u128);
        }
    });
}

#[test]
fn each_kind_of_payment_gives_at_most_what_is_said_and_one_gives_it() {
    for_each_plan(|case| {
        let finding = find(case.plan.findings(), "payout_ratio");
        assert_eq!(finding.is_some(), case.drawn.pools.is_some());
        let Some((finding, pools)) = finding.zip(case.drawn.pools.as_ref()) else {
            return;
        };
        let mut most: BTreeMap<&str, u128> = BTreeMap::new();
        for (kind, paid) in payments(pools) {
            let ratio = (paid.to_users * 10_000).div_ceil(paid.amount);
            let most = most.entry(kind).or_default();
            *most = ratio.max(*most);
        }
        let (before, rest) = finding.text.split_once(" (").unwrap();
        let (kinds, _) = rest.split_once(')').unwrap();
        let told: BTreeMap<&str, u128> = kinds
            .split(", ")
            .map(|part| part.strip_suffix(" %").unwrap().rsplit_once(' ').unwrap())
            .map(|(kind, ratio)| (kind, scaled(ratio, 2)))
            .collect();
        assert_eq!(told, most, "{}\n{}", finding.text, case.text());
        let max = most.values().max().copied().unwrap();
        assert_eq!(percents_of(before), [max]);
        assert_eq!(finding.figure("max_bps"), Some(max));
    });
}

/// One order in a long line of participants, and more money than it requests.
#[test]
fn commissions_take_at_most_what_is_said_of_an_order_and_can_take_it() {
    for_each_plan(|case| {
        let drawn = &case.drawn;
        let text = said(case.plan.findings(), "payout_ratio_max");
        assert_eq!(text.is_empty(), drawn.intake != Intake::Orders);
        if text.is_empty() {
            return;
        }
        let parts = 100_000_000;
        let said: Vec<u128> = numbers_of(text).iter().map(|number| scaled(number, 6)).collect();
        let [promised, funded] = said[..] else {
            panic!("{text}");
        };
        let above = drawn.generations.len();
        let taken = crate::payouts::commissions_of(drawn, above, 1, PLENTY);
        // Each generation is rounded down.
        let rounded = (above as u128 + 1) * parts;
        assert!(taken * parts <= PAYMENT * promised, "{text}\n{}", case.text());
        assert!(
            taken * parts + rounded >= PAYMENT * promised,
            "{text}\n{}",
            case.text()
        );
        let (flow, _) = filled(drawn);
        assert_eq!(flow.reach(drawn.order_fund) * parts, PAYMENT * funded, "{text}");
    });
}

#[test]
fn rules_are_said_to_need_money_from_outside_exactly_if_no_payment_reaches_them() {
    for_each_plan(|case| {
        let text = said(case.plan.findings(), "funded_from_outside");
        let (flow, _) = filled(&case.drawn);
        let mut rules = rules(&case.drawn);
        // As the sentence lists them.
        rules.sort_by_key(|(name, _)| {
            ["accruals", "rank bonuses", "pairs", "commissions"]
                .iter()
                .position(|known| known == name)
                .unwrap_or(4)
        });
        let empty: Vec<&str> = rules
            .iter()
            .filter(|(_, fund)| flow.reach(*fund) == 0)
            .map(|(name, _)| *name)
            .collect();
        let expected = if rules.is_empty() {
            "No rule pays rewards out of a fund.".to_owned()
        } else if empty.is_empty() {
            "Every rule that pays rewards out of a fund has a fund that receives a share of payments; when its funds are empty \
             nothing is paid."
                .to_owned()
        } else {
            format!(
                "Nothing in the plan fills the funds for {}: they are paid only as far as operators add money.",
                empty.join(", ")
            )
        };
        assert_eq!(text, expected, "{}", case.text());
    });
}

#[test]
fn a_fund_is_said_to_pay_for_another_exactly_if_it_does() {
    for_each_plan(|case| {
        let text = said(case.plan.findings(), "fund_fallbacks");
        let mut expected = Vec::new();
        for front in 0..case.drawn.behind.len() {
            for behind in 0..case.drawn.behind.len() {
                // Money that lies only in one box, with nothing behind that one.
                let mut links = vec![None; case.drawn.behind.len()];
                links[front] = case.drawn.behind[front];
                let mut flow = Flow::new(links);
                flow.pour(behind, PAYMENT);
                if front != behind && flow.take(front, PAYMENT) > 0 {
                    expected.push(format!("\"f{behind}\" pays when \"f{front}\" is empty"));
                }
            }
        }
        if expected.is_empty() {
            return assert_eq!(text, "");
        }
        let (_, told) = text.split_once(": ").unwrap();
        assert_eq!(told.trim_end_matches('.'), expected.join(", "));
        assert_eq!(
            case.figure("fund_fallbacks", "funds"),
            Some(expected.len() as u128)
        );
    });
}

/// A sentence that is always the same is no search.
#[test]
fn every_kind_of_payment_is_drawn() {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for number in 0..crate::PLANS_USUAL {
        let drawn = Case::of(number).drawn;
        for (kind, _) in drawn.pools.iter().flat_map(payments) {
            *kinds.entry(kind).or_default() += 1;
        }
    }
    assert_eq!(kinds.len(), 4, "{kinds:?}");
}
