//! What a compiled plan answers about its components, for each plan that is shipped.

use ledger::Reason;
use plan::compiled::IntakeKind;
use plan::{CompiledPlan, DepositKind, GateError, PoolRoom, Route, Tier, TreeNumber, compile};

use crate::shipped::{SHIPPED, shipped};
use crate::{AUTO_POOL, changed};

fn text(name: &str) -> &'static str {
    let found = SHIPPED.into_iter().find(|(known, _)| *known == name);
    found.expect("it is in the list").1
}

#[test]
fn the_components_of_each_shipped_plan_are_these() {
    for (name, components) in [
        ("auto-pool", "pool"),
        ("auto-pool-rolling", "pool"),
        (
            "subscription",
            "subscription generation cap bonus ranks withdrawal",
        ),
        ("binary-ev", "binary withholding"),
        ("unilevel-orders", "ranks orders withdrawal"),
        ("referral-campaign", "campaign"),
    ] {
        let names: Vec<_> = shipped(name).component_names().collect();
        assert_eq!(names.join(" "), components, "{name}");
    }
}

#[test]
fn each_kind_of_reward_is_paid_by_its_fund() {
    let rank = Reason::Rank(1);
    let generation = Reason::Generation(1);
    let kinds = [
        Reason::Accrual,
        Reason::Pair,
        Reason::Direct,
        rank,
        generation,
        Reason::Bonus,
        Reason::CompanyShare,
    ];
    for (name, expected) in [
        ("auto-pool", ["-"; 7]),
        ("subscription", ["yield", "-", "-", "ranks", "-", "welcome", "-"]),
        ("binary-ev", ["-", "pairs", "pairs", "-", "-", "-", "-"]),
        (
            "unilevel-orders",
            ["-", "-", "-", "ranks", "commissions", "-", "-"],
        ),
        ("referral-campaign", ["-", "-", "-", "-", "-", "campaign", "-"]),
    ] {
        let plan = shipped(name);
        let named = kinds.map(|reason| {
            let fund = plan.fund_of(reason);
            fund.map_or("-", |fund| {
                plan.funds().find(|(known, _)| *known == fund).unwrap().1
            })
        });
        assert_eq!(named, expected, "{name}");
    }
}

#[test]
fn a_plan_has_the_funds_that_it_names_and_no_others() {
    for (name, funds) in [("auto-pool", 0), ("referral-campaign", 1), ("subscription", 3)] {
        let plan = shipped(name);
        assert_eq!(plan.funds().count(), funds, "{name}");
        let has: Vec<bool> = (1..=4)
            .map(|number| plan.has_fund(ledger::Fund::new(number)))
            .collect();
        let expected: Vec<bool> = (1..=4).map(|number| number <= funds).collect();
        assert_eq!(has, expected, "{name}");
    }
}

#[test]
fn what_is_paid_in_and_taken_out_is_what_the_file_says() {
    let units = |plan: &CompiledPlan, text: &str| plan.asset().parse_amount(text).unwrap();
    let subscription = shipped("subscription");
    assert_eq!(subscription.withdrawal_min(), units(&subscription, "1"));
    assert_eq!(
        subscription.intake_kind(),
        IntakeKind::Subscription {
            amount_min: units(&subscription, "50"),
            amount_max: None
        }
    );
    let booking = shipped("binary-ev");
    assert_eq!(
        booking.intake_kind(),
        IntakeKind::Booking {
            first_payment_min: units(&booking, "500"),
            price: units(&booking, "100000")
        }
    );
    let bounds = |plan: &CompiledPlan, kind| plan.payment_bounds(kind);
    let retopup = bounds(&shipped("auto-pool"), DepositKind::Retopup).unwrap();
    assert_eq!(retopup.price(), Some(shipped("auto-pool").retopup_price()));
    let any = bounds(&subscription, DepositKind::Retopup).unwrap();
    assert_eq!(
        (any.least, any.most, any.price()),
        (units(&subscription, "50"), None, None)
    );
    assert!(any.allow(any.least) && !any.allow(units(&subscription, "49.999999")));
    let first = bounds(&booking, DepositKind::Registration).unwrap();
    assert_eq!(
        (first.least, first.most),
        (units(&booking, "500"), Some(units(&booking, "100000")))
    );
    let later = bounds(&booking, DepositKind::Retopup).unwrap();
    assert!(later.allow(units(&booking, "0.01")) && !later.allow(units(&booking, "100000.01")));
    let order = bounds(&shipped("unilevel-orders"), DepositKind::Retopup).unwrap();
    assert!(order.most.is_none() && !order.allow(money::Amount::ZERO));
    let campaign = shipped("referral-campaign");
    let joining = bounds(&campaign, DepositKind::Registration).unwrap();
    assert_eq!(joining.price(), Some(campaign.entry_price()));
    assert_eq!(bounds(&campaign, DepositKind::Retopup), None);
    assert_eq!(campaign.withdrawal_min(), money::Amount::ZERO);
    assert_eq!(campaign.campaign().unwrap().fund().as_str(), "campaign");
    assert!(campaign.orders().is_none());
    assert!(shipped("unilevel-orders").orders().is_some());
    assert!(shipped("unilevel-orders").campaign().is_none());
}

