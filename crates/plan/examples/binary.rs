//! Measures closings of the binary plan alone, without building the other benchmarks:
//! `cargo run --release -p plan --example binary`.

#[path = "../../../bench/src/binary.rs"]
mod binary;

fn main() -> Result<(), String> {
    let closings = binary::best_of(3, &[100_000, 1_000_000, 10_000_000])?;
    for size in &closings.sizes {
        println!(
            "{} users: closed in {:.1} ms, {} pairs, joined in {:.0} ms, {:.1} bytes per user",
            size.users,
            size.close.as_secs_f64() * 1_000.0,
            size.pairs,
            size.join.as_secs_f64() * 1_000.0,
            size.bytes_per_user,
        );
    }
    println!("growth exponent {:.3}", closings.growth_exponent());
    println!("{}", closings.checked);
    Ok(())
}
