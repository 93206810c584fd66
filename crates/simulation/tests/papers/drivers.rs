//! What drivers say: under whom someone joins is what the run decided, and every fact speaks of the day on which it happens.

use money::Asset;
use plan::fact::ComponentFact;
use plan::{Day, Fact, UserId, compile};
use simulation::parameters::Withdrawals;
use simulation::{Books, driver};

use crate::fold::PLANS;
use crate::{active, parameters, play};

#[test]
fn newcomers_join_under_the_sponsors_that_the_run_drew() {
    let sponsors = [None, Some(1), Some(1), Some(3), Some(2), Some(4), Some(4)];
    for text in PLANS {
        let plan = compile(text).unwrap();
        let parameters = parameters(10, 1, active(plan.asset(), "0", Withdrawals::Never));
        let mut books = Books::new(&plan, 10);
        let mut driver = driver::for_plan(&plan, &parameters);
        driver.open_day(parameters.start, &mut books);
        for sponsor in sponsors {
            driver.join(parameters.start, sponsor.and_then(UserId::new), &mut books);
        }
        let found = (1..=7).map(|user| books.state().sponsor(UserId::new(user).unwrap()));
        let found: Vec<Option<u32>> = found.map(|sponsor| sponsor.map(UserId::get)).collect();
        assert_eq!(found, sponsors, "{}", plan.name());
    }
}

#[test]
fn every_fact_speaks_of_its_day() {
    for text in PLANS {
        let plan = compile(text).unwrap();
        let asset: Asset = plan.asset();
        let parameters = parameters(120, 3, active(asset, "10", Withdrawals::AtOnce));
        let days = parameters.behaviour.cooling_off_days;
        let mut ended = Day::new(parameters.start.get() - 1);
        let mut is_first = true;
        for recorded in play(&plan, &parameters).facts {
            let today = recorded.day;
            let is_right = match recorded.fact {
                Fact::Registered { day, .. } | Fact::RetoppedUp { day, .. } => day == today.plus(days),
                Fact::EscrowMatured { through, .. } => through.next() == today,
                Fact::Component(ComponentFact::DayEnded { day }) => {
                    // The first says which day it is; every other ends the day on which it happens.
                    let expected = if std::mem::take(&mut is_first) {
                        ended
                    } else {
                        ended.next()
                    };
                    ended = day;
                    day == expected
                }
                Fact::Component(
                    ComponentFact::OrderPlaced { day, .. } | ComponentFact::ConversionReported { day, .. },
                ) => day == today && ended.next() == today,
                Fact::Component(ComponentFact::WithdrawalRequested { .. }) => ended == today,
                _ => true,
            };
            assert!(is_right, "{}: {recorded:?} after {ended}", plan.name());
        }
    }
}
