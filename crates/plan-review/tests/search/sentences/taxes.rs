//! What is said of taxes: read from the sentences, and played.

use naive::withholding::{Book, Ceiling, Rule};
use plan::{ChainClass, Day, Finding};
use plan_review::review::{Asked, Review};

use super::reading::{bps, compiled, figure, for_each_history, found, gaps, pick, units, usdt};
use crate::numbers::Numbers;

pub(crate) const CHECKED: &[&str] = &["withholding", "withheld_twice"];

pub(super) const DATES: [&str; 3] = ["2026-01-01", "2026-09-15", "2027-02-01"];

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

pub(super) struct Drawn {
    pub(super) rules: Vec<Rule>,
    pub(super) fee_bps: u128,
    pub(super) min: u128,
    /// What rewards can be.
    pub(super) kinds: &'static [&'static str],
    pub(super) smallest_payment: u128,
    pub(super) text: String,
}

impl Drawn {
    pub(super) fn of(numbers: &mut Numbers) -> Self {
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

    pub(super) fn keeps_wallets(&self) -> bool {
        self.fee_bps > 0 || self.min > 0 || self.rules.iter().any(|rule| rule.at_payout)
    }

    pub(super) fn review(&self, chain: ChainClass) -> Review {
        let asked = Asked {
            chain,
            jurisdiction: None,
            cooling_off_days: Some(14),
        };
        Review::of(&compiled(&self.text), [], asked)
    }
}

pub(super) fn day(date: &str) -> u32 {
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
    let (what, words) = words.split_once(" is withheld under ").expect("it has a name");
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
        } else if let Some(threshold) = amount("once a financial year's total exceeds ", " USDT") {
            rule.threshold = threshold;
            assert!(
                told.text
                    .ends_with("; the payment that crosses it bears the tax for the whole year.")
            );
        } else if let Some(threshold) = amount("on the part above ", " USDT in a financial year") {
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
