//! How many users a second the simulation of each shipped plan takes, by wall clock and by the time of the processor.
//!
//! `cargo run --release -p simulation --example speed [USERS] [PLAN] [RUNS]`. Not a benchmark of record: it checks nothing.
//! See `bench/` for figures whose results are checked in the same run.

#![expect(clippy::unwrap_used, reason = "an example shows its failures")]
#![expect(clippy::float_arithmetic, reason = "seconds are no money")]

use std::time::Instant;

use plan::{CompiledPlan, Day, compile};
use simulation::parameters::{Activity, START};
use simulation::{Behaviour, Growth, Parameters, SponsorChoice, simulate};

const PLANS: [&str; 6] = [
    include_str!("../../../plans/auto-pool.toml"),
    include_str!("../../../plans/auto-pool-rolling.toml"),
    include_str!("../../../plans/subscription.toml"),
    include_str!("../../../plans/binary-ev.toml"),
    include_str!("../../../plans/unilevel-orders.toml"),
    include_str!("../../../plans/referral-campaign.toml"),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, usual| arguments.get(at).map_or(usual, |text| text.parse().unwrap());
    let (users, runs) = (number(0, 100_000), number(2, 3));
    let wanted = arguments.get(1).map_or("", String::as_str);
    for text in PLANS {
        let plan = compile(&text.replace("trees_max = 15", "")).unwrap();
        let all = Behaviour::default();
        if plan.name().contains(wanted) {
            measure(&plan, users, runs, ("", all));
        }
        if plan.name() == wanted || (wanted.is_empty() && plan.name() == "auto-pool") {
            let registrations = Behaviour {
                retopup_bps: 0,
                ..all
            };
            measure(&plan, users, runs, (" (registrations)", registrations));
        }
        if wanted.is_empty() && plan.name() == "subscription" {
            let filled = Behaviour {
                activity: Activity {
                    outside_revenue: plan.asset().parse_amount("1000000").unwrap(),
                    ..all.activity
                },
                ..all
            };
            measure(&plan, users, runs, (" (accruing)", filled));
        }
    }
}

/// The best of some runs: whatever else runs on the machine only makes one slower.
fn measure(plan: &CompiledPlan, users: u32, runs: u32, (what, behaviour): (&str, Behaviour)) {
    let parameters = Parameters {
        users,
        seed: 20_260_101,
        months: 24,
        start: Day::of_date(START).unwrap(),
        growth: Growth::Constant,
        sponsors: SponsorChoice::Preferential,
        behaviour,
    };
    let (mut wall, mut cpu, mut facts) = (f64::INFINITY, f64::INFINITY, 0);
    for _ in 0..runs {
        let (begun, used) = (Instant::now(), processor_seconds());
        let report = simulate(plan, &parameters, &mut |_| {}).unwrap();
        wall = wall.min(begun.elapsed().as_secs_f64());
        cpu = cpu.min(processor_seconds() - used);
        facts = report.facts;
    }
    let per = |seconds: f64| f64::from(users) / seconds;
    println!(
        "{:>40}: {:>9.0} users/s by wall clock, {:>9.0} by processor time; {facts} facts, {wall:.3} s",
        format!("{}{what}", plan.name()),
        per(wall),
        per(cpu),
    );
}

/// Seconds that this process has used the processor; zero where the system does not say.
fn processor_seconds() -> f64 {
    let Ok(text) = std::fs::read_to_string("/proc/self/schedstat") else {
        return 0.0;
    };
    let nanoseconds = text
        .split_whitespace()
        .next()
        .and_then(|text| text.parse::<u64>().ok());
    nanoseconds.map_or(0.0, |nanoseconds| {
        std::time::Duration::from_nanos(nanoseconds).as_secs_f64()
    })
}
