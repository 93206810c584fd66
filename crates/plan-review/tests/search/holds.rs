//! No reward is available before the hold that is stated, whatever the calendar.

use ledger::{Fund, UserId};
use money::Amount;
use plan::fact::ComponentFact;
use plan::{Day, Fact, Outcome, State};

use crate::numbers::Numbers;
use crate::plans::Intake;
use crate::{COOLING_OFF, Case, for_each_plan};

const PAYMENT: Amount = Amount::new(100_000_000);
const USERS: u32 = 7;
const DAYS: u32 = 100;

struct World<'a> {
    case: &'a Case,
    state: State,
    out: Outcome,
}

impl World<'_> {
    fn apply(&mut self, fact: &Fact) {
        self.state.apply(&self.case.plan, fact, &mut self.out);
    }

    fn report(&mut self, fact: ComponentFact) {
        self.apply(&Fact::Component(fact));
    }

    /// Everyone who has anything that a refund does not take back.
    fn has_anybody(&self) -> bool {
        let users = (1..=USERS).filter_map(UserId::new);
        users
            .map(|user| (self.state.entitled(user), self.state.wallet(user)))
            .any(|(entitled, wallet)| !entitled.is_zero() || !wallet.is_zero())
    }

    /// Operators fill all funds in advance, so that nothing waits for money.
    fn fill(&mut self) {
        let amount = Amount::new(1_000_000_000_000);
        for fund in (1..).map(Fund::new).take(self.case.drawn.behind.len()) {
            self.apply(&Fact::Funded { amount });
            self.report(ComponentFact::FundAllocated { fund, amount });
        }
    }

    fn join(&mut self, number: u32, today: Day) {
        let (Some(user), Some(deposit)) = (self.state.next_user(), self.state.next_deposit()) else {
            return;
        };
        self.apply(&Fact::Registered {
            user,
            // Two below each, so that there are pairs.
            sponsor: UserId::new(number / 2),
            deposit,
            amount: PAYMENT,
            day: today.plus(COOLING_OFF),
        });
        self.report(ComponentFact::ConversionReported {
            conversion: self.state.next_conversion(),
            user,
            referee: number,
            referee_user: None,
            amount: PAYMENT,
            day: today,
        });
    }

    /// Periods are paid as early as they can be.
    fn pay_periods(&mut self, from: Day, through: Day) {
        let Some(terms) = self.case.plan.orders() else {
            return;
        };
        let periods = terms.period_of(from).get()..=terms.period_of(through).get();
        for period in periods {
            self.report(ComponentFact::PeriodFinalized { period });
            self.report(ComponentFact::PeriodReleased { period });
        }
    }
}

/// The day of the first payment, and the first at whose end someone has something.
fn first_available(case: &Case) -> (Day, Option<Day>) {
    let mut numbers = Numbers::of(case.number, 1);
    let first = Day::of_date("2026-01-01").expect("it is a date");
    let first = first.plus(u32::try_from(numbers.below(40)).expect("it is small"));
    let mut world = World {
        case,
        state: State::new(&case.plan),
        out: Outcome::default(),
    };
    let before = Day::new(first.get() - 1);
    world.report(ComponentFact::DayEnded { day: before });
    world.fill();
    for today in (first.get()..first.get() + DAYS).map(Day::new) {
        let number = today.get() - first.get() + 1;
        if number <= USERS {
            world.join(number, today);
        }
        // What can be refunded on this day still is not final.
        let through = Day::new(today.get() - 1);
        if let Some(matured) = (number - 1)
            .checked_sub(COOLING_OFF + 1)
            .filter(|place| *place < USERS)
        {
            assert!(matured < USERS);
            world.apply(&Fact::EscrowMatured {
                through,
                amount: PAYMENT,
            });
        }
        world.report(ComponentFact::DayEnded { day: today });
        world.pay_periods(first, today);
        if world.has_anybody() {
            return (first, Some(today));
        }
    }
    (first, None)
}

#[test]
fn no_reward_is_available_before_the_stated_hold() {
    for_each_plan(|case| {
        let (first, available) = first_available(case);
        let Some(available) = available else { return };
        let stated = case
            .figure("reward_hold", "days")
            .expect("the refund time is known");
        let waited = u128::from(available.get() - first.get());
        assert!(
            waited >= stated,
            "available after {waited} days, {stated} are stated\n{}",
            case.text()
        );
        if case.runs() && case.drawn.intake != Intake::Joining {
            assert!(waited >= u128::from(COOLING_OFF), "{}", case.text());
        }
    });
}