/// A table beside pools changes what a plan does, so it changes the hash, though the intake is the same.
#[test]
fn a_component_beside_pools_is_in_the_hash() {
    let (before, campaign) = text("referral-campaign").split_once("[campaign]").unwrap();
    assert!(before.contains("name = \"campaign\""));
    let with = format!("{AUTO_POOL}\n[[funds]]\nname = \"campaign\"\n\n[campaign]\n{campaign}");
    let more = with.replace("per_user_count = 50", "per_user_count = 51");
    let hash = |text: &str| compile(text).unwrap().hash();
    assert_ne!(hash(&with), hash(AUTO_POOL));
    assert_ne!(hash(&with), hash(&more));
}

/// Subscriptions pay rewards out of later subscriptions when they pay generations, or fill a fund that pays rewards.
#[test]
fn a_subscription_that_pays_rewards_out_of_payments_is_funded_by_recruitment() {
    let plain = text("subscription");
    let rates = "rates_bps = [1000, 500, 300, 200, 200, 100, 100, 100, 100, 100, 50, 50, 50, 50, 50, 30, 30, 30, 30, 30]";
    assert!(plain.contains(rates));
    let unpaid = plain.replace(
        rates,
        "rates_bps = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]",
    );
    let share = |text: &str| compile(text).unwrap().recruitment_share_bps();
    assert_eq!(share(plain), 10_000);
    assert_eq!(share(&unpaid), 0);
    assert_eq!(share(text("unilevel-orders")), 0);
}

/// Whoever stores or sends these names relies on them.
#[test]
fn the_names_of_routes_and_refusals_at_the_gate_are_stable() {
    let (tree, index) = (TreeNumber::new(1).unwrap(), 3);
    for (route, name) in [
        (Route::Direct, "direct"),
        (Route::Pool { tree, index }, "pool"),
        (Route::Split { tree, index }, "split"),
        (Route::PoolFull, "pool_full"),
    ] {
        assert_eq!(route.name(), name);
    }
    let error = GateError::RecruitmentFunded {
        share_bps: 1,
        max_bps: 0,
    };
    assert_eq!(error.code(), "recruitment_funded");
    assert_eq!(
        GateError::FindingIsAnError { code: "x" }.code(),
        "finding_is_an_error"
    );
    assert_eq!(
        shipped("unilevel-orders").served().unwrap_err().code(),
        "plan_not_served"
    );
}

#[test]
fn the_part_that_enters_a_pool_is_known_only_where_every_registration_does() {
    let split =
        changed("pool_entry_ordinals = [2]", "pool_bps = 5000").replace("[\"20\", \"40\"", "[\"10\", \"40\"");
    let plan = compile(&split).unwrap();
    let ten = plan.asset().parse_amount("10").unwrap();
    assert_eq!(plan.split_share(), Some(ten));
    assert_eq!(plan.price(Tier::FIRST), Some(ten));
    let room = PoolRoom::Open {
        tree: TreeNumber::new(1).unwrap(),
        next_index: 4,
    };
    let route = plan.route(Some(1), room);
    assert_eq!(route.place(), Some((TreeNumber::new(1).unwrap(), 4)));
    assert_eq!(compile(AUTO_POOL).unwrap().split_share(), None);
}

/// Rewards out of a fund that a share of payments fills are told apart from those out of funds that operators fill.
#[test]
fn rewards_that_nothing_in_the_plan_funds_are_named() {
    let told = |text: &str| {
        let plan = compile(text).unwrap();
        let found = plan
            .findings()
            .iter()
            .find(|finding| finding.code == "funded_from_outside");
        let finding = found.expect("a plan with funds says what fills them");
        (finding.figures.clone(), finding.text.clone())
    };
    let (figures, words) = told(text("subscription"));
    assert_eq!(figures, [("rules", 2)]);
    assert!(words.contains("the funds for accruals, rank bonuses:"), "{words}");
    let (figures, words) = told(text("unilevel-orders"));
    assert_eq!(figures, [("rules", 1)]);
    assert!(words.contains("the funds for rank bonuses:"), "{words}");
    let (figures, words) = told(text("binary-ev"));
    assert_eq!(figures, [("rules", 0)]);
    assert!(
        words.starts_with(
            "Every rule that pays rewards out of a fund has a fund that receives a share of payments"
        ),
        "{words}"
    );
}

#[test]
fn a_fund_in_a_file_without_funds_is_not_spelt_wrong_but_missing() {
    let campaign = text("referral-campaign").replace("[[funds]]\nname = \"campaign\"\n", "");
    let refusal = compile(&campaign).unwrap_err().refusal();
    assert_eq!(
        (refusal.code, refusal.field.as_str()),
        ("unknown_reference", "campaign.fund")
    );
    assert_eq!(refusal.hint, "declare it: [[funds]] with name = \"campaign\"");
}
