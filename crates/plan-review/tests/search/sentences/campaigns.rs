//! What is said of campaigns: whom they pay for what, how far the budget goes, and who can have it.

use std::fmt::Write as _;

use naive::campaign::{Paper, Rules};
use naive::flow::Flow;
use plan::{CompiledPlan, Day};

use super::reading::{figure, for_each_history, found, gaps, pick, units, usdt};
use crate::numbers::Numbers;

pub(crate) const CHECKED: &[&str] = &[
    "campaign_rewards_signups",
    "campaign_budget_coverage",
    "campaign_one_user_takes_all",
    "campaign_fake_referees_pay",
    "campaign_without_hold",
];

/// Referees that one referrer brings at most in a history: more than take any budget that is drawn.
const REFEREES: u64 = 130;

struct Drawn {
    rules: Rules,
    plan: CompiledPlan,
    text: String,
    has_fallback: bool,
}

impl Drawn {
    fn of(numbers: &mut Numbers) -> Self {
        loop {
            let rules = rules(numbers);
            let has_fallback = numbers.below(2) == 0;
            let text = file(&rules, has_fallback);
            // A budget or a cap below one reward is refused.
            if let Ok(plan) = plan::compile(&text) {
                return Self {
                    rules,
                    plan,
                    text,
                    has_fallback,
                };
            }
        }
    }

    fn paper(&self) -> Paper {
        Paper::new(self.rules.clone())
    }
}

fn first_day() -> u32 {
    Day::of_date("2026-01-01").expect("it is a date").get()
}

fn rules(numbers: &mut Numbers) -> Rules {
    let any = |numbers: &mut Numbers| 1 + numbers.below(30) as u128;
    let reward = if numbers.below(3) == 0 {
        Err(pick(numbers, &[1, 100, 2_500, 9_999, 10_000]))
    } else {
        Ok(any(numbers))
    };
    Rules {
        reward,
        hold_days: pick(numbers, &[0, 1, 30]),
        cap: (numbers.below(2) == 0).then(|| any(numbers) + 10),
        count: (numbers.below(2) == 0).then(|| 1 + numbers.below(6)),
        budget: any(numbers) + numbers.below(100) as u128,
        first_day: first_day(),
        last_day: first_day() + 364,
        minimum: pick(numbers, &[0, 1, 5, 9, 10, 25]),
        achievements: vec![],
    }
}

fn file(rules: &Rules, has_fallback: bool) -> String {
    let mut text = "name = \"drawn\"\nversion = 1\nasset = \"USDT\"\n[[funds]]\nname = \"f\"\n".to_owned();
    if has_fallback {
        text.push_str("fallback = \"g\"\n[[funds]]\nname = \"g\"\n");
    }
    text.push_str("[joining]\nprice = \"1\"\n[campaign]\nfund = \"f\"\nstarts = \"2026-01-01\"\nends = \"2026-12-31\"\n");
    let mut line = |line: String| writeln!(text, "{line}").expect("a string takes everything");
    line(match rules.reward {
        Ok(fixed) => format!("reward = \"{}\"", usdt(fixed)),
        Err(bps) => format!("reward_bps = {bps}"),
    });
    line(format!(
        "hold_days = {}\nbudget = \"{}\"",
        rules.hold_days,
        usdt(rules.budget)
    ));
    if let Some(cap) = rules.cap {
        line(format!("per_user_cap = \"{}\"", usdt(cap)));
    }
    if let Some(count) = rules.count {
        line(format!("per_user_count = {count}"));
    }
    line(format!(
        "[campaign.qualifies]\nconversion_min = \"{}\"\nself_referral = \"refuse\"\nper_referee = \"one\"",
        usdt(rules.minimum)
    ));
    text
}

/// A referee who was never seen buys for so much; what the referrer is granted.
fn refer(paper: &mut Paper, referrer: u32, amount: u128, fund: u128) -> u128 {
    let referee = paper.rows.len() as u64;
    paper
        .report(referrer, referee, false, amount, first_day(), fund)
        .0
}

const FULL: u128 = 1 << 90;

