//! `trellis plan simulate FILE`: the effect of a plan on people with assumed behaviour, as text, JSON or one page.
//!
//! The same plan, parameters and seed give the same answer on every machine. Not responsible for what is simulated:
//! see the crate `simulation`.

mod text;

use std::io::{BufWriter, Write as _};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::ValueEnum;
use clap::builder::RangedI64ValueParser;
use indicatif::{ProgressBar, ProgressStyle};
use plan::{CompiledPlan, Day};
use simulation::books::Recorded;
use simulation::parameters::{
    Activity, Amounts, CONVERSIONS_MAX, CUSTOMERS_MAX, DELAY_DAYS_MAX, MONTHS_MAX, USERS_MAX, Withdrawals,
};
use simulation::{Behaviour, Books, Growth, Parameters, Report, SponsorChoice};

use super::compiled;
use crate::status::{self, Status, unusable};
use text::as_text;

/// What grows or declines by a tenth a month is easily imagined.
const RATE_BPS: u16 = 1_000;
/// Fast enough that an S-curve has ended within two years.
const LOGISTIC_RATE_BPS: u16 = 5_000;

#[derive(Debug, clap::Args)]
#[command(after_help = status::TABLE)]
pub(super) struct Arguments {
    /// The plan file; `-` is standard input
    file: PathBuf,
    /// Total number of people who join
    #[arg(long, value_parser = count(1..=USERS_MAX))]
    users: u32,
    /// Random seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of calendar months
    #[arg(long, default_value_t = 24, value_parser = count(1..=MONTHS_MAX))]
    months: u32,
    /// The first day; months are calendar months
    #[arg(long, default_value = simulation::parameters::START, value_parser = day)]
    start: Day,
    /// Distribution of arrivals over the months
    #[arg(long, value_enum, default_value_t = Form::Constant)]
    growth: Form,
    /// Growth or decline of arrivals per month, in basis points (1000, in an S-curve 5000)
    #[arg(long, value_name = "BPS", value_parser = bps(1..=10_000))]
    rate: Option<u16>,
    /// With growth `stop`: number of months with arrivals (default: half of all)
    #[arg(long, value_name = "MONTHS", value_parser = count(1..=MONTHS_MAX))]
    stop_after: Option<u32>,
    /// Who refers newcomers
    #[arg(long, value_enum, default_value_t = Sponsors::Uniform)]
    sponsors: Sponsors,
    #[command(flatten)]
    behaviour: BehaviourArguments,
    #[command(flatten)]
    activity: ActivityArguments,
    #[command(flatten)]
    output: Output,
    /// Write every fact as a line of JSON, in the inbox's format, to this file
    #[arg(long, value_name = "OUT")]
    facts: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct BehaviourArguments {
    /// Cooling-off time in days
    #[arg(long, value_name = "DAYS", default_value_t = Behaviour::default().cooling_off_days, value_parser = count(1..=DELAY_DAYS_MAX))]
    cooling_off: u32,
    /// Users of 10,000 who buy a retopup
    #[arg(long, value_name = "BPS", default_value_t = Behaviour::default().retopup_bps, value_parser = bps(0..=10_000))]
    retopup: u16,
    /// Users of 10,000 who buy another retopup after each one
    #[arg(long, value_name = "BPS", default_value_t = Behaviour::default().retopup_again_bps, value_parser = bps(0..=9_999))]
    retopup_again: u16,
    /// Days from joining to the first retopup, and from each to the next
    #[arg(long, value_name = "DAYS", default_value_t = Behaviour::default().retopup_after_days, value_parser = count(1..=DELAY_DAYS_MAX))]
    retopup_after: u32,
    /// Newcomers of 10,000 who choose to reserve, where the plan allows it
    #[arg(long, value_name = "BPS", default_value_t = Behaviour::default().reserve_bps, value_parser = bps(0..=10_000))]
    reserve: u16,
    /// Newcomers of 10,000 who request a refund
    #[arg(long, value_name = "BPS", default_value_t = Behaviour::default().refund_bps, value_parser = bps(0..=10_000))]
    refund: u16,
    /// Days from joining to the refund
    #[arg(long, value_name = "DAYS", default_value_t = Behaviour::default().refund_after_days, value_parser = count(1..=DELAY_DAYS_MAX))]
    refund_after: u32,
}

/// Parameters that apply only to plans with components.
#[derive(Debug, clap::Args)]
struct ActivityArguments {
    /// Outside money that operators add to each fund every month, in units
    #[arg(long, value_name = "AMOUNT_PER_MONTH", default_value = "0")]
    outside_revenue: String,
    /// Number of months for which they do so (default: all)
    #[arg(long, value_name = "MONTHS")]
    outside_revenue_months: Option<u32>,
    /// When users withdraw their wallet balance
    #[arg(long, value_enum, default_value_t = TakesOut::Never)]
    withdrawals: TakesOut,
    /// Payment amounts in units, each with its share in basis points, such as `50:6000,200:4000`
    #[arg(long, value_name = "AMOUNTS")]
    amounts: Option<String>,
    /// Participants of 10,000 who order for themselves in a month
    #[arg(long, value_name = "BPS", default_value_t = Activity::default().order_bps, value_parser = bps(0..=10_000))]
    order: u16,
    /// Maximum number of customers of a participant; all numbers up to it are equally likely
    #[arg(long, value_name = "COUNT", default_value_t = Activity::default().customers_max, value_parser = count(0..=CUSTOMERS_MAX))]
    customers: u32,
    /// Customers of 10,000 who order in a month
    #[arg(long, value_name = "BPS", default_value_t = Activity::default().customer_order_bps, value_parser = bps(0..=10_000))]
    customer_order: u16,
    /// Maximum number of conversions of a participant in a month; all numbers up to it are equally likely
    #[arg(long, value_name = "COUNT", default_value_t = Activity::default().conversions_max, value_parser = count(0..=CONVERSIONS_MAX))]
    conversions: u32,
    /// Customer orders, or conversions, of 10,000 that are refunded
    #[arg(long, value_name = "BPS", default_value_t = Activity::default().send_back_bps, value_parser = bps(0..=10_000))]
    send_back: u16,
    /// Days until their refund
    #[arg(long, value_name = "DAYS", default_value_t = Activity::default().send_back_after_days, value_parser = count(1..=DELAY_DAYS_MAX))]
    send_back_after: u32,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum TakesOut {
    /// Everything stays in the books
    Never,
    /// Once a day, as soon as the plan allows it
    AtOnce,
}

#[derive(Debug, clap::Args)]
struct Output {
    /// Print one JSON object; amounts are decimal strings of base units
    #[arg(long)]
    json: bool,
    /// Write a web page to this file; combined with --json, writes both
    #[arg(long, value_name = "OUT")]
    html: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    /// The same number each month
    Constant,
    /// More each month
    Exponential,
    /// An S-curve
    Logistic,
    /// Fewer each month
    Decline,
    /// The same number each month, then none
    Stop,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Sponsors {
    /// Everyone equally likely
    Uniform,
    /// Those with more directs more likely
    Preferential,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let (_, plan) = compiled(&arguments.file)?;
    let parameters = arguments.parameters(&plan).map_err(unusable)?;
    // Before anything is allocated for so many people.
    parameters.check().map_err(unusable)?;
    let report = simulate(&plan, &parameters, arguments.facts.as_deref())?;
    if let Some(out) = &arguments.output.html {
        let page = simulation::html::page(&report)?;
        std::fs::write(out, page).with_context(|| format!("cannot write {}", out.display()))?;
        errln!("wrote the page {}", out.display());
    }
    if let Some(out) = &arguments.facts {
        errln!("wrote {} facts to {}", report.facts, out.display());
    }
    if arguments.output.json {
        outln!("{}", report.to_json()?);
    } else if arguments.output.html.is_none() {
        out!("{}", as_text(&report));
    }
    Ok(Status::Done.into())
}

fn simulate(plan: &CompiledPlan, parameters: &Parameters, facts: Option<&Path>) -> anyhow::Result<Report> {
    // Draws only on a terminal.
    let bar = ProgressBar::new(u64::from(parameters.users));
    bar.set_style(ProgressStyle::with_template(
        "{bar:40} {human_pos}/{human_len} joined, {eta} left",
    )?);
    let mut driver = simulation::driver::for_plan(plan, parameters);
    let mut books = Books::new(plan, parameters.users);
    if facts.is_some() {
        books.record();
    }
    let report = simulation::simulate_with(driver.as_mut(), &mut books, parameters, &mut |joined| {
        bar.set_position(joined);
    });
    bar.finish_and_clear();
    if let Some(file) = facts {
        write_facts(plan, &books.into_tape(), file)
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(report?)
}

fn write_facts(plan: &CompiledPlan, facts: &[Recorded], file: &Path) -> std::io::Result<()> {
    let mut out = BufWriter::new(std::fs::File::create(file)?);
    let causes = simulation::tape::causes(plan, facts.iter().map(|recorded| &recorded.fact));
    for (Recorded { day, .. }, cause) in facts.iter().zip(causes) {
        let Some(cause) = cause else {
            continue;
        };
        let text = store::cause_json::write(&cause).text;
        // When it happened stands beside the cause, for those who request a period.
        let open = text.strip_suffix('}').unwrap_or(&text);
        writeln!(out, "{open},\"effective_at\":{}}}", u64::from(day.get()) * 86_400)?;
    }
    out.flush()
}

impl Arguments {
    fn parameters(&self, plan: &CompiledPlan) -> anyhow::Result<Parameters> {
        let rate_bps = self.rate.unwrap_or(match self.growth {
            Form::Logistic => LOGISTIC_RATE_BPS,
            Form::Constant | Form::Exponential | Form::Decline | Form::Stop => RATE_BPS,
        });
        let behaviour = &self.behaviour;
        Ok(Parameters {
            users: self.users,
            seed: self.seed,
            months: self.months,
            start: self.start,
            growth: match self.growth {
                Form::Constant => Growth::Constant,
                Form::Exponential => Growth::Exponential { rate_bps },
                Form::Logistic => Growth::Logistic { rate_bps },
                Form::Decline => Growth::Decline { rate_bps },
                Form::Stop => Growth::Stop {
                    after_months: self.stop_after.unwrap_or(self.months.div_ceil(2)),
                },
            },
            sponsors: match self.sponsors {
                Sponsors::Uniform => SponsorChoice::Uniform,
                Sponsors::Preferential => SponsorChoice::Preferential,
            },
            behaviour: Behaviour {
                cooling_off_days: behaviour.cooling_off,
                retopup_bps: behaviour.retopup,
                retopup_again_bps: behaviour.retopup_again,
                retopup_after_days: behaviour.retopup_after,
                reserve_bps: behaviour.reserve,
                refund_bps: behaviour.refund,
                refund_after_days: behaviour.refund_after,
                activity: self.activity.of(plan)?,
            },
        })
    }
}

impl ActivityArguments {
    fn of(&self, plan: &CompiledPlan) -> anyhow::Result<Activity> {
        let asset = plan.asset();
        let amounts = self.amounts.as_ref().map(|text| Amounts::parse(asset, text));
        Ok(Activity {
            outside_revenue: asset
                .parse_amount(&self.outside_revenue)
                .with_context(|| format!("--outside-revenue {}", self.outside_revenue))?,
            outside_revenue_months: self.outside_revenue_months,
            withdrawals: match self.withdrawals {
                TakesOut::Never => Withdrawals::Never,
                TakesOut::AtOnce => Withdrawals::AtOnce,
            },
            amounts: amounts.transpose().context("--amounts")?,
            order_bps: self.order,
            customers_max: self.customers,
            customer_order_bps: self.customer_order,
            conversions_max: self.conversions,
            send_back_bps: self.send_back,
            send_back_after_days: self.send_back_after,
        })
    }
}

/// A share or rate in basis points.
fn bps(range: RangeInclusive<i64>) -> RangedI64ValueParser<u16> {
    clap::value_parser!(u16).range(range)
}

/// A number with limits, which the error message states.
fn count(range: RangeInclusive<u32>) -> RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(i64::from(*range.start())..=i64::from(*range.end()))
}

fn day(text: &str) -> Result<Day, String> {
    Day::of_date(text).ok_or_else(|| "expected a date such as 2026-01-01".to_owned())
}

#[cfg(test)]
mod tests;
