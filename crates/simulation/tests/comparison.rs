//! Two plans over the same causes.

#![expect(clippy::unwrap_used, reason = "the steps of a test; a failure names its line")]

use ledger::Reason;
use money::Amount;
use plan::{Cause, CompiledPlan, Day, compile};
use simulation::comparison::{Comparison, Difference, Misfit};
use simulation::tape::cause;
use simulation::{Behaviour, Growth, Parameters, SponsorChoice, simulate_and_record};

const AUTO_POOL: &str = include_str!("../../../plans/auto-pool.toml");

fn changed(from: &str, to: &str) -> CompiledPlan {
    assert!(AUTO_POOL.contains(from), "{from}");
    compile(&AUTO_POOL.replace(from, to)).unwrap()
}

fn causes(users: u32) -> Vec<Cause> {
    let plan = compile(AUTO_POOL).unwrap();
    let parameters = Parameters {
        users,
        seed: 3,
        months: 6,
        start: Day::of_date("2026-01-01").unwrap(),
        growth: Growth::Constant,
        sponsors: SponsorChoice::Preferential,
        behaviour: Behaviour {
            refund_bps: 1_000,
            ..Behaviour::default()
        },
    };
    let (_, facts) = simulate_and_record(&plan, &parameters).unwrap();
    facts
        .iter()
        .map(|recorded| cause(&plan, &recorded.fact).unwrap())
        .collect()
}

fn compare(new: CompiledPlan, causes: &[Cause]) -> Difference {
    let mut comparison = Comparison::new(compile(AUTO_POOL).unwrap(), new);
    for cause in causes {
        comparison.apply(cause);
    }
    comparison.finish()
}

#[test]
fn a_plan_differs_from_itself_in_nothing() {
    let causes = causes(1_000);
    let difference = compare(compile(AUTO_POOL).unwrap(), &causes);
    assert!(difference.is_empty(), "{difference:?}");
    assert_eq!((difference.facts, difference.users), (causes.len() as u64, 1_000));
    assert_eq!((difference.gainers, difference.losers), (0, 0));
    assert!(difference.granted.is_same() && difference.granted.old > Amount::ZERO);
}

#[test]
fn a_planted_change_is_found_exactly_with_its_rule_and_its_users() {
    // Generation 1 gets 100 of 10,000 parts of 36 less, generation 2 as much more.
    let new = changed("[3000, 1500, 1000,", "[2900, 1600, 1000,");
    let difference = compare(new, &causes(1_000));
    let share = 360_000_000_000_000_000u128;
    assert_eq!(difference.misfits, []);
    let reasons: Vec<Reason> = difference.rules.iter().map(|rule| rule.reason).collect();
    assert_eq!(reasons, [Reason::Generation(1), Reason::Generation(2)]);
    let [first, second] = &difference.rules[..] else {
        panic!()
    };
    assert_eq!((first.gainers, second.losers), (0, 0));
    assert_eq!(first.granted.old.base_units() % (30 * share), 0);
    assert_eq!(
        first.granted.new.base_units(),
        first.granted.old.base_units() / 30 * 29
    );
    assert_eq!(
        second.granted.new.base_units(),
        second.granted.old.base_units() / 15 * 16
    );
    for user in &difference.by_user {
        for (reason, pair) in &user.by_rule {
            let gains = pair.new > pair.old;
            assert_eq!(
                *reason,
                if gains {
                    Reason::Generation(2)
                } else {
                    Reason::Generation(1)
                }
            );
            assert_eq!(pair.distance().base_units() % share, 0);
        }
    }
    assert!(
        difference
            .by_user
            .is_sorted_by(|left, right| left.granted.distance() >= right.granted.distance())
    );
    // What users no longer get is nobody's: what they get more was nobody's before.
    let names: Vec<&str> = difference
        .balances
        .iter()
        .map(|balance| balance.name.as_str())
        .collect();
    assert!(names.contains(&"breakage:not_retopped"), "{names:?}");
    assert!(
        !names.contains(&"custody") && !names.contains(&"company"),
        "{names:?}"
    );
}

#[test]
fn intakes_at_another_price_are_said_not_to_fit() {
    let new = changed("price = \"40\"", "price = \"41\"");
    let causes = causes(100);
    let difference = compare(new, &causes);
    let retopups: Vec<u64> = (1..)
        .zip(&causes)
        .filter(|(_, cause)| matches!(cause, Cause::RetoppedUp(_)))
        .map(|(seq, _)| seq)
        .collect();
    let intakes: Vec<&Misfit> = difference
        .misfits
        .iter()
        .filter(|misfit| misfit.new == ["intake_amount"])
        .collect();
    assert_eq!(
        intakes.iter().map(|misfit| misfit.seq).collect::<Vec<_>>(),
        retopups
    );
    assert!(intakes.iter().all(|misfit| misfit.old.is_empty()));
    assert!(
        difference
            .balances
            .iter()
            .any(|balance| balance.name == "clearing")
    );
    assert_eq!(difference.gainers, 0);
}