#[test]
fn a_referral_without_a_purchase_is_rewarded_exactly_where_it_is_said() {
    for_each_history(|numbers| {
        let drawn = Drawn::of(numbers);
        let granted = refer(&mut drawn.paper(), 1, 0, FULL);
        let told = found(drawn.plan.findings(), "campaign_rewards_signups");
        assert_eq!(told.is_some(), granted > 0, "{}", drawn.text);
        let Some(told) = told else { return };
        let said = gaps(
            told,
            "A referral is rewarded with {} USDT even if the referee buys nothing: the campaign pays for recruitment.",
        );
        assert_eq!(units(said[0]), granted, "{}", drawn.text);
        assert_eq!(figure(told, "reward_units"), granted);
    });
}

/// The budget in rewards of one conversion after the other, of ever other referrers: how many are paid in full, and what the
/// next three get.
fn spend(drawn: &Drawn, amount: u128) -> (u128, [u128; 3]) {
    let mut paper = drawn.paper();
    let reward = refer(&mut drawn.paper(), 1, amount, FULL);
    let mut rewards = 0;
    loop {
        let referrer = 1 + u32::try_from(rewards).expect("they are few");
        let granted = refer(&mut paper, referrer, amount, FULL);
        if granted < reward || reward == 0 {
            let mut next = |more| refer(&mut paper, referrer + more, amount, FULL);
            return (rewards, [granted, next(1), next(2)]);
        }
        rewards += 1;
    }
}

#[test]
fn the_budget_goes_as_far_as_is_said_and_nothing_is_paid_beyond_it() {
    for_each_history(|numbers| {
        let drawn = Drawn::of(numbers);
        let told = found(drawn.plan.findings(), "campaign_budget_coverage").expect("it is always said");
        let budget = drawn.rules.budget;
        assert_eq!(figure(told, "budget_units"), budget);
        let said = match drawn.rules.reward {
            Ok(reward) => {
                let said = gaps(
                    told,
                    "The budget of {} USDT pays {} rewards in full; referrals earn nothing once it is spent, or while the fund {} and \
                     the funds that back it are empty.",
                );
                let (rewards, rest) = spend(&drawn, drawn.rules.minimum.max(1));
                assert_eq!(said[1].parse(), Ok(rewards), "{}", drawn.text);
                assert_eq!(figure(told, "rewards"), rewards);
                // What is left pays a part of one more, and then it is spent.
                assert_eq!(rest, [budget - rewards * reward, 0, 0], "{}", drawn.text);
                said
            }
            Err(bps) => {
                let said = gaps(
                    told,
                    "The budget of {} USDT pays the rewards for conversions totalling {} USDT; referrals earn nothing \
                     once it is spent, or while the fund {} and the funds that back it are empty.",
                );
                let volume = units(said[1]);
                assert_eq!(figure(told, "conversions_units"), volume);
                let granted = |amount| {
                    let mut paper = Paper::new(Rules {
                        cap: None,
                        minimum: 0,
                        ..drawn.rules.clone()
                    });
                    refer(&mut paper, 1, amount, FULL)
                };
                assert_eq!(granted(volume), volume * bps / 10_000, "{}", drawn.text);
                assert_eq!(granted(volume + 20_000), budget, "{}", drawn.text);
                assert!((volume + 20_000) * bps / 10_000 > budget);
                said
            }
        };
        assert_eq!((units(said[0]), said[2]), (budget, "\"f\""), "{}", drawn.text);
        pays_while_a_fund_has_money(&drawn);
    });
}

/// What is granted is at most what the fund and those behind it hold.
fn pays_while_a_fund_has_money(drawn: &Drawn) {
    let amount = drawn.rules.minimum.max(10_000);
    let reach = |in_first, in_second| {
        let behind = if drawn.has_fallback {
            vec![Some(1), None]
        } else {
            vec![None, None]
        };
        let mut flow = Flow::new(behind);
        flow.pour(0, in_first);
        flow.pour(1, in_second);
        flow.reach(0)
    };
    let granted = |fund| refer(&mut drawn.paper(), 1, amount, fund);
    assert_eq!(granted(reach(0, 0)), 0);
    assert!(granted(reach(1, 0)) == 1, "{}", drawn.text);
    assert_eq!(granted(reach(0, 1)), u128::from(drawn.has_fallback));
}

