//! Withholding and withdrawals: the worked examples of their page, refusals, and random histories against a book that
//! is read from its beginning for every payment.

#![expect(clippy::unwrap_used, reason = "the steps of a test; a failure names its line")]

mod history;
mod page;

use money::{Amount, Asset};
use plan::component::Terms as _;
use plan::withdrawal::{WithdrawalRefused, WithdrawalTable, WithdrawalTerms};
use plan::withholding::{Occasion, Payment, Withholding, WithholdingTable, WithholdingTerms, YearTotals};
use plan::{Day, Severity, UserId};
use serde::Deserialize;

/// The tables of a plan file that this page is about.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tables {
    #[serde(default)]
    withholding: Vec<WithholdingTable>,
    withdrawal: Option<WithdrawalTable>,
}

fn tables(text: &str) -> Tables {
    toml::from_str(text).unwrap()
}

const SEED: &str = r#"
[[withholding]]
name = "TDS"
rate_bps = 500
basis = "payout"
ceiling = "10000"
ceiling_scope = "payment"
financial_year_starts_month = 4
valid_from = "2020-04-01"
on = "gross"
"#;

const THRESHOLD: &str = r#"
[[withholding]]
name = "IN-194H"
rate_bps = 200
basis = "credit"
threshold = "20000"
threshold_scope = "financial_year"
no_tax_id_rate_bps = 2000
financial_year_starts_month = 4
valid_from = "2025-04-01"
kinds = ["pair", "direct"]
on = "gross"
"#;

#[test]
fn the_page_says_what_happens() {
    page::check(include_str!("../../../../docs/plan/withholding.md"));
}

#[test]
fn each_broken_rule_of_a_policy_has_its_code_and_place() {
    let cases = [
        (SEED, "\"TDS\"", "\"T D S\"", "withholding_name", "name"),
        (SEED, "\"TDS\"", "\"\"", "withholding_name", "name"),
        (
            SEED,
            "rate_bps = 500",
            "rate_bps = 10001",
            "bps_above_whole",
            "rate_bps",
        ),
        (SEED, "= 4", "= 13", "out_of_range", "financial_year_starts_month"),
        (SEED, "2020-04-01", "2020-4-1", "date_malformed", "valid_from"),
        (SEED, "\"10000\"", "\"0\"", "price_out_of_range", "ceiling"),
        (SEED, "\"10000\"", "\"1.234\"", "amount_malformed", "ceiling"),
        (
            SEED,
            "ceiling_scope = \"payment\"",
            "",
            "ceiling_without_scope",
            "ceiling_scope",
        ),
        (
            SEED,
            "ceiling = \"10000\"",
            "",
            "scope_without_ceiling",
            "ceiling",
        ),
        (
            SEED,
            "on =",
            "kinds = [\"pair\"]\non =",
            "kinds_at_payout",
            "kinds",
        ),
        (
            SEED,
            "on =",
            "crossing = \"above_only\"\non =",
            "crossing_without_threshold",
            "crossing",
        ),
        (
            THRESHOLD,
            "= \"financial_year\"",
            "= \"none\"",
            "threshold_without_scope",
            "threshold_scope",
        ),
        (
            THRESHOLD,
            "threshold = \"20000\"",
            "",
            "scope_without_threshold",
            "threshold",
        ),
        (
            THRESHOLD,
            "= 2000",
            "= 199",
            "no_tax_id_rate_below_rate",
            "no_tax_id_rate_bps",
        ),
        (THRESHOLD, "\"direct\"", "\"matured\"", "kind_unknown", "kinds[1]"),
        (THRESHOLD, "\"pair\", \"direct\"", "", "list_length", "kinds"),
    ];
    for (text, from, to, code, field) in cases {
        assert!(text.contains(from), "{from}");
        let changed = tables(&text.replacen(from, to, 1)).withholding;
        let refusal = WithholdingTerms::check(&changed, Asset::Inr).unwrap_err();
        assert_eq!(
            (refusal.code, refusal.field),
            (code, format!("withholding[0].{field}")),
            "{to}"
        );
    }
}

