//! Where outcomes are cut, and that their parts are the whole.

use ledger::{Account, Reason, UserId};

use super::*;
use crate::decision::Passed;
use crate::effect::DiscrepancyCause;
use crate::orders::PassedOver;

/// An outcome with so many legs and effects in each step.
fn outcome(steps: &[(u64, usize)]) -> Outcome {
    let mut out = Outcome::explained();
    let mut number = 0u128;
    for (legs, effects) in steps {
        for _ in 0..*legs {
            number += 1;
            let mark = out.mark();
            let accounts = (Account::Company, Account::Available(UserId::new(1).unwrap()));
            out.moves(Leg::new(accounts, Amount::new(number), Reason::Matured));
            // Not every leg has a reason to tell.
            if number.is_multiple_of(2) {
                out.because(mark, |why| why.owed = Amount::new(number));
            }
        }
        for _ in 0..*effects {
            let cause = DiscrepancyCause::UnknownWallet;
            out.effects.push(Effect::Discrepancy { cause });
        }
        out.ends_step();
    }
    out
}

/// The legs and effects of every part, the first with what the fact says of all of them.
fn parts_of(steps: &[(u64, usize)], max: usize) -> Vec<Outcome> {
    let mut first = outcome(steps);
    let mut left = Parts::cut(&mut first, max);
    assert!(first.is_explained(), "what comes next is explained too");
    let mut parts = vec![first];
    while let Some(rest) = left.as_deref_mut().filter(|rest| rest.next().is_some()) {
        assert_eq!(rest.next(), u32::try_from(parts.len() + 1).ok());
        let mut part = Outcome::explained();
        rest.take_into(&mut part);
        parts.push(part);
    }
    parts
}

fn sizes(parts: &[Outcome]) -> Vec<(usize, usize)> {
    let continues = |effect: &&Effect| matches!(effect, Effect::Continues { .. });
    let size = |part: &Outcome| {
        let said = part.effects.iter().filter(continues).count();
        (part.legs.len(), part.effects.len() - said)
    };
    parts.iter().map(size).collect()
}

#[test]
fn what_one_fact_can_have_is_left_as_it_is() {
    let mut out = outcome(&[(2, 1), (3, 4)]);
    let whole = out.clone();
    assert!(Parts::cut(&mut out, 5).is_none());
    assert_eq!(out, whole);
}

#[test]
fn parts_end_behind_the_last_step_that_fits() {
    assert_eq!(
        sizes(&parts_of(&[(2, 1), (2, 0), (2, 2), (1, 3)], 5)),
        [(4, 1), (3, 5)]
    );
    let by_effects = parts_of(&[(1, 2), (1, 2), (1, 2)], 3);
    assert_eq!(sizes(&by_effects), [(1, 2), (1, 2), (1, 2)]);
}

#[test]
fn a_step_that_is_too_large_is_cut_itself_and_ends_where_the_next_begins() {
    assert_eq!(
        sizes(&parts_of(&[(1, 0), (7, 1), (2, 9)], 3)),
        [(1, 0), (3, 1), (3, 0), (1, 0), (2, 3), (0, 3), (0, 3)]
    );
    assert_eq!(sizes(&parts_of(&[(0, 10), (25, 1)], 5))[..2], [(0, 5), (0, 5)]);
}

#[test]
fn the_parts_are_the_whole_in_its_order_with_its_reasons() {
    let steps = [(3, 1), (0, 4), (9, 0), (2, 2), (1, 1)];
    for max in 1..=14 {
        let whole = outcome(&steps);
        let parts = parts_of(&steps, max);
        let legs: Vec<_> = parts.iter().flat_map(|part| part.legs.clone()).collect();
        assert_eq!(legs, whole.legs, "at most {max}");
        let told = parts.iter().flat_map(|part| {
            let legs = 0..part.legs.len();
            legs.map(|leg| part.decisions().of_leg(leg).owed)
        });
        let wanted = (0..whole.legs.len()).map(|leg| whole.decisions().of_leg(leg).owed);
        assert!(told.eq(wanted), "at most {max}");
        for (legs, effects) in sizes(&parts) {
            assert!(
                legs <= max && effects <= max && legs + effects > 0,
                "at most {max}"
            );
        }
        let (last, first) = (legs.len(), &parts[0]);
        assert_eq!(
            first.effects.last(),
            Some(&Effect::Continues {
                parts: u32::try_from(parts.len()).unwrap(),
                legs: u32::try_from(last).unwrap(),
                amount: Amount::new((1..=last as u128).sum()),
            }),
            "at most {max}"
        );
    }
}

#[test]
fn all_that_is_left_comes_behind_what_is_there_with_its_reasons() {
    let mut first = outcome(&[(2, 1), (2, 0), (3, 0)]);
    let left = Parts::cut(&mut first, 2).unwrap();
    // A leg of which nobody tells anything.
    let mut out = outcome(&[(1, 0)]);
    left.take_all_into(&mut out);
    let told = (0..out.legs.len()).map(|leg| (out.legs[leg].amount, out.decisions().of_leg(leg).owed));
    let told: Vec<_> = told
        .map(|(amount, owed)| (amount.base_units(), owed.base_units()))
        .collect();
    assert_eq!(told, [(1, 0), (3, 0), (4, 4), (5, 0), (6, 6), (7, 0)]);
}

#[test]
fn the_first_part_says_who_was_passed_over_and_no_other_does() {
    let passed = Passed::Orders(PassedOver {
        user: UserId::new(1).unwrap(),
        generation: 1,
        orders: 3,
        lacked: None,
    });
    let mut first = outcome(&[(2, 0), (2, 0)]);
    first.passed_over(passed.clone());
    let mut left = Parts::cut(&mut first, 2).unwrap();
    assert_eq!(first.decisions().passed, [passed]);
    let mut second = Outcome::explained();
    left.take_into(&mut second);
    assert!(second.decisions().passed.is_empty());
}
