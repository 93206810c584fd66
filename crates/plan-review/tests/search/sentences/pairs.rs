//! Bookings and pairs: what sentences say of trees of members, against trees that grow by the second implementation. A tree of
//! twenty layers is too large to be played; small ones are, and the large ones are counted by doubling them.

use ledger::UserId;
use money::Amount;
use naive::binary::{Model, Pair, Terms};
use plan::fact::ComponentFact;
use plan::{ComponentEffect, Day, Effect, Fact, Outcome, State};

use super::{find, numbers_of, said, scaled};
use crate::numbers::Numbers;
use crate::{Case, assert_covered, for_each_plan};

pub(crate) const CHECKED: &[&str] = &[
    "pairs_against_payments",
    "pairs_outgrow_payments",
    "without_a_pair",
    "pairs_are_lost",
    "earlier_members_first",
    "bonus_above_first_payment",
];

const PLENTY: u128 = 1 << 80;
/// Layers of trees that are played.
const PLAYED: u32 = 5;

fn for_each_booking(check: impl Fn(&Case, &Terms, u128)) {
    for_each_plan(|case| match &case.drawn.pairs {
        Some((terms, bonus)) => check(case, terms, *bonus),
        None => CHECKED
            .iter()
            .for_each(|code| assert!(find(case.plan.findings(), code).is_none(), "{code}")),
    });
}

/// Members with two directs each, but for the last; all count.
fn add_members(model: &mut Model, terms: &Terms, from: usize, to: usize) {
    for number in from..to {
        model.join(number.checked_sub(1).map(|before| before / 2), None);
        assert_eq!(model.pay(terms, number, terms.price).0, terms.price);
    }
}

fn full_tree(terms: &Terms, layers: u32) -> Model {
    let mut model = Model::default();
    add_members(&mut model, terms, 0, (1 << layers) - 1);
    model
}

fn close(model: &mut Model, terms: &Terms, month: u32, budget: u128) -> Vec<Pair> {
    model.close(terms, month, budget, |_, _| 0)
}

/// Pairs of everyone in a full tree, at most so many for one, and those of its top: two trees with one fewer layer and a top who
/// has all below one of the two in pairs.
fn pairs_of(layers: u32, most: u128) -> (u128, u128) {
    let (mut all, mut top) = (0, 0);
    for _ in 1..layers {
        top = 2 * top + 1;
        all = 2 * all + most.min(top);
    }
    (all, top)
}

/// That counting against trees which are played: in the first month, and when the last pair has been paid.
#[test]
fn full_trees_have_as_many_pairs_as_are_counted() {
    for_each_booking(|_, terms, _| {
        for layers in 1..=PLAYED {
            let most = terms.pairs_max as u128;
            let mut model = full_tree(terms, layers);
            let first = close(&mut model, terms, 1, PLENTY).len() as u128;
            assert_eq!(first, pairs_of(layers, most).0);
            let (mut all, mut months) = (first, 1);
            let (expected, top) = pairs_of(layers, u128::MAX);
            while model.pairs(0) < usize::try_from(top).unwrap() && months < 40 {
                months += 1;
                all += close(&mut model, terms, months, PLENTY).len() as u128;
            }
            if terms.flush {
                assert_eq!(all, first);
            } else {
                assert_eq!((all, u128::from(months)), (expected, top.div_ceil(most).max(1)));
            }
        }
    });
}

/// What is above the limit of a month is lost, but who comes slowly loses nothing.
#[test]
fn a_tree_that_grows_slowly_claims_all_its_pairs() {
    for_each_booking(|_, terms, _| {
        let (mut model, mut pairs) = (Model::default(), 0);
        for number in 0..15 {
            add_members(&mut model, terms, number, number + 1);
            pairs += close(&mut model, terms, u32::try_from(number).unwrap() + 1, PLENTY).len() as u128;
        }
        assert_eq!(pairs, pairs_of(4, u128::MAX).0);
    });
}

