//! The worked examples of `docs/plan/simulation.md`, executed.

#![expect(clippy::unwrap_used, reason = "the steps of a test; a failure names its line")]

use money::{Amount, Asset};
use plan::{CompiledPlan, Day, compile};
use simulation::{Behaviour, Growth, Parameters, Report, SponsorChoice, simulate};

const PAGE: &str = include_str!("../../../docs/plan/simulation.md");
const AUTO_POOL: &str = include_str!("../../../plans/auto-pool.toml");

/// The fenced blocks of the page.
fn blocks() -> Vec<&'static str> {
    let parts = PAGE.split("```simulation\n").skip(1);
    parts.map(|part| part.split_once("```").unwrap().0).collect()
}

fn plan_of(name: &str) -> CompiledPlan {
    let ordinals: Vec<u32> = (1..=64).collect();
    let text = match name {
        "auto-pool" => AUTO_POOL.to_owned(),
        "subscription" => include_str!("../../../plans/subscription.toml").to_owned(),
        "all-enter" => AUTO_POOL
            .replace(
                "pool_entry_ordinals = [2]",
                &format!("pool_entry_ordinals = {ordinals:?}"),
            )
            .replace("trees_max = 15", ""),
        other => panic!("no plan {other}"),
    };
    compile(&text).unwrap()
}

fn run(block: &str) -> Report {
    let mut plan = None;
    let mut parameters = Parameters {
        users: 0,
        seed: 1,
        months: 24,
        start: Day::of_date(simulation::parameters::START).unwrap(),
        growth: Growth::Constant,
        sponsors: SponsorChoice::Uniform,
        behaviour: Behaviour::default(),
    };
    for line in block.lines().filter(|line| !line.starts_with('=')) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["plan", name] => plan = Some(plan_of(name)),
            ["users", users] => parameters.users = users.parse().unwrap(),
            ["outside", amount, months] => {
                let activity = &mut parameters.behaviour.activity;
                activity.outside_revenue = Asset::Usdt.parse_amount(amount).unwrap();
                activity.outside_revenue_months = Some(months.parse().unwrap());
            }
            ["quiet"] => {
                parameters.behaviour = Behaviour {
                    retopup_bps: 0,
                    reserve_bps: 0,
                    refund_bps: 0,
                    ..Behaviour::default()
                }
            }
            ["growth", "exponential", rate] => {
                let rate_bps = rate.parse().unwrap();
                parameters.growth = Growth::Exponential { rate_bps };
            }
            ["growth", "stop", months] => {
                let after_months = months.parse().unwrap();
                parameters.growth = Growth::Stop { after_months };
            }
            _ => panic!("no such line: {line}"),
        }
    }
    simulate(&plan.unwrap(), &parameters, &mut |_| {}).unwrap()
}

#[test]
fn every_worked_simulation_of_the_page_comes_out_as_written() {
    let blocks = blocks();
    assert_eq!(blocks.len(), 5);
    for block in blocks {
        let report = run(block);
        let all = &report.everybody;
        let bnb = |amount: Amount| Asset::Bnb.display_amount(amount);
        for line in block.lines().filter_map(|line| line.strip_prefix("= ")) {
            let (what, expected) = line.split_once(' ').unwrap();
            let found = match what {
                "nothing" => all.little.zero.to_string(),
                "less" => all.little.below_paid_in.to_string(),
                "deciles" => all.deciles.map(bnb).join(" "),
                "most" => bnb(all.most),
                "together" => format!("{} {}", bnb(all.paid_in), bnb(all.received)),
                "fund" => fund(&report, expected),
                other => panic!("no such figure: {other}"),
            };
            assert_eq!(found, expected, "{line} in\n{block}");
        }
    }
}

/// What a fund did, as the page writes it.
fn fund(report: &Report, expected: &str) -> String {
    let name = expected.split_whitespace().next().unwrap();
    let fund = report.funds.iter().find(|fund| fund.name == name).unwrap();
    let payments = fund.payments.unwrap();
    let short = payments
        .first_short_month
        .map_or("none".to_owned(), |month| month.to_string());
    let paid = report.asset.display_amount(payments.paid);
    format!("{name} paid {paid} short {short}")
}
