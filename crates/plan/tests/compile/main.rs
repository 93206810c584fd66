//! What the compiler accepts, refuses and notices.

mod components;
mod document;
mod every;
mod findings;
mod free_progression;
mod limits;
mod refusals;
mod shipped;

use std::collections::BTreeSet;

use plan::{ChainClass, CompileError, GateError, Severity, Tier, compile};

const AUTO_POOL: &str = include_str!("../../../../plans/auto-pool.toml");
const ROLLING: &str = include_str!("../../../../plans/auto-pool-rolling.toml");

fn changed(from: &str, to: &str) -> String {
    assert!(AUTO_POOL.contains(from), "{from:?} is not in the plan");
    AUTO_POOL.replace(from, to)
}

fn refusal(from: &str, to: &str) -> CompileError {
    compile(&changed(from, to)).expect_err(to)
}

#[test]
fn the_shipped_plan_has_these_amounts() {
    let plan = compile(AUTO_POOL).unwrap();
    let bnb = |amount| plan.asset().display_amount(amount);
    assert_eq!((plan.name(), plan.version()), ("auto-pool", 1));
    assert_eq!(bnb(plan.registration_price()), "20");
    assert_eq!(bnb(plan.retopup_price()), "40");
    assert_eq!(bnb(plan.price(Tier::new(6).unwrap()).unwrap()), "640");
    assert_eq!(plan.price(Tier::new(7).unwrap()), None);
    let generations: Vec<_> = plan.generation_shares().iter().map(|share| bnb(*share)).collect();
    assert_eq!(
        generations,
        [
            "10.8", "5.4", "3.6", "1.8", "1.8", "1.8", "1.8", "1.8", "3.6", "3.6"
        ]
    );
    let layers: Vec<_> = plan
        .layer_shares(Tier::FIRST)
        .iter()
        .map(|share| bnb(*share))
        .collect();
    assert_eq!(layers, ["10", "5", "3"]);
}

