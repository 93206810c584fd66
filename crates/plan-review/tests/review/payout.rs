//! What of a payment can become rewards, whatever way it takes there.

use plan::{Severity, compile};

use crate::{AUTO_POOL, BINARY, CAMPAIGN, ORDERS, SUBSCRIPTION, figure, found, public, refusals};

/// Joining costs 1,000, and a share of it pays 900 for each sign-up.
pub(crate) const SIGN_UPS: &str = r#"
name = "sign-ups"
version = 1
asset = "USDT"

[[funds]]
name = "rewards"

[[allocations]]
fund = "rewards"
bps = 9000

[joining]
price = "1000"

[campaign]
fund = "rewards"
reward = "900"
hold_days = 30
budget = "1000000"
starts = "2026-12-01"
ends = "2027-11-30"

[campaign.qualifies]
conversion_min = "1000"
self_referral = "refuse"
per_referee = "one"
"#;

/// All that is paid for what is booked pays pairs and referral bonuses.
pub(crate) const ALL_OF_A_BOOKING: &str = r#"
name = "all-of-a-booking"
version = 1
asset = "USDT"

[[funds]]
name = "pairs"

[[allocations]]
fund = "pairs"
bps = 10000

[booking]
price = "100"
first_payment_min = "100"

[binary]
pair_value = "50"
pairs_max_per_month = 100
excess = "carry"
full_pairs = 5
instalment_bps = 0
activation_amount = "100"
direct_bonus = "50"
fund = "pairs"
when_short = "queue"
hold_days = 30
"#;

/// All of every order is commissions.
pub(crate) const ALL_OF_AN_ORDER: &str = r#"
name = "all-of-an-order"
version = 1
asset = "USDT"

[[funds]]
name = "commissions"

[orders]
period = "month"
pv_bps = 10000
fund = "commissions"
fund_bps = 10000
generations_bps = [1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000]
compression = "standard"
active_pv_min = "0"
customers_min = 1
retail_share_min_bps = 7000
retail_rule = "scale"
hold_days = 30
late_orders = "open_period"
"#;