/// The least that someone has paid who makes a pair: tried from below. Who pays with instalments out of pairs needs no first
/// payment, and counts with what makes others count.
fn counts_at(terms: &Terms) -> u128 {
    if terms.instalment_bps > 0 {
        return if terms.counts_from_first {
            terms.first_min
        } else {
            terms.activation
        };
    }
    let makes_a_pair = |amount: &u128| {
        let mut model = Model::default();
        add_members(&mut model, terms, 0, 2);
        model.join(Some(0), None);
        model.pay(terms, 2, *amount);
        !close(&mut model, terms, 1, PLENTY).is_empty()
    };
    let mut amounts = vec![terms.first_min, terms.activation, terms.price];
    let less: Vec<u128> = amounts.iter().map(|amount| amount - 1).collect();
    amounts.extend(less);
    amounts.sort_unstable();
    amounts
        .into_iter()
        .find(makes_a_pair)
        .expect("who has paid all counts")
}

/// The numbers before the name of the fund.
fn claims_of(text: &str) -> Vec<String> {
    numbers_of(text.split(". Pairs are paid").next().unwrap_or_default())
}

#[test]
fn what_pairs_claim_is_said_as_trees_have_them() {
    for_each_booking(|case, terms, _| {
        let finding = find(case.plan.findings(), "pairs_against_payments").unwrap();
        let text = &finding.text;
        let most = terms.pairs_max as u128;
        let members = (1u128 << 20) - 1;
        let (all, top) = pairs_of(20, u128::MAX);
        let (first, _) = pairs_of(20, most);
        let (each, month) = (
            terms.pair_value * all / members,
            terms.pair_value * first / members,
        );
        let mut expected = vec![members, each, month, counts_at(terms)];
        if terms.flush {
            assert!(text.contains("would lose"), "{text}");
            expected.extend([top.saturating_sub(most), top]);
        } else {
            assert!(text.contains("would wait"), "{text}");
            expected.push(top.div_ceil(most));
        }
        let numbers = claims_of(text);
        let digits = [0, 6, 6, 6, 0, 0];
        let told: Vec<u128> = numbers
            .iter()
            .zip(digits)
            .map(|(number, digits)| scaled(number, digits))
            .collect();
        assert_eq!(told, expected, "{text}\n{}", case.text());
        assert_eq!(numbers.len(), expected.len());
        assert!(text.contains("claim up to"), "{text}");
        assert!(
            text.contains("including instalments paid out of their own pairs"),
            "{text}"
        );
        let fund = case.drawn.fund_of("pairs");
        assert!(text.contains(&format!("the fund \"f{fund}\"")), "{text}");
    });
}

/// Who has paid nothing and whose own pairs pay counts all the same: the sentence has to say so.
#[test]
fn an_instalment_out_of_a_pair_lets_a_member_count() {
    let terms = Terms {
        pair_value: 40,
        pairs_max: 10,
        flush: false,
        full_pairs: 0,
        instalment_bps: 10_000,
        activation: 30,
        counts_from_first: false,
        directs_required: 0,
        pro_rata: false,
        price: 100,
        first_min: 100,
    };
    let mut model = Model::default();
    for (number, amount) in [100, 0, 100, 100, 100].into_iter().enumerate() {
        model.join(number.checked_sub(1).map(|before| before / 2), None);
        model.pay(&terms, number, amount);
    }
    let first = close(&mut model, &terms, 1, PLENTY);
    // The second member's, and one of the top, who has two on a side.
    assert!(first.iter().any(|pair| (pair.user, pair.instalment) == (1, 40)));
    assert_eq!(model.paid(1), 40);
    // Two more on the other side of the top: with the second member there are three on each.
    add_members(&mut model, &terms, 5, 7);
    close(&mut model, &terms, 2, PLENTY);
    assert_eq!(model.pairs(0), 3);
}

