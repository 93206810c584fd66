//! What is said of subscriptions: what they accrue, who pays for it, where it ends, and what uplines and bonuses get.

use naive::flow::Flow;
use naive::generation::{self, User};
use naive::subscription::{Model, Terms};
use plan::file::PlanFile;
use plan::subscription::{BonusTerms, Bonuses};
use plan::{CompiledPlan, Day, Finding, Severity, UserId};

use super::reading::{bps, compiled, figure, for_each_history, found, gaps, pick, units, usdt};
use crate::numbers::Numbers;

pub(crate) const CHECKED: &[&str] = &[
    "effective_rate",
    "breakeven_growth",
    "accruals_from_purchases",
    "generations_from_purchases",
    "earnings_capped",
    "bonus_not_withdrawable",
];

/// Four hundred years, after which the calendar repeats: days and months.
const CYCLE: (u32, u32) = (146_097, 4_800);
/// A purchase so large that a day's rounding is nothing.
const LARGE: u128 = 1 << 60;

struct Drawn {
    terms: Terms,
    /// Rates and directs of generations.
    generations: Vec<(u16, u32)>,
    /// What generations leave, to the fund of accruals, the fund behind it, and one that pays nobody.
    allocations: [u128; 3],
    bonus: Option<(u128, u16, Option<u128>)>,
    text: String,
}

impl Drawn {
    fn of(numbers: &mut Numbers) -> Self {
        let only_working_days = numbers.below(2) == 0;
        let named = only_working_days && numbers.below(3) == 0;
        let mut left = 10_000;
        let generations = (0..numbers.below(4)).map(|_| {
            let rate = pick(numbers, &[0, 1, 100, 1_000, left]).min(left);
            left -= rate;
            (rate, pick(numbers, &[0, 0, 1, 2, 9]))
        });
        let generations = generations.collect();
        let multiple = |numbers: &mut Numbers| (numbers.below(3) > 0).then(|| pick(numbers, &[1, 2, 3, 10]));
        let mut drawn = Self {
            terms: Terms {
                tiers: vec![(1, pick(numbers, &[1, 90, 600, 1_000, 5_000, 10_000]))],
                amount_max: None,
                only_working_days,
                divisor: (!named).then(|| pick(numbers, &[20, 21, 22, 30, 31])),
                queue: numbers.below(2) == 0,
                multiple: multiple(numbers),
                user_multiple: multiple(numbers),
            },
            generations,
            allocations: [0, 1, 2].map(|_| pick(numbers, &[0, 0, 1, 2_500, 3_333])),
            bonus: (numbers.below(2) == 0).then(|| {
                let most = (numbers.below(2) == 0).then(|| 1 + numbers.below(40) as u128);
                (
                    1 + numbers.below(100) as u128,
                    pick(numbers, &[1, 1_000, 5_000, 9_999]),
                    most,
                )
            }),
            text: String::new(),
        };
        drawn.text = drawn.file();
        drawn
    }

    fn file(&self) -> String {
        let divisor = self
            .terms
            .divisor
            .map_or("\"working_days\"".to_owned(), |days| days.to_string());
        let mut text = format!(
            "name = \"drawn\"\nversion = 1\nasset = \"USDT\"\n[[funds]]\nname = \"f\"\nfallback = \"g\"\n[[funds]]\nname = \"g\"\n\
             [[funds]]\nname = \"h\"\n[subscription]\naccrual_days = \"{}\"\nmonth_divisor = {divisor}\nfund = \"f\"\n\
             when_short = \"{}\"\n",
            if self.terms.only_working_days {
                "working"
            } else {
                "all"
            },
            if self.terms.queue { "queue" } else { "pro_rata" },
        );
        if let Some(multiple) = self.terms.multiple {
            text.push_str(&format!("cap_multiple = {multiple}\n"));
        }
        for (from, monthly) in &self.terms.tiers {
            text.push_str(&format!(
                "[[subscription.tiers]]\nfrom = \"{}\"\nmonthly_bps = {monthly}\n",
                usdt(*from)
            ));
        }
        for (fund, share) in ["f", "g", "h"].into_iter().zip(self.allocations) {
            text.push_str(&format!(
                "[[subscription.allocations]]\nfund = \"{fund}\"\nbps = {share}\n"
            ));
        }
        if !self.generations.is_empty() {
            let (rates, directs): (Vec<u16>, Vec<u32>) = self.generations.iter().copied().unzip();
            text.push_str(&format!(
                "[generation]\nrates_bps = {rates:?}\ndirects_required = {directs:?}\nmode = \"physical\"\n"
            ));
        }
        if let Some(multiple) = self.terms.user_multiple {
            text.push_str(&format!("[cap]\nmultiple = {multiple}\n"));
        }
        if let Some((amount, share, most)) = self.bonus {
            let most = most.map_or(String::new(), |most| format!("use_max = \"{}\"\n", usdt(most)));
            text.push_str(&format!(
                "[bonus]\namount = \"{}\"\ngrant = \"verified\"\nuse_bps_max = {share}\nfund = \"h\"\n{most}",
                usdt(amount)
            ));
        }
        text
    }

