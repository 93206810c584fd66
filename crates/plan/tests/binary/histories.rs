//! Random histories: the component and the model by lists say the same after every step, and what must hold holds.

use std::collections::HashMap;

use money::{Amount, Asset};
use naive::binary::{Model, Terms};
use plan::binary::{BinaryState, BinaryTerms, Pair, PairSink, Payment, Side};
use plan::sponsors::Sponsors;
use plan::{Day, UserId};
use plan_file::calendar::Month;
use proptest::prelude::*;

use crate::tables::changed;

#[derive(Clone, Debug)]
enum Step {
    Join {
        sponsor: usize,
        side: Option<usize>,
    },
    Pay {
        user: usize,
        amount: u128,
    },
    /// The payment at this position of those that stand, as often as needed to reach one.
    Unpay(usize),
    Close {
        later: bool,
        budget: u128,
    },
    /// Another version of the plan.
    Change(Terms),
}

/// Prices are small, so that few pairs pay them off.
fn any_terms() -> impl Strategy<Value = Terms> {
    let numbers = (1u128..=30, 1usize..=4, 0usize..=4, 0u128..=10_000, 1u128..=40);
    let more = (0u128..=40, 1u128..=20, 0usize..=2, any::<[bool; 3]>());
    (numbers, more).prop_map(
        |(
            (pair_value, pairs_max, full_pairs, instalment_bps, activation),
            (above, first_min, directs_required, [flush, counts_from_first, pro_rata]),
        )| Terms {
            pair_value,
            pairs_max,
            flush,
            full_pairs,
            instalment_bps,
            activation,
            counts_from_first,
            directs_required,
            pro_rata,
            price: activation.max(first_min) + above,
            first_min,
        },
    )
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (any::<usize>(), proptest::option::of(0usize..2))
            .prop_map(|(sponsor, side)| Step::Join { sponsor, side }),
        6 => (any::<usize>(), 0u128..60).prop_map(|(user, amount)| Step::Pay { user, amount }),
        2 => any::<usize>().prop_map(Step::Unpay),
        2 => (any::<bool>(), 0u128..400).prop_map(|(later, budget)| Step::Close { later, budget }),
        1 => any_terms().prop_map(Step::Change),
    ]
}

fn compiled(terms: &Terms) -> BinaryTerms {
    let units = |amount: u128| format!("{:?}", Asset::Inr.display_amount(Amount::new(amount)));
    let word = |choice: bool, yes: &str, no: &str| format!("{:?}", if choice { yes } else { no });
    let values = [
        ("pair_value", units(terms.pair_value)),
        ("pairs_max_per_month", terms.pairs_max.to_string()),
        ("excess", word(terms.flush, "flush", "carry")),
        ("full_pairs", terms.full_pairs.to_string()),
        ("instalment_bps", terms.instalment_bps.to_string()),
        ("activation_amount", units(terms.activation)),
        (
            "counts_from",
            word(terms.counts_from_first, "first_payment", "activation"),
        ),
        ("directs_required", terms.directs_required.to_string()),
        ("when_short", word(terms.pro_rata, "pro_rata", "queue")),
        ("price", units(terms.price)),
        ("first_payment_min", units(terms.first_min)),
    ];
    let changes: Vec<(&str, &str)> = values.iter().map(|(key, value)| (*key, value.as_str())).collect();
    changed(&changes).unwrap()
}

/// Withholds a part that depends on the user, so that neighbours differ.
fn tax(user: usize, value: u128) -> u128 {
    value * (user as u128 % 3) / 7
}

struct Taxed(Vec<Pair>);

impl PairSink for Taxed {
    fn withhold(&mut self, user: UserId, value: Amount) -> Amount {
        Amount::new(tax(user.get() as usize - 1, value.base_units()))
    }

    fn grant(&mut self, pair: &Pair) {
        self.0.push(*pair);
    }
}

fn id(user: usize) -> UserId {
    UserId::new(u32::try_from(user).unwrap() + 1).unwrap()
}

fn month(number: u32) -> Month {
    Day::new(number * 31).month()
}

fn side(number: usize) -> Side {
    [Side::Left, Side::Right][number]
}

/// Both beside each other.
struct Both {
    terms: Terms,
    compiled: BinaryTerms,
    state: BinaryState,
    sponsors: Sponsors,
    model: Model,
    users: usize,
    payments: Vec<(usize, Payment)>,
    month: u32,
}

