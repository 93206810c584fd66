//! The plan files that are shipped: they compile, every parameter is in their hash, and the findings say what matters.

use std::collections::BTreeMap;

use plan::{Book, Cause, ChainClass, CompiledPlan, GateError, Outcome, Report, Severity, compile};
use plan_review::sybil::{self, Bounds};

pub(crate) const SHIPPED: [(&str, &str); 6] = [
    ("auto-pool", include_str!("../../../../plans/auto-pool.toml")),
    (
        "auto-pool-rolling",
        include_str!("../../../../plans/auto-pool-rolling.toml"),
    ),
    (
        "subscription",
        include_str!("../../../../plans/subscription.toml"),
    ),
    ("binary-ev", include_str!("../../../../plans/binary-ev.toml")),
    (
        "unilevel-orders",
        include_str!("../../../../plans/unilevel-orders.toml"),
    ),
    (
        "referral-campaign",
        include_str!("../../../../plans/referral-campaign.toml"),
    ),
];

pub(crate) fn shipped(name: &str) -> CompiledPlan {
    let found = SHIPPED.into_iter().find(|(known, _)| *known == name);
    compile(found.expect("it is in the list").1).expect("a shipped plan compiles")
}

fn codes(plan: &CompiledPlan) -> BTreeMap<&str, Severity> {
    plan.findings()
        .iter()
        .map(|finding| (finding.code, finding.severity))
        .collect()
}

#[test]
fn every_shipped_plan_compiles_under_its_name() {
    for (name, _) in SHIPPED {
        assert_eq!(shipped(name).name(), name);
        assert!(!shipped(name).findings().is_empty(), "{name}");
    }
}

/// Deployed ledgers know their plan by its hash: it may only change with the plan.
#[test]
fn the_hashes_of_plans_with_pools_are_those_of_deployed_ledgers() {
    for (name, hash) in [
        (
            "auto-pool",
            "0x6c6ab834b2592a13bd6acce4bbd09ebb6f5503945f2dce334275b151434cbaaf",
        ),
        (
            "auto-pool-rolling",
            "0x5ae4472e3c30b433c35888aaa6fbaf9a04121c66d363b4a366d619086aaf9523",
        ),
    ] {
        assert_eq!(shipped(name).hash().to_string(), hash, "{name}");
    }
}

#[test]
fn every_number_and_word_of_a_component_is_in_the_hash() {
    for (name, from, to) in [
        ("subscription", "monthly_bps = 800", "monthly_bps = 801"),
        ("subscription", "[1000, 500, 300", "[1000, 500, 301"),
        ("subscription", "[0, 0, 2, 2", "[0, 0, 2, 3"),
        ("subscription", "mode = \"physical\"", "mode = \"compressed\""),
        ("subscription", "\"all_time\"", "\"active\""),
        ("subscription", "month_divisor = 30", "month_divisor = 31"),
        ("subscription", "cap_multiple = 3", "cap_multiple = 2"),
        (
            "subscription",
            "multiple = 3\n\n# Given",
            "multiple = 4\n\n# Given",
        ),
        ("subscription", "use_max = \"1\"", "use_max = \"2\""),
        (
            "subscription",
            "grant = \"verified\"",
            "grant = \"first_purchase\"",
        ),
        ("subscription", "weekly_bonus = \"200\"", "weekly_bonus = \"201\""),
        ("subscription", "bonus_weeks = 52", "bonus_weeks = 51"),
        ("subscription", "fee_bps = 500", "fee_bps = 499"),
        ("subscription", "fund = \"ranks\"", "fund = \"yield\""),
        ("binary-ev", "bps = 2000", "bps = 2001"),
        ("binary-ev", "hold_days = 14", "hold_days = 15"),
        ("binary-ev", "excess = \"carry\"", "excess = \"flush\""),
        ("binary-ev", "threshold = \"20000\"", "threshold = \"20001\""),
        ("unilevel-orders", "fund_bps = 3000", "fund_bps = 2999"),
        ("unilevel-orders", "customers_min = 2", "customers_min = 3"),
        (
            "unilevel-orders",
            "retail_rule = \"scale\"",
            "retail_rule = \"block\"",
        ),
        (
            "unilevel-orders",
            "name = \"ranks\"\n",
            "name = \"ranks\"\nfallback = \"commissions\"\n",
        ),
        ("referral-campaign", "price = \"1\"", "price = \"2\""),
        ("referral-campaign", "per_user_count = 50", "per_user_count = 51"),
        (
            "referral-campaign",
            "conversions_min = 10",
            "conversions_min = 11",
        ),
    ] {
        let (_, text) = SHIPPED.into_iter().find(|(known, _)| *known == name).unwrap();
        assert!(text.contains(from), "{name}: {from}");
        let changed =
            compile(&text.replacen(from, to, 1)).unwrap_or_else(|error| panic!("{name}: {to}: {error}"));
        assert_ne!(
            changed.hash(),
            shipped(name).hash(),
            "{name}: {from} is not in the hash"
        );
    }
}

