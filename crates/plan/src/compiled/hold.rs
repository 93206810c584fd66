//! How long rewards are held, by the rule that grants them.

use super::{CompiledPlan, IntakeRule};

/// For how long a reward can be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Until the payment that caused it cannot be refunded, however long that is.
    UntilFinal,
    /// So many days, whatever happens to the payment that caused it.
    Days(u32),
}

impl CompiledPlan {
    /// What the plan rewards, and how long each kind of reward is held.
    ///
    /// Shares of a payment are released with that payment, accruals when their purchase is final and a referral bonus with the
    /// payment that it is for. Everything else is computed for a week, a period or a conversion, and waits for its own days.
    pub fn holds(&self) -> impl Iterator<Item = (&'static str, Hold)> + '_ {
        let components = &self.terms.components;
        let days = |name, days: Option<u32>| days.map(|days| (name, Hold::Days(days)));
        let until_final = |name, has: bool| has.then_some((name, Hold::UntilFinal));
        let binary = components.binary.as_ref();
        [
            until_final("shares of payments", self.terms.intake == IntakeRule::AutoPool),
            until_final("generations", components.generation.is_some()),
            until_final("accruals", components.subscription.is_some()),
            until_final(
                "referral bonuses",
                binary.is_some_and(|terms| terms.direct_bonus().is_some()),
            ),
            days("pairs", binary.map(|terms| terms.hold_days())),
            days(
                "rank bonuses",
                components.ranks.as_ref().map(|terms| terms.hold_days()),
            ),
            days(
                "commissions",
                components.orders.as_ref().map(|terms| terms.hold_days()),
            ),
            days(
                "campaign rewards",
                components.campaign.as_ref().map(|terms| terms.hold_days()),
            ),
        ]
        .into_iter()
        .flatten()
    }
}
