//! [`Values`]: what the plan file says at a path such as `retopup.generations_bps[3]`.

use toml::{Table, Value};

/// The parameters of a plan's text, by their paths.
#[derive(Clone, Debug, PartialEq)]
pub struct Values(Table);

impl Values {
    /// Reads a plan's text; `None` for what is no TOML.
    pub fn read(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }

    /// What stands at a path, as in the file; `None` where the file says nothing.
    pub fn at(&self, path: &str) -> Option<String> {
        let mut here: Option<&Value> = None;
        for part in path.split('.') {
            let (name, places) = match part.split_once('[') {
                Some((name, places)) => (name, places),
                None => (part, ""),
            };
            here = match here {
                None => self.0.get(name),
                Some(value) => value.get(name),
            };
            for place in places.split('[').filter(|place| !place.is_empty()) {
                let index: usize = place.strip_suffix(']')?.parse().ok()?;
                here = here?.get(index);
            }
            here?;
        }
        here.map(shown)
    }
}

/// A value as plan files write it.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("\"{text}\""),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Boolean(truth) => truth.to_string(),
        Value::Datetime(time) => time.to_string(),
        Value::Array(values) => {
            let values: Vec<String> = values.iter().map(shown).collect();
            format!("[{}]", values.join(", "))
        }
        Value::Table(_) => "a table".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::*;

    #[test]
    fn a_path_leads_to_what_the_file_says() {
        let values = Values::read(include_str!("../../../plans/auto-pool.toml")).unwrap();
        assert_eq!(values.at("retopup.generations_bps[3]").unwrap(), "500");
        assert_eq!(values.at("registration.direct_share").unwrap(), "\"18\"");
        assert_eq!(values.at("registration.pool_entry_ordinals").unwrap(), "[2]");
        for nowhere in [
            "retopup.generations_bps[10]",
            "retopup.no",
            "no",
            "",
            "retopup.price.x",
            "retopup.generations_bps[x]",
        ] {
            assert_eq!(values.at(nowhere), None, "{nowhere}");
        }
        assert_eq!(Values::read("="), None);
    }
}
