//! Referral campaigns: the worked examples of their page, refusals, findings, and random histories against a list of
//! conversions from which everything is counted anew.

#![expect(clippy::unwrap_used, reason = "the steps of a test; a failure names its line")]

mod history;
mod page;

use money::Asset;
use plan::campaign::{CampaignTable, CampaignTerms};
use plan::component::Terms as _;
use plan::{Finding, Severity};
use serde::Deserialize;

/// The part of a plan file that this page is about.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tables {
    campaign: CampaignTable,
}

fn table(text: &str) -> CampaignTable {
    toml::from_str::<Tables>(text).unwrap().campaign
}

const CAMPAIGN: &str = r#"
[campaign]
reward = "10"
fund = "marketing"
hold_days = 30
per_user_cap = "500"
per_user_count = 40
budget = "10000"
starts = "2026-05-01"
ends = "2026-12-31"

[campaign.qualifies]
conversion_min = "50"
self_referral = "refuse"
per_referee = "one"

[[campaign.achievements]]
name = "first"
conversions_min = 1

[[campaign.achievements]]
name = "rich"
earned_min = "100"

[[campaign.achievements]]
name = "second"
conversions_min = 2
"#;

fn with(changes: &[(&str, &str)]) -> Result<CampaignTerms, (&'static str, String)> {
    let text = changes.iter().fold(CAMPAIGN.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    });
    CampaignTerms::check(&table(&text), Asset::Usdt).map_err(|refusal| (refusal.code, refusal.field))
}

#[test]
fn the_page_says_what_happens() {
    page::check(include_str!("../../../../docs/plan/campaign.md"));
}

#[test]
fn each_broken_rule_of_a_campaign_has_its_code_and_place() {
    let cases = [
        ("reward = \"10\"", "", "campaign_reward", "reward"),
        (
            "reward = \"10\"",
            "reward = \"10\"\nreward_bps = 5",
            "campaign_reward",
            "reward",
        ),
        (
            "reward = \"10\"",
            "reward_bps = 0",
            "campaign_reward_zero",
            "reward_bps",
        ),
        (
            "reward = \"10\"",
            "reward_bps = 10001",
            "bps_above_whole",
            "reward_bps",
        ),
        ("\"10\"", "\"0\"", "price_out_of_range", "reward"),
        ("\"marketing\"", "\"\"", "campaign_name", "fund"),
        ("= 30", "= 366", "out_of_range", "hold_days"),
        ("= 40", "= 0", "out_of_range", "per_user_count"),
        ("\"500\"", "\"9.99\"", "campaign_cap_below_reward", "per_user_cap"),
        ("\"500\"", "\"0\"", "price_out_of_range", "per_user_cap"),
        ("\"10000\"", "\"9.99\"", "campaign_budget_below_reward", "budget"),
        ("2026-05-01", "2027-01-01", "campaign_dates", "ends"),
        ("2026-05-01", "May", "date_malformed", "starts"),
        ("\"50\"", "\"-1\"", "amount_malformed", "qualifies.conversion_min"),
        ("\"first\"", "\" first\"", "campaign_name", "achievements[0].name"),
        (
            "\"first\"",
            "\"fir\\u202est\"",
            "campaign_name",
            "achievements[0].name",
        ),
        (
            "\"second\"",
            "\"first\"",
            "achievement_repeated",
            "achievements[2].name",
        ),
        (
            "conversions_min = 2",
            "conversions_min = 1",
            "achievements_unordered",
            "achievements[2].name",
        ),
        (
            "conversions_min = 1",
            "",
            "achievement_condition",
            "achievements[0].conversions_min",
        ),
        (
            "conversions_min = 1",
            "conversions_min = 0",
            "out_of_range",
            "achievements[0].conversions_min",
        ),
        (
            "\"100\"",
            "\"0\"",
            "price_out_of_range",
            "achievements[1].earned_min",
        ),
    ];
    for (from, to, code, field) in cases {
        assert_eq!(
            with(&[(from, to)]).unwrap_err(),
            (code, format!("campaign.{field}")),
            "{to}"
        );
    }
    assert!(with(&[]).is_ok());
}

