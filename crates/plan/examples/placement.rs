//! Measures the pure plan alone, without building the other benchmarks:
//! `cargo run --release -p plan --example placement`.

#[path = "../../../bench/src/placement.rs"]
mod placement;

/// Facts of a run: some seconds.
const FACTS: usize = 2_000_000;

fn main() -> Result<(), String> {
    let run = placement::measure(FACTS)?;
    println!(
        "{:.0} facts/s, {:.0} legs/s",
        run.facts_per_second, run.legs_per_second
    );
    println!("{}", run.checked);
    Ok(())
}