#[test]
fn what_participants_must_know_is_found() {
    let subscription = shipped("subscription");
    assert_eq!(codes(&subscription)["recruitment_funded"], Severity::Warning);
    assert_eq!(subscription.recruitment_share_bps(), 10_000);
    assert_eq!(
        subscription.gate(ChainClass::Public),
        Err(GateError::RecruitmentFunded {
            share_bps: 10_000,
            max_bps: 5_000
        })
    );
    for name in ["binary-ev", "unilevel-orders", "referral-campaign"] {
        let plan = shipped(name);
        assert_eq!(plan.recruitment_share_bps(), 0, "{name}");
        assert_eq!(plan.gate(ChainClass::Public), Ok(()), "{name}");
        assert!(codes(&plan).contains_key("funded_from_outside"), "{name}");
    }
}

#[test]
fn what_entering_costs_is_told_from_what_goods_cost() {
    for (name, price) in [
        ("auto-pool", "20"),
        ("subscription", "50"),
        ("binary-ev", "0"),
        ("unilevel-orders", "0"),
        ("referral-campaign", "1"),
    ] {
        let plan = shipped(name);
        assert_eq!(plan.asset().display_amount(plan.entry_price()), price, "{name}");
    }
}

#[test]
fn a_time_zone_is_a_parameter_and_utc_needs_no_name() {
    let (_, text) = SHIPPED[2];
    let within = |zone: &str| {
        let with = format!("asset = \"USDT\"\ntime_zone = \"{zone}\"");
        compile(&text.replacen("asset = \"USDT\"", &with, 1)).expect(zone)
    };
    let (unnamed, utc, india) = (shipped("subscription"), within("UTC"), within("Asia/Kolkata"));
    assert_eq!(unnamed.hash(), utc.hash());
    assert_ne!(unnamed.hash(), india.hash());
    assert_ne!(within("Europe/Berlin").hash(), india.hash());
    // 2026-04-01 10:00 in India, 04:30 in UTC: the day before has ended, five and a half hours earlier there.
    let deployed_at = 1_775_017_800;
    let ended = |plan: &CompiledPlan| plan.time_zone().end_of(plan.first_day(deployed_at));
    assert_eq!(unnamed.first_day(deployed_at).to_string(), "2026-03-31");
    assert_eq!(ended(&unnamed) - ended(&india), 19_800);
    // Who agreed to days agreed to these: no version changes the zone.
    let mut book = Book::new(unnamed.clone()).with_versions(vec![india.clone()]);
    let plan_hash = india.hash();
    book.apply(
        &Cause::Reported(Report::PlanChanged { plan_hash }),
        &mut Outcome::default(),
    );
    assert_eq!(book.plan().hash(), unnamed.hash());
    assert!(unnamed.has_days() && !shipped("auto-pool").has_days());
}

#[test]
fn services_refuse_what_they_do_not_run() {
    for name in ["auto-pool", "auto-pool-rolling", "subscription", "binary-ev"] {
        assert_eq!(shipped(name).served(), Ok(()));
    }
    for (name, component) in [("unilevel-orders", "orders"), ("referral-campaign", "campaign")] {
        assert_eq!(shipped(name).served(), Err(GateError::NotServed { component }));
    }
}

/// Reserves would go past the wallet balance.
#[test]
fn a_plan_with_pools_keeps_no_wallet_balances() {
    let (_, text) = SHIPPED[0];
    let error = compile(&format!("{text}\n[withdrawal]\nfee_bps = 100\n")).unwrap_err();
    assert_eq!(error.code(), "component_misplaced");
}

/// Two names: the upper one buys for 50, the lower one for 500, and a tenth of that comes back.
#[test]
fn buying_under_two_names_returns_a_share() {
    let two = Bounds {
        identities_max: 2,
        ..Bounds::default()
    };
    let found = sybil::rebate(&shipped("subscription"), two).unwrap();
    let figure = |name| {
        let known = found.figures.iter().find(|(known, _)| *known == name);
        known.unwrap().1
    };
    assert_eq!((found.code, found.severity), ("sybil_rebate", Severity::Warning));
    assert_eq!((figure("paid"), figure("returned")), (550_000_000, 50_000_000));
    // Every width is the same with two names; a larger purchase below is kept by the cap of three times 50.
    assert_eq!((figure("names"), figure("share_bps")), (2, 909));
    for name in ["auto-pool", "referral-campaign"] {
        assert_eq!(sybil::rebate(&shipped(name), two), None, "{name}");
    }
    assert!(
        found.text.contains("under 2 names in a chain gets 50 of 550"),
        "{}",
        found.text
    );
    let (_, subscription) = SHIPPED[2];
    let (before, rest) = subscription.split_once("[generation]").unwrap();
    let (_, after) = rest.split_once("[cap]").unwrap();
    let without = compile(&format!("{before}[cap]{after}")).unwrap();
    assert_eq!(sybil::rebate(&without, two), None);
    assert!(sybil::search(&shipped("subscription"), two).is_none());
    // The figure of the documentation.
    let all = sybil::rebate(&shipped("subscription"), Bounds::default()).unwrap();
    assert_eq!(
        all.figures.iter().find(|(name, _)| *name == "share_bps"),
        Some(&("share_bps", 1_608))
    );
}

#[test]
fn the_two_plans_with_pools_differ_in_trees_and_reserve() {
    let figures = |plan: CompiledPlan| (plan.trees_max(), plan.reserve_is_chosen());
    assert_eq!(figures(shipped("auto-pool")), (Some(15), true));
    assert_eq!(figures(shipped("auto-pool-rolling")), (None, false));
    assert_eq!(figures(shipped("subscription")), (None, false));
}
