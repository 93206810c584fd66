//! Measures the pure plan alone, without building the other benchmarks:
//! `cargo run --release -p plan --example placement`.

#[path = "../../../bench/src/cpu.rs"]
mod cpu;
#[path = "../../../bench/src/placement.rs"]
mod placement;

/// Facts of a run, and runs, of which the best counts.
const SIZES: [(usize, usize); 3] = [(100_000, 9), (1_000_000, 5), (10_000_000, 2)];

fn main() -> Result<(), String> {
    let mut measured = Vec::new();
    for (facts, runs) in SIZES {
        let run = placement::best_of(runs, facts)?;
        let bytes = run.bytes_per_user.unwrap_or(f64::NAN);
        println!(
            "{facts} facts: {:.3} s on a processor, {:.3} s by the clock, {:.0} facts/s, {:.0} legs/s, {bytes:.0} bytes per user",
            run.seconds.cpu, run.seconds.wall, run.facts_per_second, run.legs_per_second
        );
        println!("{}", run.checked);
        measured.push(run);
    }
    if let [few, .., many] = measured.as_slice() {
        println!(
            "time grows by the power {:.3} of the facts, {:.3} of their legs",
            placement::exponent(few, many, 100.0),
            placement::exponent(few, many, many.legs as f64 / few.legs as f64)
        );
    }
    Ok(())
}