    fn plan(&self) -> CompiledPlan {
        compiled(&self.text)
    }

    /// What generations take of a purchase, in ten-thousandths.
    fn taken(&self) -> u128 {
        self.generations.iter().map(|(rate, _)| u128::from(*rate)).sum()
    }
}

/// What a purchase of 2^60 accrues on a day of an endless plan.
fn accrued_on(drawn: &Drawn, days: impl Iterator<Item = u32>) -> u128 {
    let mut model = Model::new(Terms {
        multiple: None,
        user_multiple: None,
        ..drawn.terms.clone()
    });
    assert!(model.buy(0, LARGE, 0));
    for day in days {
        model.accrue(day, u128::MAX >> 1);
    }
    model.accrued(0)
}

/// What the model accrues in an average month, in ten-thousandths of what was paid, as a fraction.
fn monthly(drawn: &Drawn) -> (u128, u128) {
    if drawn.terms.divisor.is_none() {
        // Every month brings its rate, whatever its days.
        let first = Day::of_date("2026-01-01").expect("it is a date").get();
        let year = accrued_on(drawn, first..first + 365);
        return (year * 10_000, 12 * LARGE);
    }
    // The model's days differ only by being working days or not: the first are a Thursday and a Saturday.
    let [working, other] = [0, 2].map(|day| accrued_on(drawn, std::iter::once(day)));
    let (days, months) = CYCLE;
    let weekends = (0..days).filter(|day| matches!(day % 7, 2 | 3)).count() as u128;
    let all = working * (u128::from(days) - weekends) + other * weekends;
    (all * 10_000, u128::from(months) * LARGE)
}

#[test]
fn no_average_month_accrues_more_than_is_said_and_one_accrues_that_much() {
    for_each_history(|numbers| {
        let drawn = Drawn::of(numbers);
        let plan = drawn.plan();
        let told = found(plan.findings(), "effective_rate").expect("it is always said");
        let words =
            "A subscription from {} on accrues at most {} in an average month, at a nominal rate of {}.";
        let said = gaps(told, words);
        let (rate, reason) = said[2].split_once(", ").unwrap_or((said[2], ""));
        let nominal = u128::from(drawn.terms.tiers[0].1);
        assert_eq!((units(said[0]), bps(rate)), (drawn.terms.tiers[0].0, nominal));
        let (part, whole) = monthly(&drawn);
        let effective = bps(said[1]);
        assert!(part <= effective * whole, "{}", drawn.text);
        assert!(part + whole > effective * whole, "{}", drawn.text);
        assert_eq!(figure(told, "effective_monthly_bps"), effective);
        assert_eq!(figure(told, "nominal_monthly_bps"), nominal);
        // A part of a ten-thousandth less is not told, rounding alone even less.
        let is_less = drawn.terms.divisor.is_some() && part + whole <= nominal * whole;
        assert_eq!(told.severity == Severity::Warning, is_less, "{}", drawn.text);
        let Some(divisor) = drawn.terms.divisor.filter(|_| is_less) else {
            assert_eq!(reason, "");
            return;
        };
        assert_eq!(
            reason,
            format!("because it accrues on fewer days than the divisor of {divisor}")
        );
    });
}

/// Whether the fund is empty at some time when purchases grow by this share every month, and all that generations leave of them
/// pays what they accrue; months are all alike. By months, in parts of the month's purchases.
#[expect(
    clippy::float_arithmetic,
    reason = "shares of a growing amount, compared with a distance"
)]
fn runs_dry(drawn: &Drawn, growth_bps: u128) -> bool {
    let share = |bps: u128| u32::try_from(bps).map(f64::from).expect("it is small") / 10_000.0;
    let discount = 1.0 / (1.0 + share(growth_bps));
    let (part, whole) = monthly(drawn);
    let monthly = (part as f64) / (whole as f64) / 10_000.0;
    let cap = drawn
        .terms
        .multiple
        .into_iter()
        .chain(drawn.terms.user_multiple)
        .min();
    let cap = cap.map(|multiple| share(multiple * 10_000));
    let income = 1.0 - share(drawn.taken());
    // What one month's purchases accrue in a month that begins so many months later, discounted.
    let (mut accrued, mut of_one, mut factor, mut fund) = (0.0_f64, 0.0_f64, 1.0_f64, 0.0_f64);
    for _ in 0..30_000 {
        fund = fund * discount + income - accrued;
        if fund < -1e-9 {
            return true;
        }
        // The oldest purchases come to another month.
        let rest = cap.map_or(monthly, |cap| (cap - of_one).clamp(0.0, monthly));
        of_one += rest;
        factor *= discount;
        accrued += rest * factor;
    }
    false
}

