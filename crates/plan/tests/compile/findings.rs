//! What the compiler tells participants about plans that are sound.

use plan::{CompiledPlan, Severity, compile};

use crate::{AUTO_POOL, ROLLING, changed};

fn figures(plan: &CompiledPlan, code: &str) -> Vec<(&'static str, u128)> {
    let finding = plan.findings().iter().find(|finding| finding.code == code);
    finding
        .unwrap_or_else(|| panic!("no finding {code}"))
        .figures
        .clone()
}

#[test]
fn the_findings_of_the_shipped_plan_are_these() {
    let plan = compile(AUTO_POOL).unwrap();
    assert_eq!(figures(&plan, "recruitment_funded"), [("share_bps", 10_000)]);
    assert_eq!(
        figures(&plan, "places_without_income"),
        [("places", 8), ("of", 15)]
    );
    assert_eq!(figures(&plan, "places_at_most_even"), [("places", 4), ("of", 15)]);
    assert_eq!(
        figures(&plan, "places_below_price"),
        [("less", 8), ("exactly", 4), ("more", 3), ("of", 15)]
    );
    assert_eq!(figures(&plan, "growth_needed"), [("followers", 2), ("layers", 1)]);
    assert_eq!(
        figures(&plan, "recruitment_funded_by_rule"),
        [
            ("direct_share_bps", 10_000),
            ("generation_share_bps", 10_000),
            ("pool_share_bps", 10_000)
        ]
    );
    assert_eq!(
        figures(&plan, "payout_ratio"),
        [
            ("max_bps", 9_000),
            ("registration_bps", 9_000),
            ("place_bps", 9_000),
            ("retopup_bps", 9_000)
        ]
    );
    // The third place earns 40 too, but its last 5 come with the node that closes the tree.
    assert_eq!(
        figures(&plan, "next_price_out_of_reach"),
        [("tier", 1), ("reaching", 2), ("of", 15)]
    );
    // Above tier 1 rewards mature at once, so there it counts.
    let out_of_reach = |finding: &&plan::Finding| finding.code == "next_price_out_of_reach";
    let second = plan.findings().iter().filter(out_of_reach).nth(1).unwrap();
    assert_eq!(second.figures, [("tier", 2), ("reaching", 3), ("of", 15)]);
    assert!(
        plan.findings()
            .iter()
            .all(|finding| finding.severity < Severity::Error)
    );
}

#[test]
fn the_rolling_plan_says_what_it_does_to_whom() {
    let plan = compile(ROLLING).unwrap();
    assert_eq!((plan.tree_size(), plan.trees_max()), (None, None));
    assert!(!plan.reserve_is_chosen());
    assert_eq!(figures(&plan, "endless_tree"), [("share_bps", 5_000)]);
    assert_eq!(figures(&plan, "endless_below_price"), [("share_bps", 5_000)]);
    assert_eq!(figures(&plan, "growth_needed"), [("followers", 2), ("layers", 1)]);
    assert_eq!(figures(&plan, "forced_reserve"), [("places", 4), ("of", 15)]);
}

/// Income by place of a full tree of fifteen when a place costs 20: the root's two, four and eight shares, and so on.
#[test]
fn places_that_receive_less_than_their_price_are_counted() {
    for (layers, less, exactly, more) in [
        ("[5000, 2500, 1500]", 8, 4, 3),
        ("[5000, 2500, 0]", 8, 4, 3),
        ("[4999, 2500, 1500]", 12, 0, 3),
        ("[2500, 2500, 2500]", 12, 0, 3),
        ("[2500, 1250, 1250]", 12, 2, 1),
        ("[1000, 1000, 0]", 15, 0, 0),
        ("[5001]", 8, 0, 7),
    ] {
        let plan = compile(&changed("[5000, 2500, 1500]", layers)).unwrap();
        assert_eq!(
            figures(&plan, "places_below_price"),
            [("less", less), ("exactly", exactly), ("more", more), ("of", 15)],
            "{layers}"
        );
    }
}

