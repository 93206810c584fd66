//! What is said of the way out: taxes, the fee, and the smallest withdrawal. Taxes are read from their sentences and played.

use naive::withholding::{Book, Ceiling, Rule, withdrawal};
use plan::file::PlanFile;
use plan::review::{Asked, Review};
use plan::withdrawal::{Request, WithdrawalRefused, WithdrawalTerms};
use plan::withholding::{Withholding, WithholdingTerms};
use plan::{ChainClass, Day, Finding, Severity, UserId};

use super::{bps, compiled, figure, for_each_history, found, gaps, pick, units, usdt};
use crate::numbers::Numbers;

pub(crate) const CHECKED: &[&str] = &[
    "withdrawal_out_of_reach",
    "kept_back",
    "withdrawal_fee",
    "withdrawal_minimum",
    "withholding",
    "withheld_twice",
];

const DATES: [&str; 3] = ["2026-01-01", "2026-09-15", "2027-02-01"];

/// Intakes, the kinds of rewards that they bring, and the smallest payment in base units.
const PLANS: [(&str, &[&str], u128); 3] = [
    (
        "[joining]\nprice = \"250\"\n[campaign]\nfund = \"f\"\nreward = \"10\"\nhold_days = 14\nbudget = \"1000\"\n\
         starts = \"2026-01-01\"\nends = \"2026-12-31\"\n[campaign.qualifies]\nconversion_min = \"10\"\nself_referral = \"refuse\"\n\
         per_referee = \"one\"\n",
        &["bonus"],
        250_000_000,
    ),
    (
        "[subscription]\naccrual_days = \"all\"\nmonth_divisor = 30\nfund = \"f\"\nwhen_short = \"queue\"\n\
         [[subscription.tiers]]\nfrom = \"150\"\nmonthly_bps = 100\n[generation]\nrates_bps = [100]\ndirects_required = [0]\n\
         mode = \"physical\"\n",
        &["accrual", "generation"],
        150_000_000,
    ),
    (
        "[orders]\nperiod = \"month\"\npv_bps = 1\nfund = \"f\"\nfund_bps = 1\ngenerations_bps = [1]\ncompression = \"none\"\n\
         active_pv_min = \"0\"\nlate_orders = \"open_period\"\n[ranks]\nfund = \"f\"\nwhen_short = \"queue\"\nhold_days = 14\n\
         [[ranks.ladder]]\nname = \"R\"\nmain_min = \"1\"\nother_min = \"1\"\nweekly_bonus = \"1\"\n",
        &["generation", "rank"],
        0,
    ),
];

struct Drawn {
    rules: Vec<Rule>,
    fee_bps: u128,
    min: u128,
    /// What rewards can be.
    kinds: &'static [&'static str],
    smallest_payment: u128,
    text: String,
}

impl Drawn {
    fn of(numbers: &mut Numbers) -> Self {
        let (intake, kinds, smallest_payment) = pick(numbers, &PLANS);
        let mut drawn = Self {
            rules: vec![],
            fee_bps: pick(numbers, &[0, 0, 1, 500, 2_500, 5_000]),
            min: pick(
                numbers,
                &[
                    0,
                    1,
                    99_999_999,
                    100_000_000,
                    100_000_001,
                    149_999_999,
                    150_000_001,
                    250_000_000,
                    1 << 95,
                ],
            ),
            kinds,
            smallest_payment,
            text: format!(
                "name = \"drawn\"\nversion = 1\nasset = \"USDT\"\n[[funds]]\nname = \"f\"\n{intake}"
            ),
        };
        for name in ["A", "B", "C"] {
            if numbers.below(2) == 0 {
                drawn.policy(numbers, name);
            }
        }
        let min = if drawn.min > 0 {
            format!("min = \"{}\"\n", usdt(drawn.min))
        } else {
            String::new()
        };
        if drawn.fee_bps > 0 || drawn.min > 0 {
            drawn
                .text
                .push_str(&format!("[withdrawal]\nfee_bps = {}\n{min}", drawn.fee_bps));
        }
        drawn
    }

