//! What one person gains by entering a plan under many names: a bounded search over strategies, each replayed through
//! the plan's own rules.
//!
//! The world around the person stays the same in every replay: the same outsiders pay the same, in the same order, and
//! the person brings the same number of them in. So a difference is what the false names alone bring. Pure and
//! deterministic. Not searched: refunds, choices about reserves, other numbers of outsiders, names that enter below
//! outsiders. A search proves a gain; that it finds none proves nothing. All that is gained others have paid, so alone
//! the names only lose. Not responsible for who has how many names in a real history.

mod purchases;
mod rebate;
mod replay;
mod strategy;

use ledger::Account;
use money::{Amount, Asset};

use plan::Outcome;
use plan::compiled::CompiledPlan;
use plan_file::{Finding, Severity};
pub use rebate::rebate;
pub use strategy::{Order, Retopups, Shape, Strategy, Under};

/// How far a search goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Maximum number of names of the person.
    pub identities_max: u32,
    /// Outsiders whom the person refers.
    pub brought: u32,
    /// Other outsiders who enter after the person, referred by each other, two by each.
    pub others: u32,
}

impl Default for Bounds {
    /// Fifteen names, as many as a closed tree has places; enough outsiders to fill a tree.
    fn default() -> Self {
        Self {
            identities_max: 15,
            brought: 8,
            others: 32,
        }
    }
}

/// How a strategy ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    /// What the person did.
    pub strategy: Strategy,
    /// By identity: what it paid, and what it may withdraw in the end. What is withheld in a reserve is not counted.
    pub identities: Vec<(Amount, Amount)>,
}

/// What a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// How far it went.
    pub bounds: Bounds,
    /// Strategies that were replayed.
    pub replays: u32,
    /// The best that the person can do with one name.
    pub honest: Replay,
    /// The best of all with more than one; of equally good ones that with the fewest names.
    pub best: Replay,
}

impl Replay {
    /// What the person paid.
    pub fn paid_in(&self) -> Amount {
        sum(self.identities.iter().map(|(paid, _)| *paid))
    }

    /// What the person may withdraw.
    pub fn received(&self) -> Amount {
        sum(self.identities.iter().map(|(_, received)| *received))
    }

    /// What is received beyond what was paid, in base units; negative when it is less.
    pub fn net(&self) -> i128 {
        difference(self.received(), self.paid_in())
    }
}

impl Search {
    /// What the person gains by false names, in base units; zero when they bring nothing.
    pub fn gain(&self) -> Amount {
        let gain = self.best.net().saturating_sub(self.honest.net());
        Amount::new(u128::try_from(gain).unwrap_or(0))
    }

    /// The gain, by identity, rounded down.
    pub fn gain_per_identity(&self) -> Amount {
        let identities = u128::from(self.best.strategy.identities);
        Amount::new(self.gain().base_units().checked_div(identities).unwrap_or(0))
    }

    /// What the best strategy pays and receives, name by name, and what one name would have.
    pub fn story(&self, asset: Asset) -> String {
        let units = |amount| asset.display_amount(amount);
        let line =
            |paid, received| format!("pays {} and receives {} {asset}\n", units(paid), units(received));
        let mut out = format!("{}\n", self.best.strategy);
        for (name, (paid, received)) in (1u32..).zip(&self.best.identities) {
            out += &format!("  name {name} {}", line(*paid, *received));
        }
        out += &format!("  together {}", line(self.best.paid_in(), self.best.received()));
        out += &format!(
            "{}: {}",
            self.honest.strategy,
            line(self.honest.paid_in(), self.honest.received())
        );
        out
    }

    /// What participants should know of it: a warning when false names pay, else only what was searched.
    pub fn finding(&self, asset: Asset) -> Finding {
        let (gain, units) = (self.gain(), |amount| asset.display_amount(amount));
        let searched = format!(
            "a bounded search over {} strategies with up to {} names, {} recruited outsiders and {} others",
            self.replays, self.bounds.identities_max, self.bounds.brought, self.bounds.others
        );
        let text = if gain.is_zero() {
            format!("False names gained nothing in {searched}; this does not prove that no gain exists.")
        } else {
            format!(
                "One person with {} names receives {} {asset} for {} paid, {} more than the best with one \
                 name, at the expense of others ({}): the best of {searched}.",
                self.best.strategy.identities,
                units(self.best.received()),
                units(self.best.paid_in()),
                units(gain),
                self.best.strategy
            )
        };
        Finding {
            code: "sybil_profit",
            severity: if gain.is_zero() {
                Severity::Info
            } else {
                Severity::Warning
            },
            text,
            figures: vec![
                ("gain", gain.base_units()),
                ("gain_per_identity", self.gain_per_identity().base_units()),
                ("identities", u128::from(self.best.strategy.identities)),
                ("paid_in", self.best.paid_in().base_units()),
                ("received", self.best.received().base_units()),
                ("honest_paid_in", self.honest.paid_in().base_units()),
                ("honest_received", self.honest.received().base_units()),
                ("strategies", u128::from(self.replays)),
            ],
        }
    }
}

/// Replays every strategy within the bounds. `None` for a plan without pools, when there is no strategy with more than one
/// name, or when the bounds are larger than a history can be.
pub fn search(plan: &CompiledPlan, bounds: Bounds) -> Option<Search> {
    if plan.tiers() == 0 {
        return None;
    }
    let mut replays = 0u32;
    let (mut honest, mut best): (Option<Replay>, Option<Replay>) = (None, None);
    for strategy in strategy::all(bounds.identities_max) {
        replays = replays.saturating_add(1);
        let replay = Replay {
            identities: replay::of(plan, bounds, strategy)?,
            strategy,
        };
        let kept = if strategy.identities == 1 {
            &mut honest
        } else {
            &mut best
        };
        if kept.as_ref().is_none_or(|kept| replay.net() > kept.net()) {
            *kept = Some(replay);
        }
    }
    Some(Search {
        bounds,
        replays,
        honest: honest?,
        best: best?,
    })
}

/// Whether the payment of a fact bought what the plan sells.
fn is_sold(out: &Outcome) -> bool {
    let mut legs = out.legs.iter();
    legs.all(|leg| !matches!(leg.credit, Account::Clearing(_)))
}

/// The sum; at most some hundred prices of 96 bits.
fn sum(amounts: impl Iterator<Item = Amount>) -> Amount {
    Amount::sum_of(amounts).unwrap_or(Amount::new(u128::MAX))
}

fn difference(left: Amount, right: Amount) -> i128 {
    let signed = |amount: Amount| i128::try_from(amount.base_units()).unwrap_or(i128::MAX);
    signed(left).saturating_sub(signed(right))
}

/// How many directs each name has, for the forms of which a coalition is made: a chain, and trees of these widths.
const WIDTHS: [u32; 4] = [1, 2, 3, 5];

/// What all names paid, and what came back to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Played {
    paid: Amount,
    returned: Amount,
}

/// `in a chain`, `with 3 directs each`.
fn shape(width: u32) -> String {
    match width {
        1 => "in a chain".to_owned(),
        _ => format!("with {width} directs each"),
    }
}

/// The parent of a node in a tree of this width, both counted from 1.
fn parent(number: u32, width: u32) -> Option<u32> {
    number.checked_sub(2)?.checked_div(width)?.checked_add(1)
}

fn rebate_finding(share_bps: u128, text: String, figures: Vec<(&'static str, u128)>) -> Finding {
    let severity = match share_bps {
        0 => Severity::Info,
        _ => Severity::Warning,
    };
    Finding {
        code: "sybil_rebate",
        severity,
        text,
        figures,
    }
}
