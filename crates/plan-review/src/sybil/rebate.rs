//! What one person gets back of their own purchases by making them under several names: each name is an upline of the
//! next, and shares of generations return to the payer.

use ledger::{Account, Beneficiary, UserId};
use money::Amount;

use super::{Bounds, Played, WIDTHS, parent, rebate_finding, shape, sum};
use plan::compiled::{CompiledPlan, IntakeRule};
use plan::{Day, DepositId, Fact, Outcome, State};
use plan_file::{Finding, percent};

/// The last name buys so many times the smallest subscription: what the others earn of it is what caps let them.
const LAST_BUYS: [u128; 4] = [1, 10, 50, 200];

/// The best form that was found: names, directs of each, and what came of it.
type Best = (u32, u32, Played);

/// Searches every form with up to `bounds.identities_max` names. `None` for plans without purchases whose shares can go to
/// other names.
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
                let Some(played) = replay(plan, names, width, (smallest, last)) else {
                    continue;
                };
                forms = forms.saturating_add(1);
                if best.is_none_or(|(.., best)| share(played) > share(best)) {
                    best = Some((names, width, played));
                }
            }
        }
    }
    best.map(|best| finding(plan, best, forms))
}

fn finding(plan: &CompiledPlan, (names, width, played): Best, forms: u128) -> Finding {
    let (asset, share_bps) = (plan.asset(), share(played));
    let text = format!(
        "A person who buys under {names} names {} gets {} of {} {asset} back as generation income from their own purchases: \
         {}, where one name gets nothing. This is the best of {forms} forms searched; others may gain more.",
        shape(width),
        asset.display_amount(played.returned),
        asset.display_amount(played.paid),
        percent(share_bps),
    );
    let figures = vec![
        ("names", u128::from(names)),
        ("directs_each", u128::from(width)),
        ("paid", played.paid.base_units()),
        ("returned", played.returned.base_units()),
        ("share_bps", share_bps),
        ("forms", forms),
    ];
    rebate_finding(share_bps, text, figures)
}

fn share(Played { paid, returned }: Played) -> u128 {
    Amount::new(10_000).proportion(returned, paid).base_units()
}

/// Names join in level order, each under the name whose turn it is; all buy the smallest subscription, the last one more.
/// Says what was paid and what of it comes back to the names, or nothing if the plan does not sell it.
fn replay(plan: &CompiledPlan, names: u32, width: u32, (smallest, last): (Amount, Amount)) -> Option<Played> {
    let (mut state, mut out) = (State::new(plan), Outcome::default());
    let mut bought = Vec::new();
    let mut returned = Vec::new();
    for number in 1..=names {
        let amount = if number == names { last } else { smallest };
        let fact = Fact::Registered {
            user: UserId::new(number)?,
            sponsor: parent(number, width).and_then(UserId::new),
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
    Some(Played {
        paid: sum(bought.into_iter()),
        returned: sum(returned.into_iter()),
    })
}