#[test]
fn pairs_outgrow_payments_from_the_size_on_that_is_said() {
    for_each_booking(|case, terms, _| {
        let text = said(case.plan.findings(), "pairs_outgrow_payments");
        let counts_at = counts_at(terms);
        let outgrows = |layers: u32| {
            let members = (1u128 << layers) - 1;
            terms.pair_value * pairs_of(layers, u128::MAX).0 > counts_at * members
        };
        let Some(layers) = (1..=31).find(|layers| outgrows(*layers)) else {
            return assert_eq!(text, "", "{}", case.text());
        };
        // From there on.
        assert!((layers..=31).all(outgrows));
        let numbers = numbers_of(text);
        let told: Vec<u128> = numbers
            .iter()
            .zip([0, 0, 6])
            .map(|(number, digits)| scaled(number, digits))
            .collect();
        assert_eq!(
            told,
            [u128::from(layers), (1 << layers) - 1, counts_at],
            "{text}\n{}",
            case.text()
        );
    });
}

/// In trees of every form, of people of whom some do not count.
#[test]
fn more_than_half_of_all_members_have_no_pair() {
    for_each_booking(|case, terms, _| {
        let finding = find(case.plan.findings(), "without_a_pair").unwrap();
        assert!(
            finding
                .text
                .contains("more than half of all members have no pair")
        );
        assert_eq!(finding.figure("share_min_bps"), Some(5_000));
        let mut numbers = Numbers::of(case.number, 7);
        let mut model = Model::default();
        let members = 3 + numbers.below(20);
        for number in 0..members {
            let sponsor = Some(numbers.below(number)).filter(|_| number > 0);
            model.join(sponsor, Some(numbers.below(2)));
            if numbers.below(5) > 0 {
                model.pay(terms, number, terms.price);
            }
        }
        for month in 1..4 {
            close(&mut model, terms, month, PLENTY);
        }
        let without = (0..members).filter(|user| model.pairs(*user) == 0).count();
        assert!(2 * without > members, "{without} of {members}");
    });
    // And hardly more than that in a full tree.
    let mut numbers = Numbers::of(1, 1);
    let any = loop {
        if let Some((terms, _)) = crate::plans::Drawn::of(&mut numbers).pairs {
            break terms;
        }
    };
    let mut model = full_tree(&any, PLAYED);
    close(&mut model, &any, 1, PLENTY);
    assert_eq!((0..31).filter(|user| model.pairs(*user) == 0).count(), 16);
}

#[test]
fn pairs_above_the_limit_are_lost_exactly_if_that_is_said() {
    for_each_booking(|case, terms, _| {
        let text = said(case.plan.findings(), "pairs_are_lost");
        let layers = if terms.pairs_max > 14 { 7 } else { PLAYED };
        if terms.pairs_max > 14 && case.number % 4 > 0 {
            // Large trees are slow.
            return assert_eq!(text.is_empty(), !terms.flush);
        }
        let (_, top) = pairs_of(layers, u128::MAX);
        let top = usize::try_from(top).unwrap();
        assert!(top > terms.pairs_max, "some are above the limit");
        let mut model = full_tree(terms, layers);
        close(&mut model, terms, 1, PLENTY);
        let waiting = model.lots()[0];
        let later = (top - terms.pairs_max).div_ceil(terms.pairs_max);
        for month in 2..u32::try_from(later).unwrap() + 3 {
            close(&mut model, terms, month, PLENTY);
        }
        if text.is_empty() {
            assert_eq!((waiting, model.pairs(0)), ([top - terms.pairs_max; 2], top));
        } else {
            assert_eq!(numbers_of(text), [terms.pairs_max.to_string()]);
            assert_eq!((waiting, model.pairs(0)), ([0; 2], terms.pairs_max));
        }
    });
}

