//! One measured figure and the line that it prints.

use std::process::Command;

use serde_json::{Map, Value, json};

/// A figure, with what it is compared to and what was checked about the run that gave it.
#[derive(Clone, Debug)]
pub(crate) struct Measurement<'a> {
    /// Stable name, `benchmark.figure`.
    pub(crate) name: &'a str,
    /// The figure.
    pub(crate) value: f64,
    /// Its unit.
    pub(crate) unit: &'static str,
    /// What another way of doing the same gave in this run, if there is one.
    pub(crate) baseline: Option<f64>,
    /// What was run, and what was found right about its result.
    pub(crate) checked: String,
}

impl Measurement<'_> {
    /// Prints the figure as one JSON object on one line.
    pub(crate) fn print(&self) {
        self.print_with(Map::new());
    }

    /// Prints it with further fields of its own.
    pub(crate) fn print_with(&self, details: Map<String, Value>) {
        let ratio = self.baseline.map(|baseline| self.value / baseline);
        let mut line = json!({
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "baseline": self.baseline,
            "ratio": ratio,
            "commit": commit(),
            "checked": self.checked,
        });
        if let Some(fields) = line.as_object_mut() {
            fields.extend(details);
        }
        println!("{line}");
    }
}

/// The commit of the checkout; none outside of one.
fn commit() -> Option<String> {
    let output = Command::new("git")
        .args(["describe", "--always", "--dirty", "--abbrev=12"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
