//! Tests of the choice: each filter and obstacle, the order, and the limits.

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

type Obstacle = fn(&mut Candidate);
type Filter = fn(&mut Filters);

fn cause_of(obstacle: Obstacle, filter: Filter) -> &'static str {
    let mut one = candidate(1, 100);
    obstacle(&mut one);
    let mut request = Request::default();
    filter(&mut request.filters);
    let proposal = propose(&[one], &request, &rich());
    let left = proposal.left_out.first();
    left.map_or("paid", |left| left.cause.name())
}

#[test]
fn every_obstacle_has_its_cause() {
    let table: [(Obstacle, &str); 7] = [
        (|_| {}, "paid"),
        (|one| one.has_live_payout = true, "live_payout"),
        (|one| one.available = Amount::ZERO, "nothing_available"),
        (|one| one.frozen_until = NOW + 1, "frozen"),
        (|one| one.frozen_until = NOW, "paid"),
        (|one| one.paid = Amount::new((1 << 95) - 100), "target_too_large"),
        (|one| one.paid = Amount::new((1 << 95) - 101), "paid"),
    ];
    for (row, (obstacle, expected)) in table.into_iter().enumerate() {
        assert_eq!(cause_of(obstacle, |_| {}), expected, "row {row}");
    }
}

#[test]
fn every_filter_has_its_cause() {
    fn only(kind: RewardKind) -> Option<Kinds> {
        Some(Kinds::NONE.with(kind))
    }
    let table: [(Filter, &str); 10] = [
        (|all| all.users = Some(BTreeSet::from([user(2)])), "not_asked_for"),
        (|all| all.users = Some(BTreeSet::from([user(1)])), "paid"),
        (|all| all.amount_min = Some(Amount::new(101)), "below_amount_min"),
        (|all| all.amount_min = Some(Amount::new(100)), "paid"),
        (|all| all.amount_max = Some(Amount::new(99)), "above_amount_max"),
        (|all| all.amount_max = Some(Amount::new(100)), "paid"),
        (|all| all.kinds = only(RewardKind::Generation), "other_kinds"),
        (|all| all.kinds = only(RewardKind::Direct), "paid"),
        (|all| all.matured_by = Some(1_000), "too_recent"),
        (|all| all.matured_by = Some(1_001), "paid"),
    ];
    for (row, (filter, expected)) in table.into_iter().enumerate() {
        assert_eq!(cause_of(|_| {}, filter), expected, "row {row}");
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
            prop_assert_eq!(line.target, whole.paid.checked_add(whole.available).unwrap());
            prop_assert!(!whole.has_live_payout && !line.amount.is_zero());
        }
    }
}