#[test]
fn the_growth_that_a_place_needs_is_the_fewest_places_below_it() {
    for (layers, expected) in [
        ("[5000, 2500, 1500]", vec![("followers", 2), ("layers", 1)]),
        // Half a price by two, the other half by two of four quarters.
        ("[2500, 2500, 1500]", vec![("followers", 4), ("layers", 2)]),
        ("[4999, 2500, 1500]", vec![("followers", 3), ("layers", 2)]),
        ("[0, 0, 10000]", vec![("followers", 7), ("layers", 3)]),
        ("[1000, 1000]", vec![]),
        ("[0]", vec![]),
    ] {
        let plan = compile(&changed("[5000, 2500, 1500]", layers)).unwrap();
        assert_eq!(figures(&plan, "growth_needed"), expected, "{layers}");
    }
}

#[test]
fn places_of_an_endless_tree_below_their_price_are_at_least_these() {
    for (layers, share) in [
        ("[5000, 2500, 1500]", 5_000),
        ("[2500, 2500, 1500]", 7_500),
        ("[1000, 1000, 1000]", 8_750),
        ("[1000, 1000]", 10_000),
    ] {
        let text = ROLLING.replace("[5000, 2500, 1500]", layers);
        let text = text.replace(
            "reserve = \"last_nodes\"\nreserve_nodes = 4\nreserve_layers = [2, 3]",
            "reserve = \"none\"",
        );
        let plan = compile(&text).unwrap();
        assert_eq!(
            figures(&plan, "endless_below_price"),
            [("share_bps", share)],
            "{layers}"
        );
    }
}

#[test]
fn a_reserve_that_no_time_fills_is_told() {
    let text = ROLLING.replace(
        "reserve = \"last_nodes\"\nreserve_nodes = 4\nreserve_layers = [2, 3]",
        "reserve = \"opt_in\"",
    );
    let never = |text: &str| {
        let plan = compile(text).unwrap();
        let never = |finding: &&plan::Finding| finding.code == "next_price_never_reached";
        plan.findings().iter().filter(never).count()
    };
    assert_eq!(never(&text), 0);
    // 20 of one layer, and the next place costs 40.
    assert_eq!(never(&text.replace("[5000, 2500, 1500]", "[5000]")), 5);
}

#[test]
fn no_payment_gives_users_more_than_it_brings() {
    let ratio = |from: &str, to: &str| {
        let plan = compile(&changed(from, to)).unwrap();
        figures(&plan, "payout_ratio")
    };
    assert_eq!(
        ratio("direct_share = \"18\"", "direct_share = \"20\"")[0],
        ("max_bps", 10_000)
    );
    assert_eq!(
        ratio("company_share = \"4\"", "company_share = \"40\"")[3],
        ("retopup_bps", 0)
    );
    assert_eq!(
        ratio("[5000, 2500, 1500]", "[5000, 2500, 2499]")[2],
        ("place_bps", 9_999)
    );
    // Of 20, half in the pool: 9 of the rest to the sponsor, 9 of the place to those above it.
    let split =
        changed("pool_entry_ordinals = [2]", "pool_bps = 5000").replace("[\"20\", \"40\"", "[\"10\", \"40\"");
    let plan = compile(&split).unwrap();
    assert_eq!(
        figures(&plan, "payout_ratio")[2],
        ("split_registration_bps", 9_000)
    );
}

#[test]
fn rules_without_rewards_are_not_among_those_that_recruitment_funds() {
    let plan = compile(&changed("direct_share = \"18\"", "direct_share = \"0\"")).unwrap();
    assert_eq!(
        figures(&plan, "recruitment_funded_by_rule"),
        [("generation_share_bps", 10_000), ("pool_share_bps", 10_000)]
    );
}

#[test]
fn growth_without_end_is_that_of_full_trees_of_which_there_may_be_any_number() {
    let told = |text: &str| {
        let plan = compile(text).unwrap();
        plan.findings()
            .iter()
            .any(|finding| finding.code == "growth_without_end")
    };
    assert!(!told(AUTO_POOL));
    assert!(!told(ROLLING));
    assert!(told(&changed("trees_max = 15\n", "")));
}
