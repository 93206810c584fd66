//! What a plan file may say about ranks, and what is refused.

use money::Asset;
use plan::UserId;
use plan::ranks::{Ranks, RanksTable, RanksTerms};
use plan::sponsors::Sponsors;

use crate::scenario::week;

pub(crate) const SEED: &str = r#"
window = "lifetime"
bonus_weeks = 52
fund = "ranks"
when_short = "pro_rata"
hold_days = 14

[[ladder]]
name = "Connector"
main_min = "5000"
other_min = "5000"
weekly_bonus = "50"

[[ladder]]
name = "Builder"
main_min = "10000"
other_min = "10000"
weekly_bonus = "200"

[[ladder]]
name = "Professional"
main_min = "20000"
other_min = "20000"
weekly_bonus = "500"

[[ladder]]
name = "Executive"
main_min = "50000"
other_min = "50000"
weekly_bonus = "1000"

[[ladder]]
name = "Director"
main_min = "100000"
other_min = "100000"
weekly_bonus = "2000"

[[ladder]]
name = "Crown"
main_min = "200000"
other_min = "200000"
weekly_bonus = "5000"
"#;

pub(crate) fn check(text: &str) -> Result<RanksTerms, plan::Refusal> {
    let table: RanksTable = toml::from_str(text).unwrap();
    RanksTerms::check(&table, Asset::Usdt)
}

#[test]
fn the_seeds_ladder_is_accepted() {
    let terms = check(SEED).unwrap();
    assert_eq!(terms.ladder().len(), 6);
    assert_eq!(terms.rank(6).unwrap().name(), "Crown");
    assert!(terms.rank(0).is_none() && terms.rank(7).is_none());
}

#[test]
fn what_is_left_out_has_these_values() {
    let text = SEED.replace("window = \"lifetime\"\nbonus_weeks = 52\n", "");
    assert_eq!(check(&text), check(SEED));
}

#[test]
fn every_broken_rule_has_its_code_and_place() {
    let crown = "main_min = \"200000\"\nother_min = \"200000\"";
    let longest = "x".repeat(32);
    assert!(check(&SEED.replace("Crown", &longest)).is_ok());
    let too_long = format!("\"{longest}xx\"");
    for (from, to, code, field) in [
        (
            "window = \"lifetime\"",
            "window = \"lifetime\"\nwindow_weeks = 4",
            "window_ambiguous",
            "ranks.window_weeks",
        ),
        (
            "window = \"lifetime\"",
            "window_weeks = 0",
            "out_of_range",
            "ranks.window_weeks",
        ),
        (
            "window = \"lifetime\"",
            "window_weeks = 521",
            "out_of_range",
            "ranks.window_weeks",
        ),
        (
            "bonus_weeks = 52",
            "bonus_weeks = 0",
            "out_of_range",
            "ranks.bonus_weeks",
        ),
        (
            "hold_days = 14",
            "hold_days = 367",
            "out_of_range",
            "ranks.hold_days",
        ),
        ("fund = \"ranks\"", "fund = \"\"", "fund_malformed", "ranks.fund"),
        (
            "fund = \"ranks\"",
            "fund = \"Ranks\"",
            "fund_malformed",
            "ranks.fund",
        ),
        (
            "\"Crown\"",
            "\"Director\"",
            "rank_name_repeats",
            "ranks.ladder[5].name",
        ),
        (
            "\"Crown\"",
            "\" Crown\"",
            "rank_name_malformed",
            "ranks.ladder[5].name",
        ),
        ("\"Crown\"", "\"\"", "rank_name_malformed", "ranks.ladder[5].name"),
        (
            "\"Crown\"",
            &too_long,
            "rank_name_malformed",
            "ranks.ladder[5].name",
        ),
        // What turns the direction of text is not seen.
        (
            "\"Crown\"",
            "\"Cro\\u202ewn\"",
            "rank_name_malformed",
            "ranks.ladder[5].name",
        ),
        (
            "\"200000\"\nweekly",
            "\"-1\"\nweekly",
            "amount_malformed",
            "ranks.ladder[5].other_min",
        ),
        (
            "\"200000\"\nweekly",
            "\"99999\"\nweekly",
            "ladder_falls",
            "ranks.ladder[5].other_min",
        ),
        (
            crown,
            "main_min = \"99999\"\nother_min = \"200000\"",
            "ladder_falls",
            "ranks.ladder[5].main_min",
        ),
        (
            crown,
            "main_min = \"100000\"\nother_min = \"100000\"",
            "ladder_overlaps",
            "ranks.ladder[5]",
        ),
        (
            "\"5000\"\n\n",
            "\"1999\"\n\n",
            "ladder_falls",
            "ranks.ladder[5].weekly_bonus",
        ),
        (
            "weekly_bonus = \"50\"\n",
            "own_min = \"1\"\nweekly_bonus = \"50\"\n",
            "ladder_falls",
            "ranks.ladder[1].own_min",
        ),
        (
            "weekly_bonus = \"50\"\n",
            "group_min = \"10000\"\nweekly_bonus = \"50\"\n",
            "group_min_never_binds",
            "ranks.ladder[0].group_min",
        ),
        (
            "weekly_bonus = \"50\"\n",
            "group_min = \"20001\"\nweekly_bonus = \"50\"\n",
            "ladder_falls",
            "ranks.ladder[1].group_min",
        ),
        (
            "main_min = \"5000\"\nother_min = \"5000\"",
            "main_min = \"0\"\nother_min = \"0\"",
            "rank_without_requirement",
            "ranks.ladder[0]",
        ),
    ] {
        let text = format!("{SEED}\n");
        assert!(text.contains(from), "{from:?}");
        let refusal = check(&text.replacen(from, to, 1)).expect_err(to);
        assert_eq!((refusal.code, refusal.field.as_str()), (code, field), "{refusal}");
        assert!(!refusal.problem.is_empty() && !refusal.hint.is_empty());
    }
    let none = SEED.split("[[ladder]]").next().unwrap();
    assert_eq!(
        check(&format!("{none}ladder = []")).unwrap_err().code,
        "list_length"
    );
}

