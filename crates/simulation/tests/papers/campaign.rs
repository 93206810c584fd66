//! The shipped referral campaign against the paper of its component.

use money::Asset;
use naive::campaign::{Paper as Conversions, Rules, Wanted};
use plan::fact::ComponentFact;
use plan::{Day, Fact, compile};
use simulation::parameters::Withdrawals;

use crate::paper::{Paper, Sums};
use crate::{Replica, active, compare, number, parameters, play};

const TEXT: &str = include_str!("../../../../plans/referral-campaign.toml");
const USDT: u128 = 1_000_000;

struct Campaign {
    paper: Paper,
    conversions: Conversions,
    /// Rewards of conversions, by the numbers of these.
    rewards: Vec<Option<usize>>,
}

impl Campaign {
    fn new(budget: u128) -> Self {
        let day = |text: &str| Day::of_date(text).unwrap().get();
        let rules = Rules {
            reward: Ok(10 * USDT),
            hold_days: 30,
            cap: Some(500 * USDT),
            count: Some(50),
            budget: budget * USDT,
            first_day: day("2026-12-01"),
            last_day: day("2027-11-30"),
            minimum: 100 * USDT,
            achievements: vec![Wanted::Conversions(1), Wanted::Conversions(10)],
        };
        Self {
            paper: Paper::new(1, false),
            conversions: Conversions::new(rules),
            rewards: Vec::new(),
        }
    }

    fn component(&mut self, fact: &ComponentFact) {
        match *fact {
            ComponentFact::DayEnded { day } => self.paper.end_day(day.get()),
            ComponentFact::FundAllocated { fund, amount } => {
                self.paper.allocated(usize::from(fund.get()) - 1, number(amount));
            }
            ComponentFact::ConversionReported {
                user,
                referee,
                amount,
                day,
                ..
            } => {
                let fund = u128::try_from(self.paper.sums.funds[0]).unwrap();
                let (granted, _) = self.conversions.report(
                    user.get(),
                    u64::from(referee),
                    false,
                    amount.base_units(),
                    day.get(),
                    fund,
                );
                assert_eq!(day.get(), self.paper.ended + 1, "reported on the day of today");
                let user = usize::try_from(user.get()).unwrap() - 1;
                let granted = i128::try_from(granted).unwrap();
                let ready = self.conversions.rows.last().unwrap().ready_on;
                let reward = (granted > 0).then(|| self.paper.grant(user, 0, granted, Some(ready)));
                self.rewards.push(reward);
            }
            ComponentFact::ConversionReversed { conversion, amount } => {
                let place = usize::try_from(conversion).unwrap() - 1;
                let lost = self.conversions.reverse(place, Some(amount.base_units()));
                let lost = i128::try_from(lost.unwrap()).unwrap();
                if let Some(reward) = self.rewards[place] {
                    self.paper.reverse(reward, lost);
                }
            }
            ref other => panic!("{other:?} is not of a campaign"),
        }
    }
}

impl Replica for Campaign {
    fn follow(&mut self, fact: &Fact) {
        match fact {
            Fact::Registered {
                user, amount, day, ..
            } => {
                assert_eq!(number(*amount), 1_000_000);
                let user = usize::try_from(user.get()).unwrap() - 1;
                self.paper.take(user, number(*amount), day.get(), vec![]);
            }
            Fact::Refunded { deposit, .. } => {
                let (user, ..) = self.paper.refund(usize::try_from(deposit.get()).unwrap() - 1);
                self.paper.people[user].is_gone = true;
            }
            Fact::EscrowMatured { through, amount } => self.paper.mature(through.get(), number(*amount)),
            Fact::Funded { amount } => self.paper.funded(number(*amount)),
            Fact::Component(fact) => self.component(fact),
            other => panic!("{other:?} is not of a campaign"),
        }
    }

    fn sums(&self) -> Sums {
        self.paper.all()
    }

    fn held_for_company(&self) -> Option<i128> {
        Some(self.paper.held_for_company())
    }

    fn people(&self) -> Vec<(i128, i128)> {
        self.paper.everybody()
    }
}

#[test]
fn a_simulated_campaign_is_what_it_is_on_paper() {
    for (seed, budget) in [(1, 50_000), (2, 2_000), (3, 900), (4, 50_000)] {
        let plan = compile(&TEXT.replace("\"50000\"", &format!("\"{budget}\""))).unwrap();
        let mut activity = active(Asset::Usdt, "0", Withdrawals::Never);
        activity.conversions_max = 2;
        // Later than the hold: what was received already is owed.
        activity.send_back_after_days = if seed % 2 == 0 { 40 } else { 10 };
        let played = play(&plan, &parameters(600, seed, activity));
        compare(&played, &mut Campaign::new(budget));
        let last = played.report.months.last().unwrap();
        assert!(!last.available.is_zero());
        assert_eq!(seed % 2 == 0, !last.receivable.is_zero(), "{seed}");
    }
}
