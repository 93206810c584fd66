//! The worked examples, the table of rates and directs, and what is refused.

use money::Amount;
use plan::component::Terms as _;
use plan::generation::{self, DirectsCounted, GenerationTable, GenerationTerms, Mode};

use crate::people::{Chain, DIRECTS, RATES, paid, terms, total};

/// Name, directs, paid in, earned; nearest upline first.
const CHAIN: [(&str, u32, u128, u128); 7] = [
    ("A", 1, 500, 1450),
    ("B", 0, 200, 0),
    ("C", 1, 400, 0),
    ("D", 2, 50, 0),
    ("E", 3, 1000, 0),
    ("F", 5, 0, 0),
    ("G", 4, 300, 880),
];

/// What nobody gets of a thousand, from a generation on.
fn nobody_from(generation: usize) -> Vec<String> {
    (generation..=20)
        .map(|of| format!("nobody gets {of}: {}", u128::from(RATES[of - 1]) / 10))
        .collect()
}

fn expect(mode: Mode, lines: &[&str], nobody_from_generation: usize, skipped: &[&str]) -> (u128, u128) {
    let mut chain = Chain::new(&CHAIN, 3);
    assert_eq!(chain.skipped(&terms(mode), 1_000), skipped);
    let shares = chain.buy(&terms(mode), 1_000);
    let mut expected: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    expected.extend(nobody_from(nobody_from_generation));
    assert_eq!(chain.texts(&shares), expected);
    assert_eq!(total(&shares), 310);
    (paid(&shares), total(&shares[..lines.len()]) - paid(&shares))
}

#[test]
fn physical_mode_pays_150_and_breaks_90_of_the_240_that_are_reached() {
    let lines = [
        "A at 1 gets 1: 50",
        "A at 1 loses 1: 50 capped",
        "B at 2 gets 2: 50",
        "C at 3 loses 3: 30 unqualified",
        "D at 4 gets 4: 20",
        "E at 5 gets 5: 20",
        "F at 6 loses 6: 10 inactive",
        "G at 7 gets 7: 10",
    ];
    assert_eq!(expect(Mode::Physical, &lines, 8, &[]), (150, 90));
}

#[test]
fn compressed_mode_pays_170_and_breaks_50_because_whoever_fails_is_skipped() {
    let lines = [
        "A at 1 gets 1: 50",
        "A at 1 loses 1: 50 capped",
        "B at 2 gets 2: 50",
        "D at 4 gets 3: 30",
        "E at 5 gets 4: 20",
        "G at 7 gets 5: 20",
    ];
    let skipped = [
        "C at 3 skipped for 3 unqualified",
        "F at 6 skipped for 5 inactive",
    ];
    assert_eq!(expect(Mode::Compressed, &lines, 6, &skipped), (170, 50));
}

#[test]
fn active_only_mode_skips_who_has_no_subscription_and_nobody_else() {
    let lines = [
        "A at 1 gets 1: 50",
        "A at 1 loses 1: 50 capped",
        "B at 2 gets 2: 50",
        "C at 3 loses 3: 30 unqualified",
        "D at 4 gets 4: 20",
        "E at 5 gets 5: 20",
        "G at 7 gets 6: 10",
    ];
    let skipped = ["F at 6 skipped for 6 inactive"];
    assert_eq!(expect(Mode::ActiveOnly, &lines, 7, &skipped), (150, 80));
}

#[test]
fn two_purchases_of_one_day_pay_50_and_then_nothing() {
    let mut chain = Chain::new(&CHAIN, 3);
    let first = chain.buy(&terms(Mode::Physical), 1_000);
    let second = chain.buy(&terms(Mode::Physical), 1_000);
    assert_eq!(chain.text(&first[0]), "A at 1 gets 1: 50");
    assert_eq!(chain.text(&second[0]), "A at 1 loses 1: 100 capped");
    let g = |shares: &[generation::Share]| {
        let texts = chain.texts(shares);
        texts
            .into_iter()
            .filter(|text| text.starts_with('G'))
            .collect::<Vec<_>>()
    };
    assert_eq!(g(&first), ["G at 7 gets 7: 10"]);
    assert_eq!(g(&second), ["G at 7 gets 7: 10"]);
    let third = chain.buy(&terms(Mode::Physical), 1_000);
    let texts = chain.texts(&third);
    assert_eq!(texts[6], "G at 7 loses 7: 10 capped");
}

#[test]
fn an_undone_purchase_gives_its_room_back() {
    let mut chain = Chain::new(&CHAIN, 3);
    let before = chain.caps.clone();
    let shares = chain.buy(&terms(Mode::Compressed), 1_000);
    assert_ne!(chain.caps, before);
    generation::undo(&shares, &mut chain.caps);
    assert_eq!(chain.caps, before);
    assert_eq!(chain.buy(&terms(Mode::Compressed), 1_000), shares);
}

