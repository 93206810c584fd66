//! All refusals of a file at once: no mistake hides another one, and none is made up.

use plan::compile;
use plan::compile::{REFUSALS_MAX, refusals};

use crate::{AUTO_POOL, changed};

fn found(text: &str) -> Vec<(&'static str, String)> {
    let all = refusals(text);
    all.iter().map(|error| (error.code(), error.field())).collect()
}

fn plans() -> Vec<(String, String)> {
    let files = std::fs::read_dir("../../plans").expect("the shipped plans");
    let files = files.map(|file| file.expect("an entry").path());
    let files = files.filter(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files
        .map(|file| {
            let text = std::fs::read_to_string(&file).expect("a plan");
            (file.display().to_string(), text)
        })
        .collect()
}

#[test]
fn a_plan_that_compiles_has_none() {
    assert!(plans().len() >= 6);
    for (file, text) in plans() {
        assert_eq!(found(&text), [], "{file}");
    }
}

#[test]
fn a_single_mistake_is_one_refusal() {
    for (title, text) in crate::refusals::texts() {
        let first = compile(&text).expect_err(title);
        assert_eq!(refusals(&text), [first], "{title}");
    }
}

#[test]
fn mistakes_in_several_tables_are_found_together() {
    let text = changed("version = 1", "version = 0")
        .replace("direct_share = \"18\"", "direct_share = \"x\"")
        .replace("price = \"40\"", "price = 40")
        .replace("tree_size = 15", "tree_size = 16\nsize = 4")
        .replace("progression = \"funded\"", "progression = \"fundet\"");
    let expected = [
        // The format comes first, as in a file with nothing else wrong.
        ("wrong_type", "retopup.price"),
        ("version_is_zero", "version"),
        ("amount_malformed", "registration.direct_share"),
        ("unknown_field", "pool.size"),
        ("unknown_choice", "pool.progression"),
    ];
    let expected = expected.map(|(code, field)| (code, field.to_owned()));
    assert_eq!(found(&text), expected);
    // Every single one is what the compiler says when the others are mended.
    let alone = changed("tree_size = 15", "tree_size = 15\nsize = 4");
    assert_eq!(found(&alone), [("unknown_field", "pool.size".to_owned())]);
}

#[test]
fn mistakes_in_fields_of_one_table_are_found_together() {
    let text = changed("price = \"20\"", "price = \"20 BNB\"")
        .replace("direct_share = \"18\"", "direct_share = \"1e1\"")
        .replace("pool_entry_ordinals = [2]", "pool_entry_ordinals = [0]")
        .replace("company_share = \"4\"", "company_share = \"four\"");
    let expected = [
        ("amount_malformed", "registration.price"),
        ("amount_malformed", "registration.direct_share"),
        ("amount_malformed", "retopup.company_share"),
    ];
    let expected = expected.map(|(code, field)| (code, field.to_owned()));
    // That no direct has the number 0 is said when the amounts are right.
    assert_eq!(found(&text), expected, "{text}");

    let (_, orders) = plans()
        .into_iter()
        .find(|(file, _)| file.ends_with("/unilevel-orders.toml"))
        .expect("it is shipped");
    let text = orders
        .replace("pv_bps = 8000", "pv_bps = 10001")
        .replace("hold_days = 30", "hold_days = 4000000")
        .replace("main_min = \"1000\"", "main_min = \"1,000\"")
        .replace("other_min = \"2500\"", "other_min = \"2.500,00\"");
    let expected = [
        // Ranks are checked first.
        ("out_of_range", "ranks.hold_days"),
        ("bps_above_whole", "orders.pv_bps"),
        ("out_of_range", "orders.hold_days"),
        ("amount_malformed", "ranks.ladder[0].main_min"),
        ("amount_malformed", "ranks.ladder[1].other_min"),
    ];
    let expected = expected.map(|(code, field)| (code, field.to_owned()));
    assert_eq!(found(&text), expected);
}

/// With another value in place of one that is wrong a table may break a rule that its author did not.
#[test]
fn a_stand_in_brings_no_refusal() {
    // A price of 1 would be less than the share of the sponsor.
    let text = changed("price = \"20\"", "price = \"20 BNB\"");
    assert_eq!(
        found(&text),
        [("amount_malformed", "registration.price".to_owned())]
    );
}

#[test]
fn entries_of_lists_keep_their_numbers() {
    let (_, text) = plans()
        .into_iter()
        .find(|(file, _)| file.ends_with("/subscription.toml"))
        .expect("it is shipped");
    let tiers: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("monthly_bps"))
        .collect();
    assert!(tiers.len() >= 3);
    let mut text = text.replacen(tiers[0], "monthly_bps = \"6%\"", 1);
    text = text.replacen(tiers[2], "monthly = 7", 1);
    let fields: Vec<String> = found(&text).into_iter().map(|(_, field)| field).collect();
    assert_eq!(
        fields,
        [
            "subscription.tiers[0].monthly_bps",
            "subscription.tiers[2].monthly",
        ]
    );
    let text = changed("[\"20\", \"40\", \"80\"", "[20, \"40\", 80");
    let fields: Vec<String> = found(&text).into_iter().map(|(_, field)| field).collect();
    assert_eq!(fields, ["pool.tier_prices[0]", "pool.tier_prices[2]"]);
}

