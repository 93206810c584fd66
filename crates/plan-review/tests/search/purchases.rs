//! Purchases, played by the models of subscriptions, generations, ranks and campaigns: what reaches participants.

use naive::campaign::Paper;
use naive::flow::Flow;
use naive::generation::{self, User};
use naive::{ranks, subscription};
use plan::{Day, Severity, compile};

use crate::numbers::Numbers;
use crate::plans::purchases::Purchases;
use crate::{SEED_USUAL, number_from};

/// What each pays, in millionths.
const PAYMENT: u128 = 100_000_000;
/// More than there are generations, so that the last ones of a line have uplines for all of them.
const PEOPLE: usize = 8;
/// Days in which accruals alone take everything.
const DAYS: u32 = 75;
const HISTORIES_USUAL: u64 = 60;

/// A company that people enter one after another, each referred by the one before.
struct World<'a> {
    plan: &'a Purchases,
    flow: Flow,
    users: Vec<User>,
    subscriptions: subscription::Model,
    ranks: Option<(usize, ranks::Model)>,
    campaign: Option<(usize, Paper)>,
    /// What users were granted of all that they paid.
    reached: u128,
    /// What uplines would have had whom nobody has.
    lost: u128,
}

impl<'a> World<'a> {
    fn new(plan: &'a Purchases) -> Self {
        let (ranks, campaign) = (plan.ranks.clone(), plan.campaign.clone());
        Self {
            plan,
            flow: Flow::new(plan.behind.clone()),
            users: vec![],
            subscriptions: subscription::Model::new(plan.subscription.1.clone()),
            ranks: ranks.map(|(fund, terms)| (fund, ranks::Model::new(terms))),
            campaign: campaign.map(|(fund, rules)| (fund, Paper::new(rules))),
            reached: 0,
            lost: 0,
        }
    }

    fn buy(&mut self, day: u32) {
        let number = self.users.len();
        self.users.push(User {
            sponsor: number.checked_sub(1),
            active: true,
            invested: PAYMENT,
            ..User::default()
        });
        assert!(self.subscriptions.buy(number, PAYMENT, 0));
        if let Some((_, ranks)) = &mut self.ranks {
            let id = |number: usize| u32::try_from(number).expect("they are few");
            ranks.join((number > 0).then(|| id(number)));
            ranks.add(id(number + 1), PAYMENT, Day::new(day).week().get());
        }
        let lines = generation::distribute(&self.plan.generations, PAYMENT, number, &mut self.users);
        for line in &lines {
            let sum = if line.cause.is_none() {
                &mut self.reached
            } else {
                &mut self.lost
            };
            *sum += line.amount;
        }
        let rest = PAYMENT - lines.iter().map(|line| line.amount).sum::<u128>();
        for (fund, share) in &self.plan.allocations {
            self.flow.pour(*fund, rest * share / 10_000);
        }
    }

    /// A reward takes what it is granted.
    fn take(&mut self, fund: usize, granted: u128) {
        assert_eq!(self.flow.take(fund, granted), granted);
        self.reached += granted;
    }

    fn end_day(&mut self, day: u32) {
        let fund = self.plan.subscription.0;
        let accrued = self.subscriptions.accrue(day, self.flow.reach(fund));
        self.take(fund, accrued.lines.iter().map(|(_, amount)| amount).sum());
        if let (Some((fund, ranks)), true) = (&mut self.ranks, Day::new(day).ends_week()) {
            let fund = *fund;
            let lines = ranks.close(Day::new(day).week().get(), self.flow.reach(fund));
            let granted = lines.iter().filter(|line| line.what == "granted");
            let granted = granted.map(|line| line.amount).sum();
            self.take(fund, granted);
        }
        if let Some((fund, paper)) = &mut self.campaign {
            let fund = *fund;
            let (granted, _) = paper.report(1, u64::from(day), false, 0, day, self.flow.reach(fund));
            self.take(fund, granted);
        }
    }
}

/// Everyone enters on a day of their own, then time passes: what reached users, and what was lost for want of uplines.
fn play(plan: &Purchases) -> (u128, u128) {
    let mut world = World::new(plan);
    let first = Day::of_date("2026-03-02").expect("it is a date").get();
    for day in first..first + DAYS {
        if world.users.len() < PEOPLE {
            world.buy(day);
        }
        world.end_day(day);
    }
    (world.reached, world.lost)
}

#[test]
fn purchases_reach_participants_as_far_as_is_said_and_no_further() {
    let seed = number_from("TRELLIS_SEARCH_SEED", SEED_USUAL);
    for number in 0..number_from("TRELLIS_SEARCH_PLANS", HISTORIES_USUAL) {
        let drawn = Purchases::of(&mut Numbers::of(seed, number));
        let plan = compile(&drawn.text).unwrap_or_else(|error| panic!("{error}\n{}", drawn.text));
        let mut findings = plan.findings().iter();
        let told = findings.find(|finding| finding.code == "payout_share");
        let told = told.expect("it is always said");
        let share = told.figure("share_bps").expect("it has a share");
        let (reached, lost) = play(&drawn);
        let paid = PAYMENT * PEOPLE as u128;
        // Base units for roundings, of each share and each day.
        let slack = 10_000 * 10_000;
        assert!(
            reached * 10_000 <= share * paid + slack,
            "{reached} {share}\n{}",
            drawn.text
        );
        // The share is rounded up, and the first in a line have nobody above.
        let could_reach = (reached + lost) * 10_000;
        assert!(
            could_reach + paid + slack >= share * paid,
            "{reached} {lost} {share}\n{}",
            drawn.text
        );
        assert!(
            reached * 2 <= paid || told.severity == Severity::Warning,
            "{}",
            drawn.text
        );
    }
}
