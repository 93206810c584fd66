//! What false names bring where goods or subscriptions are paid for: the told form, and all others within the bounds, played by
//! the models of generations, orders and pairs.

use std::cell::Cell;
use std::fmt::Write as _;

use naive::binary;
use naive::generation::{self, User};
use naive::orders::{Buyer, Generation, Model, Passes, RetailRule, Rules};
use plan::{Day, Finding, compile};
use plan_review::sybil::{Bounds, rebate};

use super::{numbers_of, scaled};
use crate::numbers::Numbers;
use crate::{SEED_USUAL, assert_covered, campaign_of, number_from};

pub(crate) const CHECKED: &[&str] = &["sybil_rebate"];

const UNIT: u128 = 1_000_000;
const WIDTHS: [usize; 4] = [1, 2, 3, 5];
const NAMES_MAX: u32 = 5;
const BROUGHT: u32 = 2;
/// Plans of each kind in a usual run.
const PLANS: u64 = 12;

/// What some names paid, and what came back to them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Played {
    paid: u128,
    back: u128,
}

impl Played {
    /// What came back beyond what else comes back, in ten-thousandths of what was paid.
    const fn beyond(self, else_back: u128) -> u128 {
        self.back.saturating_sub(else_back) * 10_000 / self.paid
    }
}

/// A form of names: how many, how many directs each has, and what the last pays for.
#[derive(Clone, Copy, Debug)]
struct Form {
    names: usize,
    width: usize,
    last: u128,
    outsiders: usize,
}

impl Form {
    /// The name above this one, both from 0, if any is.
    fn above(self, name: usize) -> Option<usize> {
        name.checked_sub(1).map(|before| before / self.width)
    }
}

fn forms(last: u128, outsiders: usize) -> impl Iterator<Item = Form> {
    (2..=NAMES_MAX as usize).flat_map(move |names| {
        WIDTHS.into_iter().map(move |width| Form {
            names,
            width,
            last,
            outsiders,
        })
    })
}