#[test]
fn purchases_that_grow_less_than_is_said_leave_the_fund_empty_and_those_that_grow_more_do_not() {
    for_each_history(|numbers| {
        let drawn = Drawn::of(numbers);
        let plan = drawn.plan();
        let told = found(plan.findings(), "breakeven_growth").expect("it is always said");
        let said = gaps(
            told,
            "Without outside revenue, and with all of every purchase except the {} for generations going to accruals, {} to pay \
             everything that subscriptions from {} may accrue; otherwise accruals stop when the fund is empty.",
        );
        assert_eq!(
            (bps(said[0]), units(said[2])),
            (drawn.taken(), drawn.terms.tiers[0].0)
        );
        assert_eq!(figure(told, "commissions_bps"), drawn.taken());
        if said[1] == "no growth in purchases would be enough" {
            assert!(runs_dry(&drawn, 1_000_000), "{}", drawn.text);
            assert_eq!(told.figure("growth_monthly_bps"), None);
            return;
        }
        let growth = figure(told, "growth_monthly_bps");
        if said[1] == "purchases would have to continue forever and never fall" {
            assert_eq!(growth, 0);
        } else {
            let clause = Finding {
                text: said[1].to_owned(),
                ..told.clone()
            };
            let said = gaps(
                &clause,
                "purchases would have to grow by at least {} every month, forever",
            );
            assert_eq!(bps(said[0]), growth);
            assert!(growth > 0);
        }
        assert!(!runs_dry(&drawn, growth + 1), "{growth}\n{}", drawn.text);
        // Slower growth takes longer than anyone looks.
        if growth > 20 {
            assert!(runs_dry(&drawn, growth - 1), "{growth}\n{}", drawn.text);
        }
    });
}

#[test]
fn what_purchases_put_within_reach_of_accruals_is_what_is_said() {
    for_each_history(|numbers| {
        let drawn = Drawn::of(numbers);
        // What generations leave of a purchase; funds get nothing of nothing.
        let rest = if drawn.taken() < 10_000 { 100_000_000 } else { 0 };
        let mut flow = Flow::new(vec![Some(1), None, None]);
        for (fund, share) in drawn.allocations.into_iter().enumerate() {
            flow.pour(fund, rest * share / 10_000);
        }
        let reach = flow.reach(0);
        let plan = drawn.plan();
        let told = found(plan.findings(), "accruals_from_purchases");
        assert_eq!(told.is_some(), reach > 0, "{}", drawn.text);
        let Some(told) = told else { return };
        let said = gaps(
            told,
            "The fund {} that pays accruals, together with the funds that back it, receives {} of every purchase after the generation \
             shares: to that extent participants are paid with other participants' payments.",
        );
        assert_eq!(
            (said[0], bps(said[1]) * rest),
            ("\"f\"", reach * 10_000),
            "{}",
            drawn.text
        );
        assert_eq!(figure(told, "allocation_bps"), bps(said[1]));
        // A day's accruals take it: it reaches a participant.
        let mut model = Model::new(drawn.terms.clone());
        assert!(model.buy(0, 1 << 50, 0));
        let paid: u128 = model
            .accrue(0, reach)
            .lines
            .iter()
            .map(|(_, amount)| amount)
            .sum();
        assert_eq!(flow.take(0, paid), paid);
        assert!(paid > 0, "{}", drawn.text);
    });
}

/// What the uplines of a long line, all with so many directs, get of a purchase of 10,000, and how many of them.
fn shared(drawn: &Drawn, directs: u32) -> (u128, usize) {
    let people = (0..8).map(|number: usize| User {
        sponsor: number.checked_sub(1),
        directs,
        active: true,
        ..User::default()
    });
    let terms = generation::Terms {
        generations: drawn.generations.clone(),
        mode: "physical",
        cap: None,
    };
    let lines = generation::distribute(&terms, 10_000, 7, &mut people.collect::<Vec<_>>());
    let paid = lines
        .iter()
        .filter(|line| line.cause.is_none() && line.amount > 0);
    (paid.clone().map(|line| line.amount).sum(), paid.count())
}

