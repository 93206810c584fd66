//! Tests of `sponsors`.

use plan::{DepositId, Fact, Outcome, compile};

use super::*;

/// Draws sponsors of users who all stay, and what was foreseen: so many, every so often.
fn draws(choice: SponsorChoice, (ahead, stride): (usize, u32)) -> (Vec<Option<UserId>>, Vec<UserId>) {
    let plan = compile(include_str!("../../../../plans/auto-pool.toml")).unwrap();
    let (mut state, mut out) = (State::new(&plan), Outcome::default());
    let mut sponsors = Sponsors::new(3, choice, 400);
    let (mut drawn, mut foreseen, mut now) = (Vec::new(), Vec::new(), Vec::new());
    for number in 1..=400u32 {
        // The first has no sponsor, and nothing is drawn for it.
        if ahead > 0 && number > 1 && (number - 2).is_multiple_of(stride) {
            sponsors.prefetch(ahead, &mut now);
            foreseen.append(&mut now);
        }
        let sponsor = sponsors.next(&state);
        drawn.push(sponsor);
        let fact = Fact::Registered {
            user: UserId::new(number).unwrap(),
            sponsor,
            deposit: DepositId::new(number).unwrap(),
            amount: plan.registration_price(),
            day: plan::Day::new(9),
        };
        state.apply(&plan, &fact, &mut out);
    }
    (drawn, foreseen)
}

#[test]
fn who_was_foreseen_is_drawn_and_foreseeing_changes_no_draw() {
    for choice in [SponsorChoice::Uniform, SponsorChoice::Preferential] {
        let (drawn, _) = draws(choice, (0, 1));
        let (same, foreseen) = draws(choice, (16, 16));
        assert_eq!(drawn, same);
        // Also where some that were foreseen are still to come.
        assert_eq!(drawn, draws(choice, (16, 5)).0);
        // Of those who join meanwhile nobody's tickets are known.
        let known = match choice {
            SponsorChoice::Uniform => 399,
            SponsorChoice::Preferential => 330,
        };
        let drawn: Vec<UserId> = drawn.into_iter().flatten().collect();
        let common = drawn.iter().filter(|user| foreseen.contains(user)).count();
        assert!(common >= known && drawn.len() == 399, "{common}");
        if choice == SponsorChoice::Uniform {
            assert_eq!(drawn, foreseen[..399]);
        }
    }
}
