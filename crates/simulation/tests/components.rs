//! Plans with components, simulated: the same by seed, conserved, and dry when nothing comes from outside.

#![expect(clippy::unwrap_used, reason = "the steps of a test; a failure names its line")]

use alloy_primitives::keccak256;
use money::{Amount, Asset};
use plan::{CompiledPlan, Day, compile};
use simulation::driver;
use simulation::parameters::{Activity, Withdrawals};
use simulation::report::{FundEnd, FundPayments, FundRow};
use simulation::run::simulate_with;
use simulation::{Behaviour, Books, Growth, Parameters, Report, SponsorChoice};

const SUBSCRIPTION: &str = include_str!("../../../plans/subscription.toml");
const BINARY: &str = include_str!("../../../plans/binary-ev.toml");
const ORDERS: &str = include_str!("../../../plans/unilevel-orders.toml");
const CAMPAIGN: &str = include_str!("../../../plans/referral-campaign.toml");

fn parameters(users: u32, activity: Activity) -> Parameters {
    Parameters {
        users,
        seed: 20_260_101,
        months: 12,
        start: Day::of_date("2026-09-01").unwrap(),
        growth: Growth::Constant,
        sponsors: SponsorChoice::Uniform,
        behaviour: Behaviour {
            activity,
            ..Behaviour::default()
        },
    }
}

fn usdt(text: &str) -> Amount {
    Asset::Usdt.parse_amount(text).unwrap()
}

/// Simulates, and checks what must hold for every plan.
fn run(plan: &CompiledPlan, parameters: &Parameters) -> Report {
    let mut books = Books::new(plan, parameters.users);
    let mut driver = driver::for_plan(plan, parameters);
    let report = simulate_with(driver.as_mut(), &mut books, parameters, &mut |_| {}).unwrap();
    assert_eq!(
        books.counts().ignored,
        0,
        "a driver says nothing that the plan ignores"
    );
    assert_eq!(report.everybody.users, u64::from(parameters.users));
    let of_cohorts = report.cohorts.iter().map(|cohort| cohort.users).sum::<u64>();
    assert_eq!(of_cohorts, report.everybody.users);
    for row in &report.months {
        assert_eq!(row.owed(), row.custody, "month {}", row.month);
        assert_eq!(row.funds_total(), row.revenue, "month {}", row.month);
        let came = row.paid_in.checked_add(row.funded).unwrap();
        assert_eq!(came.checked_sub(row.refunded), Ok(row.custody));
    }
    let last = report.months.last().unwrap();
    assert_eq!(
        report.everybody.paid_in,
        last.paid_in.checked_sub(last.refunded).unwrap()
    );
    let of_users = [last.available, last.held_for_users, last.wallets, last.deferred];
    let of_users = Amount::sum_of(of_users)
        .unwrap()
        .checked_sub(last.receivable)
        .unwrap();
    assert_eq!(report.everybody.received, of_users);
    report
}

fn fund(report: &Report, name: &str) -> FundPayments {
    let fund = report.funds.iter().find(|fund| fund.name == name).unwrap();
    fund.payments.unwrap()
}

/// What a fund had paid at the end of each month.
fn paid(report: &Report, name: &str) -> Vec<Amount> {
    let row = |fund: &&FundRow| fund.name == name;
    let months = report.months.iter();
    months
        .map(|month| month.funds.iter().find(row).unwrap().count.paid)
        .collect()
}

#[test]
fn without_outside_revenue_no_subscription_accrues_anything() {
    let plan = compile(SUBSCRIPTION).unwrap();
    let report = run(&plan, &parameters(400, Activity::default()));
    for name in ["yield", "ranks", "welcome"] {
        let payments = fund(&report, name);
        assert!(payments.paid.is_zero(), "{name}");
    }
    let accruals = fund(&report, "yield");
    assert_eq!(accruals.first_short_month, Some(1));
    assert!(accruals.not_paid > Amount::ZERO);
    assert_eq!(report.funds[1].end, FundEnd::NeverFunded);
    let all = &report.everybody;
    // Who paid more than they received are counted among all who joined.
    assert!(
        all.little.below_paid_in > 200 && all.little.below_paid_in <= 400,
        "{all:?}"
    );
    assert!(all.little.zero > 0 && all.received > Amount::ZERO);
}

#[test]
fn accruals_stop_in_the_month_in_which_outside_revenue_runs_dry() {
    let plan = compile(SUBSCRIPTION).unwrap();
    let activity = Activity {
        outside_revenue: usdt("5000"),
        outside_revenue_months: Some(3),
        ..Activity::default()
    };
    let report = run(&plan, &parameters(400, activity));
    let payments = fund(&report, "yield");
    let dry = payments.first_short_month.unwrap();
    assert!((4..12).contains(&dry), "{dry}");
    let paid = paid(&report, "yield");
    let at = |month: u32| paid[month as usize - 1];
    assert!(at(1) > Amount::ZERO && at(dry - 1) < at(dry));
    // Once and for all: what was refunded of it may come back, and is paid again.
    let end = *paid.last().unwrap();
    assert!(end <= usdt("15000"));
    assert!(end.checked_sub(at(dry)).unwrap() < usdt("300"), "{paid:?}");
    let funded = report.months.last().unwrap().funded;
    assert_eq!(funded, usdt("45000"));
}