#[test]
fn those_who_joined_earlier_are_paid_first_exactly_if_that_is_said() {
    for_each_booking(|case, terms, _| {
        let text = said(case.plan.findings(), "earlier_members_first");
        let wanted: Vec<usize> = close(&mut full_tree(terms, 4), terms, 1, PLENTY)
            .iter()
            .map(|pair| pair.user)
            .collect();
        assert!(wanted.is_sorted() && wanted.len() > 5);
        for funded in 0..wanted.len() {
            let mut model = full_tree(terms, 4);
            let budget = terms.pair_value * funded as u128 + terms.pair_value / 2;
            let paid: Vec<usize> = close(&mut model, terms, 1, budget)
                .iter()
                .map(|pair| pair.user)
                .collect();
            if text.is_empty() {
                assert_eq!(paid, wanted, "everybody gets a part");
                continue;
            }
            assert_eq!(paid, wanted[..funded]);
            // The others have waited, and nobody else has joined.
            let later: Vec<usize> = close(&mut model, terms, 1, PLENTY)
                .iter()
                .map(|pair| pair.user)
                .collect();
            assert_eq!(later, wanted[funded..]);
        }
        let is_lost = !text.is_empty() && waiting_pairs_are_lost(terms);
        assert_eq!(text.contains("can be lost"), is_lost, "{text}\n{}", case.text());
    });
}

/// Whether someone has fewer pairs in the end because the fund was empty in the month before others joined.
fn waiting_pairs_are_lost(terms: &Terms) -> bool {
    // As many pairs for the top as a month allows, and twice as many later.
    let layers = terms.pairs_max.ilog2() + 2;
    let (first, second) = ((1 << layers) - 1, (1 << (layers + 1)) - 1);
    let pairs_with = |budget: u128| {
        let mut model = Model::default();
        add_members(&mut model, terms, 0, first);
        close(&mut model, terms, 1, budget);
        add_members(&mut model, terms, first, second);
        for month in 2..8 {
            close(&mut model, terms, month, PLENTY);
        }
        model.pairs(0)
    };
    pairs_with(0) < pairs_with(PLENTY)
}

/// What the plan pays to the sponsor of someone who makes the smallest first payment, when its funds are full.
fn bonus_for_the_smallest_payment(case: &Case, smallest: u128) -> u128 {
    let (mut state, mut out) = (State::new(&case.plan), Outcome::default());
    let amount = Amount::new(1 << 60);
    let funds = 1..=u8::try_from(case.drawn.behind.len()).unwrap();
    for fund in funds.map(ledger::Fund::new) {
        state.apply(&case.plan, &Fact::Funded { amount }, &mut out);
        let fact = ComponentFact::FundAllocated { fund, amount };
        state.apply(&case.plan, &Fact::Component(fact), &mut out);
    }
    let mut bonus = Amount::ZERO;
    for sponsor in [None, UserId::new(1)] {
        let fact = Fact::Registered {
            user: state.next_user().unwrap(),
            sponsor,
            deposit: state.next_deposit().unwrap(),
            amount: Amount::new(smallest),
            day: Day::new(20_500),
        };
        state.apply(&case.plan, &fact, &mut out);
        let granted = out.effects.iter().filter_map(|effect| {
            if let Effect::Component(ComponentEffect::RewardGranted { amount, .. }) = effect {
                return Some(*amount);
            }
            None
        });
        bonus = Amount::sum_of(granted).unwrap();
    }
    bonus.base_units()
}

#[test]
fn a_referral_brings_more_than_its_payment_exactly_if_that_is_said() {
    let above = std::cell::Cell::new(0);
    for_each_booking(|case, terms, bonus| {
        let text = said(case.plan.findings(), "bonus_above_first_payment");
        let is_accepted = |amount: u128| {
            let mut model = Model::default();
            model.join(None, None);
            model.pay(terms, 0, amount).0 > 0
        };
        let mut amounts = [1, terms.first_min - 1, terms.first_min, terms.price].into_iter();
        let smallest = amounts.find(|amount| is_accepted(*amount)).unwrap();
        assert_eq!(
            bonus_for_the_smallest_payment(case, smallest),
            bonus,
            "{}",
            case.text()
        );
        if bonus <= smallest {
            return assert_eq!(text, "", "{}", case.text());
        }
        above.set(above.get() + 1);
        let told: Vec<u128> = numbers_of(text).iter().map(|number| scaled(number, 6)).collect();
        assert_eq!(told, [bonus, smallest], "{text}");
    });
    assert_covered(above.get() > 5, above);
}
