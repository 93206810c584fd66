//! What is refused in the tables, and what people are told about a sound plan.

use plan::binary::BinaryState;
use plan::component::Terms as _;
use plan::sponsors::Sponsors;
use plan::{Day, Severity, UserId};

use crate::tables::{changed, rupees};

#[test]
fn each_broken_rule_is_refused_with_its_field() {
    for (key, value, code, field) in [
        ("pair_value", "\"0\"", "price_out_of_range", "binary.pair_value"),
        ("pair_value", "\"2,000\"", "amount_malformed", "binary.pair_value"),
        (
            "pairs_max_per_month",
            "0",
            "out_of_range",
            "binary.pairs_max_per_month",
        ),
        (
            "pairs_max_per_month",
            "1001",
            "out_of_range",
            "binary.pairs_max_per_month",
        ),
        ("full_pairs", "1000001", "out_of_range", "binary.full_pairs"),
        (
            "instalment_bps",
            "10001",
            "bps_above_whole",
            "binary.instalment_bps",
        ),
        (
            "activation_amount",
            "\"100000.01\"",
            "activation_above_price",
            "binary.activation_amount",
        ),
        (
            "directs_required",
            "1001",
            "out_of_range",
            "binary.directs_required",
        ),
        ("quantity", "\"volume\"", "quantity_unknown", "binary.quantity"),
        ("fund", "\"\"", "fund_malformed", "binary.fund"),
        ("fund", "\"The Fund\"", "fund_malformed", "binary.fund"),
        (
            "direct_bonus",
            "\"0\"",
            "price_out_of_range",
            "binary.direct_bonus",
        ),
        ("price", "\"0\"", "price_out_of_range", "booking.price"),
        (
            "first_payment_min",
            "\"0\"",
            "price_out_of_range",
            "booking.first_payment_min",
        ),
        (
            "first_payment_min",
            "\"100001\"",
            "first_payment_above_price",
            "booking.first_payment_min",
        ),
    ] {
        let refusal = changed(&[(key, value)]).unwrap_err();
        assert_eq!(
            (refusal.code, refusal.field.as_str()),
            (code, field),
            "{key} = {value}"
        );
        assert!(!refusal.hint.is_empty());
    }
}

#[test]
fn what_a_file_leaves_out_has_the_stated_meaning() {
    let spelt_out = changed(&[
        ("counts_from", "\"activation\""),
        ("placement", "\"level_order\""),
        ("directs_required", "0"),
        ("quantity", "\"member\""),
        ("when_short", "\"queue\""),
    ]);
    assert_eq!(changed(&[]).unwrap(), spelt_out.unwrap());
    let terms = changed(&[("direct_bonus", "\"1000\"")]).unwrap();
    assert_eq!(terms.direct_bonus(), Some(rupees("1000")));
    assert_eq!(
        (terms.fund().as_str(), terms.pairs_max_per_month()),
        ("pairs", 10)
    );
    assert_eq!(terms.counts_at(), rupees("5000"));
    let from_first = changed(&[("counts_from", "\"first_payment\"")]).unwrap();
    assert_eq!(from_first.counts_at(), rupees("500"));
}

#[test]
fn the_findings_say_what_pairs_claim_and_who_has_none() {
    let found = changed(&[("excess", "\"flush\""), ("direct_bonus", "\"1000\"")])
        .unwrap()
        .findings(money::Asset::Inr);
    let codes: Vec<&str> = found.iter().map(|finding| finding.code).collect();
    assert_eq!(
        codes,
        [
            "pairs_against_payments",
            "without_a_pair",
            "pairs_outgrow_payments",
            "pairs_are_lost",
            "earlier_members_first",
            "bonus_above_first_payment",
        ]
    );
    let figure = |finding: usize, name: &str| {
        let figures = &found[finding].figures;
        figures.iter().find(|(known, _)| *known == name).unwrap().1
    };
    // Half the members have none, a quarter 1, an eighth 3, …: 20 · 2^19 − (2^20 − 1) in all.
    assert_eq!(figure(0, "pairs"), 20 * (1 << 19) - ((1 << 20) - 1));
    assert_eq!(figure(0, "claimed_per_member_base_units"), 1_800_001);
    // 262,144 · 1 + 131,072 · 3 + 65,536 · 7 + 65,535 · 10.
    assert_eq!(figure(0, "pairs_first_month"), 1_769_462);
    // Of 524,287 pairs of the top 10 are paid in the one month in which all come.
    assert_eq!(figure(0, "top_pairs_lost_first_month"), 524_277);
    // With 6 layers 63 members have paid 315,000 and 129 pairs are worth 258,000; with 7, 127 have paid 635,000 and
    // 321 pairs are worth 642,000.
    assert_eq!((figure(2, "layers"), figure(2, "pairs")), (7, 321));
    assert_eq!(found[0].severity, Severity::Warning);
    let cheap = changed(&[("pair_value", "\"1\"")]).unwrap();
    let codes: Vec<_> = cheap
        .findings(money::Asset::Inr)
        .into_iter()
        .map(|finding| (finding.code, finding.severity))
        .collect();
    assert_eq!(codes[0], ("pairs_against_payments", Severity::Info));
    assert!(codes.iter().all(|(code, _)| *code != "pairs_outgrow_payments"));
}

