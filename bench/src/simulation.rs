//! How many people a second of one core simulates: arrivals, sponsors, every fact through the plan's rules, every leg
//! counted, deciles included.
//!
//! In the same run a smaller simulation is recorded and applied again by the second implementation of the rules; both
//! must come to the same balances.

use std::time::Instant;

use money::Amount;
use plan::{CompiledPlan, Day, compile};
use simulation::books::Recorded;
use simulation::{Behaviour, Growth, Parameters, Report, SponsorChoice};

use crate::measurement::Measurement;

/// The shipped plan; pools without limit, so that they matter as long as the run goes.
const PLAN: &str = include_str!("../../plans/auto-pool.toml");
const USERS: u32 = 1_000_000;
/// The second implementation searches lists.
const CHECKED_USERS: u32 = 1_500;
/// The best counts: whatever else runs on the machine only makes it slower.
const RUNS: usize = 5;
const SEED: u64 = 20_260_101;

pub(crate) fn run() -> anyhow::Result<()> {
    let plan = compile(&PLAN.replace("trees_max = 15", ""))?;
    let registrations = Behaviour {
        retopup_bps: 0,
        ..Behaviour::default()
    };
    for (name, behaviour) in [
        ("simulation.registrations", registrations),
        ("simulation.users", Behaviour::default()),
    ] {
        let parameters = |users| Parameters {
            users,
            seed: SEED,
            months: 24,
            start: Day::of_date(simulation::parameters::START).unwrap_or(Day::new(0)),
            growth: Growth::Constant,
            sponsors: SponsorChoice::Preferential,
            behaviour,
        };
        let checked = check(&plan, &parameters(CHECKED_USERS))?;
        let (mut best, mut text) = (f64::INFINITY, None);
        for _ in 0..RUNS {
            let start = Instant::now();
            let report = simulation::simulate(&plan, &parameters(USERS), &mut |_| {})?;
            best = best.min(start.elapsed().as_secs_f64());
            let json = report.to_json()?;
            anyhow::ensure!(
                *text.get_or_insert_with(|| json.clone()) == json,
                "two runs differ"
            );
        }
        Measurement::new(
            name,
            f64::from(USERS) / best,
            "users/s",
            format!("best of {RUNS} equal runs of {USERS} users on one core; {checked}"),
        )
        .print();
    }
    Ok(())
}

/// Compares a simulation with the second implementation.
fn check(plan: &CompiledPlan, parameters: &Parameters) -> anyhow::Result<String> {
    let (report, facts) = simulation::simulate_and_record(plan, parameters)?;
    let mut model = naive::Model::new(&naive::Terms {
        trees_max: None,
        ..naive::Terms::auto_pool()
    });
    for Recorded { fact, .. } in &facts {
        let cause =
            simulation::tape::cause(plan, fact).ok_or_else(|| anyhow::anyhow!("{fact:?}: no cause"))?;
        model.apply(&cause);
    }
    for (name, amount) in sums(&report) {
        let named = model
            .balances
            .iter()
            .filter(|(account, _)| account.starts_with(name));
        let found: i128 = named.map(|(_, amount)| *amount).sum();
        anyhow::ensure!(
            u128::try_from(found) == Ok(amount.base_units()),
            "{name}: {found}, and the simulation says {amount}"
        );
    }
    Ok(format!(
        "{} facts of {CHECKED_USERS} users give the same balances by the second implementation",
        facts.len()
    ))
}

fn sums(report: &Report) -> Vec<(&'static str, Amount)> {
    let Some(last) = report.months.last() else {
        return Vec::new();
    };
    vec![
        ("custody", last.custody),
        ("available(", last.available),
        ("reserve(", last.reserves_total()),
        ("company", last.company),
        ("residual(", last.residual),
        ("breakage:", last.breakage_total()),
        ("held(", last.held_for_users),
        ("held:", last.held_for_others),
    ]
}
