//! `bench NAME`: prints one JSON object for each measurement. Each benchmark has a file of its own, and fails
//! if what it measured was not right.

mod binary;
mod close;
mod cpu;
mod crowd;
mod detect;
mod dev;
mod follow;
mod gas;
mod generation;
mod measurement;
mod memory;
mod placement;
mod posting;
mod purchases;
mod random;
mod ranks;
mod reconcile;
mod scale;
mod server;
mod settle;
mod sign;
mod simulation;
mod wait;

use clap::{Parser, Subcommand};
use measurement::Measurement;
use plan::generation::Mode;

/// Facts of one run of the placement benchmark: about a second.
const PLACEMENT_FACTS: usize = 1_000_000;
/// Facts between which its growth is measured.
const PLACEMENT_FEW: usize = 100_000;
const PLACEMENT_MANY: usize = 10_000_000;
/// Runs of it. The best counts: whatever else runs on the machine only makes it slower.
const PLACEMENT_RUNS: usize = 5;
/// Runs of the largest.
const PLACEMENT_MANY_RUNS: usize = 2;
/// Users of the closings of a binary plan.
const BINARY_USERS: [u32; 3] = [100_000, 1_000_000, 10_000_000];
/// Runs of each.
const BINARY_RUNS: usize = 5;
/// Purchases of one run of the generation benchmark, and users among whom both implementations run.
const PURCHASES: usize = 1_000_000;
const PURCHASERS: u32 = 1_000_000;
/// Purchases that are applied as facts, legs included.
const PURCHASES_AS_FACTS: u32 = 1_000_000;
/// Users between which its growth is measured.
const PURCHASERS_FEW: u32 = 100_000;
const PURCHASERS_MANY: u32 = 10_000_000;

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
    /// Seconds to close a month of a binary plan with up to ten million users, on one core.
    Binary,
    /// Purchases per second through twenty generations with gates and cap, on one core.
    Generation,
    /// The weekly close of ranks, on one core.
    Ranks,
    /// Rewards per second through inbox and worker into PostgreSQL.
    Posting,
    /// From a mined block to posted facts, through listener and worker.
    Follow,
    /// Duration of `./scripts/dev`, starting over and continuing. Deletes the development system's state.
    Dev,
    /// Simulated users per second, on one core.
    Simulation,
    /// Payouts per second from build to posted finality.
    Settle,
    /// Durable authorizations per second of the signer.
    Sign,
    /// Seconds to compare books, events and contract with a hundred thousand users.
    Reconcile,
    /// Seconds from a planted wei to the alert.
    Detect,
    /// Operations whose time must not grow with users, on a generated ledger, with their limits.
    Scale {
        /// How many users.
        #[arg(long, default_value_t = 1_000_000)]
        users: u32,
        /// How many transfers at least; ten for each user by default.
        #[arg(long)]
        transfers: Option<u64>,
    },
    /// Ends of a day, of a week of ranks and of a commission period, from the cause to the last committed row.
    Close {
        /// How many users, each with one subscription or one order.
        #[arg(long, default_value_t = 1_000_000)]
        users: u32,
    },
    /// Gas of the contract's calls, beside the usual batch senders and the floors of arithmetic.
    Gas,
    /// Every benchmark.
    All,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Arguments::parse().benchmark {
        Benchmark::Placement => placement(),
        Benchmark::Binary => binary(),
        Benchmark::Generation => generation(),
        Benchmark::Ranks => ranks::run(),
        Benchmark::Posting => posting::run().await,
        Benchmark::Follow => follow::run().await,
        Benchmark::Dev => dev::run().await,
        Benchmark::Simulation => simulation::run(),
        Benchmark::Settle => settle::run().await,
        Benchmark::Sign => sign::run().await,
        Benchmark::Reconcile => reconcile::run().await,
        Benchmark::Detect => detect::run().await,
        Benchmark::Scale { users, transfers } => {
            let transfers = transfers.unwrap_or(u64::from(users) * 10);
            scale::run(population::Size { users, transfers }).await
        }
        Benchmark::Close { users } => close::run(users).await,
        Benchmark::Gas => gas::run().await,
        Benchmark::All => {
            placement()?;
            simulation::run()?;
            binary()?;
            generation()?;
            ranks::run()?;
            gas::run().await?;
            posting::run().await?;
            follow::run().await?;
            settle::run().await?;
            sign::run().await?;
            reconcile::run().await?;
            detect::run().await?;
            dev::run().await
        }
    }
}

