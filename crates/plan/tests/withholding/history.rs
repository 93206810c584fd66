//! Random histories of payments and reversals, against the book of `naive`.

use ledger::Reason;
use money::{Amount, Asset};
use naive::withholding::{Book, Ceiling, Rule};
use plan::withdrawal::{Request, WithdrawalTable, WithdrawalTerms};
use plan::withholding::{
    Basis, CeilingScope, Crossing, Occasion, Payment, ThresholdScope, Withheld, Withholding,
    WithholdingTable, WithholdingTerms,
};
use plan::{Day, UserId};
use proptest::prelude::*;

const KINDS: [(&str, Reason); 4] = [
    ("direct", Reason::Direct),
    ("pair", Reason::Pair),
    ("rank", Reason::Rank(3)),
    ("bonus", Reason::Bonus),
];

/// A day near the beginning of 2026.
const START: u32 = 20_454;

#[derive(Clone, Debug)]
enum Step {
    /// Kind; none for a withdrawal.
    Pay(u32, u128, Option<usize>, u32),
    /// Which payment, modulo their number, and how much.
    Reverse(usize, u128),
    TaxId(u32),
}

fn any_rule() -> impl Strategy<Value = Rule> {
    let rates = (0..=10_000u128, 0..=3_000u128);
    let threshold = prop_oneof![Just(0), 1..3_000u128];
    let ceiling = prop_oneof![
        Just(None),
        (1..400u128).prop_map(|most| Some(Ceiling::OfPayment(most))),
        (1..800u128).prop_map(|most| Some(Ceiling::OfYear(most))),
    ];
    let kinds = prop_oneof![
        2 => Just(None),
        1 => proptest::sample::subsequence(vec!["direct", "pair", "rank", "bonus"], 1..=4).prop_map(Some),
    ];
    (0..3usize, rates, threshold, any::<bool>(), ceiling, kinds).prop_map(
        |(policy, (rate, more), threshold, only_above, ceiling, kinds)| Rule {
            policy: format!("P{policy}"),
            at_payout: policy == 2,
            from_day: 0,
            rate_bps: rate,
            no_tax_id_rate_bps: (rate + more).min(10_000),
            threshold,
            only_above: only_above && threshold > 0,
            ceiling,
            year_starts_month: [4, 1, 7][policy],
            kinds: kinds
                .filter(|_| policy != 2)
                .map(|names| names.into_iter().map(str::to_owned).collect()),
        },
    )
}

/// Up to six versions, each from a later day than the one before.
fn any_rules() -> impl Strategy<Value = Vec<Rule>> {
    prop::collection::vec((any_rule(), 1..200u32), 0..6).prop_map(|rules| {
        let mut day = START - 100;
        let dated = rules.into_iter().map(|(rule, later)| {
            day += later;
            Rule {
                from_day: day,
                ..rule
            }
        });
        dated.collect()
    })
}

fn any_step() -> impl Strategy<Value = Step> {
    let kind = prop_oneof![3 => (0..4usize).prop_map(Some), 2 => Just(None)];
    let gross = prop_oneof![4 => 1..2_000u128, 1 => 0..10u128];
    prop_oneof![
        6 => (1..4u32, gross, kind, 0..20u32).prop_map(|(user, gross, kind, days)| Step::Pay(user, gross, kind, days)),
        3 => (any::<usize>(), 0..2_500u128).prop_map(|(which, part)| Step::Reverse(which, part)),
        1 => (1..4u32).prop_map(Step::TaxId),
    ]
}