#[test]
fn every_broken_rule_has_its_code() {
    for (from, to, code) in [
        (
            "[registration]",
            "[registration]\nprize = \"20\"",
            "unknown_field",
        ),
        ("name = \"auto-pool\"", "name = 7", "wrong_type"),
        ("name = \"auto-pool\"", "", "missing_field"),
        (
            "name = \"auto-pool\"",
            "name = \"a\"\nname = \"b\"",
            "duplicate_field",
        ),
        ("name = \"auto-pool\"", "name = ", "not_toml"),
        ("tree_size = 15", "tree_size = -15", "out_of_range"),
        ("geometry = \"closed\"", "geometry = \"open\"", "unknown_choice"),
        ("name = \"auto-pool\"", "name = \"Auto Pool\"", "name_malformed"),
        ("name = \"auto-pool\"", "name = \"\"", "name_malformed"),
        ("version = 1", "version = 0", "version_is_zero"),
        ("asset = \"BNB\"", "asset = \"DOGE\"", "unknown_asset"),
        ("price = \"20\"", "price = \"-20\"", "amount_malformed"),
        ("price = \"20\"", "price = \"0\"", "price_out_of_range"),
        (
            "price = \"20\"",
            "price = \"79228162514.264337593543950336\"",
            "price_out_of_range",
        ),
        (
            "direct_share = \"18\"",
            "direct_share = \"20.000000000000000001\"",
            "share_above_whole",
        ),
        (
            "company_share = \"4\"",
            "company_share = \"41\"",
            "share_above_whole",
        ),
        ("[3000, 1500", "[3001, 1500", "shares_above_whole"),
        ("[5000, 2500, 1500]", "[5000, 2500, 2501]", "shares_above_whole"),
        ("[5000, 2500, 1500]", "[]", "list_length"),
        (
            "[5000, 2500, 1500]",
            "[5000, 2500, 1500, 100]",
            "layer_never_paid",
        ),
        (
            "pool_entry_ordinals = [2]",
            "pool_entry_ordinals = [0]",
            "ordinals_not_ascending",
        ),
        (
            "pool_entry_ordinals = [2]",
            "pool_entry_ordinals = [3, 2]",
            "ordinals_not_ascending",
        ),
        (
            "pool_entry_ordinals = [2]",
            "pool_entry_ordinals = [2, 2]",
            "ordinals_not_ascending",
        ),
        (
            "pool_entry_ordinals = [2]",
            "pool_entry_ordinals = [2]\npool_bps = 5000",
            "pool_entry_ambiguous",
        ),
        ("pool_entry_ordinals = [2]", "", "pool_entry_ambiguous"),
        (
            "pool_entry_ordinals = [2]",
            "pool_bps = 0",
            "pool_entry_ambiguous",
        ),
        (
            "pool_entry_ordinals = [2]",
            "pool_bps = 10000",
            "pool_entry_ambiguous",
        ),
        (
            "pool_entry_ordinals = [2]",
            "pool_bps = 10001",
            "shares_above_whole",
        ),
        // Half of 20 does not pay for a place of 20.
        (
            "pool_entry_ordinals = [2]",
            "pool_bps = 5000",
            "pool_entry_not_funded",
        ),
        ("tree_size = 15", "tree_size = 16", "tree_size_not_full"),
        ("tree_size = 15", "tree_size = 1", "tree_size_not_full"),
        ("tree_size = 15", "tree_size = 2047", "tree_size_not_full"),
        ("trees_max = 15", "trees_max = 0", "trees_max_out_of_range"),
        ("[\"20\", \"40\"", "[\"21\", \"40\"", "pool_entry_not_funded"),
        ("[\"20\", \"40\"", "[\"19\", \"40\"", "pool_entry_not_funded"),
        (
            "progression = \"funded\"",
            "progression = \"free\"",
            "progression_not_funded",
        ),
        (
            "reserve = \"opt_in\"",
            "reserve = \"last_nodes\"",
            "reserve_nodes_misplaced",
        ),
        (
            "reserve = \"opt_in\"",
            "reserve = \"opt_in\"\nreserve_nodes = 4",
            "reserve_nodes_misplaced",
        ),
        (
            "reserve = \"opt_in\"",
            "reserve = \"last_nodes\"\nreserve_nodes = 8",
            "reserve_nodes_misplaced",
        ),
        (
            "reserve = \"opt_in\"",
            "reserve = \"last_nodes\"\nreserve_nodes = 4",
            "reserve_unreachable",
        ),
        (
            "reserve = \"opt_in\"",
            "reserve = \"opt_in\"\nreserve_layers = [1]",
            "reserve_layers_misplaced",
        ),
        (
            "geometry = \"closed\"",
            "geometry = \"rolling\"",
            "trees_max_misplaced",
        ),
    ] {
        assert_eq!(refusal(from, to).code(), code, "{to}");
    }
    for (from, to, code) in [
        (
            "reserve_nodes = 4",
            "reserve_nodes = 0",
            "reserve_nodes_misplaced",
        ),
        (
            "reserve_nodes = 4",
            "reserve_nodes = 16",
            "reserve_nodes_misplaced",
        ),
        ("reserve_nodes = 4", "", "reserve_nodes_misplaced"),
        ("[2, 3]\n", "[]\n", "reserve_layers_misplaced"),
        ("[2, 3]\n", "[0, 3]\n", "reserve_layers_misplaced"),
        ("[2, 3]\n", "[2, 4]\n", "reserve_layers_misplaced"),
        ("[2, 3]\n", "[3, 2]\n", "reserve_layers_misplaced"),
        ("[2, 3]\n", "[2, 2]\n", "reserve_layers_misplaced"),
        // Layer 3 alone brings 24 of 40, layer 2 alone 20.
        ("[2, 3]\n", "[3]\n", "reserve_unreachable"),
        ("[2, 3]\n", "[2]\n", "reserve_unreachable"),
    ] {
        assert!(ROLLING.contains(from), "{from:?} is not in the plan");
        let error = compile(&ROLLING.replace(from, to)).expect_err(to);
        assert_eq!(error.code(), code, "{to}");
    }
    let long = format!("{AUTO_POOL}#{}", "x".repeat(70_000));
    assert_eq!(compile(&long).unwrap_err().code(), "text_too_long");
}

#[test]
fn a_forced_reserve_in_a_closed_tree_reaches_20_of_40() {
    let error = refusal(
        "reserve = \"opt_in\"",
        "reserve = \"last_nodes\"\nreserve_nodes = 4",
    );
    let refusal = error.refusal();
    assert_eq!(refusal.code, "reserve_unreachable");
    let problem = "a forced reserve of place 3 in tier 1 reaches at most 20 of 40 BNB";
    assert_eq!(refusal.problem, problem);
}

#[test]
fn a_forced_reserve_in_a_closed_tree_of_tier_one_loses_what_closes_the_tree() {
    let forced = |nodes: u32, prices: &str| {
        let text = changed("reserve = \"opt_in\"", "reserve = \"last_nodes\"");
        let text = text.replace(
            "trees_max = 15",
            &format!("trees_max = 15\nreserve_nodes = {nodes}"),
        );
        compile(&text.replace("[\"20\", \"40\", \"80\", \"160\", \"320\", \"640\"]", prices))
    };
    // Place 6 earns 20, but the second 10 come with the node that closes the tree.
    let refusal = forced(4, "[\"20\", \"20\"]").unwrap_err().refusal();
    assert_eq!(refusal.code, "reserve_unreachable");
    assert!(refusal.problem.contains("place 6 in tier 1"), "{refusal}");
    assert_eq!(forced(4, "[\"20\", \"10\"]").unwrap().tiers(), 2);
}

