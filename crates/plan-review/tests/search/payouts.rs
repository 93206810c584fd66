//! No history pays participants more of their payments than is said.

use std::cell::Cell;

use naive::binary;
use naive::flow::Flow;
use naive::orders::{Buyer, Generation, Model, Passes, RetailRule, Rules};
use plan::{Day, Severity};

use crate::plans::{Drawn, Intake};
use crate::pool_plans::Pools;
use crate::pool_world::{Paid, World};
use crate::{assert_covered, for_each_plan};

/// What one participant pays, in millionths.
pub(crate) const PAYMENT: u128 = 100_000_000;
pub(crate) const PARTICIPANTS: usize = 12;

/// Of what was paid, what reached participants when everyone stands in one line and every rule takes all that it reaches.
pub(crate) fn greediest(drawn: &Drawn) -> u128 {
    if let Some(pools) = &drawn.pools {
        return of_the_greediest_payment(pools);
    }
    let mut flow = Flow::new(drawn.behind.clone());
    let mut reached = 0;
    for _ in 0..PARTICIPANTS {
        let mut rest = PAYMENT;
        if drawn.intake == Intake::Subscription {
            for rate in &drawn.generations {
                let share = PAYMENT * rate / 10_000;
                rest -= share;
                reached += share;
            }
        }
        for (fund, bps) in &drawn.allocations {
            flow.pour(*fund, rest * bps / 10_000);
        }
        if drawn.intake == Intake::Orders {
            flow.pour(drawn.order_fund, PAYMENT * drawn.fund_bps / 10_000);
        }
    }
    if drawn.intake == Intake::Orders {
        let paid = commissions(drawn, flow.reach(drawn.order_fund));
        reached += flow.take(drawn.order_fund, paid);
    }
    for (_, fund) in &drawn.asked {
        reached += flow.take(*fund, u128::MAX);
    }
    reached
}

/// What users get of as much money as the other plans take, if all is paid like the payment that gives most to them.
fn of_the_greediest_payment(pools: &Pools) -> u128 {
    let shares = payments(pools).into_iter().map(|(_, paid)| paid);
    let shares = shares.map(|paid| paid.to_users * PAYMENT * PARTICIPANTS as u128 / paid.amount);
    shares.max().expect("somebody pays")
}

/// What each payment gives to users when everyone stands in one line, all buy a retopup and nobody leaves. A whole tree fills, and
/// where there is no room any more someone joins all the same. The last payment of each kind has everyone above whom it can have.
pub(crate) fn payments(pools: &Pools) -> Vec<(&'static str, Paid)> {
    let mut world = World::of(&pools.terms);
    // What matures when changes nothing of what a payment gives.
    world.waits = true;
    let mut found = Vec::new();
    let mut above = None;
    for _ in 0..=pools.terms.generations_bps.len() {
        let (user, paid) = world.register(above);
        found.push((kind(&pools.terms, &world, user), paid));
        found.push(("retopup", world.retop_up(user)));
        above = Some(user);
    }
    // Of one sponsor so many directs that some are past every ordinal.
    for _ in 0..4 {
        let (user, paid) = world.register(above);
        found.push((kind(&pools.terms, &world, user), paid));
    }
    if pools.has_places() {
        // Past the last tree, where there is one.
        let places = pools.terms.trees_max.unwrap_or(1) * pools.terms.tree_size;
        // Three layers are above the eighth place of an endless tree.
        for _ in 0..=places.max(8) {
            let (user, paid) = world.enter();
            found.push((kind(&pools.terms, &world, user), paid));
        }
    }
    found
}

/// What a registration was.
fn kind(terms: &naive::Terms, world: &World, user: usize) -> &'static str {
    let mut trees = world.trees(1).into_iter().flatten();
    match (trees.any(|placed| placed == user), terms.pool_bps) {
        (false, _) => "registration",
        (true, None) => "place",
        (true, Some(_)) => "split registration",
    }
}

/// What the model of orders pays to users of a period in which everyone of a line orders.
pub(crate) fn commissions(drawn: &Drawn, budget: u128) -> u128 {
    commissions_of(drawn, 0, PARTICIPANTS, budget)
}