fn search(text: &str) -> Finding {
    let plan = compile(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let bounds = Bounds {
        identities_max: NAMES_MAX,
        brought: BROUGHT,
        others: 0,
    };
    rebate(&plan, bounds).expect("something is sold")
}

fn for_each_draw(check: impl Fn(&mut Numbers)) {
    let seed = number_from("TRELLIS_SEARCH_SEED", SEED_USUAL);
    for number in 0..campaign_of(PLANS) {
        check(&mut Numbers::of(seed, number));
    }
}

fn rates(numbers: &mut Numbers) -> Vec<u16> {
    let count = 1 + numbers.below(4);
    let rate = |numbers: &mut Numbers| u16::try_from(numbers.below(2_400)).unwrap();
    (0..count).map(|_| rate(numbers)).collect()
}

/// What the words of a sentence say of its form.
fn width_of(text: &str) -> usize {
    if text.contains("names in a chain") {
        return 1;
    }
    let (before, _) = text.split_once(" directs each").expect("it is a tree");
    before.rsplit(' ').next().unwrap().parse().unwrap()
}

/// Names that buy subscriptions, the last one one of another size.
fn play_subscriptions(terms: &generation::Terms, form: Form) -> Played {
    let (mut users, mut played) = (Vec::new(), Played::default());
    for name in 0..form.names {
        let amount = if name + 1 == form.names {
            form.last
        } else {
            50 * UNIT
        };
        let sponsor = form.above(name);
        users.push(User {
            sponsor,
            active: true,
            invested: amount,
            ..User::default()
        });
        if let Some(sponsor) = sponsor {
            users[sponsor].directs += 1;
        }
        let lines = generation::distribute(terms, amount, name, &mut users);
        let paid = lines.iter().filter(|line| line.cause.is_none());
        played.paid += amount;
        played.back += paid.map(|line| line.amount).sum::<u128>();
    }
    played
}

#[test]
fn names_get_back_of_subscriptions_what_is_said_and_no_form_gets_more() {
    for_each_draw(|numbers| {
        let generations: Vec<(u16, u32)> = rates(numbers)
            .into_iter()
            .map(|rate| (rate, u32::try_from(numbers.below(3)).unwrap()))
            .collect();
        let mode = ["physical", "compressed"][numbers.below(2)];
        let cap = [None, Some(1), Some(3)][numbers.below(3)];
        let mut text = format!(
            "name = \"drawn\"\nversion = 1\nasset = \"USDT\"\n\n[[funds]]\nname = \"yield\"\n\n[subscription]\naccrual_days = \"all\"\n\
             month_divisor = 30\nfund = \"yield\"\nwhen_short = \"pro_rata\"\ncap_multiple = 3\n\n[[subscription.tiers]]\n\
             from = \"50\"\nmonthly_bps = 100\n\n[generation]\nrates_bps = {:?}\ndirects_required = {:?}\nmode = \"{mode}\"\n",
            generations.iter().map(|(rate, _)| *rate).collect::<Vec<_>>(),
            generations
                .iter()
                .map(|(_, directs)| *directs)
                .collect::<Vec<_>>(),
        );
        if let Some(multiple) = cap {
            write!(text, "\n[cap]\nmultiple = {multiple}\n").unwrap();
        }
        let terms = generation::Terms {
            generations,
            mode,
            cap,
        };
        let finding = search(&text);
        let told: Vec<u128> = numbers_of(&finding.text)
            .iter()
            .map(|number| scaled(number, 6) / UNIT)
            .collect();
        let numbers = numbers_of(&finding.text);
        let names = usize::try_from(told[0]).unwrap();
        let width = width_of(&finding.text);
        // Where the sentence says how many directs, there is one number more.
        let at = 1 + usize::from(width > 1);
        let [back, paid] = [&numbers[at], &numbers[at + 1]].map(|number| scaled(number, 6));
        let form = Form {
            names,
            width,
            last: paid - (names as u128 - 1) * 50 * UNIT,
            outsiders: 0,
        };
        assert_eq!(
            play_subscriptions(&terms, form),
            Played { paid, back },
            "{}\n{text}",
            finding.text
        );
        let all: Vec<Form> = [1, 10, 50, 200]
            .into_iter()
            .flat_map(|times| forms(50 * UNIT * times, 0))
            .collect();
        let best = all
            .iter()
            .map(|form| play_subscriptions(&terms, *form).beyond(0))
            .max();
        assert_eq!(
            [scaled(&numbers[at + 2], 2), told[at + 3]],
            [best.unwrap(), all.len() as u128],
            "{}",
            finding.text
        );
        // One name gets nothing.
        let one = Form { names: 1, ..form };
        assert_eq!(play_subscriptions(&terms, one).back, 0);
    });
}

/// A sentence about orders or bookings, by its numbers.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    names: u128,
    each: u128,
    last: u128,
    customers: u128,
    outsiders: u128,
    played: Played,
    one: Played,
    share_bps: u128,
    forms: u128,
}

fn told(text: &str) -> Told {
    let mut numbers = numbers_of(text).into_iter();
    let mut next = |digits: usize| scaled(&numbers.next().expect("a number"), digits);
    let names = next(0);
    if !text.contains("names in a chain") {
        next(0);
    }
    let each = next(6);
    let last = next(6);
    let customers = if text.contains("invented customers") {
        next(0)
    } else {
        0
    };
    if customers > 0 {
        assert_eq!(next(6), UNIT, "what most customers buy for");
    }
    let outsiders = next(0);
    let (back, paid) = (next(6), next(6));
    let (one_paid, one_back) = (next(6), next(6));
    Told {
        names,
        each,
        last,
        customers,
        outsiders,
        played: Played { paid, back },
        one: Played {
            paid: one_paid,
            back: one_back,
        },
        share_bps: next(2),
        forms: next(0),
    }
}

/// Names that order in one month, below an outsider who orders too; with customers the first one of the last name buys what the
/// name else would.
fn play_orders(rules: &Rules, customers: usize, each: u128, form: Form) -> Played {
    let day = Day::of_date("2026-01-15").unwrap();
    let mut model = Model::new(rules.clone());
    let (mut played, mut budget, mut serving) = (Played::default(), 0, 0);
    model.join(None);
    let mut order = |model: &mut Model, buyer: Buyer, amount: u128| {
        let (_, _, _, part) = model.place(buyer, amount, None, day).unwrap();
        budget += part;
    };
    order(&mut model, Buyer::User(1), each);
    for name in 0..form.names {
        model.join(Some(form.above(name).map_or(1, |above| above + 2)));
        let is_last = name + 1 == form.names;
        let own = if is_last && customers == 0 {
            form.last
        } else {
            each
        };
        order(&mut model, Buyer::User(name + 2), own);
        played.paid += own;
        for customer in 0..customers {
            let amount = if is_last && customer == 0 { form.last } else { UNIT };
            serving += 1;
            model.serve(name + 2);
            order(&mut model, Buyer::Customer(serving), amount);
            played.paid += amount;
        }
    }
    let period = day.month().get();
    model.close(period).unwrap();
    model.finalize(period, budget).unwrap();
    let lines = model.lines(period);
    let mine = lines.iter().filter(|line| line.to.is_some_and(|to| to > 1));
    played.back = mine.map(|line| line.amount).sum();
    played
}

