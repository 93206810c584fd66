//! The plan that must be refused, and the history that shows why.

use money::{Amount, Asset};
use plan::compile::Counterexample;
use plan::{CompileError, compile};

const FREE: &str = include_str!("../../../../plans/rejected/free-progression.toml");

fn counterexample(text: &str) -> Counterexample {
    let Err(CompileError::ProgressionNotFunded(example)) = compile(text) else {
        panic!("it is not refused for its progression");
    };
    example
}

fn bnb(units: u128) -> Amount {
    Amount::new(units * 10u128.pow(18))
}

#[test]
fn free_progression_fails_at_its_ninth_entrant() {
    let example = counterexample(FREE);
    assert_eq!(example.entrant, Some(9));
    assert_eq!(
        compile(FREE).unwrap_err().to_string(),
        "progression is not funded: at entrant 9, 214 BNB would have to be paid out of 180 BNB received"
    );
}

/// The replay of the rules from which the plan comes: entrants, in, paid to users, to the company, balance.
#[test]
fn the_history_has_these_balances() {
    let example = counterexample(FREE);
    for (entrant, taken_in, users, company, balance) in
        [(3, 60, 20, 4, 36), (7, 140, 120, 20, 0), (8, 160, 138, 22, 0)]
    {
        let step = &example.steps[entrant - 1];
        assert_eq!(step.entrant, u32::try_from(entrant).unwrap());
        let found = (step.taken_in, step.users, step.company, step.balance());
        assert_eq!(
            found,
            (bnb(taken_in), bnb(users), bnb(company), bnb(balance)),
            "{entrant}"
        );
        assert_eq!(step.missing(), Amount::ZERO);
    }
    let last = example.steps.last().unwrap();
    assert_eq!((last.entrant, last.balance()), (9, Amount::ZERO));
    assert_eq!((last.owed(), last.missing()), (example.owed, bnb(34)));
}

#[test]
fn every_step_adds_what_its_placements_pay() {
    let example = counterexample(FREE);
    let (mut taken_in, mut users, mut company) = (0, 0, 0);
    for (number, step) in (1..).zip(&example.steps) {
        assert_eq!(step.entrant, number);
        taken_in += step.paid_in.base_units();
        for placement in &step.placements {
            assert_eq!(placement.is_paid, placement.tier == 1);
            users += placement.to_users().base_units();
            company += placement.company.base_units();
            let paid = placement.to_users().base_units() + placement.company.base_units();
            assert!(paid <= placement.price.base_units());
        }
        let found = (step.taken_in, step.users, step.company);
        assert_eq!(
            found,
            (Amount::new(taken_in), Amount::new(users), Amount::new(company))
        );
    }
}

#[test]
fn the_story_is_told_entrant_by_entrant() {
    assert_eq!(counterexample(FREE).story(), include_str!("free_progression.txt"));
}

#[test]
fn a_plan_that_chance_keeps_solvent_is_refused_with_the_first_free_place() {
    // The shares of missing ancestors pay for 5,000 free places of next to nothing.
    let text = FREE.replace(
        "[\"20\", \"40\", \"80\", \"160\", \"320\"]",
        "[\"20\", \"0.001\"]",
    );
    let example = counterexample(&text);
    assert_eq!(example.entrant, None);
    assert!(
        example
            .story()
            .ends_with("there is no shortfall yet only by chance\n"),
        "{}",
        example.story()
    );
    assert_eq!(example.steps.len(), 3);
    assert!(!example.steps[2].placements[1].is_paid);
}

#[test]
fn of_a_long_history_the_end_is_told() {
    let text = FREE.replace("[5000, 2500, 1500]", "[1]");
    let text = text.replace("[\"20\", \"40\", \"80\", \"160\", \"320\"]", "[\"20\", \"0.1\"]");
    let example = counterexample(&text);
    let Some(entrant) = example.entrant else {
        panic!("{example}")
    };
    assert!(entrant > 64, "{entrant}");
    assert_eq!(example.steps.len(), 64);
    assert_eq!(example.steps.last().unwrap().entrant, entrant);
    assert!(
        example
            .story()
            .starts_with(&format!("(entrants 1 to {} omitted)\n", entrant - 64))
    );
    assert_eq!(example.asset, Asset::Bnb);
}