/// What pairs claim is compared with what members have paid: the same is not more.
#[test]
fn pairs_that_claim_exactly_what_was_paid_are_no_reason_to_warn() {
    let severity = |activation: &str| {
        let terms = changed(&[("activation_amount", activation)]).unwrap();
        terms.findings(money::Asset::Inr)[0].severity
    };
    assert_eq!(severity("\"18000.00\""), Severity::Warning);
    assert_eq!(severity("\"18000.01\""), Severity::Info);
    // 129 pairs of 63 are what 63 members paid with 129 each; the next layer claims more.
    let even = changed(&[
        ("pair_value", "\"0.63\""),
        ("activation_amount", "\"1.29\""),
        ("first_payment_min", "\"0.01\""),
    ]);
    let found = even.unwrap().findings(money::Asset::Inr);
    let outgrown = found
        .iter()
        .find(|finding| finding.code == "pairs_outgrow_payments")
        .unwrap();
    assert_eq!(outgrown.figures[0], ("layers", 7));
}

/// So many users, who were all brought by the first.
fn joined(users: u32) -> (Sponsors, BinaryState) {
    let (mut sponsors, mut state) = (Sponsors::default(), BinaryState::default());
    for number in 1..=users {
        sponsors.join(UserId::new(1).filter(|_| number > 1)).unwrap();
        state.join(&sponsors, None);
    }
    (sponsors, state)
}

#[test]
fn whoever_is_not_among_the_sponsors_takes_no_place_and_pays_nothing() {
    let terms = changed(&[]).unwrap();
    let (sponsors, mut state) = joined(1);
    let before = state.clone();
    assert_eq!(state.join(&sponsors, None), None);
    let second = UserId::new(2).unwrap();
    assert_eq!(
        state.pay(&sponsors, &terms, second, rupees("5000")).refused,
        rupees("5000")
    );
    assert_eq!(state, before);
}

#[test]
fn terms_are_read_as_they_were_written() {
    let terms = changed(&[("hold_days", "14"), ("activation_amount", "\"5001.50\"")]).unwrap();
    assert_eq!(terms.pair_value(), rupees("2000"));
    assert_eq!(terms.price(), rupees("100000"));
    assert_eq!(terms.first_payment_min(), rupees("500"));
    assert_eq!(terms.activation_amount(), rupees("5001.50"));
    assert_eq!(terms.hold_days(), 14);
}

/// Payments are kept in three parts of 32 bits: none may be lost, and none may reach into the next.
#[test]
fn payments_of_any_size_add_up() {
    let price = money::Amount::new(0x8765_4321_fedc_ba98_7654_3210);
    let shown = money::Asset::Inr.display_amount(price);
    let terms = changed(&[
        ("price", &format!("\"{shown}\"")),
        ("first_payment_min", "\"0.01\""),
    ])
    .unwrap();
    let (sponsors, mut state) = joined(1);
    let user = UserId::new(1).unwrap();
    let mut paid = 0;
    for part in [0x1, 0xffff_ffff, 0x1_0000_0000, 0x7654_3210_0000_0000_0000_0000] {
        let payment = state.pay(&sponsors, &terms, user, money::Amount::new(part));
        assert_eq!(payment.accepted.base_units(), part);
        paid += part;
        assert_eq!(state.paid(user).base_units(), paid);
    }
    let rest = price.base_units() - paid;
    assert_eq!(state.outstanding(&terms, user).base_units(), rest);
    let payment = state.pay(&sponsors, &terms, user, price);
    assert_eq!(payment.accepted.base_units(), rest);
    assert_eq!(state.paid(user), price);
}

#[test]
fn directs_are_counted_from_when_they_count_whether_or_not_the_plan_asks() {
    let user = |number| UserId::new(number).unwrap();
    for required in ["0", "1"] {
        let terms = changed(&[("directs_required", required)]).unwrap();
        let (sponsors, mut state) = joined(3);
        assert_eq!((state.user_count(), state.history_bytes()), (3, 0));
        let mut found = vec![state.directs(user(1))];
        for direct in [2, 3] {
            state.pay(&sponsors, &terms, user(direct), rupees("5000"));
            found.push(state.directs(user(1)));
        }
        assert_eq!(found, [0, 1, 2], "{required}");
        assert_eq!((state.directs(user(2)), state.directs(user(4))), (0, 0));
    }
}

/// A pair of 2,000 for two who count: the first month grants it, and 16 bytes remember it.
#[test]
fn a_list_collects_the_pairs_of_a_closing_whole() {
    let terms = changed(&[]).unwrap();
    let (sponsors, mut state) = joined(3);
    let user = |number| UserId::new(number).unwrap();
    for direct in [2, 3] {
        state.pay(&sponsors, &terms, user(direct), rupees("5000"));
    }
    let month = Day::new(20_000).month();
    let mut pairs = Vec::new();
    let closing = state.close_month(&sponsors, &terms, month, rupees("1000000"), &mut pairs);
    assert_eq!((closing.granted, closing.granted_value), (1, rupees("2000")));
    let [pair] = pairs[..] else {
        panic!("one pair: {pairs:?}");
    };
    assert_eq!((pair.user, pair.number), (user(1), 1));
    assert_eq!(
        (pair.parts.value, pair.parts.withheld),
        (rupees("2000"), rupees("0"))
    );
    assert_eq!((state.pairs(user(1)), state.history_bytes()), (1, 16));
}

#[test]
fn a_user_takes_46_bytes() {
    assert_eq!(BinaryState::bytes_per_user(), 46);
}