#[test]
fn an_unknown_field_of_a_campaign_is_an_error() {
    for (from, to) in [
        ("hold_days", "held_days"),
        ("per_referee", "referees"),
        ("earned_min", "earned"),
    ] {
        assert!(toml::from_str::<Tables>(&CAMPAIGN.replacen(from, to, 1)).is_err());
    }
}

fn told(changes: &[(&str, &str)]) -> Vec<Finding> {
    with(changes).unwrap().findings(Asset::Usdt)
}

fn codes(changes: &[(&str, &str)]) -> Vec<&'static str> {
    told(changes).iter().map(|finding| finding.code).collect()
}

#[test]
fn a_sound_campaign_says_only_how_far_its_budget_goes() {
    let told = told(&[]);
    assert_eq!((told.len(), told[0].severity), (1, Severity::Info));
    assert_eq!(
        told[0].figures,
        [("budget_units", 10_000_000_000), ("rewards", 1_000)]
    );
    let share = self::told(&[("reward = \"10\"", "reward_bps = 500")]);
    let volume = ("conversions_units", 200_000_000_000);
    assert_eq!(share[0].figures, [("budget_units", 10_000_000_000), volume]);
}

#[test]
fn a_reward_for_mere_signups_is_called_recruitment() {
    let free = ("\"50\"", "\"0\"");
    let found = codes(&[free]);
    assert_eq!(
        found,
        [
            "campaign_rewards_signups",
            "campaign_budget_coverage",
            "campaign_fake_referees_pay"
        ]
    );
    // A share of nothing is nothing.
    assert_eq!(
        codes(&[free, ("reward = \"10\"", "reward_bps = 500")]),
        ["campaign_budget_coverage"]
    );
}

#[test]
fn a_fake_referee_that_costs_less_than_its_reward_is_found_with_its_figures() {
    let found = told(&[("\"50\"", "\"8\"")]);
    let fake = found
        .iter()
        .find(|finding| finding.code == "campaign_fake_referees_pay")
        .unwrap();
    assert_eq!(
        fake.figures,
        [
            ("gain_per_identity_units", 2_000_000),
            ("cost_per_identity_units", 8_000_000),
            ("referees", 1_000),
            // 40 conversions at 10 each are 400 of 10,000.
            ("referrers", 25),
        ]
    );
    assert_eq!(fake.severity, Severity::Warning);
    assert_eq!(codes(&[("\"50\"", "\"10\"")]), ["campaign_budget_coverage"]);
}

#[test]
fn a_campaign_without_caps_or_hold_is_told() {
    let uncapped = [
        ("per_user_cap = \"500\"", ""),
        ("per_user_count = 40", ""),
        ("= 30", "= 0"),
    ];
    assert_eq!(
        codes(&uncapped),
        [
            "campaign_budget_coverage",
            "campaign_one_user_takes_all",
            "campaign_without_hold"
        ]
    );
    assert_eq!(codes(&[("\"10000\"", "\"400\"")]).len(), 2);
    assert_eq!(codes(&[("\"10000\"", "\"401\"")]).len(), 1);
}

#[test]
fn a_campaign_of_one_day_and_one_reward_is_sound() {
    assert!(with(&[("2026-12-31", "2026-05-01")]).is_ok());
    let terms = with(&[("\"10000\"", "\"10\""), ("\"500\"", "\"10\"")]).unwrap();
    assert_eq!(terms.budget(), Asset::Usdt.parse_amount("10").unwrap());
    assert_eq!(terms.fund().as_str(), "marketing");
}

#[test]
fn achievements_by_rewards_ascend_too() {
    let again = |amount: &str| {
        let third = format!("earned_min = \"{amount}\"");
        with(&[("conversions_min = 2", &third)]).map(|_| ())
    };
    let unordered = (
        "achievements_unordered",
        "campaign.achievements[2].name".to_owned(),
    );
    assert_eq!(again("99"), Err(unordered.clone()));
    assert_eq!(again("100"), Err(unordered));
    assert_eq!(again("100.01"), Ok(()));
}