fn share(text: &str) -> u128 {
    let plan = compile(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let finding = plan
        .findings()
        .iter()
        .find(|finding| finding.code == "payout_share");
    let finding = finding.expect("every plan says what a payment leaves");
    assert_eq!(figure(finding, "left_bps") + figure(finding, "share_bps"), 10_000);
    figure(finding, "share_bps")
}

#[test]
fn the_share_of_a_payment_that_can_become_rewards_is_said_of_every_shipped_plan() {
    for (text, expected) in [
        (AUTO_POOL, 9_000),
        (SUBSCRIPTION, 3_100),
        (BINARY, 2_000),
        // The fund has 30 %, and the rates promise 27 % of a volume of eight tenths.
        (ORDERS, 2_160),
        (CAMPAIGN, 0),
    ] {
        assert_eq!(share(text), expected, "{text}");
    }
}

#[test]
fn a_fee_for_joining_that_pays_for_sign_ups_is_barred_everywhere() {
    let plan = compile(SIGN_UPS).unwrap();
    assert_eq!(plan.recruitment_share_bps(), 10_000);
    for place in ["EU", "IN", "US"] {
        let refused = refusals(&public(SIGN_UPS, place, Some(14)));
        assert!(refused.contains(&"recruitment_funded"), "{place}: {refused:?}");
        assert!(refused.contains(&"payout_share"), "{place}: {refused:?}");
    }
    // The same fee that pays nobody.
    let kept = SIGN_UPS.replace("bps = 9000", "bps = 0");
    assert_eq!(compile(&kept).unwrap().recruitment_share_bps(), 0);
    assert_eq!(refusals(&public(&kept, "EU", Some(14))), [] as [&str; 0]);
}

#[test]
fn payments_that_leave_nothing_for_goods_are_barred_and_the_finding_says_so() {
    for text in [ALL_OF_A_BOOKING, ALL_OF_AN_ORDER] {
        assert_eq!(share(text), 10_000);
        let plan = compile(text).unwrap();
        let finding = plan.findings().iter().find(|one| one.code == "payout_share");
        let finding = finding.unwrap();
        assert_eq!(finding.severity, Severity::Warning);
        assert_eq!(
            finding.text,
            "At most 100 % of a payment can become participants' rewards; nothing is certain to be left for goods."
        );
        for place in ["EU", "IN", "US"] {
            assert_eq!(
                refusals(&public(text, place, Some(30))),
                ["payout_share"],
                "{place}"
            );
        }
    }
    // Half of it may be paid out.
    let half = ALL_OF_A_BOOKING.replace("bps = 10000", "bps = 5000");
    assert_eq!(refusals(&public(&half, "EU", Some(30))), [] as [&str; 0]);
}

/// A second fund stands in front of the one that payments fill.
fn behind(text: &str, fund: &str) -> String {
    let declared = format!("[[funds]]\nname = \"{fund}\"\n");
    assert!(text.contains(&declared), "{text}");
    let chain = format!(
        "[[funds]]\nname = \"front\"\nfallback = \"middle\"\n\n[[funds]]\nname = \"middle\"\nfallback = \"{fund}\"\n\n{declared}"
    );
    text.replace(&declared, &chain)
}

#[test]
fn what_pays_rewards_through_fallbacks_counts_like_what_pays_them_itself() {
    // The rule asks another fund first, and the one that payments fill pays in its place.
    let booking = behind(ALL_OF_A_BOOKING, "pairs");
    let booking = booking.replace("fund = \"pairs\"\nwhen_short", "fund = \"front\"\nwhen_short");
    assert_eq!(share(&booking), 10_000);
    let told = |text: &str, code: &str| {
        let plan = compile(text).unwrap();
        let found = plan.findings().iter().find(|finding| finding.code == code);
        found.map(|finding| finding.text.clone())
    };
    let funded = told(&booking, "funded_from_outside").unwrap();
    assert!(funded.starts_with("Every rule that pays rewards"), "{funded}");
    assert_eq!(
        told(&booking, "fund_fallbacks").unwrap(),
        "Statements about a fund also apply to the funds that back it: \"middle\" pays when \"front\" is empty, \"pairs\" pays when \
         \"middle\" is empty."
    );
    assert_eq!(told(ALL_OF_A_BOOKING, "fund_fallbacks"), None);
    let joining = behind(SIGN_UPS, "rewards");
    let joining = joining.replace("fund = \"rewards\"\nreward", "fund = \"front\"\nreward");
    assert_eq!(compile(&joining).unwrap().recruitment_share_bps(), 10_000);
    // Rank bonuses reach what orders bring: then all of it counts, not only what commissions can take.
    let orders = ORDERS.replace(
        "name = \"ranks\"\n",
        "name = \"ranks\"\nfallback = \"commissions\"\n",
    );
    assert_eq!(share(&orders), 3_000);
    let funded = told(&orders, "funded_from_outside").unwrap();
    assert!(!funded.contains("rank bonuses"), "{funded}");
}

#[test]
fn accruals_that_purchases_pay_through_a_fallback_are_told() {
    let fed = SUBSCRIPTION
        .replace(
            "[[funds]]\nname = \"yield\"\n",
            "[[funds]]\nname = \"yield\"\nfallback = \"reserve\"\n\n[[funds]]\nname = \"reserve\"\n",
        )
        .replace(
            "[[subscription.tiers]]\nfrom = \"50\"",
            "[[subscription.allocations]]\nfund = \"reserve\"\nbps = 2500\n\n[[subscription.tiers]]\nfrom = \"50\"",
        );
    for place in ["IN", "US"] {
        let review = public(&fed, place, Some(14));
        let finding = found(&review, "accruals_from_purchases").expect("purchases pay accruals");
        assert_eq!(figure(finding, "allocation_bps"), 2_500);
        assert_eq!(finding.severity, Severity::Error, "{place}");
        let funded = found(&review, "funded_from_outside").unwrap();
        assert!(!funded.text.contains("accruals"), "{}", funded.text);
    }
    // 31 % to generations, and a quarter of the other 69 %.
    assert_eq!(share(&fed), 3_100 + 1_725);
}

#[test]
fn a_fund_that_pays_nobody_counts_for_nothing() {
    let (before, after) = SUBSCRIPTION.split_once("# Shares of a purchase for").unwrap();
    let (_, after) = after.split_once("[cap]").unwrap();
    let gift = format!("{before}[cap]{after}")
        .replace("[[funds]]\nname = \"yield\"\n", "[[funds]]\nname = \"charity\"\n\n[[funds]]\nname = \"yield\"\n")
        .replace(
            "[[subscription.tiers]]\nfrom = \"50\"",
            "[[subscription.allocations]]\nfund = \"charity\"\nbps = 500\n\n[[subscription.tiers]]\nfrom = \"50\"",
        );
    let plan = compile(&gift).unwrap();
    assert_eq!(plan.recruitment_share_bps(), 0);
    assert_eq!(share(&gift), 0);
    let finding = plan
        .findings()
        .iter()
        .find(|one| one.code == "recruitment_funded");
    let finding = finding.expect("it is always said");
    assert_eq!(finding.severity, Severity::Info);
    assert_eq!(
        finding.text,
        "No part of participants' payments becomes rewards: recruitment funds none."
    );
}

#[test]
fn nothing_is_said_to_cost_nothing_when_joining_takes_a_payment() {
    for (text, expected) in [
        (
            BINARY,
            "Joining requires a first payment of at least 500 INR for what the plan sells and no other fee.",
        ),
        (
            ORDERS,
            "Joining requires a first payment for what the plan sells and no other fee.",
        ),
        (CAMPAIGN, "Joining costs 1 USDT."),
    ] {
        let review = public(text, "US", Some(14));
        let entry = found(&review, "entry_fee").unwrap();
        assert!(entry.text.starts_with(expected), "{}", entry.text);
    }
}

#[test]
fn orders_that_pay_no_commissions_say_so() {
    for (from, to) in [
        ("pv_bps = 8000", "pv_bps = 0"),
        ("[1000, 700, 500, 300, 200]", "[0, 0, 0, 0, 0]"),
        ("fund_bps = 3000", "fund_bps = 0"),
    ] {
        let told = |text: &str| {
            let plan = compile(text).unwrap();
            let mut findings = plan.findings().iter();
            findings.any(|finding| finding.code == "orders_pay_no_commissions")
        };
        assert!(told(&ORDERS.replace(from, to)), "{to}");
        assert!(!told(ORDERS));
    }
}

#[test]
fn a_fund_has_one_share_of_a_payment() {
    let twice = ALL_OF_A_BOOKING.replace(
        "bps = 10000\n",
        "bps = 5000\n\n[[allocations]]\nfund = \"pairs\"\nbps = 5000\n",
    );
    let refusal = compile(&twice).unwrap_err().refusal();
    assert_eq!(
        (refusal.code, refusal.field.as_str()),
        ("fund_repeated", "allocations[1].fund")
    );
}

#[test]
fn names_that_turn_or_hide_text_are_refused() {
    for hidden in ['\u{202e}', '\u{200b}', '\u{2066}', '\u{feff}', '\u{ad}'] {
        let rank = ORDERS.replace("name = \"Bronze\"", &format!("name = \"Br{hidden}onze\""));
        assert_eq!(compile(&rank).unwrap_err().code(), "rank_name_malformed");
        let mark = CAMPAIGN.replace("\"First referral\"", &format!("\"First{hidden} referral\""));
        assert_eq!(compile(&mark).unwrap_err().code(), "campaign_name");
    }
    let rank = ORDERS.replace("name = \"Bronze\"", "name = \"Bronzé – कांस्य\"");
    assert!(compile(&rank).is_ok());
}
