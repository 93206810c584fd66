//! Tests of `disclose`.

use super::*;

fn figures() -> Figures {
    let percentiles = [
        "0",
        "0",
        "0",
        "0",
        "18000000000000000000",
        "18000000000000000000",
        "72",
    ];
    let net = ["-60000000000000000000", "-20", "-20", "-20", "-2", "-2", "52"];
    Figures {
        fact_seq: 7,
        participants: 4,
        refunded: 1,
        without_rewards: 3,
        below_paid: 3,
        even: 1,
        above_paid: 0,
        paid_total: "80000000000000000000".into(),
        received_total: "18000000000000000000".into(),
        held_total: "0".into(),
        received_percentiles: percentiles.map(String::from).to_vec(),
        net_percentiles: net.map(String::from).to_vec(),
    }
}

fn ledger() -> Ledger {
    Ledger {
        chain_id: 31_337,
        contract: alloy_primitives::Address::repeat_byte(0x11),
        plan: plan::compile(include_str!("../../../../plans/auto-pool.toml")).unwrap(),
    }
}

#[test]
fn the_text_has_every_figure_every_finding_and_the_terms_of_a_full_tier() {
    let ledger = ledger();
    let text = text(&ledger, &figures());
    for expected in [
        "- participants: 4\n",
        "- received nothing: 3\n",
        "- 5 of 100 participants, net at most: -60 BNB\n",
        "- 50 of 100 participants (median), received at most: 0 BNB\n",
        "- when tier 1 is full (15 trees of 15 places)",
        "later participants pay: 100 %",
    ] {
        assert!(text.contains(expected), "{expected:?} is missing in\n{text}");
    }
    for finding in ledger.plan.findings() {
        assert!(text.contains(&finding.text));
    }
}

#[test]
fn nothing_is_promised() {
    let text = text(&ledger(), &figures()).to_lowercase();
    for word in ["investment", "profit", "return", "earn", "income of", "guarantee"] {
        assert!(!text.contains(word), "{word}");
    }
}