    /// A tax; one with a threshold or a ceiling has one version.
    fn policy(&mut self, numbers: &mut Numbers, name: &str) {
        let at_payout = numbers.below(2) == 0;
        let threshold = pick(numbers, &[0, 0, 50_000_000]);
        let ceiling = match numbers.below(6) {
            0 => Some(Ceiling::OfPayment(3_000_000)),
            1 => Some(Ceiling::OfYear(5_000_000)),
            _ => None,
        };
        let only_above = threshold > 0 && numbers.below(2) == 0;
        let kinds = pick(
            numbers,
            &[
                None,
                None,
                Some(&["bonus"][..]),
                Some(&["generation", "rank"][..]),
                Some(&["pair"][..]),
            ],
        );
        let kinds = kinds.filter(|_| !at_payout);
        let kinds = kinds.map(|kinds| kinds.iter().map(|kind| (*kind).to_owned()).collect());
        let versions = if threshold > 0 || ceiling.is_some() {
            1
        } else {
            1 + numbers.below(3)
        };
        for date in &DATES[..versions] {
            let rate_bps = pick(numbers, &[0, 1, 200, 2_500, 5_000, 9_900]);
            let rule = Rule {
                policy: name.to_owned(),
                at_payout,
                from_day: day(date),
                rate_bps,
                no_tax_id_rate_bps: pick(numbers, &[0, 2_000, 5_000, 10_000]).max(rate_bps),
                threshold,
                only_above,
                ceiling,
                year_starts_month: 4,
                kinds: kinds.clone(),
            };
            self.text.push_str(&table(&rule, date));
            self.rules.push(rule);
        }
    }

    fn keeps_wallets(&self) -> bool {
        self.fee_bps > 0 || self.min > 0 || self.rules.iter().any(|rule| rule.at_payout)
    }

    fn review(&self, chain: ChainClass) -> Review {
        let asked = Asked {
            chain,
            jurisdiction: None,
            cooling_off_days: Some(14),
        };
        Review::of(&compiled(&self.text), [], asked)
    }
}

fn day(date: &str) -> u32 {
    Day::of_date(date).expect("it is a date").get()
}

fn table(rule: &Rule, date: &str) -> String {
    let basis = if rule.at_payout { "payout" } else { "credit" };
    let mut text = format!(
        "[[withholding]]\nname = \"{}\"\nvalid_from = \"{date}\"\nbasis = \"{basis}\"\nrate_bps = {}\nno_tax_id_rate_bps = {}\n\
         financial_year_starts_month = 4\non = \"gross\"\n",
        rule.policy, rule.rate_bps, rule.no_tax_id_rate_bps,
    );
    if rule.threshold > 0 {
        let crossing = if rule.only_above {
            "above_only"
        } else {
            "whole_aggregate"
        };
        let threshold = usdt(rule.threshold);
        text.push_str(&format!(
            "threshold = \"{threshold}\"\nthreshold_scope = \"financial_year\"\ncrossing = \"{crossing}\"\n"
        ));
    }
    let (ceiling, scope) = match rule.ceiling {
        None => (0, ""),
        Some(Ceiling::OfPayment(most)) => (most, "payment"),
        Some(Ceiling::OfYear(most)) => (most, "financial_year"),
    };
    if ceiling > 0 {
        text.push_str(&format!(
            "ceiling = \"{}\"\nceiling_scope = \"{scope}\"\n",
            usdt(ceiling)
        ));
    }
    if let Some(kinds) = &rule.kinds {
        text.push_str(&format!("kinds = {kinds:?}\n"));
    }
    text
}

/// What users with and without a tax id are taxed on random rewards and withdrawals.
fn taxes(rules: Vec<Rule>, numbers: &mut Numbers) -> Vec<Vec<(String, u128)>> {
    let mut book = Book {
        rules,
        with_tax_id: vec![2],
        ..Book::default()
    };
    let mut day = day(DATES[0]);
    let payments = (0..60).map(|_| {
        day += pick(numbers, &[0, 1, 20]);
        let kind = pick(
            numbers,
            &[
                None,
                Some("bonus"),
                Some("generation"),
                Some("rank"),
                Some("accrual"),
                Some("pair"),
            ],
        );
        let gross = 1 + numbers.below(20_000_000) as u128;
        let user = pick(numbers, &[1, 2]);
        let mut taxed = book.pay(user, gross, kind, day);
        taxed.retain(|(_, amount)| *amount > 0);
        taxed
    });
    payments.collect()
}

