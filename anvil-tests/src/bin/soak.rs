//! `soak --seed N --minutes M`: runs the soak for the given time and reports what happened. Without a seed it picks one.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Parser;

/// Everything at once, for as long as is asked, by a seed
#[derive(Debug, Parser)]
struct Arguments {
    /// What decides; another one in each run when it is not given
    #[arg(long)]
    seed: Option<u64>,
    /// For how long
    #[arg(long, default_value_t = 5)]
    minutes: u64,
    /// Maximum number of payments of one transaction
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=300))]
    payments: u64,
}

#[tokio::main]
async fn main() {
    let arguments = Arguments::parse();
    let drawn = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let seed = arguments.seed.unwrap_or(drawn.as_secs());
    let soaked = anvil_tests::soak(
        seed,
        Duration::from_secs(arguments.minutes * 60),
        arguments.payments,
    )
    .await;
    println!("soak: {soaked}");
}
