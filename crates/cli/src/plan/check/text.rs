//! The text output of `trellis plan check`.

use plan::{ChainClass, CompileError, CompiledPlan, Tier};

use super::{Checked, Sound, Verdict};

/// Longest line, in characters.
const WIDTH: usize = 100;
/// What a line begins with that continues another one.
const INDENT: &str = "         ";

pub(super) fn of(checked: &Checked) -> String {
    match &checked.compiled {
        Ok(sound) => of_sound(sound, checked.verdict()),
        Err(error) => of_refusal(checked, error),
    }
}

fn of_refusal(checked: &Checked, error: &CompileError) -> String {
    let all = checked.refusals();
    let reports: Vec<String> = all
        .iter()
        .map(|error| error.report(&checked.file, &checked.text))
        .collect();
    let mut out = reports.join("\n");
    if let CompileError::ProgressionNotFunded(example) = error {
        out += match example.entrant {
            Some(_) => "\nthe smallest history in which it fails:\n\n",
            None => "\nthe history up to the first unpaid place:\n\n",
        };
        out += &example.story();
    }
    if all.len() > 1 {
        out += &format!(
            "\nrefused  {} errors are shown; rules across tables are checked once these are fixed\n",
            all.len()
        );
    }
    out
}

fn tiers(plan: &CompiledPlan) -> impl Iterator<Item = String> + '_ {
    let prices = (1..=plan.tiers()).filter_map(|tier| plan.price(Tier::new(tier)?));
    prices.map(|price| plan.asset().display_amount(price))
}

fn of_sound(sound: &Sound, verdict: Verdict) -> String {
    let plan = &sound.plan;
    let asset = plan.asset();
    let mut lines = vec![
        format!("plan     {} version {}", plan.name(), plan.version()),
        format!("hash     {}", plan.hash()),
        format!(
            "tables   {}",
            plan.component_names().collect::<Vec<_>>().join(", ")
        ),
    ];
    if plan.has_days() {
        lines.push(format!("days     end at midnight, {}", plan.time_zone().name()));
    }
    if plan.tiers() > 0 {
        lines.push(format!(
            "prices   registration {}, retopup {}, tiers {} {asset}",
            asset.display_amount(plan.registration_price()),
            asset.display_amount(plan.retopup_price()),
            tiers(plan).collect::<Vec<_>>().join(", "),
        ));
    }
    lines.extend(sound.jurisdiction.iter().flat_map(|profile| {
        let basis = profile.legal_basis().unwrap_or(profile.notice());
        wrapped(
            "profile  ",
            &format!("{} of {}: {basis}", profile.name(), profile.as_of()),
        )
    }));
    for obstacle in &sound.review.obstacles {
        lines.extend(told("error", obstacle.code, &obstacle.text));
    }
    for finding in &sound.review.findings {
        lines.extend(told(finding.severity.name(), finding.code, &finding.text));
        lines.extend(figures(&finding.figures));
    }
    let name = match sound.chain {
        ChainClass::Local => "local",
        ChainClass::Public => "public",
    };
    lines.push(if verdict == Verdict::Barred {
        format!("barred   on a {name} chain")
    } else {
        format!("runs     on a {name} chain")
    });
    let mut out = lines.join("\n") + "\n";
    if let Some(search) = sound.sybil.as_ref().filter(|search| !search.gain().is_zero()) {
        out += "\nthe best false-name strategy found by the search:\n\n";
        out += &search.story(asset);
    }
    out
}

/// A finding: its first sentence beside its code, and the others under it.
fn told(severity: &str, code: &str, text: &str) -> Vec<String> {
    let (first, others) = text.split_once(". ").unwrap_or((text, ""));
    let stop = if others.is_empty() { "" } else { "." };
    let mut lines = wrapped(&format!("{severity:<8} "), &format!("{code}: {first}{stop}"));
    if !others.is_empty() {
        lines.extend(wrapped(INDENT, others));
    }
    lines
}

fn figures(figures: &[(&'static str, u128)]) -> Vec<String> {
    let figures = figures.iter().map(|(name, figure)| format!("{name}={figure}"));
    let figures: Vec<String> = figures.collect();
    if figures.is_empty() {
        Vec::new()
    } else {
        wrapped(INDENT, &format!("[{}]", figures.join(" ")))
    }
}

/// Words in lines of at most [`WIDTH`] characters, the first behind `head`, the others indented. A longer word stands in a
/// line of its own.
fn wrapped(head: &str, text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = head.to_owned();
    let mut is_empty = true;
    for word in text.split(' ') {
        let length = line.chars().count() + usize::from(!is_empty) + word.chars().count();
        if !is_empty && length > WIDTH {
            lines.push(std::mem::replace(&mut line, INDENT.to_owned()));
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line += word;
        is_empty = false;
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests;
