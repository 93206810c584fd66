//! Measures the pure plan alone, without building the other benchmarks:
//! `cargo run --release -p plan --example placement`.

#[path = "../../../bench/src/placement.rs"]
mod placement;

/// Facts of a run: about a second.
const FACTS: usize = 1_000_000;
/// Runs, of which the best counts.
const RUNS: usize = 5;

fn main() -> Result<(), String> {
    let run = placement::best_of(RUNS, FACTS)?;
    println!(
        "{:.0} facts/s, {:.0} legs/s",
        run.facts_per_second, run.legs_per_second
    );
    println!("{}", run.checked);
    Ok(())
}