fn table(rule: &Rule) -> WithholdingTable {
    let units = |amount: u128| Asset::Inr.display_amount(Amount::new(amount));
    let bps = |rate: u128| u16::try_from(rate).unwrap();
    let has_threshold = rule.threshold > 0;
    let (ceiling, ceiling_scope) = match rule.ceiling {
        None => (None, None),
        Some(Ceiling::OfPayment(most)) => (Some(units(most)), Some(CeilingScope::Payment)),
        Some(Ceiling::OfYear(most)) => (Some(units(most)), Some(CeilingScope::FinancialYear)),
    };
    WithholdingTable {
        name: rule.policy.clone(),
        rate_bps: bps(rule.rate_bps),
        basis: if rule.at_payout {
            Basis::Payout
        } else {
            Basis::Credit
        },
        threshold: has_threshold.then(|| units(rule.threshold)),
        threshold_scope: if has_threshold {
            ThresholdScope::FinancialYear
        } else {
            ThresholdScope::None
        },
        crossing: if rule.only_above {
            Crossing::AboveOnly
        } else {
            Crossing::WholeAggregate
        },
        ceiling,
        ceiling_scope,
        no_tax_id_rate_bps: Some(bps(rule.no_tax_id_rate_bps)),
        financial_year_starts_month: rule.year_starts_month,
        valid_from: Day::new(rule.from_day).to_string(),
        kinds: rule.kinds.clone(),
        on: plan::withholding::table::On::Gross,
    }
}

fn user(number: u32) -> UserId {
    UserId::new(number).unwrap()
}

/// The component beside the book.
struct Both {
    terms: WithholdingTerms,
    state: Withholding,
    receipts: Vec<Withheld>,
    book: Book,
    day: u32,
}

impl Both {
    fn new(rules: Vec<Rule>) -> Self {
        let tables: Vec<WithholdingTable> = rules.iter().map(table).collect();
        Self {
            terms: WithholdingTerms::check(&tables, Asset::Inr).unwrap(),
            state: Withholding::default(),
            receipts: Vec::new(),
            book: Book {
                rules,
                ..Book::default()
            },
            day: START,
        }
    }