/// The rule that a sentence states.
fn read(told: &Finding) -> Rule {
    let words = told.text.strip_suffix('.').expect("it is a sentence");
    let (rate, words) = words.split_once(" of ").expect("it has a share");
    let (what, words) = words.split_once(" are withheld under ").expect("it has a name");
    let mut clauses = words.split("; ").next().expect("there is one").split(", ");
    let first = clauses.next().expect("there is one");
    let (policy, from) = first.split_once(" from ").expect("it has a day");
    let (from, through) = match from.split_once(" to ") {
        Some((from, through)) => (from, Some(through)),
        None => (from.strip_suffix(" on").expect("it has no end"), None),
    };
    assert!(through.is_none_or(|through| day(through) > day(from)));
    let mut rule = Rule {
        policy: policy.to_owned(),
        at_payout: what == "withdrawals",
        from_day: day(from),
        rate_bps: bps(rate),
        no_tax_id_rate_bps: bps(rate),
        threshold: 0,
        only_above: false,
        ceiling: None,
        year_starts_month: 4,
        kinds: what
            .strip_prefix("credited rewards of the kinds ")
            .map(|kinds| kinds.split(" and ").map(str::to_owned).collect()),
    };
    for clause in clauses {
        let amount = |words: &str, end: &str| {
            let rest = clause.strip_prefix(words)?;
            Some(units(rest.strip_suffix(end)?))
        };
        if let Some(rate) = clause.strip_suffix(" from users without a known tax id") {
            rule.no_tax_id_rate_bps = bps(rate);
        } else if let Some(threshold) = amount("once a financial year's sum exceeds ", " USDT") {
            rule.threshold = threshold;
            assert!(
                told.text
                    .ends_with("; the payment that crosses it bears the tax of the whole year.")
            );
        } else if let Some(threshold) = amount("of what exceeds ", " USDT in a financial year") {
            (rule.threshold, rule.only_above) = (threshold, true);
        } else if let Some(most) = amount("at most ", " USDT of a payment") {
            rule.ceiling = Some(Ceiling::OfPayment(most));
        } else if let Some(most) = amount("at most ", " USDT in a financial year") {
            rule.ceiling = Some(Ceiling::OfYear(most));
        } else {
            panic!("{clause:?}");
        }
    }
    assert_eq!(figure(told, "rate_bps"), rule.rate_bps);
    assert_eq!(figure(told, "no_tax_id_rate_bps"), rule.no_tax_id_rate_bps);
    assert_eq!(figure(told, "threshold_units"), rule.threshold);
    rule
}

#[test]
fn who_reads_the_sentences_about_taxes_can_compute_them() {
    for_each_history(|numbers| {
        let drawn = Drawn::of(numbers);
        let plan = compiled(&drawn.text);
        let told = plan
            .findings()
            .iter()
            .filter(|finding| finding.code == "withholding");
        let read: Vec<Rule> = told.map(read).collect();
        assert_eq!(read.len(), drawn.rules.len(), "{}", drawn.text);
        let again = numbers.clone();
        let expected = taxes(drawn.rules.clone(), numbers);
        assert_eq!(taxes(read, &mut again.clone()), expected, "{}", drawn.text);
    });
}

/// A user without a tax id receives rewards of a kind, all of the same amount, and takes out each at once: what was received,
/// what the user has of it, and the most that was kept of one at its credit.
fn take_out(drawn: &Drawn, kind: &str, first: u32, rewards: u32, reward: u128) -> (u128, u128, u128) {
    let mut book = Book {
        rules: drawn.rules.clone(),
        ..Book::default()
    };
    let (mut has, mut worst) = (0, 0);
    for number in 0..rewards {
        let mut pay = |gross, kind| -> u128 {
            let taxes = book.pay(1, gross, kind, first + number / 8);
            taxes.iter().map(|(_, amount)| amount).sum()
        };
        let at_credit = pay(reward, Some(kind));
        worst = worst.max(at_credit);
        let credited = reward - at_credit;
        if drawn.keeps_wallets() {
            let tax = pay(credited, None);
            has += withdrawal(credited, tax, drawn.fee_bps).1;
        } else {
            has += credited;
        }
    }
    (reward * u128::from(rewards), has, worst)
}