#[test]
fn a_ladder_that_falls_says_with_which_figures() {
    let text = SEED.replace("main_min = \"20000\"", "main_min = \"9000\"");
    assert_eq!(
        check(&text).unwrap_err().to_string(),
        "ranks.ladder[2].main_min: \"Professional\" has 9000, less than the 10000 of \"Builder\" before it; order \
         the ladder from low to high, and write at least 10000"
    );
}

#[test]
fn own_and_group_volume_are_requirements_of_their_own() {
    let text = "fund = \"f\"\nwhen_short = \"queue\"\nhold_days = 0\n\
        [[ladder]]\nname = \"Bronze\"\nmain_min = \"0\"\nother_min = \"0\"\nown_min = \"100\"\ngroup_min = \"1000\"\n\
        weekly_bonus = \"0\"\n\
        [[ladder]]\nname = \"Silver\"\nmain_min = \"0\"\nother_min = \"0\"\nown_min = \"100\"\ngroup_min = \"5000\"\n\
        weekly_bonus = \"10\"\n";
    let terms = check(text).unwrap();
    let of = |main, other, own| {
        let amount = |units: u128| money::Amount::new(units * 1_000_000);
        terms.rank_of(amount(main), amount(other), amount(own))
    };
    assert_eq!(of(1_000, 0, 99), 0);
    assert_eq!(of(999, 0, 100), 0);
    assert_eq!(of(600, 400, 100), 1);
    assert_eq!(of(5_000, 0, 100), 2);
    assert_eq!(of(5_000, 0, 99), 0);
}

#[test]
fn terms_and_sums_are_read_as_they_were_written() {
    let terms = check(&SEED.replace("bonus_weeks = 52", "bonus_weeks = 26")).unwrap();
    assert_eq!((terms.bonus_weeks(), terms.fund().as_str()), (26, "ranks"));
    let bonus = |number| Asset::Usdt.display_amount(terms.rank(number).unwrap().weekly_bonus());
    assert_eq!((bonus(1), bonus(6)), ("50".into(), "5000".into()));
    assert_eq!(terms.weekly_bonus(0), money::Amount::ZERO);
}

#[test]
fn what_users_bought_and_became_can_be_asked_for_until_a_week_is_closed() {
    let (terms, mut ranks) = (check(SEED).unwrap(), Ranks::default());
    let mut sponsors = Sponsors::default();
    let user = |number| UserId::new(number).unwrap();
    let units = |text: &str| Asset::Usdt.parse_amount(text).unwrap();
    let (first, second) = (week(1), week(2));
    assert_eq!(sponsors.join(None), Some(user(1)));
    ranks.join();
    for direct in [2, 3] {
        assert_eq!(sponsors.join(Some(user(1))), Some(user(direct)));
        ranks.join();
        assert!(ranks.add(&sponsors, user(direct), units("10000"), first));
    }
    assert_eq!(ranks.user_count(), 3);
    assert_eq!(ranks.own_volume(user(2)), units("10000"));
    assert!(ranks.remove(&sponsors, user(2), units("1"), first));
    assert_eq!(ranks.own_volume(user(2)), units("9999"));
    assert_eq!(ranks.own_volume(user(1)), money::Amount::ZERO);

    let mut legs = Vec::new();
    let explained = ranks.legs(&sponsors, &terms, user(1), first, &mut legs).unwrap();
    assert_eq!((explained.rank, legs.len()), (1, 2));
    assert_eq!(ranks.legs(&sponsors, &terms, user(4), first, &mut legs), None);
    assert_eq!((ranks.title(user(1)), ranks.paid_as(user(1))), (0, 0));
    assert!(
        ranks
            .close_week(&sponsors, &terms, first, units("1000"), &mut Vec::new())
            .is_some()
    );
    assert_eq!((ranks.title(user(1)), ranks.paid_as(user(1))), (1, 1));
    // What a closed week decided is said already.
    assert_eq!(ranks.legs(&sponsors, &terms, user(1), first, &mut legs), None);

    assert!(ranks.add(&sponsors, user(2), units("1"), second));
    assert!(
        ranks
            .close_week(&sponsors, &terms, second, units("1000"), &mut Vec::new())
            .is_some()
    );
    assert_eq!((ranks.title(user(1)), ranks.title(user(2))), (2, 0));
    assert_eq!(ranks.title(user(4)), 0);
}
