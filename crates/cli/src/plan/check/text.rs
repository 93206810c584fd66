//! What `trellis plan check` says to a person.

use plan::{ChainClass, CompileError, CompiledPlan, Tier};

use super::{Checked, Sound, Verdict};

pub(super) fn of(checked: &Checked) -> String {
    match &checked.compiled {
        Ok(sound) => of_sound(sound, checked.verdict()),
        Err(error) => of_refusal(checked, error),
    }
}

fn of_refusal(checked: &Checked, error: &CompileError) -> String {
    let mut out = error.report(&checked.file, &checked.text);
    if let CompileError::ProgressionNotFunded(example) = error {
        out += match example.entrant {
            Some(_) => "\nthe smallest history in which it fails:\n\n",
            None => "\nthe history up to the first place that nobody pays for:\n\n",
        };
        out += &example.story();
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
    if plan.tiers() > 0 {
        lines.push(format!(
            "prices   registration {}, retopup {}, tiers {} {asset}",
            asset.display_amount(plan.registration_price()),
            asset.display_amount(plan.retopup_price()),
            tiers(plan).collect::<Vec<_>>().join(", "),
        ));
    }
    lines.extend(sound.jurisdiction.as_ref().map(|profile| {
        let basis = profile.legal_basis().unwrap_or(profile.notice());
        format!("profile  {} of {}: {basis}", profile.name(), profile.as_of())
    }));
    for finding in &sound.review.findings {
        let (severity, figures) = (finding.severity.name(), figures(&finding.figures));
        lines.push(format!(
            "{severity:<8} {}: {}{figures}",
            finding.code, finding.text
        ));
    }
    for obstacle in &sound.review.obstacles {
        lines.push(format!("error    {}: {}", obstacle.code, obstacle.text));
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
        out += "\nthe best strategy with false names that the search found:\n\n";
        out += &search.story(asset);
    }
    out
}

fn figures(figures: &[(&'static str, u128)]) -> String {
    if figures.is_empty() {
        return String::new();
    }
    let figures: Vec<String> = figures
        .iter()
        .map(|(name, figure)| format!("{name}={figure}"))
        .collect();
    format!(" [{}]", figures.join(" "))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{AUTO_POOL, FREE, checked, searched};
    use super::*;

    #[test]
    fn the_shipped_plan_runs_on_local_chains_only() {
        let text = |chain, law| of(&checked(AUTO_POOL, chain, law));
        assert!(text(ChainClass::Local, None).contains("\nruns     on a local chain\n"));
        let public = text(ChainClass::Public, None);
        assert!(
            public.contains("\nerror    recruitment_funded: 10000 of 10,000"),
            "{public}"
        );
        assert!(public.contains("\nerror    jurisdiction_missing: "), "{public}");
        assert!(public.contains("\nbarred   on a public chain\n"), "{public}");
        let judged = text(ChainClass::Local, Some("EU"));
        assert!(judged.contains("\nprofile  EU of 20"), "{judged}");
        assert!(
            judged.contains("\nerror    recruitment_funded: 10000 of 10,000"),
            "{judged}"
        );
        assert!(judged.contains("\nbarred   on a local chain\n"), "{judged}");
    }

    #[test]
    fn what_false_names_bring_is_told_name_by_name() {
        let text = of(&searched(AUTO_POOL));
        assert!(
            text.contains("\nwarning  sybil_profit: One person with 10 names"),
            "{text}"
        );
        assert!(text.contains("\n  name 10 pays 60 and receives "), "{text}");
        assert!(
            text.contains("the best of a bounded search over 1136 strategies"),
            "{text}"
        );
    }

    /// Free places that cost so little that what stays of the first ones pays for them for a long time.
    #[test]
    fn a_history_that_does_not_fail_is_not_called_one_that_does() {
        let solvent = FREE.replace(r#"["20", "40", "80", "160", "320"]"#, r#"["20", "0.000001"]"#);
        let text = of(&checked(&solvent, ChainClass::Local, None));
        assert!(!text.contains("in which it fails"), "{text}");
        assert!(
            text.contains("the history up to the first place that nobody pays for:"),
            "{text}"
        );
    }

    #[test]
    fn a_refusal_names_place_rule_figures_and_mend() {
        let text = of(&checked(FREE, ChainClass::Local, None));
        assert!(text.starts_with("refused  progression_not_funded: "), "{text}");
        assert!(text.contains("at entrant 9, 214 BNB"), "{text}");
        assert!(
            text.contains("\n  at     plan.toml:24:15  pool.progression\n"),
            "{text}"
        );
        assert!(
            text.contains("\n  mend   write progression = \"funded\""),
            "{text}"
        );
        assert!(
            text.contains("in 60, to users 20, to the company 4: balance 36"),
            "{text}"
        );
        assert!(
            text.contains("in 180, to users 186, to the company 28: 34 are missing"),
            "{text}"
        );
    }
}