/// The most that is kept of rewards of any kind and time, in ten-thousandths: of many small ones, and of one that is huge beside
/// all thresholds, rounded up.
fn most_kept(drawn: &Drawn, with_ceilings: bool) -> u128 {
    let amounts = if with_ceilings {
        [40_000, 400_000]
    } else {
        [400_000, 1 << 90]
    };
    let mut most = 0;
    for kind in drawn.kinds {
        for date in DATES {
            for amount in amounts {
                let rewards = if amount > 1 << 80 { 1 } else { 40 };
                let (received, has, _) = take_out(drawn, kind, day(date), rewards, amount);
                most = most.max(((received - has) * 10_000).div_ceil(received));
            }
        }
    }
    most
}

#[test]
fn what_is_kept_back_in_all_is_what_is_said() {
    for_each_history(|numbers| {
        let drawn = Drawn {
            min: 0,
            ..Drawn::of(numbers)
        };
        let review = drawn.review(ChainClass::Public);
        let has_ceilings = drawn.rules.iter().any(|rule| rule.ceiling.is_some());
        let most = most_kept(&drawn, has_ceilings);
        let told = found(&review.findings, "kept_back");
        assert!(told.is_some() || most == 0, "{most}\n{}", drawn.text);
        let Some(told) = told else { return };
        let words = "Of a user's rewards together up to {} are kept back before the user has them: {} when they are credited, {} of the \
                     rest when it is withdrawn, and of what is left {} as fee{}.";
        let said = gaps(told, words);
        let [kept, credit, payout, fee] = [said[0], said[1], said[2], said[3]].map(bps);
        for (name, value) in [
            ("kept_bps", kept),
            ("credit_bps", credit),
            ("payout_bps", payout),
            ("fee_bps", fee),
        ] {
            assert_eq!(figure(told, name), value);
        }
        // Rounding keeps less, and the stated share is of whole ten-thousandths.
        assert!(most <= kept + 1, "{most}\n{}", drawn.text);
        let has_thresholds = drawn.rules.iter().any(|rule| rule.threshold > 0);
        let is_simple = !has_ceilings && !has_thresholds;
        assert!(!is_simple || most + 1 >= kept, "{most}\n{}", drawn.text);
        assert_eq!(told.severity == Severity::Error, kept > 5_000, "{}", drawn.text);
        check_crossing(&drawn, said[4], credit);
    });
}

/// One reward can be kept back whole only where that is said.
fn check_crossing(drawn: &Drawn, said: &str, credit: u128) {
    let kinds = drawn.kinds.iter();
    // Below the threshold of 50 in all, and then a base unit above it.
    let worst = kinds.map(|kind| {
        let mut book = Book {
            rules: drawn.rules.clone(),
            ..Book::default()
        };
        book.pay(1, 50_000_000, Some(kind), day(DATES[2]));
        let taxes = book.pay(1, 100, Some(kind), day(DATES[2]));
        taxes.iter().map(|(_, amount)| amount).sum::<u128>()
    });
    let is_lost = worst.max() == Some(100) && credit < 10_000;
    match said {
        "; a reward with which a year's sum crosses a threshold can be kept back whole" => {
            assert!(is_lost || credit == 10_000)
        }
        "" => assert!(!is_lost, "{}", drawn.text),
        other => panic!("{other}"),
    }
}

#[test]
fn tax_is_withheld_twice_exactly_where_it_is_said() {
    for_each_history(|numbers| {
        let drawn = Drawn::of(numbers);
        let taxed = |at_payout| {
            let rules = drawn.rules.iter().filter(|rule| rule.at_payout == at_payout);
            let mut rules = rules.map(|rule| rule.no_tax_id_rate_bps);
            rules.any(|rate| rate > 0)
        };
        let plan = compiled(&drawn.text);
        let told = found(plan.findings(), "withheld_twice");
        assert_eq!(told.is_some(), taxed(true) && taxed(false), "{}", drawn.text);
        let Some(told) = told else { return };
        gaps(
            told,
            "Tax can be withheld when a reward is credited and again when it is withdrawn.",
        );
        // A user whose rewards are of all kinds pays both.
        let mut book = Book {
            rules: drawn.rules.clone(),
            ..Book::default()
        };
        let mut both = [0, 0];
        for date in DATES {
            for kind in ["bonus", "generation", "rank", "pair", "accrual"] {
                both[0] += book
                    .pay(1, 1 << 40, Some(kind), day(date))
                    .iter()
                    .map(|(_, amount)| amount)
                    .sum::<u128>();
            }
            both[1] += book
                .pay(1, 1 << 40, None, day(date))
                .iter()
                .map(|(_, amount)| amount)
                .sum::<u128>();
        }
        assert!(both.iter().all(|tax| *tax > 0), "{both:?}\n{}", drawn.text);
    });
}