fn placement() -> anyhow::Result<()> {
    let measure = |runs, facts| placement::best_of(runs, facts).map_err(anyhow::Error::msg);
    let run = measure(PLACEMENT_RUNS, PLACEMENT_FACTS)?;
    let bytes = run.bytes_per_user.unwrap_or(f64::NAN);
    for (name, value, unit) in [
        ("placement.facts", run.facts_per_second, "facts/s"),
        ("placement.legs", run.legs_per_second, "legs/s"),
        ("placement.memory", bytes, "bytes/user"),
    ] {
        Measurement::new(name, value, unit, &run.checked)
            .took(run.seconds)
            .print();
    }
    let few = measure(PLACEMENT_RUNS, PLACEMENT_FEW)?;
    let many = measure(PLACEMENT_MANY_RUNS, PLACEMENT_MANY)?;
    let facts = PLACEMENT_MANY as f64 / PLACEMENT_FEW as f64;
    let legs = many.legs as f64 / few.legs as f64;
    let checked = format!("{}; {}", few.checked, many.checked);
    // The first days mature nothing, so few facts have fewer legs each.
    for (name, times, unit) in [
        ("placement.exponent", facts, "power of facts"),
        ("placement.exponent_of_legs", legs, "power of legs"),
    ] {
        Measurement::new(name, placement::exponent(&few, &many, times), unit, &checked)
            .between(few.seconds, many.seconds)
            .print();
    }
    Ok(())
}

fn binary() -> anyhow::Result<()> {
    let closings = binary::best_of(BINARY_RUNS, &BINARY_USERS)?;
    let print = |name: &str, value: f64, unit: &'static str| {
        Measurement::new(name, value, unit, &closings.checked).print();
    };
    for size in &closings.sizes {
        let name = |figure: &str| format!("binary.{figure}_{}", size.users);
        print(&name("close"), size.close.as_secs_f64() * 1_000.0, "ms");
        print(&name("join"), size.join.as_secs_f64() * 1_000.0, "ms");
        print(&name("pairs"), size.pairs as f64, "pairs");
        print(&name("memory"), size.bytes_per_user, "bytes/user");
    }
    print("binary.growth_exponent", closings.growth_exponent(), "power");
    Ok(())
}

fn generation() -> anyhow::Result<()> {
    for mode in [Mode::Physical, Mode::Compressed, Mode::ActiveOnly] {
        let run = generation::compare(mode, PURCHASERS, PURCHASES, PLACEMENT_RUNS);
        let run = run.map_err(anyhow::Error::msg)?;
        let name = format!("generation.{}", generation::name(run.mode));
        Measurement::new(&name, run.purchases_per_second, "purchases/s", run.checked)
            .beside(run.naive_per_second)
            .took(run.seconds)
            .print();
    }
    let measure = |users| {
        let run = generation::measure(Mode::Physical, users, PURCHASES, PLACEMENT_RUNS);
        run.map_err(anyhow::Error::msg)
    };
    let (few, many) = (measure(PURCHASERS_FEW)?, measure(PURCHASERS_MANY)?);
    let exponent = generation::exponent(&few, &many);
    let checked = format!("{}; {}", few.checked, many.checked);
    Measurement::new("generation.exponent", exponent, "power of users", checked)
        .between(few.seconds, many.seconds)
        .print();
    let run = purchases::best_of(PLACEMENT_RUNS, PURCHASES_AS_FACTS).map_err(anyhow::Error::msg)?;
    let per_second = f64::from(PURCHASES_AS_FACTS) / run.seconds.cpu;
    Measurement::new("generation.as_facts", per_second, "purchases/s", run.checked)
        .took(run.seconds)
        .print();
    Ok(())
}
