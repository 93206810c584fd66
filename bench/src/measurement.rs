//! One measured figure and the line that it prints.

use std::process::Command;

use serde_json::{Map, Value, json};

use crate::cpu::Seconds;

/// A figure, with what it is compared to and what was checked about the run that gave it.
#[derive(Clone, Debug)]
pub(crate) struct Measurement<'a> {
    /// Stable name, `benchmark.figure`.
    name: &'a str,
    /// The figure.
    value: f64,
    /// Its unit.
    unit: &'static str,
    /// What another way of doing the same gave in this run, if there is one.
    baseline: Option<f64>,
    /// What was run, and what was found right about its result.
    checked: String,
    /// Further fields of its own.
    details: Map<String, Value>,
}

impl<'a> Measurement<'a> {
    pub(crate) fn new(name: &'a str, value: f64, unit: &'static str, checked: impl Into<String>) -> Self {
        Self {
            name,
            value,
            unit,
            baseline: None,
            checked: checked.into(),
            details: Map::new(),
        }
    }

    pub(crate) fn beside(self, baseline: Option<f64>) -> Self {
        Self { baseline, ..self }
    }

    pub(crate) fn with(mut self, detail: &str, value: impl Into<Value>) -> Self {
        self.details.insert(detail.to_owned(), value.into());
        self
    }

    /// How long the run took that gave the figure.
    pub(crate) fn took(self, seconds: Seconds) -> Self {
        self.with("cpu_seconds", seconds.cpu)
            .with("wall_seconds", seconds.wall)
    }

    /// How long the two runs took of which the figure is the growth.
    pub(crate) fn between(self, few: Seconds, many: Seconds) -> Self {
        self.with("few_cpu_seconds", few.cpu)
            .with("many_cpu_seconds", many.cpu)
    }

    /// Prints the figure as one JSON object on one line.
    pub(crate) fn print(self) {
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
            fields.extend(self.details);
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