#[test]
fn who_takes_money_out_at_once_pays_the_fee() {
    let plan = compile(SUBSCRIPTION).unwrap();
    let with = |withdrawals| {
        let activity = Activity {
            outside_revenue: usdt("1000"),
            withdrawals,
            ..Activity::default()
        };
        run(&plan, &parameters(150, activity))
    };
    let (never, at_once) = (with(Withdrawals::Never), with(Withdrawals::AtOnce));
    let last = |report: &Report| report.months.last().unwrap().clone();
    assert!(last(&never).available.is_zero() && last(&at_once).available > Amount::ZERO);
    assert!(last(&at_once).wallets < last(&never).wallets);
    assert!(at_once.everybody.received < never.everybody.received);
    let fee = last(&at_once).company.checked_sub(last(&never).company).unwrap();
    assert_eq!(
        never.everybody.received.checked_sub(at_once.everybody.received),
        Ok(fee)
    );
}

fn binary() -> Report {
    run(&compile(BINARY).unwrap(), &parameters(600, Activity::default()))
}

#[test]
fn pairs_are_paid_out_of_payments_and_tax_is_kept_back() {
    let report = binary();
    let pairs = fund(&report, "pairs");
    assert!(pairs.paid > Amount::ZERO);
    let last = report.months.last().unwrap();
    assert!(last.other > Amount::ZERO, "tax");
    assert!(last.retopups > 0 && last.refunds > 0);
    assert!(last.funded.is_zero());
    // A fifth of what was paid is all that there is for pairs.
    let kept = last.paid_in.checked_sub(last.refunded).unwrap();
    let fund = last.funds.first().unwrap();
    let of_pairs = pairs.paid.checked_add(fund.balance).unwrap();
    assert!(of_pairs.checked_mul(5).unwrap() <= kept, "{of_pairs} of {kept}");
}

fn orders() -> Report {
    run(&compile(ORDERS).unwrap(), &parameters(300, Activity::default()))
}

#[test]
fn commissions_come_out_of_orders_and_rank_bonuses_out_of_nothing_but_outside_revenue() {
    let report = orders();
    let commissions = fund(&report, "commissions");
    assert!(commissions.paid > Amount::ZERO);
    assert_eq!(commissions.first_short_month, None);
    assert!(fund(&report, "ranks").paid.is_zero());
    let last = report.months.last().unwrap();
    // The shop's share of what customers ordered.
    assert!(last.funded > Amount::ZERO);
    assert!(last.breakage_total() > Amount::ZERO);
    assert!(last.wallets > Amount::ZERO && last.deferred > Amount::ZERO);
}

fn campaign(users: u32) -> Report {
    let plan = compile(&CAMPAIGN.replace("\"50000\"", "\"2000\"")).unwrap();
    run(&plan, &parameters(users, Activity::default()))
}

#[test]
fn a_campaign_pays_until_its_budget_is_used_up() {
    let small = campaign(40);
    assert_eq!(fund(&small, "campaign").first_short_month, None);
    let report = campaign(400);
    let campaign = fund(&report, "campaign");
    assert!(campaign.paid <= usdt("2000") && campaign.paid > usdt("1900"));
    // It begins in the fourth month.
    assert!(campaign.first_short_month.is_some_and(|month| month >= 4));
    assert_eq!(paid(&report, "campaign")[2], Amount::ZERO);
    assert_eq!(report.months.last().unwrap().funded, usdt("2000"));
}

#[test]
fn a_plan_and_a_seed_give_the_same_report_on_every_machine() {
    let subscription = run(
        &compile(SUBSCRIPTION).unwrap(),
        &parameters(
            120,
            Activity {
                outside_revenue: usdt("500"),
                withdrawals: Withdrawals::AtOnce,
                ..Activity::default()
            },
        ),
    );
    let digests = [subscription, binary(), orders(), campaign(400)].map(|mut report| {
        // What the compiler says of a plan, and how it encodes it, may change; not what people receive.
        report.findings.clear();
        report.plan_hash.clear();
        keccak256(report.to_json().unwrap()).to_string()
    });
    // Written down from the first run. Whatever changes one of them changes what every published simulation says.
    let expected = [
        "0x46ed6d3e113341fb6731e963122b0045ad02418f0df43ec9b348906adf88d5f8",
        "0xc449974db86108b0540c1f07046ce041a1aa786b799318933f7fdec286ce2756",
        "0xd54093cfbb63af1c5994b1551b73e755a17e6b8b027fe21a6dc0432c88a89306",
        "0xe3727e251325aa9ece2be1170ac081660005fec7a7fe61074ece6e02bac45c0c",
    ];
    assert_eq!(digests, expected);
}

#[test]
fn pages_say_what_each_fund_paid_and_could_not_pay() {
    let report = orders();
    let page = simulation::html::page(&report).unwrap();
    let short = fund(&report, "ranks").first_short_month.unwrap();
    let short = report.month_name(short);
    assert!(short.starts_with("2026-"));
    for text in [
        "commissions",
        "could always pay",
        &format!("<td>{short}</td></tr>"),
        "Operators add no outside money to any fund.",
        "In wallets",
        "Paid by its end",
    ] {
        assert!(page.contains(text), "{text}");
    }
}