#[test]
fn every_generation_has_the_rate_and_asks_for_the_directs_of_the_table() {
    assert_eq!(terms(Mode::Physical).rates_sum().get(), 3_100);
    for generation in 1..=20usize {
        for lacking in [0, 1] {
            let Some(directs) = DIRECTS[generation - 1].checked_sub(lacking) else {
                continue;
            };
            // Only the upline of this generation is looked at.
            let uplines: Vec<_> = (1..=20)
                .map(|at| {
                    (
                        if at == generation { "X" } else { "Y" },
                        if at == generation { directs } else { 0 },
                        1_000_000,
                        0,
                    )
                })
                .collect();
            let mut chain = Chain::new(&uplines, 3);
            let shares = chain.buy(&terms(Mode::Physical), 100_000);
            let amount = u128::from(RATES[generation - 1]) * 10;
            let verb = ["gets", "loses"][lacking as usize];
            let cause = ["", " unqualified"][lacking as usize];
            let expected = format!("X at {generation} {verb} {generation}: {amount}{cause}");
            let found = chain.texts(&shares);
            assert_eq!(found[generation - 1], expected);
            assert_eq!(total(&shares), 31_000);
        }
    }
}

#[test]
fn a_refunded_upline_gets_nothing_in_any_mode() {
    for (mode, expected) in [
        (Mode::Physical, "B at 1 loses 1: 100 refunded"),
        (Mode::Compressed, "A at 2 gets 1: 100"),
        (Mode::ActiveOnly, "A at 2 gets 1: 100"),
    ] {
        let mut chain = Chain::new(&[("B", 9, 1_000, 0), ("A", 9, 1_000, 0)], 3);
        chain.people.0[1].refunded = true;
        let shares = chain.buy(&terms(mode), 1_000);
        assert_eq!(chain.text(&shares[0]), expected);
    }
}

#[test]
fn without_a_cap_nobody_needs_to_have_paid_in() {
    let chain = Chain::new(&[("A", 0, 0, 0)], 3);
    let mut caps = plan::cap::Caps::new(None);
    let mut out = Vec::new();
    let terms = terms(Mode::Physical);
    generation::distribute(
        &terms,
        Amount::new(1_000),
        chain.buyer,
        &chain.people,
        &mut caps,
        &mut out,
    );
    assert_eq!(chain.text(&out[0]), "A at 1 gets 1: 100");
}

#[test]
fn a_share_below_one_base_unit_is_no_line() {
    let mut chain = Chain::new(&[("A", 0, 10, 0)], 3);
    let shares = chain.buy(&terms(Mode::Physical), 19);
    // ⌊1.9⌋ of generation 1; ⌊0.95⌋ and less of all others.
    assert_eq!(chain.texts(&shares), ["A at 1 gets 1: 1"]);
}

#[test]
fn refusals_name_the_field_and_the_rule() {
    let good = GenerationTable {
        rates_bps: vec![1_000, 500],
        directs_required: vec![0, 2],
        mode: Mode::Physical,
        directs_counted: DirectsCounted::Active,
    };
    assert_eq!(
        GenerationTerms::check(&good).unwrap().directs_counted(),
        DirectsCounted::Active
    );
    let cases: [(GenerationTable, &str, &str); 5] = [
        (
            GenerationTable {
                rates_bps: vec![],
                ..good.clone()
            },
            "list_length",
            "generation.rates_bps",
        ),
        (
            GenerationTable {
                rates_bps: vec![1; 33],
                ..good.clone()
            },
            "list_length",
            "generation.rates_bps",
        ),
        (
            GenerationTable {
                directs_required: vec![0],
                ..good.clone()
            },
            "lengths_differ",
            "generation.directs_required",
        ),
        (
            GenerationTable {
                rates_bps: vec![9_000, 1_001],
                ..good.clone()
            },
            "shares_above_whole",
            "generation.rates_bps",
        ),
        (
            GenerationTable {
                directs_required: vec![0, 1_001],
                ..good
            },
            "out_of_range",
            "generation.directs_required[1]",
        ),
    ];
    for (table, code, field) in cases {
        let refusal = GenerationTerms::check(&table).unwrap_err();
        assert_eq!((refusal.code, refusal.field.as_str()), (code, field));
    }
}

#[test]
fn participants_are_told_how_much_is_shared_and_who_needs_directs() {
    let found = crate::people::terms(Mode::Physical).findings(money::Asset::Usdt);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].code, "generations_from_purchases");
    // The first two generations request no directs: 10 % and 5 %.
    assert_eq!(
        found[0].figures,
        [
            ("generations", 20),
            ("rates_sum_bps", 3_100),
            ("without_directs_bps", 1_500),
            ("directs_for_all", 10)
        ]
    );
}

/// Lines longer than what is read at once: of seventy uplines only every other one has paid anything in.
#[test]
fn long_lines_are_walked_to_their_ends_from_the_nearest_up() {
    let uplines: Vec<_> = (1u128..=70).map(|at| ("", 10, 1_000 * (at % 2), 0)).collect();
    let shares = |mode| Chain::new(&uplines, 3).buy(&terms(mode), 10_000);
    let distances = |shares: &[generation::Share]| -> Vec<u32> {
        let reached = shares.iter().filter(|share| share.upline.is_some());
        reached.map(|share| share.distance).collect()
    };
    let physical = shares(Mode::Physical);
    assert_eq!(distances(&physical), (1..=20).collect::<Vec<_>>());
    for mode in [Mode::Compressed, Mode::ActiveOnly] {
        let compressed = shares(mode);
        assert_eq!(
            distances(&compressed),
            (1..=39).step_by(2).collect::<Vec<_>>(),
            "{mode:?}"
        );
        assert_eq!(paid(&compressed), 3_100);
    }
}
