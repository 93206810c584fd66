//! A plan that nobody can leave does not run on a public chain.

use plan::{ChainClass, Severity, compile};
use plan_review::review::{Asked, Review};

use crate::{BINARY, CAMPAIGN, ORDERS, SUBSCRIPTION, figure, found, public, refusals};

const TAX: &str = r#"
[[withholding]]
name = "NAME"
valid_from = "2026-01-01"
basis = "payout"
rate_bps = RATE
financial_year_starts_month = 4
on = "gross"
"#;

fn tax(name: &str, rate: u16) -> String {
    TAX.replace("NAME", name).replace("RATE", &rate.to_string())
}

#[test]
fn the_largest_amount_as_the_smallest_withdrawal_is_barred() {
    let exit = |min: &str| ORDERS.replace("fee_bps = 100", &format!("fee_bps = 100\nmin = \"{min}\""));
    for (min, refused) in [
        ("100", &[][..]),
        ("100.000001", &["withdrawal_out_of_reach"][..]),
        ("79228162514264337593543.950335", &["withdrawal_out_of_reach"][..]),
    ] {
        for place in ["EU", "IN", "US"] {
            let review = public(&exit(min), place, Some(30));
            let codes = refusals(&review);
            let codes: Vec<_> = codes
                .into_iter()
                .filter(|code| *code == "withdrawal_out_of_reach")
                .collect();
            assert_eq!(codes, refused, "{place} {min}");
        }
    }
    // Whoever pays 50 at least can be expected to receive 50 and 100, not 3,000.
    let far = SUBSCRIPTION.replace("min = \"1\"", "min = \"3000\"");
    let review = public(&far, "US", Some(14));
    let finding = found(&review, "withdrawal_out_of_reach").unwrap();
    assert_eq!(figure(finding, "plausible_units"), 100_000_000);
    assert_eq!(figure(finding, "min_units"), 3_000_000_000);
}

#[test]
fn taxes_and_fee_together_leave_at_least_half() {
    for (taxes, fee, kept, is_barred) in [
        (vec![], 5_000, 5_000, false),
        (vec![5_000], 0, 5_000, false),
        (vec![5_000], 1, 5_001, true),
        (vec![9_900, 200], 0, 10_000, true),
        (vec![10_000], 0, 10_000, true),
        (vec![2_500, 2_500], 0, 5_000, false),
        (vec![3_000], 3_000, 5_100, true),
    ] {
        let policies = ["A", "B"]
            .into_iter()
            .zip(&taxes)
            .map(|(name, rate)| tax(name, *rate));
        let policies: String = policies.collect();
        let text = format!(
            "{}\n{policies}",
            ORDERS.replace("fee_bps = 100", &format!("fee_bps = {fee}"))
        );
        let review = public(&text, "EU", Some(14));
        let finding = found(&review, "kept_back").unwrap();
        assert_eq!(figure(finding, "kept_bps"), kept, "{taxes:?} {fee}");
        let expected: &[&str] = if is_barred { &["kept_back"] } else { &[] };
        assert_eq!(refusals(&review), expected, "{taxes:?} {fee}");
    }
}

/// What is kept when a reward is credited and when it is withdrawn adds up, and so do the versions that are in force together.
#[test]
fn every_way_of_keeping_back_counts() {
    let twice = format!(
        "{CAMPAIGN}\n{}{}",
        tax("A", 4_000).replace("payout", "credit"),
        tax("B", 2_000)
    );
    let review = public(&twice, "EU", Some(14));
    let finding = found(&review, "kept_back").unwrap();
    assert_eq!(figure(finding, "kept_bps"), 5_200);
    assert_eq!(finding.severity, Severity::Error);
    // One policy is about other rewards than the other.
    let apart = format!(
        "{CAMPAIGN}\n{}{}",
        tax("A", 4_000).replace("\"payout\"", "\"credit\"\nkinds = [\"bonus\"]"),
        tax("B", 3_000).replace("\"payout\"", "\"credit\"\nkinds = [\"rank\"]")
    );
    let review = public(&apart, "EU", Some(14));
    assert_eq!(figure(found(&review, "kept_back").unwrap(), "kept_bps"), 4_000);
    // The second version replaces the first; a rate for users without a tax id counts.
    let later = tax("A", 1_000).replace("2026-01-01", "2027-01-01");
    let later = later.replace("rate_bps = 1000", "rate_bps = 1000\nno_tax_id_rate_bps = 3000");
    let review = public(&format!("{CAMPAIGN}\n{}{later}", tax("A", 2_000)), "EU", Some(14));
    assert_eq!(figure(found(&review, "kept_back").unwrap(), "kept_bps"), 3_000);
    // The shipped plan: 20 % from users without a tax id.
    let review = public(BINARY, "EU", Some(14));
    let finding = found(&review, "kept_back").unwrap();
    assert_eq!(
        (figure(finding, "kept_bps"), finding.severity),
        (2_000, Severity::Info)
    );
}

#[test]
fn on_a_local_chain_a_closed_exit_is_a_warning() {
    let asked = Asked {
        chain: ChainClass::Local,
        jurisdiction: None,
        cooling_off_days: None,
    };
    let text = format!("{CAMPAIGN}\n{}", tax("A", 10_000));
    let review = Review::of(&compile(&text).unwrap(), [], asked);
    assert_eq!(found(&review, "kept_back").unwrap().severity, Severity::Warning);
    assert_eq!(refusals(&review), [] as [&str; 0]);
}

#[test]
fn what_is_deducted_from_directs_of_pools_is_said_and_nothing_is_when_nothing_is() {
    let pools = include_str!("../../../../plans/auto-pool.toml");
    let kept = |text: &str| {
        let review = public(text, "US", Some(14));
        found(&review, "kept_back").map(|finding| figure(finding, "credit_bps"))
    };
    assert_eq!(kept(pools), None);
    let taxed = tax("A", 1_000).replace("payout", "credit");
    assert_eq!(
        kept(&format!("{pools}{taxed}kinds = [\"direct\"]\n")),
        Some(1_000)
    );
}