/// The same of a line in which so many are above those who order.
pub(crate) fn commissions_of(drawn: &Drawn, above: usize, orders: usize, budget: u128) -> u128 {
    let mut model = Model::new(Rules {
        by_month: true,
        pv_bps: drawn.pv_bps,
        fund_bps: drawn.fund_bps,
        generations: drawn
            .generations
            .iter()
            .map(|bps| Generation {
                bps: *bps,
                own_pv_min: 0,
                group_pv_min: 0,
            })
            .collect(),
        passes: Passes::Nobody,
        active_pv_min: 0,
        customers_count: false,
        customers_min: 0,
        retail_share_min_bps: 0,
        retail_rule: RetailRule::Nothing,
        paycut: true,
        hold_days: 0,
    });
    let day = Day::of_date("2026-01-15").expect("it is a date");
    for user in 0..above + orders {
        model.join(user.checked_sub(1).map(|above| above + 1));
    }
    for user in above + 1..=above + orders {
        model
            .place(Buyer::User(user), PAYMENT, None, day)
            .expect("it is an order");
    }
    let period = day.month().get();
    model.close(period).expect("it is open");
    model.finalize(period, budget).expect("it is closed");
    let lines = model.lines(period);
    lines
        .iter()
        .filter(|line| line.to.is_some())
        .map(|line| line.amount)
        .sum()
}

#[test]
fn no_history_pays_more_of_payments_than_is_said() {
    for_each_plan(|case| {
        let share = case
            .figure("payout_share", "share_bps")
            .expect("it is always said");
        let paid = PAYMENT * PARTICIPANTS as u128;
        let reached = greediest(&case.drawn);
        // A base unit for each share that is rounded.
        let slack = 100 * 10_000;
        assert!(
            reached * 10_000 <= paid * share + slack,
            "{reached} of {paid} reached participants, {share} of 10,000 are said\n{}",
            case.text()
        );
        // Of orders the first in a line have nobody above, so only the others are tight.
        if case.drawn.intake != Intake::Orders {
            assert!(
                reached * 10_000 + paid + slack >= paid * share,
                "only {reached} of {paid} reach participants, {share} of 10,000 are said\n{}",
                case.text()
            );
        }
    });
}

#[test]
fn what_pays_out_more_than_one_half_is_warned_about_and_runs_nowhere() {
    for_each_plan(|case| {
        let paid = PAYMENT * PARTICIPANTS as u128;
        let reached = greediest(&case.drawn);
        if reached * 2 <= paid + 200 {
            return;
        }
        let findings = &case.review.findings;
        let finding = findings.iter().find(|finding| finding.code == "payout_share");
        assert_eq!(
            finding.map(|finding| finding.severity),
            Some(Severity::Error),
            "{}",
            case.text()
        );
        let told = case
            .plan
            .findings()
            .iter()
            .find(|finding| finding.code == "payout_share");
        assert_eq!(told.map(|finding| finding.severity), Some(Severity::Warning));
        assert!(!case.runs(), "{}", case.text());
    });
}

/// A payment for nothing but the plan that reaches others is recruitment, and what reaches nobody is not.
#[test]
fn recruitment_is_said_of_exactly_the_plans_whose_joining_payments_reach_others() {
    for_each_plan(|case| {
        let is_for_the_plan = !matches!(case.drawn.intake, Intake::Booking | Intake::Orders);
        let expected = is_for_the_plan && greediest(&case.drawn) > 0;
        let said = case
            .figure("recruitment_funded", "share_bps")
            .expect("it is always said");
        assert_eq!(said, if expected { 10_000 } else { 0 }, "{}", case.text());
        assert_eq!(u128::from(case.plan.recruitment_share_bps()), said);
    });
}

/// Members of a full tree who have paid all, the bonuses for them, and their pairs of some months, as far as the funds reach.
#[test]
fn pairs_and_bonuses_take_at_most_what_is_said_of_bookings() {
    let short = Cell::new(0);
    for_each_plan(|case| {
        let drawn = &case.drawn;
        let Some((terms, bonus)) = &drawn.pairs else {
            return;
        };
        let fund = drawn.fund_of("pairs");
        let (mut flow, mut members) = (Flow::new(drawn.behind.clone()), binary::Model::default());
        let (mut paid, mut reached) = (0, 0);
        for member in 0..15usize {
            let sponsor = member.checked_sub(1).map(|before| before / 2);
            members.join(sponsor, None);
            paid += members.pay(terms, member, PAYMENT).0;
            for (fund, bps) in &drawn.allocations {
                flow.pour(*fund, PAYMENT * bps / 10_000);
            }
            reached += sponsor.map_or(0, |_| flow.take(fund, *bonus));
        }
        for month in 1..=4 {
            let budget = flow.reach(fund);
            let pairs = members.close(terms, month, budget, |_, _| 0);
            let value: u128 = pairs.iter().map(|pair| pair.value).sum();
            assert_eq!(flow.take(fund, value), value, "{}", case.text());
            reached += value;
        }
        let share = case.figure("payout_share", "share_bps").expect("it is said");
        assert!(reached * 10_000 <= paid * share, "{}", case.text());
        if share > 0 && flow.reach(fund) < terms.pair_value {
            short.set(short.get() + 1);
        }
    });
    assert_covered(short.get() > 5, short);
}
