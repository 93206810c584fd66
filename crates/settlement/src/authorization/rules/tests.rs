//! Tests of `rules`.

use proptest::prelude::*;

use super::*;

const HEAD: u64 = 1_800_000_000;

fn policy() -> Policy {
    Policy {
        chain_id: 31337,
        contract: Address::repeat_byte(0xc0),
        plan_hashes: BTreeSet::from([B256::repeat_byte(1)]),
        amount_max: Amount::new(100 * GWEI),
    }
}

fn registration() -> IntakeTerms {
    IntakeTerms {
        kind: IntakeKind::Registration,
        chain_id: 31337,
        contract: Address::repeat_byte(0xc0),
        user: Address::repeat_byte(2),
        sponsor: Some(Address::repeat_byte(3)),
        amount: Amount::new(20 * GWEI),
        plan_hash: B256::repeat_byte(1),
        disclosure_hash: B256::repeat_byte(4),
        deposit_ref: B256::repeat_byte(5),
        deadline: HEAD + 600,
    }
}

fn code_of(change: impl FnOnce(&mut IntakeTerms)) -> &'static str {
    let mut terms = registration();
    change(&mut terms);
    let checked = policy()
        .check_terms(&terms)
        .and_then(|()| terms.check_deadline(HEAD));
    checked.map_or_else(|rule| rule.code(), |()| "ok")
}

#[test]
fn every_rule_has_its_code() {
    type Change = fn(&mut IntakeTerms);
    let table: [(Change, &str); 21] = [
        (|_| {}, "ok"),
        (|terms| terms.sponsor = None, "ok"),
        (|terms| terms.chain_id = 56, "wrong_chain"),
        (|terms| terms.contract = Address::ZERO, "wrong_contract"),
        (|terms| terms.plan_hash = B256::ZERO, "unknown_plan"),
        (|terms| terms.user = Address::ZERO, "user_zero"),
        (|terms| terms.sponsor = Some(Address::ZERO), "sponsor_zero"),
        (|terms| terms.sponsor = Some(terms.user), "sponsor_is_user"),
        (|terms| terms.kind = IntakeKind::Retopup, "retopup_with_sponsor"),
        (
            |terms| {
                terms.kind = IntakeKind::Retopup;
                terms.sponsor = None;
            },
            "ok",
        ),
        (|terms| terms.disclosure_hash = B256::ZERO, "disclosure_zero"),
        (|terms| terms.deposit_ref = B256::ZERO, "ref_zero"),
        (|terms| terms.amount = Amount::ZERO, "amount_zero"),
        (
            |terms| terms.amount = Amount::new(GWEI + 1),
            "amount_not_whole_gwei",
        ),
        (|terms| terms.amount = Amount::new(100 * GWEI), "ok"),
        (|terms| terms.amount = Amount::new(101 * GWEI), "amount_above_max"),
        (|terms| terms.deadline = HEAD, "deadline_passed"),
        (|terms| terms.deadline = HEAD + 29, "deadline_too_near"),
        (|terms| terms.deadline = HEAD + 30, "ok"),
        (|terms| terms.deadline = HEAD + 3_600, "ok"),
        (|terms| terms.deadline = HEAD + 3_601, "deadline_too_far"),
    ];
    for (row, (change, expected)) in table.into_iter().enumerate() {
        assert_eq!(code_of(change), expected, "row {row}");
    }
}

proptest! {
    #[test]
    fn a_deadline_is_accepted_exactly_inside_its_window(deadline: u64, head: u64) {
        let mut terms = registration();
        terms.deadline = deadline;
        let (deadline, head) = (u128::from(deadline), u128::from(head));
        let inside = deadline >= head + 30 && deadline <= head + 3_600;
        prop_assert_eq!(terms.check_deadline(u64::try_from(head).expect("it was one")).is_ok(), inside);
    }

    #[test]
    fn a_deadline_near_the_head_is_accepted_exactly_inside_its_window(head in 0..u64::MAX - 10_000, life in 0_u64..5_000) {
        let mut terms = registration();
        terms.deadline = head + life;
        prop_assert_eq!(terms.check_deadline(head).is_ok(), (30..=3_600).contains(&life));
    }
}
