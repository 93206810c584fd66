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
use plan::{CompiledPlan, Day, Fact};
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

/// Something that follows facts on its own and can say what everyone has.
pub(crate) trait Replica {
    fn follow(&mut self, fact: &plan::Fact);
    fn sums(&self) -> Sums;
    /// What each user was granted and not deprived of, and paid and did not get back.
    fn people(&self) -> Vec<(i128, i128)>;
    /// What waits in each fund: how many, and what they come to; where the paper has queues.
    fn waiting(&self) -> Option<Vec<(u64, i128)>> {
        None
    }
    /// What is held for the company, where the paper knows it.
    fn held_for_company(&self) -> Option<i128> {
        None
    }
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
        if let Some(waiting) = replica.waiting() {
            let said = row.funds.iter().map(|fund| fund.waiting);
            let said: Vec<_> = said.map(|found| (found.count, number(found.amount))).collect();
            assert_eq!(waiting, said, "at the end of month {}", row.month);
        }
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
    assert_eq!(
        (all.little.zero, all.little.below_paid_in),
        (zero as u64, below as u64)
    );
    assert_eq!(
        number(all.received),
        people.iter().map(|(received, _)| received).sum()
    );
    assert_eq!(number(all.paid_in), people.iter().map(|(_, paid)| paid).sum());
    recount(played, &people);
    let shares = &played.report.shares;
    if let Some(held) = replica.held_for_company() {
        assert_eq!(number(shares.company), replica.sums().company + held);
    }
}

/// Who left, who gained and who has most, of all and of each month, added up anew from the facts.
fn recount(played: &Played, people: &[(i128, i128)]) {
    let mut registered = Vec::new();
    let mut gone = vec![false; people.len()];
    for recorded in &played.facts {
        match recorded.fact {
            Fact::Registered { user, deposit, .. } => registered.push((deposit, user)),
            Fact::Refunded { deposit, .. } => {
                let own = registered.iter().find(|(of, _)| *of == deposit);
                if let Some((_, user)) = own {
                    gone[usize::try_from(user.get()).unwrap() - 1] = true;
                }
            }
            _ => {}
        }
    }
    let check = |cohort: &simulation::report::Cohort, from: usize, to: usize| {
        let stays = (from..to).filter(|at| !gone[*at]).map(|at| people[at]);
        let stays: Vec<(i128, i128)> = stays.collect();
        let count = |of: fn(&&(i128, i128)) -> bool| stays.iter().filter(of).count() as u64;
        assert_eq!(cohort.stayed.users, stays.len() as u64);
        assert_eq!(cohort.stayed.little.zero, count(|(received, _)| *received == 0));
        assert_eq!(
            cohort.stayed.little.below_paid_in,
            count(|(received, paid)| received < paid)
        );
        assert_eq!(cohort.left(), (to - from - stays.len()) as u64);
        let gains = people[from..to].iter().map(|(received, paid)| received - paid);
        let gains: Vec<i128> = gains.filter(|gain| *gain > 0).collect();
        let gained = cohort.gained;
        assert_eq!(gained.users, gains.len() as u64);
        assert_eq!(number(gained.amount), gains.iter().sum());
        assert_eq!(number(gained.most), gains.iter().copied().max().unwrap_or(0));
        let sum: i128 = people[from..to]
            .iter()
            .map(|(received, paid)| received - paid)
            .sum();
        assert_eq!(number(cohort.lost), gains.iter().sum::<i128>() - sum);
    };
    let report = &played.report;
    check(&report.everybody, 0, people.len());
    let mut from = 0;
    for cohort in &report.cohorts {
        let to = from + usize::try_from(cohort.users).unwrap();
        check(cohort, from, to);
        from = to;
    }
    assert!(gone.contains(&true), "somebody took the registration back");
    let mut received: Vec<i128> = people.iter().map(|(received, _)| *received).collect();
    let shares = &report.shares;
    assert_eq!(number(shares.first_user), received[0]);
    received.sort_unstable_by(|one, other| other.cmp(one));
    let top = received.len().div_ceil(100);
    assert_eq!(shares.top_users, top as u64);
    assert_eq!(number(shares.top), received[..top].iter().sum());
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
