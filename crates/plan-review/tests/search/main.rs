//! A search for plans about which the findings say too little: plans over all components are drawn from a seed, and what is said
//! of each is compared with what models that share no code with the engine pay to whom. `TRELLIS_SEARCH_PLANS` makes a campaign
//! of so many (`./scripts/analyze plans`), `TRELLIS_SEARCH_SEED` another one; a failure prints the plan file.
//!
//! Of every plan:
//! * no history pays participants more of their payments than `payout_share` says, and a history that takes all pays that much;
//! * a plan that pays out more than one half carries a warning, and no profile of a public chain lets it run;
//! * no reward is available before the hold that is stated;
//! * who receives what a plan is about can take out at least half of it, or the plan does not run on a public chain;
//! * what each sentence of a finding says is so, and what it warns of cannot happen where it is absent ([`sentences`]).

#![expect(clippy::unwrap_used, reason = "the steps of a test; a failure names its line")]

mod exits;
mod holds;
#[path = "../../../plan/tests/fuzz/numbers.rs"]
mod numbers;
mod payouts;
mod plans;
mod pool_plans;
mod pool_world;
mod purchases;
mod sentences;

use std::env;

use numbers::Numbers;
use plan::{ChainClass, CompiledPlan, compile};
use plan_review::jurisdiction::Profile;
use plan_review::review::{Asked, Review};
use plans::Drawn;

/// Plans of a usual run: some seconds, not optimized.
const PLANS_USUAL: u64 = 400;
const SEED_USUAL: u64 = 20_260_101;
/// For how many days payments are refunded.
const COOLING_OFF: u32 = 14;

fn number_from(name: &str, usual: u64) -> u64 {
    match env::var(name) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|_| panic!("{name} is no number: {text:?}")),
        Err(_) => usual,
    }
}

/// So many times as many as a test usually takes, as the campaign is larger than a usual run.
fn campaign_of(usual: u64) -> u64 {
    let plans = number_from("TRELLIS_SEARCH_PLANS", PLANS_USUAL);
    (usual * plans).div_ceil(PLANS_USUAL)
}

/// A search that draws nothing of what it looks for finds nothing. What another seed draws is not known.
fn assert_covered(is_covered: bool, counts: impl std::fmt::Debug) {
    assert!(
        is_covered || env::var("TRELLIS_SEARCH_SEED").is_ok(),
        "{counts:?}"
    );
}

/// A drawn plan beside what is said of it.
struct Case {
    number: u64,
    drawn: Drawn,
    plan: CompiledPlan,
    /// On a public chain of the European Union.
    review: Review,
}

impl Case {
    fn of(number: u64) -> Self {
        let seed = number_from("TRELLIS_SEARCH_SEED", SEED_USUAL);
        let drawn = Drawn::of(&mut Numbers::of(seed, number));
        let plan = compile(&drawn.text).unwrap_or_else(|error| panic!("{error}\n{}", drawn.text));
        let profile = Profile::parse(include_str!("../../../../profiles/EU.toml")).expect("it is shipped");
        let asked = Asked {
            chain: ChainClass::Public,
            jurisdiction: Some(&profile),
            cooling_off_days: Some(COOLING_OFF),
        };
        Self {
            number,
            review: Review::of(&plan, [], asked),
            drawn,
            plan,
        }
    }

    fn figure(&self, code: &str, figure: &str) -> Option<u128> {
        let finding = self.review.findings.iter().find(|finding| finding.code == code)?;
        Some(
            finding
                .figure(figure)
                .unwrap_or_else(|| panic!("{finding:?} has no {figure}")),
        )
    }

    fn is_refused_for(&self, code: &str) -> bool {
        self.review.refusals().any(|(refused, _)| refused == code)
    }

    fn runs(&self) -> bool {
        self.review.refusals().next().is_none()
    }

    fn text(&self) -> &str {
        &self.drawn.text
    }
}

fn for_each_plan(check: impl Fn(&Case)) {
    for number in 0..number_from("TRELLIS_SEARCH_PLANS", PLANS_USUAL) {
        check(&Case::of(number));
    }
}

/// A search of plans that are all refused, or none, would find nothing.
#[test]
fn some_plans_run_and_some_are_refused_for_each_reason() {
    let cases: Vec<Case> = (0..PLANS_USUAL).map(Case::of).collect();
    assert!(cases.iter().filter(|case| case.runs()).count() > 20);
    for code in [
        "payout_share",
        "recruitment_funded",
        "hold_below_cooling_off",
        "kept_back",
        "withdrawal_out_of_reach",
    ] {
        let refused = cases.iter().filter(|case| case.is_refused_for(code)).count();
        assert!(refused > 5, "{code}: {refused}");
        assert!(cases.len() - refused > 20, "{code}: {refused}");
    }
}