    fn named(&self, withheld: &Withheld) -> Vec<(String, u128)> {
        let name = |policy: u8| self.terms.policies()[usize::from(policy)].name().to_owned();
        let lines = withheld.lines();
        lines
            .map(|line| (name(line.policy), line.amount.base_units()))
            .collect()
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Pay(who, gross, kind, days) => {
                self.day += days;
                let payment = Payment {
                    user: user(*who),
                    gross: Amount::new(*gross),
                    occasion: kind.map_or(Occasion::Payout, |kind| Occasion::Credit(KINDS[kind].1)),
                    day: Day::new(self.day),
                };
                let before = self.state.clone();
                let withheld = self.state.withhold(&self.terms, &payment);
                let expected = self
                    .book
                    .pay(*who, *gross, kind.map(|kind| KINDS[kind].0), self.day);
                assert_eq!(self.named(&withheld), expected);
                assert!(withheld.total() <= payment.gross);
                // Undone at once, it leaves no trace; done again, it is the same.
                let mut undone = withheld;
                let after = self.state.clone();
                self.state.undo(&mut undone);
                assert_eq!(self.state, before);
                assert_eq!(self.state.withhold(&self.terms, &payment), withheld);
                assert_eq!(self.state, after);
                self.receipts.push(withheld);
            }
            Step::Reverse(which, part) => {
                if self.receipts.is_empty() {
                    return;
                }
                let which = which % self.receipts.len();
                let given = self
                    .state
                    .give_back(&mut self.receipts[which], Amount::new(*part));
                assert_eq!(self.named(&given), self.book.reverse(which, *part));
            }
            Step::TaxId(who) => {
                self.book.with_tax_id.push(*who);
                self.state.learn_tax_id(user(*who));
            }
        }
        for (of, policy, year, totals) in self.state.years() {
            let name = self.terms.policies()[usize::from(policy)].name();
            let sums = [totals.paid, totals.taxed, totals.withheld].map(Amount::base_units);
            assert_eq!(
                <(u128, u128, u128)>::from(sums),
                self.book.year(of.get(), name, year.get())
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_history_withholds_what_the_book_says(
        rules in any_rules(),
        steps in prop::collection::vec(any_step(), 1..60),
    ) {
        let mut both = Both::new(rules);
        for step in &steps {
            both.step(step);
        }
    }

    #[test]
    fn reversing_everything_in_any_order_leaves_nothing(
        rules in any_rules(),
        steps in prop::collection::vec(any_step(), 1..40),
        order in any::<u64>(),
    ) {
        let mut both = Both::new(rules);
        for step in &steps {
            both.step(step);
        }
        let mut rest: Vec<usize> = (0..both.receipts.len()).collect();
        while !rest.is_empty() {
            let place = usize::try_from(order % rest.len() as u64).unwrap();
            let which = rest.swap_remove(place);
            both.state.undo(&mut both.receipts[which]);
        }
        prop_assert_eq!(both.state.years().count(), 0);
    }

    #[test]
    fn a_payment_without_a_gap_that_is_reversed_and_paid_again_is_taxed_as_before(
        amounts in prop::collection::vec(1_000..5_000u128, 2..12),
        which in any::<usize>(),
        threshold in 1..20_000u128,
        rate in 0..500u128,
        only_above: bool,
    ) {
        // Payments far above any tax that they can bring due.
        let rule = Rule {
            policy: "P0".into(), at_payout: false, from_day: 0, rate_bps: rate, no_tax_id_rate_bps: rate,
            threshold, only_above, ceiling: None, year_starts_month: 4, kinds: None,
        };
        let mut both = Both::new(vec![rule]);
        for amount in &amounts {
            both.step(&Step::Pay(1, *amount, Some(0), 0));
        }
        let state = both.state.clone();
        let which = which % amounts.len();
        let before = both.receipts[which];
        both.state.undo(&mut both.receipts[which]);
        let payment = Payment {
            user: user(1),
            gross: before.gross(),
            occasion: Occasion::Credit(Reason::Direct),
            day: Day::new(START),
        };
        prop_assert_eq!(both.state.withhold(&both.terms, &payment), before);
        prop_assert_eq!(both.state, state);
    }

    #[test]
    fn a_withdrawal_is_divided_to_the_last_unit(
        gross in 1..=u128::MAX,
        wallet in 0..=u128::MAX,
        fee_bps in 0..=5_000u16,
        rate_bps in 0..=10_000u16,
    ) {
        let rule = Rule {
            policy: "P2".into(), at_payout: true, from_day: 0, rate_bps: rate_bps.into(),
            no_tax_id_rate_bps: rate_bps.into(), threshold: 0, only_above: false, ceiling: None,
            year_starts_month: 1, kinds: None,
        };
        let policies = WithholdingTerms::check(&[table(&rule)], Asset::Inr).unwrap();
        let terms = WithdrawalTerms::check(&WithdrawalTable { fee_bps, min: None }, Asset::Inr).unwrap();
        let mut state = Withholding::default();
        let request = Request {
            user: user(1), gross: Amount::new(gross), wallet: Amount::new(wallet), day: Day::new(START),
        };
        match terms.withdraw(&policies, &mut state, &request) {
            Ok((withheld, quote)) => {
                prop_assert!(gross <= wallet);
                let parts = Amount::sum_of([quote.withheld, quote.fee, quote.net]);
                prop_assert_eq!(parts, Ok(quote.gross));
                prop_assert_eq!(withheld.total(), quote.withheld);
                if gross < 1 << 100 {
                    let (fee, net) = naive::withholding::withdrawal(
                        gross, quote.withheld.base_units(), fee_bps.into(),
                    );
                    prop_assert_eq!((quote.fee.base_units(), quote.net.base_units()), (fee, net));
                }
            }
            Err(refused) => {
                prop_assert_eq!(state, Withholding::default());
                let code = if gross > wallet { "withdrawal_above_wallet" } else { "withdrawal_leaves_nothing" };
                prop_assert_eq!(refused.code(), code);
            }
        }
    }
}
