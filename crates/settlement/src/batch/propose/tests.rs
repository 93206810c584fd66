use proptest::prelude::*;

use super::*;
use crate::batch::RewardKind;

const NOW: u64 = 1_800_000_000;

fn user(number: u32) -> UserId {
    UserId::new(number).unwrap()
}

fn candidate(number: u32, available: u128) -> Candidate {
    Candidate {
        user: user(number),
        wallet: Address::left_padding_from(&number.to_be_bytes()),
        paid: Amount::new(7),
        available: Amount::new(available),
        kinds: Kinds::NONE.with(RewardKind::Direct),
        oldest_matured_at: 1_000 + u64::from(number),
        frozen_until: 0,
        has_live_payout: false,
        withdrawal_requested: false,
    }
}

fn rich() -> Limits {
    Limits {
        time: NOW,
        funds: TARGET_MAX,
        outflow: TARGET_MAX,
        promised: Amount::ZERO,
    }
}

fn cause_of(change: impl FnOnce(&mut Candidate), filters: Filters) -> &'static str {
    let mut one = candidate(1, 100);
    change(&mut one);
    let request = Request {
        filters,
        ..Request::default()
    };
    let proposal = propose(&[one], &request, &rich());
    proposal.left_out.first().map_or("paid", |left| left.cause.name())
}

#[test]
fn every_filter_and_every_obstacle_has_its_cause() {
    let none = Filters::default;
    let kinds = |kind| Some(Kinds::NONE.with(kind));
    let amount = |units| Some(Amount::new(units));
    let table: [(&str, &str); 17] = [
        (cause_of(|_| {}, none()), "paid"),
        (
            cause_of(
                |_| {},
                Filters {
                    users: Some(BTreeSet::from([user(2)])),
                    ..none()
                },
            ),
            "not_asked_for",
        ),
        (
            cause_of(
                |_| {},
                Filters {
                    users: Some(BTreeSet::from([user(1)])),
                    ..none()
                },
            ),
            "paid",
        ),
        (cause_of(|one| one.has_live_payout = true, none()), "live_payout"),
        (
            cause_of(|one| one.available = Amount::ZERO, none()),
            "nothing_available",
        ),
        (
            cause_of(
                |_| {},
                Filters {
                    amount_min: amount(101),
                    ..none()
                },
            ),
            "below_amount_min",
        ),
        (
            cause_of(
                |_| {},
                Filters {
                    amount_min: amount(100),
                    ..none()
                },
            ),
            "paid",
        ),
        (
            cause_of(
                |_| {},
                Filters {
                    amount_max: amount(99),
                    ..none()
                },
            ),
            "above_amount_max",
        ),
        (
            cause_of(
                |_| {},
                Filters {
                    amount_max: amount(100),
                    ..none()
                },
            ),
            "paid",
        ),
        (
            cause_of(
                |_| {},
                Filters {
                    kinds: kinds(RewardKind::Generation),
                    ..none()
                },
            ),
            "other_kinds",
        ),
        (
            cause_of(
                |_| {},
                Filters {
                    kinds: kinds(RewardKind::Direct),
                    ..none()
                },
            ),
            "paid",
        ),
        (
            cause_of(
                |_| {},
                Filters {
                    matured_by: Some(1_000),
                    ..none()
                },
            ),
            "too_recent",
        ),
        (
            cause_of(
                |_| {},
                Filters {
                    matured_by: Some(1_001),
                    ..none()
                },
            ),
            "paid",
        ),
        (cause_of(|one| one.frozen_until = NOW + 1, none()), "frozen"),
        (cause_of(|one| one.frozen_until = NOW, none()), "paid"),
        (
            cause_of(|one| one.paid = Amount::new((1 << 95) - 100), none()),
            "target_too_large",
        ),
        (
            cause_of(|one| one.paid = Amount::new((1 << 95) - 101), none()),
            "paid",
        ),
    ];
    for (row, (found, expected)) in table.into_iter().enumerate() {
        assert_eq!(found, expected, "row {row}");
    }
}