#[test]
fn versions_of_a_policy_ascend_and_agree() {
    let check = |second: &str| {
        let text = format!("{SEED}{second}");
        WithholdingTerms::check(&tables(&text).withholding, Asset::Inr).map_err(|refusal| refusal.code)
    };
    let later = SEED.replace("2020-", "2021-");
    assert_eq!(check(&later).unwrap().policies().len(), 1);
    assert_eq!(check(SEED), Err("withholding_versions_unordered"));
    for (from, to) in [("\"payout\"", "\"credit\""), ("month = 4", "month = 1")] {
        assert_eq!(
            check(&later.replace(from, to)),
            Err("withholding_versions_disagree")
        );
    }
    let others: String = (0..4).map(|n| SEED.replace("TDS", &format!("T{n}"))).collect();
    assert_eq!(check(&others), Err("list_length"));
    let refusal = WithholdingTerms::check(&tables(&format!("{SEED}{others}")).withholding, Asset::Inr);
    assert_eq!(refusal.unwrap_err().hint, "write at most 4 different policies");
}

#[test]
fn an_unknown_field_of_a_table_is_an_error() {
    for text in [
        SEED.replace("ceiling ", "cieling "),
        "[withdrawal]\nfee = 5".into(),
    ] {
        assert!(toml::from_str::<Tables>(&text).is_err(), "{text}");
    }
}

#[test]
fn a_fee_above_half_of_a_withdrawal_is_refused() {
    let check = |fee_bps, min: Option<&str>| {
        let min = min.map(Into::into);
        WithdrawalTerms::check(&WithdrawalTable { fee_bps, min }, Asset::Usdt)
            .map_err(|refusal| (refusal.code, refusal.field))
    };
    assert_eq!(check(5_000, None).unwrap().fee().get(), 5_000);
    let field = |name: &str| format!("withdrawal.{name}");
    assert_eq!(
        check(5_001, None),
        Err(("withdrawal_fee_too_large", field("fee_bps")))
    );
    assert_eq!(check(500, Some("0")), Err(("price_out_of_range", field("min"))));
    assert_eq!(check(500, Some("x")), Err(("amount_malformed", field("min"))));
    let free = WithdrawalTerms::check(
        &WithdrawalTable {
            fee_bps: 0,
            min: None,
        },
        Asset::Usdt,
    );
    assert_eq!(free.unwrap(), WithdrawalTerms::default());
}

#[test]
fn a_hundred_give_95_and_a_fee_of_5() {
    let table = WithdrawalTable {
        fee_bps: 500,
        min: None,
    };
    let terms = WithdrawalTerms::check(&table, Asset::Usdt).unwrap();
    let quote = terms.quote(Amount::new(100), Amount::ZERO);
    assert_eq!((quote.net, quote.fee), (Amount::new(95), Amount::new(5)));
}

#[test]
fn participants_are_told_what_is_withheld_and_what_a_withdrawal_costs() {
    let told = |text: &str| {
        let tables = tables(text);
        let policies = WithholdingTerms::check(&tables.withholding, Asset::Inr).unwrap();
        let mut found = policies.findings(Asset::Inr);
        if let Some(table) = tables.withdrawal {
            found.extend(
                WithdrawalTerms::check(&table, Asset::Inr)
                    .unwrap()
                    .findings(Asset::Inr),
            );
        }
        found
    };
    let codes = |text: &str| -> Vec<&str> { told(text).iter().map(|finding| finding.code).collect() };
    assert_eq!(codes(""), Vec::<&str>::new());
    assert_eq!(codes(SEED), ["withholding"]);
    let both = format!("{SEED}{THRESHOLD}[withdrawal]\nfee_bps = 500\nmin = \"10\"");
    assert_eq!(
        codes(&both),
        [
            "withholding",
            "withholding",
            "withheld_twice",
            "withdrawal_fee",
            "withdrawal_minimum"
        ]
    );
    let sentence = "2 % of credited rewards of the kinds direct and pair is withheld under IN-194H from 2025-04-01 on, 20 % from users without a known tax id, once \
                    a financial year's total exceeds 20000 INR; the payment that crosses it bears the tax for the whole year.";
    assert_eq!(told(&both)[1].text, sentence);
    assert_eq!(told(&both)[4].severity, Severity::Warning);
}

