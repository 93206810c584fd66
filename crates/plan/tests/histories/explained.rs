//! Explanations of random histories of pools in which the plan changes once: every leg says rule, reason and parameter, of
//! the version that decided it, and the rule, outcome and amount are those of the second implementation.

use explain::explain;
use naive::Model;
use plan::{Book, Cause, Outcome, Report, compile};
use proptest::prelude::*;

use crate::history::{self, any_history, any_terms, causes};
use crate::said::said;
use crate::witness::Witness;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_leg_is_explained_by_the_version_that_decided_it(
        terms in any_terms(),
        steps in any_history(1..150),
        cut in 0usize..100,
    ) {
        let mut lower = terms.clone();
        lower.direct /= 2;
        let texts = [
            history::text(&terms),
            history::text(&lower).replace("version = 1", "version = 2"),
        ];
        let plans = [&texts[0], &texts[1]].map(|text| compile(text).unwrap());
        let mut witness = Witness::new(&[(&plans[0], &texts[0]), (&plans[1], &texts[1])]);
        let mut causes = causes(&terms, &plans[0], &steps);
        let change = Cause::Reported(Report::PlanChanged { plan_hash: plans[1].hash() });
        causes.insert(cut.min(causes.len()), change);
        let mut book = Book::new(plans[0].clone()).with_versions(plans.to_vec());
        let mut model = Model::new(&terms);
        let mut out = Outcome::explained();
        for cause in causes {
            let before = book.clone();
            book.apply(&cause, &mut out);
            let lines = explain(before.plans(), before.state(), &out);
            let checked = witness.follow(before.state(), before.plan().hash(), &out, &lines);
            prop_assert!(checked.is_ok(), "after {:?}: {}", cause, checked.unwrap_err());
            model.apply(&cause);
            if matches!(cause, Cause::Reported(Report::PlanChanged { .. })) {
                model.change(&lower);
            }
            // What happens to money on its way out is not a matter of rules.
            if !is_payout(&cause) {
                prop_assert_eq!(&said(&book, &lines), &model.told, "after {:?}\n{:#?}", cause, out);
            }
        }
    }
}

fn is_payout(cause: &Cause) -> bool {
    matches!(
        cause,
        Cause::BatchRequested { .. }
            | Cause::BatchReleased { .. }
            | Cause::BatchSettled { .. }
            | Cause::BatchCancelled { .. }
            | Cause::Claimed { .. }
            | Cause::LeavesSettled { .. }
            | Cause::CreditWithdrawn { .. }
            | Cause::TreasuryPaid { .. }
    )
}
