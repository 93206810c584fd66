//! What false names bring under the shipped plans.

mod purchases;

use money::Amount;
use plan::{CompiledPlan, Severity, compile};
use plan_review::sybil::{Bounds, Order, Retopups, Search, Shape, Under, search};

const AUTO_POOL: &str = include_str!("../../../../plans/auto-pool.toml");
const ROLLING: &str = include_str!("../../../../plans/auto-pool-rolling.toml");

fn auto_pool() -> CompiledPlan {
    compile(AUTO_POOL).expect("the shipped plan compiles")
}

fn found(plan: &CompiledPlan, identities_max: u32, brought: u32, others: u32) -> Search {
    let bounds = Bounds {
        identities_max,
        brought,
        others,
    };
    search(plan, bounds).expect("the bounds are small")
}

/// In tenths of a unit.
fn tenths(net: i128) -> i128 {
    let tenth = 10i128.pow(17);
    assert_eq!(net % tenth, 0);
    net / tenth
}

/// One outsider. One name pays 20 and receives 18 for the outsider. A second name costs 20 and brings the first its 18,
/// so two names lose 2 more; a retopup costs 40 and brings 10.8.
#[test]
fn with_one_outsider_a_second_name_only_costs() {
    let search = found(&auto_pool(), 2, 1, 0);
    assert_eq!(tenths(search.honest.net()), -20);
    assert_eq!(tenths(search.best.net()), -40);
    assert_eq!(search.best.strategy.shape, Shape::Chain);
    assert_eq!(search.gain(), Amount::ZERO);
    let finding = search.finding(auto_pool().asset());
    assert_eq!(finding.severity, Severity::Info);
    assert_eq!(
        finding.text,
        "False names gained nothing in a bounded search over 83 strategies with up to 2 names, 1 recruited \
         outsiders and 0 others; this does not prove that no gain exists."
    );
}

/// Two outsiders who buy a retopup. One name pays 60; it gets 18 for the first, nothing for the second, who enters the
/// pool, and twice 10.8. Two names: the second has the outsiders and is the first one's first direct.
#[test]
fn the_income_of_one_name_is_what_the_rules_say() {
    let search = found(&auto_pool(), 2, 2, 0);
    assert_eq!(tenths(search.honest.net()), -20);
    let with_retopup = 180 + 2 * 108 - 600;
    assert!(tenths(search.honest.net()) > with_retopup);
    assert_eq!(search.honest.strategy.retopups, Retopups::None);
    assert_eq!(tenths(search.best.net()), 2 * 180 - 400);
}

/// Ten names in a chain take all ten generations of every retopup below them.
#[test]
fn a_chain_of_ten_names_takes_all_generations() {
    for text in [AUTO_POOL, ROLLING] {
        let plan = compile(text).unwrap();
        let search = search(&plan, Bounds::default()).unwrap();
        let best = search.best.strategy;
        assert_eq!(
            (best.identities, best.shape, best.retopups),
            (10, Shape::Chain, Retopups::All)
        );
        assert_eq!((best.under, best.order), (Under::Last, Order::Before));
        assert_eq!(tenths(search.best.net()), 5_412);
        assert_eq!(tenths(search.honest.net()), 2_136);
        let finding = search.finding(plan.asset());
        assert_eq!(finding.severity, Severity::Warning);
        assert_eq!(
            finding.text,
            "One person with 10 names receives 1141.2 BNB for 600 paid, 327.6 more than the best with one name, \
             at the expense of others (10 names, each sponsored by the one before, entering before anyone is recruited; outsiders come \
             below the last; all buy a retopup): the best of a bounded search over 1136 strategies with up to 15 \
             names, 8 recruited outsiders and 32 others."
        );
        assert_eq!(
            search.gain_per_identity().base_units(),
            32_760_000_000_000_000_000
        );
    }
}

#[test]
fn the_story_adds_up() {
    let plan = auto_pool();
    let search = found(&plan, 4, 4, 8);
    let (mut paid, mut received) = (0, 0);
    for identity in &search.best.identities {
        paid += identity.0.base_units();
        received += identity.1.base_units();
    }
    assert_eq!(search.best.paid_in(), Amount::new(paid));
    assert_eq!(search.best.received(), Amount::new(received));
    let story = search.story(plan.asset());
    assert_eq!(story.lines().count(), search.best.identities.len() + 3, "{story}");
    assert!(
        story.starts_with(&format!("{}\n  name 1 pays ", search.best.strategy)),
        "{story}"
    );
}

#[test]
fn among_themselves_names_lose_and_from_others_they_gain_no_more_than_those_paid() {
    for text in [AUTO_POOL, ROLLING] {
        let plan = compile(text).unwrap();
        let alone = found(&plan, 8, 0, 0);
        assert!(alone.honest.net() < 0 && alone.best.net() < 0);
        for (brought, others) in [(1, 0), (3, 5), (0, 7), (6, 20)] {
            let search = found(&plan, 5, brought, others);
            // The first user pays too.
            let outsiders = i128::from(brought + others + 1);
            assert!(search.best.net() <= outsiders * 60 * 10i128.pow(18));
        }
    }
}

#[test]
fn a_wider_search_finds_at_least_as_much() {
    let plan = auto_pool();
    let nets: Vec<i128> = (2..8)
        .map(|names| found(&plan, names, 4, 12).best.net())
        .collect();
    assert!(nets.is_sorted(), "{nets:?}");
}

#[test]
fn the_same_search_finds_the_same() {
    let plan = auto_pool();
    assert_eq!(found(&plan, 4, 4, 8), found(&plan, 4, 4, 8));
    assert_eq!(
        search(
            &plan,
            Bounds {
                identities_max: 1,
                brought: 1,
                others: 1
            }
        ),
        None
    );
    assert_eq!(
        search(
            &plan,
            Bounds {
                identities_max: 0,
                brought: 1,
                others: 1
            }
        ),
        None
    );
}

/// A plan in which nobody gets anything for retopups of others leaves false names only what the pool brings.
#[test]
fn without_generations_a_chain_brings_nothing() {
    let text = AUTO_POOL.replace("[3000, 1500, 1000, 500, 500, 500, 500, 500, 1000, 1000]", "[]");
    let search = search(&compile(&text).unwrap(), Bounds::default()).unwrap();
    assert_eq!(search.best.strategy.retopups, Retopups::None);
    assert_eq!(search.honest.strategy.retopups, Retopups::None);
}
