//! Tests of `diff`.

use super::*;

const AUTO_POOL: &str = include_str!("../../../../../plans/auto-pool.toml");

fn difference(new: &str) -> Difference {
    let (old, new) = (plan::compile(AUTO_POOL).unwrap(), plan::compile(new).unwrap());
    let history: Vec<_> = plan::workload::Workload::new(&old, 5).take(300).collect();
    let mut comparison = Comparison::new(old.clone(), new);
    for fact in &history {
        comparison.apply(&plan::workload::cause(&old, fact).unwrap());
    }
    comparison.finish()
}

#[test]
fn no_difference_is_said_in_one_sentence() {
    let text = as_text(&difference(AUTO_POOL), Asset::Bnb, 20);
    assert!(text.ends_with("no differences\n"), "{text}");
    assert_eq!(text.lines().count(), 2);
}

#[test]
fn gains_losses_rules_and_misfits_are_told() {
    let found = difference(&AUTO_POOL.replace("direct_share = \"18\"", "direct_share = \"17\""));
    let text = as_text(&found, Asset::Bnb, 3);
    assert!(text.contains("rule     direct: "), "{text}");
    assert!(text.contains(", 0 gain, "), "{text}");
    assert!(text.contains(" more users"), "{text}");
    let json = as_json(&found, 3);
    assert_eq!(json["by_user"].as_array().unwrap().len(), 3);
    assert_eq!(json["rules"][0]["rule"], "direct");
    let found = difference(&AUTO_POOL.replace("price = \"40\"", "price = \"50\""));
    let text = as_text(&found, Asset::Bnb, 1);
    let misfit = "does not fit both plans: nothing to report under the old, intake_amount under the new";
    assert!(text.contains(misfit), "{text}");
}
