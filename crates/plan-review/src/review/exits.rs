//! Whether users can leave with what they received: the smallest withdrawal, and the total deducted by taxes and fee.

use money::{Amount, Asset};

use super::Asked;
use plan::compiled::{ChainClass, CompiledPlan, IntakeKind};
use plan::withholding::table::Basis;
use plan_file::{Finding, Severity, percent};

const WHOLE: u128 = 10_000;

/// The most that may be withheld of a reward on its way out, in basis points: the limit of the withdrawal fee alone.
const KEPT_BACK_MAX: u128 = plan::withdrawal::FEE_BPS_MAX as u128;

/// What is found about the way out.
pub(super) fn of(plan: &CompiledPlan, asked: Asked<'_>) -> impl Iterator<Item = Finding> {
    let worst = match asked.chain {
        ChainClass::Local => Severity::Warning,
        ChainClass::Public => Severity::Error,
    };
    [minimum(plan, worst), kept_back(plan, worst)]
        .into_iter()
        .flatten()
}

/// The largest balance that anyone must have to withdraw it: what the smallest payment of the plan is, or what people have
/// without thinking about it.
fn plausible_balance(plan: &CompiledPlan) -> Amount {
    let asset = plan.asset();
    let pocket = match asset {
        Asset::Bnb => "1",
        Asset::Usdt => "100",
        Asset::Inr => "10000",
    };
    let smallest_payment = match plan.intake_kind() {
        IntakeKind::AutoPool => plan.registration_price(),
        IntakeKind::Subscription { amount_min, .. } => amount_min,
        IntakeKind::Booking {
            first_payment_min, ..
        } => first_payment_min,
        IntakeKind::Order => Amount::ZERO,
        IntakeKind::Joining { price } => price,
    };
    asset
        .parse_amount(pocket)
        .unwrap_or(Amount::ZERO)
        .max(smallest_payment)
}

fn minimum(plan: &CompiledPlan, severity: Severity) -> Option<Finding> {
    let (min, balance) = (plan.withdrawal_min(), plausible_balance(plan));
    let show = |amount| plan.asset().display_amount(amount);
    (min > balance).then(|| Finding {
        code: "withdrawal_out_of_reach",
        severity,
        text: format!(
            "The smallest withdrawal is {} {asset}; a user who has received less, say {} {asset}, cannot withdraw it.",
            show(min),
            show(balance),
            asset = plan.asset(),
        ),
        figures: vec![
            ("min_units", min.base_units()),
            ("plausible_units", balance.base_units()),
        ],
    })
}

/// Taxes when a reward is credited, taxes when it is withdrawn and the fee, one after another, for a user without a tax id.
fn kept_back(plan: &CompiledPlan, worst: Severity) -> Option<Finding> {
    let components = plan.components();
    let kinds: Vec<&str> = kinds(plan).collect();
    let at_credit = components.withholding().rate_max(Basis::Credit, &kinds);
    let at_payout = components.withholding().rate_max(Basis::Payout, &kinds);
    let crossing = if components.withholding().crosses_with(&kinds) {
        "; a reward that takes the year's total over a threshold can be withheld entirely"
    } else {
        ""
    };
    let fee = components
        .withdrawal
        .map_or(0, |terms| u128::from(terms.fee().get()));
    let left = [at_credit, at_payout, fee].into_iter().fold(WHOLE, |left, rate| {
        left.saturating_mul(WHOLE.saturating_sub(rate)) / WHOLE
    });
    let kept = WHOLE.saturating_sub(left);
    (kept > 0).then(|| Finding {
        code: "kept_back",
        severity: if kept > KEPT_BACK_MAX { worst } else { Severity::Info },
        text: format!(
            "Up to {} of a user's rewards is deducted before the user receives them: {} when they are credited, {} of \
             the rest on withdrawal, and a fee of {} on what is left{crossing}.",
            percent(kept),
            percent(at_credit),
            percent(at_payout),
            percent(fee),
        ),
        figures: vec![
            ("kept_bps", kept),
            ("credit_bps", at_credit),
            ("payout_bps", at_payout),
            ("fee_bps", fee),
        ],
    })
}

/// Kinds of rewards that a plan has, as tables about taxes name them.
fn kinds(plan: &CompiledPlan) -> impl Iterator<Item = &'static str> {
    let components = plan.components();
    let binary = components.binary.as_ref();
    let has_pools = plan.intake_kind() == IntakeKind::AutoPool;
    let pays_generations = has_pools || components.generation.is_some() || components.orders.is_some();
    let pays_directs = has_pools || binary.is_some_and(|terms| terms.direct_bonus().is_some());
    [
        ("direct", pays_directs),
        ("pool_layer", has_pools),
        ("generation", pays_generations),
        ("rank", components.ranks.is_some()),
        ("pair", binary.is_some()),
        ("accrual", components.subscription.is_some()),
        ("bonus", components.campaign.is_some()),
    ]
    .into_iter()
    .filter_map(|(kind, has)| has.then_some(kind))
}
