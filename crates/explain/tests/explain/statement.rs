//! Statements: what a user has before and after a period follows from the entries between.

use explain::{Holdings, Statement};
use money::Amount;
use plan::UserId;

use crate::{AUTO_POOL, World};

const DAY: u64 = 86_400;

/// Applies a line a day, and follows it.
fn follow(world: &mut World, statement: &mut Statement, lines: &[&str]) {
    for (seq, line) in (1u64..).zip(lines) {
        let lines = world.step(line);
        let is_own = statement.concerns(&world.plan, &world.out);
        statement.follow(
            (seq, seq * DAY),
            &world.out.legs,
            if is_own { lines } else { Vec::new() },
        );
    }
}

const HISTORY: [&str; 10] = [
    "register U3",
    "register U2 by U3",
    "register U1 by U2",
    "retopup U3",
    "retopup U1",
    "register Z by U1",
    "retopup Z",
    "mature",
    "correct U2 5",
    "register Y by U2",
];

fn bnb(units: u128) -> Amount {
    Amount::new(units * 10u128.pow(17))
}

#[test]
fn a_statement_lists_rewards_and_missed_ones_with_their_reasons() {
    let mut world = World::new(AUTO_POOL);
    let user = UserId::new(2).unwrap();
    let mut statement = Statement::new(user, 4 * DAY, 11 * DAY);
    follow(&mut world, &mut statement, &HISTORY);
    assert_eq!(
        statement.opening,
        Holdings {
            held: bnb(180),
            ..Holdings::default()
        }
    );
    assert_eq!(
        statement.closing,
        Holdings {
            available: bnb(180),
            owed: bnb(50),
            ..Holdings::default()
        }
    );
    let missed: Vec<_> = statement
        .missed()
        .map(|entry| (entry.seq, entry.line.amount, entry.line.because.as_str()))
        .collect();
    assert_eq!(
        missed,
        [
            (5, bnb(108), "upline 2 has no valid retopup"),
            (7, bnb(54), "upline 2 has no valid retopup"),
        ]
    );
    // Y is the second direct of U2 and enters a pool: nothing for the sponsor.
    assert_eq!(statement.rewards().count(), 0);
    assert_eq!(world.user("U2"), user);
}

/// For the registration of U2 as the first direct, and the shares of U1's and Z's retopups as generation 2 and 3.
#[test]
fn a_statement_lists_what_was_granted() {
    let mut world = World::new(AUTO_POOL);
    let mut statement = Statement::new(UserId::new(1).unwrap(), 0, 12 * DAY);
    follow(&mut world, &mut statement, &HISTORY);
    let rewards: Vec<_> = statement
        .rewards()
        .map(|entry| (entry.seq, entry.line.amount))
        .collect();
    assert_eq!(rewards, [(2, bnb(180)), (5, bnb(54)), (7, bnb(36))]);
}

#[test]
fn what_happens_before_a_period_only_opens_it_and_after_it_nothing_counts() {
    let user = UserId::new(1).unwrap();
    let all = |from, until| {
        let mut world = World::new(AUTO_POOL);
        let mut statement = Statement::new(user, from, until);
        follow(&mut world, &mut statement, &HISTORY);
        statement
    };
    for cut in 1..=11 {
        let (left, right) = (all(0, cut * DAY), all(cut * DAY, 12 * DAY));
        assert_eq!(left.closing, right.opening, "{cut}");
        assert_eq!(left.opening, Holdings::default());
        let whole = all(0, 12 * DAY);
        assert_eq!(right.closing, whole.closing);
        assert_eq!(left.entries.len() + right.entries.len(), whole.entries.len());
    }
}

/// Whoever has paid, was meant to receive, or has money moved is concerned; whoever only stands above is not.
#[test]
fn a_fact_concerns_those_whom_its_money_names() {
    let mut world = World::new(AUTO_POOL);
    let mut concerned = vec![Vec::new(); 5];
    for (seq, line) in (1..).zip(HISTORY) {
        world.step(line);
        for (number, facts) in (1..).zip(&mut concerned) {
            let statement = Statement::new(UserId::new(number).unwrap(), 0, u64::MAX);
            if statement.concerns(&world.plan, &world.out) {
                facts.push(seq);
            }
        }
    }
    // U3, U2, U1, Z and Y. U2 misses shares of the fifth and the seventh; Y enters a pool, so U2 has nothing to do with it.
    assert_eq!(
        concerned,
        [
            vec![1, 2, 4, 5, 7, 8],
            vec![2, 3, 5, 7, 8, 9],
            vec![3, 5, 6, 7, 8],
            vec![6, 7],
            vec![10]
        ]
    );
}
