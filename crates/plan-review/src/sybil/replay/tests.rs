//! Tests of `replay`.

use super::*;
use crate::sybil::{Retopups, Shape, Under};

/// Two names in a chain and three outsiders below the last that has entered. Only someone's second direct enters the pool;
/// the others bring 18.
#[test]
fn the_time_at_which_names_enter_decides_who_is_whose_second_direct() {
    let plan = plan::compile(include_str!("../../../../../plans/auto-pool.toml")).unwrap();
    let bounds = Bounds {
        identities_max: 2,
        brought: 3,
        others: 0,
    };
    for (order, received) in [
        // The second name brings 18, and has the first and the third outsider.
        (Order::Before, ["18", "36"]),
        // It comes second and enters the pool; so does its own second direct, the third outsider, for 10 to it.
        (Order::Between, ["18", "28"]),
        // The first name has all outsiders but the second, and then the other name.
        (Order::After, ["54", "0"]),
    ] {
        let strategy = Strategy {
            identities: 2,
            shape: Shape::Chain,
            under: Under::Last,
            retopups: Retopups::None,
            order,
        };
        let found = of(&plan, bounds, strategy).unwrap();
        let shown = |amount| plan.asset().display_amount(amount);
        let found: Vec<_> = found
            .iter()
            .map(|(paid, got)| (shown(*paid), shown(*got)))
            .collect();
        let expected = received.map(|got| ("20".to_owned(), got.to_owned()));
        assert_eq!(found, expected, "{order:?}");
    }
}
