//! `bench NAME`: prints one JSON object for each measurement. Each benchmark has a file of its own, and fails
//! if what it measured was not right.

mod measurement;
mod placement;

use clap::{Parser, Subcommand};
use measurement::Measurement;

/// Facts of one run of the placement benchmark: about a second.
const PLACEMENT_FACTS: usize = 1_000_000;
/// Runs of it. The best counts: whatever else runs on the machine only makes it slower.
const PLACEMENT_RUNS: usize = 5;

#[derive(Parser)]
#[command(about = "Measures Trellis")]
struct Arguments {
    #[command(subcommand)]
    benchmark: Benchmark,
}

#[derive(Subcommand)]
enum Benchmark {
    /// Facts per second of the pure plan, on one core.
    Placement,
    /// Every benchmark.
    All,
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().benchmark {
        Benchmark::Placement | Benchmark::All => placement()?,
    }
    Ok(())
}

fn placement() -> anyhow::Result<()> {
    let run = placement::best_of(PLACEMENT_RUNS, PLACEMENT_FACTS).map_err(anyhow::Error::msg)?;
    for (name, value, unit) in [
        ("placement.facts", run.facts_per_second, "facts/s"),
        ("placement.legs", run.legs_per_second, "legs/s"),
    ] {
        Measurement {
            name,
            value,
            unit,
            baseline: None,
            checked: run.checked.clone(),
        }
        .print();
    }
    Ok(())
}