#[test]
fn what_only_follows_from_a_mistake_is_not_listed() {
    // An unknown asset gives no limits for amounts, a missing table none for payments.
    let text = changed("asset = \"BNB\"", "asset = \"EUR\"");
    assert_eq!(found(&text), [("unknown_asset", "asset".to_owned())]);
    let text = changed("name = \"auto-pool\"\n", "").replace("direct_share = \"18\"\n", "");
    let expected = [
        ("missing_field", "registration.direct_share"),
        ("missing_field", "name"),
    ];
    let mut all = found(&text);
    all.sort();
    let mut expected = expected.map(|(code, field)| (code, field.to_owned()));
    expected.sort();
    assert_eq!(all, expected);
    let (_, orders) = plans()
        .into_iter()
        .find(|(_, text)| text.contains("[orders]") && text.contains("[[funds]]"))
        .expect("it is shipped");
    let name = orders
        .lines()
        .find(|line| line.starts_with("name") && !line.contains("orders"))
        .unwrap_or("");
    let text = orders.replacen("[[funds]]", "[[funds]]\nnmae = \"x\"", 1);
    assert_eq!(found(&text).len(), 1, "{name}: {:?}", found(&text));
}

#[test]
fn at_most_so_many_are_listed() {
    let many: String = (0..100).map(|number| format!("field{number} = 1\n")).collect();
    let text = format!("{many}{AUTO_POOL}");
    assert_eq!(refusals(&text).len(), REFUSALS_MAX);
    let first = compile(&text).expect_err("it is refused");
    assert_eq!(refusals(&text).first(), Some(&first));
    assert_eq!(refusals("name = ").len(), 1);
    assert_eq!(refusals(&"#".repeat(100_000)).len(), 1);
}

#[test]
fn a_broken_table_hides_no_other_one() {
    // What a registration brings is not known, but a tree has a size.
    let text =
        changed("direct_share = \"18\"", "direct_share = \"x\"").replace("tree_size = 15", "tree_size = 16");
    let fields: Vec<String> = found(&text).into_iter().map(|(_, field)| field).collect();
    assert_eq!(fields, ["registration.direct_share", "pool.tree_size"]);
    // Nor do funds with one name twice.
    let (_, text) = plans()
        .into_iter()
        .find(|(file, _)| file.ends_with("unilevel-orders.toml"))
        .unwrap();
    let text = text.replacen(
        "[[funds]]",
        "[[funds]]\nname = \"twice\"\n\n[[funds]]\nname = \"twice\"\n\n[[funds]]",
        1,
    );
    let text = format!("{text}\n[cap]\nmultiple = 0\n");
    let fields: Vec<String> = found(&text).into_iter().map(|(_, field)| field).collect();
    assert!(
        fields.contains(&"cap.multiple".to_owned()) && fields.len() == 2,
        "{fields:?}"
    );
}

#[test]
fn a_text_may_have_every_byte_that_is_allowed() {
    let text =
        changed("direct_share = \"18\"", "direct_share = \"x\"").replace("tree_size = 15", "tree_size = 16");
    let comment = "#".repeat(plan::compile::TEXT_BYTES_MAX - text.len());
    assert_eq!(found(&format!("{text}{comment}")).len(), 2);
}

#[test]
fn a_missing_name_hides_nothing() {
    let text = changed("name = \"auto-pool\"\n", "").replace("tree_size = 15", "tree_size = 16");
    let fields: Vec<String> = found(&text).into_iter().map(|(_, field)| field).collect();
    assert_eq!(fields, ["name", "pool.tree_size"]);
}