#[test]
fn uplines_get_what_is_said_with_the_directs_that_are_said() {
    for_each_history(|numbers| {
        let drawn = Drawn::of(numbers);
        let plan = drawn.plan();
        let told = found(plan.findings(), "generations_from_purchases");
        assert_eq!(told.is_some(), !drawn.generations.is_empty(), "{}", drawn.text);
        let Some(told) = told else { return };
        let said = gaps(
            told,
            "{} of every purchase is reserved for {} of uplines; {} requires no directs, and full payment for every generation requires {}.",
        );
        let (all, people) = shared(&drawn, 1_000);
        let least = (0..=1_000)
            .find(|directs| shared(&drawn, *directs).0 == all)
            .expect("a thousand are enough");
        let number =
            |number: usize, name: &str| format!("{number} {name}{}", if number == 1 { "" } else { "s" });
        assert_eq!(
            (bps(said[0]), bps(said[2])),
            (all, shared(&drawn, 0).0),
            "{}",
            drawn.text
        );
        assert_eq!(said[1], number(people, "generation"), "{}", drawn.text);
        assert_eq!(said[3], number(least as usize, "direct"), "{}", drawn.text);
        for (name, value) in [
            ("generations", people as u128),
            ("rates_sum_bps", all),
            ("without_directs_bps", shared(&drawn, 0).0),
            ("directs_for_all", u128::from(least)),
        ] {
            assert_eq!(figure(told, name), value, "{name} {}", drawn.text);
        }
    });
}

#[test]
fn rewards_end_at_the_multiple_that_is_said() {
    for_each_history(|numbers| {
        let drawn = Drawn::of(numbers);
        let plan = drawn.plan();
        let told = found(plan.findings(), "earnings_capped");
        let mut model = Model::new(drawn.terms.clone());
        let mut reached_more = false;
        for day in 0..40 {
            if numbers.below(3) == 0 {
                model.buy(0, 1 + numbers.below(1_000) as u128, 0);
            }
            if numbers.below(9) == 0 && !model.purchases.is_empty() {
                model.refund(numbers.below(model.purchases.len()));
            }
            let before = model.earned(0);
            model.reward(0, numbers.below(3_000) as u128);
            model.accrue(day, u128::MAX >> 1);
            let granted = model.earned(0) > before;
            if let Some(told) = told {
                let most = figure(told, "cap_multiple") * model.invested(0);
                assert!(!granted || model.earned(0) <= most, "{}", drawn.text);
                model.reward(0, 1 << 40);
                assert!(model.earned(0) >= most, "{}", drawn.text);
            } else {
                model.reward(0, 1 << 40);
                reached_more = true;
            }
        }
        let is_endless = told.is_none() && reached_more && model.earned(0) >= 1 << 40;
        assert_eq!(is_endless, told.is_none(), "{}", drawn.text);
        let Some(told) = told else { return };
        let said = gaps(
            told,
            "A user's rewards are capped in total at {} times what the user paid for purchases that were not \
             refunded; a user who has paid nothing receives nothing.",
        );
        assert_eq!(said[0].parse(), Ok(figure(told, "cap_multiple")));
        assert_eq!(Model::new(drawn.terms.clone()).reward(1, 1 << 40), 0);
    });
}

#[test]
fn a_bonus_adds_to_purchases_what_is_said_and_no_more() {
    for_each_history(|numbers| {
        let drawn = Drawn::of(numbers);
        let plan = drawn.plan();
        let told = found(plan.findings(), "bonus_not_withdrawable");
        assert_eq!(told.is_some(), drawn.bonus.is_some(), "{}", drawn.text);
        let Some(told) = told else { return };
        let said = gaps(
            told,
            "The registration bonus of {} USDT cannot be withdrawn: it adds at most {} to what the user pays for a purchase{}, \
             while the fund {} and the funds that back it have money.",
        );
        let (amount, share) = (units(said[0]), bps(said[1]));
        let most = said[2]
            .strip_prefix(" and at most ")
            .map(|most| units(most.strip_suffix(" USDT").unwrap()));
        assert_eq!(
            (
                figure(told, "amount"),
                figure(told, "use_bps_max"),
                told.figure("use_max")
            ),
            (amount, share, most)
        );
        assert_eq!(said[3], "\"h\"");
        let file: PlanFile = toml::from_str(&drawn.text).expect("it was compiled");
        let table = file.bonus.expect("it is there");
        let terms = BonusTerms::check(&table, money::Asset::Usdt).expect("it was compiled");
        let user = UserId::new(1).expect("it is a number");
        for price in 0..400 {
            let used = |fund| {
                let mut bonuses = Bonuses::default();
                assert_eq!(bonuses.grant(&terms, user).base_units(), amount);
                let used = bonuses.spend(&terms, user, money::Amount::new(price), money::Amount::new(fund));
                used.used.base_units()
            };
            let limits = [amount, price * share / 10_000].into_iter().chain(most);
            assert_eq!(used(1 << 40), limits.min().unwrap(), "{price}: {}", drawn.text);
            assert_eq!(used(0), 0);
        }
    });
}
