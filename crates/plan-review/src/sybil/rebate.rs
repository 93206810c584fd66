//! What one person gets back of their own purchases by making them under several names: each name is an upline of the
//! next, and shares of generations return to the payer.

use ledger::{Account, Beneficiary, UserId};
use money::Amount;

use super::{Bounds, sum};
use plan::compiled::{CompiledPlan, IntakeRule};
use plan::{Day, DepositId, Fact, Outcome, State};
use plan_file::{Finding, Severity, percent};

/// How many directs each name has, for the forms of which a coalition is made: a chain, and trees of these widths.
const WIDTHS: [u32; 4] = [1, 2, 3, 5];
/// The last name buys so many times the smallest subscription: what the others earn of it is what caps let them.
const LAST_BUYS: [u128; 4] = [1, 10, 50, 200];

/// The best form that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Best {
    names: u32,
    width: u32,
    paid: Amount,
    returned: Amount,
}

/// Searches every form with up to `bounds.identities_max` names. `None` for plans without purchases whose shares can go to
/// other names.
#[must_use]
pub fn rebate(plan: &CompiledPlan, bounds: Bounds) -> Option<Finding> {
    if let Some(found) = super::purchases::rebate(plan, bounds) {
        return Some(found);
    }
    let components = plan.components();
    if plan.intake() != IntakeRule::Subscription || components.generation.is_none() {
        return None;
    }
    let smallest = plan.entry_price();
    let mut best: Option<Best> = None;
    let mut forms = 0u128;
    for names in 2..=bounds.identities_max {
        for width in WIDTHS {
            for times in LAST_BUYS {
                let last = smallest.checked_mul(times).ok()?;
                let Some((paid, returned)) = replay(plan, names, width, (smallest, last)) else {
                    continue;
                };
                forms = forms.saturating_add(1);
                let is_better =
                    best.is_none_or(|best| share(returned, paid) > share(best.returned, best.paid));
                if is_better {
                    best = Some(Best {
                        names,
                        width,
                        paid,
                        returned,
                    });
                }
            }
        }
    }
    best.map(|best| finding(plan, best, forms))
}

fn finding(plan: &CompiledPlan, best: Best, forms: u128) -> Finding {
    let asset = plan.asset();
    let share_bps = share(best.returned, best.paid);
    let form = if best.width == 1 {
        "in a chain".to_owned()
    } else {
        format!("with {} directs each", best.width)
    };
    Finding {
        code: "sybil_rebate",
        severity: if share_bps == 0 {
            Severity::Info
        } else {
            Severity::Warning
        },
        text: format!(
            "A person who buys under {} names {form} gets {} of {} {asset} back as generation income from their own purchases: \
             {}, where one name gets nothing. This is the best of {forms} forms searched; others may gain more.",
            best.names,
            asset.display_amount(best.returned),
            asset.display_amount(best.paid),
            percent(share_bps),
        ),
        figures: vec![
            ("names", u128::from(best.names)),
            ("directs_each", u128::from(best.width)),
            ("paid", best.paid.base_units()),
            ("returned", best.returned.base_units()),
            ("share_bps", share_bps),
            ("forms", forms),
        ],
    }
}

fn share(returned: Amount, paid: Amount) -> u128 {
    Amount::new(10_000).proportion(returned, paid).base_units()
}

/// Names join in level order, each under the name whose turn it is; all buy the smallest subscription, the last one more.
/// Says what was paid and what of it comes back to the names, or nothing if the plan does not sell it.
fn replay(
    plan: &CompiledPlan,
    names: u32,
    width: u32,
    (smallest, last): (Amount, Amount),
) -> Option<(Amount, Amount)> {
    let (mut state, mut out) = (State::new(plan), Outcome::default());
    let mut bought = Vec::new();
    let mut returned = Vec::new();
    for number in 1..=names {
        let amount = if number == names { last } else { smallest };
        // The parent of a node in a tree of this width, counted from 1.
        let sponsor = number
            .checked_sub(2)
            .and_then(|before| before.checked_div(width))
            .and_then(|parent| parent.checked_add(1));
        let fact = Fact::Registered {
            user: UserId::new(number)?,
            sponsor: sponsor.and_then(UserId::new),
            deposit: DepositId::new(number)?,
            amount,
            day: Day::new(1),
        };
        state.apply(plan, &fact, &mut out);
        if !super::is_sold(&out) {
            return None;
        }
        bought.push(amount);
        for leg in &out.legs {
            if let Account::Held(Beneficiary::User(_)) = leg.credit {
                returned.push(leg.amount);
            }
        }
    }
    Some((sum(bought.into_iter()), sum(returned.into_iter())))
}
