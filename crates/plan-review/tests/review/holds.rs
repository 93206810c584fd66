//! Rewards are held for as long as the payments that caused them can go back, or the plan does not run.

use plan::compiled::Hold;
use plan::{ChainClass, Severity, compile};
use plan_review::review::{Asked, Review};

use crate::{AUTO_POOL, BINARY, CAMPAIGN, ORDERS, SUBSCRIPTION, figure, found, public, refusals};

#[test]
fn the_hold_that_is_stated_is_the_shortest_of_the_plan_and_not_the_refund_time_of_the_deployment() {
    for (text, cooling_off, stated) in [
        (BINARY, 14, 14),
        (BINARY, 30, 14),
        (ORDERS, 14, 30),
        (CAMPAIGN, 14, 30),
        (SUBSCRIPTION, 7, 7),
        (SUBSCRIPTION, 30, 14),
        (AUTO_POOL, 30, 30),
    ] {
        let review = public(text, "IN", Some(cooling_off));
        let hold = found(&review, "reward_hold").unwrap();
        assert_eq!(figure(hold, "days"), stated, "{cooling_off}: {}", hold.text);
    }
}

#[test]
fn a_hold_below_the_refund_time_is_an_error_on_a_public_chain_for_every_kind_of_reward() {
    for (text, from, rewards) in [
        (BINARY, "hold_days = 14", "pairs"),
        (ORDERS, "late_orders", "commissions"),
        (ORDERS, "[[ranks.ladder]]", "rank bonuses"),
        (CAMPAIGN, "hold_days = 30", "campaign rewards"),
    ] {
        let short = match from {
            "hold_days = 14" | "hold_days = 30" => text.replace(from, "hold_days = 13"),
            before => {
                let (head, tail) = text.split_once(before).unwrap();
                let (head, _) = head.rsplit_once("hold_days = 30").unwrap();
                format!("{head}hold_days = 13\n{before}{tail}")
            }
        };
        let review = public(&short, "EU", Some(14));
        assert_eq!(refusals(&review), ["hold_below_cooling_off"], "{rewards}");
        let finding = found(&review, "hold_below_cooling_off").unwrap();
        assert_eq!(
            (figure(finding, "hold_days"), figure(finding, "cooling_off_days")),
            (13, 14)
        );
        assert!(
            finding.text.contains(&format!("({rewards} for 13 days)")),
            "{}",
            finding.text
        );
        // As long as payments can be refunded is enough.
        let review = public(&short, "EU", Some(13));
        assert!(found(&review, "hold_below_cooling_off").is_none(), "{rewards}");
    }
}

#[test]
fn on_a_local_chain_a_short_hold_is_a_warning() {
    let asked = Asked {
        chain: ChainClass::Local,
        jurisdiction: None,
        cooling_off_days: Some(15),
    };
    let review = Review::of(&compile(BINARY).unwrap(), [], asked);
    let finding = found(&review, "hold_below_cooling_off").unwrap();
    assert_eq!(finding.severity, Severity::Warning);
    assert_eq!(refusals(&review), [] as [&str; 0]);
}

/// What a share of a payment pays is released with that payment.
#[test]
fn what_is_released_with_its_payment_is_held_for_any_refund_time() {
    for text in [AUTO_POOL, SUBSCRIPTION] {
        let text = text.replace("hold_days = 14", "hold_days = 366");
        let review = public(&text, "US", Some(300));
        assert!(found(&review, "hold_below_cooling_off").is_none());
    }
    let plan = compile(SUBSCRIPTION).unwrap();
    let holds: Vec<_> = plan.holds().collect();
    assert_eq!(
        holds,
        [
            ("generations", Hold::UntilFinal),
            ("accruals", Hold::UntilFinal),
            ("rank bonuses", Hold::Days(14))
        ]
    );
}

/// Vehicles can be returned for thirty days there, and the shipped plan holds pairs for fourteen.
#[test]
fn the_shipped_binary_plan_runs_where_payments_go_back_for_14_days_and_not_where_they_do_for_30() {
    assert_eq!(refusals(&public(BINARY, "EU", Some(14))), [] as [&str; 0]);
    assert_eq!(
        refusals(&public(BINARY, "IN", Some(30))),
        ["hold_below_cooling_off", "reward_hold"]
    );
    let held = BINARY.replace("hold_days = 14", "hold_days = 30");
    assert_eq!(refusals(&public(&held, "IN", Some(30))), [] as [&str; 0]);
}

#[test]
fn a_public_chain_is_told_that_holds_cannot_be_judged_when_nobody_said_the_refund_time() {
    let told = |text: &str| {
        let review = public(text, "US", None);
        let mut findings = review.findings.into_iter();
        findings.any(|finding| finding.text.contains("whether the holds are long enough"))
    };
    assert!(told(BINARY));
    assert!(!told(AUTO_POOL));
}
