//! What the API says about itself and to newcomers: complete, exported, and without promises.

use alloy_primitives::keccak256;
use backend::http::code::Code;
use backend::http::openapi;
use serde_json::{Value, json};

use crate::world::{BNB, World, matured, refunded};

pub(crate) const EXPORTED: &str = include_str!("../../openapi.json");
const REFERENCE: &str = include_str!("../../../docs/api.md");

/// Words that would promise something.
fn assert_promises_nothing(text: &str) {
    let text = text.to_lowercase();
    let words = text.split(|letter: char| !letter.is_ascii_alphabetic());
    for word in words {
        for banned in ["invest", "profit", "return", "earn", "yield", "guarantee"] {
            assert!(!word.starts_with(banned), "`{word}` promises something");
        }
    }
}

#[test]
fn the_exported_description_is_that_of_the_code() {
    let exported: Value = serde_json::from_str(EXPORTED).unwrap();
    assert!(
        exported == openapi::describe().unwrap(),
        "run `backend openapi > backend/openapi.json`"
    );
}

#[test]
fn every_code_is_explained_and_in_the_description() {
    let described = openapi::describe().unwrap();
    let codes = &described["components"]["schemas"]["ProblemBody"]["properties"]["code"]["enum"];
    let codes: Vec<&str> = codes
        .as_array()
        .unwrap()
        .iter()
        .map(|code| code.as_str().unwrap())
        .collect();
    let all: Vec<&str> = Code::ALL.iter().map(|code| code.name()).collect();
    assert_eq!(codes, all);
    for code in Code::ALL {
        let row = format!("| `{}` | {} |", code.name(), code.status().as_u16());
        assert!(
            REFERENCE.contains(&row),
            "docs/api.md lacks a row that starts with {row}"
        );
    }
}

#[test]
fn every_operation_is_explained_and_answers_refusals_with_problems() {
    let described = openapi::describe().unwrap();
    for (path, operations) in described["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let row = format!("`{} {path}`", method.to_uppercase());
            assert!(REFERENCE.contains(&row), "docs/api.md lacks {row}");
            for class in ["4XX", "5XX"] {
                let problem = &operation["responses"][class]["$ref"];
                assert_eq!(problem, "#/components/responses/Problem", "{row}");
            }
            assert!(operation["summary"].is_string(), "{row}");
        }
    }
}

/// What makes generated types useless, with the place of each: an object of unknown content, a parameter that may be null, a
/// field of an answer that may be absent and null both, what is said of a field below its alternatives.
fn vague(at: &str, value: &Value, found: &mut Vec<String>) {
    let is_null = |schema: &Value| schema["type"] == "null";
    let is_nullable = |schema: &Value| {
        let mut alternatives = schema["oneOf"].as_array().into_iter().flatten();
        let mut types = schema["type"].as_array().into_iter().flatten();
        alternatives.any(is_null) || types.any(|kind| kind == "null")
    };
    if let Some(fields) = value["properties"]
        .as_object()
        .filter(|_| value["additionalProperties"] != false)
    {
        let required: Vec<&str> = value["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let vague = fields
            .iter()
            .filter(|(name, schema)| !required.contains(&name.as_str()) && is_nullable(schema));
        found.extend(vague.map(|(name, _)| format!("{at}/{name} may be absent and null")));
    }
    if value["type"] == "object" && value["properties"].is_null() && value["additionalProperties"].is_null() {
        found.push(format!("{at} is an object of unknown content"));
    }
    if value["oneOf"][1]["type"] == "null" && value["oneOf"][0]["description"].is_string() {
        found.push(format!("{at} is described where generators do not look"));
    }
    if value["in"].is_string() && is_nullable(&value["schema"]) {
        found.push(format!("{at} is a parameter that may be null"));
    }
    match value {
        Value::Object(fields) => fields
            .iter()
            .for_each(|(name, below)| vague(&format!("{at}/{name}"), below, found)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(at_item, below)| vague(&format!("{at}/{at_item}"), below, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn what_has_to_be_guessed_is_found() {
    let nothing = json!({ "type": "null" });
    let optional = json!({ "properties": { "at": { "type": ["integer", "null"] } }, "required": [] });
    for case in [
        json!({ "type": "object" }),
        json!({ "in": "query", "schema": { "oneOf": [{ "type": "string" }, nothing] } }),
        json!({ "oneOf": [{ "$ref": "#/", "description": "Where it is." }, nothing] }),
        optional,
    ] {
        let mut found = Vec::new();
        vague("#", &case, &mut found);
        assert_eq!(found.len(), 1, "{case}: {found:?}");
    }
}

#[test]
fn types_can_be_generated_that_leave_nothing_to_guess() {
    let mut found = Vec::new();
    vague("#", &openapi::describe().unwrap(), &mut found);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn neither_description_nor_reference_promises_anything() {
    assert_promises_nothing(EXPORTED);
    assert_promises_nothing(REFERENCE);
}

#[tokio::test]
async fn the_served_description_is_the_exported_one() {
    let world = World::empty().await;
    let served = world.get("/openapi.json", None).await.ok();
    assert!(served == serde_json::from_str::<Value>(EXPORTED).unwrap());
}

#[tokio::test]
async fn the_disclosure_counts_everybody_from_the_ledger() {
    // Four users: 2 and 4 under 1, 3 under 2. 4 is the second direct of 1 and pays into the pool.
    let mut world = World::with(&[1, 2, 1]).await;
    let before = world.get("/disclosure", None).await.ok();
    world.post_causes(vec![refunded(3), matured(60 * BNB)]).await;
    let answer = world.get("/disclosure", None).await.ok();
    assert_ne!(before["hash"], answer["hash"]);
    let text = answer["text"].as_str().unwrap();
    assert_eq!(answer["hash"], keccak256(text).to_string());
    // 1 paid 20 and received 18; 2 paid 20 and received 0, because 3 was refunded; 4 paid 20, received 0; 3 paid 0.
    for line in [
        "- participants: 4\n",
        "- of these, registration refunded: 1\n",
        "- received nothing: 3\n",
        "- received less than they paid: 3\n",
        "- received exactly what they paid: 1\n",
        "- received more than they paid: 0\n",
        "- paid by all: 60 BNB\n",
        "- received by all: 18 BNB\n",
        "- 50 of 100 participants (median), received at most: 0 BNB\n",
        "- 95 of 100 participants, received at most: 18 BNB\n",
        "- 5 of 100 participants, net at most: -20 BNB\n",
        "- 75 of 100 participants, net at most: -2 BNB\n",
        "- 95 of 100 participants, net at most: 0 BNB\n",
        "when tier 1 is full",
    ] {
        assert!(text.contains(line), "{line:?} is missing in\n{text}");
    }
    assert_promises_nothing(text);
    // The same ledger gives the same bytes, stored once.
    let again = world.get("/disclosure", None).await.ok();
    assert_eq!(again, answer);
}