#[test]
fn the_parts_of_a_split_are_in_the_hash() {
    let hash = |bps: &str, prices: &str, direct: &str| {
        let text = changed("pool_entry_ordinals = [2]", bps)
            .replace("[\"20\", \"40\"", prices)
            .replace("\"18\"", direct);
        compile(&text).unwrap().hash()
    };
    let hashes: BTreeSet<_> = [
        hash("pool_entry_ordinals = []", "[\"20\", \"40\"", "\"18\""),
        hash("pool_bps = 5000", "[\"10\", \"40\"", "\"18\""),
        hash("pool_bps = 5000", "[\"10\", \"40\"", "\"17\""),
        hash("pool_bps = 2500", "[\"5\", \"40\"", "\"18\""),
    ]
    .into();
    assert_eq!(hashes.len(), 4);
}

#[test]
fn every_parameter_of_a_forced_reserve_is_in_the_hash() {
    let hash = |from: &str, to: &str| {
        assert!(ROLLING.contains(from), "{from:?} is not in the plan");
        compile(&ROLLING.replace(from, to)).unwrap().hash()
    };
    let hashes: BTreeSet<_> = [
        hash("[2, 3]\n", "[2, 3]\n"),
        hash("[2, 3]\n", "[1, 2, 3]\n"),
        hash("[2, 3]\n", "[1, 3]\n"),
        hash("reserve_nodes = 4", "reserve_nodes = 5"),
        hash("tree_size = 15", "tree_size = 31"),
    ]
    .into();
    assert_eq!(hashes.len(), 5);
}

#[test]
fn a_plan_funded_by_recruitment_runs_on_local_chains_only() {
    let plan = compile(AUTO_POOL).unwrap();
    assert_eq!(plan.gate(ChainClass::Local), Ok(()));
    assert_eq!(
        plan.gate(ChainClass::Public),
        Err(GateError::RecruitmentFunded {
            share_bps: 10_000,
            max_bps: 5_000
        })
    );
}

#[test]
fn a_plan_that_rewards_nobody_passes_the_gate() {
    let text = changed("direct_share = \"18\"", "direct_share = \"0\"")
        .replace("[3000, 1500, 1000, 500, 500, 500, 500, 500, 1000, 1000]", "[]")
        .replace("[5000, 2500, 1500]", "[0]");
    let plan = compile(&text).unwrap();
    assert_eq!(plan.recruitment_share_bps(), 0);
    assert_eq!(plan.gate(ChainClass::Public), Ok(()));
    let finding = &plan.findings()[0];
    assert_eq!(
        (finding.code, finding.severity),
        ("recruitment_funded", Severity::Info)
    );
    assert_eq!(finding.figure("share_bps"), Some(0));
}

#[test]
fn comments_and_formatting_do_not_change_the_hash_and_every_parameter_does() {
    let hash = |text: &str| compile(text).unwrap().hash();
    let plain: String = AUTO_POOL
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| format!("{}  \n", line.replace(" = ", "=").replace("\"20\"", "\"20.0\"")))
        .collect();
    assert_ne!(plain, AUTO_POOL);
    assert_eq!(hash(&plain), hash(AUTO_POOL));

    let both_prices = changed("price = \"20\"", "price = \"22\"").replace("[\"20\"", "[\"22\"");
    let changes = [
        ("name = \"auto-pool\"", "name = \"auto-pool-2\""),
        ("version = 1", "version = 2"),
        ("asset = \"BNB\"", "asset = \"USDT\""),
        ("direct_share = \"18\"", "direct_share = \"17\""),
        ("pool_entry_ordinals = [2]", "pool_entry_ordinals = [2, 4]"),
        ("price = \"40\"", "price = \"41\""),
        ("company_share = \"4\"", "company_share = \"5\""),
        ("[3000, 1500", "[1500, 3000"),
        ("tree_size = 15", "tree_size = 31"),
        ("trees_max = 15", "trees_max = 16"),
        ("trees_max = 15", ""),
        (", \"640\"]", "]"),
        (", \"640\"]", ", \"641\"]"),
        ("[5000, 2500, 1500]", "[5000, 2500]"),
        ("[5000, 2500, 1500]", "[5000, 2500, 1400]"),
        ("[5000, 2500, 1500]", "[2500, 5000, 1500]"),
        ("reserve = \"opt_in\"", "reserve = \"none\""),
    ];
    let mut hashes: BTreeSet<_> = changes
        .iter()
        .map(|(from, to)| hash(&changed(from, to)))
        .collect();
    hashes.extend([hash(AUTO_POOL), hash(&both_prices)]);
    assert_eq!(hashes.len(), changes.len() + 2);
}

/// The hash is part of authorizations on chain: if this fails, existing plans have lost their identity.
#[test]
fn the_hash_of_the_shipped_plan_is_fixed() {
    assert_eq!(
        compile(AUTO_POOL).unwrap().hash().to_string(),
        "0x6c6ab834b2592a13bd6acce4bbd09ebb6f5503945f2dce334275b151434cbaaf"
    );
}
