//! Legs, accounts and effects as a scenario writes them.

use std::fmt::Write as _;

use ledger::{Account, Leg, Reason};
use plan::Effect;

use super::{Scenario, report, settlement};

impl Scenario {
    pub(super) fn leg_text(&self, leg: &Leg) -> String {
        let mut text = format!(
            "{} {} -> {} {}",
            self.asset().display_amount(leg.amount),
            self.account_text(leg.debit),
            self.account_text(leg.credit),
            leg.reason.name()
        );
        if let Reason::PoolLayer { tier, layer } = leg.reason {
            write!(text, "({tier},{layer})").unwrap();
        }
        if let Reason::Generation(generation) = leg.reason {
            write!(text, "({generation})").unwrap();
        }
        for (word, user) in [("to", leg.recipient), ("of", leg.source)] {
            if let Some(user) = user {
                write!(text, " {word} {}", self.name(user)).unwrap();
            }
        }
        text + settlement::movement(leg.movement)
    }

    /// The account's own text, with the user's name in the place of the number.
    pub(super) fn account_text(&self, account: Account) -> String {
        let text = account.to_string();
        match account.user() {
            Some(user) => text.replacen(&format!("({user}"), &format!("({}", self.name(user)), 1),
            None => text,
        }
    }

    pub(super) fn effect_text(&self, effect: &Effect) -> String {
        match effect {
            Effect::Joined {
                user,
                sponsor,
                ordinal,
                ..
            } => match sponsor {
                Some(sponsor) => format!(
                    "! joined {} by {} {ordinal}",
                    self.name(*user),
                    self.name(*sponsor)
                ),
                None => format!("! joined {}", self.name(*user)),
            },
            Effect::Placed {
                tier,
                tree,
                index,
                user,
                funding,
            } => format!("! placed {} {tier}/{tree}/{index} {funding:?}", self.name(*user)),
            Effect::TreeOpened { tier, tree } => format!("! opened {tier}/{tree}"),
            Effect::TreeClosed { tier, tree } => format!("! closed {tier}/{tree}"),
            Effect::UserRefunded { user } => format!("! user_refunded {}", self.name(*user)),
            Effect::RewardForfeited { deposit, leg } => format!("! forfeited {}/{leg}", deposit.get()),
            Effect::ReserveSet { user, tier, choice } => {
                format!("! reserve {} {tier} {choice:?}", self.name(*user))
            }
            Effect::Progressed { user, from } => format!("! progressed {} {from}", self.name(*user)),
            Effect::Frozen { user, until } => format!("! frozen {} {until}", self.name(*user)),
            Effect::Unfrozen { user } => format!("! unfrozen {}", self.name(*user)),
            Effect::Component(_) => self.component_text(effect),
            Effect::Continues { parts, legs, amount } => format!("! continues {parts} {legs} {amount}"),
            Effect::CommandIgnored { cause } => report::ignored(*cause),
            Effect::Discrepancy { cause } => format!("! discrepancy {cause:?}"),
            Effect::DepositTaken { deposit, .. } => format!("! taken {}", deposit.get()),
            Effect::DepositRefunded { deposit } => format!("! refunded {}", deposit.get()),
            Effect::DepositMatured { deposit } => format!("! matured {}", deposit.get()),
            Effect::PayoutHeld { .. }
            | Effect::PayoutRefused { .. }
            | Effect::BatchHeld { .. }
            | Effect::PayoutReduced { .. }
            | Effect::PayoutSettled { .. }
            | Effect::BatchExecuted { .. }
            | Effect::PayoutReleased { .. }
            | Effect::BatchEnded { .. }
            | Effect::Paid { .. }
            | Effect::Claimed { .. }
            | Effect::RootPublished { .. }
            | Effect::RootVetoed { .. } => self.settlement_text(effect),
        }
    }
}
