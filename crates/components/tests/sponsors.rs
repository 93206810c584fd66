//! Random trees: whatever is kept beside the sponsors, and whenever that begins, every answer is that of a plain count.

use components::sponsors::{Kept, Sponsors, Standing};
use ledger::{DepositId, UserId};
use proptest::prelude::*;

/// The sponsor of each user by number minus one, and after how many users everything is kept.
fn any_tree() -> impl Strategy<Value = (Vec<u32>, usize)> {
    // Half of the users stand right below the one before, so that lines are longer than what is kept of them.
    let pick = prop_oneof![5 => Just(None), 5 => any::<prop::sample::Index>().prop_map(Some)];
    (prop::collection::vec(pick, 0..120), 0usize..120).prop_map(|(picks, begin)| {
        let sponsors = (0u32..).zip(picks).map(|(older, pick)| match pick {
            None => older,
            Some(index) => u32::try_from(index.index(older as usize + 1)).expect("it is one of few"),
        });
        (sponsors.collect(), begin)
    })
}

fn above(sponsors: &[u32], user: u32) -> u32 {
    sponsors[user as usize - 1]
}

fn plain_uplines(sponsors: &[u32], user: u32) -> Vec<UserId> {
    let next = |number: &u32| Some(above(sponsors, *number)).filter(|number| *number > 0);
    let numbers = std::iter::successors(next(&user), next);
    numbers.filter_map(UserId::new).collect()
}

fn plain_directs(sponsors: &[u32], user: u32) -> Vec<UserId> {
    let directs = (1u32..).zip(sponsors).filter(|(_, sponsor)| **sponsor == user);
    let mut directs: Vec<UserId> = directs.filter_map(|(number, _)| UserId::new(number)).collect();
    directs.reverse();
    directs
}

proptest! {
    #[test]
    fn answers_are_those_of_a_plain_count((plain, begin) in any_tree()) {
        let all = Kept { directs: true, nearest: true };
        let (mut late, mut bare, mut full) = (Sponsors::default(), Sponsors::default(), Sponsors::new(all));
        for (number, sponsor) in (1u32..).zip(&plain) {
            if number as usize == begin {
                late.keep(all);
            }
            for sponsors in [&mut late, &mut bare, &mut full] {
                prop_assert_eq!(sponsors.join(UserId::new(*sponsor)), UserId::new(number));
            }
        }
        prop_assert_eq!(&bare, &full);
        for sponsors in [&late, &bare, &full] {
            prop_assert_eq!(sponsors.numbers().collect::<Vec<_>>(), &plain[..]);
            prop_assert_eq!(&sponsors.alone()[..], &plain.iter().map(|number| UserId::new(*number)).collect::<Vec<_>>()[..]);
            prop_assert_eq!(sponsors.count(), plain.len());
            for user in (1u32..).take(plain.len()).filter_map(UserId::new) {
                let uplines = plain_uplines(&plain, user.get());
                prop_assert_eq!(sponsors.of(user), uplines.first().copied());
                prop_assert_eq!(sponsors.directs(user).collect::<Vec<_>>(), plain_directs(&plain, user.get()));
                for wanted in [1, 15, 16, 17, 40] {
                    let mut nearest = vec![UserId::new(77); wanted];
                    sponsors.nearest(user, &mut nearest);
                    let mut expected: Vec<_> = uplines.iter().copied().map(Some).collect();
                    expected.resize(wanted.max(expected.len()), None);
                    prop_assert_eq!(&nearest[..], &expected[..wanted]);
                }
                prop_assert_eq!(sponsors.uplines(user).collect::<Vec<_>>(), uplines);
            }
        }
    }
}

#[test]
fn a_sponsor_who_has_not_joined_brings_nobody() {
    let mut sponsors = Sponsors::default();
    let first = UserId::new(1).unwrap();
    assert_eq!(sponsors.join(Some(first)), None);
    assert_eq!((sponsors.count(), sponsors.has(first)), (0, false));
    assert_eq!(sponsors.join(None), Some(first));
    assert_eq!(sponsors.join(UserId::new(2)), None);
    assert_eq!(
        (sponsors.count(), sponsors.has(first), sponsors.of(first)),
        (1, true, None)
    );
}

#[test]
fn a_standing_is_kept_of_whoever_has_joined() {
    let mut sponsors = Sponsors::default();
    let [first, second] = [1, 2].map(|number| UserId::new(number).unwrap());
    let retopped = Standing::Retopped(DepositId::new(7).unwrap());
    sponsors.join(None);
    sponsors.set_standing(first, retopped);
    sponsors.set_standing(second, Standing::Gone);
    assert_eq!(
        (sponsors.standing(first), sponsors.standing(second)),
        (Some(retopped), None)
    );
    sponsors.join(Some(first));
    assert_eq!(sponsors.standings().collect::<Vec<_>>(), [7, 0]);
    assert!(sponsors.is_active(second));
    sponsors.set_standing(second, Standing::Gone);
    assert!(!sponsors.is_active(second) && sponsors.is_active(first));
}

#[test]
fn trees_are_equal_if_everybody_has_the_same_sponsor_and_standing() {
    let tree = |second: Option<u32>, standing: Standing| {
        let mut sponsors = Sponsors::default();
        sponsors.join(None);
        sponsors.join(second.and_then(UserId::new));
        sponsors.set_standing(UserId::new(1).unwrap(), standing);
        sponsors
    };
    assert_eq!(tree(Some(1), Standing::Gone), tree(Some(1), Standing::Gone));
    assert_ne!(tree(Some(1), Standing::Gone), tree(None, Standing::Gone));
    assert_ne!(tree(Some(1), Standing::Gone), tree(Some(1), Standing::Registered));
}
