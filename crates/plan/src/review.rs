//! [`Review`]: whether a plan may run in a place, and why not. The one judge: `trellis plan check` prints it, and
//! processes refuse to start by it.
//!
//! Not responsible for who chooses a profile, nor for how long a contract lets payments go back: both are said in [`Asked`].

use crate::compiled::{ChainClass, CompiledPlan, Finding, Severity};
use crate::jurisdiction::{Profile, statements};

/// Where and how a plan is to run.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The kind of chain.
    pub chain: ChainClass,
    /// The place; a public chain demands one.
    pub jurisdiction: Option<&'a Profile>,
    /// For how many days a payment can be refunded there; `None` if nobody said so.
    pub cooling_off_days: Option<u32>,
}

/// What a plan is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// What was found, as the profile judges it.
    pub findings: Vec<Finding>,
    /// What keeps the plan from running, besides findings of severity error.
    pub obstacles: Vec<Obstacle>,
}

/// Why a plan must not run in a place, besides findings of severity error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// Stable code of the broken rule.
    pub code: &'static str,
    /// The rule and what to do.
    pub text: String,
}

impl Review {
    /// Judges a plan. `searched` are findings of searches that only who asks can afford, such as those of
    /// [`sybil`](crate::sybil).
    #[must_use]
    pub fn of(plan: &CompiledPlan, searched: impl IntoIterator<Item = Finding>, asked: Asked<'_>) -> Self {
        let mut findings: Vec<Finding> = plan.findings().iter().cloned().chain(searched).collect();
        if let Some(profile) = asked.jurisdiction {
            findings.extend(stated(plan, asked.cooling_off_days));
            findings = profile.apply(findings);
        }
        Self {
            findings,
            obstacles: obstacles(plan, asked),
        }
    }

    /// Everything that keeps the plan from running: the obstacles, then the findings of severity error. Empty if it may.
    pub fn refusals(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let obstacles = self.obstacles.iter();
        let obstacles = obstacles.map(|obstacle| (obstacle.code, obstacle.text.as_str()));
        let findings = self.findings.iter();
        let errors = findings.filter(|finding| finding.severity == Severity::Error);
        obstacles.chain(errors.map(|finding| (finding.code, finding.text.as_str())))
    }
}

/// What profiles ask about that no plan file says: a registration buys nothing but the place in the plan, rewards are
/// held for as long as their payment can be refunded, and the disclosure counts everybody.
fn stated(plan: &CompiledPlan, cooling_off_days: Option<u32>) -> Vec<Finding> {
    let mut stated = vec![
        statements::entry_fee(plan.asset(), plan.entry_price()),
        statements::income_disclosure(10_000),
    ];
    if let Some(days) = cooling_off_days {
        stated.extend([statements::cooling_off(days), statements::reward_hold(days)]);
    }
    stated
}

fn obstacles(plan: &CompiledPlan, asked: Asked<'_>) -> Vec<Obstacle> {
    let gate = plan.gate(asked.chain).err().map(|error| Obstacle {
        code: error.code(),
        text: error.to_string(),
    });
    let profile = match (asked.jurisdiction, asked.chain) {
        (None, ChainClass::Public) => Some(Obstacle {
            code: "jurisdiction_missing",
            text: "on a public chain a plan runs only under a jurisdiction profile: EU, IN, US or the file of an \
                   operator's own"
                .into(),
        }),
        (Some(profile), _) if !profile.permits(asked.chain) => Some(Obstacle {
            code: "jurisdiction_elsewhere",
            text: format!("the profile {} is for local chains only", profile.name()),
        }),
        (Some(_), _) | (None, ChainClass::Local) => None,
    };
    gate.into_iter().chain(profile).collect()
}
