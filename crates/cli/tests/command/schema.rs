//! The JSON Schema: it admits every shipped plan, and nothing that the format does not have.

use serde_json::{Map, Value};

use crate::run;

fn schema() -> Value {
    let ran = run(&["plan", "schema"]);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    serde_json::from_str(&ran.out).expect("JSON")
}

fn plans() -> Vec<(String, Value)> {
    let folders = ["../../plans", "../../plans/rejected"];
    let files = folders
        .into_iter()
        .flat_map(|folder| std::fs::read_dir(folder).expect("plans"));
    let files = files.map(|file| file.expect("an entry").path());
    let files = files.filter(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files
        .map(|file| {
            let text = std::fs::read_to_string(&file).expect("a plan");
            (file.display().to_string(), toml::from_str(&text).expect("TOML"))
        })
        .collect()
}

/// Whether a value is one that the schema describes: the keywords that the schema uses, and no other.
struct Validator<'a>(&'a Value);

impl Validator<'_> {
    fn admits(&self, value: &Value, schema: &Value) -> bool {
        let schema = schema.as_object().expect("an object");
        schema
            .iter()
            .all(|(keyword, given)| self.keeps(value, schema, keyword, given))
    }

    fn keeps(&self, value: &Value, schema: &Map<String, Value>, keyword: &str, given: &Value) -> bool {
        let all = || given.as_array().expect("a list").iter();
        match keyword {
            "$schema" | "title" | "description" | "definitions" | "format" | "default" => true,
            "$ref" => {
                let name = given
                    .as_str()
                    .and_then(|path| path.strip_prefix("#/definitions/"));
                self.admits(value, &self.0["definitions"][name.expect("a definition")])
            }
            "allOf" => all().all(|form| self.admits(value, form)),
            "anyOf" => all().any(|form| self.admits(value, form)),
            "oneOf" => all().filter(|form| self.admits(value, form)).count() == 1,
            "const" => value == given,
            "enum" => all().any(|choice| choice == value),
            "type" => given.as_array().map_or_else(
                || is_of_type(value, given),
                |types| types.iter().any(|name| is_of_type(value, name)),
            ),
            "minimum" => value.as_i64() >= given.as_i64(),
            "maximum" => value.as_i64() <= given.as_i64(),
            "items" => value
                .as_array()
                .is_none_or(|list| list.iter().all(|entry| self.admits(entry, given))),
            "required" => all().all(|name| value.get(name.as_str().expect("a name")).is_some()),
            "properties" => given.as_object().expect("fields").iter().all(|(name, field)| {
                let here = value.get(name);
                here.is_none_or(|here| self.admits(here, field))
            }),
            "additionalProperties" => {
                assert_eq!(given, false);
                let known = &schema["properties"];
                let here = value.as_object();
                here.is_none_or(|here| here.keys().all(|name| known.get(name).is_some()))
            }
            other => panic!("the keyword {other} is not checked"),
        }
    }
}

fn is_of_type(value: &Value, name: &Value) -> bool {
    match name.as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("boolean") => value.is_boolean(),
        other => panic!("the type {other:?} is not checked"),
    }
}

#[test]
fn every_shipped_plan_fits() {
    let schema = schema();
    let plans = plans();
    assert!(plans.len() > 6);
    for (file, plan) in plans {
        assert!(Validator(&schema).admits(&plan, &schema), "{file}");
    }
}

/// Every field of every table, misspelt or of another type.
#[test]
fn no_field_may_be_misspelt_or_of_another_type() {
    let schema = schema();
    let validator = Validator(&schema);
    let mut tried = 0;
    for (file, plan) in plans() {
        for pointer in pointers(&plan) {
            let (table, field) = pointer.rsplit_once('/').expect("a path");
            let change = |new: &dyn Fn(&mut Map<String, Value>, Value)| {
                let mut changed = plan.clone();
                let fields = changed
                    .pointer_mut(table)
                    .and_then(Value::as_object_mut)
                    .expect("a table");
                let value = fields.remove(field).expect("a field");
                new(fields, value);
                changed
            };
            let misspelt = change(&|fields, value| {
                fields.insert(format!("{field}x"), value);
            });
            assert!(!validator.admits(&misspelt, &schema), "{file}: {pointer}x");
            let other = change(&|fields, _| {
                fields.insert(field.to_owned(), Value::Bool(true));
            });
            assert!(!validator.admits(&other, &schema), "{file}: {pointer} = true");
            if field.ends_with("bps") {
                let above = change(&|fields, value| {
                    let above = if value.is_array() {
                        Value::from(vec![10_001])
                    } else {
                        Value::from(10_001)
                    };
                    fields.insert(field.to_owned(), above);
                });
                assert!(!validator.admits(&above, &schema), "{file}: {pointer} = 10001");
            }
            tried += 1;
        }
    }
    assert!(tried > 100, "{tried}");
}

/// JSON pointers of all fields.
fn pointers(value: &Value) -> Vec<String> {
    let below = |name: &str, value: &Value| -> Vec<String> {
        let inner = pointers(value);
        inner
            .into_iter()
            .map(|pointer| format!("/{name}{pointer}"))
            .collect()
    };
    match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| [vec![format!("/{name}")], below(name, value)].concat())
            .collect(),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .flat_map(|(index, value)| below(&index.to_string(), value))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

#[test]
fn the_shipped_file_is_what_the_command_prints() {
    let shipped = std::fs::read_to_string("../../plans/plan.schema.json").expect("it is shipped");
    let shipped: Value = serde_json::from_str(&shipped).expect("JSON");
    assert_eq!(
        shipped,
        schema(),
        "write it anew: trellis plan schema > plans/plan.schema.json"
    );
}
