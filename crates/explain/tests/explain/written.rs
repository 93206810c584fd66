//! Lines of an explanation as the page writes them.

use alloy_primitives::B256;
use explain::{Line, Part, Values};
use plan::CompiledPlan;

/// The versions of a plan by their hashes, the one in force first.
pub(crate) type Versions<'a> = Vec<(&'a CompiledPlan, &'a Values)>;

pub(crate) fn written(versions: &Versions<'_>, line: &Line) -> String {
    let asset = versions[0].0.asset();
    let amount = match line.leg {
        Some(_) => asset.display_amount(line.amount),
        None => "-".to_owned(),
    };
    let cause = line
        .verdict
        .cause()
        .map_or(String::new(), |cause| format!(":{}", cause.name()));
    let (verdict, component, rule, because) =
        (line.verdict.name(), line.component, &line.rule, &line.because);
    let parameter = parameter(versions, line.parameter.as_deref(), line.plan);
    let parts: Vec<String> = line.parts.iter().map(|part| of_part(versions, part)).collect();
    let parts = match parts.len() {
        0 => String::new(),
        _ => format!(": {}", parts.join(", ")),
    };
    format!("{amount} {verdict}{cause} {component} {rule} {parameter}{because}{parts}")
}

fn of_part(versions: &Versions<'_>, part: &Part) -> String {
    let amount = versions[0].0.asset().display_amount(part.amount);
    let count = match part.shares {
        1 => String::new(),
        count => format!(" × {count}"),
    };
    let parameter = parameter(versions, part.parameter.as_deref(), part.plan);
    format!(
        "{amount} {} {}{count} {}",
        part.component,
        part.rule,
        parameter.trim_end()
    )
}

/// `[cap.multiple = 3] `, and the version if it is not the one in force.
fn parameter(versions: &Versions<'_>, path: Option<&str>, plan: B256) -> String {
    let Some(path) = path else {
        return String::new();
    };
    let (place, (plan, values)) = versions
        .iter()
        .enumerate()
        .find(|(_, (known, _))| known.hash() == plan)
        .unwrap_or_else(|| panic!("no version {plan}"));
    let value = values
        .at(path)
        .unwrap_or_else(|| panic!("the plan has no {path}"));
    match place {
        0 => format!("[{path} = {value}] "),
        _ => format!("[{path} = {value} in version {}] ", plan.version()),
    }
}
