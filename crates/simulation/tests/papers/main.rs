//! Simulations of plans with components, replayed on paper: what the books of a simulation say at the end of every month,
//! and of every user, is what second implementations of the rules say after the same facts.

#![expect(clippy::unwrap_used, reason = "the steps of a test; a failure names its line")]
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a paper panics at whatever its plan does not have"
)]

mod booking;
mod campaign;
mod drivers;
mod fold;
mod orders;
mod paper;
mod subscription;

use money::{Amount, Asset};
use paper::Sums;
use plan::{CompiledPlan, Day};
use simulation::books::Recorded;
use simulation::driver;
use simulation::parameters::{Activity, Withdrawals};
use simulation::report::MonthRow;
use simulation::run::simulate_with;
use simulation::{Behaviour, Books, Growth, Parameters, Report, SponsorChoice};

/// A simulation with all its facts, and what its books say of each user.
pub(crate) struct Played {
    pub(crate) report: Report,
    pub(crate) facts: Vec<Recorded>,
    pub(crate) received: Vec<i128>,
    pub(crate) paid_in: Vec<i128>,
}

/// Something that follows facts on its own and can say what everybody has.
pub(crate) trait Replica {
    fn follow(&mut self, fact: &plan::Fact);
    fn sums(&self) -> Sums;
    /// What each user was granted and not deprived of, and paid and did not get back.
    fn people(&self) -> Vec<(i128, i128)>;
}

pub(crate) fn parameters(users: u32, seed: u64, activity: Activity) -> Parameters {
    let growth = [
        Growth::Constant,
        Growth::Exponential { rate_bps: 1_500 },
        Growth::Stop { after_months: 3 },
    ];
    let sponsors = [SponsorChoice::Uniform, SponsorChoice::Preferential];
    let pick = usize::try_from(seed).unwrap();
    Parameters {
        users,
        seed,
        months: 9,
        start: Day::of_date("2026-11-01").unwrap(),
        growth: growth[pick % 3],
        sponsors: sponsors[pick % 2],
        behaviour: Behaviour {
            refund_bps: 1_500,
            activity,
            ..Behaviour::default()
        },
    }
}

pub(crate) fn active(asset: Asset, outside: &str, withdrawals: Withdrawals) -> Activity {
    Activity {
        outside_revenue: asset.parse_amount(outside).unwrap(),
        outside_revenue_months: Some(4),
        withdrawals,
        send_back_bps: 1_500,
        ..Activity::default()
    }
}

pub(crate) fn play(plan: &CompiledPlan, parameters: &Parameters) -> Played {
    let mut books = Books::new(plan, parameters.users);
    books.record();
    let mut driver = driver::for_plan(plan, parameters);
    let report = simulate_with(driver.as_mut(), &mut books, parameters, &mut |_| {}).unwrap();
    // Only whoever chooses a reserve may be too late.
    let is_ignored = books.counts().ignored > 0 && plan.component_names().all(|name| name != "pool");
    assert!(!is_ignored, "a driver says nothing that the plan ignores");
    let signed = |amounts: &[Amount]| amounts.iter().map(|amount| number(*amount)).collect();
    Played {
        received: signed(books.received()),
        paid_in: signed(books.paid_in()),
        report,
        facts: books.into_tape(),
    }
}

pub(crate) fn number(amount: Amount) -> i128 {
    i128::try_from(amount.base_units()).unwrap()
}

/// Replays a simulation and compares at the end of every month, and every user at the end.
pub(crate) fn compare(played: &Played, replica: &mut dyn Replica) {
    let mut facts = played.facts.iter().peekable();
    for row in &played.report.months {
        let mut last = row.first_day;
        while !last.ends_month() {
            last = last.next();
        }
        while let Some(recorded) = facts.next_if(|recorded| recorded.day <= last) {
            replica.follow(&recorded.fact);
        }
        assert_eq!(replica.sums(), said(row), "at the end of month {}", row.month);
    }
    assert_eq!(facts.next(), None);
    let people = replica.people();
    let expected: Vec<(i128, i128)> = (played.received.iter().copied())
        .zip(played.paid_in.iter().copied())
        .collect();
    assert_eq!(people, expected);
    let all = &played.report.everybody;
    let zero = people.iter().filter(|(received, _)| *received == 0).count();
    let below = people.iter().filter(|(received, paid)| received < paid).count();
    assert_eq!(all.users, people.len() as u64);
    assert_eq!((all.zero, all.below_paid_in), (zero as u64, below as u64));
    assert_eq!(
        number(all.received),
        people.iter().map(|(received, _)| received).sum()
    );
    assert_eq!(number(all.paid_in), people.iter().map(|(_, paid)| paid).sum());
}

/// What a month's row says.
fn said(row: &MonthRow) -> Sums {
    let breakage = row
        .breakage
        .iter()
        .map(|line| (line.cause.name().to_owned(), number(line.amount)));
    Sums {
        custody: number(row.custody),
        available: number(row.available),
        held_for_users: number(row.held_for_users),
        held_for_others: number(row.held_for_others),
        wallets: number(row.wallets),
        deferred: number(row.deferred),
        receivable: number(row.receivable),
        reserved: number(row.reserves_total()),
        company: number(row.company),
        residual: number(row.residual),
        tax: number(row.other),
        unallocated: number(row.unallocated),
        funds: row.funds.iter().map(|fund| number(fund.balance)).collect(),
        breakage: breakage.filter(|(_, amount)| *amount != 0).collect(),
    }
}
