//! What false names bring where orders and bookings are paid for.

use plan::{Finding, Severity, compile};
use plan_review::sybil::{Bounds, rebate};

const ORDERS: &str = include_str!("../../../../plans/unilevel-orders.toml");
const BINARY: &str = include_str!("../../../../plans/binary-ev.toml");

fn up_to(names: u32) -> Bounds {
    Bounds {
        identities_max: names,
        ..Bounds::default()
    }
}

fn searched(text: &str, names: u32) -> Finding {
    let plan = compile(text).unwrap_or_else(|error| panic!("{error}"));
    rebate(&plan, up_to(names)).expect("something is sold")
}

fn figure(finding: &Finding, name: &str) -> u128 {
    finding
        .figure(name)
        .unwrap_or_else(|| panic!("{finding:?} has no {name}"))
}

/// Orders of anyone, all of which is commissions of ten generations.
fn all_of_an_order() -> String {
    let (head, _) = ORDERS.split_once("[ranks]").expect("it has ranks");
    head.replace("[[funds]]\nname = \"ranks\"\n", "")
        .replace("pv_bps = 8000", "pv_bps = 10000")
        .replace("fund_bps = 3000", "fund_bps = 10000")
        .replace(
            "[1000, 700, 500, 300, 200]",
            "[1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000]",
        )
        .replace("own_pv_min = [\"50\", \"50\", \"100\", \"100\", \"100\"]", "")
        .replace("active_pv_min = \"50\"", "active_pv_min = \"1\"")
        .replace("customers_min = 2", "customers_min = 0")
        .replace("retail_share_min_bps = 3333", "retail_share_min_bps = 0")
        .replace("retail_rule = \"scale\"", "")
}

/// Ten names above the one that orders for 1,000 have a tenth of it each, and a tenth of what those above them order.
#[test]
fn names_above_the_own_order_get_its_commissions() {
    let found = searched(&all_of_an_order(), 12);
    assert_eq!((found.code, found.severity), ("sybil_rebate", Severity::Warning));
    assert_eq!((figure(&found, "names"), figure(&found, "directs_each")), (11, 1));
    assert_eq!(figure(&found, "paid"), 1_010_000_000);
    // 1,000 of the last order, and 9 + 8 + … + 1 tenths of the orders of the ten above it.
    assert_eq!(figure(&found, "returned"), 1_004_500_000);
    assert_eq!(figure(&found, "one_name_returned"), 0);
    assert!(
        found.text.contains("gets 1004.5 of 1010 USDT back"),
        "{}",
        found.text
    );
}

#[test]
fn two_names_show_it_already() {
    let found = searched(&all_of_an_order(), 2);
    // A tenth of the order of 1,000, for 1,001.
    assert_eq!(
        (figure(&found, "returned"), figure(&found, "paid")),
        (100_000_000, 1_001_000_000)
    );
}

/// A rule about customers is no obstacle to who invents them.
#[test]
fn invented_customers_let_names_be_paid() {
    let found = searched(ORDERS, 6);
    assert_eq!(found.severity, Severity::Warning);
    assert!(figure(&found, "share_bps") > 1_000, "{}", found.text);
    assert!(
        found.text.contains("with 2 invented customers each"),
        "{}",
        found.text
    );
}

/// Three names that count are a pair for the first.
#[test]
fn own_names_make_pairs() {
    let all = BINARY.replace("bps = 2000\n\n[booking]", "bps = 10000\n\n[booking]");
    let found = searched(&all, 3);
    assert_eq!(found.severity, Severity::Warning, "{}", found.text);
    assert!(figure(&found, "returned") > figure(&found, "one_name_returned"));
    // Nothing is in the fund, so names bring nothing.
    let none = BINARY.replace("bps = 2000\n\n[booking]", "bps = 0\n\n[booking]");
    let found = searched(&none, 3);
    assert_eq!((figure(&found, "share_bps"), found.severity), (0, Severity::Info));
}

#[test]
fn more_names_never_bring_less() {
    let shares: Vec<u128> = (2..6)
        .map(|names| figure(&searched(ORDERS, names), "share_bps"))
        .collect();
    assert!(shares.is_sorted(), "{shares:?}");
}