#[test]
fn one_referrer_can_take_the_whole_budget_exactly_where_it_is_said() {
    for_each_history(|numbers| {
        let drawn = Drawn::of(numbers);
        let amounts = [drawn.rules.minimum, drawn.rules.budget * 10_000];
        let most = amounts.map(|amount| {
            let mut paper = drawn.paper();
            (0..REFEREES)
                .map(|_| refer(&mut paper, 1, amount, FULL))
                .sum::<u128>()
        });
        let takes_all = most.contains(&drawn.rules.budget);
        let told = found(drawn.plan.findings(), "campaign_one_user_takes_all");
        assert_eq!(told.is_some(), takes_all, "{most:?}\n{}", drawn.text);
        let Some(told) = told else { return };
        let said = gaps(told, "One referrer can be granted the whole budget of {} USDT.");
        assert_eq!(units(said[0]), drawn.rules.budget, "{}", drawn.text);
        assert_eq!(figure(told, "budget_units"), drawn.rules.budget);
    });
}

/// Referrers one after the other bring the cheapest referees as long as each brings them something: how many of both have
/// taken everything that can be taken, and how much that is.
fn take_with_invented(drawn: &Drawn) -> (u128, u128, u128) {
    let mut paper = drawn.paper();
    let (mut referees, mut referrers, mut taken) = (0, 0, 0);
    loop {
        let before = referees;
        referrers += 1;
        loop {
            let granted = refer(
                &mut paper,
                u32::try_from(referrers).unwrap(),
                drawn.rules.minimum,
                FULL,
            );
            if granted == 0 {
                break;
            }
            referees += 1;
            taken += granted;
        }
        if referees == before {
            return (referees, referrers - 1, taken);
        }
    }
}

#[test]
fn invented_referees_who_bring_more_than_they_cost_are_counted_and_take_the_budget() {
    for_each_history(|numbers| {
        let drawn = Drawn::of(numbers);
        let pays = [0, 1, 2, 5, 50, 10_000].map(|more| {
            let amount = drawn.rules.minimum + more;
            refer(&mut drawn.paper(), 1, amount, FULL) > amount
        });
        let told = found(drawn.plan.findings(), "campaign_fake_referees_pay");
        assert_eq!(told.is_some(), pays.contains(&true), "{}", drawn.text);
        let Some(told) = told else { return };
        let said = gaps(
            told,
            "A fake referee costs {} USDT and brings in {}: a gain of {} per identity. {} fake referees of {} referrers \
             exhaust the budget, whatever the caps per referrer.",
        );
        let (cost, brings, more) = (units(said[0]), units(said[1]), units(said[2]));
        assert_eq!(
            (cost, brings),
            (drawn.rules.minimum, refer(&mut drawn.paper(), 1, cost, FULL))
        );
        assert_eq!(more, brings - cost);
        assert_eq!(
            (
                figure(told, "gain_per_identity_units"),
                figure(told, "cost_per_identity_units")
            ),
            (more, cost)
        );
        let (referees, referrers, taken) = take_with_invented(&drawn);
        assert_eq!(taken, drawn.rules.budget, "{}", drawn.text);
        assert_eq!(
            [said[3].parse(), said[4].parse()],
            [Ok(referees), Ok(referrers)],
            "{}",
            drawn.text
        );
        assert_eq!(
            (figure(told, "referees"), figure(told, "referrers")),
            (referees, referrers)
        );
    });
}

#[test]
fn a_reward_is_final_on_the_day_of_its_conversion_exactly_where_it_is_said() {
    for_each_history(|numbers| {
        let drawn = Drawn::of(numbers);
        let mut paper = drawn.paper();
        let granted = refer(&mut paper, 1, drawn.rules.minimum.max(10_000), FULL);
        let ready: u128 = paper
            .end_day(first_day())
            .into_iter()
            .map(|(_, amount)| amount)
            .sum();
        let told = found(drawn.plan.findings(), "campaign_without_hold");
        assert_eq!(told.is_some(), ready > 0, "{}", drawn.text);
        let Some(told) = told else { return };
        gaps(
            told,
            "The referrer receives a reward at the end of the conversion's day: if the purchase is refunded later, the referrer owes the reward back.",
        );
        assert_eq!((ready, figure(told, "hold_days")), (granted, 0));
        // What goes back afterwards was the referrer's already.
        assert_eq!(paper.reverse(0, None), Some(granted), "{}", drawn.text);
    });
}
