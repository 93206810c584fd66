//! `trellis plan schema`: the JSON Schema of plan files, for editors and programs that write them.
//!
//! It is generated from the types that the compiler reads, so it knows each field, type and choice. It knows no rule about
//! several fields, and not what an amount is: for these there is `trellis plan check`.

use std::process::ExitCode;

use plan::file::PlanFile;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::status::Status;

/// Prints it.
pub(super) fn run() -> ExitCode {
    outln!("{:#}", schema());
    Status::Done.into()
}

fn schema() -> Value {
    let generator = SchemaSettings::draft07().into_generator();
    let mut schema = generator.into_root_schema_for::<PlanFile>().to_value();
    fit(&mut schema);
    // Editors name the file that is being edited; the type's name says nothing to them.
    schema["title"] = json!("Trellis plan");
    schema
}

/// What the types do not say: shares in basis points are at most the whole, and TOML has no null.
fn fit(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if let Some(Value::Object(properties)) = object.get_mut("properties") {
                let shares = properties.iter_mut().filter(|(name, _)| is_share(name));
                for property in shares.filter_map(|(_, property)| property.as_object_mut()) {
                    limit(property);
                }
            }
            let null = json!({ "type": "null" });
            if let Some(Value::Array(forms)) = object.get_mut("anyOf") {
                forms.retain(|form| *form != null);
            }
            if let Some(Value::Array(types)) = object.get_mut("type") {
                types.retain(|name| name != "null");
            }
            object.values_mut().for_each(fit);
        }
        Value::Array(list) => list.iter_mut().for_each(fit),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn is_share(name: &str) -> bool {
    name == "bps" || name.ends_with("_bps")
}

fn limit(property: &mut Map<String, Value>) {
    match property.get_mut("items") {
        Some(items) => items["maximum"] = json!(10_000),
        None => {
            property.insert("maximum".to_owned(), json!(10_000));
        }
    }
}