#[test]
fn who_asked_comes_first_then_who_waits_longest_then_the_lower_user() {
    let mut asked = candidate(9, 1);
    asked.withdrawal_requested = true;
    let mut twin = candidate(5, 1);
    twin.oldest_matured_at = candidate(3, 1).oldest_matured_at;
    let proposal = propose(
        &[twin, candidate(4, 1), candidate(3, 1), asked],
        &Request::default(),
        &rich(),
    );
    let order: Vec<u32> = proposal.lines.iter().map(|line| line.user.get()).collect();
    assert_eq!(order, [9, 3, 5, 4]);
}

#[test]
fn who_does_not_fit_whole_is_left_out_and_smaller_ones_behind_are_paid() {
    let candidates = [candidate(1, 60), candidate(2, 50), candidate(3, 40)];
    let limits = Limits {
        funds: Amount::new(150),
        outflow: Amount::new(130),
        promised: Amount::new(30),
        ..rich()
    };
    let proposal = propose(&candidates, &Request::default(), &limits);
    let text = "pay 1 0x0000000000000000000000000000000000000001 60 to 67\n\
                pay 3 0x0000000000000000000000000000000000000003 40 to 47\n\
                leave 2 no_room\ntotal 100 for 2\n";
    assert_eq!(proposal.to_string(), text);

    let request = Request {
        total_max: Some(Amount::new(90)),
        ..Request::default()
    };
    let proposal = propose(&candidates, &request, &limits);
    assert_eq!(
        proposal.left_out,
        [2, 3].map(|number| LeftOut {
            user: user(number),
            cause: Cause::TotalMax
        })
    );
}

#[test]
fn nobody_gets_more_lines_than_the_contract_takes() {
    let candidates: Vec<Candidate> = (1..=305).map(|number| candidate(number, 1)).collect();
    let request = Request {
        count_max: Some(1_000),
        ..Request::default()
    };
    let proposal = propose(&candidates, &request, &rich());
    assert_eq!(proposal.lines.len(), 300);
    assert!(proposal.left_out.iter().all(|left| left.cause == Cause::CountMax));
    let request = Request {
        count_max: Some(2),
        ..Request::default()
    };
    assert_eq!(propose(&candidates, &request, &rich()).lines.len(), 2);
}

fn any_candidates() -> impl Strategy<Value = Vec<Candidate>> {
    let one = (0u128..1_000, 0u64..50, any::<bool>(), any::<bool>());
    proptest::collection::vec(one, 0..40).prop_map(|rows| {
        let rows = (1u32..).zip(rows);
        rows.map(|(number, (available, matured, live, asked))| Candidate {
            oldest_matured_at: matured,
            has_live_payout: live,
            withdrawal_requested: asked,
            ..candidate(number, available)
        })
        .collect()
    })
}

proptest! {
    #[test]
    fn nobody_is_lost_and_no_limit_is_passed(
        candidates in any_candidates(),
        funds in 0u128..20_000,
        outflow in 0u128..20_000,
        promised in 0u128..5_000,
        total_max in proptest::option::of(0u128..10_000),
    ) {
        let limits = Limits { time: NOW, funds: Amount::new(funds), outflow: Amount::new(outflow), promised: Amount::new(promised) };
        let request = Request { total_max: total_max.map(Amount::new), ..Request::default() };
        let proposal = propose(&candidates, &request, &limits);
        let mut backwards = candidates.clone();
        backwards.reverse();
        prop_assert_eq!(&proposal, &propose(&backwards, &request, &limits), "the order of the input does not matter");
        prop_assert_eq!(proposal.lines.len() + proposal.left_out.len(), candidates.len());
        let total: u128 = proposal.lines.iter().map(|line| line.amount.base_units()).sum();
        prop_assert_eq!(total, proposal.total.base_units());
        prop_assert!(total == 0 || total + promised <= funds.min(outflow));
        prop_assert!(total_max.is_none_or(|max| total <= max));
        for line in &proposal.lines {
            let whole = candidates.iter().find(|candidate| candidate.user == line.user).unwrap();
            prop_assert_eq!(line.amount, whole.available);
            prop_assert_eq!(line.target, whole.paid.plus(whole.available).unwrap());
            prop_assert!(!whole.has_live_payout && !line.amount.is_zero());
        }
    }
}