impl Both {
    fn new(terms: Terms) -> Self {
        Self {
            compiled: compiled(&terms),
            terms,
            state: BinaryState::default(),
            sponsors: Sponsors::default(),
            model: Model::default(),
            users: 0,
            payments: Vec::new(),
            month: 1,
        }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Join { sponsor, side } => self.join(*sponsor, *side),
            Step::Pay { user, amount } if self.users > 0 => self.pay(user % self.users, *amount),
            Step::Unpay(position) if !self.payments.is_empty() => {
                self.unpay(position % self.payments.len());
            }
            Step::Close { later, budget } => {
                self.month += u32::from(*later);
                self.close(*budget);
            }
            Step::Change(terms) => {
                // What users agreed to with their first payment stays: another version cannot follow.
                self.terms = Terms {
                    price: self.terms.price,
                    activation: self.terms.activation,
                    counts_from_first: self.terms.counts_from_first,
                    first_min: self.terms.first_min,
                    ..*terms
                };
                self.compiled = compiled(&self.terms);
            }
            Step::Pay { .. } | Step::Unpay(_) => {}
        }
        self.compare();
    }

    fn join(&mut self, sponsor: usize, wanted: Option<usize>) {
        // A tree of their own once in a while.
        let sponsor = (self.users > 0 && !sponsor.is_multiple_of(16)).then(|| sponsor % self.users);
        let place = self.model.join(sponsor, wanted);
        assert_eq!(self.sponsors.join(sponsor.map(id)), Some(id(self.users)));
        let found = self.state.join(&self.sponsors, wanted.map(side));
        let found = found.map(|place| (place.parent, place.side));
        assert_eq!(found, place.map(|(parent, number)| (id(parent), side(number))));
        self.users += 1;
    }

    fn pay(&mut self, user: usize, amount: u128) {
        let before = self.state.clone();
        let payment = self
            .state
            .pay(&self.sponsors, &self.compiled, id(user), Amount::new(amount));
        self.undo_and_redo(user, amount, &payment, &before);
        let expected = self.model.pay(&self.terms, user, amount);
        assert_eq!((payment.accepted.base_units(), payment.first), expected);
        assert_eq!(
            payment.accepted.checked_add(payment.refused),
            Ok(Amount::new(amount))
        );
        if !payment.accepted.is_zero() {
            self.payments.push((user, payment));
        }
    }

    fn undo_and_redo(&mut self, user: usize, amount: u128, payment: &Payment, before: &BinaryState) {
        let after = self.state.clone();
        let mut undone = Vec::new();
        self.state
            .unpay(&self.sponsors, &self.compiled, id(user), payment, &mut undone);
        assert_eq!((&self.state, undone.len()), (before, 0));
        let again = self
            .state
            .pay(&self.sponsors, &self.compiled, id(user), Amount::new(amount));
        assert_eq!((again, &self.state), (*payment, &after));
    }

    fn unpay(&mut self, position: usize) {
        let (user, payment) = self.payments.swap_remove(position);
        let mut undone = Vec::new();
        self.state
            .unpay(&self.sponsors, &self.compiled, id(user), &payment, &mut undone);
        let expected = self
            .model
            .unpay(&self.terms, user, payment.accepted.base_units(), payment.first);
        let found: Vec<naive::binary::Pair> = undone
            .iter()
            .map(|pair| naive::binary::Pair {
                user: pair.user.get() as usize - 1,
                number: pair.number as usize,
                month: pair.month.get(),
                value: pair.parts.value.base_units(),
                withheld: pair.parts.withheld.base_units(),
                instalment: pair.parts.instalment.base_units(),
            })
            .collect();
        assert_eq!(found, expected);
    }

    fn close(&mut self, budget: u128) {
        let month = month(self.month);
        let mut sink = Taxed(Vec::new());
        let closing = self.state.close_month(
            &self.sponsors,
            &self.compiled,
            month,
            Amount::new(budget),
            &mut sink,
        );
        let expected = self.model.close(&self.terms, month.get(), budget, tax);
        let found: Vec<naive::binary::Pair> = sink
            .0
            .iter()
            .map(|pair| naive::binary::Pair {
                user: pair.user.get() as usize - 1,
                number: pair.number as usize,
                month: month.get(),
                value: pair.parts.value.base_units(),
                withheld: pair.parts.withheld.base_units(),
                instalment: pair.parts.instalment.base_units(),
            })
            .collect();
        assert_eq!(found, expected);
        let value: u128 = found.iter().map(|pair| pair.value).sum();
        assert_eq!(closing.granted_value, Amount::new(value));
        assert!(value <= budget);
        assert_eq!(closing.payable, closing.granted + closing.short);
        let mut per_user: HashMap<usize, usize> = HashMap::new();
        for pair in &found {
            *per_user.entry(pair.user).or_default() += 1;
            let wallet = pair.value - pair.withheld - pair.instalment;
            assert!(wallet <= pair.value);
        }
        for (user, granted) in per_user {
            let pairs = self.model.pairs_in(user, month.get());
            // The limit may have been higher earlier in the month.
            assert!(pairs <= self.terms.pairs_max.max(pairs - granted));
        }
    }

    fn compare(&self) {
        for (user, lots) in self.model.lots().into_iter().enumerate() {
            assert_eq!(self.state.lots(id(user)).map(|lots| lots as usize), lots);
            assert_eq!(self.state.pairs(id(user)) as usize, self.model.pairs(user));
            assert_eq!(self.state.paid(id(user)).base_units(), self.model.paid(user));
            assert!(self.model.paid(user) <= self.terms.price);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_component_and_the_model_by_lists_agree(
        terms in any_terms(),
        steps in proptest::collection::vec(any_step(), 1..120),
    ) {
        let mut both = Both::new(terms);
        for step in &steps {
            both.step(step);
        }
    }

    #[test]
    fn cumulative_shares_are_exact(amount in any::<u128>(), parts in proptest::collection::vec(0u128..50, 1..40)) {
        let whole: u128 = parts.iter().sum();
        let mut shares = plan::binary::CumulativeShares::of(Amount::new(amount), whole);
        let (mut sum, mut through) = (0u128, 0u128);
        for part in parts {
            sum += shares.next(part).base_units();
            through += part;
            prop_assert_eq!(Amount::new(sum), Amount::new(amount).proportion(Amount::new(through), Amount::new(whole)));
        }
        prop_assert_eq!(sum, if whole == 0 { 0 } else { amount });
        prop_assert_eq!(shares.next(1), Amount::ZERO);
    }
}
