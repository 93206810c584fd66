//! [`Review`]: whether a plan may run in a jurisdiction, and why not. `trellis plan check` prints it,
//! and processes use it at start.
//!
//! Not responsible for who chooses a profile, nor for how long a contract lets payments are refunded: both are said in [`Asked`].

mod exits;

use money::Amount;

use crate::jurisdiction::{Profile, statements};
use plan::compiled::{ChainClass, CompiledPlan, Hold, IntakeKind};
use plan_file::{Finding, Severity};

/// Where and how a plan is to run.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The kind of chain.
    pub chain: ChainClass,
    /// The place; a public chain demands one.
    pub jurisdiction: Option<&'a Profile>,
    /// For how many days a payment can be refunded there; `None` if it is not known.
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
    pub fn of(plan: &CompiledPlan, searched: impl IntoIterator<Item = Finding>, asked: Asked<'_>) -> Self {
        let mut findings: Vec<Finding> = plan.findings().iter().cloned().chain(searched).collect();
        findings.extend(holds(plan, asked));
        findings.extend(exits::of(plan, asked));
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

/// Whether each reward is held for as long as the payments that caused it can go back. Where they can for longer, someone
/// could take rewards out and then the payments.
fn holds(plan: &CompiledPlan, asked: Asked<'_>) -> Option<Finding> {
    let fixed = plan.holds().filter_map(|(name, hold)| match hold {
        Hold::Days(days) => Some((name, days)),
        Hold::UntilFinal => None,
    });
    let told = |(name, days): &(&str, u32)| format!("{name} for {}", statements::days(*days));
    let Some(cooling_off) = asked.cooling_off_days else {
        let told: Vec<String> = fixed.map(|hold| told(&hold)).collect();
        return (asked.chain == ChainClass::Public && !told.is_empty()).then(|| Finding {
            code: "not_stated",
            severity: Severity::Warning,
            text: format!(
                "The refund period of payments is not defined, so it cannot be checked whether the holds are long enough: {}.",
                told.join(", ")
            ),
            figures: vec![],
        });
    };
    let short: Vec<(&str, u32)> = fixed.filter(|(_, days)| *days < cooling_off).collect();
    let shortest = short.iter().map(|(_, days)| *days).min()?;
    let told: Vec<String> = short.iter().map(told).collect();
    Some(Finding {
        code: "hold_below_cooling_off",
        severity: match asked.chain {
            ChainClass::Local => Severity::Warning,
            ChainClass::Public => Severity::Error,
        },
        text: format!(
            "A payment can be refunded for {}, but some rewards it generates are held for less ({}): they can be withdrawn \
             before the payment is refunded.",
            statements::days(cooling_off),
            told.join(", ")
        ),
        figures: vec![
            ("hold_days", u128::from(shortest)),
            ("cooling_off_days", u128::from(cooling_off)),
        ],
    })
}

/// What profiles ask about that no plan file says alone: what joining costs, for how long payments can be refunded and rewards
/// are held, and that the disclosure counts everyone.
fn stated(plan: &CompiledPlan, cooling_off_days: Option<u32>) -> Vec<Finding> {
    let asset = plan.asset();
    let entry = match plan.intake_kind() {
        IntakeKind::Booking {
            first_payment_min, ..
        } => statements::entry_purchase(asset, first_payment_min),
        IntakeKind::Order => statements::entry_purchase(asset, Amount::ZERO),
        IntakeKind::Subscription { amount_min, .. } => statements::entry_fee_from(asset, amount_min),
        IntakeKind::AutoPool | IntakeKind::Joining { .. } => statements::entry_fee(asset, plan.entry_price()),
    };
    let mut stated = vec![entry, statements::income_disclosure(10_000)];
    stated.extend(cooling_off_days.map(statements::cooling_off));
    stated.extend(shortest_hold(plan, cooling_off_days).map(statements::reward_hold));
    stated
}

/// The shortest time from a payment to a reward for it; `None` if that depends on a time that nobody said. Without rewards
/// nothing is available before a payment is final.
fn shortest_hold(plan: &CompiledPlan, cooling_off_days: Option<u32>) -> Option<u32> {
    let days = plan.holds().map(|(_, hold)| match hold {
        Hold::Days(days) => Some(days),
        Hold::UntilFinal => cooling_off_days,
    });
    let days = days.collect::<Option<Vec<u32>>>()?;
    days.into_iter().min().or(cooling_off_days)
}

fn obstacles(plan: &CompiledPlan, asked: Asked<'_>) -> Vec<Obstacle> {
    let gate = plan.gate(asked.chain).err().map(|error| Obstacle {
        code: error.code(),
        text: error.to_string(),
    });
    let profile = match (asked.jurisdiction, asked.chain) {
        (None, ChainClass::Public) => Some(Obstacle {
            code: "jurisdiction_missing",
            text: "on a public chain a plan runs only under a jurisdiction profile: EU, IN, US or the \
                   operator's own profile file"
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