fn orders_text(rules: &Rules, rates: &[u16]) -> String {
    let rule = match rules.retail_rule {
        RetailRule::Nothing => "",
        RetailRule::Scale => "retail_rule = \"scale\"\n",
        RetailRule::Block => "retail_rule = \"block\"\n",
    };
    let compression = match rules.passes {
        Passes::Nobody => "none",
        Passes::Inactive => "standard",
        Passes::Unpaid => "dynamic",
    };
    format!(
        "name = \"drawn\"\nversion = 1\nasset = \"USDT\"\n\n[[funds]]\nname = \"c\"\n\n[orders]\nperiod = \"month\"\npv_bps = {}\n\
         fund = \"c\"\nfund_bps = {}\ngenerations_bps = {rates:?}\ncompression = \"{compression}\"\nactive_pv_min = \"{}\"\n\
         customers_min = {}\nretail_share_min_bps = {}\n{rule}paycut = \"pro_rata\"\nhold_days = 14\n\
         late_orders = \"open_period\"\n",
        rules.pv_bps,
        rules.fund_bps,
        rules.active_pv_min / UNIT,
        rules.customers_min,
        rules.retail_share_min_bps,
    )
}

fn any_rules(numbers: &mut Numbers, rates: &[u16]) -> Rules {
    let retail_rule = [RetailRule::Nothing, RetailRule::Scale, RetailRule::Block][numbers.below(3)];
    let generations = rates.iter().map(|rate| Generation {
        bps: u128::from(*rate),
        own_pv_min: 0,
        group_pv_min: 0,
    });
    Rules {
        by_month: true,
        pv_bps: [10_000, 8_000][numbers.below(2)],
        fund_bps: [10_000, 3_000, 0][numbers.below(3)],
        generations: generations.collect(),
        passes: Passes::Nobody,
        active_pv_min: [0, 40][numbers.below(2)] * UNIT,
        customers_count: false,
        customers_min: numbers.below(3),
        retail_share_min_bps: match retail_rule {
            RetailRule::Nothing => 0,
            RetailRule::Scale | RetailRule::Block => 3_000,
        },
        retail_rule,
        paycut: true,
        hold_days: 14,
    }
}

#[test]
fn names_get_back_of_orders_what_is_said_and_no_form_gets_more() {
    let some = Cell::new(0);
    for_each_draw(|numbers| {
        let rates = rates(numbers);
        let rules = any_rules(numbers, &rates);
        let text = orders_text(&rules, &rates);
        // What lets a name be paid.
        let each = (rules.active_pv_min * 10_000).div_ceil(rules.pv_bps).max(UNIT);
        let for_share = usize::from(rules.retail_rule != RetailRule::Nothing);
        let customers = rules.customers_min.max(for_share);
        let finding = search(&text);
        let mut best = (0, 0);
        for last in [1, 10, 100, 1_000].map(|times| each * times) {
            let form = |names| Form {
                names,
                width: 1,
                last,
                outsiders: 0,
            };
            let one = play_orders(&rules, customers, each, form(1));
            for form in forms(last, 0) {
                let beyond = play_orders(&rules, customers, each, form).beyond(one.back);
                best = (best.0.max(beyond), best.1 + 1);
            }
        }
        some.set(some.get() + usize::from(best.0 > 0));
        let told = told(&finding.text);
        let form = Form {
            names: usize::try_from(told.names).unwrap(),
            width: width_of(&finding.text),
            last: told.last,
            outsiders: 0,
        };
        let expected = Told {
            names: told.names,
            each,
            last: told.last,
            customers: customers as u128,
            outsiders: 0,
            played: play_orders(&rules, customers, each, form),
            one: play_orders(&rules, customers, each, Form { names: 1, ..form }),
            share_bps: best.0,
            forms: best.1,
        };
        assert_eq!(told, expected, "{}\n{text}", finding.text);
    });
    assert_covered(some.get() > 2, some);
}

