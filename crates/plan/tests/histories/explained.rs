//! Explanations of random histories of pools in which the plan changes once: every leg says rule, reason and parameter, of
//! the version that decided it.

use explain::explain;
use plan::{Book, Cause, Outcome, Report, compile};
use proptest::prelude::*;

use crate::history::{self, any_history, any_terms, causes};
use crate::witness::Witness;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_leg_is_explained_by_the_version_that_decided_it(
        terms in any_terms(),
        steps in any_history(1..150),
        cut in 0usize..100,
    ) {
        let texts = [history::text(&terms), {
            let mut lower = terms.clone();
            lower.direct /= 2;
            history::text(&lower).replace("version = 1", "version = 2")
        }];
        let plans = [&texts[0], &texts[1]].map(|text| compile(text).unwrap());
        let mut witness = Witness::new(&[(&plans[0], &texts[0]), (&plans[1], &texts[1])]);
        let mut causes = causes(&terms, &plans[0], &steps);
        let change = Cause::Reported(Report::PlanChanged { plan_hash: plans[1].hash() });
        causes.insert(cut.min(causes.len()), change);
        let mut book = Book::new(plans[0].clone()).with_versions(plans.to_vec());
        let mut out = Outcome::explained();
        for cause in causes {
            let before = book.clone();
            book.apply(&cause, &mut out);
            let lines = explain(before.plans(), before.state(), &out);
            let checked = witness.follow(before.state(), before.plan().hash(), &out, &lines);
            prop_assert!(checked.is_ok(), "after {:?}: {}", cause, checked.unwrap_err());
        }
    }
}