#[test]
fn a_withdrawal_without_a_fee_says_nothing_of_one_and_keeps_its_minimum() {
    let terms = |text: &str| WithdrawalTerms::check(&tables(text).withdrawal.unwrap(), Asset::Inr).unwrap();
    let free = terms("[withdrawal]\nfee_bps = 0\nmin = \"10\"");
    assert_eq!(free.min(), Asset::Inr.parse_amount("10").unwrap());
    let codes: Vec<_> = free.findings(Asset::Inr).iter().map(|found| found.code).collect();
    assert_eq!(codes, ["withdrawal_minimum"]);
    assert_eq!(terms("[withdrawal]\nfee_bps = 0").findings(Asset::Inr), []);
}

#[test]
fn whoever_is_refused_a_withdrawal_reads_why() {
    let of = Amount::new;
    for (refused, text) in [
        (
            WithdrawalRefused::AboveWallet { wallet: of(7) },
            "the wallet balance holds 7 base units",
        ),
        (
            WithdrawalRefused::BelowMin { min: of(9) },
            "the smallest withdrawal is 9 base units",
        ),
        (
            WithdrawalRefused::NothingLeft,
            "nothing would be left after tax and fee",
        ),
    ] {
        assert_eq!(refused.to_string(), text);
    }
}

/// Rewards before the threshold is crossed are taxed later, unless the rate is zero or the policy is about other kinds.
#[test]
fn only_a_policy_that_withholds_can_tax_rewards_before_the_threshold() {
    let crosses = |text: &str, kinds: &[&str]| {
        let terms = WithholdingTerms::check(&tables(text).withholding, Asset::Inr).unwrap();
        terms.crosses_with(kinds)
    };
    assert!(crosses(THRESHOLD, &["pair"]));
    assert!(!crosses(THRESHOLD, &["rank"]));
    let free = THRESHOLD
        .replace("= 2000\n", "= 0\n")
        .replace("rate_bps = 200\n", "rate_bps = 0\n");
    assert!(!crosses(&free, &["pair"]));
}

/// The figures of a certificate: what was paid, taxed and withheld in a financial year, which begins in April.
#[test]
fn the_years_of_a_user_are_told_apart() {
    let terms = WithholdingTerms::check(&tables(SEED).withholding, Asset::Inr).unwrap();
    let mut state = Withholding::default();
    let user = UserId::new(1).unwrap();
    let units = |text: &str| Asset::Inr.parse_amount(text).unwrap();
    let day = |date: &str| Day::of_date(date).unwrap();
    for (date, gross) in [
        ("2026-03-31", "100"),
        ("2026-04-01", "200"),
        ("2027-03-31", "300"),
    ] {
        let payment = Payment {
            user,
            gross: units(gross),
            occasion: Occasion::Payout,
            day: day(date),
        };
        state.withhold(&terms, &payment);
    }
    // Five percent of everything.
    let of = |gross: &str, withheld: &str| YearTotals {
        paid: units(gross),
        taxed: units(gross),
        withheld: units(withheld),
    };
    let [before, after] = ["2026-03-31", "2026-04-01"].map(|date| day(date).financial_year(4));
    assert_eq!(state.year(user, 0, before), of("100", "5"));
    assert_eq!(state.year(user, 0, after), of("500", "25"));
    assert_eq!(state.year(user, 1, after), YearTotals::default());
    let all: Vec<_> = state.years().collect();
    assert_eq!(
        all,
        [
            (user, 0, before, of("100", "5")),
            (user, 0, after, of("500", "25"))
        ]
    );
}