/// Names that book below an outsider, and outsiders below the last; the fund has its share of all payments, and two years pass.
fn play_pairs(terms: &binary::Terms, share_bps: u128, each: u128, form: Form) -> Played {
    let mut model = binary::Model::default();
    let (mut played, mut fund) = (Played::default(), 0);
    let mut join = |model: &mut binary::Model, number: usize, sponsor: Option<usize>, amount: u128| {
        model.join(sponsor, None);
        assert_eq!(model.pay(terms, number, amount).0, amount);
        fund += amount * share_bps / 10_000;
    };
    join(&mut model, 0, None, each);
    for name in 0..form.names {
        let amount = if name + 1 == form.names { form.last } else { each };
        let sponsor = form.above(name).map_or(0, |above| above + 1);
        join(&mut model, name + 1, Some(sponsor), amount);
        played.paid += amount;
    }
    for outsider in 0..form.outsiders {
        join(&mut model, form.names + 1 + outsider, Some(form.names), each);
    }
    for month in 1..=24 {
        for pair in model.close(terms, month, fund, |_, _| 0) {
            fund -= pair.value;
            if (1..=form.names).contains(&pair.user) {
                played.back += pair.value;
            }
        }
    }
    played
}

fn any_pairs(numbers: &mut Numbers) -> binary::Terms {
    binary::Terms {
        pair_value: [10, 40, 90][numbers.below(3)] * UNIT,
        pairs_max: [1, 2, 50][numbers.below(3)],
        flush: numbers.below(2) == 0,
        full_pairs: 5,
        instalment_bps: 0,
        activation: [30, 100][numbers.below(2)] * UNIT,
        counts_from_first: numbers.below(2) == 0,
        directs_required: 0,
        pro_rata: numbers.below(2) == 0,
        price: 100 * UNIT,
        first_min: [10, 50][numbers.below(2)] * UNIT,
    }
}

#[test]
fn names_get_back_of_bookings_what_is_said_and_no_form_gets_more() {
    let some = Cell::new(0);
    for_each_draw(|numbers| {
        let terms = any_pairs(numbers);
        let share_bps = [0, 2_000, 5_000, 10_000][numbers.below(4)];
        let word = |choice: bool, yes: &'static str, no: &'static str| if choice { yes } else { no };
        let text = format!(
            "name = \"drawn\"\nversion = 1\nasset = \"USDT\"\n\n[[funds]]\nname = \"p\"\n\n[[allocations]]\nfund = \"p\"\n\
             bps = {share_bps}\n\n[booking]\nprice = \"100\"\nfirst_payment_min = \"{}\"\n\n[binary]\npair_value = \"{}\"\n\
             pairs_max_per_month = {}\nexcess = \"{}\"\nfull_pairs = 5\ninstalment_bps = 0\nactivation_amount = \"{}\"\n\
             counts_from = \"{}\"\nfund = \"p\"\nwhen_short = \"{}\"\nhold_days = 14\n",
            terms.first_min / UNIT,
            terms.pair_value / UNIT,
            terms.pairs_max,
            word(terms.flush, "flush", "carry"),
            terms.activation / UNIT,
            word(terms.counts_from_first, "first_payment", "activation"),
            word(terms.pro_rata, "pro_rata", "queue"),
        );
        let counts_at = if terms.counts_from_first {
            terms.first_min
        } else {
            terms.activation
        };
        let each = counts_at.max(terms.first_min);
        let play = |form: Form| play_pairs(&terms, share_bps, each, form);
        let mut best = (0, 0);
        for outsiders in [0, BROUGHT as usize] {
            for last in [each, terms.price] {
                let one = play(Form {
                    names: 1,
                    width: 1,
                    last,
                    outsiders,
                });
                for form in forms(last, outsiders) {
                    best = (best.0.max(play(form).beyond(one.back)), best.1 + 1);
                }
            }
        }
        some.set(some.get() + usize::from(best.0 > 0));
        let finding = search(&text);
        let told = told(&finding.text);
        let form = Form {
            names: usize::try_from(told.names).unwrap(),
            width: width_of(&finding.text),
            last: told.last,
            outsiders: usize::try_from(told.outsiders).unwrap(),
        };
        let one = Form {
            names: 1,
            width: 1,
            ..form
        };
        let expected = Told {
            names: told.names,
            each,
            last: told.last,
            customers: 0,
            outsiders: told.outsiders,
            played: play(form),
            one: play(one),
            share_bps: best.0,
            forms: best.1,
        };
        assert_eq!(told, expected, "{}\n{text}", finding.text);
    });
    assert_covered(some.get() > 2, some);
}
