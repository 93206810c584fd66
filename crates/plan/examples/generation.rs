//! Measures generation income alone, without building the other benchmarks:
//! `cargo run --release -p plan --example generation`.

#[path = "../../../bench/src/cpu.rs"]
mod cpu;
#[path = "../../../bench/src/generation.rs"]
mod generation;
#[path = "../../../bench/src/purchases.rs"]
mod purchases;

use plan::generation::Mode;

/// Purchases of a run.
const PURCHASES: usize = 1_000_000;
/// Runs, of which the best counts.
const RUNS: usize = 5;

fn main() -> Result<(), String> {
    for mode in [Mode::Physical, Mode::Compressed, Mode::ActiveOnly] {
        let run = generation::compare(mode, 1_000_000, PURCHASES, RUNS)?;
        let (own, naive) = (run.purchases_per_second, run.naive_per_second.unwrap_or(f64::NAN));
        println!(
            "{}: {:.3} s, {own:.0} purchases/s, {naive:.0} by the second implementation, {:.1} times",
            generation::name(run.mode),
            run.seconds.cpu,
            own / naive
        );
        println!("{}", run.checked);
    }
    let small = generation::measure(Mode::Physical, 100_000, PURCHASES, RUNS)?;
    let large = generation::measure(Mode::Physical, 10_000_000, PURCHASES, RUNS)?;
    println!("{}\n{}", small.checked, large.checked);
    println!(
        "time grows by the power {:.2} of the users",
        generation::exponent(&small, &large)
    );
    let run = purchases::best_of(RUNS, 1_000_000)?;
    println!(
        "as facts: {:.3} s on a processor, {:.3} s by the clock; {}",
        run.seconds.cpu, run.seconds.wall, run.checked
    );
    Ok(())
}
