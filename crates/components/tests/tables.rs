//! How a table is read: forms of fields, and what does not fit with its path.

use serde::Deserialize;

use components::subscription::table::SubscriptionTable;
use plan_file::reader::read;

const GOOD: &str = r#"
[subscription]
accrual_days = "working"
month_divisor = 30
fund = "f"
when_short = "pro_rata"

[[subscription.tiers]]
from = "50"
monthly_bps = 600

[[subscription.tiers]]
from = "1000"
monthly_bps = 700
"#;

#[derive(Debug, Deserialize)]
struct Document {
    subscription: SubscriptionTable,
}

#[test]
fn lists_of_tables_and_fields_of_several_forms_are_read() {
    let table = read::<Document>(GOOD).unwrap().subscription;
    assert_eq!(table.tiers.len(), 2);
    assert_eq!(table.tiers[1].monthly_bps, 700);
    let named = GOOD.replace("month_divisor = 30", "month_divisor = \"working_days\"");
    assert_ne!(
        read::<Document>(&named).unwrap().subscription.month_divisor,
        table.month_divisor
    );
}

/// A piece of a good file, what stands in its place, and the code and field of the refusal.
const MISFITS: [(&str, &str, &str, &str); 10] = [
    (
        "monthly_bps = 700",
        "monthly_bps = \"7%\"",
        "wrong_type",
        "subscription.tiers[1].monthly_bps",
    ),
    (
        "monthly_bps = 700",
        "monthly = 700",
        "unknown_field",
        "subscription.tiers[1].monthly",
    ),
    (
        "monthly_bps = 700",
        "",
        "missing_field",
        "subscription.tiers[1].monthly_bps",
    ),
    (
        "from = \"50\"",
        "from = 50",
        "wrong_type",
        "subscription.tiers[0].from",
    ),
    (
        "\"working\"",
        "\"workin\"",
        "unknown_choice",
        "subscription.accrual_days",
    ),
    (
        "divisor = 30",
        "divisor = true",
        "wrong_type",
        "subscription.month_divisor",
    ),
    (
        "fund = \"f\"",
        "fund = 2026-04-01",
        "wrong_type",
        "subscription.fund",
    ),
    (
        "fund = \"f\"",
        "fund = \"f\"\namount_max = 1.5",
        "wrong_type",
        "subscription.amount_max",
    ),
    (
        "fund = \"f\"",
        "fund = \"f\"\ncap_multiple = 99999999999999999999",
        "out_of_range",
        "subscription.cap_multiple",
    ),
    (
        "fund = \"f\"",
        "fund = \"f\"\nallocations = { fund = \"x\" }",
        "wrong_type",
        "subscription.allocations",
    ),
];

#[test]
fn what_does_not_fit_has_its_path_through_lists_of_tables() {
    for (from, to, code, field) in MISFITS {
        assert!(GOOD.contains(from), "{from}");
        let refusal = read::<Document>(&GOOD.replace(from, to)).unwrap_err();
        assert_eq!((refusal.code, refusal.field.as_str()), (code, field), "{refusal}");
        let words = format!("{} {}", refusal.problem, refusal.hint);
        assert!(
            !words.contains("enum") && !words.contains("struct") && !words.contains("variant"),
            "{words}"
        );
    }
    let refusal = read::<Document>("subscription = 7\n").unwrap_err();
    assert_eq!(refusal.hint, "write [subscription] and its fields below it");
}
