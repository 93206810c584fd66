//! Tests of `json`.

use super::super::tests::{AUTO_POOL, FREE, checked, searched};
use super::*;

#[test]
fn obstacles_are_listed_and_the_first_is_the_gate() {
    let object = of(&checked(AUTO_POOL, ChainClass::Public, Some("EU")));
    assert_eq!(object["verdict"], "barred");
    assert_eq!(object["gate"]["code"], "recruitment_funded");
    assert_eq!(object["obstacles"][1]["code"], "recruitment_funded");
    assert_eq!(object["findings"][0]["severity"], "error");
    assert_eq!(object["jurisdiction"]["name"], "EU");
    let object = of(&checked(AUTO_POOL, ChainClass::Local, None));
    assert_eq!(
        (&object["gate"], &object["verdict"]),
        (&Value::Null, &json!("warnings"))
    );
    assert_eq!(object["file"], "plan.toml");
    assert_eq!(object["sybil"], Value::Null);
    let object = of(&searched(AUTO_POOL));
    assert_eq!(
        object["sybil"]["best"]["identities"].as_array().map(Vec::len),
        Some(10)
    );
    assert_eq!(object["sybil"]["strategies"], 1136);
}

#[test]
fn a_refusal_has_its_place_and_its_counterexample() {
    let object = of(&checked(FREE, ChainClass::Local, None));
    assert_eq!(object["verdict"], "refused");
    let refused = &object["refused"];
    assert_eq!(refused["code"], "progression_not_funded");
    assert_eq!(&object["refusals"], &json!([refused]));
    assert_eq!(
        (&refused["field"], &refused["line"], &refused["column"]),
        (&json!("pool.progression"), &json!(24), &json!(15))
    );
    assert!(
        refused["hint"]
            .as_str()
            .is_some_and(|hint| hint.contains("funded"))
    );
    let example = &refused["counterexample"];
    assert_eq!(example["entrant"], 9);
    assert_eq!(example["steps"][2]["balance"], "36000000000000000000");
    assert_eq!(example["steps"][2]["placements"][1]["is_paid"], false);
    assert_eq!(example["steps"][8]["missing"], "34000000000000000000");
    let object = of(&checked("name = ", ChainClass::Local, None));
    assert_eq!(object["refused"]["code"], "not_toml");
    assert_eq!(object["refused"]["counterexample"], Value::Null);
}
