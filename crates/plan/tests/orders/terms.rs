//! The table of a plan file: what is refused and why, and what participants are told.

use money::Asset;
use plan::Severity;
use plan::component::Terms as _;
use plan::orders::OrdersTerms;

use crate::plans::{table, terms};

#[test]
fn a_broken_table_is_refused_with_code_and_field() {
    for (changes, code, field) in [
        ("generations_bps = []", "list_length", "orders.generations_bps"),
        (
            "generations_bps = [9000, 1001]",
            "shares_above_whole",
            "orders.generations_bps",
        ),
        ("pv_bps = 10001", "bps_above_whole", "orders.pv_bps"),
        ("fund_bps = 10001", "bps_above_whole", "orders.fund_bps"),
        (
            "active_pv_min = \"0.001\"",
            "amount_malformed",
            "orders.active_pv_min",
        ),
        ("own_pv_min = [\"1\"]", "list_length", "orders.own_pv_min"),
        (
            "group_pv_min = [\"1\", \"x\", \"1\"]",
            "amount_malformed",
            "orders.group_pv_min[1]",
        ),
        ("customers_min = 1001", "out_of_range", "orders.customers_min"),
        ("hold_days = 367", "out_of_range", "orders.hold_days"),
        (
            "retail_share_min_bps = 10001\nretail_rule = \"scale\"",
            "bps_above_whole",
            "orders.retail_share_min_bps",
        ),
        (
            "retail_share_min_bps = 7000",
            "retail_rule_missing",
            "orders.retail_rule",
        ),
        (
            "retail_rule = \"block\"",
            "retail_share_missing",
            "orders.retail_share_min_bps",
        ),
        ("fund_bps = 1799", "commissions_exceed_fund", "orders.fund_bps"),
    ] {
        let refusal = OrdersTerms::check(&table(changes), Asset::Inr).unwrap_err();
        assert_eq!((refusal.code, refusal.field.as_str()), (code, field), "{changes}");
    }
    assert!(OrdersTerms::check(&table("fund_bps = 1800"), Asset::Inr).is_ok());
    assert!(OrdersTerms::check(&table("fund_bps = 1799\npaycut = \"pro_rata\""), Asset::Inr).is_ok());
}

#[test]
fn orders_without_volume_make_nobody_eligible() {
    let order = |changes: &str| terms(changes).order_to_be_paid();
    assert_eq!(order("pv_bps = 0"), None);
    assert!(order("pv_bps = 1").is_some());
}

#[test]
fn an_unknown_field_is_no_table() {
    let text = format!("{}\ncommission = 1", crate::plans::PLAN);
    assert!(toml::from_str::<plan::orders::OrdersTable>(&text).is_err());
}

#[test]
fn participants_are_told_what_funds_commissions() {
    let codes = |changes: &str| {
        let findings = terms(changes).findings(Asset::Inr);
        findings
            .into_iter()
            .map(|finding| (finding.code, finding.severity))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        codes(""),
        [
            ("payout_ratio_max", Severity::Info),
            ("own_purchases", Severity::Warning),
            ("purchase_required", Severity::Warning),
        ]
    );
    let retail =
        "retail_share_min_bps = 7000\nretail_rule = \"scale\"\npersonal_volume = \"own_and_customers\"";
    assert_eq!(
        codes(retail),
        [
            ("payout_ratio_max", Severity::Info),
            ("retail_required", Severity::Info)
        ]
    );
    let short = "fund_bps = 1000\npaycut = \"pro_rata\"\nactive_pv_min = \"0\"";
    assert_eq!(codes(short).last(), Some(&("paycut_expected", Severity::Warning)));
    // The fund receives exactly what the rates promise.
    let even = "fund_bps = 1800\npaycut = \"pro_rata\"\nactive_pv_min = \"0\"";
    assert_ne!(codes(even).last(), Some(&("paycut_expected", Severity::Warning)));
    let findings = terms(retail).findings(Asset::Inr);
    assert_eq!(findings[1].figures[0], ("own_purchases_bps", 3_000));
    assert_eq!(
        findings[0].figures,
        [("promised_of_100m", 18_000_000), ("funded_of_100m", 50_000_000)]
    );
}