#[test]
fn the_fee_is_the_share_of_a_withdrawal_that_is_said() {
    for_each_history(|numbers| {
        let drawn = Drawn::of(numbers);
        let plan = compiled(&drawn.text);
        let gross = 1 + numbers.below(1_000_000_000) as u128;
        let tax = numbers.below(usize::try_from(gross).unwrap()) as u128;
        let (fee, _) = withdrawal(gross, tax, drawn.fee_bps);
        let told = found(plan.findings(), "withdrawal_fee");
        assert!(told.is_some() || fee == 0, "{}", drawn.text);
        let Some(told) = told else { return };
        let said = gaps(
            told,
            "Of what tax leaves of a withdrawal {} are the operator's fee.",
        );
        assert_eq!(figure(told, "fee_bps"), bps(said[0]));
        assert_eq!(fee, (gross - tax) * bps(said[0]) / 10_000);
        assert!(withdrawal(1 << 40, 0, drawn.fee_bps).0 > 0);
    });
}

/// Whether somebody with this balance can take all of it out.
fn can_take_out(drawn: &Drawn, balance: u128) -> bool {
    let file: PlanFile = toml::from_str(&drawn.text).expect("it was compiled");
    let Some(table) = file.withdrawal else {
        return true;
    };
    let terms = WithdrawalTerms::check(&table, money::Asset::Usdt).expect("it was compiled");
    let balance = money::Amount::new(balance);
    let request = Request {
        user: UserId::new(1).expect("it is a number"),
        gross: balance,
        wallet: balance,
        day: Day::new(20_500),
    };
    let preview = terms.preview(&WithholdingTerms::default(), &Withholding::default(), &request);
    !matches!(preview, Err(WithdrawalRefused::BelowMin { .. }))
}

#[test]
fn what_is_below_the_smallest_withdrawal_stays_and_who_paid_little_is_told_when_that_is_much() {
    for_each_history(|numbers| {
        let drawn = Drawn::of(numbers);
        let review = drawn.review(ChainClass::Public);
        let least = found(&review.findings, "withdrawal_minimum");
        assert_eq!(least.is_some(), !can_take_out(&drawn, 0), "{}", drawn.text);
        if let Some(told) = least {
            let said = gaps(
                told,
                "A wallet balance below {} USDT cannot be withdrawn: who stops before that gets nothing of it.",
            );
            let least = units(said[0]);
            assert_eq!(figure(told, "min_units"), least);
            assert!(
                can_take_out(&drawn, least) && !can_take_out(&drawn, least - 1),
                "{}",
                drawn.text
            );
        }
        // What everybody has in the pocket, or must pay at least.
        let balance = drawn.smallest_payment.max(100_000_000);
        let told = found(&review.findings, "withdrawal_out_of_reach");
        assert_eq!(told.is_some(), !can_take_out(&drawn, balance), "{}", drawn.text);
        let Some(told) = told else { return };
        let said = gaps(
            told,
            "The smallest withdrawal is {} USDT; who has received less, say {} USDT, cannot take it out.",
        );
        assert_eq!(
            [units(said[0]), units(said[1])],
            [drawn.min, balance],
            "{}",
            drawn.text
        );
        assert_eq!(
            (figure(told, "min_units"), figure(told, "plausible_units")),
            (drawn.min, balance)
        );
        assert_eq!(told.severity, Severity::Error);
        let local = drawn.review(ChainClass::Local);
        let local = found(&local.findings, "withdrawal_out_of_reach");
        assert_eq!(local.map(|told| told.severity), Some(Severity::Warning));
    });
}
